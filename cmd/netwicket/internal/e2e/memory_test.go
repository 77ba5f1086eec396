//go:build linux

package e2e_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestLittleMemoryOfTheSystem reloads under load inside a control group that
// kills what takes more than it allows.
func TestLittleMemoryOfTheSystem(t *testing.T) {
	const allowed = 64 << 20
	group := memoryGroup(t, allowed)
	t.Setenv("GOMEMLIMIT", "40MiB")
	p := freePorts(t)
	f := &faulty{folder: faultyFolder(t), counts: map[string]int{}}
	f.serving = &serving{address: fmt.Sprintf("127.0.0.1:%d", p.service), status: fmt.Sprintf("127.0.0.1:%d", p.web)}
	f.process = start(t, f.folder, "sh", "-c", `echo $$ > "$1/cgroup.procs" && exec "$0" serve --listen "$2" --metrics "$3"`, program, group, f.address, f.status)
	f.process.answers(p.service)
	f.process.answers(p.web)
	f.ask()
	for range 10 {
		f.recovers(t)
	}
	f.end()
	t.Logf("figure: control group of %d MiB, 20 reloads under load: resident %s bytes; answers %s", allowed>>20, f.metric(t, "process_resident_memory_bytes"), f.figures())
	require.Zero(t, f.counts[comes+" 0"]+f.counts[listed+" 0"]+f.counts[located+" 0"], "questions without an answer")
}

// memoryGroup is a control group, of either version, for as long as the test runs.
func memoryGroup(t *testing.T, allowed int) string {
	t.Helper()
	root, limit := "/sys/fs/cgroup/memory", "memory.limit_in_bytes"
	if controllers, err := os.ReadFile("/sys/fs/cgroup/cgroup.subtree_control"); err == nil && strings.Contains(string(controllers), "memory") {
		root, limit = "/sys/fs/cgroup", "memory.max"
	}
	group := filepath.Join(root, fmt.Sprintf("netwicket-e2e-%d", os.Getpid()))
	if err := os.Mkdir(group, 0o755); err != nil {
		t.Skipf("no control group may be made here: %v", err)
	}
	t.Cleanup(func() { _ = os.Remove(group) }) // empty by now
	if err := os.WriteFile(filepath.Join(group, limit), fmt.Append(nil, allowed), 0o600); err != nil {
		t.Skipf("no memory limit may be set here: %v", err)
	}
	return group
}
