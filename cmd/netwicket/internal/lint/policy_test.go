package lint_test

import (
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/lint"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/gate"
	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/internal/mmdbtest"
)

const (
	homeZone     = `{"type":"DYNAMIC","id":"home","name":"home","locations":[{"country":"DE"}]}`
	someGeo      = "192.0.2.0/24,DE,,64496,none,-\n198.51.100.0/24,FR,,64497,tor,ANONYMIZER_TOR\n2001:db8::/32,DE,,64496,none,-\n"
	homeAllowed  = `{"name":"home in","priority":1,"conditions":{"network":{"connection":"ZONE","include":["home"]}},"actions":{"signon":{"access":"ALLOW"}}}`
	officeZone   = `{"type":"IP","id":"office","name":"office","gateways":[{"type":"CIDR","value":"198.51.100.0/24"}]}`
	officeInRule = `{"name":"office in","priority":2,"conditions":{"network":{"connection":"ZONE","include":["office"]}},"actions":{"signon":{"access":"ALLOW"}}}`
)

// What only a policy can tell, beside the examples of docs/lints.md.
func TestPolicyLints(t *testing.T) {
	tests := []struct {
		name string
		documents
		want []string
	}{
		{"private gateways where rules allow countries only", documents{geo: someGeo,
			zones: "[" + ipZone("intranet", "", cidr("10.0.0.0/8"), "") + ",\n" + homeZone + "]", rules: "[" + homeAllowed + "]"},
			[]string{"zones.json:1:84 network-without-country"}},
		{"private gateways that have a country", documents{geo: someGeo + "10.0.0.0/8,DE,,,,\n",
			zones: "[" + ipZone("intranet", "", cidr("10.0.0.0/8"), "") + ",\n" + homeZone + "]", rules: "[" + homeAllowed + "]"}, nil},
		{"public gateways that no rule is about", documents{geo: someGeo, zones: "[" + officeZone + "," + homeZone + "]", rules: "[" + homeAllowed + "]"}, nil},
		{"an office that a dynamic blocklist holds", documents{geo: someGeo,
			zones: "[" + officeZone + ",\n" + homeZone + `,{"type":"DYNAMIC","id":"tor","name":"tor","usage":"BLOCKLIST","proxyType":"Tor"}]`, rules: "[" + homeAllowed + "," + officeInRule + "]"},
			[]string{"zones.json:1:80 allowed-network-denied"}},
		{"an office that a feed lists", documents{geo: someGeo, zones: "[" + officeZone + ",\n" + homeZone + "]", rules: "[" + homeAllowed + "," + officeInRule + "]",
			threat: `{"action":"block"}`, feed: "198.51.0.0/16\n"}, []string{"zones.json:1:80 allowed-network-denied"}},
		{"an office that a feed lists and ThreatInsight leaves alone", documents{geo: someGeo, zones: "[" + officeZone + ",\n" + homeZone + "]", rules: "[" + homeAllowed + "," + officeInRule + "]",
			threat: `{"action":"block","excludeZones":["office"]}`, feed: "198.51.0.0/16\n"}, nil},
		{"a network without a country under a block list", documents{geo: someGeo, network: `{"range":["192.0.2.0/24","203.0.113.0/24"],"geolocation":["KP"],"whitelisted":false}`},
			[]string{"network.json:1:26 allowed-network-denied"}},
		{"SailPoint without countries", documents{network: `{"geolocation":["DE"],"whitelisted":true}`}, []string{"netwicket.json:1:1 denies-everybody"}},
		{"a rule's country that SailPoint's allow list lacks", documents{geo: someGeo, zones: "[" + officeZone + ",\n" + homeZone + "]", rules: "[" + homeAllowed + "," + officeInRule + "]",
			network: `{"geolocation":["FR"],"whitelisted":true}`}, []string{"zones.json:2:58 allowed-country-blocked"}},
		{"the same where the profile does not enforce it", documents{geo: someGeo, zones: "[" + homeZone + "]", rules: "[" + homeAllowed + "]",
			network: `{"range":["192.0.2.0/24"],"geolocation":["FR"],"whitelisted":true}`, profile: `{"offNetwork":true}`}, nil},
		{"SailPoint's country that a blocklist holds", documents{geo: someGeo, zones: `[{"type":"DYNAMIC","id":"b","name":"b","usage":"BLOCKLIST","locations":[{"country":"FR"}]}]`,
			network: `{"geolocation":["DE","FR"],"whitelisted":true}`}, []string{"network.json:1:22 allowed-country-blocked"}},
		{"a dynamic zone that no address is in", documents{geo: someGeo, zones: `[{"type":"DYNAMIC","id":"a","name":"a","asns":["64511"]},` + homeZone + `]`}, []string{"zones.json:1:2 zone-matches-nothing"}},
		{"a dynamic zone that every address is in", documents{geo: "0.0.0.0/0,DE,,,,\n::/0,DE,,,,\n", zones: "[" + homeZone + "]"}, []string{"zones.json:1:2 zone-matches-everything"}},
		{"an overlay that expired allows nobody, and is not said to", documents{network: `{}`, overlay: `{"deny":[{"network":"192.0.2.0/24","why":"w","until":"2026-01-01T00:00:00Z"}],"allow":[{"network":"192.0.2.1","why":"w"}]}`}, nil},
		{"two denials cover what is allowed", documents{network: `{}`, overlay: `{"deny":[{"network":"192.0.2.0/25","why":"w"},{"network":"192.0.2.128/25","why":"w"}],"allow":[{"network":"192.0.2.0/24","why":"w"}]}`},
			[]string{"overlay.json:1:107 denied-allow"}},
		{"a guarded address among the proxies", documents{network: `{}`, guard: []netip.Addr{netip.MustParseAddr("10.0.0.9"), netip.MustParseAddr("192.0.2.1")},
			edge: &gate.Config{Trusted: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, Source: gate.XForwardedFor}}, []string{"netwicket.json:1:1 guard-denied"}},
		{"a guarded address that is allowed", documents{network: `{}`, guard: []netip.Addr{netip.MustParseAddr("192.0.2.1")}}, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			require.ElementsMatch(t, test.want, found(t, test.subject(t)))
		})
	}
}

// A region that is excluded from a blocklist may lie inside the one that is
// allowed: then not all of it is blocked.
func TestAllowedRegionAroundAnExcludedOne(t *testing.T) {
	inside := func(codes ...string) mmdbtest.Map {
		subdivisions := mmdbtest.Array{}
		for _, code := range codes {
			subdivisions = append(subdivisions, mmdbtest.Map{"iso_code": code})
		}
		return mmdbtest.Map{"country": mmdbtest.Map{"iso_code": "IT"}, "subdivisions": subdivisions}
	}
	content, err := mmdbtest.File{Built: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), Networks: []mmdbtest.Network{
		{Prefix: "192.0.2.0/25", Record: inside("25", "MI")}, {Prefix: "192.0.2.128/25", Record: inside("62", "RM")},
	}}.Bytes()
	require.NoError(t, err)
	table, err := geo.Load(geo.Source{File: "city.mmdb", Data: content})
	require.NoError(t, err)
	for region, want := range map[string][]string{"IT-25": {}, "IT-62": {"zones.json:1:59 allowed-country-blocked"}} {
		s := documents{zones: `[{"type":"DYNAMIC","id":"home","name":"home","locations":[{"country":"IT","region":"` + region + `"}]},
			{"type":"DYNAMIC_V2","id":"b","name":"b","usage":"BLOCKLIST","locations":{"include":[{"country":"IT"}],"exclude":[{"country":"IT","region":"IT-MI"}]}}]`, geo: "192.0.2.1,IT,IT-25,,,\n192.0.2.2,IT,IT-62,,,\n192.0.2.3,IT,IT-MI,,,\n"}.subject(t)
		s.Config.Geo = table
		s.Policy, err = decide.Compile(s.Config)
		require.NoError(t, err)
		require.Equal(t, want, found(t, s), region)
	}
	// The other way round it is the same.
	for excluded, want := range map[string][]string{"IT-25": {}, "IT-62": {`"IT-MI": this is in zone "home", but blocklist zone "b" denies`}} {
		s := documents{zones: `[{"type":"DYNAMIC","id":"home","name":"home","locations":[{"country":"IT","region":"IT-MI"}]},
			{"type":"DYNAMIC_V2","id":"b","name":"b","usage":"BLOCKLIST","locations":{"include":[{"country":"IT"}],"exclude":[{"country":"IT","region":"` + excluded + `"}]}}]`, alone: true}.subject(t)
		s.Config.Geo = table
		s.Policy, err = decide.Compile(s.Config)
		require.NoError(t, err)
		requireCoded(t, s, "allowed-country-blocked", want...)
	}
}

// Without a policy nothing is said that needs one.
func TestDocumentsAlone(t *testing.T) {
	d := documents{geo: someGeo, zones: "[" + ipZone("intranet", "", cidr("10.0.0.0/8"), "") + ",\n" + homeZone + "]",
		rules: `[{"name":"r","status":"INACTIVE","actions":{"signon":{"access":"ALLOW"}}}]`, guard: []netip.Addr{netip.MustParseAddr("192.0.2.1")}}
	require.NotEmpty(t, found(t, d.subject(t)))
	d.alone = true
	require.Empty(t, found(t, d.subject(t)))
}

func TestSystemZones(t *testing.T) {
	zone := func(name, more string) string {
		return `[{"id":"z","name":"` + name + `",` + more + `}]`
	}
	const gateways = `,"gateways":[{"type":"CIDR","value":"192.0.2.0/24"}]`
	tests := []struct {
		name, zones string
		wrong       bool
	}{
		{"a blocklist by name alone", zone("BlockedIpZone", `"type":"IP"`+gateways), true},
		{"a blocklist of the organisation's own", zone("BlockedIpZone", `"type":"IP","usage":"BLOCKLIST"`+gateways), false},
		{"a blocklist from before usage", zone("BlockedIpZone", `"type":"IP","system":true`+gateways), false},
		{"a blocklist of usage POLICY", zone("BlockedIpZone", `"type":"IP","system":true,"usage":"POLICY"`+gateways), true},
		{"an INACTIVE blocklist", zone("BlockedIpZone", `"type":"IP","system":true,"usage":"BLOCKLIST","status":"INACTIVE"`+gateways), true},
		{"an exempt zone that blocks", zone("DefaultExemptIpZone", `"type":"IP","system":true,"usage":"BLOCKLIST"`+gateways), true},
		{"an INACTIVE exempt zone", zone("DefaultExemptIpZone", `"type":"IP","system":true,"status":"INACTIVE"`+gateways), true},
		{"a network by name alone", zone("LegacyIpZone", `"type":"IP"`+gateways), true},
		{"a network that was renamed", zone("Berlin", `"type":"IP","system":true`+gateways), false},
		{"a network that blocks", zone("Berlin", `"type":"IP","system":true,"usage":"BLOCKLIST"`+gateways), true},
		{"an enhanced zone of usage POLICY", zone("DefaultEnhancedDynamicZone", `"type":"DYNAMIC_V2","system":true,"ipServiceCategories":{"include":["ALL_ANONYMIZERS"]}`), true},
		{"an enhanced zone with a location", zone("DefaultEnhancedDynamicZone", `"type":"DYNAMIC_V2","system":true,"usage":"BLOCKLIST","locations":{"include":[{"country":"DE"}]}`), true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			want := []string{}
			if test.wrong {
				want = append(want, "zones.json:1:2 system-zone")
			}
			require.Equal(t, want, found(t, documents{zones: test.zones, alone: true}.subject(t)))
		})
	}
}

// Masks and host bits, in every form that Okta accepts.
func TestEntryForms(t *testing.T) {
	tests := []struct{ kind, value, want string }{
		{"CIDR", "255.255.255.0/24", "bare-mask"},
		{"CIDR", "255.255.255.0/32", "bare-mask"},
		{"RANGE", "255.255.0.0", "bare-mask"},
		{"RANGE", "255.255.255.252-255.255.255.252", "bare-mask"},
		{"RANGE", "255.255.255.0-255.255.255.255", "pseudo-ipv4"},
		{"CIDR", "240.0.0.0/4", "pseudo-ipv4"},
		{"CIDR", "239.255.255.255/32", ""},
		{"RANGE", "192.0.2.0-192.0.2.255", ""},
		{"CIDR", "192.0.2.1/31", "host-bits"},
		{"CIDR", "2001:db8::1/32", "host-bits"},
		{"CIDR", "::ffff:192.0.2.1/120", "host-bits"},
		{"CIDR", "192.0.2.1/32", ""},
		{"CIDR", "0.0.0.0/1", "wide-network"},
		{"CIDR", "192.0.0.0/2", "wide-network"},
		{"RANGE", "11.0.0.0-192.0.2.255", "wide-network"},
		{"CIDR", "11.0.0.0/8", ""},
	}
	for _, test := range tests {
		t.Run(test.value, func(t *testing.T) {
			got := ""
			for _, f := range lint.Check(documents{zones: "[" + ipZone("z", "", `{"type":"`+test.kind+`","value":"`+test.value+`"}`, "") + "]", alone: true}.subject(t)) {
				got += f.Code
				require.Equal(t, test.value, f.Value)
			}
			require.Equal(t, test.want, got)
		})
	}
}
