package keepertest

import (
	"crypto/ed25519"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/decide/release"
)

// Channel is a folder that releases of the channel prod are published to, and whoever may sign
// them.
type Channel struct {
	T       *testing.T
	Folder  string
	Version uint64           // of the last release
	Now     func() time.Time // of releases

	key ed25519.PrivateKey
}

// NewChannel is one of which nothing was published.
func NewChannel(t *testing.T) *Channel {
	_, key, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	return &Channel{T: t, Folder: t.TempDir(), key: key, Now: time.Now}
}

// PublicKey is what a policy file trusts.
func (c *Channel) PublicKey() string {
	text, err := release.EncodePublicKey(c.key.Public().(ed25519.PublicKey))
	require.NoError(c.T, err)
	return string(text)
}

// Publish makes the next release of a snapshot.
func (c *Channel) Publish(snapshot, overlay string, change ...func(*release.Payload)) {
	c.T.Helper()
	c.Version++
	write := func(name, content string) {
		path := filepath.Join(c.Folder, name)
		require.NoError(c.T, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(c.T, os.WriteFile(path+".new", []byte(content), 0o600))
		require.NoError(c.T, os.Rename(path+".new", path))
	}
	entry, err := release.SnapshotOf([]byte(snapshot))
	require.NoError(c.T, err)
	write("sha256/"+entry.SHA256, snapshot)
	payload := release.Payload{Channel: "prod", Version: c.Version, Created: c.Now(), Expires: c.Now().Add(time.Hour), Snapshots: []release.Snapshot{entry}}
	if overlay != "" {
		blob := release.BlobOf([]byte(overlay))
		write("sha256/"+blob.SHA256, overlay)
		payload.Overlay = &blob
	}
	for _, f := range change {
		f(&payload)
	}
	text, err := payload.Encode()
	require.NoError(c.T, err)
	pointer, err := release.Seal(text, release.Sign(text, c.key))
	require.NoError(c.T, err)
	write("prod.json", string(pointer))
}

// Following is a policy file that follows the channel, with more beside it.
func (c *Channel) Following(more string) string { return c.FilesAt(c.Folder, more)["netwicket.json"] }

// Files are a policy file that follows the channel, with more beside it, and the key.
func (c *Channel) Files(more string) map[string]string { return c.FilesAt(c.Folder, more) }

// FilesAt are Files that name the channel by another location.
func (c *Channel) FilesAt(location, more string) map[string]string {
	const text = `{"from": {"url": %q, "channel": "prod", "keys": ["prod.pub"], "state": "state", "every": "20ms"%s`
	return map[string]string{"netwicket.json": fmt.Sprintf(text, location, more), "prod.pub": c.PublicKey()}
}

// Snapshot is the snapshot of a folder's policy.
func Snapshot(t *testing.T, folder string) string {
	t.Helper()
	_, policy, err := policyfile.Open(policyfile.Options{Paths: []string{folder}})
	require.NoError(t, err)
	var out strings.Builder
	require.NoError(t, policy.WriteSnapshot(&out))
	return out.String()
}
