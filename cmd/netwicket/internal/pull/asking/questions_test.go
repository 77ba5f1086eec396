package asking_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/pull/asking"
)

// What vendors say instead of an answer is told in their words and in no more.
func TestFailures(t *testing.T) {
	const scope = "; the token needs the scope okta.networkZones.read"
	for _, c := range []struct {
		status         int
		location, body string
		want           string
	}{
		{404, "", "", "okta, zones: 404"},
		{204, "https://evil.example/", "", "okta, zones: 204"},
		{404, "https://evil.example/", `{"errorCode":"E1","errorSummary":"Oh","errorCauses":[{"errorSummary":"no"},{"errorSummary":"never"}]}`, "okta, zones: 404 E1 Oh: no: never"},
		{400, "https://evil.example/", `{"error":"invalid_scope"}`, "okta, zones: 400 invalid_scope"},
		{401, "", `{"error":"invalid_client","error_description":"No."}`, "okta, zones: 401 invalid_client No." + scope},
		{403, "", `{"detailCode":"403 Forbidden","messages":[{"text":"You may not"},{"text":"Vous"}],"message":"m"}`, "okta, zones: 403 403 Forbidden You may not" + scope},
		{402, "", `{"message":"pay"}`, "okta, zones: 402 pay"},
		{404, "", `{"errorCode":7}`, "okta, zones: 404"},
		{404, "", `<html>`, "okta, zones: 404"},
		{300, "", "", "okta, zones: 300; a redirect, which is not followed: it would take the token elsewhere"},
		{399, "http://[::1", "", "okta, zones: 399; a redirect, which is not followed: it would take the token elsewhere"},
		{308, "https://evil.example:8443/x?y", "", "okta, zones: 308; a redirect to evil.example:8443, which is not followed: it would take the token there"},
	} {
		s := newStage(t, func(w http.ResponseWriter, _ *http.Request, _ int) {
			if c.location != "" {
				w.Header().Set("Location", c.location)
			}
			w.WriteHeader(c.status)
			_, _ = w.Write([]byte(c.body))
		})
		require.EqualError(t, s.ask(), c.want)
		require.EqualValues(t, 1, s.asked.Load())
	}
	require.EqualError(t, &asking.Failure{Vendor: "v", What: "w", Status: 403}, "v, w: 403")
}

// What is sent, and that each question goes on its way whole.
func TestRequests(t *testing.T) {
	var seen []string
	s := newStage(t, func(w http.ResponseWriter, r *http.Request, _ int) {
		_ = r.ParseForm()
		seen = append(seen, fmt.Sprintf("%s %s %q %q %q %q %q %q", r.Method, r.URL.RequestURI(), r.Header.Get("Accept"), r.Header.Get("User-Agent"), r.Header["Content-Type"], r.Header.Get("X-Own"), r.Header.Get("Authorization"), r.PostForm.Encode()))
		_, _ = w.Write([]byte(`{}`))
	})
	prove := func(who string) func(context.Context, *http.Request) error {
		return func(_ context.Context, r *http.Request) error { r.Header.Set("Authorization", who); return nil }
	}
	ask := func(q asking.Question) error {
		_, err := s.client.Object(t.Context(), q)
		return err
	}
	require.NoError(t, ask(asking.Question{What: "a", Path: "/a?b=c%20d", Header: http.Header{"X-Own": {"o"}}}))
	s.client.SetAccess(asking.Access{Prove: prove("client")})
	require.NoError(t, ask(asking.Question{What: "b", Path: "/b"}))
	require.NoError(t, ask(asking.Question{What: "c", Path: "/c", Prove: prove("own"), Form: func() (url.Values, error) { return url.Values{"x": {"y z"}}, nil }}))
	require.Equal(t, []string{
		`GET /a?b=c%20d "application/json" "netwicket/test" [] "o" "" ""`, `GET /b "application/json" "netwicket/test" [] "" "client" ""`,
		`POST /c "application/json" "netwicket/test" ["application/x-www-form-urlencoded"] "" "own" "x=y+z"`,
	}, seen)
	require.Equal(t, []string{"okta, a", "okta, b", "okta, c"}, s.told)

	// What cannot be asked is not.
	broken := errors.New("no key")
	require.ErrorIs(t, ask(asking.Question{What: "d", Form: func() (url.Values, error) { return nil, broken }}), broken)
	require.ErrorIs(t, ask(asking.Question{What: "d", Prove: func(context.Context, *http.Request) error { return broken }}), broken)
	s.client.SetAccess(asking.Access{Prove: func(context.Context, *http.Request) error { return broken }})
	require.EqualError(t, ask(asking.Question{What: "d"}), "okta, d: no key")
	require.ErrorContains(t, ask(asking.Question{What: "d", Path: "/%zz"}), "invalid URL escape")
	require.Len(t, seen, 3)
	require.Empty(t, s.waits)
}

// Who waits is told, and does not wait when it is over.
func TestPauses(t *testing.T) {
	over := errors.New("it is over")
	for _, retry := range []string{"", "7", "4000"} {
		s := newStage(t, func(w http.ResponseWriter, _ *http.Request, _ int) {
			if retry != "" {
				w.Header().Set("Retry-After", retry)
			}
			w.WriteHeader(503)
		})
		require.EqualError(t, s.ask(), "okta, zones: 503; asked 5 times")
		require.Equal(t, []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second}, s.waits, "only a 429 says how long")
		require.Equal(t, []string{"okta, zones", "okta, zones: waiting for 1s"}, s.told[:2])
	}
	asked := 0
	s := newStage(t, func(w http.ResponseWriter, _ *http.Request, _ int) { asked++; w.WriteHeader(503) })
	s.client.Clock().Sleep = func(context.Context, time.Duration) error { return over }
	require.ErrorIs(t, s.ask(), over)
	require.Equal(t, 1, asked)

	// What a 429 says is waited for once, and is no limit to keep.
	s = newStage(t, func(w http.ResponseWriter, _ *http.Request, nth int) {
		header(w, "Date: Thu, 01 Jan 2026 00:00:00 GMT", "X-Rate-Limit-Limit: 600", "X-Rate-Limit-Remaining: 0", "X-Rate-Limit-Reset: 1767225602")
		if nth <= 5 {
			w.WriteHeader(429)
			return
		}
		w.Header().Del("X-Rate-Limit-Limit")
		_, _ = w.Write([]byte(`{}`))
	})
	require.EqualError(t, s.ask(), "okta, zones: 429; asked 5 times")
	require.Equal(t, []time.Duration{3 * time.Second, 3 * time.Second, 3 * time.Second, 3 * time.Second}, s.waits)
	require.NoError(t, s.ask())
	require.Len(t, s.waits, 4)
	// Many do not ask at once.
	s = newStage(t, func(w http.ResponseWriter, _ *http.Request, _ int) { w.WriteHeader(500) })
	s.client.Clock().Float = func() float64 { return 0.5 }
	require.Error(t, s.ask())
	require.Equal(t, []time.Duration{1125 * time.Millisecond, 2250 * time.Millisecond, 4500 * time.Millisecond, 9 * time.Second}, s.waits)

	// A window ends by itself, and is waited for to its end.
	for past, want := range map[time.Duration][]time.Duration{0: {5 * time.Minute}, 10 * time.Second: {290 * time.Second}, 5 * time.Minute: nil, time.Hour: nil} {
		s = newStage(t, func(w http.ResponseWriter, _ *http.Request, _ int) {
			header(w, "Date: Thu, 01 Jan 2026 00:00:00 GMT", "X-Rate-Limit-Limit: 600", "X-Rate-Limit-Remaining: 0", "X-Rate-Limit-Reset: 1767225899")
			_, _ = w.Write([]byte(`{}`))
		})
		require.NoError(t, s.ask())
		s.now = s.now.Add(past)
		require.NoError(t, s.ask())
		require.Equal(t, want, s.waits)
		s.client.Clock().Sleep = func(context.Context, time.Duration) error { return over }
		require.ErrorIs(t, s.ask(), over)
		require.EqualValues(t, 2, s.asked.Load())
	}
	// A limit of which something is not said is none.
	s = newStage(t, func(w http.ResponseWriter, _ *http.Request, _ int) {
		header(w, "Date: Thu, 01 Jan 2026 00:00:00 GMT", "X-Rate-Limit-Limit: 600", "X-Rate-Limit-Remaining: 0")
		_, _ = w.Write([]byte(`{}`))
	})
	require.NoError(t, s.ask())
	require.NoError(t, s.ask())
	require.Empty(t, s.waits)
	s = newStage(t, func(w http.ResponseWriter, _ *http.Request, _ int) {
		header(w, "Date: Thu, 01 Jan 2026 00:00:00 GMT", "X-Rate-Limit-Limit: 600", "X-Rate-Limit-Remaining: 0", "X-Rate-Limit-Reset: 1767229200")
		w.WriteHeader(429)
	})
	require.EqualError(t, s.ask(), "okta, zones: 429, and the tenant asks to wait until 2026-01-01T01:00:00Z, which is longer than --max-wait 5m0s")
}

// What cannot be read is told with its place, and a connection that fails without the
// address, which the question says.
func TestTroubleInWords(t *testing.T) {
	for body, want := range map[string]string{
		`{"a":[1,`:      "okta, zones: 200, and an answer that is not what was expected: line 1, column 9: ",
		`{"a":1,"a":2}`: "okta, zones: 200, and an answer that is not what was expected: line 1, column 8: ",
		`[]`:            "okta, zones: 200, and an answer that is not what was expected: expected an object, found an array; asked 5 times",
		" \n":           "okta, zones: 200, and an empty answer; expected JSON; asked 5 times",
		"hang up":       "okta, zones: EOF; asked 5 times",
		"break off":     "okta, zones: 200, and the answer breaks off after 5 bytes: unexpected EOF; asked 5 times",
		"no media type": "okta, zones: 200, and an answer of type unknown; expected JSON: ",
	} {
		s := newStage(t, func(w http.ResponseWriter, _ *http.Request, _ int) {
			w.Header().Set("Content-Type", "application/json")
			switch body {
			case "no media type":
				w.Header()["Content-Type"] = nil
			case "hang up", "break off":
				connection, buffer, err := w.(http.Hijacker).Hijack()
				if err != nil {
					return
				}
				if body == "break off" {
					_, _ = buffer.WriteString("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"a\":")
					_ = buffer.Flush()
				}
				_ = connection.Close()
				return
			}
			_, _ = w.Write([]byte(body))
		})
		err := s.ask()
		require.Error(t, err)
		require.True(t, strings.HasPrefix(err.Error(), want), "%s is not %s", err, want)
	}
}

// An answer and a list are no larger than they may be.
func TestLimits(t *testing.T) {
	s := newStage(t, func(w http.ResponseWriter, _ *http.Request, _ int) { _, _ = w.Write([]byte(`{"a":"0123456789"}`)) })
	s.client.Limit(18, 0)
	require.NoError(t, s.ask())
	s.client.Limit(17, 0)
	require.EqualError(t, s.ask(), "okta, zones: the answer is larger than 17 bytes")
	require.EqualValues(t, 2, s.asked.Load(), "it would be again")

	s = newStage(t, func(w http.ResponseWriter, _ *http.Request, nth int) {
		if nth%3 > 0 {
			w.Header().Set("Link", fmt.Sprintf(`</z?after=%d>; rel="next"`, nth))
		}
		_, _ = w.Write([]byte(`[{"a":1}]`))
	})
	list := func(most int) error {
		s.client.Limit(100, most)
		_, _, err := s.client.List(t.Context(), asking.Question{What: "zones", Path: "/z"})
		return err
	}
	require.NoError(t, list(27))
	require.EqualError(t, list(26), "okta, zones, page 3: the list is larger than 26 bytes")
}

// A list is of all its pages, the first of which is told apart, or an error; what may
// be a next page is never overlooked.
func TestLists(t *testing.T) {
	s := newStage(t, func(w http.ResponseWriter, r *http.Request, _ int) {
		if r.URL.RawQuery == "" {
			w.Header().Set("Link", `<?2>; rel="next"`)
			_, _ = w.Write([]byte(`[{"id":1},{"id":2}]`))
			return
		}
		_, _ = w.Write([]byte(`[{"id":3}]`))
	})
	q := asking.Question{What: "zones", Path: "/z"}
	all, first, err := s.client.List(t.Context(), q)
	require.NoError(t, err)
	require.Len(t, all, 3)
	require.Equal(t, `{"id":3}`, string(all[2].Raw()))
	require.Len(t, first, 2)
	require.Equal(t, `{"id":1}`, string(first[0].Raw()))
	page, err := s.client.Page(t.Context(), q)
	require.NoError(t, err)
	require.Len(t, page, 2)
	require.Equal(t, `{"id":1}`, string(page[0].Raw()))
	require.EqualValues(t, 3, s.asked.Load())

	for link, want := range map[string]string{
		`nonsense`:                             "okta, zones, page 1: a Link header that cannot be read, so that nobody knows whether there is a next page",
		`<https://evil.example/z>; rel="next"`: "okta, zones, page 1: the link to the next page leads to https://evil.example, and not to the tenant's own ",
		`</z>; rel="next"`:                     "okta, zones, page 1: the link to the next page leads to a page that was read before",
	} {
		s := newStage(t, func(w http.ResponseWriter, _ *http.Request, _ int) {
			w.Header().Set("Link", link)
			_, _ = w.Write([]byte(`[{"id":1}]`))
		})
		all, first, err := s.client.List(t.Context(), q)
		require.ErrorContains(t, err, want)
		require.Nil(t, all)
		require.Nil(t, first)
	}
	for body, want := range map[string]string{`[{"id":1,"id":2}]`: "line 1, column 10", `[`: "line 1, column 2", `{}`: "expected an array, found an object", `[7]`: "expected an array of objects, found a number at 0"} {
		s := newStage(t, func(w http.ResponseWriter, _ *http.Request, _ int) { _, _ = w.Write([]byte(body)) })
		_, _, err := s.client.List(t.Context(), q)
		require.ErrorContains(t, err, want)
		page, err := s.client.Page(t.Context(), q)
		require.ErrorContains(t, err, want)
		_ = page
	}
}
