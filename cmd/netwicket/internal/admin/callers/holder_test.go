package callers_test

import (
	"crypto/sha256"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"testing"

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
