package lint_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/lint"
	"github.com/netwicket/netwicket/decide/gate"
	"github.com/netwicket/netwicket/zone"
)

// TestOpenProxies: proxies that are everybody together are told of, where they count
// and no one of them is everybody by itself.
func TestOpenProxies(t *testing.T) {
	halves := cidr("0.0.0.0/1") + ",\n" + cidr("128.0.0.0/1")
	for _, row := range []struct {
		zone string
		want []string
	}{
		{ipZone("z", "", "", "\n"+halves), []string{"zones.json:2:24 together the proxies of this zone are every address of IPv4 or IPv6"}},
		{ipZone("z", "", "", cidr("::/1")+","+cidr("8000::/1")), []string{"together"}},
		{ipZone("z", "", "", cidr("0.0.0.0/1")), nil},
		{ipZone("z", "", "", ""), nil},
		{ipZone("z", `,"status":"INACTIVE"`, "", halves), nil},
		{ipZone("z", "", "", cidr("::/0")+","+cidr("10.0.0.0/8")), nil},
		{ipZone("z", "", "", cidr("0.0.0.0/0")), nil},
		{`{"type":"IP","id":"e","name":"DefaultExemptIpZone","system":true,"gateways":[` + cidr("192.0.2.0/24") + `],"proxies":[` + halves + `]}`, nil},
	} {
		requireCoded(t, documents{zones: "[" + row.zone + "]", alone: true}.subject(t), "open-proxies", row.want...)
	}
}

// TestEntriesThatBeginAlike: the larger one covers the smaller one, in either order.
func TestEntriesThatBeginAlike(t *testing.T) {
	for _, list := range []string{cidr("192.0.2.0/25") + "," + cidr("192.0.2.0/24"), cidr("192.0.2.0/24") + "," + cidr("192.0.2.0/25")} {
		s := documents{zones: "[" + ipZone("z", "", list, "") + "]", alone: true}.subject(t)
		requireCoded(t, s, "covered-entry", `"192.0.2.0/25": "192.0.2.0/24" (`)
		requireCoded(t, s, "overlapping-entries")
	}
}

// TestPseudoHeader: a header of made-up addresses is told of beside that one header is
// believed.
func TestPseudoHeader(t *testing.T) {
	for source, want := range map[gate.ClientSource]int{"header:cf-pseudo-ipv4": 1, "header:CF-Connecting-IP": 0} {
		s := lint.Subject{Name: "netwicket.json", Edge: &gate.Config{Source: source}, SourceAt: zone.Position{File: "netwicket.json", Line: 7, Column: 9}}
		var codes []string
		for _, f := range lint.Service(s) {
			codes = append(codes, f.Position()+" "+f.Code)
		}
		require.Equal(t, []string{"netwicket.json:7:9 single-header", "netwicket.json:7:9 pseudo-ipv4"}[:1+want], codes)
	}
}

// TestOrderOfFindings: document by document in the order of the policy, and in each
// from its beginning on.
func TestOrderOfFindings(t *testing.T) {
	second := documents{zones: "[" + ipZone("b", "", cidr("192.0.2.7/24")+","+cidr("198.51.100.7/24"), "") + ",\n" + ipZone("c", "", cidr("203.0.113.7/24"), cidr("192.0.2.1/32")) + "]", alone: true}.subject(t)
	first := documents{zones: "[" + ipZone("a", "", cidr("10.1.1.1/24"), "") + "]", alone: true}.subject(t)
	zones := first.Config.Zones[0]
	for i := range zones.Zones {
		zones.Zones[i].Position.File, zones.Zones[i].Gateways[0].Position.File = "z-first.json", "z-first.json"
	}
	second.Config.Zones = append([]zone.Zones{zones}, second.Config.Zones...)
	config, err := zone.ParseSailPoint("a-last.json", []byte(`{"range":["240.0.0.1"]}`))
	require.NoError(t, err)
	second.Config.SailPoint = &config
	got := []string{}
	for _, f := range lint.Check(second) {
		got = append(got, f.Position()+" "+f.Code)
	}
	require.Equal(t, []string{
		"z-first.json:1:70 host-bits", "zones.json:1:70 host-bits", "zones.json:1:70 gateway-is-proxy", "zones.json:1:109 host-bits", "zones.json:2:69 host-bits", "a-last.json:1:11 pseudo-ipv4",
	}, got)
}

// What only a policy tells stands among what its document tells.
func TestOrderOfLateFindings(t *testing.T) {
	require.Equal(t, []string{"rules.json:1:1 no-allow-rule", "network.json:1:26 duplicate-entry"},
		found(t, documents{rules: "[" + ruleOn("a", 1, "DENY", anywhere, "") + "]", network: `{"range":["192.0.2.0/24","192.0.2.0/24"]}`}.subject(t)))
	overlay := `{"deny":[{"network":"198.51.100.0/24","why":"w"}],"allow":[{"network":"198.51.100.1","why":"w"}]}`
	require.Equal(t, []string{"network.json:1:11 allowed-network-denied", "overlay.json:1:71 denied-allow"},
		found(t, documents{network: `{"range":["203.0.113.0/24","192.0.2.0/24"],"geolocation":["DE"],"whitelisted":true}`, geo: someGeo, overlay: overlay}.subject(t)))
}
