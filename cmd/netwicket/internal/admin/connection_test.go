package admin_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/wire"
)

// TestConnectionLog: what strangers cause is for debugging, a panic is our fault, and
// connections that cannot be accepted are everybody's; each is one line.
func TestConnectionLog(t *testing.T) {
	for text, want := range map[string][2]string{
		"http: panic serving 192.0.2.1:1: boom\ngoroutine 1\n":            {"ERROR", "a request was not answered"},
		"http2: panic serving 192.0.2.1:1: boom\n":                        {"ERROR", "a request was not answered"},
		"http: Accept error: too many open files; retrying in 5ms\n":      {"ERROR", "connections cannot be accepted"},
		"http: TLS handshake error from 192.0.2.1:1: http: panic\u009b\n": {"DEBUG", "connection"},
		"http2: server: error reading preface\n":                          {"DEBUG", "connection"},
	} {
		var log bytes.Buffer
		n, err := admin.ConnectionLog(slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))).Write([]byte(text))
		require.NoError(t, err)
		require.Equal(t, len(text), n)
		require.Equal(t, 1, strings.Count(log.String(), "\n"))
		require.NotContains(t, log.String(), "\u009b")
		var line map[string]any
		require.NoError(t, json.Unmarshal(log.Bytes(), &line))
		require.Equal(t, want, [2]string{line["level"].(string), line["msg"].(string)}, text)
	}
}

// TestBodyThatBreaksOff: what came of it is not looked at.
func TestBodyThatBreaksOff(t *testing.T) {
	d := front(t)
	r := httptest.NewRequest(http.MethodPost, "http://127.0.0.1:9190/api/v1/zones", io.MultiReader(strings.NewReader(`{"a":1}`), iotest.ErrReader(errors.New("gone"))))
	r.Header.Set("Authorization", "SSWS writer")
	r.Header.Set("Content-Type", "application/json")
	r.RemoteAddr = "192.0.2.1:4711"
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	var said map[string]any
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &said))
	require.EqualValues(t, wire.MalformedBody, said["failure"])
	require.Equal(t, "the body could not be read to its end", said["cause"])
}

// TestMetricsOfAFolder that was never written to, and that does not load.
func TestMetricsOfAFolder(t *testing.T) {
	written, loads := time.Time{}, false
	counters := admin.NewCounters("v1", "go1", admin.Documents{Generation: func() int { return 0 }, Written: func() time.Time { return written }, Load: func() bool { return loads }})
	require.Zero(t, value(t, counters, "netwicket_admin_generation_timestamp_seconds", nil))
	require.Zero(t, value(t, counters, "netwicket_admin_documents_load", nil))
	written, loads = time.Unix(1771403333, 500_000_000), true
	require.Equal(t, 1771403333.5, value(t, counters, "netwicket_admin_generation_timestamp_seconds", nil))
	require.Equal(t, 1.0, value(t, counters, "netwicket_admin_documents_load", nil))
}

// TestClockOfItsOwn: without a clock the front has that of the system.
func TestClockOfItsOwn(t *testing.T) {
	d := front(t, func(o *admin.Options) { o.Now = nil })
	answer, _ := d.ask(question{target: "/api/v1/zones", token: "writer"})
	require.Equal(t, http.StatusOK, answer.StatusCode)
	reset, err := strconv.ParseInt(answer.Header.Get("X-Rate-Limit-Reset"), 10, 64)
	require.NoError(t, err)
	require.Greater(t, time.Unix(reset, 0), time.Now().Add(-time.Minute))
}

// TestLongPathsInTheLog: 500 bytes of a path are logged, and audited, and no more.
func TestLongPathsInTheLog(t *testing.T) {
	for _, length := range []int{499, 500, 501, 5000} {
		d := front(t)
		path := "/" + strings.Repeat("x", length-1)
		d.ask(question{verb: "POST", target: path, token: "writer"})
		want := path
		if length > 500 {
			want = path[:500] + "..."
		}
		require.Equal(t, 2, strings.Count(d.log.String(), `"path":"`+want+`"`), "%d: %s", length, d.log)
	}
}

// TestWhatIsAudited: what was refused to change something, and not what only asks. The
// log says why of either.
func TestWhatIsAudited(t *testing.T) {
	for verb, audited := range map[string]int{"GET": 0, "HEAD": 0, "OPTIONS": 0, "PUT": 1, "POST": 1, "DELETE": 1, "PATCH": 1, "get": 1} {
		d := front(t)
		d.ask(question{verb: verb, target: "/api/v1/nothing", token: "writer"})
		require.Equal(t, audited, strings.Count(d.log.String(), `"verb":"`+verb+`"`), verb)
		want := map[int]float64{0: 0, 1: 1}[audited]
		require.Equal(t, want, value(t, d.counters, "netwicket_admin_refused_writes_total", map[string]string{"family": "other"}), verb)
		require.Equal(t, 1, strings.Count(d.log.String(), `"status":404,"why":"`), verb)
	}
	for why, q := range map[string]question{
		"there is no Authorization header": {target: "/api/v1/zones"}, "what Authorization says is not a live token": {target: "/api/v1/zones", token: "other"},
		"the caller may not ask from this address": {target: "/api/v1/zones", token: "elsewhere"}, "the Host header is not a host": {target: "/api/v1/zones", token: "writer", host: "a_b"},
		"body:1:1: expected an object": {verb: "POST", target: "/api/v1/zones", token: "writer", media: "application/json", body: "[]"},
	} {
		d := front(t)
		d.ask(q)
		require.Contains(t, d.log.String(), `"why":"`+why)
	}
}
