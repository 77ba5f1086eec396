package decide

import (
	"iter"
	"slices"

	"go4.org/netipx"

	"github.com/netwicket/netwicket/internal/parallel"
	"github.com/netwicket/netwicket/zone"
)

// buildTable settles what addresses come to: patterns, classes, judgments, and the
// tables of them. What the previous policy has of it is taken over, see [Recompile].
func (c *compiler) buildTable() {
	p, previous := c.p, c.previous
	rules, rulesByZone := c.settleRules()
	lists := c.lists()
	var v4 []event4
	var v6 []event6
	var at geoEdges
	p.origin.geo, p.origin.locations = c.config.Geo, c.hashLocations()
	parallel.Do(func() {
		v4, v6 = eventsOf(lists)
		p.origin.lists = p.hashLists(v4, v6)
	}, func() { at = c.locate() })

	var in *intervals // nil: those of the previous policy
	if previous.lists(&p.origin) {
		p.classAt, p.classes, p.ipSets = previous.classAt, previous.classes, previous.ipSets
		p.addressPatterns = slices.Clone(previous.addressPatterns)
		p.info.Intervals4, p.info.Intervals6 = previous.info.Intervals4, previous.info.Intervals6
	} else {
		var met *half
		in, met = p.sweepBoth(v4, v6, at)
		p.classes, p.addressPatterns, p.ipSets = met.classes.list, met.addresses.patterns, met.addresses.sets.sets
		p.info.Intervals4, p.info.Intervals6 = len(in.v4.First), len(in.v6.First)
	}
	p.info.Classes = len(p.classes)
	p.settleRules(rules, rulesByZone)
	p.everyHop = p.blocklists || len(c.deny) > 0
	p.settle()
	c.makeTables(in)
	p.keepSecondLooks()
}

// locate settles the geo patterns.
func (c *compiler) locate() geoEdges {
	p := c.p
	if c.previous.locates(&p.origin) {
		p.relocate(c.previous)
		return c.previous.geoEdges()
	}
	locations := newGeoCompiler(p, c.specs, c.stated)
	locations.assumed = c.config.AssumeNone
	byLocation := locations.patternsOf(c.config.Geo)
	p.geoPatterns, p.dynamicSets = locations.patterns, locations.sets.sets
	return geoEdgesOf(c.config.Geo, byLocation)
}

// makeTables makes the tables of these intervals, or without any those that differ
// from the previous policy's.
func (c *compiler) makeTables(in *intervals) {
	p, verdicts := c.p, c.p.verdicts()
	if in == nil {
		if slices.Equal(p.judgmentOf, c.previous.judgmentOf) {
			p.judgmentAt = c.previous.judgmentAt
		}
		if slices.Equal(verdicts, c.previous.verdicts()) {
			p.verdictAt = c.previous.verdictAt
		}
		if p.judgmentAt != nil && p.verdictAt != nil {
			return
		}
		in = p.intervals()
	}
	parallel.Do(func() {
		if p.classAt == nil {
			p.classAt = in.table()
		}
	}, func() {
		if p.judgmentAt == nil {
			p.judgmentAt = in.tableOf(p.judgmentOf)
		}
	}, func() {
		if p.verdictAt == nil {
			p.verdictAt = in.tableOf(verdicts)
		}
	})
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
