package keeper_test

import (
	"context"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/keeper"
	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/internal/mmdbtest"
)

// patience is for things that will happen; nothing depends on how soon.
const patience = 30 * time.Second

// brisk makes the tests quick without making them depend on it.
func brisk() keeper.Timing {
	return keeper.Timing{Quiet: 20 * time.Millisecond, Latest: 200 * time.Millisecond, Poll: time.Hour, Retry: 50 * time.Millisecond, RetryMax: 200 * time.Millisecond}
}

// kept is a policy in a folder that a Keeper keeps in force.
type kept struct {
	t       *testing.T
	folder  string
	live    decide.Live
	install atomic.Value // of func() error: what else Install does
	reports chan keeper.Report
	asked   chan struct{}
}

func blocklist(networks ...string) string {
	var gateways []string
	for _, network := range networks {
		gateways = append(gateways, `{"type": "CIDR", "value": "`+network+`"}`)
	}
	return `[{"type": "IP", "id": "b", "name": "Blocked", "status": "ACTIVE", "usage": "BLOCKLIST", "gateways": [` + strings.Join(gateways, ",") + `]}]`
}

// keep starts a Keeper on files; path is what is opened in their folder.
func keep(t *testing.T, files map[string]string, change ...func(*keeper.Options)) *kept {
	t.Helper()
	k := &kept{t: t, folder: t.TempDir(), reports: make(chan keeper.Report, 1000), asked: make(chan struct{}, 1)}
	for name, content := range files {
		k.write(name, content)
	}
	k.start(change...)
	return k
}

func (k *kept) start(change ...func(*keeper.Options)) {
	k.t.Helper()
	options := keeper.Options{
		Policy: policyfile.Options{Paths: []string{k.folder}},
		Install: func(_ *policyfile.Parts, policy *decide.Policy) error {
			if also, ok := k.install.Load().(func() error); ok {
				if err := also(); err != nil {
					return err
				}
			}
			k.live.Swap(policy)
			return nil
		},
		Report: func(r keeper.Report) { k.reports <- r },
		Timing: brisk(),
	}
	for _, f := range change {
		f(&options)
	}
	keeper, err := keeper.Start(options)
	require.NoError(k.t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { keeper.Run(ctx, k.asked); close(done) }()
	k.t.Cleanup(func() { cancel(); <-done })
}

func (k *kept) path(name string) string { return filepath.Join(k.folder, name) }

func (k *kept) write(name, content string) {
	k.t.Helper()
	require.NoError(k.t, os.MkdirAll(filepath.Dir(k.path(name)), 0o700))
	require.NoError(k.t, os.WriteFile(k.path(name), []byte(content), 0o600))
}

// move replaces a file as mv does.
func (k *kept) move(name, content string) {
	k.t.Helper()
	k.write(name+".new", content)
	require.NoError(k.t, os.Rename(k.path(name+".new"), k.path(name)))
}

func (k *kept) allows(addr string) bool { return k.live.Decide(netip.MustParseAddr(addr)).Allowed() }

// becomes waits until an address is decided about so.
func (k *kept) becomes(addr string, allowed bool) {
	k.t.Helper()
	require.Eventually(k.t, func() bool { return k.allows(addr) == allowed }, patience, 5*time.Millisecond)
}

// fails waits for a report with an error that says so.
func (k *kept) fails(text string) keeper.Report {
	k.t.Helper()
	return k.reported("failure: "+text, func(r keeper.Report) bool { return r.Err != nil && strings.Contains(r.Err.Error(), text) })
}

// succeeds waits for a report of a policy that is in force.
func (k *kept) succeeds() keeper.Report {
	k.t.Helper()
	return k.reported("success", func(r keeper.Report) bool { return r.Err == nil })
}

func (k *kept) reported(what string, is func(keeper.Report) bool) keeper.Report {
	k.t.Helper()
	deadline := time.After(patience)
	var last error
	for {
		select {
		case r := <-k.reports:
			if is(r) {
				return r
			}
			last = r.Err
		case <-deadline:
			require.FailNow(k.t, "no such report", "%s; the last one: %v", what, last)
		}
	}
}

// database is a country database with so many networks.
func database(t *testing.T, built time.Time, networks int) string {
	t.Helper()
	file := mmdbtest.File{Type: "GeoLite2-Country", Built: built}
	for i := range networks {
		prefix := netip.PrefixFrom(netip.AddrFrom4([4]byte{198, byte(i / 128), byte(i % 128 * 2), 0}), 24)
		file.Networks = append(file.Networks, mmdbtest.Network{Prefix: prefix.String(), Record: mmdbtest.Map{"country": mmdbtest.Map{"iso_code": "DE"}}})
	}
	content, err := file.Bytes()
	require.NoError(t, err)
	return string(content)
}
