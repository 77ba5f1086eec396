package keeper_test

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/keeper"
	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/internal/keepertest"
)

// unwatched is a Keeper that nobody tells of changes.
func unwatched(*testing.T, *keeper.Options) {}

func TestWaysToReplaceAFile(t *testing.T) { keepertest.ReplaceAFileIn(t, synctest.Test, unwatched) }
func TestVolumeIsSwapped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { keepertest.SwapAVolume(t, unwatched) })
}
func TestFolderIsReplaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { keepertest.ReplaceTheFolder(t, unwatched) })
}
func TestFolderIsReplacedDuringAReload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { keepertest.ReplaceTheFolderDuringAReload(t, unwatched) })
}
func TestWritingNeverStops(t *testing.T) { keepertest.NeverStopWriting(t, unwatched) }

// TestWithoutEvents gives the Keeper nothing but its own looks: its watcher says
// that it cannot watch.
func TestWithoutEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := keepertest.Keep(t, keepertest.PlainPolicy(), func(o *keeper.Options) {
			o.Changed, o.Follow = make(chan string), func([]string) error { return errors.New("no events here") }
		})
		require.Equal(t, keeper.Watching, k.Fails("no events here").Cause)
		require.NoError(t, k.Keeper.Err(), "the files are looked at all the same")
		k.Write("zones.json", keepertest.Blocklist("198.51.100.0/24"))
		k.Becomes("203.0.113.7", true)
		k.Move("zones.json", keepertest.Blocklist("203.0.113.0/24"))
		k.Becomes("203.0.113.7", false)
	})
}

// TestNamedFileIsReadAgain: a file that a watcher names is read again although it
// has the size and time that it had, and one that is none of the policy's is no
// reason to read anything.
func TestNamedFileIsReadAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		changed := make(chan string)
		k := keepertest.Keep(t, keepertest.PlainPolicy(), func(o *keeper.Options) { o.Changed, o.Timing.Poll = changed, time.Hour })
		before, err := os.Stat(k.Path("zones.json"))
		require.NoError(t, err)
		k.Write("zones.json", keepertest.Blocklist("203.0.114.0/24"))
		require.NoError(t, os.Chtimes(k.Path("zones.json"), before.ModTime(), before.ModTime()))
		for _, name := range []string{"", k.Path("notes.txt"), "zones.json"} {
			changed <- name
			time.Sleep(3 * keepertest.Brisk().Quiet)
			require.Empty(t, k.Reports, "%q", name)
		}
		require.False(t, k.Allows("203.0.113.7"), "it looks as before")
		changed <- k.Path("zones.json")
		k.Becomes("203.0.113.7", true)
	})
}

func TestAskedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := keepertest.Keep(t, keepertest.PlainPolicy())
		k.Asked <- struct{}{}
		require.Equal(t, keeper.Asked, k.Succeeds().Cause)
	})
}

// TestAroundLoads: a load beside a policy in force runs inside of what the caller
// wants around it, whatever comes of it; the first one, which has none beside it, does not.
func TestAroundLoads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inside, loads := false, 0
		k := keepertest.Keep(t, keepertest.PlainPolicy(), func(o *keeper.Options) {
			o.Timing.Poll = time.Hour
			o.Around = func(load func()) {
				inside, loads = true, loads+1
				load()
				inside = false
			}
			o.Install = func(*policyfile.Parts, *decide.Policy) error {
				require.False(t, inside, "loaded is not in force")
				return nil
			}
		})
		require.Zero(t, loads)
		k.Asked <- struct{}{}
		k.Succeeds()
		require.Equal(t, 1, loads)
		k.Write("zones.json", "[")
		k.Asked <- struct{}{}
		k.Fails("zones.json")
		require.Equal(t, 2, loads)
	})
}

// TestClosedChannels: who tells of changes and who asks may be gone, and the files
// are followed all the same.
func TestClosedChannels(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		changed, asked := make(chan string), make(chan struct{})
		close(changed)
		close(asked)
		k := keepertest.Keep(t, keepertest.PlainPolicy(), func(o *keeper.Options) { o.Changed, o.Asked = changed, asked })
		k.Write("zones.json", keepertest.Blocklist("198.51.100.0/24"))
		require.Equal(t, keeper.Changed, k.Succeeds().Cause, "nobody asked")
		require.True(t, k.Allows("203.0.113.7"))
	})
}

// TestBadFilesLeaveThePolicyInForce breaks the documents one after the other,
// and mends them.
func TestBadFilesLeaveThePolicyInForce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := keepertest.Keep(t, keepertest.PlainPolicy())
		for _, bad := range []struct{ file, content, want string }{
			{"netwicket.json", `{"okta": {"zones": ["zones.json"]}`, "ends too early"},
			{"netwicket.json", `{"okta": {"zones": ["zones.json"]}, "edeg": {}}`, "unknown key"},
			{"netwicket.json", `{"okta": {"zones": ["other.json"]}}`, "no such file"},
			{"netwicket.json", `{"okta": {"zones": []}}`, "policy is empty"},
			{"netwicket.json", ``, "netwicket.json"},
			{"zones.json", `[{"type": "IP", "id": "b", "name": "Blocked", "status": "ACTIVE", "gateways": [{"type": "CIDR", "value": "203.0.113.999/24"}]}]`, "203.0.113.999"},
			{"zones.json", keepertest.Blocklist("0.0.0.0/0") + "x", "zones.json"},
		} {
			good, err := os.ReadFile(k.Path(bad.file))
			require.NoError(t, err)
			k.Write(bad.file, bad.content)
			k.Fails(bad.want)
			require.False(t, k.Allows("203.0.113.7"), bad.want)
			require.True(t, k.Allows("198.51.100.7"), bad.want)

			k.Move(bad.file, string(good))
			k.Succeeds()
		}
	})
}

func TestPolicyFileDisappears(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := keepertest.Keep(t, keepertest.PlainPolicy())
		require.NoError(t, os.Remove(k.Path("netwicket.json")))
		first := k.Fails("no such file")
		require.False(t, first.Repeated)
		require.True(t, k.Fails("no such file").Repeated, "the same error is told apart for the log")
		require.False(t, k.Allows("203.0.113.7"))
		k.Write("zones.json", keepertest.Blocklist("198.51.100.0/24"))
		k.Write("netwicket.json", keepertest.PolicyFile)
		k.Becomes("203.0.113.7", true)
	})
}

func TestWhatCannotBeInstalledIsRetried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := keepertest.Keep(t, keepertest.PlainPolicy())
		k.Install.Store(func() error { return errors.New("not this one") })
		k.Write("zones.json", keepertest.Blocklist("198.51.100.0/24"))
		k.Fails("not this one")
		require.False(t, k.Allows("203.0.113.7"))
		k.Install.Store(func() error { return nil })
		k.Becomes("203.0.113.7", true)
	})
}

func TestGuard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		guarded := func(addresses string) string {
			return `{"okta": {"zones": ["zones.json"]}, "serve": {"guard": [` + addresses + `]}}`
		}
		k := keepertest.Keep(t, map[string]string{"netwicket.json": guarded(`"192.0.2.1", "2001:db8::1"`), "zones.json": keepertest.Blocklist("203.0.113.0/24")})
		k.Write("zones.json", keepertest.Blocklist("198.51.100.0/24", "192.0.2.0/24"))
		report := k.Fails("denies 192.0.2.1")
		var refused *keeper.Refusal
		require.ErrorAs(t, report.Err, &refused)
		require.Contains(t, report.Err.Error(), `zone="Blocked"`)
		require.True(t, k.Allows("198.51.100.7"), "nothing of it is in force")
		require.True(t, k.Allows("192.0.2.1"))

		k.Write("netwicket.json", guarded(`"2001:db8::1"`))
		k.Becomes("192.0.2.1", false)

		k.Write("netwicket.json", `{"okta": {"zones": ["zones.json"]}, "serve": {"guard": ["2001:db8::1"]},
			"edge": {"trusted": ["2001:db8::/64"], "source": "x-forwarded-for"}}`)
		k.Fails("2001:db8::1, which is in serve.guard, is inside edge.trusted")
		k.Write("netwicket.json", `{"okta": {"zones": ["zones.json"]}, "serve": {"guard": ["2001:db8::1"]},
			"edge": {"trusted": ["2001:db9::/64"], "source": "x-forwarded-for"}}`)
		k.Succeeds()

		k.Write("zones.json", keepertest.Blocklist("2001:db8::/32"))
		k.Fails("denies 2001:db8::1")
		k.Write("zones.json", keepertest.Blocklist("2001:db9::/32"))
		k.Becomes("192.0.2.1", true)
	})
}

func TestGuardAtStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		folder := t.TempDir()
		for name, content := range map[string]string{
			"netwicket.json": `{"okta": {"zones": ["zones.json"]}, "serve": {"guard": ["203.0.113.7"]}}`, "zones.json": keepertest.Blocklist("203.0.113.0/24"),
		} {
			require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600))
		}
		kept, err := keeper.OpenWith(keeper.Options{
			Policy: policyfile.Options{Paths: []string{folder}},
		})
		require.NoError(t, err, "there is no policy to stay with")
		require.Len(t, kept.Status().LockedOut, 1)
	})
}

func TestOverlayExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		until := time.Now().Add(1500 * time.Millisecond)
		files := keepertest.PlainPolicy()
		files["netwicket.json"] = `{"okta": {"zones": ["zones.json"]}, "overlay": "overlay.json", "serve": {"guard": ["203.0.113.7"]}}`
		files["overlay.json"] = `{"deny": [{"network": "198.51.100.7", "until": "` + until.Format(time.RFC3339Nano) + `"}],
			"allow": [{"network": "203.0.113.7", "until": "` + until.Format(time.RFC3339Nano) + `"}]}`
		k := keepertest.Keep(t, files)
		require.True(t, k.Allows("203.0.113.7"))
		require.False(t, k.Allows("198.51.100.7"))

		// Neither files that do not load nor the guard keep an entry in force.
		k.Write("zones.json", "no zones")
		k.Fails("zones.json")
		k.Becomes("203.0.113.7", false)
		require.False(t, time.Now().Before(until))
		require.True(t, k.Allows("198.51.100.7"))
		for r := range k.Reports {
			if r.Cause == keeper.Expiry {
				require.NoError(t, r.Err)
				require.Len(t, r.LockedOut, 1)
				require.Contains(t, r.LockedOut[0], "203.0.113.7")
				return
			}
		}
	})
}

func TestStartFails(t *testing.T) {
	start := func(path string, install func(*policyfile.Parts, *decide.Policy) error) error {
		_, err := keeper.OpenWith(keeper.Options{Policy: policyfile.Options{Paths: []string{path}}, Install: install})
		return err
	}
	folder := t.TempDir()
	require.ErrorContains(t, start(folder, nil), "no such file")
	require.NoError(t, os.WriteFile(filepath.Join(folder, "netwicket.json"), []byte(keepertest.PolicyFile), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "zones.json"), []byte(keepertest.Blocklist("203.0.113.0/24")), 0o600))
	require.ErrorContains(t, start(folder, func(*policyfile.Parts, *decide.Policy) error { return errors.New("no edge") }), "no edge")
	err := start(folder, func(*policyfile.Parts, *decide.Policy) error { panic("a defect") })
	require.ErrorContains(t, err, "a defect")
}

// mounted is another name of a file, which stays that of the same file whatever takes its
// place, as one of a container's mounts of a single file does.
func mounted(t *testing.T, path string) string {
	t.Helper()
	file, err := os.Open(path)
	require.NoError(t, err)
	t.Cleanup(func() { _ = file.Close() })
	held := "/proc/self/fd/" + strconv.Itoa(int(file.Fd()))
	if _, err := os.Stat(held); err != nil {
		t.Skip("no /proc on this system")
	}
	return held
}

// TestDeletedButMounted: a file that is held, as a mount of a single file holds it,
// and was replaced where it came from.
func TestDeletedButMounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := keepertest.New(t)
		k.Write("zones.json", keepertest.Blocklist("203.0.113.0/24"))
		held := mounted(t, k.Path("zones.json"))
		k.Write("netwicket.json", `{"okta": {"zones": ["`+held+`"]}}`)
		k.Start()
		k.Move("zones.json", keepertest.Blocklist("198.51.100.0/24"))
		var refused *keeper.Refusal
		require.ErrorAs(t, k.Fails(held+" is deleted but still mounted").Err, &refused)
		require.ErrorContains(t, k.Keeper.Err(), "mount the folder instead")
		require.False(t, k.Allows("203.0.113.7"))
	})
}
