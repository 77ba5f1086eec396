package decide

import (
	"iter"

	"go4.org/netipx"

	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/internal/addrnum"
	"github.com/netwicket/netwicket/zone"
)

// buildTable sweeps both families and interns the classes.
func (c *compiler) buildTable() {
	p := c.p
	var list events
	walkable := make([]uint64, p.ipWords)
	for i := range p.zones {
		z, spec := &p.zones[i], c.specs[i]
		p.blocklists = p.blocklists || z.blocks
		if z.kind != ipZone {
			continue
		}
		list.add(feature{gatewayFeature, int32(z.bit)}, ranges(spec.Gateways))
		if spec.Exempts() {
			list.add(flagOf(exempted), ranges(spec.Gateways))
		}
		if spec.TrustsProxies() {
			list.add(feature{proxyFeature, int32(z.bit)}, ranges(spec.Proxies))
		}
		setBit(walkable, z.bit, spec.Walked())
	}
	p.walkable = walkable
	c.addFlags(&list)
	list.sort()

	rules, rulesByZone := c.settleRules()
	addresses, locations := newPatternState(p), newGeoCompiler(p, c.specs, c.stated, rules, rulesByZone)
	locations.assumed = c.config.AssumeNone
	byLocation := locations.patternsOf(c.config.Geo)
	var intervals intervals
	sweep(list[addrnum.IPv4], patternEdges(c.config.Geo, addrnum.IPv4, byLocation), addresses, intervals.add4)
	sweep(list[addrnum.IPv6], patternEdges(c.config.Geo, addrnum.IPv6, byLocation), addresses, intervals.add6)
	p.addressPatterns, p.ipSets = addresses.patterns, addresses.sets.sets
	p.geoPatterns, p.dynamicSets = locations.patterns, locations.sets.sets
	p.settleRules(rules, rulesByZone)
	p.everyHop = p.blocklists || len(c.deny) > 0
	p.info.Intervals4, p.info.Intervals6 = len(intervals.v4.First), len(intervals.v6.First)
	p.info.Classes = len(intervals.classes.list)
	p.settle(intervals.classes.list)
	p.classAt, p.judgmentAt, p.verdictAt = intervals.table(), intervals.tableOf(p.judgmentOf), intervals.tableOf(p.verdicts())
	p.keepSecondLooks()
}

// addFlags adds the lists that are no zones.
func (c *compiler) addFlags(list *events) {
	count := 0
	for _, feed := range c.config.ThreatFeeds {
		count += len(feed.Entries)
	}
	feeds := make([]netipx.IPRange, 0, count)
	for _, feed := range c.config.ThreatFeeds {
		for i := range feed.Entries {
			feeds = append(feeds, feed.Entries[i].Range)
		}
	}
	list.add(flagOf(threatened), feeds)
	if document := c.config.SailPoint; document != nil {
		list.add(flagOf(onNetwork), ranges(document.Range))
	}
	list.add(flagOf(overlayDenied), overlayRanges(c.deny))
	list.add(flagOf(overlayAllowed), overlayRanges(c.allow))
	list.add(flagOf(embedsIPv4), embeddingRanges())
}

func ranges(entries []zone.Entry) []netipx.IPRange {
	all := make([]netipx.IPRange, len(entries))
	for i := range entries {
		all[i] = entries[i].Range
	}
	return all
}

// patternEdges is the geo table's edges of one family with patterns for
// locations, equal neighbours merged.
func patternEdges(table *geo.Table, fam addrnum.Family, byLocation []uint32) iter.Seq2[addrnum.Number, uint32] {
	return func(yield func(addrnum.Number, uint32) bool) {
		last, fresh := uint32(0), true
		same := func(location uint32) bool {
			pattern := byLocation[location]
			if !fresh && pattern == last {
				return true
			}
			last, fresh = pattern, false
			return false
		}
		if fam == addrnum.IPv4 {
			for at, location := range table.Edges4() {
				if !same(location) && !yield(addrnum.Number{Lo: uint64(at)}, last) {
					return
				}
			}
			return
		}
		for at, location := range table.FoldedEdges6() {
			if !same(location) && !yield(addrnum.Number{Hi: at[0], Lo: at[1]}, last) {
				return
			}
		}
	}
}
