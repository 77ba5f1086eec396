package decide_test

import (
	"errors"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"
	"go4.org/netipx"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/zone"
)

// A model that no parser made can still be wrong: what it means by a kind that
// nobody knows is an error, and never no or yes.
func TestCompileChecksModels(t *testing.T) {
	addr := netip.MustParseAddr("203.0.113.9")
	one := []zone.Entry{{Range: netipx.IPRangeFrom(addr, addr)}}
	office := zone.Zone{Type: zone.IP, ID: "office", Name: "office", Active: true, Gateways: one}
	inZone := func(z zone.Zone) decide.Config {
		z.Name = "x"
		return decide.Config{Zones: []zone.Zones{{Zones: []zone.Zone{office, z}}}}
	}
	withRule := func(r zone.Rule) decide.Config {
		r.Name = "x"
		return decide.Config{Zones: []zone.Zones{{Zones: []zone.Zone{office}}}, Rules: []zone.RuleSet{{Rules: []zone.Rule{r}}}}
	}
	ids := []zone.ZoneID{{ID: "office"}}
	for _, row := range []struct {
		name   string
		config decide.Config
		code   string // empty: it compiles
		text   string
	}{
		{"an unknown type", inZone(zone.Zone{Active: true, Type: "NEW"}), "unknown-type", "needs the type"},
		{"an unknown type of a blocklist", inZone(zone.Zone{Active: true, Type: "NEW", Blocklist: true, Gateways: one}), "unknown-type", "needs the type"},
		{"no type", inZone(zone.Zone{Active: true}), "unknown-type", "needs the type"},
		{"an unknown type of an INACTIVE zone", inZone(zone.Zone{Type: "NEW", Blocklist: true, Gateways: one, Proxies: one}), "", ""},
		{"an empty dynamic zone", inZone(zone.Zone{Active: true, Type: zone.Dynamic}), "empty-zone", "ACTIVE dynamic zone needs"},
		{"an unknown proxy type", inZone(zone.Zone{Active: true, Type: zone.Dynamic, Proxy: 9}), "unknown-proxy-type", "proxy type"},
		{"an unknown proxy type of an INACTIVE zone", inZone(zone.Zone{Type: zone.Dynamic, Proxy: 9}), "", ""},
		{"a blocklist that is exempt", inZone(zone.Zone{Active: true, Type: zone.IP, Blocklist: true, Exempt: true}), "wrong-shape", "usage POLICY"},
		{"a dynamic zone that is exempt", inZone(zone.Zone{Active: true, Type: zone.DynamicV2, Exempt: true, ASNs: zone.Terms[uint32]{Include: zone.TermsOf[uint32](1)}, Gateways: one}), "wrong-shape", "IP zone"},
		{"an INACTIVE zone that is exempt", inZone(zone.Zone{Type: "NEW", Exempt: true, Gateways: one}), "", ""},
		{"an unknown connection", withRule(zone.Rule{Active: true, Network: zone.NetworkCondition{Connection: 9}}), "unknown-connection", "none that Okta has"},
		{"an unknown connection of an INACTIVE rule", withRule(zone.Rule{Network: zone.NetworkCondition{Connection: 9}}), "", ""},
		{"anywhere, but in a zone", withRule(zone.Rule{Active: true, Allow: true, Network: zone.NetworkCondition{Include: ids}}), "ignored-zones", "would be ignored"},
		{"in the system zone, but not in a zone", withRule(zone.Rule{Active: true, Network: zone.NetworkCondition{Connection: zone.InSystemZone, Exclude: ids}}), "ignored-zones", "would be ignored"},
		{"in no zone that is named", withRule(zone.Rule{Active: true, Network: zone.NetworkCondition{Connection: zone.InZones}}), "include-exclude", "either include or exclude"},
		{"an unknown action", decide.Config{ThreatInsight: &zone.ThreatInsight{Action: 9}, ThreatFeeds: []zone.Feed{{Entries: one}}}, "unknown-action", "none, audit or block"},
		{"an unknown option", decide.Config{SailPoint: &zone.NetworkConfig{Geolocation: zone.TermsOf("KP")}, UnknownCountry: 9}, "unknown-option", "UnknownCountry"},
	} {
		t.Run(row.name, func(t *testing.T) {
			policy, err := decide.Compile(row.config)
			if row.code == "" {
				require.NoError(t, err)
				require.Equal(t, policy.DecideChain([]netip.Addr{addr}), policy.Explain(addr).Decision)
				return
			}
			require.Nil(t, policy)
			findings, ok := errors.AsType[decide.Findings](err)
			require.True(t, ok, "%v", err)
			require.Equal(t, row.code, findings[0].Code)
			require.False(t, findings[0].Warning)
			require.ErrorContains(t, err, row.text)
		})
	}
}
