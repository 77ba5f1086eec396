package release_test

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide/release"
)

// What is done to the disk for a release, in this order: each file is whole and on the disk, with its name, before
// the next begins; and what is there already is not written again.
func TestOrderOfWrites(t *testing.T) {
	store, g := newMemory(), &gateway{}
	store.publish(t, payload(5))
	var steps []string
	o := g.options(t, store)
	temporary := regexp.MustCompile(`\.new-[0-9a-f]{8}`)
	f := follow(t, release.WithStep(o, func(what string) error {
		what = strings.NewReplacer(o.State, "", blobOf(policy(5)).SHA256, "BLOB").Replace(what)
		steps = append(steps, strings.TrimSpace(temporary.ReplaceAllString(what, "TEMPORARY")))
		return nil
	}), "")
	file := func(folder, name string) []string {
		in := folder + "/TEMPORARY"
		return []string{"create " + in, "write " + in, "write " + in, "sync " + in, "rename " + folder + "/" + name, strings.TrimSpace("sync " + folder)}
	}
	look(t, f, release.Installed)
	want := []string{"make", "sync " + filepath.Dir(o.State), "make /sha256", "sync"}
	want = append(want, file("/sha256", "BLOB")...)
	want = append(want, file("", "prod.json")...)
	want = append(want, file("", "prod.accepted")...)
	require.Equal(t, want, steps)
	steps = nil
	store.publish(t, payload(6, func(p *release.Payload) { p.Snapshots = payload(5).Snapshots }))
	look(t, f, release.Installed)
	want = append([]string{"make", "make /sha256"}, file("", "prod.json")...)
	require.Equal(t, append(want, file("", "prod.accepted")...), steps)
}

// What no pointer names is taken away, and nothing else: neither what is no blob, nor anything as long as a pointer cannot
// be read that may name it.
func TestWhatIsTakenAway(t *testing.T) {
	store, g := newMemory(), &gateway{}
	store.publish(t, payload(5))
	o := g.options(t, store)
	f := follow(t, o, "")
	look(t, f, release.Installed)
	write := func(name, text string) {
		require.NoError(t, os.WriteFile(filepath.Join(o.State, name), []byte(text), 0o600))
	}
	spare, old := "sha256/"+blobOf("spare").SHA256, "sha256/"+blobOf(policy(5)).SHA256
	write(spare, "spare")
	write("sha256/notes", "anything")
	write("other.json", strings.Repeat(" ", release.PointerLimit+1))
	store.publish(t, payload(6))
	look(t, f, release.Installed)
	require.Subset(t, filesOf(t, o.State), map[string]string{spare: "spare", old: policy(5), "sha256/notes": "anything"})
	write("other.json", strings.Repeat(" ", release.PointerLimit))
	store.publish(t, payload(7))
	look(t, f, release.Installed)
	left := filesOf(t, o.State)
	require.NotContains(t, left, spare)
	require.NotContains(t, left, old)
	require.Contains(t, left, "sha256/notes")
	require.Contains(t, left, "other.json")
}

// A folder gives as much of a pointer as is read, and not a byte more.
func TestFolderOfTooMuch(t *testing.T) {
	folder := t.TempDir()
	store, err := release.OpenStore(folder, "prod", release.StoreOptions{})
	require.NoError(t, err)
	for size, fits := range map[int]bool{release.PointerLimit: true, release.PointerLimit + 1: false} {
		require.NoError(t, os.WriteFile(filepath.Join(folder, "prod.json"), make([]byte, size), 0o600))
		content, err := store.Pointer(t.Context())
		if fits {
			require.NoError(t, err)
			require.Len(t, content, size)
		} else {
			require.ErrorIs(t, err, release.ErrTooLarge)
		}
	}
}

// A folder that is gone when a file is to be written there is told of as such.
func TestFolderIsGone(t *testing.T) {
	store, g := newMemory(), &gateway{}
	store.publish(t, payload(5))
	o := g.options(t, store)
	f := follow(t, release.WithStep(o, func(what string) error {
		if strings.HasPrefix(what, "create ") {
			return os.RemoveAll(o.State)
		}
		return nil
	}), "")
	require.ErrorIs(t, look(t, f, release.StateError).Err, os.ErrNotExist)
	require.Empty(t, g.now())
}

// A disk that is full at anything that is done for the first release, a file where a folder has to be, and a folder
// that vanishes: it is told of, nothing is in force, and the next look takes the release.
func TestFirstWriteFails(t *testing.T) {
	full := errors.New("no space left on device")
	fails := func(step func(o release.Options, at int, what string) error, at int) (reached bool) {
		store, g := newMemory(), &gateway{}
		store.publish(t, payload(5))
		o := g.options(t, store)
		steps, failed := 0, ""
		f := follow(t, release.WithStep(o, func(what string) error {
			if steps++; steps == at {
				failed = what
				return step(o, at, what)
			}
			return nil
		}), "")
		out := f.Look(t.Context())
		if failed == "" {
			return false
		}
		require.Equal(t, release.StateError, out.Result, failed)
		require.Empty(t, g.now(), failed)
		look(t, f, release.Installed)
		require.Equal(t, policy(5), g.now(), failed)
		return true
	}
	count := 0
	for at := 1; fails(func(release.Options, int, string) error { return full }, at); at++ {
		count = at
	}
	require.Greater(t, count, 20)
	require.True(t, fails(func(o release.Options, _ int, _ string) error { return os.RemoveAll(o.State) }, 4), "when its name is to be on the disk")

	store, g := newMemory(), &gateway{}
	store.publish(t, payload(5))
	o := g.options(t, store)
	require.NoError(t, os.Mkdir(o.State, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(o.State, "sha256"), nil, 0o600))
	require.ErrorContains(t, look(t, follow(t, o, ""), release.StateError).Err, "mkdir "+filepath.Join(o.State, "sha256"))
}

// What cannot be taken away stays, and does no harm.
func TestWhatStays(t *testing.T) {
	store, g := newMemory(), &gateway{}
	store.publish(t, payload(5))
	o := g.options(t, store)
	f := follow(t, release.WithStep(o, func(what string) error {
		if strings.HasPrefix(what, "remove ") {
			return errors.New("it is in use")
		}
		return nil
	}), "")
	look(t, f, release.Installed)
	store.publish(t, payload(6))
	look(t, f, release.Installed)
	require.Contains(t, filesOf(t, o.State), "sha256/"+blobOf(policy(5)).SHA256)
	require.Equal(t, policy(6), g.now())
}
