package console_test

import (
	"fmt"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/console/uploads"
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

// Several logs wait for each other, and no more of one visitor than that.
func TestManyLogsWait(t *testing.T) {
	d := newDesk(t, blocking, uploads.Limits{})
	id := d.drop("large.gz", bomb(t))
	codes := map[int]int{}
	for i := range 6 {
		code, _ := d.get("ann", fmt.Sprintf("log?log=%s&pattern=%s", id, url.QueryEscape(fmt.Sprintf("^(?P<peer>[^ ]{1,%d}) ", 100+i))))
		codes[code]++
	}
	require.Equal(t, map[int]int{http.StatusOK: 4, http.StatusTooManyRequests: 2}, codes)
}
