package console_test

import (
	"fmt"
	"html"
	"maps"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/console"
	"github.com/netwicket/netwicket/decide/policyfile"
)

// firm is a policy with one of everything that the pages tell apart.
var firm = map[string]string{
	"netwicket.json": `{
 "okta": {"zones": ["zones.json", "more.json"], "rules": ["rules.json", "guests.json"], "threatInsight": "threat.json", "threatFeeds": ["feed.txt"]},
 "sailpoint": {"networkConfig": "network.json", "authProfile": "profile.json"},
 "geo": ["rows.csv", "corrections.csv"],
 "services": {"NORD_VPN": ["nord.txt"]},
 "overlay": "overlay.json",
 "edge": {"trusted": ["10.0.0.0/8"], "source": "x-forwarded-for"},
 "serve": {"guard": ["192.0.2.9"]}
}`,
	"zones.json": `[
{"type": "IP", "id": "legacy", "name": "Legacy", "system": true, "gateways": [{"type": "CIDR", "value": "192.0.2.192/26"}]},
{"type": "IP", "id": "blocked", "name": "BlockedIpZone", "usage": "BLOCKLIST", "system": true, "gateways": [{"type": "CIDR", "value": "198.18.0.0/15"}, {"type": "CIDR", "value": "2001:db8:bad::/48"}], "proxies": [{"type": "CIDR", "value": "198.51.100.0/28"}]},
{"type": "IP", "id": "exempt", "name": "DefaultExemptIpZone", "system": true, "gateways": [{"type": "RANGE", "value": "198.18.0.7"}]},
{"type": "IP", "id": "office", "name": "Office", "gateways": [{"type": "CIDR", "value": "192.0.2.0/25"}, {"type": "RANGE", "value": "192.0.2.130-192.0.2.140"}], "proxies": [{"type": "CIDR", "value": "198.51.100.16/28"}]},
{"type": "DYNAMIC", "id": "home", "name": "Home", "locations": [{"country": "DE"}, {"country": "CA", "region": "CA-ON"}], "asns": ["64500"], "proxyType": "NotTorAnonymizer"},
{"type": "IP", "id": "old", "name": "Old office", "status": "INACTIVE", "gateways": [{"type": "CIDR", "value": "203.0.113.0/24"}]}
]`,
	"more.json": `[
{"type": "IP", "name": "twin", "usage": "BLOCKLIST", "gateways": [{"type": "CIDR", "value": "203.0.113.0/28"}]},
{"type": "IP", "name": "twin", "usage": "BLOCKLIST", "gateways": [{"type": "CIDR", "value": "203.0.113.16/30"}]},
{"type": "DYNAMIC_V2", "id": "v2", "name": "Everything else", "usage": "BLOCKLIST", "status": "INACTIVE", "locations": {"include": [{"country": "FR"}], "exclude": [{"country": "US", "region": "US-NY"}]}, "asns": {"include": ["64501"], "exclude": ["64502"]}, "ipServiceCategories": {"include": ["ALL_ANONYMIZERS"], "exclude": ["NORD_VPN"]}}
]`,
	"rules.json": `[
{"id": "r2", "name": "Not from home", "priority": 2, "conditions": {"network": {"connection": "ZONE", "exclude": ["home", "office"]}}, "actions": {"signon": {"access": "DENY"}}},
{"id": "r1", "name": "Office", "priority": 1, "conditions": {"network": {"connection": "ZONE", "include": ["office", "legacy"]}}, "actions": {"signon": {"access": "ALLOW"}}},
{"name": "same", "priority": 3, "conditions": {"network": {"connection": "ON_NETWORK"}}, "actions": {"signon": {"access": "ALLOW"}}},
{"name": "same", "priority": 4, "conditions": {"network": {"connection": "OFF_NETWORK"}}, "actions": {"signon": {"access": "DENY"}}},
{"id": "r5", "name": "Off", "priority": 5, "status": "INACTIVE", "conditions": {"network": {"connection": "ZONE", "include": ["office"]}}, "actions": {"signon": {"access": "ALLOW"}}},
{"id": "r6", "name": "Never", "priority": 6, "conditions": {"network": {"connection": "DISABLED"}}, "actions": {"signon": {"access": "ALLOW"}}},
{"id": "r7", "name": "Anybody", "priority": 7, "system": true, "conditions": {"network": {"connection": "ANYWHERE"}}, "actions": {"signon": {"access": "ALLOW"}}}
]`,
	"guests.json": `[
{"name": "same", "conditions": {"network": {"connection": "ZONE", "include": ["office"]}}, "actions": {"signon": {"access": "ALLOW"}}},
{"id": "g", "conditions": {"network": {"connection": "ANYWHERE"}}, "actions": {"signon": {"access": "ALLOW"}}}
]`,
	"threat.json":     `{"action": "block", "excludeZones": ["office", "old"]}`,
	"feed.txt":        "192.0.2.66 # in the office\n198.51.100.9\n203.0.113.77/28 # host bits\n",
	"network.json":    `{"range": ["192.0.2.0/24", "198.51.100.0/24"], "geolocation": ["DE", "CA", "FR"], "whitelisted": true}`,
	"profile.json":    `{"name": "Staff", "offNetwork": true, "untrustedGeography": true, "type": "BLOCK"}`,
	"rows.csv":        "network,country,region,asn,anonymizer,services\n192.0.2.0/24,DE,DE-BE,64500,none,-\n198.51.100.0/24,CA,CA-ON,64501,none,-\n203.0.113.0/24,FR,,64502,anonymous,-\n2001:db8::/32,DE,,64500,none,-\n",
	"corrections.csv": "network,country,region,asn,anonymizer,services\n192.0.2.128/25,CA,CA-ON,,,\n",
	"nord.txt":        "203.0.113.96/28\n",
	"overlay.json": `{"deny": [{"network": "192.0.2.5", "why": "stolen laptop"}, {"network": "192.0.2.6", "why": "gone", "until": "2026-11-26T12:00:00Z"}],
 "allow": [{"network": "203.0.113.5", "why": "on call", "until": "2026-11-26T12:00:01Z"}]}`,
	"tests/office.json": `[{"name": "office", "remote": "192.0.2.7", "want": {"decision": "allow", "reason": "rule", "client": "192.0.2.7"}},
{"name": "through the proxy", "remote": "10.0.0.1", "headers": [["X-Forwarded-For", "192.0.2.8"]], "want": {"client": null}}]`,
}

// The page Documents says of the policy what its files say.
func TestDocumentsAsRead(t *testing.T) {
	r := readAt(t, folderOf(t, firm))
	r.open("documents", "zones documents?q=office&sort=name", "zones documents?q=198.51.100.4&sort=uses", "zones documents?q=nothing")
	r.requireAs("documents")
}

// So does the page of each zone: what it holds and where it counts.
func TestZonesAsRead(t *testing.T) {
	r := readAt(t, folderOf(t, firm))
	for _, zone := range []string{"legacy", "blocked", "exempt", "office", "home", "old", "twin", "twin&nth=1", "twin&nth=2", "v2", "none"} {
		r.open("documents?zone=" + zone)
	}
	r.requireAs("zones")
}

// And that of each rule.
func TestRulesAsRead(t *testing.T) {
	r := readAt(t, folderOf(t, firm))
	for _, rule := range []string{"r1&policy=0", "r2", "same", "same&nth=1", "same&nth=2", "same&policy=1", "r5", "r6", "r7", "g&policy=1", "g&policy=2", "g&policy=-1", "g"} {
		r.open("documents?rule=" + rule)
	}
	r.requireAs("rules")
}

// Without a zone or a rule others are let in or turned away; where others refer to it, that
// is said, and what it would be without those.
func TestRemovalsAsRead(t *testing.T) {
	r := readAt(t, folderOf(t, firm))
	for _, thing := range []string{"zone=legacy", "zone=blocked", "zone=exempt", "zone=office", "zone=home", "zone=old", "zone=twin", "zone=twin&nth=1", "rule=r1", "rule=same&nth=1", "rule=r5", "rule=same&policy=1", "rule=g&policy=1"} {
		r.open("removal documents?" + thing + "&without=1")
	}
	r.requireAs("removals")
}

// Each file is shown as it is, with what is wrong in it.
func TestFilesAsRead(t *testing.T) {
	files := maps.Clone(firm)
	files["zones.json"] = strings.Replace(files["zones.json"], `"192.0.2.0/25"`, `"192.0.2.0/25x"`, 1) + "\n\t[]\r\n"
	files["feed.txt"] += "192.0.2.67\x00\n"
	files["rows.csv"] = "\xff\xfe"
	delete(files, "threat.json")
	r := readAt(t, folderOf(t, files))
	r.open("documents")
	for _, name := range append(slices.Sorted(maps.Keys(files)), "threat.json", ".", "./zones.json", "none.json") {
		r.open("documents?file=" + name)
	}
	r.requireAs("files")
}

// The page says of each database when it was built, how long that is ago, and what is wrong
// with it.
func TestSourcesHaveAnAge(t *testing.T) {
	folder := acme(t)
	later := today.AddDate(2, 0, 0)
	r := readAt(t, folder, func(o *console.Options) { o.Now = func() time.Time { return later } })
	parts, _, err := policyfile.Open(policyfile.Options{Paths: []string{"."}, Now: later})
	require.NoError(t, err)
	dated := 0
	rows := table(t, r.answer(httptest.NewRequest(http.MethodGet, "http://127.0.0.1/documents", nil)).Body.String(), "Geo sources")
	for i, source := range parts.Datasets() {
		require.Equal(t, filepath.ToSlash(source.File), rows[i][0])
		if source.Built.IsZero() {
			require.Equal(t, "has no date", rows[i][2])
			continue
		}
		dated++
		require.Equal(t, fmt.Sprintf("%s, %s days old", source.Built.UTC().Format(time.DateOnly), grouped(int(later.Sub(source.Built).Hours()/24))), rows[i][2])
		require.Contains(t, rows[i][6], "old-data")
	}
	require.Positive(t, dated)
}

func grouped(n int) string {
	if n < 1000 {
		return strconv.Itoa(n)
	}
	return fmt.Sprintf("%s,%03d", grouped(n/1000), n%1000)
}

// A document is what the policy takes it for, though it says too little itself; bytes that are
// no text are not shown.
func TestKindsOfFiles(t *testing.T) {
	files := maps.Clone(small)
	files["rules.json"], files["zones.json"] = "[]", "\x00[]"
	r := readAt(t, folderOf(t, files))
	require.Contains(t, r.page("documents"), "rules.json Okta rules 2 bytes")
	require.Contains(t, r.page("documents?file=zones.json"), "This is not text")
	require.NotContains(t, r.page("documents?file=zones.json"), "Text [")
	files["zones.json"] = small["zones.json"]
	putAll(t, ".", map[string]string{"zones.json": small["zones.json"] + "\xff"})
	require.Contains(t, r.page("documents?file=zones.json"), "This is not text")
}

// One turns the pages of a large file from its first line to its last and back.
func TestTurningPages(t *testing.T) {
	var feed strings.Builder
	const lines = 8_000
	for i := range lines {
		fmt.Fprintf(&feed, "80.0.%d.%d # %s\n", i>>8, i&255, strings.Repeat("a comment ", 30))
	}
	files := map[string]string{"netwicket.json": `{"okta":{"zones":["zones.json"],"threatInsight":"threat.json","threatFeeds":["feed.txt","short.txt","wide.txt"]}}`, "zones.json": ownZones, "threat.json": `{"action":"block"}`, "feed.txt": feed.String()}
	files["short.txt"] = strings.Repeat("#"+strings.Repeat("x", 1022)+"\n", 2048) // of as much as is shown whole
	files["wide.txt"] = "#" + strings.Repeat("é", 1<<19) + "\n#" + strings.Repeat("x", 1<<20-1) + "\n"
	r := readAt(t, folderOf(t, files))
	turn := func(target, to string) (first, last int, next string) {
		page := r.answer(httptest.NewRequest(http.MethodGet, "http://127.0.0.1/"+target, nil)).Body.String()
		shown := regexpAll(`<li id="L(\d+)"`, page)
		first, _ = strconv.Atoi(shown[0])
		last, _ = strconv.Atoi(shown[len(shown)-1])
		if links := regexpAll(`<a href="([^"]*)">`+to, page); len(links) > 0 {
			require.Len(t, links, 2, "above and beneath the text")
			next = html.UnescapeString(links[0])
		}
		return first, last, next
	}
	seen := 0
	for next, pages := "documents?file=feed.txt", 0; next != ""; pages++ {
		var first, last int
		first, last, next = turn(next, "Lines after")
		require.Equal(t, seen+1, first)
		require.Equal(t, 999, last-first)
		seen = last
		require.LessOrEqual(t, pages, 30)
	}
	require.Equal(t, lines, seen)
	for next, pages := fmt.Sprintf("documents?file=feed.txt&line=%d", lines), 0; next != ""; pages++ {
		first, last := 0, 0
		first, last, next = turn(next, "Lines before")
		require.GreaterOrEqual(t, last, seen)
		seen = first - 1
		require.LessOrEqual(t, pages, 70)
	}
	require.Zero(t, seen)

	first, last, next := turn("documents?file=short.txt&line=1700", "Lines after")
	require.Equal(t, []any{1, 2048, ""}, []any{first, last, next})
	page := r.answer(httptest.NewRequest(http.MethodGet, "http://127.0.0.1/documents?file=wide.txt", nil)).Body.String()
	require.Contains(t, page, "#"+strings.Repeat("é", 1<<19-1)+" ...<", "no letter is cut through")
	require.Contains(t, page, "#"+strings.Repeat("x", 1<<20-1)+"<")
}

// A zone that is left out of what does nothing is left out of nothing.
func TestThreatThatDoesNothing(t *testing.T) {
	files := maps.Clone(firm)
	files["threat.json"] = `{"action": "none", "excludeZones": ["office"]}`
	require.Contains(t, readAt(t, folderOf(t, files)).page("documents?zone=office"), "left out of ThreatInsight (not in force)")
}

// While the files make no policy nothing is said of what would be without a part of them.
func TestNothingWithoutAPolicy(t *testing.T) {
	files := maps.Clone(small)
	files["rules.json"] = strings.Replace(files["rules.json"], `"office"`, `"none"`, 1)
	r := readAt(t, folderOf(t, files))
	for _, target := range []string{"documents?zone=office&without=1", "documents?rule=in&without=1", "documents?file=zones.json"} {
		request := httptest.NewRequest(http.MethodGet, "http://127.0.0.1/"+target, nil)
		require.Equal(t, http.StatusOK, r.answer(request).Code)
		request.Header.Set("X-Part", "removal")
		require.Empty(t, strings.TrimSpace(r.answer(request).Body.String()), target)
	}
}
