package decide_test

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go4.org/netipx"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/zone"
)

func TestCompileRefuses(t *testing.T) {
	corp := ipZoneJSON("corp", "POLICY", "10.0.0.0/24", "")
	dynamic := func(what string) string {
		return `[{"type":"DYNAMIC_V2","id":"d","name":"d","status":"ACTIVE","usage":"POLICY",` + what + `}]`
	}
	rule := func(network, status string) string {
		return `[{"name":"r","status":"` + status + `","conditions":{"network":` + network + `},"actions":{"signon":{"access":"ALLOW"}}}]`
	}
	rows := []struct {
		name     string
		policy   documents
		code     string
		text     string
		sentinel error
		warning  bool
	}{
		{name: "nothing", code: "empty-policy", sentinel: decide.ErrEmptyPolicy},
		{name: "zone files without zones", policy: documents{zones: "[]"}, code: "empty-policy", sentinel: decide.ErrEmptyPolicy},
		{name: "geo alone", policy: documents{csv: "192.0.2.1,US,,,,\n"}, code: "empty-policy", sentinel: decide.ErrEmptyPolicy},
		{name: "an overlay alone", policy: documents{overlay: `{"allow":[{"network":"192.0.2.1","why":"x"}]}`}, code: "empty-policy", sentinel: decide.ErrEmptyPolicy},
		{name: "feeds that nobody asked for", policy: documents{sailPoint: "{}", feeds: []string{"192.0.2.1"}}, code: "feed-without-action"},
		{name: "country without data", policy: documents{zones: dynamic(`"locations":{"include":[{"country":"US"}]}`)}, code: "no-data", text: "country", sentinel: decide.ErrNoData},
		{name: "region without data", policy: documents{zones: dynamic(`"locations":{"exclude":[{"country":"US","region":"US-CA"}]}`), csv: "192.0.2.1,US,,,,\n"}, code: "no-data", text: "region", sentinel: decide.ErrNoData},
		{name: "ASN without data", policy: documents{zones: dynamic(`"asns":{"include":["1"]}`), csv: "192.0.2.1,US,,,,\n"}, code: "no-data", text: "ASN", sentinel: decide.ErrNoData},
		{name: "services without data", policy: documents{zones: dynamic(`"ipServiceCategories":{"include":["NORD_VPN"]}`), csv: "192.0.2.1,US,,,tor,\n"}, code: "no-data", text: "IP services", sentinel: decide.ErrNoData},
		{name: "a list of Tor and ALL_ANONYMIZERS", policy: documents{zones: dynamic(`"ipServiceCategories":{"include":["ALL_ANONYMIZERS"]}`), csv: "192.0.2.1,,,,,ANONYMIZER_TOR\n"}, code: "no-data", text: "of the sorts vpn, public_proxy, residential_proxy", sentinel: decide.ErrNoData},
		{name: "VPNs and exclude without include", policy: documents{zones: dynamic(`"ipServiceCategories":{"exclude":["NORD_VPN"]}`), csv: "192.0.2.1,,,,,NORD_VPN\n"}, code: "no-data", text: "of the sorts tor, public_proxy, residential_proxy", sentinel: decide.ErrNoData},
		{name: "a row of none and services", policy: documents{zones: dynamic(`"ipServiceCategories":{"include":["NORD_VPN"]}`), csv: "192.0.2.1,,,,none,-\n"}, code: "no-data", text: "of the sorts vpn", sentinel: decide.ErrNoData},
		{name: "Tor and Any", policy: documents{zones: strings.Replace(dynamic(`"proxyType":"Any"`), "DYNAMIC_V2", "DYNAMIC", 1), csv: "192.0.2.1,,,,tor,\n"}, code: "no-data", text: "anonymizer (proxyType) of an address, of the sorts vpn, public_proxy, residential_proxy", sentinel: decide.ErrNoData},
		{name: "what is taken for none", policy: documents{zones: dynamic(`"ipServiceCategories":{"include":["ALL_ANONYMIZERS"]}`), csv: "192.0.2.1,,,,,ANONYMIZER_TOR\n", assume: geo.AllSorts &^ geo.TorSort}, code: "assumed-none", text: "vpn, public_proxy, residential_proxy", warning: true},
		{name: "an unknown zone", policy: documents{zones: "[" + corp + "]", rules: []string{rule(`{"connection":"ZONE","include":["nzo9"]}`, "ACTIVE")}}, code: "unknown-zone", text: `"nzo9"`, sentinel: decide.ErrUnknownZone},
		{name: "an unknown zone in an inactive rule", policy: documents{zones: "[" + corp + "]", rules: []string{rule(`{"connection":"ZONE","include":["nzo9"]}`, "INACTIVE")}}, code: "unknown-zone", warning: true},
		{name: "ON_NETWORK without LegacyIpZone", policy: documents{zones: "[" + corp + "]", rules: []string{rule(`{"connection":"ON_NETWORK"}`, "ACTIVE")}}, code: "no-system-zone"},
		{name: "ON_NETWORK with two system zones", policy: documents{
			zones: strings.ReplaceAll("["+ipZoneJSON("one", "POLICY", "10.0.0.1/32", "")+","+ipZoneJSON("two", "POLICY", "10.0.0.2/32", "")+"]", `"system":false`, `"system":true`),
			rules: []string{rule(`{"connection":"ON_NETWORK"}`, "ACTIVE")}}, code: "no-system-zone", text: "has 2 of them"},
		{name: "a blocklist in include", policy: documents{zones: "[" + ipZoneJSON("b", "BLOCKLIST", "10.0.0.1", "") + "]", rules: []string{rule(`{"connection":"ZONE","include":["b"]}`, "ACTIVE")}}, code: "blocklist-zone", warning: true},
		{name: "ThreatInsight without a feed", policy: documents{threat: `{"action":"block"}`}, code: "no-feed", warning: true},
		{name: "an unknown excluded zone", policy: documents{threat: `{"action":"none","excludeZones":["nzo9"]}`}, code: "unknown-zone", warning: true},
		{name: "an excluded blocklist", policy: documents{zones: "[" + ipZoneJSON("b", "BLOCKLIST", "10.0.0.1", "") + "]", threat: `{"action":"none","excludeZones":["b"]}`}, code: "not-an-ip-zone", warning: true},
		{name: "a profile without a network", policy: documents{profile: `{"offNetwork":true}`}, code: "network-undefined", warning: true},
		{name: "a profile with an empty allow list", policy: documents{sailPoint: `{"whitelisted":true}`, profile: `{"untrustedGeography":true}`}, code: "empty-allow-list", warning: true},
		{name: "an expired overlay entry", policy: documents{sailPoint: "{}", overlay: `{"deny":[{"network":"192.0.2.1","until":"2020-01-01T00:00:00Z","why":"old"}]}`}, code: "overlay-expired", warning: true},
		{name: "an operator that nobody names", policy: documents{zones: dynamic(`"ipServiceCategories":{"include":["NORD_VPN"]}`), csv: "192.0.2.1,,,,,VPN\n"}, code: "unnamed-operator", warning: true},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			policy, err := decide.Compile(row.policy.config(t))
			var findings decide.Findings
			if row.warning {
				require.NoError(t, err)
				findings = policy.Info().Warnings
			} else {
				require.Nil(t, policy)
				require.True(t, errors.As(err, &findings), "%v", err)
			}
			found := false
			for _, f := range findings {
				require.GreaterOrEqual(t, f.Line, 1)
				require.GreaterOrEqual(t, f.Column, 1)
				if f.Code == row.code {
					found = true
					require.Contains(t, f.Error(), row.text)
					require.Equal(t, row.warning, f.Warning)
				}
			}
			require.True(t, found, "no finding %q in %v", row.code, findings)
			if row.sentinel != nil {
				require.ErrorIs(t, err, row.sentinel)
			}
		})
	}
}

func TestCompileRefusesClashesBetweenDocuments(t *testing.T) {
	parse := func(text string) zone.Zones {
		zones, err := zone.ParseOkta("z.json", []byte(text))
		require.NoError(t, err)
		return zones
	}
	_, err := decide.Compile(decide.Config{Zones: []zone.Zones{
		parse("[" + ipZoneJSON("corp", "POLICY", "10.0.0.1", "") + "," + exemptZoneJSON("10.0.0.1") + "]"),
		parse("[" + ipZoneJSON("corp", "POLICY", "10.0.0.2", "") + "]"),
	}})
	require.ErrorContains(t, err, "already that of zone")
	// Each zone whose id is taken is told, and whose it is: the first one's, which keeps it.
	var clashing []zone.Zones
	for i, ids := range [][]string{{"a"}, {"a", "b", "c"}, {"c", "a", "b"}} {
		var zones []string
		for _, id := range ids {
			zones = append(zones, strings.Replace(ipZoneJSON(id, "POLICY", "10.0.0.1", ""), `"name":"`+id, fmt.Sprintf(`"name":"%s of %d`, id, i), 1))
		}
		clashing = append(clashing, parse("["+strings.Join(zones, ",")+"]"))
	}
	_, err = decide.Compile(decide.Config{Zones: clashing})
	findings, ok := errors.AsType[decide.Findings](err)
	require.True(t, ok, "%v", err)
	var told []string
	for _, f := range findings {
		_, behind, _ := strings.Cut(f.Err.Error(), "this zone id is already that of zone ")
		name, _, _ := strings.Cut(behind, " (z.json:1:")
		told = append(told, f.Value+": "+name)
	}
	require.Equal(t, []string{`a: "a of 0"`, `c: "c of 1"`, `a: "a of 0"`, `b: "b of 1"`}, told)
	other := strings.Replace(exemptZoneJSON("10.0.0.2"), `"id":"DefaultExemptIpZone"`, `"id":"other"`, 1)
	_, err = decide.Compile(decide.Config{Zones: []zone.Zones{parse("[" + exemptZoneJSON("10.0.0.1") + "]"), parse("[" + other + "]")}})
	require.ErrorContains(t, err, "already the exempt zone")
}

// All that is wrong is said at once.
func TestCompileReportsEverything(t *testing.T) {
	zones := `[
 {"type":"DYNAMIC","id":"a","name":"a","status":"ACTIVE","asns":["1"]},
 {"type":"DYNAMIC","id":"b","name":"b","status":"ACTIVE","proxyType":"Any"}]`
	rules := `[{"name":"r","conditions":{"network":{"connection":"ZONE","include":["x","y"]}},"actions":{"signon":{"access":"DENY"}}}]`
	_, err := decide.Compile(documents{zones: zones, rules: []string{rules}}.config(t))
	var findings decide.Findings
	require.True(t, errors.As(err, &findings))
	require.Len(t, findings, 4)
	for _, f := range findings {
		require.NotEmpty(t, f.File)
	}
}

// A zone without an id cannot be referred to: the empty reference is nobody's.
func TestEmptyReferenceNamesNoZone(t *testing.T) {
	addr := netip.MustParseAddr("203.0.113.9")
	one := []zone.Entry{{Range: netipx.IPRangeFrom(addr, addr)}}
	policy, err := decide.Compile(decide.Config{
		Zones:         []zone.Zones{{Zones: []zone.Zone{{Type: zone.IP, Name: "without an id", Active: true, Gateways: one}}}},
		ThreatInsight: &zone.ThreatInsight{Action: zone.ThreatBlock, ExcludeZones: []zone.ZoneID{{}}},
		ThreatFeeds:   []zone.Feed{{Entries: one}},
	})
	require.NoError(t, err)
	require.Equal(t, decide.Threat, policy.Decide(addr).Reason)
	require.Equal(t, policy.Decide(addr), policy.Explain(addr).Decision)
}
