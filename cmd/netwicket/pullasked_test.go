package main

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/pull/asking"
	"github.com/netwicket/netwicket/internal/files"
)

// Which policies are enforced (U15).
func TestPullPolicies(t *testing.T) {
	s := newStage(t)
	s.tenant.policies = map[string][]string{
		"OKTA_SIGN_ON": {
			`{"id":"00p1","status":"ACTIVE","name":"Staff","conditions":{"people":{"groups":{"include":["00g1"]}}}}`,
			`{"id":"00p2","status":"INACTIVE","name":"Off"}`,
			`{"id":"00p3","status":"ACTIVE","name":"Twin"}`,
		},
		"ACCESS_POLICY": {`{"id":"rst1","status":"ACTIVE","name":"Twin"}`, `{"id":"rst2","status":"ACTIVE","name":"Empty"}`},
	}
	allow := `{"id":"%s","status":"ACTIVE","name":"In","conditions":null,"actions":{"%s":{"access":"ALLOW"}}}`
	for id, kind := range map[string]string{"00p2": "signon", "00p3": "signon", "rst1": "appSignOn"} {
		s.tenant.rules[id] = []string{fmt.Sprintf(allow, "r"+id, kind)}
	}
	enforced := func() (ids []string) {
		for _, set := range s.check().Config.Rules {
			ids = append(ids, strings.TrimSuffix(filepath.Base(set.File), ".json"))
		}
		return ids
	}
	got := s.okta()
	require.Equal(t, 0, got.code, got.stderr)
	require.Equal(t, []string{"00p1", "00p3", "rst1"}, enforced())
	require.Contains(t, got.stderr, `warning: okta: policy "Staff" (00p1) is for groups`)
	require.Equal(t, 1, strings.Count(got.stderr, "is for groups"))
	require.FileExists(t, filepath.Join(s.folder, "pulled", s.generations()[0], "okta/rules/00p2.json"))
	s.tenant.forget()

	got = s.with("--policy", "Staff", "--policy", "rst1", "--accept-shrink")
	require.Equal(t, 0, got.code, got.stderr)
	require.Equal(t, []string{"00p1", "rst1"}, enforced())
	require.Zero(t, s.tenant.count("GET /api/v1/policies/00p3"), "nobody asked for it")

	for name, want := range map[string]string{
		"Nobody": `--policy "Nobody": the tenant has no such policy; it has policy "Staff" (00p1)`,
		"Twin":   `several policies are called so; choose by id: policy "Twin" (00p3), policy "Twin" (rst1)`,
		"Off":    "the policy is INACTIVE",
		"rst2":   `policy "Empty" (rst2) has no rules`,
	} {
		before := s.tree()
		got := s.unchanged(before, func() ran { return s.with("--policy", name) })
		require.Equal(t, 1, got.code)
		require.Contains(t, got.stderr, want)
	}
	s.write("netwicket.json", strings.Replace(s.read("netwicket.json"), "{", `{"pull": {"okta": {"policies": ["00p3"]}},`, 1))
	require.Equal(t, 0, s.with("--accept-shrink").code)
	require.Equal(t, []string{"00p3"}, enforced())

	s.tenant.policies["ACCESS_POLICY"] = []string{`{"id":"../../../netwicket","status":"ACTIVE","name":"x"}`}
	got = s.okta()
	require.Equal(t, 1, got.code)
	require.Contains(t, got.stderr, `a policy with the id "../../../netwicket"`)
}

// A vendor that is not asked keeps its documents, also where they lie in an older
// generation, which may go then.
func TestPullOneVendor(t *testing.T) {
	s := newStage(t)
	s.tenant.network = `{"range":["192.0.2.0/24","198.51.100.0/24"],"geolocation":null,"whitelisted":true}`
	s.tenant.profile = `{"id":"p1","tenant":"acme","offNetwork":true,"untrustedGeography":false}`
	url := s.tenant.server.URL
	got := s.run("--okta", url, "--sailpoint", url, "--profile", "p1")
	require.Equal(t, 0, got.code, got.stderr)
	require.Contains(t, got.out, "sailpoint: network configuration, authentication profile")
	for _, r := range s.tenant.requests {
		switch {
		case strings.Contains(r.URL.Path, "auth-profiles"):
			require.Equal(t, "true", r.Header.Get("X-SailPoint-Experimental"))
			require.Equal(t, "/v2025/auth-profiles/p1", r.URL.Path)
			require.Equal(t, "Bearer t1", r.Header.Get("Authorization"))
		case r.URL.Path == "/oauth/token":
			require.Empty(t, r.URL.RawQuery)
		}
	}
	require.Equal(t, 1, s.tenant.count("POST /oauth/token"))
	for n := range 7 {
		s.tenant.zones[2] = ipZone("nzo3", "Office", "POLICY", false, fmt.Sprintf("198.51.100.%d/32", n))
		require.Equal(t, 0, s.okta().code)
	}
	require.Len(t, s.generations(), 5)
	named := regexp.MustCompile(`pulled/([0-9a-f]+)/`).FindAllStringSubmatch(s.read("netwicket.json"), -1)
	require.Len(t, named, 5)
	for _, match := range named {
		require.Equal(t, named[0], match, "one generation has it all")
	}
	parts := s.check()
	require.True(t, parts.Config.AuthProfile.OffNetwork)
	require.Len(t, parts.Config.SailPoint.Range, 2)

	s.tenant.network = strings.Replace(s.tenant.network, "192.0.2.0/24", "192.0.2.0/25", 1)
	require.Equal(t, 0, s.run("--sailpoint", url).code, "without --profile the profile stays")
	require.True(t, s.check().Config.AuthProfile.OffNetwork)
	require.Len(t, s.check().Config.Rules, 1)

	s.tenant.profile = ""
	got = s.run("--sailpoint", url, "--profile", "p1")
	require.Equal(t, 3, got.code)
	require.Contains(t, got.stderr, "the SailPoint authentication profile is gone")
	got = newStage(t).run("--sailpoint", url, "--profile", "p1")
	require.Equal(t, 1, got.code, "there never was one")
	require.Contains(t, got.stderr, "sailpoint, authentication profile: 404")

	// Each generation is a policy of its own, for diff and for going back.
	for _, name := range s.generations() {
		require.Equal(t, 0, runIn(t, "", "diff", filepath.Join(s.folder, "pulled", name), s.folder).code, name)
	}
}

// The tenants of the policy file, and what cannot be asked.
func TestPullTenants(t *testing.T) {
	s := newStage(t)
	s.tenant.network = `{"range":["192.0.2.0/24","198.51.100.0/24"],"geolocation":null,"whitelisted":true}`
	url := s.tenant.server.URL
	s.write("netwicket.json", `{"geo": ["geo.csv"], "pull": {"okta": {"url": "`+url+`"}, "sailpoint": {"url": "`+url+`/"}}}`)
	require.Equal(t, 0, s.run().code)
	require.NotNil(t, s.check().Config.SailPoint)
	require.NotZero(t, s.tenant.count("GET /v2025"))
	for _, r := range s.tenant.requests {
		require.Contains(t, r.UserAgent(), "netwicket/"+versionText())
		if r.Method == http.MethodGet {
			require.Equal(t, map[bool]string{true: "SSWS 00secret", false: "Bearer t1"}[strings.HasPrefix(r.URL.Path, "/api/")], r.Header.Get("Authorization"), r.URL.Path)
		}
	}
	s.tenant.forget()
	require.Equal(t, 0, s.okta().code)
	require.Zero(t, s.tenant.count("GET /v2025"), "a flag names whom to ask")
	s.tenant.forget()

	for name, c := range map[string]struct {
		file string
		args []string
		env  map[string]string
		want string
	}{
		"nobody":                 {`{}`, nil, nil, "nobody to ask"},
		"a password":             {`{}`, []string{"--okta", "https://me:secret@acme.okta.com"}, nil, "secrets come from the environment"},
		"a password in the file": {`{"pull": {"okta": {"url": "https://me:secret@acme.okta.com"}}}`, nil, nil, "netwicket.json:1:27"},
		"a token in the file":    {`{"pull": {"okta": {"token": "00x"}}}`, nil, nil, "unknown-key"},
		"http":                   {`{}`, []string{"--okta", "http://acme.okta.com"}, nil, "anybody on the way could read the token"},
		"a name that means to":   {`{}`, []string{"--okta", "http://127.0.0.1.evil.example"}, nil, "https://"},
		"another scheme":         {`{}`, []string{"--okta", "ftp://acme.okta.com"}, nil, "https://"},
		"a path":                 {`{}`, []string{"--okta", "https://acme.okta.com/api/v1"}, nil, "without a path"},
		"no host":                {`{}`, []string{"--okta", "https://"}, nil, "such as https://acme.okta.com"},
		"no token":               {`{}`, []string{"--okta", url}, map[string]string{}, "OKTA_CLIENT_TOKEN is not in the environment"},
		"no id":                  {`{}`, []string{"--sailpoint", url}, map[string]string{}, "SAIL_CLIENT_ID is not in the environment"},
		"no secret":              {`{}`, []string{"--sailpoint", url}, map[string]string{"SAIL_CLIENT_ID": "x"}, "SAIL_CLIENT_SECRET is not in the environment"},
		"another way":            {`{}`, []string{"--okta", url}, map[string]string{"OKTA_CLIENT_AUTHORIZATIONMODE": "Basic"}, `OKTA_CLIENT_AUTHORIZATIONMODE in the environment: expected`},
		"a token with a line":    {`{}`, []string{"--okta", url}, map[string]string{"OKTA_CLIENT_TOKEN": "a\nb"}, "another character that no token has"},
		"a policy of nobody":     {`{}`, []string{"--sailpoint", url, "--policy", "x"}, nil, "--policy: Okta is not asked"},
		"a profile of nobody":    {`{}`, []string{"--okta", url, "--profile", "x"}, nil, "--profile: SailPoint is not asked"},
		"watched too often":      {`{}`, []string{"--okta", url, "--watch", "9s"}, nil, "expected 10s or longer"},
		"a dry watch":            {`{}`, []string{"--okta", url, "--watch", "10s", "--dry-run"}, nil, "do not go together"},
		"an answer that is none": {`{}`, []string{"--okta", url, "--unknown-country", "x"}, nil, "expected deny or trust"},
		"http to SailPoint":      {`{}`, []string{"--sailpoint", "http://acme.example"}, nil, `--sailpoint "http://acme.example": `},
		"authorities of nobody":  {`{}`, []string{"--okta", url, "--ca-file", "FOLDER/absent.pem"}, nil, `absent.pem": no such file`},
		"too many authorities":   {`{}`, []string{"--okta", url, "--ca-file", "FOLDER/large"}, nil, `large": it is larger than the limit`},
		"too large a key": {`{}`, []string{"--okta", url}, map[string]string{
			"OKTA_CLIENT_AUTHORIZATIONMODE": "PrivateKey", "OKTA_CLIENT_CLIENTID": "x", "OKTA_CLIENT_PRIVATEKEY": "FOLDER/large",
		}, "it is larger than the limit"},
		"nowhere to measure":       {`{}`, []string{"--okta", url, "--watch", "10s", "--metrics", "192.0.2.1:x"}, nil, "192.0.2.1:x"},
		"nothing to measure":       {`{}`, []string{"--okta", url, "--metrics", "127.0.0.1:0"}, nil, "--watch alone"},
		"a wait that is over":      {`{}`, []string{"--okta", url, "--max-wait", "-1s"}, nil, "--max-wait -1s"},
		"two folders":              {`{}`, []string{"--okta", url, "-c", "elsewhere"}, nil, "-c names 2 policies"},
		"an authority that is not": {`{}`, []string{"--okta", url, "--ca-file", "FOLDER/geo.csv"}, nil, "expected certificates as PEM"},
	} {
		t.Run(name, func(t *testing.T) {
			q := &pullStage{pulling: newPulling(t), tenant: s.tenant}
			q.write("netwicket.json", c.file)
			q.write("large", "")
			require.NoError(t, os.Truncate(filepath.Join(q.folder, "large"), files.DocumentLimit+1))
			if c.env != nil {
				q.env = c.env
			}
			for i := range c.args {
				c.args[i] = strings.ReplaceAll(c.args[i], "FOLDER", q.folder)
			}
			for name, value := range c.env {
				q.env[name] = strings.ReplaceAll(value, "FOLDER", q.folder)
			}
			got := q.run(c.args...)
			require.Equal(t, 1, got.code, got.stderr)
			require.Contains(t, got.stderr, c.want)
			require.Empty(t, s.tenant.asked())
			require.Empty(t, got.out)
		})
	}
	gone := &pullStage{pulling: newPulling(t), tenant: s.tenant}
	require.NoError(t, os.RemoveAll(gone.folder))
	require.Equal(t, 1, gone.okta().code)
}

// What is not given is the process's own.
func TestSurroundings(t *testing.T) {
	t.Setenv("OKTA_CLIENT_TOKEN", "theirs")
	own := surroundings{}.complete()
	require.Equal(t, "theirs", own.getenv("OKTA_CLIENT_TOKEN"))
	require.NotZero(t, own.clock.Now())
	given := surroundings{getenv: func(string) string { return "ours" }, clock: asking.Clock{Now: func() time.Time { return thatNoon }}}.complete()
	require.Equal(t, "ours", given.getenv("OKTA_CLIENT_TOKEN"))
	require.Equal(t, thatNoon, given.clock.Now())
}

// Over TLS a tenant is asked whom the file vouches for, and no other.
func TestPullAuthorities(t *testing.T) {
	s := newStage(t)
	server := httptest.NewTLSServer(s.tenant)
	defer server.Close()
	server.Config.ErrorLog = nil
	got := s.run("--okta", server.URL)
	require.Equal(t, 1, got.code)
	require.Contains(t, got.stderr, "--ca-file names further authorities")
	require.Empty(t, s.tenant.asked())
	s.write("ca.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})))
	got = s.run("--okta", server.URL, "--ca-file", filepath.Join(s.folder, "ca.pem"))
	require.Equal(t, 0, got.code, got.stderr)
	roots, err := (&commandLine{}).roots(filepath.Join(s.folder, "ca.pem"))
	require.NoError(t, err)
	if want, err := x509.SystemCertPool(); err == nil {
		want.AddCert(server.Certificate())
		require.True(t, want.Equal(roots), "besides the system's")
	}
}
