// Package etcd carries releases through etcd: put writes a published folder's pointer and
// blobs to keys, and agent keeps a folder up to date with them.
//
//	fleet etcd put   -channel prod -from public -endpoints https://etcd-0:2379,https://etcd-1:2379
//	fleet etcd agent -channel prod -to /run/netwicket/release -endpoints ...
package etcd

import (
	"flag"
	"strings"
	"time"

	"go.etcd.io/etcd/client/pkg/v3/transport"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"

	"github.com/netwicket/netwicket/examples/fleet/carry"
)

// Program is the part of the command line that is about etcd.
func Program() carry.Program {
	var endpoints, prefix string
	var limit int
	var tls transport.TLSInfo
	return carry.Program{
		Name:  "etcd",
		Every: time.Minute,
		Flags: func(f *flag.FlagSet) {
			f.StringVar(&endpoints, "endpoints", "http://127.0.0.1:2379", "the servers' `URLS`, with commas between them")
			f.StringVar(&prefix, "prefix", "netwicket/", "what every key begins with")
			f.IntVar(&limit, "max-request-bytes", requestLimit, "the servers' own --max-request-bytes")
			f.StringVar(&tls.TrustedCAFile, "ca", "", "trust the authorities in `FILE`")
			f.StringVar(&tls.CertFile, "cert", "", "show the certificate in `FILE`")
			f.StringVar(&tls.KeyFile, "key", "", "with the key in `FILE`")
		},
		Open: func(channel string, _ bool) (carry.Carrier, error) {
			config := clientv3.Config{
				Endpoints: strings.Split(endpoints, ","), Logger: zap.NewNop(),
				DialKeepAliveTime: 10 * time.Second, DialKeepAliveTimeout: 10 * time.Second, // notice a server that fell silent
			}
			// Found again soon after a long absence: gRPC waits for up to two minutes otherwise.
			slowest := backoff.DefaultConfig
			slowest.MaxDelay = 5 * time.Second
			config.DialOptions = append(config.DialOptions, grpc.WithConnectParams(grpc.ConnectParams{Backoff: slowest, MinConnectTimeout: 5 * time.Second}))
			if !tls.Empty() || tls.TrustedCAFile != "" {
				var err error
				if config.TLS, err = tls.ClientConfig(); err != nil {
					return nil, err
				}
			}
			// The client has limits of its own, which are lower than what a server may allow.
			config.MaxCallSendMsgSize = limit + overhead
			client, err := clientv3.New(config)
			if err != nil {
				return nil, err
			}
			return &store{client: client, prefix: prefix + channel + "/", limit: limit}, nil
		},
	}
}
