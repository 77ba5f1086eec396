package console_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/console/uploads"
)

// A log that is decided by the policy as it is now is not decided again, whatever policy its
// page asks for; and it is nobody else's.
func TestLogIsDecidedOnce(t *testing.T) {
	waiting(t, func(r *reader, id string, leave func()) {
		for _, query := range []string{"", "&policy=another", "&policy=" + strings.Repeat("0", 16), ""} {
			require.Contains(t, r.page("log?log="+id+query), "0 %")
			require.Equal(t, 1, r.site.Runs(), query)
		}
		r.visitor.Name = "bob"
		for _, target := range []string{"log-cancel", "log-forget"} {
			r.send(target, "", url.Values{"log": {id}})
			require.Equal(t, 1, r.site.Runs(), "it is ann's")
		}
		code, _ := r.status("log?log=" + id)
		require.Equal(t, http.StatusNotFound, code)
		r.visitor.Name = "ann"
		leave()
		require.Contains(t, r.page("log?log="+id), "Requests decided 1")
	})
}

// What waits is kept however much is done, and of what is done the last sixteen.
func TestWaitingLogsAreKept(t *testing.T) {
	waiting(t, func(r *reader, id string, leave func()) {
		leave()
		for i := range 16 {
			r.page(format(id, i))
		}
		leave = r.site.TakeTurn()
		r.page(format(id, 16))
		turn := make(chan func(), 1)
		go func() { turn <- r.site.TakeTurn() }() // behind that log, and before those that follow
		synctest.Wait()
		for _, name := range []string{"bob", "eve", "kim", "sam", "pat"} {
			r.visitor.Name = name
			his := regexpAll(`log=([\w-]+)`, r.kept("b.log", logged("192.0.2.70", "26/Nov/2026:10:00:00", "-")))[0]
			for i := range 4 {
				r.page(format(his, i))
			}
		}
		require.Equal(t, 16+1+20, r.site.Runs())
		leave()
		leave = <-turn
		require.Equal(t, 16+20, r.site.Runs())
		r.visitor.Name = "ann"
		require.Contains(t, r.page(format(id, 16)), "Requests decided 1")
		require.Contains(t, r.page(format(id, 1)), "Requests decided 1")
		require.Contains(t, r.page(format(id, 0)), "0 %", "it is decided again")
		leave()
		synctest.Wait()
		require.Equal(t, 16, r.site.Runs())
	})
}

// A log is given up two minutes after somebody has looked at it, and not a moment earlier.
func TestLogsAreWatchedForTwoMinutes(t *testing.T) {
	for more, kept := range map[time.Duration]int{0: 1, 1: 0, time.Second: 0} {
		waiting(t, func(r *reader, id string, leave func()) {
			begun := time.Now()
			r.page("log?log=" + id)
			time.Sleep(time.Until(begun.Add(2*time.Minute + more)))
			leave()
			synctest.Wait()
			require.Equal(t, kept, r.site.Runs(), more)
		})
	}
}

// A site that ends gives up what waits.
func TestSiteEndsWithLogsThatWait(t *testing.T) {
	waiting(t, func(r *reader, id string, _ func()) {
		r.page("log?log=" + id)
		r.site.Close()
		synctest.Wait()
		require.Zero(t, r.site.Runs()) // and nothing goes on, or the test would not end
	})
}

// Of a log that is given up no more is read, however long it is.
func TestLogThatIsGivenUpIsNotRead(t *testing.T) {
	log := bomb(t)
	for _, unwatched := range []bool{false, true} {
		waiting(t, func(r *reader, _ string, leave func()) {
			id := regexpAll(`log=([\w-]+)`, r.kept("bomb.gz", log))[0]
			r.page("log?log=" + id)
			if unwatched {
				time.Sleep(3 * time.Minute)
			} else {
				r.send("log-cancel", "", url.Values{"log": {id}})
			}
			leave()
			synctest.Wait()
			require.Zero(t, r.site.Runs())
		})
	}
}

// While a log is decided its page says how much of it was read.
func TestLogSaysHowFarItIs(t *testing.T) {
	d := newDesk(t, blocking, uploads.Limits{})
	id := d.drop("bomb.gz", bomb(t))
	running := regexp.MustCompile(`(?s)<progress[^>]*value="(\d+)"`)
	for read := "0"; read == "0"; {
		_, part := d.part("ann", "log?log="+id, "result")
		found := running.FindStringSubmatch(part)
		require.NotNil(t, found, part)
		read = found[1]
	}
	d.post("ann", "log-cancel", url.Values{"log": {id}})
}

// A log that makes room for another one before its turn comes cannot be read, which is said.
func TestLogThatMadeRoomMeanwhile(t *testing.T) {
	waiting(t, func(r *reader, id string, leave func()) {
		page := make(chan string)
		request := httptest.NewRequest(http.MethodGet, "http://127.0.0.1/log?log="+id, nil)
		go func() { page <- text(r.answer(request).Body.String()) }()
		synctest.Wait()
		for i := range 20 {
			r.kept(fmt.Sprintf("%d.log", i), logged("192.0.2.7", "26/Nov/2026:10:00:00", "-"))
		}
		code, _ := r.status("log?log=" + id)
		require.Equal(t, http.StatusNotFound, code)
		leave()
		require.Contains(t, <-page, "The log could not be read to its end:")
	})
}
