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
