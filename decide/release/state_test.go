package release_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide/release"
)

// twoVersions is a state that had version 5 and has version 6, as its files were then.
func twoVersions(t *testing.T) (o release.Options, g *gateway, fifth, sixth map[string]string) {
	t.Helper()
	store, g := newMemory(), &gateway{}
	o = g.options(t, store)
	f := follow(t, o, "")
	store.publish(t, payload(5))
	look(t, f, release.Installed)
	fifth = filesOf(t, o.State)
	store.publish(t, payload(6, withOverlay("x")), "x")
	look(t, f, release.Installed)
	sixth = filesOf(t, o.State)
	g.install("")()
	return o, g, fifth, sixth
}

// restore makes a folder what it was.
func restore(t *testing.T, folder string, contents map[string]string) {
	t.Helper()
	require.NoError(t, os.RemoveAll(folder))
	for name, text := range contents {
		path := filepath.Join(folder, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
}

// What is kept: the bytes as they were received, and nothing that is not needed.
func TestStateIsAsReceived(t *testing.T) {
	o, g, fifth, sixth := twoVersions(t)
	require.Equal(t, map[string]string{
		"prod.json": string(seal(t, payload(5), 1)), "sha256/" + blobOf(policy(5)).SHA256: policy(5), "prod.accepted": fifth["prod.accepted"],
	}, fifth)
	require.Equal(t, map[string]string{
		"prod.json": string(seal(t, payload(6, withOverlay("x")), 1)), "sha256/" + blobOf(policy(6)).SHA256: policy(6), "sha256/" + blobOf("x").SHA256: "x",
		"prod.accepted": sixth["prod.accepted"],
	}, sixth)
	require.Contains(t, sixth["prod.accepted"], `{"channel":"prod","version":6,"payload":"`)

	if runtime.GOOS != "windows" {
		usual := filepath.Join(t.TempDir(), "usual")
		require.NoError(t, os.Mkdir(usual, 0o755)) // less the umask
		info, err := os.Stat(usual)
		require.NoError(t, err)
		for name, want := range map[string]os.FileMode{"": 0o700, "sha256": info.Mode().Perm()} {
			info, err := os.Stat(filepath.Join(o.State, name))
			require.NoError(t, err)
			require.Equal(t, want, info.Mode().Perm(), "whoever may look into the state may read it all")
		}
	}

	// Two channels share a folder, and a blob.
	store := newMemory()
	store.publish(t, payload(6, func(p *release.Payload) { p.Channel = "canary" }))
	canary := o
	canary.Store, canary.Channel = store, "canary"
	f := follow(t, canary, "")
	look(t, f, release.Installed)
	store.publish(t, payload(7, func(p *release.Payload) { p.Channel = "canary" }))
	look(t, f, release.Installed)
	follow(t, canary, release.Installed)
	require.Equal(t, policy(7), g.now())
	follow(t, o, release.Installed)
	require.Equal(t, policy(6), g.now())
}

// A state that somebody changed. Version 6 was in force; what the start takes of it, and what
// a look at version 6 makes of it.
func TestStateIsWrong(t *testing.T) {
	o, g, fifth, sixth := twoVersions(t)
	blob := "sha256/" + blobOf(policy(6)).SHA256
	with := func(base map[string]string, name string, text string) map[string]string {
		changed := map[string]string{}
		for n, t := range base {
			changed[n] = t
		}
		if changed[name] = text; text == "" {
			delete(changed, name)
		}
		return changed
	}
	markOf := func(version int) string {
		return strings.Replace(sixth["prod.accepted"], "6", strconv.Itoa(version), 1)
	}
	for _, row := range []struct {
		name    string
		state   map[string]string
		started release.Result
		five    release.Result // what a look at version 5 comes to then
		six     release.Result
	}{
		{"as it was", sixth, release.Installed, release.OldVersion, release.Unchanged},
		{"nothing", nil, "", release.Installed, release.Installed},
		{"killed before the mark", with(sixth, "prod.accepted", fifth["prod.accepted"]), release.Installed, release.OldVersion, release.Unchanged},
		{"killed before the first mark", with(sixth, "prod.accepted", ""), release.Installed, release.OldVersion, release.Unchanged},
		{"the pointer rolled back by hand", with(with(fifth, "prod.accepted", sixth["prod.accepted"]), blob, policy(6)), release.OldVersion, release.OldVersion, release.Installed},
		{"the pointer gone", with(sixth, "prod.json", ""), release.StateError, release.OldVersion, release.Installed},
		{"the pointer corrupted", with(sixth, "prod.json", strings.Replace(sixth["prod.json"], "eyJ", "eyK", 1)), release.BadSignature, release.OldVersion, release.Installed},
		{"the pointer cut off", with(sixth, "prod.json", sixth["prod.json"][:100]), release.BadSignature, release.OldVersion, release.Installed},
		{"the pointer too large", with(sixth, "prod.json", sixth["prod.json"]+strings.Repeat(" ", release.PointerLimit)), release.StateError, release.OldVersion, release.Installed},
		{"the snapshot gone", with(sixth, blob, ""), release.StateError, release.OldVersion, release.Installed},
		{"the snapshot cut off", with(sixth, blob, policy(6)[:5]), release.BadDigest, release.OldVersion, release.Installed},
		{"another snapshot", with(sixth, blob, policy(9)), release.BadDigest, release.OldVersion, release.Installed},
		{"the overlay gone", with(sixth, "sha256/"+blobOf("x").SHA256, ""), release.StateError, release.OldVersion, release.Installed},
		{"the mark corrupted", with(sixth, "prod.accepted", "{"), release.StateError, release.OldVersion, release.Installed},
		{"the mark of another channel", with(sixth, "prod.accepted", strings.Replace(sixth["prod.accepted"], "prod", "test", 1)), release.StateError, release.OldVersion, release.Installed},
		{"the mark far ahead", with(sixth, "prod.accepted", markOf(7)), release.OldVersion, release.OldVersion, release.OldVersion},
		{"another release of the version", with(sixth, "prod.json", string(seal(t, payload(6), 1))), release.Fork, release.OldVersion, release.Installed},
		{"the pointer of another channel", with(sixth, "prod.json", string(seal(t, payload(6, func(p *release.Payload) { p.Channel = "test" }), 1))), release.WrongChannel, release.OldVersion, release.Installed},
		{"half a file of a write", with(sixth, "sha256/.new-00000001", "poli"), release.Installed, release.OldVersion, release.Unchanged},
	} {
		t.Run(row.name, func(t *testing.T) {
			for version, want := range map[uint64]release.Result{5: row.five, 6: row.six} {
				restore(t, o.State, row.state)
				requireKept(t, o, row.started)
				g.install("")()
				f := follow(t, o, row.started)
				if row.started == release.Installed {
					require.Equal(t, policy(6), g.now(), "in force before anybody is asked")
					require.Equal(t, release.FromState, f.Status().Source)
				} else {
					require.Empty(t, g.now())
					require.False(t, f.Ready())
				}
				store := o.Store.(*memory)
				store.publish(t, payload(5))
				if version == 6 {
					store.publish(t, payload(6, withOverlay("x")), "x")
				}
				look(t, f, want)
				if want == release.Installed {
					require.Equal(t, policy(version), g.now())
					g.install("")()
					follow(t, o, release.Installed)
					require.Equal(t, policy(version), g.now(), "mended")
				}
				require.NotContains(t, filesOf(t, o.State), "sha256/.new-00000001")
			}
		})
	}
}

// A disk that is full, at each thing that is written: what is in force stays, and the next look takes the
// release.
func TestDiskIsFull(t *testing.T) {
	full := errors.New("no space left on device")
	for at := 1; ; at++ {
		store, g := newMemory(), &gateway{}
		o := g.options(t, store)
		store.publish(t, payload(5))
		look(t, follow(t, o, ""), release.Installed)
		steps, failed := 0, ""
		o = release.WithStep(o, func(what string) error {
			if steps++; steps == at {
				failed = what
				return full
			}
			return nil
		})
		f := follow(t, o, release.Installed)
		steps = 0
		store.publish(t, payload(6, withOverlay("x")), "x")
		out := f.Look(t.Context())
		if failed == "" {
			t.Logf("%d times full", at-1)
			require.Greater(t, at, 20, "there is a lot to write")
			return
		}
		if !strings.HasPrefix(failed, "remove") {
			require.Equal(t, release.StateError, out.Result, failed)
			require.ErrorIs(t, out.Err, full)
			require.Equal(t, policy(5), g.now(), failed)
			look(t, f, release.Installed)
		}
		require.Equal(t, policy(6), g.now(), failed)
		follow(t, o, release.Installed)
		require.Equal(t, policy(6), g.now(), failed)
	}
}

// A real disk that is full, and a folder that nobody may write to.
func TestStateCannotBeWritten(t *testing.T) {
	store, g := newMemory(), &gateway{}
	store.publish(t, payload(5))
	o := g.options(t, store)
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	o.State = filepath.Join(file, "state")
	look(t, follow(t, o, release.StateError), release.StateError)
	require.Empty(t, g.now())

	if runtime.GOOS == "linux" {
		o.State = "/dev/fd" // of which the process is no owner that could make a file
		look(t, follow(t, o, ""), release.StateError)
		require.Empty(t, g.now())
	}
	if os.Getuid() == 0 {
		t.Log("root may write everywhere: permissions are not tried")
		return
	}
	o.State = filepath.Join(t.TempDir(), "state")
	look(t, follow(t, o, ""), release.Installed)
	require.NoError(t, os.Chmod(o.State, 0o500))
	defer func() { _ = os.Chmod(o.State, 0o700) }()
	f := follow(t, o, release.Installed)
	look(t, f, release.Unchanged)
	store.publish(t, payload(6))
	look(t, f, release.StateError)
	require.Equal(t, policy(5), g.now())
}

// Two programs at one state: the one that is behind writes nothing.
func TestTwoProgramsAtOneState(t *testing.T) {
	store, g := newMemory(), &gateway{}
	o := g.options(t, store)
	first, second := follow(t, o, ""), follow(t, o, "")
	store.publish(t, payload(6))
	look(t, first, release.Installed)
	store.publish(t, payload(5))
	look(t, second, release.StateError)
	follow(t, o, release.Installed)
	require.Equal(t, policy(6), g.now())
}

// killVariable has, for a child of this test, the folder and at which step it is to be
// killed.
const killVariable = "RELEASE_TEST_KILL"

func TestMain(m *testing.M) {
	if text := os.Getenv(killVariable); text != "" {
		killed(text)
		return
	}
	os.Exit(m.Run())
}

// killed takes version 6 into a state, and is killed by the system before it is done.
func killed(text string) {
	at, folder, _ := strings.Cut(text, " ")
	last, err := strconv.Atoi(at)
	if err != nil {
		panic(err)
	}
	t := new(testing.T)
	store, g, steps := newMemory(), &gateway{}, 0
	store.publish(t, payload(6, withOverlay("x")), "x")
	o := release.WithStep(release.Options{
		Store: store, Channel: "prod", Trust: trust(), State: folder, Clock: release.Clock{Now: noonAlways}, Prepare: g.prepare, Withdraw: g.install(""),
	}, func(string) error {
		if steps++; steps == last {
			process, _ := os.FindProcess(os.Getpid())
			_ = process.Signal(syscall.SIGKILL)
			select {}
		}
		return nil
	})
	f, err := release.Open(o)
	if err != nil {
		panic(err)
	}
	fmt.Println(f.Look(t.Context()).Result, steps)
}

// A program that is killed at any write leaves the old release or the new one, and never a
// lower version; and whoever comes after takes the new one.
func TestKilledAtEveryWrite(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there is no SIGKILL")
	}
	executable, err := os.Executable()
	require.NoError(t, err)
	store, g := newMemory(), &gateway{}
	store.publish(t, payload(5))
	o := g.options(t, store)
	look(t, follow(t, o, ""), release.Installed)
	fifth := filesOf(t, o.State)
	old, now := 0, 0
	for at := 1; ; at++ {
		restore(t, o.State, fifth)
		child := exec.Command(executable)
		child.Env = append(os.Environ(), killVariable+"="+strconv.Itoa(at)+" "+o.State)
		out, err := child.Output()
		if err == nil {
			require.Equal(t, fmt.Sprintf("installed %d\n", at-1), string(out))
			break
		}
		require.Equal(t, "signal: killed", err.Error())
		g.install("")()
		store.publish(t, payload(5))
		f := follow(t, o, release.Installed)
		switch g.now() {
		case policy(5):
			old++
			require.Zero(t, now, "the new one comes last")
			look(t, f, release.Unchanged)
		case policy(6):
			now++
			look(t, f, release.OldVersion)
		default:
			t.Fatalf("killed at step %d: %q is in force", at, g.now())
		}
		store.publish(t, payload(6, withOverlay("x")), "x")
		f.Look(t.Context())
		require.Equal(t, policy(6), g.now())
		follow(t, o, release.Installed)
		for name := range filesOf(t, o.State) {
			require.NotContains(t, name, ".new-")
		}
	}
	t.Logf("killed %d times", old+now)
	require.Greater(t, old, 10)
	require.Greater(t, now, 5)
}

// requireKept: what a state keeps can be seen without a follower, as a start would find it, and
// nothing is touched.
func requireKept(t *testing.T, o release.Options, started release.Result) {
	t.Helper()
	require.NoError(t, os.MkdirAll(o.State, 0o700)) // which a start makes as well
	before := filesOf(t, o.State)
	kept, found, err := release.Kept(release.Options{State: o.State, Channel: o.Channel, Trust: o.Trust, Clock: o.Clock})
	require.Equal(t, started == release.Installed, found)
	require.Equal(t, started != "" && started.Failed(), err != nil, "%v", err)
	if found {
		require.Equal(t, uint64(6), kept.Payload.Version)
		require.Equal(t, policy(6), string(kept.Snapshot))
		require.Equal(t, "x", string(kept.Overlay))
	}
	require.Equal(t, before, filesOf(t, o.State))
}
