package docdiff_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/docdiff"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/zone"
)

// Whichever it is that is taken out, the others stay, in all documents, and the Config
// that it was taken out of is as it was.
func TestWithoutEach(t *testing.T) {
	ids := func(list ...string) (all []zone.ZoneID) {
		for _, id := range list {
			all = append(all, zone.ZoneID{ID: id})
		}
		return all
	}
	rule := func(name string, include, exclude []zone.ZoneID) zone.Rule {
		r := zone.Rule{Name: name}
		r.Network.Include, r.Network.Exclude = include, exclude
		return r
	}
	config := decide.Config{
		Zones: []zone.Zones{{Zones: []zone.Zone{{ID: "a"}, {ID: "b"}}}, {Zones: []zone.Zone{{ID: "c"}, {ID: "d"}}}},
		Rules: []zone.RuleSet{{Rules: []zone.Rule{rule("1", nil, nil), rule("2", ids("a", "b"), nil)}}, {Rules: []zone.Rule{rule("3", ids("a", "b"), ids("a", "c")), rule("4", nil, ids("d", "c"))}}},
	}
	zones := func(c decide.Config) (names string) {
		for _, document := range c.Zones {
			for _, z := range document.Zones {
				names += z.ID
			}
		}
		return names
	}
	rules := func(c decide.Config) (names string) {
		for _, set := range c.Rules {
			for _, r := range set.Rules {
				names += r.Name
			}
		}
		return names
	}
	for i, want := range []string{"bcd", "acd", "abd", "abc"} {
		require.Equal(t, want, zones(docdiff.WithoutZone(config, &config.Zones[i/2].Zones[i%2])))
	}
	for i, want := range []string{"234", "134", "124", "123"} {
		require.Equal(t, want, rules(docdiff.WithoutRule(config, &config.Rules[i/2].Rules[i%2])))
	}
	without, defined := docdiff.WithoutReferences(config, "a")
	require.True(t, defined)
	require.Equal(t, ids("b"), without.Rules[0].Rules[1].Network.Include)
	require.Equal(t, ids("b"), without.Rules[1].Rules[0].Network.Include)
	require.Equal(t, ids("c"), without.Rules[1].Rules[0].Network.Exclude, "one on either side is two")
	require.Nil(t, without.ThreatInsight)
	require.Equal(t, "abcd", zones(config))
	require.Equal(t, "1234", rules(config))
	require.Equal(t, ids("a", "b"), config.Rules[0].Rules[1].Network.Include)
}
