package pull

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/doorway/doorwaytest"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/pull/asking"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/pull/generation"
)

// The waits between looks (U14): a tenth more or less, twice as long after each
// failure, and never longer than ten minutes unless it was asked for.
func TestPause(t *testing.T) {
	for _, c := range []struct {
		every    time.Duration
		failures int
		want     time.Duration
	}{
		{time.Minute, 0, time.Minute},
		{time.Minute, 1, 2 * time.Minute},
		{time.Minute, 3, 8 * time.Minute},
		{time.Minute, 4, 10 * time.Minute},
		{time.Minute, 1 << 30, 10 * time.Minute},
		{10 * time.Second, 2, 40 * time.Second},
		{10 * time.Minute, 5, 10 * time.Minute},
		{time.Hour, 5, time.Hour},
	} {
		require.Equal(t, c.want*9/10, pause(c.every, c.failures, 0).Round(time.Millisecond))
		require.Equal(t, c.want, pause(c.every, c.failures, 0.5).Round(time.Millisecond))
		for range 100 {
			got := pause(c.every, c.failures, rand.Float64())
			require.LessOrEqual(t, got, c.want*11/10)
			require.GreaterOrEqual(t, got, c.want*9/10)
		}
	}
}

func TestMetricsAge(t *testing.T) {
	now := time.Date(2026, 11, 25, 8, 0, 0, 0, time.UTC)
	m := NewMetrics(now.Add(-time.Hour), func() time.Time { return now })
	require.Equal(t, time.Hour, m.Age())
	m.Looked(&Refused{})
	require.Equal(t, time.Hour, m.Age())
	m.Looked(nil)
	require.Zero(t, m.Age())
	now = now.Add(time.Minute)
	require.Equal(t, time.Minute, m.Age())
	now = now.Add(-time.Hour)
	require.Zero(t, m.Age(), "a clock that was set back")
	require.Zero(t, NewMetrics(time.Time{}, func() time.Time { return now }).Age(), "nobody knows")
}

// What Prometheus and probers read.
func TestMetricsHandler(t *testing.T) {
	now := time.Date(2026, 11, 25, 8, 0, 0, 0, time.UTC)
	m := NewMetrics(now.Add(-90*time.Second), func() time.Time { return now })
	m.Looked(&Refused{})
	m.Looked(&Refused{})
	answer := func(method, path string) (int, string, string) {
		recorder := httptest.NewRecorder()
		m.Handler().ServeHTTP(recorder, httptest.NewRequest(method, path, nil))
		return recorder.Code, recorder.Header().Get("Content-Type"), recorder.Body.String()
	}
	code, _, body := answer(http.MethodGet, "/metrics")
	require.Equal(t, http.StatusOK, code)
	for _, line := range []string{"netwicket_pull_failures_total 2", "netwicket_pull_age_seconds 90", "go_goroutines ", "process_start_time_seconds "} {
		require.Contains(t, body, "\n"+line)
	}
	problems, err := promlint.New(strings.NewReader(body)).Lint()
	require.NoError(t, err)
	require.Empty(t, problems, "as Prometheus wants metrics to be, each with its help")
	code, kind, body := answer(http.MethodGet, "/healthz")
	require.Equal(t, http.StatusOK, code)
	require.Equal(t, "text/plain; charset=utf-8", kind)
	require.Equal(t, "ok\n", body)
	for _, path := range []string{"/", "/status"} {
		code, _, _ = answer(http.MethodGet, path)
		require.Equal(t, http.StatusNotFound, code)
	}
	code, _, _ = answer(http.MethodPost, "/metrics")
	require.Equal(t, http.StatusMethodNotAllowed, code)
}

// Four scrape at once, and who comes beside them is sent away.
func TestScrapesAtOnce(t *testing.T) {
	doorwaytest.RequireFourScrapes(t, NewMetrics(time.Now(), time.Now).Handler(), func() {})
}

// Looks follow each other until the context ends, later after each failure, and each
// is told.
func TestWatch(t *testing.T) {
	p := &Puller{Folder: generation.Folder{Path: t.TempDir()}, Now: time.Now}
	file := filepath.Join(p.Folder.Path, "netwicket.json")
	require.NoError(t, os.WriteFile(file, []byte("{"), 0o600))
	ctx, cancel := context.WithCancel(t.Context())
	var told []string
	clock := asking.Clock{
		Float: func() float64 { return 0.5 },
		Sleep: func(_ context.Context, d time.Duration) error {
			told = append(told, "slept "+d.String())
			switch len(told) {
			case 4:
				return os.WriteFile(file, []byte("{}"), 0o600)
			case 6:
				return os.WriteFile(file, []byte("{"), 0o600)
			case 8:
				cancel() // while nobody looks
			}
			return nil
		},
	}
	p.Watch(ctx, time.Minute, clock, func(look *Look, err error, wait time.Duration) {
		require.Equal(t, err == nil, look != nil)
		told = append(told, fmt.Sprint(err == nil, " ", wait))
	})
	require.Equal(t, []string{"false 2m0s", "slept 2m0s", "false 4m0s", "slept 4m0s", "true 1m0s", "slept 1m0s", "false 2m0s", "slept 2m0s"}, told)

	told = nil
	clock.Sleep = func(context.Context, time.Duration) error { return context.Canceled }
	p.Watch(t.Context(), time.Minute, asking.Clock{Sleep: clock.Sleep}, func(*Look, error, time.Duration) { told = append(told, "once") })
	require.Equal(t, []string{"once"}, told)
}

func TestRoutedSpace(t *testing.T) {
	require.Equal(t, uint64(3_702_258_432), size(routed()))
}
