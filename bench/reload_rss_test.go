package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/netwicket/netwicket/decide/keeper"
	"github.com/netwicket/netwicket/decide/policyfile"
)

// reloadOnly names the folder from which a copy of this program keeps a policy and
// loads it anew once; it does nothing else then.
const reloadOnly = "NETWICKET_BENCH_RELOAD"

// reloadChanges names the files that change, with commas between them.
const reloadChanges = reloadOnly + "_CHANGES"

// BenchmarkReloadProcess starts a process that keeps the policy of 100 zones in force
// while one of its zones changes, or all of its databases, and reports the most memory
// that it had meanwhile (reload-rss-bytes) and how many times that is what it has in
// force together with the largest file (rss/needed). The largest over the rounds counts.
func BenchmarkReloadProcess(b *testing.B) {
	b.Run("one-zone", func(b *testing.B) { benchmarkReloadProcess(b, zonesName) })
	b.Run("databases", func(b *testing.B) { benchmarkReloadProcess(b, databaseNames()...) })
}

func benchmarkReloadProcess(b *testing.B, changing ...string) {
	var most, factor float64
	for b.Loop() {
		peak, needed := reloadProcess(b, changing)
		most, factor = max(most, peak), max(factor, peak/needed)
	}
	b.ReportMetric(most, "reload-rss-bytes")
	b.ReportMetric(factor, "rss/needed")
}

// TestReloadMemory holds BenchmarkReloadProcess to what it reached: with one zone
// changed the goal, with all databases what README.md explains.
func TestReloadMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles databases of the whole internet in two processes")
	}
	for _, test := range []struct {
		name     string
		changing []string
		limit    float64
	}{{"one zone", []string{zonesName}, 1.6}, {"all databases", databaseNames(), 2}} {
		peak, needed := reloadProcess(t, test.changing)
		t.Logf("figure: %s changed: %.0f MB at the peak, %.2f times what is in force and the largest file", test.name, peak/1e6, peak/needed)
		if peak > test.limit*needed {
			t.Errorf("%s changed: the limit is %.1f times", test.name, test.limit)
		}
	}
}

// reloadProcess is the most memory that a process has while it loads a policy anew of
// which these files have changed, and what it has in force together with the largest
// file, in bytes.
func reloadProcess(tb testing.TB, changing []string) (peak, needed float64) {
	tb.Helper()
	directory := tb.TempDir()
	writePolicy(tb, directory)
	command := exec.Command(os.Args[0])
	command.Env = append(os.Environ(), reloadOnly+"="+directory, reloadChanges+"="+strings.Join(changing, ","))
	command.Stderr = os.Stderr
	out, err := command.Output()
	if err != nil {
		tb.Fatalf("the reloading process: %v", err)
	}
	var inForce float64
	if _, err := fmt.Sscan(string(out), &inForce, &peak); err != nil {
		tb.Skipf("the system does not tell how much memory a process had: %q", out)
	}
	return peak, inForce + largestFile(tb, directory)
}

func writePolicy(tb testing.TB, directory string) {
	tb.Helper()
	writeFiles(tb, directory)
	policy, err := json.Marshal(map[string]any{
		"okta":      map[string]any{"zones": []string{zonesName}, "rules": []string{rulesName}},
		"sailpoint": map[string]any{"networkConfig": networkName},
		"geo":       databaseNames(),
	})
	if err == nil {
		err = os.WriteFile(filepath.Join(directory, "netwicket.json"), policy, 0o600)
	}
	if err != nil {
		tb.Fatal(err)
	}
}

func largestFile(tb testing.TB, directory string) float64 {
	tb.Helper()
	entries, err := os.ReadDir(directory)
	if err != nil {
		tb.Fatal(err)
	}
	largest := int64(0)
	for _, entry := range entries {
		info, err := entry.Info()
		if err != nil {
			tb.Fatal(err)
		}
		largest = max(largest, info.Size())
	}
	return float64(largest)
}

// reloadAndReport is the reloading process. It prints the memory that it has with the
// policy in force and the most that it had until another was, in bytes, and gives
// its exit code.
func reloadAndReport(directory string) int {
	if err := reload(directory); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func reload(directory string) error {
	changed, reports := make(chan string), make(chan keeper.Report, 1)
	k, err := keeper.OpenWith(keeper.Options{
		Policy:  policyfile.Options{Paths: []string{directory}},
		Timing:  keeper.Timing{Poll: time.Hour},
		Changed: changed,
		Report:  func(r keeper.Report) { reports <- r },
		Around:  thriftily,
	})
	if err != nil {
		return err
	}
	before := k.Live().Policy()
	stop, cancel := context.WithCancel(context.Background())
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- k.Run(stop) }()
	for name := range strings.SplitSeq(os.Getenv(reloadChanges), ",") {
		if err := change(filepath.Join(directory, name)); err != nil {
			return err
		}
	}
	debug.FreeOSMemory()
	inForce, err := sinceNow()
	if err != nil {
		return nil // another system: nothing is printed
	}
	changed <- ""
	if report := <-reports; report.Err != nil || k.Live().Policy() == before {
		return fmt.Errorf("not reloaded: %w", report.Err)
	}
	fmt.Println(inForce, peakMemory())
	cancel()
	return <-done
}

// thriftily loads as netwicket serve does, which has garbage collected more often
// meanwhile.
func thriftily(load func()) {
	defer debug.SetGCPercent(debug.SetGCPercent(10))
	load()
}

// change makes another file of one: of zones whose first zone of addresses holds a
// range more, of a database one that was built a second later.
func change(path string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	const gateways, built = `"gateways":[`, "build_epoch"
	if filepath.Base(path) == zonesName {
		data = bytes.Replace(data, []byte(gateways), []byte(gateways+`{"type":"CIDR","value":"192.0.2.0/24"},`), 1)
		return os.WriteFile(path, data, 0o600)
	}
	// The name, two bytes for the type and length of an integer of up to 15 bytes, and it:
	// https://maxmind.github.io/MaxMind-DB/#data-section.
	at := bytes.LastIndex(data, []byte(built))
	if at < 0 {
		return errors.New("no time of building in " + path)
	}
	at += len(built)
	data[at+1+int(data[at])]++
	return os.WriteFile(path, data, 0o600)
}

// sinceNow is the memory that the process has now. What peakMemory says later counts
// from here. See proc_pid_clear_refs(5).
func sinceNow() (string, error) {
	if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil {
		return "", err
	}
	return peakMemory(), nil
}
