package decide

import (
	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/zone"
)

// geoPattern is all that the geo sources say of an address, as far as the
// policy asks: locations that no zone and no SailPoint list tells apart share one.
type geoPattern struct {
	match         uint32 // set of dynamic zones that the address is in
	unknown       uint32 // set of dynamic zones that it may be in
	block         int32  // first blocklist zone that it is in, or none
	blockUnknown  int32  // first blocklist zone that it is or may be in, or none
	country       truth  // SailPoint's "trusted country"
	rulesSurely   uint32 // set of rules that list a dynamic zone which the address is in
	rulesPossibly uint32 // the same for zones that it is or may be in
	repeats       uint32 // 1 + index of a repeat, whose pattern counts instead of this one; 0: none
}

// property is one column of the dynamic zones: for every value of a datum it
// keeps which zones' terms the value meets. The columns are joined by AND, a
// word of zones at a time, so that a location costs a few look-ups instead of
// one evaluation per zone.
// See docs/semantics.md, dynamic-2.
type property struct {
	surely, possibly []uint64 // flat: words of vector 0, of vector 1, ...
	width            int
	bits             []int // of the dynamic zones
	zones            []*zone.Zone
}

func (p *property) add(holds func(*zone.Zone) truth) uint32 {
	id := uint32(len(p.surely) / max(p.width, 1))
	surely, possibly := make([]uint64, p.width), make([]uint64, p.width)
	for i, z := range p.zones {
		held := holds(z)
		setBit(surely, p.bits[i], held.surely)
		setBit(possibly, p.bits[i], held.possibly)
	}
	p.surely = append(p.surely, surely...)
	p.possibly = append(p.possibly, possibly...)
	return id
}

// geoCompiler turns locations into patterns.
type geoCompiler struct {
	p         *Policy
	places    property
	asns      property
	proxies   property
	services  property
	countries []truth // by vector of places: SailPoint's view of the country

	stated     statedRegions
	placeIDs   map[placeValue]uint32
	listedASNs map[uint32]bool
	asnIDs     map[asnValue]uint32
	proxyIDs   map[geo.Anonymizer]uint32
	serviceIDs map[geo.Services]uint32

	sets     *setInterner
	ruleSets *setInterner
	patterns []geoPattern
	combined map[[4]uint32]uint32
	byKey    map[geoPattern]uint32
	blocks   []uint64
	zoneOf   []int32
	match    []uint64
	unknown  []uint64
	rules    []uint64
}

type placeValue struct {
	country string
	regions geo.Regions
}

type asnValue struct {
	asn    uint32
	known  bool
	listed bool
}

func newGeoCompiler(p *Policy, specs []*zone.Zone, stated statedRegions) *geoCompiler {
	g := &geoCompiler{
		p: p, stated: stated, placeIDs: map[placeValue]uint32{}, listedASNs: map[uint32]bool{}, asnIDs: map[asnValue]uint32{},
		proxyIDs: map[geo.Anonymizer]uint32{}, serviceIDs: map[geo.Services]uint32{},
		sets: newSetInterner(p.dynamicWords), combined: map[[4]uint32]uint32{}, byKey: map[geoPattern]uint32{},
		blocks: make([]uint64, p.dynamicWords), zoneOf: make([]int32, p.dynamicBits),
		match: make([]uint64, p.dynamicWords), unknown: make([]uint64, p.dynamicWords),
		ruleSets: newSetInterner(len(p.ruleWords.exclude)), rules: make([]uint64, len(p.ruleWords.exclude)),
	}
	var dynamic []*zone.Zone
	var bits []int
	for i := range p.zones {
		z := &p.zones[i]
		if z.kind != dynamicZone {
			continue
		}
		dynamic, bits = append(dynamic, specs[i]), append(bits, z.bit)
		g.zoneOf[z.bit] = int32(i)
		setBit(g.blocks, z.bit, z.blocks)
		for _, list := range [][]zone.Term[uint32]{specs[i].ASNs.Include, specs[i].ASNs.Exclude} {
			for _, asn := range list {
				g.listedASNs[asn.Value] = true
			}
		}
	}
	for _, column := range []*property{&g.places, &g.asns, &g.proxies, &g.services} {
		column.width, column.bits, column.zones = p.dynamicWords, bits, dynamic
	}
	return g
}

// patternsOf gives the pattern of every location id, and behind them those that
// stand for the table's blocks.
func (g *geoCompiler) patternsOf(table *geo.Table) []uint32 {
	ids := make([]uint32, table.Locations())
	for id := range ids {
		ids[id] = g.pattern(table.Location(uint32(id)))
	}
	return append(ids, g.addRepeats(table, ids)...)
}

// pattern is the id of a location's pattern.
func (g *geoCompiler) pattern(at geo.Location) uint32 {
	vectors := [4]uint32{g.place(at), g.asn(at), g.proxy(at.Anonymizer), g.service(at.Services)}
	if id, found := g.combined[vectors]; found {
		return id
	}
	id := g.intern(vectors)
	g.combined[vectors] = id
	return id
}

func (g *geoCompiler) place(at geo.Location) uint32 {
	value := placeValue{at.Country, at.Regions}
	id, found := g.placeIDs[value]
	if !found {
		// Without dynamic zones the vectors are empty and share their id, but
		// SailPoint still tells countries apart: count by its own slice.
		g.places.add(func(z *zone.Zone) truth { return g.stated.locationsHold(z.Locations, at) })
		id = uint32(len(g.countries))
		g.countries = append(g.countries, g.p.sailPoint.trusts(at.Country))
		g.placeIDs[value] = id
	}
	return id
}

func (g *geoCompiler) asn(at geo.Location) uint32 {
	value := asnValue{known: at.ASNKnown}
	if at.ASNKnown && g.listedASNs[at.ASN] {
		value.listed, value.asn = true, at.ASN // all others are alike to every zone
	}
	id, found := g.asnIDs[value]
	if !found {
		id = g.asns.add(func(z *zone.Zone) truth { return asnsHold(z.ASNs, at.ASN, at.ASNKnown) })
		g.asnIDs[value] = id
	}
	return id
}

func (g *geoCompiler) proxy(anonymizer geo.Anonymizer) uint32 {
	id, found := g.proxyIDs[anonymizer]
	if !found {
		id = g.proxies.add(func(z *zone.Zone) truth { return proxyHolds(z.Proxy, anonymizer) })
		g.proxyIDs[anonymizer] = id
	}
	return id
}

func (g *geoCompiler) service(services geo.Services) uint32 {
	id, found := g.serviceIDs[services]
	if !found {
		id = g.services.add(func(z *zone.Zone) truth { return categoriesHold(z.Categories, services, z.Blocklist) })
		g.serviceIDs[services] = id
	}
	return id
}

// addRules adds the rules that list one of the zones.
func (g *geoCompiler) addRules(zones []uint64) {
	if g.p.ruleWords.byZone == nil {
		return
	}
	for w, rest := range zones {
		for ; rest != 0; rest &= rest - 1 {
			for i, rules := range g.p.ruleWords.byZone[g.zoneOf[64*w+trailingZeros(rest)]] {
				g.rules[i] |= rules
			}
		}
	}
}

func (g *geoCompiler) intern(vectors [4]uint32) uint32 {
	pattern := geoPattern{block: none, blockUnknown: none, country: g.countries[vectors[0]]}
	for w := range g.match {
		surely, possibly := ^uint64(0), ^uint64(0)
		for i, column := range []*property{&g.places, &g.asns, &g.proxies, &g.services} {
			at := int(vectors[i])*column.width + w
			surely &= column.surely[at]
			possibly &= column.possibly[at]
		}
		g.match[w], g.unknown[w] = surely, possibly&^surely
		if blocking := surely & g.blocks[w]; blocking != 0 && pattern.block == none {
			pattern.block = g.zoneOf[64*w+trailingZeros(blocking)]
		}
		if blocking := possibly & g.blocks[w]; blocking != 0 && pattern.blockUnknown == none {
			pattern.blockUnknown = g.zoneOf[64*w+trailingZeros(blocking)]
		}
	}
	pattern.match, pattern.unknown = g.sets.id(g.match), g.sets.id(g.unknown)
	clear(g.rules)
	g.addRules(g.match)
	pattern.rulesSurely = g.ruleSets.id(g.rules)
	g.addRules(g.unknown)
	pattern.rulesPossibly = g.ruleSets.id(g.rules)
	id, found := g.byKey[pattern]
	if !found {
		id = uint32(len(g.patterns))
		g.patterns = append(g.patterns, pattern)
		g.byKey[pattern] = id
	}
	return id
}
