package asking

import (
	"context"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/internal/jsondoc"
)

// The headers of a rate limit count whole or not at all.
func TestQuota(t *testing.T) {
	now := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	good := func() http.Header {
		return http.Header{"X-Rate-Limit-Limit": {" 100 "}, "X-Rate-Limit-Remaining": {"3", "7", "5"}, "X-Rate-Limit-Reset": {"1767225630"}, "Date": {"Thu, 01 Jan 2026 00:00:00 GMT"}}
	}
	got, known := readQuota(good(), now)
	require.True(t, known)
	require.Equal(t, quota{limit: 100, remaining: 7, reset: time.Unix(1767225630, 0), date: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), seen: now}, got)
	for name := range good() {
		for _, bad := range [][]string{nil, {""}, {"x"}, {"-1"}, {"1099511627777"}, {"9223372036854775808"}, {"5", "x"}, {"1.5"}} {
			header := good()
			header[name] = bad
			got, known := readQuota(header, now)
			require.False(t, known, "%s: %q", name, bad)
			require.Zero(t, got)
		}
	}
	header := good()
	header.Set("X-Rate-Limit-Limit", "1099511627776")
	got, known = readQuota(header, now)
	require.True(t, known)
	require.EqualValues(t, 1<<40, got.limit)
	n, found := number(http.Header{"X": {"x"}}, "X")
	require.False(t, found)
	require.Zero(t, n)
}

// How long a tenant asks to wait by Retry-After, beside its own clock.
func TestRetryAfter(t *testing.T) {
	const date = "Thu, 01 Jan 2026 00:00:00 GMT"
	for _, c := range []struct {
		text, date string
		wait       time.Duration
		until      string
	}{
		{"7", date, 7 * time.Second, "until 2026-01-01T00:00:07Z"},
		{" 7 ", "", 7 * time.Second, "for 7s"},
		{"0", date, 0, "until 2026-01-01T00:00:00Z"},
		{"-1", date, 0, "until 2026-01-01T00:00:00Z"},
		{"-9223372036854775807", "", 0, "for 0s"},
		{"9223372036854775807", date, 1 << 32 * time.Second, "until 2162-02-07T06:28:16Z"},
		{"Thu, 01 Jan 2026 00:00:09 GMT", date, 9 * time.Second, "until 2026-01-01T00:00:09Z"},
		{"Thu, 01 Jan 2026 00:00:09 GMT", "", 0, ""},
		{"later", date, 0, ""},
		{"", date, 0, ""},
	} {
		wait, until := refused(http.Header{"Retry-After": {c.text}, "Date": {c.date}}, time.Time{})
		require.Equal(t, c.wait, wait, c.text)
		require.Equal(t, c.until, until, c.text)
	}
	wait, _ := refused(http.Header{"Retry-After": {"Thu, 01 Jan 2026 00:00:00 GMT"}, "Date": {"Thu, 01 Jan 2026 00:00:09 GMT"}}, time.Time{})
	require.LessOrEqual(t, wait, time.Duration(0), "it is over by the tenant's own clock")
}

// An answer may be as large as a document, and a list as many.
func TestDefaultLimits(t *testing.T) {
	c := New(Options{Address: &url.URL{Scheme: "https", Host: "a"}})
	require.Equal(t, jsondoc.MaxSize, c.bodyLimit)
	require.Equal(t, 256<<20, c.listLimit)
}

// A clock has the machine's in place of what is not given.
func TestClock(t *testing.T) {
	clock := Clock{}.Complete()
	require.WithinDuration(t, time.Now(), clock.Now(), time.Minute)
	require.Less(t, clock.Float(), 1.0)
	require.NoError(t, clock.Sleep(t.Context(), time.Nanosecond))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, clock.Sleep(ctx, time.Hour), context.Canceled)
}
