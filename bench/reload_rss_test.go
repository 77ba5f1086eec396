package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"testing"
	"time"

	"github.com/netwicket/netwicket/decide/keeper"
	"github.com/netwicket/netwicket/decide/policyfile"
)

// reloadOnly names the folder from which a copy of this program keeps a policy and
// loads it anew once; it does nothing else then.
const reloadOnly = "NETWICKET_BENCH_RELOAD"

// BenchmarkReloadProcess starts a process that keeps the policy of 100 zones in force
// and loads all of its files anew, and reports the most memory that it had while it
// did (reload-rss-bytes) and how many times that is what it has in force together with
// the largest file (rss/needed). The largest over the rounds counts.
func BenchmarkReloadProcess(b *testing.B) {
	directory := b.TempDir()
	writeFiles(b, directory)
	policy, err := json.Marshal(map[string]any{
		"okta":      map[string]any{"zones": []string{zonesName}, "rules": []string{rulesName}},
		"sailpoint": map[string]any{"networkConfig": networkName},
		"geo":       databaseNames(),
	})
	if err == nil {
		err = os.WriteFile(filepath.Join(directory, "netwicket.json"), policy, 0o600)
	}
	if err != nil {
		b.Fatal(err)
	}
	var most, factor float64
	for b.Loop() {
		command := exec.Command(os.Args[0])
		command.Env = append(os.Environ(), reloadOnly+"="+directory)
		command.Stderr = os.Stderr
		out, err := command.Output()
		if err != nil {
			b.Fatalf("the reloading process: %v", err)
		}
		var inForce, peak float64
		if _, err := fmt.Sscan(string(out), &inForce, &peak); err != nil {
			b.Skipf("the system does not tell how much memory a process had: %q", out)
		}
		most = max(most, peak)
		factor = max(factor, peak/(inForce+largestFile(b, directory)))
	}
	b.ReportMetric(most, "reload-rss-bytes")
	b.ReportMetric(factor, "rss/needed")
}

func largestFile(b *testing.B, directory string) float64 {
	b.Helper()
	entries, err := os.ReadDir(directory)
	if err != nil {
		b.Fatal(err)
	}
	largest := int64(0)
	for _, entry := range entries {
		info, err := entry.Info()
		if err != nil {
			b.Fatal(err)
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
	asked, reports := make(chan struct{}), make(chan keeper.Report, 1)
	k, err := keeper.OpenWith(keeper.Options{
		Policy: policyfile.Options{Paths: []string{directory}},
		Timing: keeper.Timing{Poll: time.Hour},
		Asked:  asked,
		Report: func(r keeper.Report) { reports <- r },
	})
	if err != nil {
		return err
	}
	before := k.Live().Policy()
	stop, cancel := context.WithCancel(context.Background())
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- k.Run(stop) }()
	debug.FreeOSMemory()
	inForce, err := sinceNow()
	if err != nil {
		return nil // another system: nothing is printed
	}
	asked <- struct{}{}
	if report := <-reports; report.Err != nil || k.Live().Policy() == before {
		return fmt.Errorf("not reloaded: %w", report.Err)
	}
	fmt.Println(inForce, peakMemory())
	cancel()
	return <-done
}

// sinceNow is the memory that the process has now. What peakMemory says later counts
// from here. See proc_pid_clear_refs(5).
func sinceNow() (string, error) {
	if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil {
		return "", err
	}
	return peakMemory(), nil
}
