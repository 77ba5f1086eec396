package bench

import (
	"slices"
	"testing"

	"github.com/netwicket/netwicket/bench/workload"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/zone"
)

// BenchmarkReload compiles the policy of 100 zones after a change, with the policy
// before it at hand: of the ranges of an IP zone, of the countries of a dynamic zone,
// or of a rule. Every iteration changes something else than the one before.
func BenchmarkReload(b *testing.B) {
	reload := func(name string, change func(config *decide.Config, i int)) {
		b.Run(name, func(b *testing.B) {
			config := suite.Config(b, workload.ChainZones)
			policy := compiled(b, config)
			clock := workload.StartClock(b)
			for i := 0; b.Loop(); i++ {
				change(&config, i)
				var err error
				if policy, err = decide.Recompile(policy, config); err != nil {
					b.Fatal(err)
				}
			}
			clock.Report()
		})
	}
	var ranges []zone.Entry
	reload("one-zone", func(config *decide.Config, i int) {
		z := firstZone(b, config, func(z *zone.Zone) bool { return z.Active && len(z.Gateways) > 10 })
		if ranges == nil {
			ranges = z.Gateways
		}
		z.Gateways = ranges[1+i%10:]
	})
	reload("one-dynamic-zone", func(config *decide.Config, i int) {
		z := firstZone(b, config, func(z *zone.Zone) bool { return z.Active && z.IsDynamic() && len(z.Locations.Include) > 0 })
		z.Locations.Include = zone.TermsOf(zone.Place{Country: []string{"SE", "NO", "FI"}[i%3]})
	})
	reload("one-rule", func(config *decide.Config, _ int) {
		config.Rules = slices.Clone(config.Rules)
		config.Rules[0].Rules = slices.Clone(config.Rules[0].Rules)
		rule := &config.Rules[0].Rules[len(config.Rules[0].Rules)/2]
		rule.Allow = !rule.Allow
	})
}

// firstZone is a copy of its own of the first zone of that sort.
func firstZone(b *testing.B, config *decide.Config, is func(*zone.Zone) bool) *zone.Zone {
	b.Helper()
	config.Zones = slices.Clone(config.Zones)
	for d := range config.Zones {
		zones := slices.Clone(config.Zones[d].Zones)
		config.Zones[d].Zones = zones
		for i := range zones {
			if is(&zones[i]) {
				return &zones[i]
			}
		}
	}
	b.Fatal("the policy has no such zone")
	return nil
}
