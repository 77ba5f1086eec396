// Package configmap carries releases through a Kubernetes ConfigMap: put prints one that holds a
// published folder's pointer and blobs, and agent keeps a folder up to date with the volume
// that a pod has of it.
//
//	fleet configmap put   -channel prod -from public -name netwicket-release | kubectl apply --server-side -f -
//	fleet configmap agent -channel prod -to /release -volume /etc/netwicket-release
//
// It asks nobody for anything: kubectl and the kubelet carry, and neither needs rights in
// the cluster that are ours.
package configmap

import (
	"flag"
	"io"
	"time"

	"github.com/netwicket/netwicket/examples/fleet/carry"
)

// Program is the part of the command line that is about ConfigMaps; put prints to out.
func Program(out io.Writer) carry.Program {
	s := store{out: out}
	return carry.Program{
		Name:  "configmap",
		Every: 2 * time.Second, // what a look costs is a few system calls
		Flags: func(f *flag.FlagSet) {
			f.StringVar(&s.name, "name", "netwicket-release", "put: `NAME` of the ConfigMap")
			f.StringVar(&s.namespace, "namespace", "", "put: its namespace; empty: the one that kubectl is in")
			f.StringVar(&s.volume, "volume", "/etc/netwicket-release", "agent: the `FOLDER` where the ConfigMap is mounted, without subPath")
		},
		Open: func(channel string, _ bool) (carry.Carrier, error) {
			s.channel = channel
			return &s, nil
		},
	}
}
