//go:build unix

package e2e_test

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/internal/mmdbtest"
)

// The clients of these tests: two that every policy here blocks, by a list and by
// the country of a database, and one that comes and goes.
const (
	listed  = "203.0.113.7"
	located = "192.0.2.7"
	comes   = "198.51.100.7"
)

// faulty is a service that is asked without pause while its surroundings break.
type faulty struct {
	*serving
	folder string
	stop   atomic.Bool
	askers sync.WaitGroup
	mutex  sync.Mutex
	counts map[string]int // of answers, by client and status
}

// country is a database in which 192.0.2.0/24 is KP.
func country(t *testing.T) string {
	t.Helper()
	content, err := mmdbtest.File{Type: "GeoLite2-Country", Built: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), Networks: []mmdbtest.Network{
		{Prefix: "192.0.2.0/24", Record: mmdbtest.Map{"country": mmdbtest.Map{"iso_code": "KP"}}},
		{Prefix: "198.51.100.0/24", Record: mmdbtest.Map{"country": mmdbtest.Map{"iso_code": "DE"}}},
	}}.Bytes()
	require.NoError(t, err)
	return string(content)
}

// blockingZones block the listed and the located client, and further networks.
func blockingZones(networks ...string) string {
	gateways := `{"type": "CIDR", "value": "203.0.113.0/24"}`
	for _, network := range networks {
		gateways += `, {"type": "CIDR", "value": "` + network + `"}`
	}
	return `[{"type": "IP", "id": "b", "name": "Blocked", "status": "ACTIVE", "usage": "BLOCKLIST", "gateways": [` + gateways + `]},
		{"type": "DYNAMIC", "id": "c", "name": "Countries", "status": "ACTIVE", "usage": "BLOCKLIST", "locations": [{"country": "KP"}]}]`
}

func faultyFolder(t *testing.T) string {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "policy")
	require.NoError(t, os.Mkdir(folder, 0o700))
	writeFile(t, filepath.Join(folder, "netwicket.json"), `{"okta": {"zones": ["zones.json"]}, "geo": ["country.mmdb"], `+edge+`, "serve": {"logLevel": "error"}}`)
	writeFile(t, filepath.Join(folder, "zones.json"), blockingZones())
	writeFile(t, filepath.Join(folder, "country.mmdb"), country(t))
	return folder
}

// startFaulty starts a service and those who ask it.
func startFaulty(t *testing.T) *faulty {
	t.Helper()
	f := &faulty{folder: faultyFolder(t), counts: map[string]int{}}
	f.serving = serve(t, filepath.Dir(f.folder), "-c", f.folder)
	f.ask()
	return f
}

// ask asks about all three clients until the test ends. A wrong allow ends the test.
func (f *faulty) ask() {
	for range 2 {
		f.askers.Go(func() {
			transport := &http.Transport{}
			defer transport.CloseIdleConnections()
			client := &http.Client{Transport: transport, Timeout: patience}
			for !f.stop.Load() {
				for _, who := range []string{listed, comes, located} {
					f.count(who, f.askOnce(client, who))
				}
			}
		})
	}
	f.t.Cleanup(f.end)
}

func (f *faulty) askOnce(client *http.Client, who string) int {
	r, err := http.NewRequest("GET", "http://"+f.address+"/decide", nil)
	if err != nil {
		return 0
	}
	r.Header.Set(xff, "8.8.8.8, "+who)
	response, err := client.Do(r)
	if err != nil {
		return 0
	}
	_, _ = io.Copy(io.Discard, response.Body)
	_ = response.Body.Close()
	return response.StatusCode
}

func (f *faulty) count(who string, status int) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.counts[fmt.Sprintf("%s %d", who, status)]++
	if who != comes && status/100 == 2 {
		f.t.Errorf("%s is let in", who)
	}
}

func (f *faulty) end() {
	f.stop.Store(true)
	f.askers.Wait()
}

// figures are what was answered so far.
func (f *faulty) figures() string {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	var parts []string
	for _, key := range slices.Sorted(maps.Keys(f.counts)) {
		parts = append(parts, fmt.Sprintf("%s: %d", key, f.counts[key]))
	}
	return strings.Join(parts, ", ")
}

// recovers puts two policies in force one after the other: the service still
// reads its files.
func (f *faulty) recovers(t *testing.T) {
	t.Helper()
	writeFile(t, filepath.Join(f.folder, "zones.json"), blockingZones("198.51.100.0/24"))
	f.becomes("/decide", comes, 403)
	writeFile(t, filepath.Join(f.folder, "zones.json"), blockingZones())
	f.becomes("/decide", comes, 204)
	require.Equal(t, 403, f.decides("/decide", listed))
	require.Equal(t, 403, f.decides("/decide", located))
}

// TestFaults breaks one thing after the other under load, waits until the
// service has seen it, mends it, and sees that the service goes on without a
// restart. Nobody is let in meanwhile whom the policy before the fault blocks.
func TestFaults(t *testing.T) {
	f := startFaulty(t)
	original := map[string]string{}
	for _, name := range []string{"netwicket.json", "zones.json", "country.mmdb"} {
		text, err := os.ReadFile(filepath.Join(f.folder, name))
		require.NoError(t, err)
		original[name] = string(text)
	}
	faults := map[string]func(path string) error{
		"vanishes": os.Remove,
		"is empty": func(path string) error { return os.Truncate(path, 0) },
		"is cut in half": func(path string) error {
			info, err := os.Stat(path)
			return firstError(err, os.Truncate(path, info.Size()/2))
		},
		"is replaced by a folder": func(path string) error { return firstError(os.Remove(path), os.Mkdir(path, 0o700)) },
		"is a link to itself":     func(path string) error { return firstError(os.Remove(path), os.Symlink(path, path)) },
		"is a link to nothing":    func(path string) error { return firstError(os.Remove(path), os.Symlink("/nowhere/at/all", path)) },
		"is a device":             func(path string) error { return firstError(os.Remove(path), os.Symlink("/dev/null", path)) },
		"is without an end":       func(path string) error { return firstError(os.Remove(path), os.Symlink("/dev/zero", path)) },
		"is a pipe":               func(path string) error { return firstError(os.Remove(path), syscall.Mkfifo(path, 0o600)) },
		"is noise": func(path string) error {
			return os.WriteFile(path, []byte(strings.Repeat("\x00\xff{[\"", 10_000)), 0o600)
		},
		"is unreadable": func(path string) error { return os.Chmod(path, 0) },
	}
	broken := 0
	for _, name := range slices.Sorted(maps.Keys(original)) {
		for _, kind := range slices.Sorted(maps.Keys(faults)) {
			if kind == "is unreadable" && os.Geteuid() == 0 {
				continue // root reads everything
			}
			t.Run(name+" "+kind, func(t *testing.T) {
				path := filepath.Join(f.folder, name)
				before := f.metric(t, `netwicket_reload_total{result="failure"}`)
				require.NoError(t, faults[kind](path))
				require.Eventually(t, func() bool {
					return f.metric(t, `netwicket_reload_total{result="failure"}`) != before
				}, patience, 10*time.Millisecond, "the service has not seen it")
				require.Equal(t, 204, f.decides("/decide", comes), "the policy in force stays")
				require.NoError(t, os.RemoveAll(path))
				writeFile(t, path, original[name])
				f.recovers(t)
				broken++
			})
		}
	}
	t.Run("the folder moves away", func(t *testing.T) {
		before := f.metric(t, `netwicket_reload_total{result="failure"}`)
		require.NoError(t, os.Rename(f.folder, f.folder+".gone"))
		require.Eventually(t, func() bool { return f.metric(t, `netwicket_reload_total{result="failure"}`) != before }, patience, 10*time.Millisecond)
		require.Equal(t, 204, f.decides("/decide", comes))
		require.NoError(t, os.Rename(f.folder+".gone", f.folder))
		f.recovers(t)
		broken++
	})
	f.end()
	t.Logf("figure: %d faults of files under load, all recovered from without a restart; answers %s", broken, f.figures())
	require.Zero(t, f.counts[comes+" 0"]+f.counts[listed+" 0"]+f.counts[located+" 0"], "questions without an answer")
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// metric is the value of one line of /metrics.
func (f *faulty) metric(t *testing.T, name string) string {
	t.Helper()
	_, text := f.text("/metrics")
	for line := range strings.Lines(text) {
		if value, found := strings.CutPrefix(line, name+" "); found {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// TestSignals sends SIGHUP a hundred times a second under load.
func TestSignals(t *testing.T) {
	f := startFaulty(t)
	for range 200 {
		require.NoError(t, f.command.Process.Signal(syscall.SIGHUP))
		time.Sleep(10 * time.Millisecond)
	}
	f.recovers(t)
	f.end()
	t.Logf("figure: 200 SIGHUP at a hundred a second, %s reloads; answers %s", f.metric(t, `netwicket_reload_total{result="success"}`), f.figures())
	require.Zero(t, f.counts[comes+" 0"]+f.counts[listed+" 0"]+f.counts[located+" 0"], "questions without an answer")
}

// TestEndsInMidRequest ends the service while it is asked and while requests
// are half sent. Whoever gets no answer is not let in; the service ends by itself.
func TestEndsInMidRequest(t *testing.T) {
	f := startFaulty(t)
	var halves []net.Conn
	for range 20 {
		connection, err := net.Dial("tcp", f.address)
		require.NoError(t, err)
		defer connection.Close()
		_, err = io.WriteString(connection, "GET /decide HTTP/1.1\r\nHost: netwicket\r\nX-Forwarded-For: "+listed)
		require.NoError(t, err)
		halves = append(halves, connection)
	}
	time.Sleep(300 * time.Millisecond) // for the service to take the connections; nothing depends on it
	require.NoError(t, f.command.Process.Signal(syscall.SIGTERM))
	answered := 0
	for _, connection := range halves {
		require.NoError(t, connection.SetDeadline(time.Now().Add(patience)))
		_, _ = io.WriteString(connection, "\r\n\r\n") // it may be closed already
		line, _ := bufio.NewReader(connection).ReadString('\n')
		require.NotContains(t, line, " 20")
		if strings.Contains(line, "403") {
			answered++
		}
	}
	select {
	case <-f.done:
	case <-time.After(patience):
		require.FailNow(t, "the service goes on")
	}
	require.NoError(t, f.failure)
	f.end()
	t.Logf("figure: SIGTERM in mid-request: %d of %d half sent requests answered, none let in; answers %s", answered, len(halves), f.figures())
}

// TestLittleMemory reloads under load with a memory limit of the Go runtime that
// is about what the service takes at rest.
func TestLittleMemory(t *testing.T) {
	t.Setenv("GOMEMLIMIT", "24MiB")
	f := startFaulty(t)
	for range 5 {
		f.recovers(t)
	}
	f.end()
	t.Logf("figure: GOMEMLIMIT=24MiB, 10 reloads under load: resident %s bytes; answers %s", f.metric(t, "process_resident_memory_bytes"), f.figures())
	require.Zero(t, f.counts[comes+" 0"]+f.counts[listed+" 0"]+f.counts[located+" 0"], "questions without an answer")
}
