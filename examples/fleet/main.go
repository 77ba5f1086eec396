// Command fleet carries signed releases of netwicket through stores that a platform has already:
// etcd, NATS or a Kubernetes ConfigMap. README.md says how to use it.
//
//	fleet etcd|nats|configmap put   -channel NAME -from FOLDER    a published folder into the store
//	fleet etcd|nats|configmap agent -channel NAME -to FOLDER      the store into a folder that "from" of a policy file names
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"github.com/netwicket/netwicket/examples/fleet/carry"
	"github.com/netwicket/netwicket/examples/fleet/configmap"
	"github.com/netwicket/netwicket/examples/fleet/etcd"
	"github.com/netwicket/netwicket/examples/fleet/nats"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintf(os.Stderr, "fleet: %v\n", err)
		os.Exit(1)
	}
}

func programs(out io.Writer) []carry.Program {
	return []carry.Program{etcd.Program(), nats.Program(), configmap.Program(out)}
}

func run(ctx context.Context, args []string, out, stderr io.Writer) error {
	all := programs(out)
	if len(args) > 0 {
		if i := slices.IndexFunc(all, func(p carry.Program) bool { return p.Name == args[0] }); i >= 0 {
			return all[i].Run(ctx, args[1:], stderr)
		}
	}
	return fmt.Errorf("expected fleet etcd|nats|configmap put|agent, and -h behind it for more")
}
