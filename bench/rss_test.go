package bench

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"github.com/netwicket/netwicket/bench/workload"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/geo"
)

// compileOnly names the folder from which a copy of this program compiles a
// policy; it does nothing else then.
const compileOnly = "NETWICKET_BENCH_COMPILE"

// BenchmarkCompileProcess starts a process that compiles the policy of 100 zones
// from files and ends, and reports the most memory that it had at one time, the
// program itself and the pages of the databases included.
func BenchmarkCompileProcess(b *testing.B) {
	directory := b.TempDir()
	writeFiles(b, directory)
	most := 0
	for b.Loop() {
		command := exec.Command(os.Args[0])
		command.Env = append(os.Environ(), compileOnly+"="+directory)
		command.Stderr = os.Stderr
		out, err := command.Output()
		if err != nil {
			b.Fatalf("the compiling process: %v", err)
		}
		size, err := strconv.Atoi(string(out))
		if err != nil {
			b.Skipf("the system does not tell how much memory a process had: %q", out)
		}
		most = max(most, size)
	}
	b.ReportMetric(float64(most), "max-rss-bytes")
}

// The files of the compiling process.
const (
	zonesName, rulesName, networkName = "zones.json", "rules.json", "network-config.json"
	databasePattern                   = "database-%d.mmdb"
)

func writeFiles(tb testing.TB, directory string) {
	tb.Helper()
	documents := suite.Documents(tb, workload.ChainZones)
	files := map[string][]byte{zonesName: documents.Zones, rulesName: documents.Rules, networkName: documents.SailPoint}
	for i, source := range suite.Internet(tb).Sources {
		data := source.Data
		if data == nil {
			var err error
			if data, err = os.ReadFile(source.File); err != nil {
				tb.Fatal(err)
			}
		}
		files[fmt.Sprintf(databasePattern, i)] = data
	}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(directory, name), data, 0o600); err != nil {
			tb.Fatal(err)
		}
	}
}

func databaseNames() []string {
	names := make([]string, 3)
	for i := range names {
		names[i] = fmt.Sprintf(databasePattern, i)
	}
	return names
}

// compileAndReport is the compiling process. It prints the peak of its memory in
// bytes and gives its exit code.
func compileAndReport(directory string) int {
	policy, err := compileFiles(directory)
	if err == nil && policy.Info().Zones != workload.ChainZones {
		err = errors.New("not the policy that was asked for")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Print(peakMemory())
	return 0
}

func compileFiles(directory string) (*decide.Policy, error) {
	var documents workload.Documents
	for name, into := range map[string]*[]byte{zonesName: &documents.Zones, rulesName: &documents.Rules, networkName: &documents.SailPoint} {
		data, err := os.ReadFile(filepath.Join(directory, name))
		if err != nil {
			return nil, err
		}
		*into = data
	}
	config, err := documents.Parse()
	if err != nil {
		return nil, err
	}
	var sources []geo.Source
	for _, name := range databaseNames() {
		sources = append(sources, geo.Source{File: filepath.Join(directory, name)})
	}
	if config.Geo, err = geo.Load(sources...); err != nil {
		return nil, err
	}
	return decide.Compile(config)
}

// peakMemory is the largest resident set that Linux has seen of this process, in
// bytes; empty on other systems. See proc_pid_status(5).
func peakMemory() string { return peakMemoryOf("self") }

// peakMemoryOf is that of a process by its number.
func peakMemoryOf(process string) string {
	status, err := os.ReadFile("/proc/" + process + "/status")
	if err != nil {
		return ""
	}
	found := regexp.MustCompile(`(?m)^VmHWM:\s+(\d+) kB$`).FindSubmatch(status)
	if found == nil {
		return ""
	}
	kilobytes, err := strconv.Atoi(string(found[1]))
	if err != nil {
		return ""
	}
	return strconv.Itoa(1024 * kilobytes)
}
