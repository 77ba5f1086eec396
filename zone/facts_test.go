package zone_test

import (
	"math/rand/v2"
	"net/netip"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go4.org/netipx"

	"github.com/netwicket/netwicket/zone"
)

// facts are what a zone is good for, in the order of the columns of TestZoneFacts.
func facts(z *zone.Zone) string {
	text := ""
	for _, fact := range []struct {
		letter string
		holds  bool
	}{
		{"U", z.Usable()}, {"W", z.Walked()}, {"P", z.TrustsProxies()}, {"S", z.SystemZone()},
		{"B", z.Blocks()}, {"E", z.Exempts()}, {"D", z.IsDynamic()},
		{"A", zone.ZoneID{ID: zone.AllZones}.Names(z)}, {"I", zone.ZoneID{ID: zone.AllIPZones}.Names(z)},
	} {
		if fact.holds {
			text += fact.letter
		} else {
			text += "-"
		}
	}
	return text
}

// Usable, Walked, TrustsProxies, SystemZone, Blocks, Exempts, IsDynamic, part of
// ALL_ZONES, part of ALL_IP_ZONES.
func TestZoneFacts(t *testing.T) {
	for _, row := range []struct {
		name string
		zone zone.Zone
		want string
	}{
		{"the zero value", zone.Zone{}, "---------"},
		{"an IP zone", zone.Zone{Type: zone.IP, Active: true}, "UWP----AI"},
		{"an INACTIVE IP zone", zone.Zone{Type: zone.IP}, "---------"},
		{"a blocklist", zone.Zone{Type: zone.IP, Active: true, Blocklist: true}, "----B----"},
		{"an INACTIVE blocklist", zone.Zone{Type: zone.IP, Blocklist: true}, "---------"},
		{"the system's IP zone", zone.Zone{Type: zone.IP, Active: true, System: true}, "UWPS---AI"},
		{"the system's IP zone, INACTIVE", zone.Zone{Type: zone.IP, System: true}, "---------"},
		{"the system's blocklist", zone.Zone{Type: zone.IP, Active: true, System: true, Blocklist: true}, "----B----"},
		{"the exempt zone", zone.Zone{Type: zone.IP, Active: true, System: true, Exempt: true}, "UW---E---"},
		{"the exempt zone, INACTIVE", zone.Zone{Type: zone.IP, System: true, Exempt: true}, "---------"},
		{"a blocklist that claims to be exempt", zone.Zone{Type: zone.IP, Active: true, Blocklist: true, Exempt: true}, "----B----"},
		{"a dynamic zone", zone.Zone{Type: zone.Dynamic, Active: true}, "U-----DA-"},
		{"a dynamic zone of the second kind", zone.Zone{Type: zone.DynamicV2, Active: true}, "U-----DA-"},
		{"a dynamic zone of the system", zone.Zone{Type: zone.DynamicV2, Active: true, System: true}, "U-----DA-"},
		{"a dynamic blocklist", zone.Zone{Type: zone.DynamicV2, Active: true, Blocklist: true}, "----B-D--"},
		{"a dynamic zone that claims to be exempt", zone.Zone{Type: zone.Dynamic, Active: true, Exempt: true}, "U-----D--"},
		{"an INACTIVE dynamic zone", zone.Zone{Type: zone.Dynamic}, "------D--"},
		{"an unknown type is neither", zone.Zone{Type: "NEW", Active: true}, "U------A-"},
	} {
		t.Run(row.name, func(t *testing.T) { require.Equal(t, row.want, facts(&row.zone)) })
	}
}

func TestConstrained(t *testing.T) {
	require.False(t, (&zone.Zone{Type: zone.Dynamic}).Constrained())
	for name, z := range map[string]zone.Zone{
		"a location":          {Locations: zone.Terms[zone.Place]{Include: zone.TermsOf(zone.Place{Country: "DE"})}},
		"an excluded network": {ASNs: zone.Terms[uint32]{Exclude: zone.TermsOf[uint32](1)}},
		"a category":          {Categories: zone.Terms[string]{Include: zone.TermsOf("NORD_VPN")}},
		"a proxy type":        {Proxy: zone.TorAnonymizer},
	} {
		require.True(t, z.Constrained(), name)
	}
}

func TestEmpty(t *testing.T) {
	one := netip.MustParseAddr("192.0.2.1")
	entries := []zone.Entry{{Range: netipx.IPRangeFrom(one, one)}}
	require.True(t, (&zone.Zone{Type: zone.IP}).Empty())
	require.True(t, (&zone.Zone{Type: zone.IP, Proxies: entries}).Empty(), "a proxy alone lets nobody in")
	require.False(t, (&zone.Zone{Type: zone.IP, Gateways: entries}).Empty())
	require.False(t, (&zone.Zone{Type: zone.Dynamic}).Empty(), "a dynamic zone has no gateways to lack")
}

func TestMask(t *testing.T) {
	for text, want := range map[string]bool{
		"255.255.255.0": true, "255.0.0.0": true, "255.255.255.255": true, "255.255.255.0/24": true,
		"::ffff:255.255.255.0": true, "255.255.0.0-255.255.0.0": true, " 255.255.0.0 - 255.255.0.0": true,
		"255.0.0.1": false, "255.255.0.255": false, "254.0.0.0": false, "0.0.0.0": false, "192.0.2.0/24": false,
		"255.255.0.0-255.255.255.0": false, "ffff::": false, "mask": false, "": false,
	} {
		require.Equal(t, want, (&zone.Entry{Text: text}).Mask(), text)
	}
}

func TestReferences(t *testing.T) {
	z := zone.Zone{ID: "nzo1", Name: "Offices", Type: zone.IP, Active: true}
	require.True(t, zone.ZoneID{ID: "nzo1"}.Names(&z))
	require.False(t, zone.ZoneID{ID: "Offices"}.Names(&z), "a name is no id")
	require.False(t, zone.ZoneID{}.Names(&zone.Zone{Type: zone.IP, Active: true}), "an empty reference names nobody")
	off := z
	off.Active = false
	require.True(t, zone.ZoneID{ID: "nzo1"}.Names(&off), "an id names its zone whatever it is good for")
	for id, many := range map[string]bool{"ALL_ZONES": true, "ALL_IP_ZONES": true, "nzo1": false, "": false} {
		require.Equal(t, many, zone.ZoneID{ID: id}.Many(), id)
	}
}

func TestConditionFacts(t *testing.T) {
	ids := []zone.ZoneID{{ID: "nzo1"}}
	for _, row := range []struct {
		name      string
		condition zone.NetworkCondition
		excludes  bool
		listed    int
	}{
		{"anywhere", zone.NetworkCondition{}, false, 0},
		{"in a zone", zone.NetworkCondition{Connection: zone.InZones, Include: ids}, false, 1},
		{"outside of a zone", zone.NetworkCondition{Connection: zone.InZones, Exclude: ids}, true, 1},
		{"in the system zone", zone.NetworkCondition{Connection: zone.InSystemZone}, false, 0},
		{"outside of the system zone", zone.NetworkCondition{Connection: zone.OutsideSystemZone}, true, 0},
		{"disabled", zone.NetworkCondition{Connection: zone.Disabled}, false, 0},
		{"a list that does not count", zone.NetworkCondition{Connection: zone.InSystemZone, Exclude: ids}, false, 0},
		{"no connection of Okta's", zone.NetworkCondition{Connection: 99, Exclude: ids}, false, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			require.Equal(t, row.excludes, row.condition.Excludes())
			require.Len(t, row.condition.Listed(), row.listed)
		})
	}
}

func TestRuleFacts(t *testing.T) {
	at := zone.Position{Path: "/3"}
	require.Equal(t, "office", (&zone.Rule{Name: "office", ID: "rul1", Position: at}).Label())
	require.Equal(t, "rul1", (&zone.Rule{ID: "rul1", Position: at}).Label())
	require.Equal(t, "/3", (&zone.Rule{Position: at}).Label())

	for _, row := range []struct {
		name string
		rule zone.Rule
		want bool
	}{
		{"allows", zone.Rule{Active: true, Allow: true}, true},
		{"denies", zone.Rule{Active: true}, true},
		{"INACTIVE", zone.Rule{Allow: true}, false},
		{"a narrowed ALLOW", zone.Rule{Active: true, Allow: true, Narrowed: []string{"/conditions/people"}}, false},
		{"a narrowed DENY", zone.Rule{Active: true, Narrowed: []string{"/conditions/people"}}, true},
		{"disabled", zone.Rule{Active: true, Network: zone.NetworkCondition{Connection: zone.Disabled}}, false},
	} {
		require.Equal(t, row.want, row.rule.CanApply(), row.name)
	}
}

func TestRulesInOrder(t *testing.T) {
	set := zone.RuleSet{Rules: []zone.Rule{
		{Name: "none"}, {Name: "2", HasPriority: true, Priority: 2}, {Name: "also none"}, {Name: "-1", HasPriority: true, Priority: -1},
		{Name: "0", HasPriority: true}, {Name: "also 2", HasPriority: true, Priority: 2, Active: true},
	}}
	var names []string
	for _, rule := range set.InOrder() {
		names = append(names, rule.Name)
	}
	require.Equal(t, []string{"-1", "0", "2", "also 2", "none", "also none"}, names)
	require.Equal(t, "none", set.Rules[0].Name, "the document keeps its order")
	require.Empty(t, (&zone.RuleSet{}).InOrder())
}

// Many rules are sorted in another way than few, which compares each pair either way round.
func TestManyRulesInOrder(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var set zone.RuleSet
	var want []string
	byPriority := map[int][]string{}
	const none = 7
	for i := range 300 {
		rule := zone.Rule{Name: strconv.Itoa(i)}
		priority := random.IntN(none + 3)
		if priority < none {
			rule.HasPriority, rule.Priority = true, priority
		} else {
			priority = none
		}
		byPriority[priority] = append(byPriority[priority], rule.Name)
		set.Rules = append(set.Rules, rule)
	}
	for priority := range none + 1 {
		want = append(want, byPriority[priority]...)
	}
	var got []string
	for _, rule := range set.InOrder() {
		got = append(got, rule.Name)
	}
	require.Equal(t, want, got)
}

func TestInForce(t *testing.T) {
	until := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	entry := zone.OverlayEntry{Until: until}
	require.True(t, entry.InForce(until.Add(-time.Nanosecond)))
	require.False(t, entry.InForce(until), "its end is not part of its time")
	require.False(t, entry.InForce(until.Add(time.Nanosecond)))
	require.True(t, entry.InForce(time.Time{}), "the zero time expires nothing")
	require.True(t, (&zone.OverlayEntry{}).InForce(until), "without an end it never expires")
}

func TestEnforced(t *testing.T) {
	network := []zone.Entry{{Text: "192.0.2.0/24"}}
	for _, row := range []struct {
		name      string
		config    *zone.NetworkConfig
		profile   *zone.AuthProfile
		network   bool
		geography bool
	}{
		{"nothing", nil, nil, false, false},
		{"a fresh tenant", &zone.NetworkConfig{}, nil, false, false},
		{"a network", &zone.NetworkConfig{Range: network}, nil, true, false},
		{"a network and an allow list of nothing", &zone.NetworkConfig{Range: network, Allowlist: true}, nil, true, false},
		{"an allow list of nothing", &zone.NetworkConfig{Allowlist: true}, nil, false, true},
		{"a block list", &zone.NetworkConfig{Geolocation: zone.TermsOf("KP")}, nil, false, true},
		{"both lists", &zone.NetworkConfig{Range: network, Geolocation: zone.TermsOf("DE"), Allowlist: true}, nil, true, true},
		{"a profile that enforces nothing", &zone.NetworkConfig{Range: network, Geolocation: zone.TermsOf("DE")}, &zone.AuthProfile{}, false, false},
		{"a profile that enforces the network", &zone.NetworkConfig{}, &zone.AuthProfile{OffNetwork: true}, true, false},
		{"a profile alone", nil, &zone.AuthProfile{UntrustedGeography: true}, false, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			network, geography := row.config.Enforced(row.profile)
			require.Equal(t, row.network, network, "network")
			require.Equal(t, row.geography, geography, "geography")
		})
	}
}

func TestTrusts(t *testing.T) {
	allow := zone.NetworkConfig{Geolocation: zone.TermsOf("DE", "FR"), Allowlist: true}
	block := zone.NetworkConfig{Geolocation: zone.TermsOf("DE", "FR")}
	require.True(t, allow.Trusts("FR"))
	require.False(t, allow.Trusts("US"))
	require.False(t, block.Trusts("FR"))
	require.True(t, block.Trusts("US"))
}

// Whatever Okta does not have is known as nothing.
func TestKnownKinds(t *testing.T) {
	for _, kind := range []zone.Type{zone.IP, zone.Dynamic, zone.DynamicV2} {
		require.True(t, kind.Known(), kind)
	}
	for _, kind := range []zone.Type{"", "ip", "DYNAMIC_V3"} {
		require.False(t, kind.Known(), kind)
	}
	known := func(is func(uint8) bool) (count int) {
		for kind := range 256 {
			if is(uint8(kind)) {
				count++
			}
		}
		return count
	}
	require.Equal(t, 5, known(func(kind uint8) bool { return zone.Connection(kind).Known() }))
	require.Equal(t, 4, known(func(kind uint8) bool { return zone.ProxyType(kind).Known() }))
	require.Equal(t, 3, known(func(kind uint8) bool { return zone.ThreatAction(kind).Known() }))
}
