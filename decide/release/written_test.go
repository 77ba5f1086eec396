package release_test

import (
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
