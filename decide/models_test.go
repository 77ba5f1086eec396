package decide_test

import (
	"errors"
	"math"
	"net/netip"
	"strconv"
	"testing"
	"time"

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
	bad := func(from, to string) []zone.Entry {
		r := netipx.IPRangeFrom(addr, addr)
		for _, text := range []string{from, to} {
			end, _ := netip.ParseAddr(text) // the zero Addr for none
			r = netipx.IPRangeFrom(r.To(), end)
		}
		return append(one[:1:1], zone.Entry{Range: r})
	}
	sailPoint := func(document zone.NetworkConfig) decide.Config { return decide.Config{SailPoint: &document} }
	overlay := func(entry zone.OverlayEntry) decide.Config {
		return decide.Config{SailPoint: &zone.NetworkConfig{}, Overlay: &zone.Overlay{Deny: []zone.OverlayEntry{{Entry: one[0]}}, Allow: []zone.OverlayEntry{{Entry: one[0]}, entry}}}
	}
	places := func(places ...zone.Place) zone.Zone {
		return zone.Zone{Active: true, Type: zone.DynamicV2, Locations: zone.Terms[zone.Place]{Exclude: zone.TermsOf(places...)}}
	}
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
		{"an unknown connection", withRule(zone.Rule{Active: true, Network: zone.NetworkCondition{Connection: 9}}), "unknown-connection", "Rules[0].Rules[0].Network.Connection: 9 is no connection"},
		{"an unknown connection of an INACTIVE rule", withRule(zone.Rule{Network: zone.NetworkCondition{Connection: 9}}), "", ""},
		{"anywhere, but in a zone", withRule(zone.Rule{Active: true, Allow: true, Network: zone.NetworkCondition{Include: ids}}), "ignored-zones", "would be ignored"},
		{"in the system zone, but not in a zone", withRule(zone.Rule{Active: true, Network: zone.NetworkCondition{Connection: zone.InSystemZone, Exclude: ids}}), "ignored-zones", "would be ignored"},
		{"in no zone that is named", withRule(zone.Rule{Active: true, Network: zone.NetworkCondition{Connection: zone.InZones}}), "include-exclude", "either include or exclude"},
		{"an unknown action", decide.Config{ThreatInsight: &zone.ThreatInsight{Action: 9}, ThreatFeeds: []zone.Feed{{Entries: one}}}, "unknown-action", "none, audit or block"},
		{"a gateway without a range", inZone(zone.Zone{Active: true, Type: zone.IP, Gateways: bad("", "")}), "bad-range", "Zones[0].Zones[1].Gateways[1].Range: expected"},
		{"a gateway without an end", inZone(zone.Zone{Active: true, Type: zone.IP, Gateways: bad("192.0.2.1", "")}), "bad-range", "Zones[0].Zones[1].Gateways[1].Range: expected"},
		{"a blocklist that runs backwards", inZone(zone.Zone{Active: true, Type: zone.IP, Blocklist: true, Gateways: bad("192.0.2.9", "192.0.2.1")}), "bad-range", "192.0.2.9-192.0.2.1"},
		{"a proxy of two families", inZone(zone.Zone{Active: true, Type: zone.IP, Proxies: bad("192.0.2.1", "2001:db8::1")}), "bad-range", "Zones[0].Zones[1].Proxies[1].Range: expected"},
		{"a mapped blocklist", inZone(zone.Zone{Active: true, Type: zone.IP, Blocklist: true, Gateways: bad("::ffff:192.0.2.1", "::ffff:192.0.2.9")}), "bad-range", "not IPv4-mapped"},
		{"a bad gateway of an INACTIVE zone", inZone(zone.Zone{Type: zone.IP, Gateways: bad("", "")}), "", ""},
		{"a feed of nothing", decide.Config{ThreatInsight: &zone.ThreatInsight{Action: zone.ThreatBlock}, ThreatFeeds: []zone.Feed{{Entries: one}, {Entries: bad("", "")}}}, "bad-range", "ThreatFeeds[1].Entries[1].Range"},
		{"a network of nothing", sailPoint(zone.NetworkConfig{Range: bad("", "192.0.2.1")}), "bad-range", "SailPoint.Range[1].Range"},
		{"a country in lower case", sailPoint(zone.NetworkConfig{Geolocation: zone.TermsOf("US", "kp")}), "bad-country", "SailPoint.Geolocation[1]: expected"},
		{"a country of no letters", sailPoint(zone.NetworkConfig{Geolocation: zone.TermsOf("")}), "bad-country", "SailPoint.Geolocation[0]: expected"},
		{"an overlay entry of nothing", overlay(zone.OverlayEntry{}), "bad-range", "Overlay.Allow[1].Range"},
		{"an end that was never set", overlay(zone.OverlayEntry{Entry: one[0], Until: time.Unix(-1, 0)}), "bad-time", "Overlay.Allow[1].Until: expected"},
		{"a place without a country", inZone(places(zone.Place{Country: "DE"}, zone.Place{Region: "US-CA"})), "bad-country", "Zones[0].Zones[1].Locations.Exclude[1]: expected"},
		{"a country of three letters", inZone(places(zone.Place{Country: "USA"})), "bad-country", "expected a country"},
		{"a region of another country", inZone(places(zone.Place{Country: "DE", Region: "US-CA"})), "bad-country", "expected a country"},
		{"a region without its country", inZone(places(zone.Place{Country: "US", Region: "CA"})), "bad-country", "expected a country"},
		{"an IP zone with a country", inZone(zone.Zone{Active: true, Type: zone.IP, Gateways: one, Locations: zone.Terms[zone.Place]{Include: zone.TermsOf(zone.Place{Country: "DE"})}}), "wrong-shape", "Zones[0].Zones[1].Locations: a zone of type IP"},
		{"a dynamic zone with gateways", inZone(zone.Zone{Active: true, Type: zone.Dynamic, Proxy: zone.AnyAnonymizer, Gateways: one}), "wrong-shape", "Zones[0].Zones[1].Gateways: a zone of type DYNAMIC"},
		{"a DYNAMIC zone that excludes", inZone(zone.Zone{Active: true, Type: zone.Dynamic, ASNs: zone.Terms[uint32]{Exclude: zone.TermsOf[uint32](1)}}), "wrong-shape", "Zones[0].Zones[1].ASNs.Exclude"},
		{"a DYNAMIC zone with categories", inZone(zone.Zone{Active: true, Type: zone.Dynamic, Categories: zone.Terms[string]{Include: zone.TermsOf("NORD_VPN")}}), "wrong-shape", "Zones[0].Zones[1].Categories"},
		{"a DYNAMIC_V2 zone with a proxy type", inZone(zone.Zone{Active: true, Type: zone.DynamicV2, Proxy: zone.TorAnonymizer}), "wrong-shape", "Zones[0].Zones[1].Proxy"},
		{"an exempt zone that is not the system's", inZone(zone.Zone{Active: true, Type: zone.IP, Gateways: one, Exempt: true}), "wrong-shape", "Zones[0].Zones[1].Exempt"},
		{"all zones and another", withRule(zone.Rule{Active: true, Network: zone.NetworkCondition{Connection: zone.InZones, Include: []zone.ZoneID{{ID: "ALL_ZONES"}, {ID: "office"}}}}), "all-zones-not-alone", "stand alone"},
		{"a huge priority", withRule(zone.Rule{Active: true, HasPriority: true, Priority: math.MaxInt}), "bad-priority", "32 bits"},
		{"what is no sort of anonymizers", decide.Config{SailPoint: &zone.NetworkConfig{}, AssumeNone: 32}, "unknown-option", "AssumeNone"},
		{"an unknown option", decide.Config{SailPoint: &zone.NetworkConfig{Geolocation: zone.TermsOf("KP")}, UnknownCountry: 9}, "unknown-option", "UnknownCountry"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if row.name == "a huge priority" && strconv.IntSize == 32 {
				t.Skip("an int of 32 bits holds no priority that is too large")
			}
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

// TestModels: of whatever the types can hold, either Compile refuses it, or both
// evaluators say the same of it, which is what the document of the same meaning
// says. So a value that no document has does not compile.
func TestModels(t *testing.T) {
	compiled := 0
	for seed := range seeds(1500) {
		if checkModel(t, seed) {
			compiled++
		}
	}
	require.Greater(t, compiled, int(seeds(1500))/5, "too few models compile to show anything")
	require.Less(t, compiled, int(seeds(1500))*4/5, "too few models are refused to show anything")
}

func FuzzModels(f *testing.F) {
	f.Add(uint64(1))
	f.Fuzz(func(t *testing.T, seed uint64) { checkModel(t, seed) })
}

// checkModel draws one Config and says whether it compiled.
func checkModel(t *testing.T, seed uint64) bool {
	t.Helper()
	r := &randomModels{newRandomPolicy(seed), 40}
	config := r.config()
	policy, err := decide.Compile(config)
	if err != nil {
		if policy != nil {
			t.Fatalf("seed %d: a policy beside an error", seed)
		}
		return false
	}
	documents, err := asDocuments(t, config)
	if err != nil {
		t.Fatalf("seed %d: the model compiles, its document is refused: %v", seed, err)
	}
	parsed, err := decide.Compile(documents)
	if err != nil {
		t.Fatalf("seed %d: the model compiles, its document does not: %v", seed, err)
	}
	check := func(chain []netip.Addr) {
		checkAgainstExplain(t, policy, seed, chain)
		got, want := policy.DecideChain(chain), parsed.DecideChain(chain)
		if got.Verdict != want.Verdict || got.Reason != want.Reason || got.Audit != want.Audit {
			t.Fatalf("seed %d, chain %v: the model says %v, its document %v", seed, chain, got, want)
		}
	}
	for _, addr := range r.pool {
		check([]netip.Addr{addr})
	}
	for range 30 {
		check(r.chain())
	}
	return true
}

// The zone that the system keeps for exemptions is no zone like any other: were it
// one, ALL_ZONES would hold it.
func TestCompileKnowsTheExemptZone(t *testing.T) {
	z := zone.Zone{Active: true, Type: zone.IP, System: true, Name: "DefaultExemptIpZone"}
	compile := func() error {
		_, err := decide.Compile(decide.Config{Zones: []zone.Zones{{Zones: []zone.Zone{z}}}})
		return err
	}
	require.ErrorContains(t, compile(), "Zones[0].Zones[0].Exempt: the system's zone of this name")
	z.Exempt = true
	require.NoError(t, compile())
}
