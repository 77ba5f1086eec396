package decide

import (
	"bufio"
	"crypto/sha256"
	"iter"
	"slices"

	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/internal/addrnum"
	"github.com/netwicket/netwicket/zone"
)

// Recompile is [Compile] of config, and has the same result whatever the previous
// policy is: that only saves work. What the result is made of in steps is taken over
// where all that the step reads is the same, and is made anew otherwise:
//
//   - what the locations of the geo table come to, if Config.Geo is the same table
//     and the dynamic zones, AssumeNone and SailPoint's countries are equal;
//   - with that, the classes of addresses, if all ranges of zones, feeds, SailPoint
//     and the overlay in force are equal too;
//   - with that, the tables of judgments, if each class is judged together with the
//     same others as before.
//
// So a changed rule costs a third of Compile, most of it the tables of judgments. A
// changed range costs nearly as much as Compile, since the address space is swept again.
// Documents are held against what the previous policy was compiled from, of which it
// keeps hashes, and not against its documents, which may have changed since. The two
// policies share what is taken over and never changes; nothing else of the previous
// one is kept. A nil previous policy saves nothing.
func Recompile(previous *Policy, config Config) (*Policy, error) {
	return compile(previous, config)
}

// origin is what of a policy's making is kept, so that the next one can tell what it
// has in common.
type origin struct {
	geo       *geo.Table
	locations [sha256.Size]byte // hash of what the geo patterns follow from, beside the table
	lists     [sha256.Size]byte // hash of what the address patterns follow from
}

// locates says that a policy has the geo patterns of that origin.
func (p *Policy) locates(o *origin) bool {
	return p != nil && p.classAt != nil && p.origin.geo == o.geo && p.origin.locations == o.locations
}

// lists says that a policy has the classes of that origin.
func (p *Policy) lists(o *origin) bool { return p.locates(o) && p.origin.lists == o.lists }

// hashLocations hashes what geo patterns follow from.
func (c *compiler) hashLocations() [sha256.Size]byte {
	return hashOf(func(h *hasher) {
		h.count(c.p.dynamicBits)
		for i := range c.p.zones {
			if c.p.zones[i].kind == dynamicZone {
				h.zone(c.specs[i])
			}
		}
		h.number(uint64(c.config.AssumeNone))
		s := &c.p.sailPoint
		h.flags(s.present, s.geoProvided, s.document.Allowlist)
		each(h, s.document.Geolocation, func(country *zone.Term[string]) { h.text(country.Value) })
	})
}

// hashLists hashes what address patterns follow from.
func (p *Policy) hashLists(v4 []event4, v6 []event6) [sha256.Size]byte {
	return hashOf(func(h *hasher) {
		h.count(p.ipBits)
		for i := range p.zones {
			if z := &p.zones[i]; z.kind == ipZone {
				h.count(i) // patterns name the blocklist
				h.flags(z.blocks)
			}
		}
		h.count(len(v4))
		for _, e := range v4 {
			h.number(uint64(e))
		}
		h.count(len(v6))
		for i := range v6 {
			h.number(v6[i].address.Hi)
			h.number(v6[i].address.Lo)
			h.number(uint64(v6[i].what))
		}
	})
}

func hashOf(write func(*hasher)) (sum [sha256.Size]byte) {
	hash := sha256.New()
	h := &hasher{out: bufio.NewWriterSize(hash, 1<<15)}
	write(h)
	_ = h.out.Flush() // a hash takes everything
	hash.Sum(sum[:0])
	return sum
}

// relocate takes the geo patterns of a policy over. Zones have the same bits there, but
// may be other ones in the order of documents. Rules are not settled.
func (p *Policy) relocate(from *Policy) {
	p.dynamicSets, p.repeats = from.dynamicSets, from.repeats
	p.geoPatterns = slices.Clone(from.geoPatterns)
	zoneOf := make([]int32, p.dynamicBits)
	for i := range p.zones {
		if z := &p.zones[i]; z.kind == dynamicZone {
			zoneOf[z.bit] = int32(i)
		}
	}
	for i := range p.geoPatterns {
		for _, block := range []*int32{&p.geoPatterns[i].block, &p.geoPatterns[i].blockUnknown} {
			if *block != none {
				*block = zoneOf[from.zones[*block].bit]
			}
		}
	}
}

// geoEdges are the places at which the geo pattern changes, by family.
type geoEdges struct {
	v4, v6 iter.Seq2[addrnum.Number, uint32]
}

// geoEdges are those that a policy was compiled from: its classes tell them.
func (p *Policy) geoEdges() geoEdges {
	return geoEdges{
		merged(func(yield func(addrnum.Number, uint32) bool) {
			for at, id := range p.classAt.Edges4() {
				if !yield(addrnum.Number{Lo: uint64(at)}, p.classes[id].geo) {
					return
				}
			}
		}),
		merged(func(yield func(addrnum.Number, uint32) bool) {
			for at, id := range p.classAt.Edges6() {
				if !yield(at, p.classes[id].geo) {
					return
				}
			}
		}),
	}
}

// geoEdgesOf are those of a table, with patterns for locations.
func geoEdgesOf(table *geo.Table, byLocation []uint32) geoEdges {
	return geoEdges{
		merged(func(yield func(addrnum.Number, uint32) bool) {
			for at, location := range table.Edges4() {
				if !yield(addrnum.Number{Lo: uint64(at)}, byLocation[location]) {
					return
				}
			}
		}),
		merged(func(yield func(addrnum.Number, uint32) bool) {
			for at, location := range table.FoldedEdges6() {
				if !yield(addrnum.Number{Hi: at[0], Lo: at[1]}, byLocation[location]) {
					return
				}
			}
		}),
	}
}

// merged leaves out the edges at which the pattern stays.
func merged(edges iter.Seq2[addrnum.Number, uint32]) iter.Seq2[addrnum.Number, uint32] {
	return func(yield func(addrnum.Number, uint32) bool) {
		last, fresh := uint32(0), true
		for at, pattern := range edges {
			if !fresh && pattern == last {
				continue
			}
			last, fresh = pattern, false
			if !yield(at, pattern) {
				return
			}
		}
	}
}
