package console_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/console"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/console/uploads"
	"github.com/netwicket/netwicket/decide/policyfile"
)

// bomb is a log of 4 GB in some MB: parts that are packed each by itself are one log.
func bomb(t *testing.T) string {
	return strings.Repeat(gzipped(t, strings.Repeat("203.0.113.9"+combinedTail+"\n", 50_000)), 1000)
}

// A log of much more than it seems is read in bounded memory, shows how far it is, and
// ends when that is asked for.
func TestLogThatUnpacksToMuch(t *testing.T) {
	d := newDesk(t, blocking, uploads.Limits{})
	var before, during runtime.MemStats
	id := d.drop("bomb.gz", bomb(t))
	runtime.GC()
	runtime.ReadMemStats(&before)
	seen := false
	for range 10 {
		_, part := d.part("ann", "log?log="+id, "result")
		runtime.ReadMemStats(&during)
		require.Less(t, during.HeapInuse, before.HeapInuse+200<<20)
		seen = seen || strings.Contains(part, "data-again")
	}
	require.True(t, seen, "it takes long")
	require.Equal(t, http.StatusSeeOther, d.post("ann", "log-cancel", url.Values{"log": {id}}).Code)
	small := d.drop("small", "203.0.113.9"+combinedTail+"\n")
	require.Equal(t, "1", numbers(d.decided("log?log=" + small))["Denied"], "the next one has its turn")
}

// waiting runs a check by the clock of a test, with a site whose turn is taken.
func waiting(t *testing.T, check func(r *reader, id string, leave func())) {
	t.Helper()
	folder := folderOf(t, small)
	synctest.Test(t, func(t *testing.T) {
		site, err := console.New(console.Options{Policy: policyfile.Options{Paths: []string{folder}}})
		require.NoError(t, err)
		defer site.Close()
		r := &reader{t: t, site: site, http: site.Handler(), visitor: console.Visitor{Name: "ann"}}
		page := r.kept("a.log", logged("192.0.2.7", "26/Nov/2026:10:00:00", "-"))
		check(r, regexpAll(`log=([\w-]+)`, page)[0], site.TakeTurn())
	})
}

// format is a page of a log that is read by a pattern of its own.
func format(id string, number int) string {
	return "log?" + url.Values{"log": {id}, "pattern": {fmt.Sprintf("^(?P<peer>[^ ]{1,%d}) ", 100+number)}}.Encode()
}

func (r *reader) status(target string) (int, string) {
	w := r.answer(httptest.NewRequest(http.MethodGet, "http://127.0.0.1/"+target, nil))
	return w.Code, text(w.Body.String())
}

// A log that waits says how far it is, as often as one asks, and is decided when its turn comes.
func TestLogWaitsForItsTurn(t *testing.T) {
	waiting(t, func(r *reader, id string, leave func()) {
		for range 2 {
			begun := time.Now()
			require.Contains(t, r.page("log?log="+id), "0 % 0 B of 78 B")
			require.Equal(t, 300*time.Millisecond, time.Since(begun), "no page waits longer")
		}
		require.Equal(t, 1, r.site.Runs(), "it is one log")
		leave()
		require.Contains(t, r.page("log?log="+id), "Requests decided 1")
		request := httptest.NewRequest(http.MethodGet, "http://127.0.0.1/log?log="+id+"&format=json", nil)
		gone, end := context.WithCancel(r.t.Context())
		end()
		leave = r.site.TakeTurn()
		begun := time.Now()
		r.answer(request.WithContext(gone))
		require.Zero(t, time.Since(begun), "nobody waits for it")
		leave()
	})
}

// Of one visitor no more logs wait than that; others have their own.
func TestFewLogsWait(t *testing.T) {
	waiting(t, func(r *reader, id string, leave func()) {
		for i := range 6 {
			code, page := r.status(format(id, i))
			require.Equal(t, i >= 4, code == http.StatusTooManyRequests, page)
			require.Equal(t, i >= 4, strings.Contains(page, "Several logs of yours are being decided"), page)
		}
		require.Equal(t, 4, r.site.Runs())
		r.visitor.Name = "bob"
		his := r.kept("b.log", logged("192.0.2.70", "26/Nov/2026:10:00:00", "-"))
		require.Contains(t, r.page(his), "0 % 0 B of 79 B")
		r.visitor.Name = "ann"
		fields, _ := url.ParseQuery(strings.TrimPrefix(format(id, 2), "log?"))
		require.Equal(t, http.StatusSeeOther, r.send("log-cancel", "", fields).Code)
		require.Equal(t, 4, r.site.Runs(), "the others wait on")
		require.Contains(t, r.page(format(id, 4)), "0 %", "in its place")
		r.send("log-forget", "", url.Values{"log": {id}})
		require.Equal(t, 1, r.site.Runs(), "a log that is forgotten is not decided")
		leave()
		synctest.Wait()
		r.visitor.Name = "bob"
		require.Contains(t, r.page(his), "Requests decided 1")
		require.Equal(t, 1, r.site.Runs())
	})
}

// A log at which nobody looks is given up after two minutes, and one at which somebody looks
// is not.
func TestUnwatchedLogsAreGivenUp(t *testing.T) {
	waiting(t, func(r *reader, id string, leave func()) {
		r.page(format(id, 0))
		r.page(format(id, 1))
		time.Sleep(119 * time.Second)
		r.page(format(id, 1))
		time.Sleep(2 * time.Second)
		leave()
		synctest.Wait()
		require.Equal(t, 1, r.site.Runs())
		require.Contains(t, r.page(format(id, 1)), "Requests decided 1")
		require.Contains(t, r.page(format(id, 0)), "Requests decided 1", "it is decided when somebody comes again")
	})
}

// What came out of the last logs is kept, and of no more than that.
func TestFewResultsAreKept(t *testing.T) {
	waiting(t, func(r *reader, id string, leave func()) {
		leave()
		for i := range 18 {
			require.Contains(t, r.page(format(id, i)), "Requests decided 1")
			require.Equal(t, min(i+1, 16), r.site.Runs())
		}
		leave = r.site.TakeTurn()
		require.Contains(t, r.page(format(id, 2)), "Requests decided 1", "the last 16")
		require.Contains(t, r.page(format(id, 1)), "0 %", "the one before is decided again")
		r.site.Close()
		require.Zero(t, r.site.Runs())
		leave()
	})
}

// Who waits for a log that is given up meanwhile is told so.
func TestLogIsGivenUpMeanwhile(t *testing.T) {
	waiting(t, func(r *reader, id string, leave func()) {
		seen := make(chan string, 1)
		go func() { seen <- r.page(format(id, 0)) }()
		synctest.Wait()
		fields, _ := url.ParseQuery(strings.TrimPrefix(format(id, 0), "log?"))
		r.send("log-cancel", "", fields)
		require.Contains(t, <-seen, "This was cancelled.")
		require.Zero(t, r.site.Runs())
		leave()
	})
}

// How much of a log is decided is a part of a hundred, whatever its size.
func TestPercent(t *testing.T) {
	for _, row := range [][3]int64{{0, 0, 0}, {0, 10, 0}, {1, 3, 33}, {5, 10, 50}, {99, 100, 99}, {10, 10, 100}, {11, 10, 100}, {1, 0, 100}, {1, 1000, 0}, {2 << 30, 4 << 30, 50}} {
		require.Equal(t, row[2], console.Percent(row[0], row[1]), "%v", row)
	}
}
