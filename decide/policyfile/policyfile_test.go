package policyfile_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/internal/finding"
)

// Documents that are good, as short as they can be.
const (
	zonesText   = `[{"type":"IP","id":"nzo1","name":"Office","gateways":[{"type":"CIDR","value":"192.0.2.0/24"}],"proxies":null}]`
	rulesText   = `[{"name":"In","conditions":{"network":{"connection":"ZONE","include":["nzo1"]}},"actions":{"signon":{"access":"ALLOW"}}}]`
	threatText  = `{"action":"block","excludeZones":[]}`
	networkText = `{"range":["192.0.2.0/24"],"geolocation":["DE"],"whitelisted":true}`
	profileText = `{"name":"Staff","offNetwork":true,"untrustedGeography":false}`
	feedText    = "# bad\n203.0.113.0/24\n"
	geoText     = "network,country,region,asn,anonymizer,services\n192.0.2.0/24,DE,,64500,none,-\n"
	overlayText = `{"deny":[{"network":"198.51.100.7","why":"incident"}],"allow":[]}`
)

// folder makes a folder of files and goes there.
func folder(t *testing.T, files map[string]string) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	}
	t.Chdir(dir)
}

// lines are findings as position, path and code, which is what a test pins: the
// texts are for people.
func lines(findings finding.List) []string {
	out := []string{}
	for _, f := range findings {
		line := f.Position() + " " + f.Path + " " + f.Code
		if f.Warning {
			line += " (warning)"
		}
		out = append(out, line)
	}
	return out
}

func TestPolicyFileWithEverything(t *testing.T) {
	folder(t, map[string]string{
		"org/netwicket.json": `{
			"okta": {"zones": ["okta/zones.json"], "rules": ["okta/rules.json"], "threatInsight": "okta/threat.json", "threatFeeds": ["feeds/bad.txt"]},
			"sailpoint": {"networkConfig": "sailpoint/network.json", "authProfile": "sailpoint/profile.json", "unknownCountry": "trust"},
			"geo": ["geo"],
			"services": {"NORD_VPN": ["feeds/nord.txt"]},
			"overlay": "overlay.json",
			"edge": {"trusted": ["10.0.0.0/8", "2001:db8::1"], "source": "header:CF-Connecting-IP", "onMissing": "peer", "allTrusted": "leftmost",
			         "trustUnix": true, "allowTrustAll": true},
			"mode": "observe",
			"serve": {"listen": "[::1]:9000", "metrics": ":9001", "tlsCert": "cert.pem", "tlsKey": "/keys/key.pem", "proxyProtocol": true,
			          "reasonHeader": true, "guard": ["192.0.2.7", "::ffff:192.0.2.8"], "maxAge": "30d", "logLevel": "warn", "logAddresses": "network"}
		}`,
		"org/okta/zones.json":        zonesText,
		"org/okta/rules.json":        rulesText,
		"org/okta/threat.json":       threatText,
		"org/sailpoint/network.json": networkText,
		"org/sailpoint/profile.json": profileText,
		"org/feeds/bad.txt":          feedText,
		"org/feeds/nord.txt":         "198.51.100.0/24\n",
		"org/geo/b.csv":              geoText,
		"org/geo/a.csv":              geoText,
		"org/geo/.c.csv":             "half of a fi",
		"org/geo/README":             "not geo",
		"org/overlay.json":           overlayText,
	})
	parts, policy, err := policyfile.Open(policyfile.Options{Paths: []string{"org"}})
	require.NoError(t, err)
	require.NotNil(t, policy)
	config := parts.Config
	require.Len(t, config.Zones, 1)
	require.Len(t, config.Rules, 1)
	require.Len(t, config.ThreatFeeds, 1)
	require.NotNil(t, config.ThreatInsight)
	require.NotNil(t, config.SailPoint)
	require.NotNil(t, config.AuthProfile)
	require.NotNil(t, config.Overlay)
	require.EqualValues(t, 1, config.UnknownCountry)
	require.Len(t, config.Geo.Datasets(), 3)
	require.True(t, parts.Observe)
	require.Equal(t, policyfile.Unknown, parts.Document())

	require.Equal(t, "header:CF-Connecting-IP", parts.Edge.Source.String())
	require.Len(t, parts.Edge.Trusted, 2)
	require.EqualValues(t, "peer", parts.Edge.OnMissing)
	require.EqualValues(t, "leftmost", parts.Edge.AllTrusted)
	require.True(t, parts.Edge.TrustUnix)
	require.True(t, parts.Edge.AllowTrustAll)

	serve := parts.Serve
	require.Equal(t, "[::1]:9000", serve.Listen)
	require.Equal(t, ":9001", serve.Metrics)
	require.Equal(t, filepath.Join("org", "cert.pem"), serve.TLSCert)
	require.Equal(t, "/keys/key.pem", serve.TLSKey)
	require.True(t, serve.ProxyProtocol)
	require.True(t, serve.ReasonHeader)
	require.Equal(t, "[192.0.2.7 192.0.2.8]", formatted(serve.Guard))
	require.Equal(t, "720h0m0s", serve.MaxAge.String())
	require.Equal(t, "WARN", serve.LogLevel.String())
	require.True(t, serve.LogNetworks)

	require.Equal(t, []string{
		"org/netwicket.json", "org/okta/zones.json", "org/okta/rules.json", "org/okta/threat.json", "org/feeds/bad.txt",
		"org/sailpoint/network.json", "org/sailpoint/profile.json", "org/overlay.json", "org/geo/a.csv", "org/geo/b.csv", "org/feeds/nord.txt",
	}, parts.Files)
}

func TestEmptyPolicyFile(t *testing.T) {
	folder(t, map[string]string{"netwicket.json": `{}`})
	parts, policy, err := policyfile.Open(policyfile.Options{})
	require.Nil(t, policy)
	require.Empty(t, parts.Findings)
	require.Nil(t, parts.Edge, "no edge is not an empty edge")
	require.Equal(t, policyfile.DefaultServe(), parts.Serve)
	require.Equal(t, []string{"netwicket.json:1:1  empty-policy"}, lines(asList(t, err)))
}

func TestEmptyEdgeIsAnEdge(t *testing.T) {
	folder(t, map[string]string{"netwicket.json": `{"edge":{}}`})
	parts := policyfile.Load(policyfile.Options{})
	require.Empty(t, parts.Findings)
	require.NotNil(t, parts.Edge)
	require.Equal(t, "peer", parts.Edge.Source.String())

	edge, err := policyfile.LoadEdge(policyfile.Options{Paths: []string{"."}})
	require.NoError(t, err)
	require.Equal(t, parts.Edge, edge)
}

func TestLoadEdgeReadsNothingElse(t *testing.T) {
	folder(t, map[string]string{
		"netwicket.json": `{"okta":{"zones":["absent.json"]},"geo":["absent.mmdb"],"edge":{"source":"hops:2","trusted":["10.0.0.1"]}}`,
		"zones.json":     `[{"type":"IP"`,
	})
	edge, err := policyfile.LoadEdge(policyfile.Options{Paths: []string{"netwicket.json"}})
	require.NoError(t, err)
	require.Equal(t, "hops:2", edge.Source.String())

	_, err = policyfile.LoadEdge(policyfile.Options{Paths: []string{"zones.json"}})
	require.Error(t, err)
}

// Every key of a policy file with a value that is wrong, and where it is found.
func TestBadValues(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"not JSON", `{"okta":`, "1:9  bad-json"},
		{"an array", `[]`, "1:1  bad-type"},
		{"a key twice", `{"geo":[],"geo":[]}`, "1:11 /geo duplicate-key"},
		{"unknown key", "{\n  \"edeg\": {}}", "2:3 /edeg unknown-key"},
		{"miscast key", `{"Edge":{}}`, "1:2 /Edge unknown-key"},
		{"a comment never closed", "{\"geo\":[],\n /* \"edge\":{}}", "2:2  bad-json"},
		{"$schema", `{"$schema":1}`, "1:12 /$schema bad-type"},
		{"unknown key behind a comment", "{// x\n\"geo\":[],/*\n*/ \"edeg\":{},}", "3:4 /edeg unknown-key"},
		{"unknown key in okta", `{"okta":{"zone":[]}}`, "1:10 /okta/zone unknown-key"},
		{"unknown key in sailpoint", `{"sailpoint":{"x":1}}`, "1:15 /sailpoint/x unknown-key"},
		{"unknown key in edge", `{"edge":{"trust":[]}}`, "1:10 /edge/trust unknown-key"},
		{"unknown key in serve", `{"serve":{"port":1}}`, "1:11 /serve/port unknown-key"},
		{"okta null", `{"okta":null}`, "1:9 /okta bad-type"},
		{"okta an array", `{"okta":[]}`, "1:9 /okta bad-type"},
		{"sailpoint a string", `{"sailpoint":"x"}`, "1:14 /sailpoint bad-type"},
		{"zones a string", `{"okta":{"zones":"z.json"}}`, "1:18 /okta/zones bad-type"},
		{"zones of numbers", `{"okta":{"zones":[1]}}`, "1:19 /okta/zones/0 bad-type"},
		{"zones without a path", `{"okta":{"zones":[""]}}`, "1:19 /okta/zones/0 empty-path"},
		{"rules null", `{"okta":{"rules":null}}`, "1:18 /okta/rules bad-type"},
		{"threatInsight a list", `{"okta":{"threatInsight":["x"]}}`, "1:26 /okta/threatInsight bad-type"},
		{"threatFeeds a boolean", `{"okta":{"threatFeeds":true}}`, "1:24 /okta/threatFeeds bad-type"},
		{"networkConfig a number", `{"sailpoint":{"networkConfig":1}}`, "1:31 /sailpoint/networkConfig bad-type"},
		{"authProfile without a path", `{"sailpoint":{"authProfile":""}}`, "1:29 /sailpoint/authProfile empty-path"},
		{"unknownCountry", `{"sailpoint":{"unknownCountry":"allow"}}`, "1:32 /sailpoint/unknownCountry bad-value"},
		{"unknownCountry miscast", `{"sailpoint":{"unknownCountry":"Trust"}}`, "1:32 /sailpoint/unknownCountry bad-value"},
		{"geo a string", `{"geo":"x.mmdb"}`, "1:8 /geo bad-type"},
		{"services a list", `{"services":["x"]}`, "1:13 /services bad-type"},
		{"services of strings", `{"services":{"NORD_VPN":"x"}}`, "1:25 /services/NORD_VPN bad-type"},
		{"services misspelt", `{"services":{"nord vpn":[]}}`, "1:14 /services/nord vpn bad-value"},
		{"assumeNone a word", `{"assumeNone":"vpn"}`, "1:15 /assumeNone bad-type"},
		{"assumeNone of numbers", `{"assumeNone":[1]}`, "1:16 /assumeNone/0 bad-type"},
		{"assumeNone miscast", `{"assumeNone":["VPN"]}`, "1:16 /assumeNone/0 bad-value"},
		{"services without a name", `{"services":{"":[]}}`, "1:14 /services/ bad-value"},
		{"overlay a list", `{"overlay":[]}`, "1:12 /overlay bad-type"},
		{"mode", `{"mode":"off"}`, "1:9 /mode bad-value"},
		{"mode a boolean", `{"mode":false}`, "1:9 /mode bad-type"},
		{"edge null", `{"edge":null}`, "1:9 /edge bad-type"},
		{"trusted a string", `{"edge":{"trusted":"10.0.0.0/8"}}`, "1:20 /edge/trusted bad-type"},
		{"trusted a number", `{"edge":{"trusted":[10]}}`, "1:21 /edge/trusted/0 bad-type"},
		{"trusted an empty object", `{"edge":{"trusted":[{}]}}`, "1:21 /edge/trusted/0 bad-value"},
		{"trusted another key", `{"edge":{"trusted":[{"path":"cdn.txt"}]}}`, "1:21 /edge/trusted/0 bad-value; 1:22 /edge/trusted/0/path unknown-key"},
		{"trusted a list without a path", `{"edge":{"trusted":[{"file":""}]}}`, "1:29 /edge/trusted/0/file empty-path"},
		{"trusted a name", `{"edge":{"trusted":["10.0.0.0/8","lb"],"source":"x-forwarded-for"}}`, "1:34 /edge/trusted/1 bad-prefix"},
		{"trusted a mapped prefix", `{"edge":{"trusted":["x","::ffff:0:0/90"],"source":"x-forwarded-for"}}`, "1:21 /edge/trusted/0 bad-prefix; 1:25 /edge/trusted/1 mapped-prefix"},
		{"trusted everybody", `{"edge":{"trusted":["0.0.0.0/1","128.0.0.0/1"],"source":"x-forwarded-for"}}`, "1:21 /edge/trusted/0 wide-prefix (warning); 1:33 /edge/trusted/1 wide-prefix (warning); 1:20 /edge/trusted trust-all"},
		{"source", `{"edge":{"source":"xff"}}`, "1:19 /edge/source bad-source"},
		{"source empty", `{"edge":{"source":""}}`, "1:19 /edge/source bad-source"},
		{"source without a header", `{"edge":{"source":"header:"}}`, "1:19 /edge/source bad-source"},
		{"source of no hops", `{"edge":{"source":"hops:0"}}`, "1:19 /edge/source bad-source"},
		{"source a list", `{"edge":{"source":["forwarded"]}}`, "1:19 /edge/source bad-type"},
		{"onMissing", `{"edge":{"onMissing":"leftmost"}}`, "1:22 /edge/onMissing bad-value"},
		{"allTrusted", `{"edge":{"allTrusted":"peer"}}`, "1:23 /edge/allTrusted bad-value"},
		{"trustUnix", `{"edge":{"trustUnix":"yes"}}`, "1:22 /edge/trustUnix bad-type"},
		{"allowTrustAll", `{"edge":{"allowTrustAll":1}}`, "1:26 /edge/allowTrustAll bad-type"},
		{"listen empty", `{"serve":{"listen":""}}`, "1:20 /serve/listen bad-value"},
		{"listen without a port", `{"serve":{"listen":"127.0.0.1"}}`, "1:20 /serve/listen bad-value"},
		{"listen on a large port", `{"serve":{"listen":"127.0.0.1:65536"}}`, "1:20 /serve/listen bad-value"},
		{"metrics", `{"serve":{"metrics":"metrics"}}`, "1:21 /serve/metrics bad-value"},
		{"tlsCert", `{"serve":{"tlsCert":1,"tlsKey":"k"}}`, "1:10 /serve bad-value; 1:21 /serve/tlsCert bad-type"},
		{"tlsCert null", `{"serve":{"tlsCert":null}}`, "1:21 /serve/tlsCert bad-type"},
		{"listen on a port that is no number", `{"serve":{"listen":"127.0.0.1:1a"}}`, "1:20 /serve/listen bad-value"},
		{"tlsCert without tlsKey", `{"serve":{"tlsCert":"c"}}`, "1:10 /serve bad-value"},
		{"tlsKey without tlsCert", `{"serve":{"tlsKey":"k","tlsCert":""}}`, "1:10 /serve bad-value"},
		{"proxyProtocol", `{"serve":{"proxyProtocol":"on"}}`, "1:27 /serve/proxyProtocol bad-type"},
		{"reasonHeader", `{"serve":{"reasonHeader":null}}`, "1:26 /serve/reasonHeader bad-type"},
		{"guard a string", `{"serve":{"guard":"192.0.2.1"}}`, "1:19 /serve/guard bad-type"},
		{"guard a prefix", `{"serve":{"guard":["192.0.2.0/24"]}}`, "1:20 /serve/guard/0 bad-value"},
		{"guard with a leading zero", `{"serve":{"guard":["192.0.2.1","010.0.0.1"]}}`, "1:32 /serve/guard/1 bad-value"},
		{"guard with a zone", `{"serve":{"guard":["fe80::1%eth0"]}}`, "1:20 /serve/guard/0 bad-value"},
		{"drain that never ends", `{"serve":{"drain":"61m"}}`, "1:19 /serve/drain bad-value"},
		{"drain below zero", `{"serve":{"drain":"-1s"}}`, "1:19 /serve/drain bad-value"},
		{"drain without a unit", `{"serve":{"drain":"5"}}`, "1:19 /serve/drain bad-value"},
		{"no drain", `{"serve":{"drain":""}}`, "1:19 /serve/drain bad-value"},
		{"a header that is none", `{"serve":{"logHeaders":["X Id"]}}`, "1:25 /serve/logHeaders/0 bad-value"},
		{"a header of secrets", `{"serve":{"logHeaders":["X-Id","cookie"]}}`, "1:32 /serve/logHeaders/1 bad-value"},
		{"a header that is no text", `{"serve":{"logHeaders":[1]}}`, "1:25 /serve/logHeaders/0 bad-type"},
		{"an answer of nothing", `{"serve":{"answerHeaders":["city"]}}`, "1:28 /serve/answerHeaders/0 bad-value"},
		{"maxAge", `{"serve":{"maxAge":"90"}}`, "1:20 /serve/maxAge bad-value"},
		{"maxAge of nothing", `{"serve":{"maxAge":"0d"}}`, "1:20 /serve/maxAge bad-value"},
		{"maxAge below zero", `{"serve":{"maxAge":"-1h"}}`, "1:20 /serve/maxAge bad-value"},
		{"maxAge beyond all measure", `{"serve":{"maxAge":"99999999d"}}`, "1:20 /serve/maxAge bad-value"},
		{"a header too many", `{"serve":{"logHeaders":["` + strings.Repeat(`a","`, 16) + `b"]}}`, "1:89 /serve/logHeaders/16 bad-value"},
		{"listen on a number", `{"serve":{"listen":1}}`, "1:20 /serve/listen bad-type"},
		{"listen on no path", `{"serve":{"listen":"unix:"}}`, "1:20 /serve/listen bad-value"},
		{"drain a number", `{"serve":{"drain":5}}`, "1:19 /serve/drain bad-type"},
		{"an answer that is no text", `{"serve":{"answerHeaders":[1]}}`, "1:28 /serve/answerHeaders/0 bad-type"},
		{"guard of numbers", `{"serve":{"guard":[1]}}`, "1:20 /serve/guard/0 bad-type"},
		{"maxAge a number", `{"serve":{"maxAge":90}}`, "1:20 /serve/maxAge bad-type"},
		{"maxAge of a day more than may be", `{"serve":{"maxAge":"36501d"}}`, "1:20 /serve/maxAge bad-value"},
		{"a tenant that is no address", `{"pull":{"okta":{"url":"http://acme.okta.com"}}}`, "1:24 /pull/okta/url bad-value"},
		{"a tenant that is a number", `{"pull":{"okta":{"url":1}}}`, "1:24 /pull/okta/url bad-type"},
		{"a policy without a name", `{"pull":{"okta":{"policies":["a",""]}}}`, "1:34 /pull/okta/policies/1 bad-value"},
		{"a policy that is a number", `{"pull":{"okta":{"policies":[1]}}}`, "1:30 /pull/okta/policies/0 bad-type"},
		{"a profile that is a number", `{"pull":{"sailpoint":{"profile":1}}}`, "1:33 /pull/sailpoint/profile bad-type"},
		{"logLevel", `{"serve":{"logLevel":"INFO"}}`, "1:22 /serve/logLevel bad-value"},
		{"logAddresses", `{"serve":{"logAddresses":"none"}}`, "1:26 /serve/logAddresses bad-value"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			folder(t, map[string]string{"netwicket.json": test.text})
			parts := policyfile.Load(policyfile.Options{})
			require.Error(t, parts.Err())
			want := "netwicket.json:" + strings.ReplaceAll(test.want, "; ", "; netwicket.json:")
			require.Equal(t, strings.Split(want, "; "), lines(parts.Findings))
		})
	}
}

// Values at their edge, and as the program has them.
func TestValuesAtTheirEdge(t *testing.T) {
	folder(t, map[string]string{
		"netwicket.json": `{"serve":{"listen":"unix:ask.sock","metrics":":0","maxAge":"36500d","drain":"1h","logHeaders":["` + strings.Repeat(`a","`, 15) + `b"]},
			"pull":{"okta":{"url":"https://acme.okta.com"},"sailpoint":{"profile":"p"}}}`,
		"other.json": `{"serve":{"listen":"unix:/run/ask.sock"}}`,
	})
	parts := policyfile.Load(policyfile.Options{})
	require.Empty(t, parts.Findings)
	require.Equal(t, "unix:ask.sock", parts.Serve.Listen)
	require.Equal(t, 36500*24*time.Hour, parts.Serve.MaxAge)
	require.Equal(t, time.Hour, parts.Serve.Drain)
	require.Len(t, parts.Serve.LogHeaders, 16)
	require.Equal(t, "https://acme.okta.com", parts.Pull.Okta.URL)
	require.Equal(t, "p", parts.Pull.SailPoint.Profile)
	require.Equal(t, "unix:/run/ask.sock", policyfile.LoadServe(policyfile.Options{Paths: []string{"other.json"}}).Listen)
	here, err := os.Getwd()
	require.NoError(t, err)
	require.Equal(t, "unix:"+filepath.Join(here, "ask.sock"), policyfile.LoadServe(policyfile.Options{Paths: []string{here}}).Listen, "beside its policy file")
}

func TestValuesThatMeanTheDefault(t *testing.T) {
	folder(t, map[string]string{"netwicket.json": `{"okta":{},"sailpoint":{},"geo":[],"services":{},"mode":"enforce",
		"serve":{"metrics":"","tlsCert":"","tlsKey":"","guard":[],"maxAge":"","logLevel":"info","logAddresses":"full"}}`})
	parts := policyfile.Load(policyfile.Options{})
	require.Empty(t, parts.Findings)
	require.Equal(t, policyfile.DefaultServe(), parts.Serve)
	require.False(t, parts.Observe)
}

// A policy file with many faults, some of them in what it names: one run lists
// them all.
func TestAllFaultsAtOnce(t *testing.T) {
	folder(t, map[string]string{
		"netwicket.json": `{
  "okta": {"zones": ["zones.json", "absent.json", "."], "rules": ["rules.json"]},
  "sailpoint": {"networkConfig": "network.json", "unknownCountry": "maybe"},
  "geo": ["absent.mmdb", "empty", "bad.csv"],
  "services": {"NORD_VPN": ["absent.txt"]},
  "mod": "enforce"
}`,
		"zones.json":   `[{"type":"IP","id":"nzo1","name":"a","gateways":[{"type":"RANGE","value":"1.2.3.999"}]}]`,
		"rules.json":   `[{"name":"In","actions":{"signon":{"access":"MAYBE"}}}]`,
		"network.json": `{"range":[],"whitlisted":true}`,
		"empty/x.txt":  "",
		"bad.csv":      "network,country\n1.2.3.4.5,DE\n",
	})
	parts := policyfile.Load(policyfile.Options{})
	got := lines(parts.Findings)
	for _, want := range []string{
		"netwicket.json:3:68 /sailpoint/unknownCountry bad-value",
		"netwicket.json:6:3 /mod unknown-key",
		"zones.json:1:74 /0/gateways/0/value bad-range",
		"absent.json:1:1  missing-file",
		".:1:1  unreadable-file",
		"absent.mmdb:1:1  missing-file",
		"empty:1:1  bad-geo",
		"absent.txt:1:1  missing-file",
		"network.json:1:13 /whitlisted unknown-key",
	} {
		require.Contains(t, got, want)
	}
	files := map[string]bool{}
	for _, f := range parts.Findings {
		files[f.File] = true
		require.Positive(t, f.Line)
		require.Positive(t, f.Column)
		require.NotEmpty(t, f.Code)
	}
	require.True(t, files["rules.json"])
	require.True(t, files["bad.csv"])
}

// What a message names, where it is more than the place and the code.
func TestWhatMessagesName(t *testing.T) {
	for text, want := range map[string]string{
		`{"services":{"nord vpn":[]}}`:                                     `"nord vpn": expected an IP service category`,
		`{"edge":{"source":"xff"}}`:                                        `expected peer, x-forwarded-for, forwarded, header:NAME or hops:N`,
		`{"edge":{"source":"hops:0"}}`:                                     `hops`,
		`{"edge":{"trusted":["lb"]}}`:                                      `"lb": `,
		`{"serve":{"logHeaders":["` + strings.Repeat(`a","`, 16) + `b"]}}`: "at most 16 headers",
	} {
		folder(t, map[string]string{"netwicket.json": text})
		require.ErrorContains(t, policyfile.Load(policyfile.Options{}).Err(), want, text)
	}
	folder(t, map[string]string{"netwicket.json": `{"services":{"nord vpn":[]}}`})
	require.Equal(t, "nord vpn", policyfile.Load(policyfile.Options{}).Findings[0].Value)
	folder(t, map[string]string{"netwicket.json": `{"edge":{"trusted":[{"file":"cdn.txt"}],"source":"x-forwarded-for"}}`, "cdn.txt": ""})
	require.ErrorContains(t, policyfile.Load(policyfile.Options{}).Err(), "so that no proxy of it would be believed (named in netwicket.json:1:29)")
	folder(t, map[string]string{"netwicket.json": `{"okta":{"zones":["rules.json"]}}`, "rules.json": rulesText})
	require.Equal(t, 1, strings.Count(policyfile.Load(policyfile.Options{}).Err().Error(), "rules.json:1:"), "its place stands once")
	folder(t, map[string]string{"netwicket.json": `{"edge":{"source":"x-forwarded-for"}}`})
	require.Equal(t, []string{"netwicket.json:1:9 /edge no-trusted (warning)"}, lines(policyfile.Load(policyfile.Options{}).Findings), "a key that is left out is missed where it belongs")
	folder(t, map[string]string{"netwicket.json": `{"assumeNone":["vpn"]}`})
	_, _, err := policyfile.Open(policyfile.Options{})
	require.Equal(t, []string{"netwicket.json:1:1  empty-policy"}, lines(asList(t, err)), "of the policy, not of what it assumes")
}

func TestMissingFileSaysWhoNamedIt(t *testing.T) {
	folder(t, map[string]string{"org/netwicket.json": "{\"okta\":\n{\"zones\":[\"zones.json\"]}}"})
	findings := policyfile.Load(policyfile.Options{Paths: []string{"org"}}).Findings
	require.Equal(t, []string{"org/zones.json:1:1  missing-file"}, lines(findings))
	require.ErrorContains(t, findings[0], "org/netwicket.json:2:11")
}

func TestMissingDefaultPolicySaysWhatToWrite(t *testing.T) {
	folder(t, nil)
	_, policy, err := policyfile.Open(policyfile.Options{})
	require.Nil(t, policy)
	require.ErrorContains(t, err, "netwicket.json:1:1")
	require.ErrorContains(t, err, "-c PATH")
	require.ErrorContains(t, err, `{"okta": {"zones": ["zones.json"]}`)
}
