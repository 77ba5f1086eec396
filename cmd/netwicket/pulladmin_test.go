package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/impact"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/pull/generation"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/policyfile"
)

// send sends a request to admin and gives the id of what it answers.
func (w *adminWorld) send(t *testing.T, as, verb, path, body string) string {
	t.Helper()
	var answer struct{ ID string }
	_ = json.Unmarshal(w.exchange(t, as, verb, path, body), &answer) // there may be none
	return answer.ID
}

// exchange sends a request to admin and gives what it answers.
func (w *adminWorld) exchange(t *testing.T, as, verb, path, body string) []byte {
	t.Helper()
	request, err := http.NewRequest(verb, w.base+path, strings.NewReader(body))
	require.NoError(t, err)
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	scheme := "SSWS "
	if as == "sp" {
		scheme = "Bearer "
	}
	request.Header.Set("Authorization", scheme+w.tokens[as])
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.Less(t, response.StatusCode, 300, "%s %s: %s", verb, path, text)
	return text
}

func (w *adminWorld) zone(t *testing.T, name, gateway string) string {
	t.Helper()
	return w.send(t, "admin", "POST", "/api/v1/zones", fmt.Sprintf(`{"type":"IP","name":%q,"gateways":[{"type":"CIDR","value":%q}]}`, name, gateway))
}

// intoFrom is a folder that pulls from admin, with the geo data that it has.
func intoFrom(t *testing.T, w *adminWorld) *pullStage {
	t.Helper()
	s := &pullStage{pulling: newPulling(t)}
	s.env["OKTA_CLIENT_TOKEN"] = w.tokens["reader"]
	s.env["SAIL_CLIENT_ID"], s.env["SAIL_CLIENT_SECRET"] = w.variables["SP_ID"], w.variables["SP_SECRET"]
	s.write("geo.csv", geoForAdmin)
	s.write("netwicket.json", `{"geo": ["geo.csv"], "assumeNone": ["vpn", "public_proxy", "residential_proxy", "tor"]}`)
	return s
}

// policyNames are the policies of a file as their ids, names and priorities.
func policyNames(t *testing.T, file string) (names []string) {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	var policies []struct {
		ID, Type, Status, Name string
		Priority               int
		System                 bool
	}
	require.NoError(t, json.Unmarshal(text, &policies))
	for _, p := range policies {
		names = append(names, fmt.Sprint(p))
	}
	return names
}

// What admin serves is what pull gets, document for document, and decides the same;
// whatever way the caller proves who it is, the second pull finds nothing changed.
func TestPullFromAdmin(t *testing.T) {
	w := newAdminWorld(t, "a folder with an auth profile")
	office := w.zone(t, "Office", "192.0.2.0/24")
	w.send(t, "admin", "POST", "/api/v1/zones", `{"type":"DYNAMIC","name":"Germany <&>","locations":[{"country":"DE","region":null}]}`)
	w.send(t, "admin", "POST", "/api/v1/zones", `{"type":"DYNAMIC_V2","name":"VPNs","usage":"BLOCKLIST","ipServiceCategories":{"include":["NORD_VPN"],"exclude":[]}}`)
	w.send(t, "admin", "POST", "/api/v1/threats/configuration", `{"action":"audit","excludeZones":["`+office+`"]}`)
	for _, p := range [][4]string{{"OKTA_SIGN_ON", "SIGN_ON", "signon", "Staff"}, {"ACCESS_POLICY", "ACCESS_POLICY", "appSignOn", "App"}} {
		id := w.send(t, "admin", "POST", "/api/v1/policies", fmt.Sprintf(`{"type":%q,"name":%q}`, p[0], p[3]))
		w.send(t, "admin", "POST", "/api/v1/policies/"+id+"/rules", fmt.Sprintf(
			`{"type":%q,"name":"Office","conditions":{"network":{"connection":"ZONE","include":[%q]}},"actions":{%q:{"access":"ALLOW"}}}`, p[1], office, p[2]))
	}
	w.send(t, "sp", "POST", "/v2024/auth-org/network-config", `{"range":["192.0.2.0/24","198.51.100.0/24"],"geolocation":["FR","DE"],"whitelisted":true}`)

	s := intoFrom(t, w)
	args := []string{"--okta", w.base, "--sailpoint", w.base, "--profile", "2c91808a7813090a017814121e121518"}
	got := s.run(args...)
	require.Equal(t, 0, got.code, got.stderr)
	pulled := filepath.Join(s.folder, "pulled", s.generations()[0])
	same := func(name, theirs string) {
		t.Helper()
		ours, err := os.ReadFile(filepath.Join(pulled, name))
		require.NoError(t, err)
		text, err := os.ReadFile(theirs)
		require.NoError(t, err)
		require.True(t, generation.Same(ours, text), "%s\n%s\n%s", name, ours, text)
	}
	var admin struct {
		Okta struct {
			Zones         []string
			Rules         []string
			ThreatInsight string
		}
		SailPoint struct{ NetworkConfig string }
	}
	text, err := os.ReadFile(filepath.Join(w.folder, "netwicket.json"))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &admin))
	at := func(name string) string { return filepath.Join(w.folder, name) }
	same("okta/zones.json", at(admin.Okta.Zones[0]))
	same("okta/threat-insight.json", at(admin.Okta.ThreatInsight))
	require.ElementsMatch(t, policyNames(t, at("okta/policies.json")), policyNames(t, filepath.Join(pulled, "okta/policies.json")), "in the order of their creation, and of their priority")
	same("sailpoint/network-config.json", at(admin.SailPoint.NetworkConfig))
	profile, err := os.ReadFile(filepath.Join(pulled, "sailpoint/auth-profile.json"))
	require.NoError(t, err)
	require.True(t, generation.Same(profile, w.exchange(t, "sp", "GET", "/v2024/auth-profiles/2c91808a7813090a017814121e121518", "")), "the file leaves out what says nothing")
	require.Len(t, admin.Okta.Rules, 2)
	for _, name := range admin.Okta.Rules {
		same("okta/rules/"+filepath.Base(name), at(name))
	}
	pair, err := policyfile.OpenPair(policyfile.Options{Paths: []string{w.folder}}, policyfile.Options{Paths: []string{s.folder}})
	require.NoError(t, err)
	for change := range decide.Diff(pair[0].Policy, pair[1].Policy) {
		require.Equal(t, impact.OtherReason, impact.DirectionOf(change), "%v", change)
	}

	before := s.tree()
	for _, client := range []string{"0oaBearer", "0oaDpop"} {
		s.env["OKTA_CLIENT_AUTHORIZATIONMODE"], s.env["OKTA_CLIENT_CLIENTID"] = "PrivateKey", client
		s.env["OKTA_CLIENT_PRIVATEKEY"], s.env["OKTA_CLIENT_PRIVATEKEYID"] = pemOf(t, w.key), "k1"
		s.now = time.Now() // which assertions are held against
		got = s.unchanged(before, func() ran { return s.run(args...) })
		require.Equal(t, 0, got.code, "%s: %s", client, got.stderr)
		require.Contains(t, got.out, "nothing changed")
	}
	s.env = map[string]string{"OKTA_CLIENT_TOKEN": "unknown"}
	require.Contains(t, s.run("--okta", w.base).stderr, "401 E0000011 Invalid token provided")
}

// Zones that exist throughout are pulled, each once, though others come and go
// between the pages.
func TestPullWhileAdminWrites(t *testing.T) {
	w := newAdminWorld(t, "fresh")
	stays := make(map[string]bool)
	for i := range 90 {
		stays[w.zone(t, fmt.Sprintf("Stays %d", i), fmt.Sprintf("192.0.2.%d/32", i))] = true
	}
	back, err := url.Parse(w.base)
	require.NoError(t, err)
	pages := 0
	var last string
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { // in pages of 7
			r.SetURL(back)
			r.Out.URL.RawQuery = strings.Replace(r.Out.URL.RawQuery, "limit=200", "limit=7", 1)
			r.Out.Host = r.In.Host // which links are made of
		},
		ModifyResponse: func(r *http.Response) error {
			if r.Request.URL.Path != "/api/v1/zones" || !strings.Contains(r.Request.URL.RawQuery, "after") {
				return nil
			}
			pages++
			if last != "" {
				w.send(t, "admin", "POST", "/api/v1/zones/"+last+"/lifecycle/deactivate", "")
				w.send(t, "admin", "DELETE", "/api/v1/zones/"+last, "")
			}
			last = w.zone(t, fmt.Sprint("Comes ", pages), "198.51.100.1/32")
			return nil
		},
	}
	front := httptest.NewServer(proxy)
	defer front.Close()
	s := intoFrom(t, w)
	got := s.run("--okta", front.URL)
	require.Equal(t, 0, got.code, got.stderr)
	require.GreaterOrEqual(t, pages, 13)
	seen := make(map[string]int)
	for _, z := range s.check().Config.Zones[0].Zones {
		seen[z.ID]++
	}
	for id, n := range seen {
		require.Equal(t, 1, n, id)
	}
	for id := range stays {
		require.Equal(t, 1, seen[id], id)
	}
}
