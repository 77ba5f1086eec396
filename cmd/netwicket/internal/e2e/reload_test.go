//go:build unix

package e2e_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/forwardauth"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/watch"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/keeper"
	"github.com/netwicket/netwicket/decide/policyfile"
)

// Three policies that differ in everything that a request is decided by: where
// the client is named, who is blocked and why, and the mode. The request of the
// test names one client in X-Forwarded-For and another in Forwarded. A policy
// with the resolver or the mode of another would give an answer that is none of
// the three.
var rivals = [3]struct{ file, answer string }{
	{`{"okta": {"zones": ["zones.json"]}, "serve": {"reasonHeader": true},
	   "edge": {"trusted": ["127.0.0.1", "192.0.2.1"], "source": "x-forwarded-for"}}`, "403 blocklisted"},
	{`{"sailpoint": {"networkConfig": "network.json"}, "serve": {"reasonHeader": true},
	   "edge": {"trusted": ["127.0.0.1", "192.0.2.1"], "source": "forwarded"}}`, "403 off_network"},
	{`{"okta": {"zones": ["zones.json"]}, "serve": {"reasonHeader": true}, "mode": "observe",
	   "edge": {"trusted": ["127.0.0.1", "192.0.2.1"], "source": "x-forwarded-for"}}`, "204 blocklisted"},
}

const (
	named        = "198.51.100.7" // in X-Forwarded-For: blocked by zones.json, inside network.json
	otherwise    = "203.0.113.7"  // in Forwarded: outside network.json, not blocked by zones.json
	reasonHeader = "X-Netwicket-Reason"
)

// TestReloadUnderLoad asks without pause while policies are swapped and broken
// ones are thrown in.
func TestReloadUnderLoad(t *testing.T) {
	duration, swaps := 2*time.Second, 40
	if proving() {
		duration, swaps = 10*time.Second, 200
	}
	before := resources(t)
	load := startLoad(t)
	for range 3 {
		load.askDirectly()
	}
	for range 2 {
		load.askByHTTP()
	}
	end := time.Now().Add(duration)
	for swap := 1; swap <= swaps || time.Now().Before(end); swap++ {
		next := rivals[swap%len(rivals)]
		if swap%4 == 0 {
			load.replace(brokenFile(swap, next.file))
			load.refuses()
		}
		load.replace(next.file)
		load.becomes(next.answer)
	}
	load.end()

	var answered int64
	for _, rival := range rivals {
		count := load.counts[rival.answer].Load()
		require.Positive(t, count, rival.answer)
		answered += count
	}
	close(load.strange)
	for answer := range load.strange {
		t.Errorf("an answer of no policy: %q", answer)
	}
	require.Equal(t, load.asked.Load(), answered, "every question has one answer, that of one policy")
	t.Logf("%d answers", answered)
	load.close()
	requireNothingLeft(t, before)
}

// requireNothingLeft waits until what was in use before is all that is in use.
func requireNothingLeft(t *testing.T, before usage) {
	t.Helper()
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	deadline := time.Now().Add(patience)
	for {
		after := resources(t)
		if after.goroutines <= before.goroutines && after.files <= before.files {
			return
		}
		if time.Now().After(deadline) {
			stacks := make([]byte, 1<<20)
			t.Fatalf("%+v before, %+v after\n%s", before, after, stacks[:runtime.Stack(stacks, true)])
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// brokenFile breaks a policy file in one of several ways.
func brokenFile(n int, file string) string {
	switch n / 4 % 4 {
	case 0:
		return file[:len(file)/2]
	case 1:
		return strings.Replace(file, `"edge"`, `"egde"`, 1)
	case 2:
		return strings.Replace(file, `"trusted": ["127.0.0.1", "192.0.2.1"], `, "", 1)
	default:
		return ""
	}
}

type usage struct{ goroutines, files int }

func resources(t *testing.T) usage {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return usage{runtime.NumGoroutine(), 0} // not Linux: goroutines alone
	}
	return usage{runtime.NumGoroutine(), len(entries)}
}

// load is a service under load.
type load struct {
	t        *testing.T
	folder   string
	handler  http.Handler
	address  string
	reported chan keeper.Report
	demand   chan struct{}

	stop    atomic.Bool
	askers  sync.WaitGroup
	asked   atomic.Int64
	counts  map[string]*atomic.Int64
	strange chan string
	close   func()
}

func startLoad(t *testing.T) *load {
	t.Helper()
	l := &load{
		t: t, folder: t.TempDir(), reported: make(chan keeper.Report, 1000), demand: make(chan struct{}, 1),
		counts: make(map[string]*atomic.Int64), strange: make(chan string, 100),
	}
	for _, rival := range rivals {
		l.counts[rival.answer] = new(atomic.Int64)
	}
	writeFile(t, filepath.Join(l.folder, "zones.json"), zonesBlocking(named+"/32"))
	writeFile(t, filepath.Join(l.folder, "network.json"), `{"range": ["`+named+`"]}`)
	l.replace(rivals[0].file)

	journal := forwardauth.NewJournal(discard{})
	service, err := forwardauth.New(journal, forwardauth.Build{}, "")
	require.NoError(t, err)
	watcher, err := watch.New()
	require.NoError(t, err)
	kept, err := keeper.OpenWith(keeper.Options{
		Policy: policyfile.Options{Paths: []string{l.folder}},
		Install: func(parts *policyfile.Parts, policy *decide.Policy) error {
			next, refusal := forwardauth.NewSnapshot(parts, policy)
			if refusal != nil {
				return refusal
			}
			return service.Put("", next)
		},
		Report:  func(r keeper.Report) { l.reported <- r },
		Timing:  keeper.Timing{Quiet: time.Millisecond, Latest: 10 * time.Millisecond, Retry: time.Hour, RetryMax: time.Hour},
		OwnEdge: true,
		Changed: watcher.Changed(), Follow: watcher.Follow, Asked: l.demand,
	})
	require.NoError(t, err)
	l.handler = service.Handler(true)
	server, err := service.Listen(forwardauth.Listener{Address: "127.0.0.1:0", Handler: l.handler})
	require.NoError(t, err)
	l.address = server.Addr().String()

	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		defer watcher.Close()
		_ = kept.Run(ctx)
	})
	running.Go(func() {
		if err := server.Serve(); err != nil {
			t.Error(err)
		}
	})
	l.close = func() {
		cancel()
		require.NoError(t, server.Shutdown())
		running.Wait()
		journal.Close()
	}
	return l
}

type discard struct{}

func (discard) Write(line []byte) (int, error) { return len(line), nil }

// replace puts a policy file in place as mv does, and forgets older reports.
func (l *load) replace(content string) {
	l.t.Helper()
	for len(l.reported) > 0 {
		<-l.reported
	}
	path := filepath.Join(l.folder, "netwicket.json")
	writeFile(l.t, path+".new", content)
	require.NoError(l.t, os.Rename(path+".new", path))
}

// refuses waits until a file was refused.
func (l *load) refuses() {
	l.t.Helper()
	deadline := time.After(patience)
	for {
		select {
		case r := <-l.reported:
			if r.Err != nil {
				return
			}
		case <-deadline:
			l.t.Fatal("a broken file was not refused")
		}
	}
}

// becomes waits for the answer of the policy that was put in place. Once it is
// there, no answer is that of a policy before.
func (l *load) becomes(answer string) {
	l.t.Helper()
	for deadline := time.Now().Add(patience); l.ask() != answer; time.Sleep(100 * time.Microsecond) {
		if time.Now().After(deadline) {
			l.t.Fatalf("never answers %q", answer)
		}
	}
	for range 20 {
		if again := l.ask(); again != answer {
			l.t.Fatalf("%q after %q", again, answer)
		}
	}
}

func twoNames(r *http.Request) *http.Request {
	r.Header.Set(xff, named+", 192.0.2.1")
	r.Header.Set("Forwarded", "for="+otherwise+", for=192.0.2.1")
	return r
}

// ask asks once, directly.
func (l *load) ask() string {
	r := twoNames(httptest.NewRequest("GET", "/decide", nil))
	r.RemoteAddr = "127.0.0.1:4711"
	w := httptest.NewRecorder()
	l.handler.ServeHTTP(w, r)
	return fmt.Sprint(w.Code, " ", w.Header().Get(reasonHeader))
}

// count counts an answer, or keeps it if it is none of the policies'.
func (l *load) count(answer string) {
	if count := l.counts[answer]; count != nil {
		count.Add(1)
		return
	}
	select {
	case l.strange <- answer:
	default: // enough of them
	}
}

func (l *load) askDirectly() {
	l.askers.Go(func() {
		for !l.stop.Load() {
			l.asked.Add(1)
			l.count(l.ask())
		}
	})
}

func (l *load) askByHTTP() {
	l.askers.Go(func() {
		for !l.stop.Load() {
			l.asked.Add(1)
			r, err := http.NewRequest("GET", "http://"+l.address+"/decide", nil)
			if err != nil {
				l.count(err.Error())
				continue
			}
			response, err := http.DefaultClient.Do(twoNames(r))
			if err != nil {
				l.count(err.Error())
				continue
			}
			_ = response.Body.Close() // there is no body
			l.count(fmt.Sprint(response.StatusCode, " ", response.Header.Get(reasonHeader)))
		}
	})
}

// end stops the askers.
func (l *load) end() {
	l.stop.Store(true)
	l.askers.Wait()
}
