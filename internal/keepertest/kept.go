// Package keepertest has what tests of a keeper, with and without a watcher, share: a
// policy in a folder that is kept, and the ways in which files are replaced.
package keepertest

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
)

// Patience is for things that will happen; nothing depends on how soon.
const Patience = 30 * time.Second

// patience is shorter in a bubble, whose time passes only when nothing happens: whatever a Keeper
// waits for comes sooner there, and what never comes is not looked for thousands of times.
func patience() time.Duration {
	if inBubble() {
		return 3 * time.Second
	}
	return Patience
}

// inBubble says that time is that of a bubble of testing/synctest, which begins with the year 2000.
func inBubble() bool { return time.Now().Year() < 2020 }

// Brisk makes the tests quick without making them depend on it.
func Brisk() keeper.Timing {
	return keeper.Timing{Quiet: 20 * time.Millisecond, Latest: 200 * time.Millisecond, Poll: 20 * time.Millisecond, Retry: 50 * time.Millisecond, RetryMax: 200 * time.Millisecond}
}

// Kept is a policy in a folder that a Keeper keeps in force.
type Kept struct {
	T       *testing.T
	Keeper  *keeper.Keeper
	Folder  string
	Install atomic.Value // of func() error: what Install does
	Reports chan keeper.Report
	Asked   chan struct{}
}

// Blocklist is a document with one zone that blocks these networks.
func Blocklist(networks ...string) string {
	var gateways []string
	for _, network := range networks {
		gateways = append(gateways, `{"type": "CIDR", "value": "`+network+`"}`)
	}
	return `[{"type": "IP", "id": "b", "name": "Blocked", "status": "ACTIVE", "usage": "BLOCKLIST", "gateways": [` + strings.Join(gateways, ",") + `]}]`
}

// PolicyFile names one document of zones.
const PolicyFile = `{"okta": {"zones": ["zones.json"]}}`

// PlainPolicy is a policy file with zones that block 203.0.113.0/24.
func PlainPolicy() map[string]string {
	return map[string]string{"netwicket.json": PolicyFile, "zones.json": Blocklist("203.0.113.0/24")}
}

// Keep starts a Keeper on the files of a new folder.
func Keep(t *testing.T, files map[string]string, change ...func(*keeper.Options)) *Kept {
	t.Helper()
	k := New(t)
	for name, content := range files {
		k.Write(name, content)
	}
	k.Start(change...)
	return k
}

// New is a folder without files, and without a Keeper before Start.
func New(t *testing.T) *Kept {
	return &Kept{T: t, Folder: t.TempDir(), Reports: make(chan keeper.Report, 1000), Asked: make(chan struct{}, 1)}
}

// Start opens the folder and keeps it until the test ends.
func (k *Kept) Start(change ...func(*keeper.Options)) {
	k.T.Helper()
	options := keeper.Options{
		Policy: policyfile.Options{Paths: []string{k.Folder}},
		Install: func(*policyfile.Parts, *decide.Policy) error {
			if install, ok := k.Install.Load().(func() error); ok {
				return install()
			}
			return nil
		},
		Report: func(r keeper.Report) { k.Reports <- r },
		Timing: Brisk(),
		Asked:  k.Asked,
	}
	for _, f := range change {
		f(&options)
	}
	kept, err := keeper.OpenWith(options)
	require.NoError(k.T, err)
	k.Keeper = kept
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- kept.Run(ctx) }()
	k.T.Cleanup(func() { cancel(); require.NoError(k.T, <-ended) })
}

// Path is a file of the folder.
func (k *Kept) Path(name string) string { return filepath.Join(k.Folder, name) }

// Write writes a file in place. In a bubble of testing/synctest it has the bubble's time, which
// is one in the past: no two of its writes fall into one tick of the system's clock.
func (k *Kept) Write(name, content string) {
	k.T.Helper()
	require.NoError(k.T, os.MkdirAll(filepath.Dir(k.Path(name)), 0o700))
	require.NoError(k.T, os.WriteFile(k.Path(name), []byte(content), 0o600))
	if now := time.Now(); inBubble() {
		require.NoError(k.T, os.Chtimes(k.Path(name), now, now))
	}
}

// Move replaces a file as mv does.
func (k *Kept) Move(name, content string) {
	k.T.Helper()
	k.Write(name+".new", content)
	require.NoError(k.T, os.Rename(k.Path(name+".new"), k.Path(name)))
}

// Allows asks the policy in force.
func (k *Kept) Allows(addr string) bool {
	return k.Keeper.Live().Decide(netip.MustParseAddr(addr)).Allowed()
}

// Becomes waits until an address is decided about so.
func (k *Kept) Becomes(addr string, allowed bool) {
	k.T.Helper()
	require.Eventually(k.T, func() bool { return k.Allows(addr) == allowed }, patience(), 5*time.Millisecond)
}

// Fails waits for a report with an error that says so.
func (k *Kept) Fails(text string) keeper.Report {
	k.T.Helper()
	return k.Reported("failure: "+text, func(r keeper.Report) bool { return r.Err != nil && strings.Contains(r.Err.Error(), text) })
}

// Succeeds waits for a report of a policy that is in force.
func (k *Kept) Succeeds() keeper.Report {
	k.T.Helper()
	return k.Reported("success", func(r keeper.Report) bool { return r.Err == nil })
}

// Reported waits for a report.
func (k *Kept) Reported(what string, is func(keeper.Report) bool) keeper.Report {
	k.T.Helper()
	deadline := time.After(patience())
	var last error
	for {
		select {
		case r := <-k.Reports:
			if is(r) {
				return r
			}
			last = r.Err
		case <-deadline:
			require.FailNow(k.T, "no such report", "%s; the last one: %v", what, last)
		}
	}
}
