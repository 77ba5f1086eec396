package keeper_test

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/keeper"
	"github.com/netwicket/netwicket/decide/policyfile"
)

const policyFile = `{"okta": {"zones": ["zones.json"]}}`

func plainPolicy() map[string]string {
	return map[string]string{"netwicket.json": policyFile, "zones.json": blocklist("203.0.113.0/24")}
}

// TestWaysToReplaceAFile goes to and fro, so that a way that works once and
// loses its watch is found.
func TestWaysToReplaceAFile(t *testing.T) {
	for _, test := range []struct {
		name    string
		replace func(k *kept, content string)
	}{
		{"writing in place", func(k *kept, content string) { k.write("zones.json", content) }},
		{"mv", func(k *kept, content string) { k.move("zones.json", content) }},
		{"an editor that keeps a backup", func(k *kept, content string) {
			require.NoError(k.t, os.Rename(k.path("zones.json"), k.path("zones.json~")))
			k.write("zones.json", content)
		}},
		{"removing and writing anew", func(k *kept, content string) {
			require.NoError(k.t, os.Remove(k.path("zones.json")))
			time.Sleep(2 * brisk().Latest)
			k.write("zones.json", content)
		}},
		{"a link that is swapped", func(k *kept, content string) {
			target, err := os.MkdirTemp(k.folder, "version")
			require.NoError(k.t, err)
			require.NoError(k.t, os.WriteFile(filepath.Join(target, "zones.json"), []byte(content), 0o600))
			require.NoError(k.t, os.Symlink(filepath.Join(filepath.Base(target), "zones.json"), k.path("link")))
			require.NoError(k.t, os.Rename(k.path("link"), k.path("zones.json")))
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			k := keep(t, plainPolicy())
			require.False(t, k.allows("203.0.113.7"))
			for range 3 {
				test.replace(k, blocklist("198.51.100.0/24"))
				k.becomes("203.0.113.7", true)
				require.False(t, k.allows("198.51.100.7"))
				test.replace(k, blocklist("203.0.113.0/24"))
				k.becomes("203.0.113.7", false)
			}
		})
	}
}

// TestVolumeIsSwapped replaces all files at once as Kubernetes does for a
// ConfigMap: netwicket.json -> ..data/netwicket.json, ..data -> ..1.
func TestVolumeIsSwapped(t *testing.T) {
	k := &kept{t: t, folder: t.TempDir(), reports: make(chan keeper.Report, 1000), asked: make(chan struct{}, 1)}
	swap := func(version, network string) {
		k.write(version+"/netwicket.json", policyFile)
		k.write(version+"/zones.json", blocklist(network))
		require.NoError(t, os.Symlink(version, k.path("..data_tmp")))
		require.NoError(t, os.Rename(k.path("..data_tmp"), k.path("..data")))
	}
	swap("..1", "203.0.113.0/24")
	for _, name := range []string{"netwicket.json", "zones.json"} {
		require.NoError(t, os.Symlink("..data/"+name, k.path(name)))
	}
	k.start()
	require.False(t, k.allows("203.0.113.7"))
	for i, version := range []string{"..2", "..3", "..4", "..5"} {
		network := []string{"198.51.100.0/24", "203.0.113.0/24"}[i%2]
		swap(version, network)
		require.NoError(t, os.RemoveAll(k.path([]string{"..1", "..2", "..3", "..4"}[i])))
		k.becomes("203.0.113.7", i%2 == 0)
		require.Equal(t, i%2 != 0, k.allows("198.51.100.7"))
	}
}

// TestFolderIsReplaced moves the whole folder of the policy away and another
// one to its place.
func TestFolderIsReplaced(t *testing.T) {
	k := keep(t, map[string]string{"policy/netwicket.json": policyFile, "policy/zones.json": blocklist("203.0.113.0/24")},
		func(o *keeper.Options) { o.Policy.Paths = []string{filepath.Join(o.Policy.Paths[0], "policy")} })
	for i := range 4 {
		k.write("next/netwicket.json", policyFile)
		k.write("next/zones.json", blocklist([]string{"198.51.100.0/24", "203.0.113.0/24"}[i%2]))
		require.NoError(t, os.RemoveAll(k.path("policy")))
		require.NoError(t, os.Rename(k.path("next"), k.path("policy")))
		k.becomes("203.0.113.7", i%2 == 0)
	}
}

// TestFolderIsReplacedDuringAReload replaces the folder once more after it was
// read and before it is watched: no event tells of that.
func TestFolderIsReplacedDuringAReload(t *testing.T) {
	k := keep(t, map[string]string{"policy/netwicket.json": policyFile, "policy/zones.json": blocklist("203.0.113.0/24")},
		func(o *keeper.Options) { o.Policy.Paths = []string{filepath.Join(o.Policy.Paths[0], "policy")} })
	replace := func(network string) error {
		k.write("next/netwicket.json", policyFile)
		k.write("next/zones.json", blocklist(network))
		return errors.Join(os.RemoveAll(k.path("policy")), os.Rename(k.path("next"), k.path("policy")))
	}
	var once sync.Once
	k.install.Store(func() (err error) {
		once.Do(func() { err = replace("192.0.2.0/24") })
		return err
	})
	require.NoError(t, replace("198.51.100.0/24"))
	k.becomes("192.0.2.7", false)
	require.True(t, k.allows("198.51.100.7"))
}

// TestWithoutEvents gives the watcher nothing but its own looks: the files lie
// behind a folder for which no events are asked.
func TestWithoutEvents(t *testing.T) {
	k := keep(t, plainPolicy(), func(o *keeper.Options) {
		o.Timing.Poll = 20 * time.Millisecond
		keeper.WithoutEvents(o)
	})
	k.fails("no events wanted")
	k.write("zones.json", blocklist("198.51.100.0/24"))
	k.becomes("203.0.113.7", true)
	k.move("zones.json", blocklist("203.0.113.0/24"))
	k.becomes("203.0.113.7", false)
}

func TestAskedFor(t *testing.T) {
	k := keep(t, plainPolicy())
	k.asked <- struct{}{}
	require.Equal(t, keeper.Asked, k.succeeds().Cause)
}

// TestBadFilesLeaveThePolicyInForce breaks the documents one after the other,
// and mends them.
func TestBadFilesLeaveThePolicyInForce(t *testing.T) {
	k := keep(t, plainPolicy())
	for _, bad := range []struct{ file, content, want string }{
		{"netwicket.json", `{"okta": {"zones": ["zones.json"]}`, "ends too early"},
		{"netwicket.json", `{"okta": {"zones": ["zones.json"]}, "edeg": {}}`, "unknown key"},
		{"netwicket.json", `{"okta": {"zones": ["other.json"]}}`, "no such file"},
		{"netwicket.json", `{"okta": {"zones": []}}`, "policy is empty"},
		{"netwicket.json", ``, "netwicket.json"},
		{"zones.json", `[{"type": "IP", "id": "b", "name": "Blocked", "status": "ACTIVE", "gateways": [{"type": "CIDR", "value": "203.0.113.999/24"}]}]`, "203.0.113.999"},
		{"zones.json", blocklist("0.0.0.0/0") + "x", "zones.json"},
	} {
		good, err := os.ReadFile(k.path(bad.file))
		require.NoError(t, err)
		k.write(bad.file, bad.content)
		k.fails(bad.want)
		require.False(t, k.allows("203.0.113.7"), bad.want)
		require.True(t, k.allows("198.51.100.7"), bad.want)

		k.move(bad.file, string(good))
		k.succeeds()
	}
}

func TestPolicyFileDisappears(t *testing.T) {
	k := keep(t, plainPolicy())
	require.NoError(t, os.Remove(k.path("netwicket.json")))
	first := k.fails("no such file")
	require.False(t, first.Repeated)
	require.True(t, k.fails("no such file").Repeated, "the same error is told apart for the log")
	require.False(t, k.allows("203.0.113.7"))
	k.write("zones.json", blocklist("198.51.100.0/24"))
	k.write("netwicket.json", policyFile)
	k.becomes("203.0.113.7", true)
}

func TestWhatCannotBeInstalledIsRetried(t *testing.T) {
	k := keep(t, plainPolicy())
	k.install.Store(func() error { return errors.New("not this one") })
	k.write("zones.json", blocklist("198.51.100.0/24"))
	k.fails("not this one")
	require.False(t, k.allows("203.0.113.7"))
	k.install.Store(func() error { return nil })
	k.becomes("203.0.113.7", true)
}

func TestGuard(t *testing.T) {
	guarded := func(addresses string) string {
		return `{"okta": {"zones": ["zones.json"]}, "serve": {"guard": [` + addresses + `]}}`
	}
	k := keep(t, map[string]string{"netwicket.json": guarded(`"192.0.2.1", "2001:db8::1"`), "zones.json": blocklist("203.0.113.0/24")})
	k.write("zones.json", blocklist("198.51.100.0/24", "192.0.2.0/24"))
	report := k.fails("denies 192.0.2.1")
	var refused *keeper.Refusal
	require.ErrorAs(t, report.Err, &refused)
	require.Contains(t, report.Err.Error(), `zone="Blocked"`)
	require.True(t, k.allows("198.51.100.7"), "nothing of it is in force")
	require.True(t, k.allows("192.0.2.1"))

	k.write("netwicket.json", guarded(`"2001:db8::1"`))
	k.becomes("192.0.2.1", false)

	k.write("zones.json", blocklist("2001:db8::/32"))
	k.fails("denies 2001:db8::1")
	k.write("zones.json", blocklist("2001:db9::/32"))
	k.becomes("192.0.2.1", true)
}

func TestGuardAtStart(t *testing.T) {
	folder := t.TempDir()
	for name, content := range map[string]string{
		"netwicket.json": `{"okta": {"zones": ["zones.json"]}, "serve": {"guard": ["203.0.113.7"]}}`, "zones.json": blocklist("203.0.113.0/24"),
	} {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600))
	}
	kept, err := keeper.Start(keeper.Options{
		Policy:  policyfile.Options{Paths: []string{folder}},
		Install: func(*policyfile.Parts, *decide.Policy) error { return nil },
	})
	require.NoError(t, err, "there is no policy to stay with")
	require.Len(t, kept.LockedOut(), 1)
}

func TestOverlayExpires(t *testing.T) {
	until := time.Now().Add(1500 * time.Millisecond)
	files := plainPolicy()
	files["netwicket.json"] = `{"okta": {"zones": ["zones.json"]}, "overlay": "overlay.json", "serve": {"guard": ["203.0.113.7"]}}`
	files["overlay.json"] = `{"deny": [{"network": "198.51.100.7", "until": "` + until.Format(time.RFC3339Nano) + `"}],
		"allow": [{"network": "203.0.113.7", "until": "` + until.Format(time.RFC3339Nano) + `"}]}`
	k := keep(t, files)
	require.True(t, k.allows("203.0.113.7"))
	require.False(t, k.allows("198.51.100.7"))

	// Neither files that do not load nor the guard keep an entry in force.
	k.write("zones.json", "no zones")
	k.fails("zones.json")
	k.becomes("203.0.113.7", false)
	require.False(t, time.Now().Before(until))
	require.True(t, k.allows("198.51.100.7"))
	for r := range k.reports {
		if r.Cause == keeper.Expiry {
			require.NoError(t, r.Err)
			require.Len(t, r.LockedOut, 1)
			require.Contains(t, r.LockedOut[0], "203.0.113.7")
			return
		}
	}
}

func TestStartFails(t *testing.T) {
	start := func(path string, install func(*policyfile.Parts, *decide.Policy) error) error {
		_, err := keeper.Start(keeper.Options{Policy: policyfile.Options{Paths: []string{path}}, Install: install})
		return err
	}
	folder := t.TempDir()
	require.ErrorContains(t, start(folder, nil), "no such file")
	require.NoError(t, os.WriteFile(filepath.Join(folder, "netwicket.json"), []byte(policyFile), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "zones.json"), []byte(blocklist("203.0.113.0/24")), 0o600))
	require.ErrorContains(t, start(folder, func(*policyfile.Parts, *decide.Policy) error { return errors.New("no edge") }), "no edge")
	err := start(folder, func(*policyfile.Parts, *decide.Policy) error { panic("a defect") })
	require.ErrorContains(t, err, "a defect")
}
