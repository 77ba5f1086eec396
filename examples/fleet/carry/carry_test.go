package carry_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide/release"
	"github.com/netwicket/netwicket/examples/fleet/carry"
)

// pointer is an unsigned one with a payload.
func pointer(t *testing.T, payload any) []byte {
	t.Helper()
	text, err := json.Marshal(payload)
	require.NoError(t, err)
	sealed, err := json.Marshal(map[string]any{"payload": text})
	require.NoError(t, err)
	return sealed
}

// asking is a payload with snapshots.
func asking(blobs ...release.Blob) map[string]any { return map[string]any{"snapshots": blobs} }

func TestNames(t *testing.T) {
	good := release.BlobOf([]byte("a policy"))
	overlay := release.BlobOf([]byte("an overlay"))
	names, err := carry.Names(pointer(t, map[string]any{
		"v": 9, "snapshots": []any{map[string]any{"format": 7, "sha256": good.SHA256, "size": good.Size, "more": true}}, "overlay": overlay,
	}))
	require.NoError(t, err, "what is newer than this program is carried all the same")
	require.Equal(t, []release.Blob{good, overlay}, names)

	sum := good.SHA256
	for name, text := range map[string][]byte{
		"nothing":                   nil,
		"no JSON":                   []byte("{"),
		"no base64":                 []byte(`{"payload":"?"}`),
		"no payload":                []byte(`{}`),
		"no snapshot":               pointer(t, asking()),
		"an overlay that is a text": []byte(`{"payload":"eyJvdmVybGF5IjoiIn0="}`),
		"another folder":            pointer(t, asking(release.Blob{SHA256: "../../" + sum[6:]})),
		"no name":                   pointer(t, asking(release.Blob{})),
		"a short name":              pointer(t, asking(release.Blob{SHA256: sum[:62]})),
		"a long name":               pointer(t, asking(release.Blob{SHA256: sum + "00"})),
		"capitals":                  pointer(t, asking(release.Blob{SHA256: strings.Repeat("AB", 32)})),
		"less than nothing":         pointer(t, asking(release.Blob{SHA256: sum, Size: -1})),
		"too large":                 pointer(t, asking(release.Blob{SHA256: sum, Size: release.SnapshotLimit + 1})),
		"too many":                  pointer(t, asking(slices.Repeat([]release.Blob{good}, 18)...)),
		"a pointer without end":     append(pointer(t, asking(good)), bytes.Repeat([]byte(" "), release.PointerLimit)...),
	} {
		_, err := carry.Names(text)
		require.Error(t, err, name)
	}
}

// memory is a store whose blobs are there or not.
type memory struct {
	pointer []byte
	blobs   map[string]string
	asked   []string
}

func (m *memory) Pointer(context.Context) ([]byte, error) { return m.pointer, nil }

func (m *memory) Blob(_ context.Context, blob release.Blob) ([]byte, error) {
	m.asked = append(m.asked, blob.SHA256)
	content, found := m.blobs[blob.SHA256]
	if !found {
		return nil, errors.New("absent")
	}
	return []byte(content), nil
}

func (m *memory) Changed(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

// put is what the store has from now on.
func (m *memory) put(t *testing.T, contents ...string) {
	t.Helper()
	m.blobs = map[string]string{}
	var blobs []release.Blob
	for _, content := range contents {
		blob := release.BlobOf([]byte(content))
		m.blobs[blob.SHA256] = content
		blobs = append(blobs, blob)
	}
	m.pointer = pointer(t, asking(blobs...))
}

// The pointer comes when all that it asks for is there whole, and nothing is asked for twice.
func TestCarry(t *testing.T) {
	folder, m := t.TempDir(), &memory{}
	a := carry.Agent{From: m, Channel: "prod", Folder: folder}
	where := filepath.Join(folder, "prod.json")
	blob := func(content string) string {
		return filepath.Join(folder, "sha256", release.BlobOf([]byte(content)).SHA256)
	}
	m.put(t, "one", "two")
	two := release.BlobOf([]byte("two")).SHA256
	for _, wrong := range []string{"", "tw", "twoo", "owt"} {
		if m.blobs[two] = wrong; wrong == "" {
			delete(m.blobs, two)
		}
		_, err := a.Carry(t.Context())
		require.ErrorContains(t, err, "blob "+two)
		require.NoFileExists(t, where)
		require.NoFileExists(t, blob("two"))
	}
	m.blobs[two], m.asked = "two", nil
	carried, err := a.Carry(t.Context())
	require.NoError(t, err)
	require.True(t, carried)
	require.Equal(t, []string{two}, m.asked, "the first one is there")
	got, err := os.ReadFile(where)
	require.NoError(t, err)
	require.Equal(t, m.pointer, got)

	// A blob that has rotted is fetched anew, though the pointer is the same.
	require.NoError(t, os.WriteFile(blob("one"), []byte("eno"), 0o600))
	carried, err = a.Carry(t.Context())
	require.NoError(t, err)
	require.False(t, carried)
	got, err = os.ReadFile(blob("one"))
	require.NoError(t, err)
	require.Equal(t, "one", string(got))

	// What an agent that was killed left half written goes, and so do blobs of two releases ago; what is somebody else's stays.
	for _, name := range []string{".new-1", "sha256/.new-2", "sha256/README", "other.json"} {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), nil, 0o600))
	}
	m.put(t, "two", "three")
	_, err = a.Carry(t.Context())
	require.NoError(t, err)
	require.FileExists(t, blob("one"))
	m.put(t, "three")
	_, err = a.Carry(t.Context())
	require.NoError(t, err)
	require.NoFileExists(t, blob("one"))
	require.FileExists(t, blob("two"))
	require.FileExists(t, blob("three"))
	for name, there := range map[string]bool{".new-1": false, "sha256/.new-2": false, "sha256/README": true, "other.json": true} {
		_, err := os.Stat(filepath.Join(folder, name))
		require.Equal(t, there, err == nil, name)
	}
}

// What was published is read whole or not at all.
func TestRead(t *testing.T) {
	folder, content := t.TempDir(), "a policy"
	blob := release.BlobOf([]byte(content))
	write := func(name, text string) {
		t.Helper()
		require.NoError(t, os.MkdirAll(filepath.Join(folder, "sha256"), 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600))
	}
	read := func() error {
		_, err := carry.Read(folder, "prod")
		return err
	}
	require.Error(t, read())
	write("prod.json", string(pointer(t, asking(blob))))
	require.Error(t, read(), "its blob is not there")
	for _, wrong := range []string{"", "a polic", "a policies", "b policy"} {
		write("sha256/"+blob.SHA256, wrong)
		require.Error(t, read(), "%q", wrong)
	}
	write("sha256/"+blob.SHA256, content)
	require.NoError(t, read())
	_, err := carry.Read(folder, "../prod")
	require.Error(t, err)
}
