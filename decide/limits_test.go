package decide_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/zone"
)

// TestCompileLimits: documents that are small enough each are too many together,
// and models made in code have no parser to refuse them.
func TestCompileLimits(t *testing.T) {
	zones := func(n int) zone.Zones { return zone.Zones{Zones: make([]zone.Zone, n)} }
	rules := func(n int) zone.RuleSet { return zone.RuleSet{Rules: make([]zone.Rule, n)} }
	listing := func(n int) zone.RuleSet {
		set := rules(1)
		set.Rules[0].Network = zone.NetworkCondition{Connection: zone.InZones, Include: make([]zone.ZoneID, n)}
		set.Rules[0].Network.Include[n-1].Position = zone.Position{File: "rules.json", Line: 7, Column: 3}
		return set
	}
	excluding := func(n int) zone.RuleSet {
		set := rules(1)
		set.Rules[0].Network = zone.NetworkCondition{Connection: zone.InZones, Exclude: make([]zone.ZoneID, n)}
		return set
	}
	last := zones(5001)
	last.Zones[5000].Position = zone.Position{File: "zones.json", Line: 9, Column: 5}
	for name, test := range map[string]struct {
		config      decide.Config
		code, where string // empty: within the limits
	}{
		"zones":             {decide.Config{Zones: []zone.Zones{zones(5000), zones(5000)}}, "", ""},
		"too many zones":    {decide.Config{Zones: []zone.Zones{zones(5000), last}}, "too-many-zones", "zones.json:9:5"},
		"rules":             {decide.Config{Rules: []zone.RuleSet{rules(50_000), rules(50_000)}}, "", ""},
		"too many rules":    {decide.Config{Rules: []zone.RuleSet{rules(50_000), rules(50_001)}}, "too-many-rules", "1:1"},
		"too many of rules": {decide.Config{Rules: []zone.RuleSet{listing(50_000), listing(50_001)}}, "too-many-references", "rules.json:7:3"},
		"too many excluded": {decide.Config{Rules: []zone.RuleSet{excluding(50_000), excluding(50_001)}}, "too-many-references", "1:1"},
		"too many of both": {decide.Config{
			Rules: []zone.RuleSet{listing(50_000)}, ThreatInsight: &zone.ThreatInsight{ExcludeZones: make([]zone.ZoneID, 50_001)},
		}, "too-many-references", "1:1"},
	} {
		t.Run(name, func(t *testing.T) {
			policy, err := decide.Compile(test.config)
			if test.code == "" {
				require.NoError(t, err)
				return
			}
			require.Nil(t, policy)
			var found decide.Findings
			require.ErrorAs(t, err, &found)
			require.Len(t, found, 1)
			require.Equal(t, test.code, found[0].Code)
			require.Equal(t, test.where, found[0].Position())
		})
	}
}
