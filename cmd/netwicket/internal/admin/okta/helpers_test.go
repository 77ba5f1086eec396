package okta_test

import (
	"encoding/json"
	"io/fs"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/okta"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/tenant"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/wire"
	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/internal/jsondoc"
)

// base is the URL that answers are written for.
const base = "http://127.0.0.1:1"

// org is a policy folder with Okta's API over it. Requests come as the front gives
// them to a route.
type org struct {
	t      testing.TB
	dir    string
	store  *tenant.Store
	vendor wire.Vendor
	now    time.Time // of the next request; each is a second later
}

// openOrg is a new one.
func openOrg(t testing.TB, change ...func(*okta.Options)) *org {
	t.Helper()
	return openFolder(t, t.TempDir(), change...)
}

func openFolder(t testing.TB, dir string, change ...func(*okta.Options)) *org {
	t.Helper()
	store, err := tenant.Open(tenant.Options{Folder: dir, Log: slog.New(slog.DiscardHandler), Holder: "test"})
	require.NoError(t, err)
	t.Cleanup(store.Close)
	var options okta.Options
	for _, c := range change {
		c(&options)
	}
	return &org{t: t, dir: dir, store: store, vendor: okta.New(store, options), now: time.Date(2026, 2, 18, 8, 28, 53, 0, time.UTC)}
}

// openWith is one over a folder with files.
func openWith(t testing.TB, files map[string]string) *org {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	}
	return openFolder(t, dir)
}

// openGeo is a new one in whose folder is what dynamic zones ask for.
func openGeo(t testing.TB) *org {
	t.Helper()
	return openWith(t, map[string]string{
		"netwicket.json": `{"geo":["geo.csv"],"assumeNone":["vpn","public_proxy","residential_proxy","tor"]}`,
		"geo.csv": `network,country,region,asn,anonymizer,services
192.0.2.0/24,US,US-CA,64496,-,-
198.51.100.0/24,DE,DE-BE,64500,-,-
100.64.0.0/24,US,US-CA,64502,tor,-
100.64.1.0/24,US,US-CA,64503,anonymous,NORD_VPN
`,
	})
}

// again is the folder after a restart.
func (o *org) again() *org {
	o.t.Helper()
	o.store.Close()
	next := openFolder(o.t, o.dir)
	next.now = o.now
	return next
}

// zone is the zone with a name, as the list has it.
func (o *org) zone(name string) map[string]any {
	o.t.Helper()
	for _, z := range o.must("GET", "/api/v1/zones?limit=200", "").list() {
		if z["name"] == name {
			return z
		}
	}
	require.Fail(o.t, "there is no such zone", name)
	return nil
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
func (o *org) call(verb, target, body string, headers ...string) reply {
	o.t.Helper()
	at, err := url.Parse(target)
	require.NoError(o.t, err)
	for _, route := range o.vendor.Routes {
		params, fits := match(route.Path, at.EscapedPath())
		if !fits || route.Verb != verb {
			continue
		}
		r := &wire.Request{
			Caller: wire.Caller{Name: "ci"}, Peer: netip.MustParseAddr("127.0.0.1"), Base: base, Verb: verb, Path: at.Path,
			ID: "0123456789abcdef0123456789abcdef", Params: params, Query: wire.ParseQuery(at.RawQuery), Header: make(http.Header), Time: o.now,
		}
		o.now = o.now.Add(time.Second)
		for i := 0; i < len(headers); i += 2 {
			r.Header.Add(headers[i], headers[i+1])
		}
		if route.Body == wire.Object {
			r.Body, err = jsondoc.Parse("", []byte(body))
			require.NoError(o.t, err)
		}
		answer := route.Handle(r)
		require.True(o.t, answer.Body == nil || json.Valid(answer.Body), "%s", answer.Body)
		if answer.Status < http.StatusMultipleChoices { // Okta has no others
			require.Equal(o.t, map[bool]int{true: http.StatusNoContent, false: http.StatusOK}[answer.Body == nil], answer.Status, "%s %s", verb, target)
		}
		return reply{o.t, answer.Status, answer.Header, string(answer.Body)}
	}
	require.Fail(o.t, "there is no such route", "%s %s", verb, target)
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
		part, err := url.PathUnescape(parts[i])
		switch {
		case err != nil:
			return nil, false
		case strings.HasPrefix(name, "{") && part != "":
			params[strings.Trim(name, "{}")] = part
		case name != parts[i]:
			return nil, false
		}
	}
	return params, true
}

// must calls, and wants it to succeed.
func (o *org) must(verb, target, body string, headers ...string) reply {
	o.t.Helper()
	r := o.call(verb, target, body, headers...)
	require.Less(o.t, r.status, http.StatusBadRequest, "%s %s: %s", verb, target, r.body)
	return r
}

// object is the body as an object.
func (r reply) object() map[string]any {
	r.t.Helper()
	var object map[string]any
	require.NoError(r.t, json.Unmarshal([]byte(r.body), &object), r.body)
	return object
}

// list is the body as a list of objects.
func (r reply) list() []map[string]any {
	r.t.Helper()
	var list []map[string]any
	require.NoError(r.t, json.Unmarshal([]byte(r.body), &list), r.body)
	return list
}

// id is that of the record that was answered.
func (r reply) id() string {
	r.t.Helper()
	id, _ := r.object()["id"].(string)
	require.NotEmpty(r.t, id)
	return id
}

// at is a member by a path of names.
func (r reply) at(path string) any {
	r.t.Helper()
	var value any = r.object()
	for name := range strings.SplitSeq(path, ".") {
		object, _ := value.(map[string]any)
		value = object[name]
	}
	return value
}

// refused wants an error with a code, a first wrong field and causes.
func (r reply) refused(status int, code, summary string, causes ...string) {
	r.t.Helper()
	require.Equal(r.t, status, r.status, r.body)
	body := r.object()
	require.Equal(r.t, code, body["errorCode"], r.body)
	require.Equal(r.t, code, body["errorLink"])
	require.Regexp(r.t, `^oae[A-Za-z0-9_-]{22}$`, body["errorId"])
	require.Equal(r.t, summary, body["errorSummary"], r.body)
	if len(causes) == 0 {
		return
	}
	var got []string
	for _, cause := range body["errorCauses"].([]any) {
		got = append(got, cause.(map[string]any)["errorSummary"].(string))
	}
	require.Equal(r.t, causes, got)
}

// invalid wants a validation error.
func (r reply) invalid(field string, causes ...string) {
	r.t.Helper()
	r.refused(http.StatusBadRequest, "E0000001", "Api validation failed: "+field, causes...)
}

// office makes an ACTIVE zone of networks for policies, and returns its id.
func (o *org) office(name string, networks ...string) string {
	o.t.Helper()
	var gateways []map[string]string
	for _, network := range networks {
		gateways = append(gateways, map[string]string{"type": "CIDR", "value": network})
	}
	body, err := json.Marshal(map[string]any{"type": "IP", "name": name, "gateways": gateways})
	require.NoError(o.t, err)
	return o.must("POST", "/api/v1/zones", string(body)).id()
}

// decision is what the folder decides as any other command loads it.
func (o *org) decision(address string) string {
	o.t.Helper()
	_, policy, err := policyfile.Open(policyfile.Options{Paths: []string{o.dir}})
	require.NoError(o.t, err)
	return policy.Decide(netip.MustParseAddr(address)).String()
}

// verdict is the first word of decision.
func (o *org) verdict(address string) string {
	o.t.Helper()
	word, _, _ := strings.Cut(o.decision(address), " ")
	return word
}

// files are all that the folder holds but for netwicket's own.
func (o *org) files() map[string]string {
	o.t.Helper()
	files := make(map[string]string)
	require.NoError(o.t, filepath.WalkDir(o.dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if entry.Name() == ".netwicket" {
				return fs.SkipDir
			}
			return nil
		}
		text, err := os.ReadFile(path)
		require.NoError(o.t, err)
		name, err := filepath.Rel(o.dir, path)
		require.NoError(o.t, err)
		files[filepath.ToSlash(name)] = string(text)
		return nil
	}))
	return files
}

// keys are the names of the top-level members in the order of the bytes.
func (r reply) keys() []string {
	r.t.Helper()
	root, err := jsondoc.Parse("", []byte(r.body))
	require.NoError(r.t, err)
	var keys []string
	for member := range root.Members() {
		keys = append(keys, member.Name)
	}
	return keys
}
