package callers_test

import (
	"crypto/sha256"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/callers"
)

// A token is known by its hash, from where its caller may ask.
func TestHolder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "callers.json")
	require.NoError(t, os.WriteFile(path, fmt.Appendf(nil, `{"tokens":[{"name":"ann","sha256":"%x","scopes":["okta.networkZones.read"],"networks":["198.51.100.0/24"]}],"clients":[]}`, sha256.Sum256([]byte("secret"))), 0o600))
	file, err := callers.Read(path)
	require.NoError(t, err)
	live := callers.New(file, nil)
	inside, outside := netip.MustParseAddr("198.51.100.7"), netip.MustParseAddr("192.0.2.1")
	caller, err := live.Holder(callers.CredentialOf(" secret\n"), inside)
	require.NoError(t, err)
	require.Equal(t, "ann", caller.Name)
	_, err = live.Holder(callers.CredentialOf("secret"), outside)
	require.ErrorIs(t, err, callers.ErrOutside)
	_, err = live.Holder(callers.CredentialOf(""), inside)
	require.ErrorIs(t, err, callers.ErrBad)
}

// A token that was issued is known as one of the file is, as long as it is good, unless it is
// bound to a key.
func TestHolderOfAnIssuedToken(t *testing.T) {
	key := newKey(t)
	d := live(t, client(t, `,"networks":["192.0.2.0/24"]`, key))
	issued := callers.CredentialOf(d.token(t, d.assertion(t, key, nil)))
	caller, err := d.Holder(issued, somewhere)
	require.NoError(t, err)
	require.Equal(t, "terraform", caller.Name)
	require.Equal(t, []string{"okta.networkZones.read"}, caller.Scopes)
	_, err = d.Holder(issued, netip.MustParseAddr("198.51.100.1"))
	require.ErrorIs(t, err, callers.ErrOutside)

	d.now = d.now.Add(2 * time.Hour)
	_, err = d.Holder(issued, somewhere)
	require.ErrorIs(t, err, callers.ErrBad)

	bound, _ := d.bound(t)
	_, err = d.Holder(callers.CredentialOf(bound), somewhere)
	require.ErrorIs(t, err, callers.ErrBad, "a browser proves nothing")
}
