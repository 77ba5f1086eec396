package decide

import (
	"iter"
	"slices"

	"go4.org/netipx"

	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/internal/addrnum"
	"github.com/netwicket/netwicket/zone"
)

// buildTable sweeps both families and interns the classes.
func (c *compiler) buildTable() {
	p := c.p
	events4, events6 := eventsOf(c.lists())
	rules, rulesByZone := c.settleRules()
	addresses, locations := newPatternState(p), newGeoCompiler(p, c.specs, c.stated, rules, rulesByZone)
	locations.assumed = c.config.AssumeNone
	byLocation := locations.patternsOf(c.config.Geo)
	var intervals intervals
	intervals.grow(len(events4), len(events6)) // those of feeds alone are millions
	sweep(events4, patternEdges(c.config.Geo, addrnum.IPv4, byLocation), addresses, intervals.add4)
	sweep(events6, patternEdges(c.config.Geo, addrnum.IPv6, byLocation), addresses, intervals.add6)
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

// lists are all that says something of an address, and settles which zones a request
// can be in.
func (c *compiler) lists() []list {
	p, numbered := c.p, features{c.p.ipBits}
	var lists []list
	add := func(f feature, ranges iter.Seq[netipx.IPRange]) { lists = append(lists, list{f, ranges}) }
	p.walkable = make([]uint64, p.ipWords)
	for i := range p.zones {
		z, spec := &p.zones[i], c.specs[i]
		p.blocklists = p.blocklists || z.blocks
		if z.kind != ipZone {
			continue
		}
		add(numbered.gateway(z.bit), ranges(spec.Gateways))
		if spec.Exempts() {
			add(numbered.flag(exempted), ranges(spec.Gateways))
		}
		if spec.TrustsProxies() {
			add(numbered.proxy(z.bit), ranges(spec.Proxies))
		}
		setBit(p.walkable, z.bit, spec.Walked())
	}
	for i := range c.config.ThreatFeeds {
		add(numbered.flag(threatened), ranges(c.config.ThreatFeeds[i].Entries))
	}
	if document := c.config.SailPoint; document != nil {
		add(numbered.flag(onNetwork), ranges(document.Range))
	}
	add(numbered.flag(overlayDenied), overlayRanges(c.deny))
	add(numbered.flag(overlayAllowed), overlayRanges(c.allow))
	add(numbered.flag(embedsIPv4), slices.Values(embeddingRanges()))
	return lists
}

func ranges(entries []zone.Entry) iter.Seq[netipx.IPRange] {
	return func(yield func(netipx.IPRange) bool) {
		for i := range entries {
			if !yield(entries[i].Range) {
				return
			}
		}
	}
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
