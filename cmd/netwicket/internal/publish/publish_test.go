package publish_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/publish"
	"github.com/netwicket/netwicket/decide/decidetest"
	"github.com/netwicket/netwicket/decide/release"
)

var noon = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)

func key(number byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{number}, ed25519.SeedSize))
}

func public(number byte) ed25519.PublicKey { return key(number).Public().(ed25519.PublicKey) }

func releaseOf(t *testing.T, blocked string) *publish.Release {
	t.Helper()
	var snapshot bytes.Buffer
	require.NoError(t, decidetest.Block(t, blocked).WriteSnapshot(&snapshot))
	return &publish.Release{
		Channel: "prod", Expires: time.Hour, Snapshots: [][]byte{snapshot.Bytes()}, Overlay: []byte("{}"), Now: noon, Keys: []ed25519.PrivateKey{key(1)},
	}
}

// watched is a folder that notes what is done to it, and fails where it is told.
type watched struct {
	publish.Folder
	did  []string
	fail string
}

func (w *watched) note(what string) error {
	w.did = append(w.did, what)
	if what == w.fail {
		return errors.New("no space left on device")
	}
	return nil
}

// Lock has nobody to wait for: who has the folder locked forgot to let it go.
func (w *watched) Lock(context.Context) (func(), error) { return w.LockWithin(time.Millisecond) }

func (w *watched) Put(ctx context.Context, blob release.Blob, content []byte) error {
	if err := w.note("blob"); err != nil {
		return err
	}
	return w.Folder.Put(ctx, blob, content)
}

func (w *watched) Switch(ctx context.Context, before, pointer []byte, blobs []release.Blob) error {
	if err := w.note("pointer"); err != nil {
		return err
	}
	return w.Folder.Switch(ctx, before, pointer, blobs)
}

func newFolder(t *testing.T) *watched {
	t.Helper()
	return &watched{Folder: publish.Folder{Path: filepath.Join(t.TempDir(), "public"), Channel: "prod"}}
}

// Blobs first, each once, then the pointer; if a blob cannot be written, no pointer.
func TestBlobsGoFirst(t *testing.T) {
	target := newFolder(t)
	_, err := releaseOf(t, "203.0.113.0/24").Publish(t.Context(), target)
	require.NoError(t, err)
	require.Equal(t, []string{"blob", "blob", "pointer"}, target.did)
	target.did = nil
	_, err = releaseOf(t, "203.0.113.0/24").Publish(t.Context(), target)
	require.NoError(t, err)
	require.Equal(t, []string{"pointer"}, target.did, "they are there")

	before, err := target.Present(t.Context())
	require.NoError(t, err)
	target.fail, target.did = "blob", nil
	_, err = releaseOf(t, "198.51.100.0/24").Publish(t.Context(), target)
	require.ErrorContains(t, err, "no space left")
	require.Equal(t, []string{"blob"}, target.did)
	now, err := target.Present(t.Context())
	require.NoError(t, err)
	require.Equal(t, before, now)
}

// Times of a release are whole seconds, as every program reads them.
func TestTimesAreWholeSeconds(t *testing.T) {
	r := releaseOf(t, "203.0.113.0/24")
	r.Now = noon.Add(17*time.Second + 900*time.Millisecond)
	done, err := r.Publish(t.Context(), newFolder(t))
	require.NoError(t, err)
	require.Equal(t, noon.Add(17*time.Second), done.Payload.Created)
	require.Equal(t, noon.Add(time.Hour+17*time.Second), done.Payload.Expires)
}

// A blob that is there by name, but is not what its name says, is written again.
func TestHalfABlobIsNone(t *testing.T) {
	target := newFolder(t)
	r := releaseOf(t, "203.0.113.0/24")
	_, err := r.Publish(t.Context(), target)
	require.NoError(t, err)
	path := filepath.Join(target.Path, "sha256", release.BlobOf(r.Snapshots[0]).SHA256)
	for _, content := range [][]byte{r.Snapshots[0][:10], bytes.Repeat([]byte("x"), len(r.Snapshots[0])), append(bytes.Clone(r.Snapshots[0]), 'x')} {
		require.NoError(t, os.WriteFile(path, content, 0o600))
		_, err := releaseOf(t, "203.0.113.0/24").Publish(t.Context(), target)
		require.NoError(t, err)
		now, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, r.Snapshots[0], now)
	}
	require.NoError(t, os.WriteFile(path, nil, 0o600))
	renew := &publish.Release{Channel: "prod", Expires: time.Hour, Renew: true, Now: noon, Keys: []ed25519.PrivateKey{key(1)}}
	_, err = renew.Publish(t.Context(), target)
	require.ErrorContains(t, err, "neither published nor named")
}

// Whoever does not take turns is noticed: the pointer is another one than was followed.
func TestFolderIsCompared(t *testing.T) {
	target := newFolder(t)
	_, err := releaseOf(t, "203.0.113.0/24").Publish(t.Context(), target)
	require.NoError(t, err)
	before, err := target.Present(t.Context())
	require.NoError(t, err)
	_, err = releaseOf(t, "203.0.113.0/24").Publish(t.Context(), target)
	require.NoError(t, err)
	require.ErrorIs(t, target.Switch(t.Context(), before, before, nil), publish.ErrMoved)
	require.ErrorIs(t, target.Switch(t.Context(), nil, before, nil), publish.ErrMoved)
}

// What others would not take is not published.
func TestSignaturesAreChecked(t *testing.T) {
	target := newFolder(t)
	done, err := releaseOf(t, "203.0.113.0/24").Prepare(t.Context(), target)
	require.NoError(t, err)
	require.Equal(t, []string{"blob", "blob"}, target.did)
	payload, found := release.PayloadOf(done.Message)
	require.True(t, found)
	signed := func(signatures ...release.Signature) *publish.Release {
		return &publish.Release{Channel: "prod", Now: noon, Message: done.Message, Signatures: signatures, Trust: []ed25519.PublicKey{public(1), public(2)}}
	}
	wrong := release.Sign(payload, key(2))
	wrong.KeyID = release.KeyID(public(1))
	for name, r := range map[string]*publish.Release{
		"nobody":                   signed(),
		"another key":              signed(wrong),
		"one good and one another": signed(release.Sign(payload, key(2)), wrong),
	} {
		_, err := r.Publish(t.Context(), target)
		require.Error(t, err, name)
	}
	require.NotContains(t, target.did, "pointer")
	both := signed(release.Sign(payload, key(2)))
	both.Keys = []ed25519.PrivateKey{key(1)}
	done, err = both.Publish(t.Context(), target)
	require.NoError(t, err)
	require.Empty(t, done.Warnings)
	pointer, err := target.Present(t.Context())
	require.NoError(t, err)
	_, err = release.Verify(pointer, release.Trust{Keys: []ed25519.PublicKey{public(1), public(2)}, Threshold: 2})
	require.NoError(t, err)

	bare := signed(release.Sign(payload, key(1)))
	bare.Message = payload
	_, err = bare.Publish(t.Context(), target)
	require.ErrorContains(t, err, "expected what --payload-out wrote")
}

// What is published there and cannot be followed.
func TestPresentThatIsNotFollowed(t *testing.T) {
	target := newFolder(t)
	done, err := releaseOf(t, "203.0.113.0/24").Publish(t.Context(), target)
	require.NoError(t, err)
	payload, _ := release.PayloadOf(done.Message)
	place := func(old, new string) {
		require.Contains(t, string(payload), old)
		changed := []byte(strings.Replace(string(payload), old, new, 1))
		pointer, err := release.Seal(changed, release.Sign(changed, key(1)))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(target.Path, "prod.json"), pointer, 0o600))
	}
	renew := &publish.Release{Channel: "prod", Expires: time.Hour, Renew: true, Now: noon, Keys: []ed25519.PrivateKey{key(1)}}
	place(`"channel":"prod"`, `"channel":"test"`)
	for _, r := range []*publish.Release{renew, releaseOf(t, "203.0.113.0/24")} {
		_, err := r.Publish(t.Context(), target)
		require.ErrorContains(t, err, "is of channel test")
	}
	place(`"snapshots":[`, `"snapshots":[{"format":2},`) // whoever reads that format alone would be left with nothing
	_, err = renew.Publish(t.Context(), target)
	require.ErrorContains(t, err, "formats that this program does not know")
	require.NoError(t, os.WriteFile(filepath.Join(target.Path, "prod.json"), []byte("{"), 0o600))
	_, err = releaseOf(t, "203.0.113.0/24").Publish(t.Context(), target)
	require.ErrorContains(t, err, "cannot be followed")
	stated := releaseOf(t, "203.0.113.0/24")
	stated.Version = 9
	done, err = stated.Publish(t.Context(), target)
	require.NoError(t, err)
	require.Len(t, done.Warnings, 1)
}
