package decide

import (
	"iter"
	"slices"

	"go4.org/netipx"

	"github.com/netwicket/netwicket/internal/iptable"
	"github.com/netwicket/netwicket/internal/parallel"
	"github.com/netwicket/netwicket/zone"
)

// buildTable settles what addresses come to: patterns, classes, judgments, and the
// tables of them. What the previous policy has of it is taken over, see [Recompile].
func (c *compiler) buildTable() {
	p := c.p
	rules, rulesByZone := c.settleRules()
	lists := c.lists()
	var v4 []event4
	var v6 []event6
	var at geoEdges
	parallel.Do(func() { v4, v6 = eventsOf(lists) }, func() {
		p.origin = origin{geo: c.config.Geo, locations: c.hashLocations(), shape: p.hashShape(), lists: originsOf(lists, features{p.ipBits})}
		at = c.locate()
	})
	s := c.classify(v4, v6, at)
	p.settleRules(rules, rulesByZone)
	p.finish(c.previous, s)
}

// finish makes all that decisions are read from, once the patterns and classes are
// settled. What comes from a snapshot goes this way too, and what an overlay was laid over.
func (p *Policy) finish(previous *Policy, s *succession) {
	p.info.Classes = len(p.classes)
	p.everyHop = p.blocklists || slices.ContainsFunc(p.addressPatterns, func(a addressPattern) bool { return a.flags&overlayDenied != 0 })
	p.settle()
	p.makeTables(previous, s)
	p.keepSecondLooks()
	p.info.Zones = len(p.zones)
	p.info.ActiveZones = 0
	for i := range p.zones {
		if p.zones[i].kind != inactiveZone {
			p.info.ActiveZones++
		}
	}
	p.info.TableBytes4, p.info.TableBytes6 = p.judgmentAt.Bytes()
}

// classify settles the classes of addresses, and says how they follow the previous
// policy's: nil if not at all.
func (c *compiler) classify(v4 []event4, v6 []event6, at geoEdges) (s *succession) {
	p, previous := c.p, c.previous
	var met *half
	switch {
	case !previous.shapes(&p.origin):
		met = p.sweepBoth(previous, v4, v6, at)
	case previous.lists(&p.origin):
		p.classAt, p.classes, p.ipSets = previous.classAt, previous.classes, previous.ipSets
		p.addressPatterns = slices.Clone(previous.addressPatterns)
		p.info.Intervals4, p.info.Intervals6 = previous.info.Intervals4, previous.info.Intervals6
		return unchanged(len(p.classes))
	default:
		met, s = p.resweep(previous, v4, v6)
	}
	p.classes, p.addressPatterns, p.ipSets = met.classes.list, met.addresses.patterns, met.addresses.sets.sets
	return s
}

// locate settles the geo patterns.
func (c *compiler) locate() geoEdges {
	p := c.p
	if c.previous.locates(&p.origin) {
		p.relocate(c.previous)
		return c.previous.geoEdges()
	}
	locations := newGeoCompiler(p, c.specs, c.stated)
	locations.assumed, locations.trusted = c.config.AssumeNone, c.config.SailPoint
	byLocation := locations.patternsOf(c.config.Geo)
	p.geoPatterns, p.dynamicSets = locations.patterns, locations.sets.sets
	return geoEdgesOf(c.config.Geo, byLocation)
}

// makeTables makes the tables of judgments and verdicts: from the previous policy's, or
// else of the classes. Either way they are the same.
func (p *Policy) makeTables(previous *Policy, s *succession) {
	verdicts := p.verdicts()
	p.judgmentAt, p.verdictAt = nil, nil // those that an overlay was laid over may still be there
	if s != nil {
		p.judgmentAt = s.follow(previous.judgmentAt, previous.judgmentOf, p.judgmentOf)
		p.verdictAt = s.follow(previous.verdictAt, mapped(previous.judgmentOf, previous.verdicts()), mapped(p.judgmentOf, verdicts))
	}
	if p.judgmentAt == nil {
		p.judgmentAt = p.classAt.Image(p.judgmentOf, iptable.Anew{})
	}
	if p.verdictAt == nil {
		p.verdictAt = p.judgmentAt.Image(verdicts, iptable.Anew{})
	}
}

// mapped are the numbers for all of a list.
func mapped(list, numbers []uint32) []uint32 {
	all := make([]uint32, len(list))
	for i, v := range list {
		all[i] = numbers[v]
	}
	return all
}

// lists are all that says something of an address.
func (c *compiler) lists() []list {
	p, numbered := c.p, features{c.p.ipBits}
	var lists []list
	add := func(f feature, ranges iter.Seq[netipx.IPRange]) { lists = append(lists, list{f, ranges}) }
	for i := range p.zones {
		z, spec := &p.zones[i], c.specs[i]
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
