package tenant_test

import (
	"net/http"
	"os"
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/tenant"
)

// TestNothingStaysOpen: a server that reads and writes for months has no more files open
// than on its first day.
func TestNothingStaysOpen(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // which closes what nobody holds
	count := func() int {
		open, err := os.ReadDir("/proc/self/fd")
		require.NoError(t, err)
		return len(open)
	}
	dir := folder(t, nil)
	store := open(t, dir)
	work := func() {
		require.Equal(t, http.StatusOK, write(t, store, addZone(blocklist("A", "203.0.113.0/24"))).Status)
		_, err := store.History().Contents(1)
		require.NoError(t, err)
		between := open(t, dir, func(o *tenant.Options) { o.Between = true })
		_, err = between.Revert(request("", ""), 1)
		require.NoError(t, err)
		between.Close()
		_, err = store.Documents()
		require.NoError(t, err)
		_, err = tenant.Open(tenant.Options{Folder: dir})
		require.Error(t, err)
	}
	work()
	before := count()
	for range 3 {
		work()
	}
	require.Equal(t, before, count())
}
