package bench

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/netwicket/netwicket/bench/workload"
)

// BenchmarkEvalSnapshot is netwicket eval -c policy.nws for the policy of 100 zones: the
// time from its start to its first answer, and the most memory that it had at one time,
// the pages of the program among it.
func BenchmarkEvalSnapshot(b *testing.B) {
	folder := b.TempDir()
	program, file := filepath.Join(folder, "netwicket"), filepath.Join(folder, "policy.nws")
	if out, err := exec.Command("go", "build", "-o", program, "github.com/netwicket/netwicket/cmd/netwicket").CombinedOutput(); err != nil {
		b.Skipf("the program cannot be built: %v\n%s", err, out)
	}
	if err := os.WriteFile(file, snapshot(b, workload.ChainZones), 0o600); err != nil {
		b.Fatal(err)
	}
	most := 0
	for b.Loop() {
		most = max(most, evalSnapshot(b, program, file))
	}
	b.ReportMetric(float64(most), "max-rss-bytes")
}

// evalSnapshot asks the program once, and gives the peak of its memory when it has
// answered.
func evalSnapshot(b *testing.B, program, file string) int {
	command := exec.Command(program, "eval", "-c", file, "-")
	command.Stderr = os.Stderr
	in, err := command.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := command.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := command.Start(); err != nil {
		b.Fatal(err)
	}
	if _, err := io.WriteString(in, "192.0.2.1\n"); err != nil {
		b.Fatal(err)
	}
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		b.Fatalf("no answer: %v", err)
	}
	size, err := strconv.Atoi(peakMemoryOf(strconv.Itoa(command.Process.Pid)))
	_ = in.Close()
	_ = command.Wait() // it ends with 0 or 2, by what it answered
	if err != nil {
		b.Skip("the system does not tell how much memory a process had")
	}
	return size
}
