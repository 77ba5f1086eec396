package tenant_test

import (
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/records"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/wire"
)

// callsVariable has the folder in which a child of this test makes one write.
const callsVariable = "TENANT_TEST_CALLS"

// changing are the system calls by which a write changes a disk. strace counts each
// of them by itself.
func changing() []string {
	return []string{"write", "pwrite64", "fsync", "renameat", "renameat2", "unlinkat", "mkdirat", "ftruncate", "truncate"}
}

// TestKilledAtEveryCall kills a server in front of each system call of a start and a
// write that changes the disk, one after the other: the folder decides as before or
// as after, and the next start goes on from there. Unless all is proved, it is every
// fourth call, of each kind another one first.
func TestKilledAtEveryCall(t *testing.T) {
	if dir := os.Getenv(callsVariable); dir != "" {
		runtime.LockOSThread() // strace counts the calls of each thread
		store := open(t, dir)
		answer := write(t, store, func(d *records.Documents) wire.Answer {
			moves()["a policy goes"](d)
			return wire.Answer{Status: http.StatusOK}
		})
		require.Equal(t, http.StatusOK, answer.Status)
		return
	}
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("no strace: TestWriteThatBreaksOff and TestKilledWhileWriting do without")
	}
	if err := exec.Command(strace, "-qq", "-o", os.DevNull, "true").Run(); err != nil {
		t.Skip("strace may not trace here: TestWriteThatBreaksOff and TestKilledWhileWriting do without")
	}
	if testing.Short() {
		t.Skip("dozens of programs are started and killed: TestWriteThatBreaksOff does without")
	}
	start := crowded(t)
	before := fingerprint(t, start)
	whole := copied(t, start)
	require.Equal(t, http.StatusOK, write(t, open(t, whole), func(d *records.Documents) wire.Answer {
		moves()["a policy goes"](d)
		return wire.Answer{Status: http.StatusOK}
	}).Status)
	after := fingerprint(t, whole)
	kills := map[bool]int{} // by whether the write had come about
	step := 4
	if proving() {
		step = 1
	}
	counts := callsOf(t, strace, copied(t, start))
	for i, name := range changing() {
		for call := 1 + i%step; call <= counts[name] || proving(); call += step {
			dir := copied(t, start)
			if !killedAt(t, strace, name, call, dir) {
				break
			}
			found := fingerprint(t, dir)
			store := open(t, dir)
			finished := fingerprint(t, dir)
			require.Contains(t, []string{before, after}, found, "%s %d", name, call)
			require.Contains(t, []string{after, found}, finished, "%s %d", name, call)
			generations := store.History().Generations()
			require.Equal(t, finished, generations[len(generations)-1].Fingerprint, "%s %d", name, call)
			require.Empty(t, litter(t, dir), "%s %d", name, call)
			left, err := filepath.Glob(filepath.Join(dir, ".netwicket", "history", ".*"))
			require.NoError(t, err)
			require.Empty(t, left, "%s %d", name, call)
			require.Equal(t, http.StatusOK, write(t, store, addZone(office("nzoNext00000000000001", "192.0.2.0/24"))).Status)
			store.Close()
			kills[found == after]++
		}
	}
	t.Log(kills)
	require.Greater(t, kills[false], 20/step)
	require.Greater(t, kills[true], 5/step)
}

// callsOf runs the child to its end, and counts its calls of each name: those of the thread
// that has most.
func callsOf(t *testing.T, strace, dir string) map[string]int {
	t.Helper()
	record := filepath.Join(t.TempDir(), "calls")
	child := exec.Command(strace, "-f", "-qq", "-o", record, "-e", "trace="+strings.Join(changing(), ","), "-e", "signal=none", os.Args[0], "-test.run=^TestKilledAtEveryCall$")
	child.Env = append(os.Environ(), callsVariable+"="+dir)
	output, err := child.CombinedOutput()
	require.NoError(t, err, "%s", output)
	text, err := os.ReadFile(record)
	require.NoError(t, err)
	ofThread, counts := map[string]int{}, map[string]int{}
	for line := range strings.Lines(string(text)) { // 1234 fsync(5) = 0
		call, _, _ := strings.Cut(line, "(")
		if fields := strings.Fields(call); len(fields) == 2 {
			ofThread[call]++
			counts[fields[1]] = max(counts[fields[1]], ofThread[call])
		}
	}
	return counts
}

// killedAt runs the child until a call of a name, and says whether it came to that.
func killedAt(t *testing.T, strace, name string, call int, dir string) bool {
	t.Helper()
	child := exec.Command(strace, "-f", "-qq", "-o", os.DevNull, "-e", "trace="+name, "-e", "signal=none",
		"-e", "inject="+name+":signal=KILL:when="+strconv.Itoa(call), os.Args[0], "-test.run=^TestKilledAtEveryCall$")
	child.Env = append(os.Environ(), callsVariable+"="+dir)
	output, err := child.CombinedOutput()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.Sys().(syscall.WaitStatus).Signaled() {
		return true
	}
	require.NoError(t, err, "%s %d: %s", name, call, output)
	return false
}
