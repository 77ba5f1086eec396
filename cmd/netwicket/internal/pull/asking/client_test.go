package asking_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/pull/asking"
	"github.com/netwicket/netwicket/internal/jsondoc"
)

// stage is a server and a client whose clock never waits.
type stage struct {
	t      *testing.T
	client *asking.Client
	asked  atomic.Int64
	waits  []time.Duration
	now    time.Time
	told   []string
}

func newStage(t *testing.T, answer func(w http.ResponseWriter, r *http.Request, nth int)) *stage {
	t.Helper()
	s := &stage{t: t, now: time.Date(2026, 11, 25, 8, 0, 0, 0, time.UTC)}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer(w, r, int(s.asked.Add(1)))
	}))
	t.Cleanup(server.Close)
	address, err := url.Parse(server.URL)
	require.NoError(t, err)
	s.client = asking.New(asking.Options{
		Vendor: "okta", Address: address, UserAgent: "netwicket/test", MaxWait: 5 * time.Minute, Progress: func(text string) { s.told = append(s.told, text) },
		Clock: asking.Clock{
			Now: func() time.Time { return s.now },
			Sleep: func(_ context.Context, d time.Duration) error {
				s.waits, s.now = append(s.waits, d), s.now.Add(d)
				return nil
			},
			Float: func() float64 { return 0 },
		},
	})
	return s
}

func (s *stage) ask() error {
	_, err := s.client.Object(s.t.Context(), asking.Question{What: "zones", Path: "/z", Family: "zones", Scope: "okta.networkZones.read"})
	return err
}

// header sets headers given as "Name: value"; an empty Date is none.
func header(w http.ResponseWriter, lines ...string) {
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ": ")
		if name == "Date" && value == "" {
			w.Header()["Date"] = nil
			continue
		}
		w.Header().Add(name, value)
	}
}

// A 429 is waited for by the tenant's clock, which is far from ours, or as long as
// seems good (U6).
func TestWaitAfter429(t *testing.T) {
	const date = "Date: Thu, 01 Jan 2026 00:00:00 GMT" // 1767225600
	reset := func(seconds int) string { return fmt.Sprintf("X-Rate-Limit-Reset: %d", 1767225600+seconds) }
	for name, c := range map[string]struct {
		header []string
		want   time.Duration // -1: none, it is given up
		until  string
	}{
		"reset less date and a second":   {[]string{date, "X-Rate-Limit-Limit: 600", "X-Rate-Limit-Remaining: 0", reset(2)}, 3 * time.Second, ""},
		"as long as may be":              {[]string{date, "X-Rate-Limit-Limit: 600", "X-Rate-Limit-Remaining: 0", reset(299)}, 5 * time.Minute, ""},
		"longer":                         {[]string{date, "X-Rate-Limit-Limit: 600", "X-Rate-Limit-Remaining: 0", reset(300)}, -1, "until 2026-01-01T00:05:00Z"},
		"without headers":                {nil, time.Second, ""},
		"without a date":                 {[]string{"Date: ", "X-Rate-Limit-Limit: 600", "X-Rate-Limit-Remaining: 0", reset(2)}, time.Second, ""},
		"concurrent requests":            {[]string{date, "X-Rate-Limit-Limit: 0", "X-Rate-Limit-Remaining: 0", reset(3600)}, time.Second, ""},
		"a window that is over":          {[]string{date, "X-Rate-Limit-Limit: 600", "X-Rate-Limit-Remaining: 0", reset(-3600)}, time.Second, ""},
		"no number":                      {[]string{date, "X-Rate-Limit-Limit: 600", "X-Rate-Limit-Remaining: 0", "X-Rate-Limit-Reset: soon"}, time.Second, ""},
		"milliseconds":                   {[]string{date, "X-Rate-Limit-Limit: 600", "X-Rate-Limit-Remaining: 0", "X-Rate-Limit-Reset: 1767225602000"}, time.Second, ""},
		"more than a number holds":       {[]string{date, "X-Rate-Limit-Limit: 600", "X-Rate-Limit-Remaining: 0", "X-Rate-Limit-Reset: 99999999999999999999"}, time.Second, ""},
		"two resets, the later":          {[]string{date, "X-Rate-Limit-Limit: 600", "X-Rate-Limit-Remaining: 0", reset(2), reset(5)}, 6 * time.Second, ""},
		"Retry-After":                    {[]string{date, "Retry-After: 7"}, 7 * time.Second, ""},
		"Retry-After, a time":            {[]string{date, "Retry-After: Thu, 01 Jan 2026 00:00:09 GMT"}, 9 * time.Second, ""},
		"Retry-After, a time, no date":   {[]string{"Date: ", "Retry-After: Thu, 01 Jan 2026 00:00:09 GMT"}, time.Second, ""},
		"Retry-After, too long":          {[]string{date, "Retry-After: 301"}, -1, "until 2026-01-01T00:05:01Z"},
		"Retry-After, for ever":          {[]string{"Date: ", "Retry-After: 9223372036854775807"}, -1, "for "},
		"Retry-After, rubbish":           {[]string{"Retry-After: later"}, time.Second, ""},
		"Okta's own headers come before": {[]string{date, "Retry-After: 100", "X-Rate-Limit-Limit: 600", "X-Rate-Limit-Remaining: 0", reset(2)}, 3 * time.Second, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, func(w http.ResponseWriter, _ *http.Request, nth int) {
				if nth == 1 {
					header(w, c.header...)
					w.WriteHeader(429)
				}
				_, _ = w.Write([]byte(`{"errorCode":"E0000047"}`))
			})
			err := s.ask()
			if c.want < 0 {
				require.ErrorContains(t, err, "okta, zones: 429 E0000047, and the tenant asks to wait "+c.until)
				require.ErrorContains(t, err, "longer than --max-wait 5m0s")
				require.Empty(t, s.waits, "at once")
				require.EqualValues(t, 1, s.asked.Load())
				return
			}
			require.NoError(t, err)
			require.Equal(t, []time.Duration{c.want}, s.waits)
		})
	}
}

// A 429 is waited for also where what it says breaks off.
func TestWaitAfterHalfA429(t *testing.T) {
	s := newStage(t, func(w http.ResponseWriter, _ *http.Request, nth int) {
		if nth == 1 {
			header(w, "Date: Thu, 01 Jan 2026 00:00:00 GMT", "X-Rate-Limit-Reset: 1767225630", "X-Rate-Limit-Limit: 100", "X-Rate-Limit-Remaining: 0", "Content-Length: 100")
			w.WriteHeader(http.StatusTooManyRequests)
		}
		_, _ = w.Write([]byte(`{}`))
	})
	require.NoError(t, s.ask())
	require.Equal(t, []time.Duration{31 * time.Second}, s.waits)
}

// What is left of a limit is left to others (U6), of each family by itself.
func TestLeavesATenth(t *testing.T) {
	for _, c := range []struct {
		limit, remaining int
		want             []time.Duration
	}{
		{100, 11, nil}, {100, 10, []time.Duration{31 * time.Second}}, {100, 0, []time.Duration{31 * time.Second}}, {5, 1, nil}, {5, 0, []time.Duration{31 * time.Second}}, {0, 0, nil},
	} {
		s := newStage(t, func(w http.ResponseWriter, _ *http.Request, _ int) {
			header(w, "Date: Thu, 01 Jan 2026 00:00:00 GMT", "X-Rate-Limit-Reset: 1767225630", fmt.Sprintf("X-Rate-Limit-Limit: %d", c.limit), fmt.Sprintf("X-Rate-Limit-Remaining: %d", c.remaining))
			_, _ = w.Write([]byte(`{}`))
		})
		require.NoError(t, s.ask())
		_, err := s.client.Object(t.Context(), asking.Question{What: "threats", Path: "/t", Family: "threats"})
		require.NoError(t, err)
		require.Empty(t, s.waits)
		require.NoError(t, s.ask())
		require.Equal(t, c.want, s.waits, "%d of %d", c.remaining, c.limit)
	}
	s := newStage(t, func(w http.ResponseWriter, _ *http.Request, _ int) {
		header(w, "Date: Thu, 01 Jan 2026 00:00:00 GMT", "X-Rate-Limit-Reset: 1767229200", "X-Rate-Limit-Limit: 100", "X-Rate-Limit-Remaining: 1")
		_, _ = w.Write([]byte(`{}`))
	})
	require.NoError(t, s.ask())
	s.now = s.now.Add(30 * time.Minute)
	require.ErrorContains(t, s.ask(), "1 of 100 requests are left, and the tenant asks to wait until 2026-01-01T01:00:00Z")
	require.EqualValues(t, 1, s.asked.Load())
}

// What may pass is asked for five times, and nothing else is twice (U7).
func TestAttempts(t *testing.T) {
	status := func(status int) func(w http.ResponseWriter, r *http.Request) {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = w.Write([]byte(`{"errorCode":"E1","errorSummary":"Oh","errorCauses":[{"errorSummary":"no"}]}`))
		}
	}
	text := func(kind, text string) func(w http.ResponseWriter, r *http.Request) {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			_, _ = w.Write([]byte(text))
		}
	}
	cut := func(w http.ResponseWriter, _ *http.Request) {
		connection, buffer, err := w.(http.Hijacker).Hijack()
		if err == nil {
			_, _ = buffer.WriteString("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"a\":")
			_ = buffer.Flush()
			_ = connection.Close()
		}
	}
	hangUp := func(w http.ResponseWriter, _ *http.Request) {
		if connection, _, err := w.(http.Hijacker).Hijack(); err == nil {
			_ = connection.Close()
		}
	}
	for name, c := range map[string]struct {
		answer func(http.ResponseWriter, *http.Request)
		passes bool
		want   string
	}{
		"429":              {status(429), true, "429 E1 Oh: no"},
		"500":              {status(500), true, "500 E1"},
		"502":              {status(502), true, "502"},
		"503":              {status(503), true, "503"},
		"504":              {status(504), true, "504"},
		"501":              {status(501), false, "501"},
		"400":              {status(400), false, "400"},
		"401":              {status(401), false, "401 E1 Oh: no; the token needs the scope okta.networkZones.read"},
		"403":              {status(403), false, "403 E1 Oh: no; the token needs the scope okta.networkZones.read"},
		"404":              {status(404), false, "404 E1"},
		"204":              {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) }, false, "204"},
		"a page of HTML":   {text("text/html; charset=utf-8", "<html><body>Sign in"), true, "200, and an answer of type text/html; expected JSON"},
		"JSON cut short":   {text("application/json", `{"a":[1,`), true, "200, and an answer that is not what was expected"},
		"nothing":          {text("application/json", ``), true, "200, and an empty answer"},
		"a list":           {text("application/json", `[]`), true, "expected an object, found an array"},
		"a key twice":      {text("application/json", `{"a":1,"a":2}`), true, "200, and an answer that is not what was expected: line 1, column 8"},
		"broken off":       {cut, true, "200, and the answer breaks off after 5 bytes"},
		"hung up":          {hangUp, true, "EOF"},
		"a redirect":       {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", 307) }, false, "a redirect, which is not followed"},
		"a redirect there": {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "https://evil.example/", 302) }, false, "a redirect to evil.example, which is not followed"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, func(w http.ResponseWriter, r *http.Request, _ int) { c.answer(w, r) })
			err := s.ask()
			require.ErrorContains(t, err, "okta, zones: ")
			require.ErrorContains(t, err, c.want)
			if !c.passes {
				require.EqualValues(t, 1, s.asked.Load())
				require.Empty(t, s.waits)
				return
			}
			require.EqualValues(t, 5, s.asked.Load())
			require.Equal(t, []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second}, s.waits)

			s = newStage(t, func(w http.ResponseWriter, r *http.Request, nth int) {
				if nth < 5 {
					c.answer(w, r)
					return
				}
				_, _ = w.Write([]byte(`{}`))
			})
			require.NoError(t, s.ask(), "the fifth time")
		})
	}
}

// A 401 is asked again once, with other credentials, if there are any (U7).
func TestRenews(t *testing.T) {
	for _, good := range []int{2, 3} {
		token := 1
		s := newStage(t, func(w http.ResponseWriter, r *http.Request, _ int) {
			if r.Header.Get("Authorization") != fmt.Sprint("Bearer ", good) {
				w.WriteHeader(401)
			}
			_, _ = w.Write([]byte(`{}`))
		})
		s.client.SetAccess(asking.Access{
			Prove: func(_ context.Context, r *http.Request) error {
				r.Header.Set("Authorization", fmt.Sprint("Bearer ", token))
				return nil
			},
			Renew: func() { token++ },
		})
		err := s.ask()
		require.Equal(t, good == 2, err == nil)
		require.EqualValues(t, 2, s.asked.Load())
		require.Empty(t, s.waits)
	}
}

// A list ends, whatever the tenant says (U5).
func TestListEnds(t *testing.T) {
	list := func(s *stage) (all, first []jsondoc.Node, err error) {
		return s.client.List(t.Context(), asking.Question{What: "zones", Path: "/z?limit=200", Family: "zones"})
	}
	page := func(next func(r *http.Request, nth int) string) func(http.ResponseWriter, *http.Request, int) {
		return func(w http.ResponseWriter, r *http.Request, nth int) {
			if to := next(r, nth); to != "" {
				w.Header().Set("Link", "<"+to+`>; rel="next"`)
			}
			_ = json.NewEncoder(w).Encode([]map[string]int{{"id": nth}})
		}
	}
	s := newStage(t, page(func(_ *http.Request, nth int) string { return fmt.Sprint("/z?after=", nth) }))
	_, _, err := list(s)
	require.ErrorContains(t, err, "okta, zones, page 1001: the list has more than 1000 pages")
	require.EqualValues(t, 1000, s.asked.Load())

	s = newStage(t, page(func(_ *http.Request, nth int) string { return fmt.Sprint("/z?after=", nth%2) }))
	_, _, err = list(s)
	require.ErrorContains(t, err, "okta, zones, page 3: the link to the next page leads to a page that was read before")
	require.EqualValues(t, 3, s.asked.Load())

	s = newStage(t, page(func(r *http.Request, nth int) string {
		return []string{"", "?after=1&limit=200", "http://" + strings.ToUpper(r.Host) + "/z?after=2", ""}[nth]
	}))
	all, first, err := list(s)
	require.NoError(t, err)
	require.Len(t, all, 3)
	require.Len(t, first, 1)

	for _, other := range []string{"http://127.0.0.1:1/z", "https://HOST/z", "http://x@HOST/z", "//evil.example/z", "ftp://HOST/z", "mailto:a@b", "http://[::1", "http://localhost/z", "http://evil.example:PORT/z"} {
		s = newStage(t, page(func(r *http.Request, _ int) string {
			_, port, _ := strings.Cut(r.Host, ":")
			return strings.NewReplacer("HOST", r.Host, "PORT", port).Replace(other)
		}))
		_, _, err = list(s)
		require.ErrorContains(t, err, "the link to the next page", other)
		require.EqualValues(t, 1, s.asked.Load(), other)
	}
	for _, body := range []string{`{}`, `[1]`, `[[]]`, `null`} {
		s = newStage(t, func(w http.ResponseWriter, _ *http.Request, _ int) { _, _ = w.Write([]byte(body)) })
		_, _, err = list(s)
		require.ErrorContains(t, err, "expected an array", body)
	}
}

// The end of the context ends everything, and nothing is asked again.
func TestInterrupted(t *testing.T) {
	s := newStage(t, func(w http.ResponseWriter, _ *http.Request, _ int) { w.WriteHeader(503) })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.client.Object(ctx, asking.Question{What: "zones", Path: "/z"})
	require.ErrorIs(t, err, context.Canceled)
	require.Empty(t, s.waits)
}

// A certificate that nobody vouches for is not asked for again, and nothing is sent.
func TestUnknownAuthority(t *testing.T) {
	asked := false
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
	defer server.Close()
	server.Config.ErrorLog = nil
	address, err := url.Parse(server.URL)
	require.NoError(t, err)
	waits := 0
	client := asking.New(asking.Options{Vendor: "okta", Address: address, MaxWait: time.Minute, Clock: asking.Clock{Sleep: func(context.Context, time.Duration) error {
		waits++
		return errors.New("it waits")
	}}})
	_, err = client.Object(t.Context(), asking.Question{What: "zones", Path: "/z"})
	require.ErrorContains(t, err, "--ca-file")
	require.False(t, asked)
	require.Zero(t, waits)
}

// A name that leads plain http to another machine is not asked, whatever it is
// called (U2).
func TestHTTPStaysHere(t *testing.T) {
	client := asking.New(asking.Options{
		Vendor: "okta", Address: &url.URL{Scheme: "http", Host: "192.0.2.10:80"}, MaxWait: time.Minute,
		Clock: asking.Clock{Sleep: func(context.Context, time.Duration) error { return nil }},
	})
	_, err := client.Object(t.Context(), asking.Question{What: "zones", Path: "/z"})
	require.ErrorContains(t, err, "192.0.2.10:80 is not this machine, and http is for it alone")
}
