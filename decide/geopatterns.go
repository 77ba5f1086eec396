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
	causes        causes // why zones are in unknown
	repeats       uint32 // 1 + index of a repeat, whose pattern counts instead of this one; 0: none
}

// causes are the zones of unknown, and the rules that list one of them, by the
// property that is unknown for the zone. A zone or rule may be in several.
// See docs/semantics.md, order-7.
type causes struct {
	zones [4]uint32 // by column: places, ASNs, proxies, services
	rules [4]uint32
	place geo.Field // what is unknown of a place: the country, or else the region
}

// field is what is unknown where the column says unknown.
func (c *causes) field(column int) geo.Field {
	return [...]geo.Field{c.place, geo.ASN, geo.AnonymizerField, geo.ServicesField}[column]
}

// property is one column of the dynamic zones: for every value of a datum it
// keeps which zones' terms the value meets. The columns are joined by AND, a
// word of zones at a time, so that a location costs a few look-ups instead of
// one evaluation per zone.
// See docs/semantics.md, dynamic-2.
type property struct {
	vectors  []vector
	sets     *setInterner // of all columns
	zones    []*zone.Zone // the dynamic ones, by their bits
	surely   []uint64     // memory for one vector
	possibly []uint64
}

// vector is which zones' terms a value meets: two sets of zones.
type vector struct{ surely, possibly uint32 }

// add works the vector of a value out for every zone.
func (p *property) add(holds func(*zone.Zone) truth) uint32 {
	for bit, z := range p.zones {
		p.hold(bit, holds(z))
	}
	return p.keep()
}

// addLike does so for a value that is like another to all zones but these.
func (p *property) addLike(other uint32, bits []int, holds func(*zone.Zone) truth) uint32 {
	like := p.vectors[other]
	for w := range p.surely {
		p.surely[w], p.possibly[w] = p.sets.word(like.surely, w), p.sets.word(like.possibly, w)
	}
	for _, bit := range bits {
		p.hold(bit, holds(p.zones[bit]))
	}
	return p.keep()
}

func (p *property) hold(bit int, held truth) {
	setBit(p.surely, bit, held.surely)
	setBit(p.possibly, bit, held.possibly)
}

func (p *property) keep() uint32 {
	p.vectors = append(p.vectors, vector{p.sets.id(p.surely), p.sets.id(p.possibly)})
	return uint32(len(p.vectors) - 1)
}

// geoCompiler turns locations into patterns.
type geoCompiler struct {
	p         *Policy
	assumed   geo.Sorts
	trusted   *zone.NetworkConfig // SailPoint's countries
	places    property
	asns      property
	proxies   property
	services  property
	countries []truth     // by vector of places: SailPoint's view of the country
	unplaced  []geo.Field // and what is unknown of the place

	stated     statedRegions
	placeIDs   map[placeValue]uint32
	listed     map[string][]int // bits of the zones that name a country
	listedASNs map[uint32][]int
	elsewhere  uint32 // 1 + the vector of a country that no zone names; 0: not worked out yet
	noASN      uint32 // 1 + that of an ASN that no zone names
	asnIDs     map[asnValue]uint32
	proxyIDs   map[anonymity]uint32
	serviceIDs map[geo.Services]uint32

	sets     *setInterner
	patterns []geoPattern
	combined map[[4]uint32]uint32
	byKey    map[geoPattern]uint32
	blocks   []uint64
	zoneOf   []int32
	match    []uint64
	unknown  []uint64
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
		p: p, stated: stated, placeIDs: map[placeValue]uint32{}, listed: map[string][]int{}, listedASNs: map[uint32][]int{}, asnIDs: map[asnValue]uint32{},
		proxyIDs: map[anonymity]uint32{}, serviceIDs: map[geo.Services]uint32{},
		sets: newSetInterner(p.dynamicWords), combined: map[[4]uint32]uint32{}, byKey: map[geoPattern]uint32{},
		blocks: make([]uint64, p.dynamicWords), zoneOf: make([]int32, p.dynamicBits),
		match: make([]uint64, p.dynamicWords), unknown: make([]uint64, p.dynamicWords),
	}
	dynamic := make([]*zone.Zone, p.dynamicBits)
	for i := range p.zones {
		z := &p.zones[i]
		if z.kind != dynamicZone {
			continue
		}
		dynamic[z.bit] = specs[i]
		g.zoneOf[z.bit] = int32(i)
		setBit(g.blocks, z.bit, z.blocks)
		for _, list := range [][]zone.Term[uint32]{specs[i].ASNs.Include, specs[i].ASNs.Exclude} {
			for _, asn := range list {
				if of := g.listedASNs[asn.Value]; len(of) == 0 || of[len(of)-1] != z.bit {
					g.listedASNs[asn.Value] = append(of, z.bit)
				}
			}
		}
		for _, list := range [][]zone.Term[zone.Place]{specs[i].Locations.Include, specs[i].Locations.Exclude} {
			for _, place := range list {
				if of := g.listed[place.Value.Country]; len(of) == 0 || of[len(of)-1] != z.bit {
					g.listed[place.Value.Country] = append(of, z.bit)
				}
			}
		}
	}
	columns := newSetInterner(p.dynamicWords)
	for _, column := range []*property{&g.places, &g.asns, &g.proxies, &g.services} {
		column.sets, column.zones = columns, dynamic
		column.surely, column.possibly = make([]uint64, p.dynamicWords), make([]uint64, p.dynamicWords)
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
	vectors := [4]uint32{g.place(at), g.asn(at), g.proxy(at), g.service(at.Services)}
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
		id = g.newPlace(at)
		for len(g.countries) <= int(id) {
			g.countries = append(g.countries, g.p.sailPoint.trusts(g.trusted, at.Country))
			g.unplaced = append(g.unplaced, unplaced(at))
		}
		g.placeIDs[value] = id
	}
	return id
}

// unplaced is what is unknown of a place where it matters to a zone that something is.
func unplaced(at geo.Location) geo.Field {
	if at.Country == "" {
		return geo.Country
	}
	return geo.Region
}

func (g *geoCompiler) newPlace(at geo.Location) uint32 {
	holds := func(z *zone.Zone) truth { return g.stated.locationsHold(z.Locations, at) }
	if at.Country == "" {
		return g.places.add(holds)
	}
	if g.elsewhere == 0 {
		nowhere := geo.Location{Country: "--"} // no document can name it
		g.elsewhere = 1 + g.places.add(func(z *zone.Zone) truth { return g.stated.locationsHold(z.Locations, nowhere) })
	}
	return g.places.addLike(g.elsewhere-1, g.listed[at.Country], holds)
}

func (g *geoCompiler) asn(at geo.Location) uint32 {
	value := asnValue{known: at.ASNKnown}
	zones := g.listedASNs[at.ASN]
	if at.ASNKnown && zones != nil {
		value.listed, value.asn = true, at.ASN // all others are alike to every zone
	}
	id, found := g.asnIDs[value]
	if !found {
		id = g.newASN(value, at, zones)
		g.asnIDs[value] = id
	}
	return id
}

func (g *geoCompiler) newASN(value asnValue, at geo.Location, zones []int) uint32 {
	holds := func(z *zone.Zone) truth { return asnsHold(z.ASNs, at.ASN, at.ASNKnown) }
	if !value.listed {
		return g.asns.add(holds)
	}
	if g.noASN == 0 {
		absent := uint32(0)
		for g.listedASNs[absent] != nil {
			absent++
		}
		g.noASN = 1 + g.asns.add(func(z *zone.Zone) truth { return asnsHold(z.ASNs, absent, true) })
	}
	return g.asns.addLike(g.noASN-1, zones, holds)
}

func (g *geoCompiler) proxy(at geo.Location) uint32 {
	value := anonymity{at.Anonymizer, at.AnonymizerSorts | g.assumed}
	id, found := g.proxyIDs[value]
	if !found {
		id = g.proxies.add(func(z *zone.Zone) truth { return proxyHolds(z.Proxy, value) })
		g.proxyIDs[value] = id
	}
	return id
}

func (g *geoCompiler) service(services geo.Services) uint32 {
	id, found := g.serviceIDs[services]
	if !found {
		id = g.services.add(func(z *zone.Zone) truth { return categoriesHold(z.Categories, services, g.assumed, z.Blocklist) })
		g.serviceIDs[services] = id
	}
	return id
}

func (g *geoCompiler) intern(vectors [4]uint32) uint32 {
	pattern := geoPattern{block: none, blockUnknown: none, country: g.countries[vectors[0]]}
	for w := range g.match {
		surely, possibly := ^uint64(0), ^uint64(0)
		for i, column := range []*property{&g.places, &g.asns, &g.proxies, &g.services} {
			of := column.vectors[vectors[i]]
			surely &= column.sets.word(of.surely, w)
			possibly &= column.sets.word(of.possibly, w)
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
	if pattern.unknown != 0 {
		pattern.causes = g.causesOf(vectors)
	}
	id, found := g.byKey[pattern]
	if !found {
		id = uint32(len(g.patterns))
		g.patterns = append(g.patterns, pattern)
		g.byKey[pattern] = id
	}
	return id
}

// causesOf says of the zones of g.unknown which of their properties is unknown.
func (g *geoCompiler) causesOf(vectors [4]uint32) causes {
	c := causes{place: g.unplaced[vectors[0]]}
	for i, column := range []*property{&g.places, &g.asns, &g.proxies, &g.services} {
		of := column.vectors[vectors[i]]
		for w, unknown := range g.unknown {
			g.match[w] = unknown & column.sets.word(of.possibly, w) &^ column.sets.word(of.surely, w)
		}
		c.zones[i] = g.sets.id(g.match)
	}
	return c
}
