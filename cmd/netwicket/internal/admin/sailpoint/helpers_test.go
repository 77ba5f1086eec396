package sailpoint_test

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/sailpoint"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/tenant"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/wire"
	"github.com/netwicket/netwicket/internal/jsondoc"
)

// org is a policy folder with SailPoint's API over it. Requests come as the front
// gives them to a route.
type org struct {
	t      testing.TB
	dir    string
	vendor wire.Vendor
}

// geo is the data of every folder.
const geo = "network,country,region,asn,anonymizer,services\n192.0.2.0/24,CA,-,-,-,-\n198.51.100.0/24,US,-,-,-,-\n"

// openOrg is a folder with files besides those that every test has.
func openOrg(t testing.TB, files map[string]string) *org {
	t.Helper()
	o := &org{t: t, dir: t.TempDir()}
	o.put("netwicket.json", `{"geo": ["geo.csv"]}`)
	o.put("geo.csv", geo)
	for name, text := range files {
		o.put(name, text)
	}
	store, err := tenant.Open(tenant.Options{Folder: o.dir, Log: slog.New(slog.DiscardHandler), Holder: "test"})
	require.NoError(t, err)
	t.Cleanup(store.Close)
	o.vendor = sailpoint.New(store)
	return o
}

func (o *org) put(name, text string) {
	file := filepath.Join(o.dir, filepath.FromSlash(name))
	require.NoError(o.t, os.MkdirAll(filepath.Dir(file), 0o755))
	require.NoError(o.t, os.WriteFile(file, []byte(text), 0o600))
}

// reply is what a request was answered.
type reply struct {
	t      testing.TB
	status int
	header http.Header
	body   string
}

// call makes a request; body is JSON, or empty. Headers are names and values in
// turn.
func (o *org) call(verb, path, body string, headers ...string) reply {
	o.t.Helper()
	for _, route := range o.vendor.Routes {
		params, fits := match(route.Path, path)
		if !fits || route.Verb != verb {
			continue
		}
		r := &wire.Request{
			Caller: wire.Caller{Name: "sp"}, Peer: netip.MustParseAddr("127.0.0.1"), Verb: verb, Path: path,
			ID: "0123456789abcdef0123456789abcdef", Params: params, Header: make(http.Header), Time: time.Now(),
		}
		for i := 0; i < len(headers); i += 2 {
			r.Header.Add(headers[i], headers[i+1])
		}
		if route.Body != wire.NoBody {
			root, err := jsondoc.Parse("body", []byte(body))
			require.NoError(o.t, err)
			r.Body = root
		}
		answer := route.Handle(r)
		require.True(o.t, json.Valid(answer.Body), "%s", answer.Body)
		return reply{o.t, answer.Status, answer.Header, string(answer.Body)}
	}
	require.Fail(o.t, "there is no such route", "%s %s", verb, path)
	return reply{}
}

// match compares a path with that of a route.
func match(route, path string) (map[string]string, bool) {
	names, parts := strings.Split(route, "/"), strings.Split(path, "/")
	if len(names) != len(parts) {
		return nil, false
	}
	params := make(map[string]string)
	for i, name := range names {
		switch {
		case strings.HasPrefix(name, "{"):
			params[strings.Trim(name, "{}")] = parts[i]
		case name != parts[i]:
			return nil, false
		}
	}
	return params, true
}

// must calls, and wants it to succeed.
func (o *org) must(verb, path, body string, headers ...string) string {
	o.t.Helper()
	r := o.call(verb, path, body, headers...)
	require.Equal(o.t, http.StatusOK, r.status, "%s %s: %s", verb, path, r.body)
	return r.body
}

// refused is an error as SailPoint has them.
type refused struct {
	Code     string `json:"detailCode"`
	ID       string `json:"trackingId"`
	Messages []struct {
		Locale string `json:"locale"`
		Origin string `json:"localeOrigin"`
		Text   string `json:"text"`
	} `json:"messages"`
	Causes []any `json:"causes"`
}

// refused is the error of an answer, which must be a whole one (S9).
func (r reply) refused() refused {
	r.t.Helper()
	require.GreaterOrEqual(r.t, r.status, http.StatusBadRequest, r.body)
	require.Less(r.t, r.status, http.StatusInternalServerError, r.body)
	return errorOf(r.t, []byte(r.body))
}

func errorOf(t testing.TB, body []byte) refused {
	t.Helper()
	var e refused
	decoder := json.NewDecoder(strings.NewReader(string(body)))
	decoder.DisallowUnknownFields()
	require.NoError(t, decoder.Decode(&e), "%s", body)
	require.Regexp(t, `^[0-9a-f]{32}$`, e.ID)
	require.NotNil(t, e.Causes)
	require.Empty(t, e.Causes)
	require.Len(t, e.Messages, 2)
	require.Equal(t, []string{"en-US", "DEFAULT", "und", "REQUEST"},
		[]string{e.Messages[0].Locale, e.Messages[0].Origin, e.Messages[1].Locale, e.Messages[1].Origin})
	require.NotEmpty(t, e.Messages[0].Text)
	require.Equal(t, e.Messages[0].Text, e.Messages[1].Text)
	return e
}
