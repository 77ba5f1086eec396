package tenant_test

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/records"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/tenant"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/wire"
)

// fullVariable has the folder to which a child of this test writes, and limitVariable
// the bytes of a file at which its disk is full.
const (
	fullVariable  = "TENANT_TEST_FULL"
	limitVariable = "TENANT_TEST_LIMIT"
)

// TestFullDisk: on a disk that is full at any point of a write, the folder stays as
// it was to the letter, the client is told that it is not its fault, and nobody is
// left with a history of what did not come about.
func TestFullDisk(t *testing.T) {
	if dir := os.Getenv(fullVariable); dir != "" {
		writeToFullDisk(t, dir)
		return
	}
	start := crowded(t)
	refusals, done, step := 0, false, 400
	if proving() {
		step = 50
	}
	for limit := 50; !done; limit += step {
		dir := copied(t, start)
		before := snapshot(t, dir)
		child := exec.Command(os.Args[0], "-test.run=^TestFullDisk$")
		child.Env = append(os.Environ(), fullVariable+"="+dir, limitVariable+"="+strconv.Itoa(limit))
		output, err := child.CombinedOutput()
		require.NoError(t, err, "%s", output)
		history, err := tenant.OpenHistory(dir)
		require.NoError(t, err)
		if done = strings.Contains(string(output), "answered 200"); done {
			require.Len(t, history.Generations(), 3)
			continue
		}
		require.Contains(t, string(output), "answered 409")
		require.Contains(t, string(output), "file too large")
		refusals++
		require.Equal(t, before, snapshot(t, dir), "limit %d", limit)
		require.Len(t, history.Generations(), 2, "limit %d", limit)
		store := open(t, dir)
		require.Equal(t, before, snapshot(t, dir))
		require.Equal(t, http.StatusOK, write(t, store, addZone(blocklist("Later", "203.0.113.0/24"))).Status)
		store.Close()
	}
	require.Greater(t, refusals, 3)
}

func writeToFullDisk(t *testing.T, dir string) {
	store := open(t, dir)
	limit, err := strconv.ParseUint(os.Getenv(limitVariable), 10, 64)
	require.NoError(t, err)
	signal.Ignore(syscall.SIGXFSZ) // the write fails instead
	require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: limit, Max: limit}))
	answer := write(t, store, func(d *records.Documents) wire.Answer {
		moves()["a policy goes"](d)
		return wire.Answer{Status: http.StatusOK}
	})
	fmt.Println("answered", answer.Status, string(answer.Body))
	_, err = store.Documents()
	require.NoError(t, err, "what was is still served")
}
