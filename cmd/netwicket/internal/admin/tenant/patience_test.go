package tenant_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/records"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/tenant"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/wire"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/folderlock"
)

// TestPatience: a write waits for another program as long as it was told, ten seconds
// where nobody says how long, and no longer (R3).
func TestPatience(t *testing.T) {
	for _, test := range []struct {
		patience, held time.Duration
		want           int
	}{
		{0, 9 * time.Second, http.StatusOK},
		{0, 11 * time.Second, http.StatusTooManyRequests},
		{time.Second, 900 * time.Millisecond, http.StatusOK},
		{time.Second, 2 * time.Second, http.StatusTooManyRequests},
		{20 * time.Second, 19 * time.Second, http.StatusOK},
	} {
		dir := t.TempDir()
		synctest.Test(t, func(t *testing.T) {
			store, err := tenant.Open(tenant.Options{Folder: dir, Patience: test.patience})
			require.NoError(t, err)
			defer store.Close()
			turn, err := folderlock.Turn(dir, 0)
			require.NoError(t, err)
			go func() {
				time.Sleep(test.held)
				turn.Release()
			}()
			require.Equal(t, test.want, write(t, store, addZone(blocklist("A", "203.0.113.0/24"))).Status, "%v", test)
			synctest.Wait()
			time.Sleep(test.held) // so that the turn is given back
		})
	}
}

// TestPatienceWithinAProgram: and for as long for the write of another caller.
func TestPatienceWithinAProgram(t *testing.T) {
	for held, want := range map[time.Duration]int{9 * time.Second: http.StatusOK, 11 * time.Second: http.StatusTooManyRequests} {
		dir := t.TempDir()
		synctest.Test(t, func(t *testing.T) {
			store, err := tenant.Open(tenant.Options{Folder: dir})
			require.NoError(t, err)
			defer store.Close()
			begun := make(chan struct{})
			first := make(chan int)
			go func() {
				first <- write(t, store, changed(func(d *records.Documents) {
					select {
					case <-begun:
					default:
						close(begun)
						time.Sleep(held)
					}
					d.Zones = append(d.Zones, blocklist("A", "203.0.113.0/24"))
				})).Status
			}()
			<-begun
			_, err = store.Revert(request("", ""), 1)
			if want != http.StatusOK {
				require.ErrorIs(t, err, tenant.ErrBusy)
			} else {
				require.NoError(t, err)
			}
			require.Equal(t, http.StatusOK, <-first)
		})
	}
}

// TestFolderThatNeverRests: a write that others overtake again and again gives up.
func TestFolderThatNeverRests(t *testing.T) {
	dir := folder(t, nil)
	store := open(t, dir, func(o *tenant.Options) { o.Patience = time.Nanosecond })
	text := snapshot(t, dir)["okta/policies.json"]
	tries := 0
	answer := write(t, store, changed(func(d *records.Documents) {
		tries++
		put(t, dir, "okta/policies.json", text+strings.Repeat("\n", tries))
		d.Zones = append(d.Zones, blocklist("A", "203.0.113.0/24"))
	}))
	require.Equal(t, http.StatusTooManyRequests, answer.Status)
	require.Positive(t, tries)
	require.Len(t, history(t, dir), 1)
	require.Equal(t, http.StatusOK, write(t, store, addZone(blocklist("A", "203.0.113.0/24"))).Status)
}

// TestAnswersThatStoreNothing: 400 is the first of them.
func TestAnswersThatStoreNothing(t *testing.T) {
	dir := folder(t, nil)
	store := open(t, dir)
	before := snapshot(t, dir)
	for _, status := range []int{400, 404, 412, 500} {
		answer := write(t, store, func(d *records.Documents) wire.Answer {
			d.Zones = append(d.Zones, blocklist("A", "203.0.113.0/24"))
			return wire.Answer{Status: status}
		})
		require.Equal(t, status, answer.Status)
		require.True(t, answer.Audited)
		require.Equal(t, before, snapshot(t, dir))
	}
	require.Len(t, history(t, dir), 1)
}
