package sailpoint_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide/policyfile"
)

// bases are the paths of all versions (S1).
func bases() []string {
	return []string{"/v3/auth-org/", "/v2024/auth-org/", "/v2025/auth-org/", "/v2026/auth-org/", "/beta/auth-org/", "/auth-org/v1/"}
}

func profileBases() []string {
	return []string{"/beta/auth-profiles", "/v2024/auth-profiles", "/v2025/auth-profiles", "/v2026/auth-profiles", "/auth-profiles/v1"}
}

// S1: all versions are one store.
func TestVersionsAreOneStore(t *testing.T) {
	o := openOrg(t, map[string]string{
		"netwicket.json":    `{"geo": ["geo.csv"], "sailpoint": {"authProfile": "profile.json"}}`,
		"profile.json":      `{"id": "p1", "tenant": "acme", "name": "Staff", "offNetwork": false}`,
		"sailpoint/own.txt": "not ours",
	})
	for i, base := range bases() {
		wrote := fmt.Sprintf(`{"range":["10.0.0.%d"],"geolocation":null,"whitelisted":false}`, i)
		require.Equal(t, wrote, o.must("POST", base+network, wrote))
		attempts := fmt.Sprintf(`[{"op":"replace","path":"/maximumAttempts","value":%d}]`, i+1)
		lockout := o.must("PATCH", base+"lockout-config", attempts)
		idle := o.must("PATCH", base+"session-config", fmt.Sprintf(`[{"op":"replace","path":"/maxIdleTime","value":%d}]`, i+1))
		bypass := o.must("PATCH", base+"service-provider-config", fmt.Sprintf(`[{"op":"replace","path":"/bypassIdp","value":%v}]`, i%2 == 0))
		for _, other := range bases() {
			require.Equal(t, wrote, o.must("GET", other+network, ""))
			require.Equal(t, lockout, o.must("GET", other+"lockout-config", ""))
			require.Equal(t, idle, o.must("GET", other+"session-config", ""))
			require.Equal(t, bypass, o.must("GET", other+"service-provider-config", ""))
		}
	}
	for i, base := range profileBases() {
		name := fmt.Sprintf("app %d", i)
		profile := o.must("PATCH", base+"/p1", `[{"op":"replace","path":"/applicationName","value":"`+name+`"}]`)
		require.Equal(t, `{"id":"p1","tenant":"acme","name":"Staff","offNetwork":false,"untrustedGeography":false,"applicationId":null,"applicationName":"`+name+`"}`, profile)
		for _, other := range profileBases() {
			require.Equal(t, profile, o.must("GET", other+"/p1", ""))
			require.Equal(t, `[{"tenant":"acme","id":"p1"}]`, o.must("GET", other, ""))
		}
	}
}

// A request is at most 1 MiB, and only the network configuration is replaced as a whole.
func TestRequests(t *testing.T) {
	o := openOrg(t, nil)
	const path = "/v3/auth-org/network-config"
	body := `{"whitelisted":true` + strings.Repeat(" ", 1<<20-len(`{"whitelisted":true}`))
	o.must("POST", path, body+"}")
	r := o.call("POST", path, body+" }")
	require.Equal(t, http.StatusBadRequest, r.status)
	require.Equal(t, "400.1.4 Limit violation", r.refused().Code)
	replaced := 0
	for _, route := range o.vendor.Routes {
		if route.Verb == http.MethodPost {
			require.True(t, strings.HasSuffix(route.Path, "/network-config"), route.Path)
			replaced++
		}
	}
	require.Equal(t, len(bases()), replaced)
}

// S2: POST replaces the whole document, and keeps it to the letter.
func TestNetworkConfigIsReplaced(t *testing.T) {
	o := openOrg(t, nil)
	const path = "/v2025/auth-org/network-config"
	for _, c := range [][2]string{
		{`{}`, `{"range":null,"geolocation":null,"whitelisted":false}`},
		{`{"whitelisted":false}`, `{"range":null,"geolocation":null,"whitelisted":false}`},
		{`{"geolocation":["CA","CA"],"whitelisted":true}`, `{"range":null,"geolocation":["CA","CA"],"whitelisted":true}`},
		{`{"range":[],"geolocation":[]}`, `{"range":[],"geolocation":[],"whitelisted":false}`},
		{"{\n \"whitelisted\" : true, \"range\": [ \"10.1.2.3/8\",\"2001:DB8::1\", \"::ffff:1.2.3.0/120\" ] }", `{"range":["10.1.2.3/8","2001:DB8::1","::ffff:1.2.3.0/120"],"geolocation":null,"whitelisted":true}`},
		{`{"range":["\u0031.2.3.4"]}`, `{"range":["\u0031.2.3.4"],"geolocation":null,"whitelisted":false}`},
	} {
		require.Equal(t, c[1], o.must("POST", path, c[0]))
		require.Equal(t, c[1], o.must("GET", path, ""))
	}
}

// S4: what sailpoint.md 2 refuses is refused, and nothing changes.
func TestNetworkConfigIsValidated(t *testing.T) {
	o := openOrg(t, nil)
	const path = "/v3/auth-org/network-config"
	o.must("POST", path, base)
	files := o.files()
	var bodies []string
	for _, entry := range []string{
		"010.0.0.1", "1.2.3", "127.1", "0x7f.0.0.1", "10.0.0.1/08", "10.0.0.1/+8", "10.0.0.1/33", "10.0.0.1/", "", " 1.2.3.4", "1.2.3.4 ", "１.2.3.4",
		"10.0.0.0/255.0.0.0", "10.0.0.1-10.0.0.9", "10.0.0.*", "*", "example.com", "fe80::1%eth0", "fe80::/10%eth0", "[::1]", "1.2.3.4:80", "::ffff:0.0.0.0/95",
	} {
		bodies = append(bodies, `{"range":["`+entry+`"]}`)
	}
	for _, country := range []string{"ca", "CAN", "C1", "A1", "", "C", "ÄÖ"} {
		bodies = append(bodies, `{"geolocation":["`+country+`"]}`)
	}
	bodies = append(bodies, `{"range":[7]}`, `{"range":[null]}`, `{"range":[["10.0.0.1"]]}`, `{"range":"10.0.0.1"}`, `{"range":{}}`, `{"geolocation":{"0":"CA"}}`,
		`{"whitelisted":null}`, `{"whitelisted":"true"}`, `{"whitelisted":1}`, `{"whitlisted":true}`, `{"Whitelisted":true}`, `{"description":"x"}`)
	for _, body := range bodies {
		r := o.call("POST", path, body)
		require.Equal(t, http.StatusBadRequest, r.status, body)
		require.Equal(t, "400.1.3 Illegal value", r.refused().Code, body)
	}
	r := o.call("POST", path, `{"range":["10.0.0.1"`+strings.Repeat(`,"10.0.0.1"`, 10_000)+`]}`)
	require.Equal(t, "400.1.4 Limit violation", r.refused().Code)
	r = o.call("POST", path, `{"range":["`+strings.Repeat("1", 1<<20)+`"]}`)
	require.Equal(t, "400.1.4 Limit violation", r.refused().Code)
	r = o.call("PATCH", path, `[{"op":"replace","path":"/whitelisted","value":false,"note":"`+strings.Repeat("1", 1<<20)+`"}]`)
	require.Equal(t, "400.1.4 Limit violation", r.refused().Code)
	require.Equal(t, base, o.must("GET", path, ""))
	require.Equal(t, files, o.files())
}

// files are those of the folder, but for the history.
func (o *org) files() map[string]string {
	o.t.Helper()
	all := make(map[string]string)
	for _, pattern := range []string{"*.*", "sailpoint/*"} {
		names, err := filepath.Glob(filepath.Join(o.dir, filepath.FromSlash(pattern)))
		require.NoError(o.t, err)
		for _, name := range names {
			if info, err := os.Stat(name); err == nil && !info.IsDir() {
				text, err := os.ReadFile(name)
				require.NoError(o.t, err)
				all[name] = string(text)
			}
		}
	}
	return all
}

// S3, S6, S7, S12: what there is before anybody has set it.
func TestFreshFolder(t *testing.T) {
	o := openOrg(t, nil)
	for _, base := range bases() {
		require.Equal(t, "404 Not found", o.call("GET", base+network, "").refused().Code)
		require.Equal(t, "404 Not found", o.call("PATCH", base+network, `[]`).refused().Code)
		require.Equal(t, "404 Not found", o.call("PATCH", base+network, `[]`, "If-Match", "*").refused().Code)
		require.Equal(t, `{"maximumAttempts":5,"lockoutDuration":15,"lockoutWindow":5}`, o.must("GET", base+"lockout-config", ""))
		require.Equal(t, `{"maxIdleTime":15,"rememberMe":false,"maxSessionTime":720}`, o.must("GET", base+"session-config", ""))
		require.Equal(t, `{"enabled":false,"bypassIdp":false,"samlConfigurationValid":false,"federationProtocolDetails":[]}`, o.must("GET", base+"service-provider-config", ""))
	}
	for _, base := range profileBases() {
		require.Equal(t, `[]`, o.must("GET", base, ""))
		require.Equal(t, "404 Not found", o.call("GET", base+"/p1", "").refused().Code)
		require.Equal(t, "404 Not found", o.call("PATCH", base+"/p1", `[]`).refused().Code)
	}
}

// S12: what of a profile may be patched.
func TestProfiles(t *testing.T) {
	const profile = `{"id":"p1","tenant":"acme","name":"Staff","offNetwork":true,"untrustedGeography":false,"applicationId":"a","applicationName":null,"type":"BLOCK","strongAuthLogin":true}`
	o := openOrg(t, map[string]string{"netwicket.json": `{"geo": ["geo.csv"], "sailpoint": {"authProfile": "profile.json"}}`, "profile.json": profile})
	const path = "/auth-profiles/v1/p1"
	require.Equal(t, profile, o.must("GET", path, ""))
	require.Equal(t, "404 Not found", o.call("PATCH", "/auth-profiles/v1/p2", `[]`).refused().Code)
	for _, c := range [][2]string{
		{`{"op":"replace","path":"/name","value":"x"}`, "400.1.1 "}, {`{"op":"replace","path":"/id","value":"x"}`, "400.1.1 "},
		{`{"op":"remove","path":"/tenant"}`, "400.1.1 "}, {`{"op":"replace","path":"/tenant","value":"x"}`, "400.1.1 "}, {`{"op":"replace","path":"/strongAuthLogin","value":false}`, "400.1.1 "},
		{`{"op":"add","path":"/x","value":"x"}`, "400.1.1 "}, {`{"op":"remove","path":"/offNetwork"}`, "400.1.1 "}, {`{"op":"remove","path":"/type"}`, "400.1.1 "},
		{`{"op":"copy","from":"/name","path":"/applicationName"}`, "400.1.1 "},
		{`{"op":"replace","path":"/offNetwork","value":"true"}`, "400.1.3 "}, {`{"op":"replace","path":"/offNetwork","value":null}`, "400.1.3 "},
		{`{"op":"replace","path":"/type","value":"ALLOW"}`, "400.1.3 "}, {`{"op":"replace","path":"/type","value":null}`, "400.1.3 "},
		{`{"op":"replace","path":"/applicationId","value":7}`, "400.1.3 "}, {`{"op":"replace","path":"/applicationId"}`, "400.1 "},
	} {
		r := o.call("PATCH", path, "["+c[0]+"]")
		require.Equal(t, http.StatusBadRequest, r.status, "%s: %s", c[0], r.body)
		require.True(t, strings.HasPrefix(r.refused().Code, c[1]), "%s: %s", c[0], r.body)
	}
	require.Equal(t, profile, o.must("GET", path, ""))
	o.must("PATCH", path, `[{"op":"test","path":"/name","value":"Staff"},{"op":"replace","path":"/offNetwork","value":false},{"op":"replace","path":"/untrustedGeography","value":true},
		{"op":"remove","path":"/applicationId"},{"op":"replace","path":"/applicationName","value":"b"},{"op":"replace","path":"/type","value":"MFA"}]`)
	require.Equal(t, `{"id":"p1","tenant":"acme","name":"Staff","offNetwork":false,"untrustedGeography":true,"applicationId":null,"applicationName":"b","type":"MFA","strongAuthLogin":true}`,
		o.must("GET", path, ""))
	require.Contains(t, o.must("PATCH", path, `[{"op":"remove","path":"/applicationName"}]`), `"applicationName":null`)
}

// A profile without an id has one that stays.
func TestProfileWithoutAnID(t *testing.T) {
	o := openOrg(t, map[string]string{"netwicket.json": `{"geo": ["geo.csv"], "sailpoint": {"authProfile": "profile.json"}}`, "profile.json": `{"offNetwork": false}`})
	var list []struct{ Tenant, ID string }
	require.NoError(t, json.Unmarshal([]byte(o.must("GET", "/v2024/auth-profiles", "")), &list))
	require.Len(t, list, 1)
	require.NotEmpty(t, list[0].Tenant)
	for range 2 {
		o.must("PATCH", "/v2024/auth-profiles/"+list[0].ID, `[{"op":"replace","path":"/untrustedGeography","value":true}]`)
	}
}

// Documents that people wrote by hand may leave members out, which are as they are
// when nobody has set them; a patch finds them all.
func TestDocumentsOfFiles(t *testing.T) {
	o := openOrg(t, map[string]string{
		"netwicket.json":                          `{"geo": ["geo.csv"], "sailpoint": {"networkConfig": "net.json"}}`,
		"net.json":                                "{\"geolocation\": [\"CA\"]}\n",
		"sailpoint/lockout-config.json":           `{"maximumAttempts": 3}`,
		"sailpoint/session-config.json":           `{"rememberMe": true}`,
		"sailpoint/service-provider-config.json":  `{"federationProtocolDetails": [{"role": "SAML_IDP", "entityId": "e", "mappingAttribute": "m"}]}`,
		"sailpoint/something-that-is-not-our.txt": "x",
	})
	const base = "/v3/auth-org/"
	require.Equal(t, `{"range":null,"geolocation":["CA"],"whitelisted":false}`, o.must("GET", base+network, ""))
	require.Equal(t, `{"range":["10.0.0.1"],"geolocation":["CA"],"whitelisted":true}`,
		o.must("PATCH", base+network, `[{"op":"replace","path":"/whitelisted","value":true},{"op":"replace","path":"/range","value":["10.0.0.1"]}]`))
	require.Equal(t, `{"maximumAttempts":3,"lockoutDuration":15,"lockoutWindow":30}`, o.must("PATCH", base+"lockout-config", `[{"op":"replace","path":"/lockoutWindow","value":30}]`))
	require.Equal(t, `{"maxIdleTime":15,"rememberMe":true,"maxSessionTime":720}`, o.must("GET", base+"session-config", ""))
	require.Equal(t, `{"enabled":true,"bypassIdp":false,"samlConfigurationValid":false,"federationProtocolDetails":[{"role":"SAML_IDP","entityId":"e","mappingAttribute":"m"}]}`,
		o.must("PATCH", base+"service-provider-config", `[{"op":"replace","path":"/enabled","value":true}]`))
	text, err := os.ReadFile(filepath.Join(o.dir, "net.json"))
	require.NoError(t, err)
	require.JSONEq(t, `{"range":["10.0.0.1"],"geolocation":["CA"],"whitelisted":true}`, string(text))
}

// H9: a change with If-Match of another version is refused.
func TestEntityTags(t *testing.T) {
	o := openOrg(t, map[string]string{"netwicket.json": `{"geo": ["geo.csv"], "sailpoint": {"authProfile": "profile.json"}}`, "profile.json": `{"id": "p1"}`})
	require.Equal(t, "412 Precondition failed", o.call("POST", "/v3/auth-org/network-config", base, "If-Match", "*").refused().Code)
	o.must("POST", "/v3/auth-org/network-config", base)
	for path, patch := range map[string]string{
		"/v3/auth-org/network-config":             `[{"op":"add","path":"/range/-","value":"10.0.0.1"}]`,
		"/auth-org/v1/lockout-config":             `[{"op":"replace","path":"/lockoutWindow","value":7}]`,
		"/auth-org/v1/session-config":             `[{"op":"replace","path":"/maxIdleTime","value":7}]`,
		"/v2024/auth-org/service-provider-config": `[{"op":"replace","path":"/bypassIdp","value":true}]`,
		"/auth-profiles/v1/p1":                    `[{"op":"replace","path":"/offNetwork","value":true}]`,
	} {
		tag := o.call("GET", path, "").header.Get("ETag")
		require.Regexp(t, `^"[0-9a-f]{32}"$`, tag)
		before := o.must("GET", path, "")
		for _, other := range []string{`"0123456789abcdef0123456789abcdef"`, `W/` + tag, "nonsense"} {
			r := o.call("PATCH", path, patch, "If-Match", other)
			require.Equal(t, http.StatusPreconditionFailed, r.status, other)
			require.Equal(t, "412 Precondition failed", r.refused().Code)
			require.Equal(t, before, o.must("GET", path, ""))
		}
		r := o.call("PATCH", path, patch, "If-Match", `"x", `+tag)
		require.Equal(t, http.StatusOK, r.status, r.body)
		require.NotEqual(t, tag, r.header.Get("ETag"))
		require.Equal(t, r.header.Get("ETag"), o.call("GET", path, "").header.Get("ETag"))
		require.Equal(t, http.StatusPreconditionFailed, o.call("PATCH", path, patch, "If-Match", tag).status)
		o.must("PATCH", path, `[]`, "If-Match", "*")
	}
}

// Writers that use If-Match, or test, lose nothing.
func TestNoUpdateIsLost(t *testing.T) {
	o := openOrg(t, nil)
	const path = "/auth-org/v1/network-config"
	o.must("POST", path, `{"range":[],"whitelisted":true}`)
	var writers sync.WaitGroup
	for writer := range 8 {
		writers.Go(func() {
			for n := 0; n < 4; {
				read := o.call("GET", path, "")
				body := fmt.Sprintf(`[{"op":"add","path":"/range/-","value":"10.0.%d.%d"}]`, writer, n)
				headers := []string{"If-Match", read.header.Get("ETag")}
				if writer%2 == 0 {
					body = fmt.Sprintf(`[{"op":"test","path":"","value":%s},%s`, read.body, body[1:])
					headers = nil
				}
				if r := o.call("PATCH", path, body, headers...); r.status == http.StatusOK {
					n++
				}
			}
		})
	}
	writers.Wait()
	var doc struct{ Range []string }
	require.NoError(t, json.Unmarshal([]byte(o.must("GET", path, "")), &doc))
	require.Len(t, doc.Range, 8*4)
	for writer := range 8 {
		for n := range 4 {
			require.Contains(t, doc.Range, fmt.Sprintf("10.0.%d.%d", writer, n))
		}
	}
}

// What is written decides: as any other command loads the folder.
func TestDocumentsDecide(t *testing.T) {
	o := openOrg(t, map[string]string{"netwicket.json": `{"geo": ["geo.csv"], "sailpoint": {"authProfile": "profile.json"}}`, "profile.json": `{"id": "p1"}`})
	decision := func(address string) string {
		_, policy, err := policyfile.Open(policyfile.Options{Paths: []string{o.dir}})
		require.NoError(t, err)
		return policy.Decide(netip.MustParseAddr(address)).String()
	}
	o.must("POST", "/v3/auth-org/network-config", `{"range":["192.0.2.0/25"],"geolocation":["CA"],"whitelisted":true}`)
	require.Equal(t, "allow 198.51.100.1 permitted", firstWords(decision("198.51.100.1"), 3)) // the profile enforces nothing
	o.must("PATCH", "/auth-profiles/v1/p1", `[{"op":"replace","path":"/untrustedGeography","value":true}]`)
	require.Contains(t, decision("198.51.100.1"), "untrusted_geography")
	require.Contains(t, decision("192.0.2.200"), "allow")
	o.must("PATCH", "/auth-profiles/v1/p1", `[{"op":"replace","path":"/offNetwork","value":true}]`)
	require.Contains(t, decision("192.0.2.200"), "off_network")
	require.Contains(t, decision("192.0.2.1"), "allow")
	o.must("PATCH", "/v3/auth-org/network-config", `[{"op":"replace","path":"/whitelisted","value":false}]`)
	require.Contains(t, decision("192.0.2.1"), "untrusted_geography")
	r := o.call("PATCH", "/v3/auth-org/network-config", `[{"op":"add","path":"/range/-","value":"0.0.0.0/0"},{"op":"replace","path":"/geolocation","value":["us"]}]`)
	require.Equal(t, http.StatusBadRequest, r.status)
	require.Contains(t, decision("192.0.2.1"), "untrusted_geography")
	require.Contains(t, decision("198.51.100.1"), "off_network")
}

func firstWords(text string, n int) string {
	words := strings.Fields(text)
	return strings.Join(words[:min(n, len(words))], " ")
}

// D6: documents that do not load are 400.1 for reads and writes.
func TestFoldersThatDoNotLoad(t *testing.T) {
	o := openOrg(t, nil)
	o.must("POST", "/v3/auth-org/network-config", base)
	o.put("sailpoint/network-config.json", `{"geolocation": ["ca"]}`)
	for _, r := range []reply{
		o.call("GET", "/v3/auth-org/network-config", ""), o.call("GET", "/v3/auth-org/lockout-config", ""), o.call("GET", "/auth-profiles/v1", ""),
		o.call("POST", "/v3/auth-org/network-config", base), o.call("PATCH", "/v3/auth-org/session-config", `[]`),
	} {
		require.Equal(t, http.StatusBadRequest, r.status)
		e := r.refused()
		require.Equal(t, "400.1 Bad Request Content", e.Code)
		require.Contains(t, e.Messages[0].Text, "network-config.json:1:18")
	}
	o.put("sailpoint/network-config.json", base)
	require.Equal(t, base, o.must("GET", "/v3/auth-org/network-config", ""))
}

// No two errors have the same trackingId.
func TestTrackingIDs(t *testing.T) {
	o := openOrg(t, nil)
	seen := make(map[string]bool)
	for range 50 {
		seen[o.call("GET", "/v3/auth-org/network-config", "").refused().ID] = true
	}
	require.Len(t, seen, 50)
}

// Answers end as they begin: no line ends, no spaces.
func TestAnswersAreCompact(t *testing.T) {
	o := openOrg(t, nil)
	body := o.must("POST", "/v3/auth-org/network-config", "{ \"range\" : [ \"10.0.0.1\" ,\n \"10.0.0.2\" ] }\n")
	var compact bytes.Buffer
	require.NoError(t, json.Compact(&compact, []byte(body)))
	require.Equal(t, compact.String(), body)
}
