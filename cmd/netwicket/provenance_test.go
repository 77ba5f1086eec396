package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Of each datum: whose word counts, what the others say, and where each says it; of
// zones, entries and rules where they stand.
func TestProvenance(t *testing.T) {
	folder(t, map[string]string{
		"netwicket.json": `{"okta":{"zones":["zones.json"],"rules":["rules.json"]},"geo":["feed.csv","rows.csv"],"services":{"NORD_VPN":["nord.txt"]}}`,
		"zones.json": `[{"type":"IP","id":"office","name":"Office","gateways":[
  {"type":"RANGE","value":"198.51.100.7"},
  {"type":"CIDR","value":"192.0.2.0/24"}]},
 {"type":"DYNAMIC_V2","id":"de","name":"Germany","locations":{"include":[{"country":"DE"}]}}]`,
		"rules.json": `[
 {"name":"in","conditions":{"network":{"connection":"ZONE","include":["office"]}},"actions":{"signon":{"access":"ALLOW"}}}]`,
		"feed.csv": "192.0.2.0/24,FR,FR-IDF,,\n",
		"rows.csv": "network,country,region,asn,anonymizer,services\n192.0.2.0/24,DE,,64500,,X_PROXY\n192.0.2.7,,,,none,\n198.51.100.7,-,,,,\n",
		"nord.txt": "# nord\n192.0.2.0/28\n",
	})
	got := objects(t, runIn(t, "", "explain", "--json", "192.0.2.7").out)[0]["provenance"].(map[string]any)
	said := func(value any, source any, line any, others ...any) map[string]any {
		if others == nil {
			others = []any{}
		}
		datum := map[string]any{"value": value, "source": source, "others": others}
		if line != nil {
			datum["line"] = line
		}
		return datum
	}
	other := func(value any, source string, line float64) map[string]any {
		return map[string]any{"value": value, "source": source, "line": line}
	}
	require.Equal(t, map[string]any{
		"country":    said("DE", "rows.csv", 2.0, other("FR", "feed.csv", 1)),
		"region":     said(nil, nil, nil, other("FR-IDF", "feed.csv", 1)),
		"asn":        said(64500.0, "rows.csv", 2.0),
		"anonymizer": said("none", "rows.csv", 3.0),
		"services":   said([]any{"NORD_VPN", "X_PROXY"}, "nord.txt", 2.0, other([]any{"X_PROXY"}, "rows.csv", 2)),
		"zones":      map[string]any{"office": "zones.json:1", "de": "zones.json:4"},
		"entries":    map[string]any{"office": "zones.json:3"},
		"rules":      map[string]any{"in": "rules.json:2"},
		"layers":     map[string]any{},
	}, got)
	text := runIn(t, "", "explain", "192.0.2.7").out
	require.Contains(t, text, "DE                 rows.csv:2; feed.csv:1 says FR\n")
	require.Contains(t, text, "nord.txt:2; rows.csv:2 says X_PROXY\n")
	require.Contains(t, text, "zones.json:1, entry zones.json:3\n")
	unknown := objects(t, runIn(t, "", "explain", "--json", "198.51.100.7").out)[0]["provenance"].(map[string]any)
	require.Equal(t, said(nil, "rows.csv", 4.0), unknown["country"], "what is said to be unknown, not what is left out behind it")
	nobody := objects(t, runIn(t, "", "explain", "--json", "nobody").out)[0]["provenance"].(map[string]any)
	require.Equal(t, said(nil, nil, nil), nobody["country"])
}

// The entries of overlay, feed and SailPoint that a decision went by have places, too.
func TestProvenanceOfEntries(t *testing.T) {
	folder(t, map[string]string{
		"netwicket.json": `{"okta":{"zones":["zones.json"],"threatInsight":"threat.json","threatFeeds":["feed.txt"]},
			"sailpoint":{"networkConfig":"network.json"},"geo":["rows.csv"],"overlay":"overlay.json"}`,
		"zones.json":  `[{"type":"IP","id":"office","name":"Office","gateways":[{"type":"CIDR","value":"198.51.100.0/24"}]}]`,
		"threat.json": `{"action":"block","excludeZones":["office"]}`,
		"feed.txt":    "# bad\n192.0.2.64/26\n198.51.100.66\n",
		"overlay.json": `{"deny":[
  {"network":"203.0.113.7","why":"stolen"}],
 "allow":[
  {"network":"203.0.113.0/28","why":"lost keys"}]}`,
		"network.json": `{"range":[
  "192.0.2.0/24",
  "198.51.100.0/24"],
 "geolocation":[
  "DE",
  "FR"],"whitelisted":true}`,
		"rows.csv": "network,country,region,asn,anonymizer,services\n192.0.2.0/24,FR,,,,\n198.51.100.0/24,US,,,,\n",
	})
	for addr, want := range map[string]map[string]any{
		"203.0.113.7":   {"overlay": []any{"overlay.json:2"}},
		"203.0.113.8":   {"overlay": []any{"overlay.json:4"}},
		"192.0.2.66":    {"threat": []any{"feed.txt:2"}, "sailpoint": []any{"network.json:2", "network.json:6"}},
		"192.0.2.1":     {"sailpoint": []any{"network.json:2", "network.json:6"}},
		"198.51.100.66": {"threat": []any{"feed.txt:3"}, "sailpoint": []any{"network.json:3"}},
		"9.9.9.9":       {},
	} {
		got := objects(t, runIn(t, "", "explain", "--json", addr).out)[0]["provenance"].(map[string]any)["layers"]
		require.Equal(t, want, got, addr)
	}
	require.Contains(t, runIn(t, "", "explain", "192.0.2.66").out, "  feed.txt:2\n")
	require.Contains(t, runIn(t, "", "explain", "192.0.2.1").out, "  network.json:2, network.json:6\n")
}

// Of a private client that is in no country, explain says why, and what mends it.
func TestExplainPrivateClient(t *testing.T) {
	folder(t, map[string]string{
		"netwicket.json": `{"sailpoint":{"networkConfig":"network.json"},"geo":["rows.csv"]}`,
		"network.json":   `{"range":["10.0.0.0/8"],"geolocation":["DE"],"whitelisted":true}`,
		"rows.csv":       "network,country,region,asn,anonymizer,services\n192.0.2.0/24,DE,,,,\n",
	})
	const row = "10.0.0.0/8,DE,,,,"
	got := runIn(t, "", "explain", "10.1.2.3")
	require.Equal(t, 2, got.code)
	require.Contains(t, got.out, "private addresses (10.0.0.0/8) are in no country; give them one in CSV corrections among the geo sources, such as the line "+row)
	require.NotContains(t, runIn(t, "", "explain", "203.0.113.9").out, "private")
	writeFile(t, "rows.csv", "network,country,region,asn,anonymizer,services\n192.0.2.0/24,DE,,,,\n"+row+"\n")
	got = runIn(t, "", "explain", "10.1.2.3")
	require.Equal(t, 0, got.code, "the row mends it")
	require.NotContains(t, got.out, "private")
}

// So does check, where rules allow countries alone.
func TestCheckNamesTheRowForPrivateGateways(t *testing.T) {
	folder(t, map[string]string{
		"netwicket.json": `{"okta":{"zones":["zones.json"],"rules":["rules.json"]},"geo":["rows.csv"]}`,
		"zones.json": `[{"type":"IP","id":"office","name":"Office","gateways":[{"type":"CIDR","value":"10.1.0.0/16"}]},
 {"type":"DYNAMIC","id":"home","name":"Home","locations":[{"country":"DE"}]}]`,
		"rules.json": `[{"name":"in","conditions":{"network":{"connection":"ZONE","include":["home"]}},"actions":{"signon":{"access":"ALLOW"}}}]`,
		"rows.csv":   "network,country,region,asn,anonymizer,services\n192.0.2.0/24,DE,,,,\n2001:db8::/32,DE,,,,\n",
	})
	require.Contains(t, runIn(t, "", "check", ".").out, "in CSV corrections among the geo sources, such as the line 10.1.0.0-10.1.255.255,DE,,,, [network-without-country]")
}
