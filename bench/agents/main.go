// Command agents measures how soon a change of the policy is at a thousand gateways that poll:
//
//	go run ./bench/agents [-agents 1000] [-every 5s] [-releases 4] [-loading 10] >bench/results/agents.txt
//
// A channel of the policy of 100 zones on databases of the whole internet is served over HTTPS on
// this machine, by nginx where it is installed, else by this program. Every agent is a
// decide/release.Follower with a connection and a folder of state of its own, and looks as it does
// anywhere. In this one process are of each agent: the request for the pointer, the check of its
// signature, version and expiry, the download of the snapshot, its digest, the check of its header,
// and the writing of the state with fsync. Only those of -loading make the tables of the
// policy as well: a thousand of them are the work of a thousand machines, not of one.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"
)

func main() {
	var p plan
	flag.IntVar(&p.agents, "agents", 1000, "how many agents poll")
	flag.DurationVar(&p.every, "every", 5*time.Second, "the time between the looks of an agent, a fifth more or less")
	flag.IntVar(&p.releases, "releases", 4, "how many releases are published one after the other")
	flag.IntVar(&p.loading, "loading", 10, "how many agents make the tables of the policy as well")
	flag.StringVar(&p.folder, "folder", os.TempDir(), "where the agents' state is")
	flag.Parse()
	if err := p.run(); err != nil {
		fmt.Fprintln(os.Stderr, "agents:", err)
		os.Exit(1)
	}
}

// plan is what is measured.
type plan struct {
	agents, releases, loading int
	every                     time.Duration
	folder                    string
}

func (p plan) run() error {
	folder, err := os.MkdirTemp(p.folder, "netwicket-agents-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	channel, err := newChannel(filepath.Join(folder, "store"), p.releases)
	if err != nil {
		return err
	}
	server, err := serve(channel.folder)
	if err != nil {
		return err
	}
	defer server.stop()
	fmt.Printf("%d agents, every %s, %d of them make tables; a snapshot of %d bytes; %s; %s on %d processors, load before: %s\n",
		p.agents, p.every, p.loading, len(channel.snapshots[0]), server.name, runtime.Version(), runtime.NumCPU(), load())
	if err := channel.publish(1); err != nil {
		return err
	}
	fleet, err := newFleet(p, folder, server, channel.public)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	fleet.start(ctx)
	defer fleet.wait(cancel)
	if err := fleet.everybodyHas(1); err != nil {
		return err
	}
	for version := 2; version <= p.releases; version++ {
		time.Sleep(p.every) // so that looks are spread again, whatever the last downloads held up
		fleet.began()
		published := time.Now()
		if err := channel.publish(version); err != nil {
			return err
		}
		if err := fleet.everybodyHas(uint64(version)); err != nil {
			return err
		}
		fleet.report(uint64(version), published)
		if err := channel.rollBack(); err != nil {
			return err
		}
		time.Sleep(2 * p.every)
		fmt.Printf("           the release before is offered for %s: refused %d times\n", 2*p.every, fleet.refused())
		if err := channel.publish(version); err != nil {
			return err
		}
	}
	fmt.Println("load after:", load())
	return nil
}

// load is that of the machine, of the last minute, as far as it tells.
func load() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	var minute string
	_, _ = fmt.Sscan(string(text), &minute)
	return minute
}
