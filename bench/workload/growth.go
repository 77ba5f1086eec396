package workload

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"

	"go4.org/netipx"

	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/zone"
)

// Network is SailPoint's network configuration alone: half of the announced space, in so
// many ranges, and countries that are blocked. It is made in code, because a document of
// SailPoint's has no room for so many.
func (in *Internet) Network(ranges int, table *geo.Table) zone.NetworkConfig {
	var config zone.NetworkConfig
	for _, family := range []Family{IPv4, IPv6} {
		for i, prefix := range in.partition(family, ranges) {
			if i%2 == 0 {
				config.Range = append(config.Range, zone.Entry{Text: prefix.String(), Range: netipx.RangeOfPrefix(prefix)})
			}
		}
	}
	random, census := rand.New(rand.NewPCG(uint64(ranges), 7)), in.census(table)
	for _, country := range draw(random, census.distinct, blockedCountries) {
		config.Geolocation = append(config.Geolocation, zone.Term[string]{Value: country})
	}
	return config
}

// ManyRules are the documents of a policy of zones with so many rules instead of its
// own. Each is about one zone, since a policy may not have more references than that.
func (in *Internet) ManyRules(zones, rules int, table *geo.Table) Documents {
	w := &writer{in: in, census: in.census(table), random: rand.New(rand.NewPCG(uint64(zones), 2))}
	w.allZones(zones)
	var ids []string
	for _, z := range w.zones {
		if z.Usage == "POLICY" {
			ids = append(ids, z.ID)
		}
	}
	list := make([]ruleJSON, rules)
	for i := range list {
		network, access := networkJSON{Connection: "ZONE", Include: []string{ids[w.random.IntN(len(ids))]}}, "ALLOW"
		if i%2 == 1 {
			access = "DENY"
		}
		if i == rules-1 {
			network = networkJSON{Connection: "ANYWHERE"}
		}
		list[i] = newRule(i, network, access)
	}
	return Documents{Zones: encode(w.zones), Rules: encode(list), SailPoint: encode(w.network())}
}

// Feed is a threat feed of single addresses in ascending order, as public lists have
// them: thick in some networks, absent from most.
func Feed(size int) []byte {
	random := rand.New(rand.NewPCG(1, 2))
	taken := make(map[uint32]bool, size)
	for len(taken) < size {
		network := random.Uint32() >> 12 << 12
		for range 1 + random.IntN(500) {
			if len(taken) < size {
				taken[network|random.Uint32()>>20] = true
			}
		}
	}
	var text []byte
	for _, number := range slices.Sorted(maps.Keys(taken)) {
		text = fmt.Appendln(text, addr4(number))
	}
	return text
}
