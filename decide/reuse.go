package decide

import (
	"bufio"
	"crypto/sha256"
	"hash"
	"iter"
	"slices"

	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/internal/addrnum"
	"github.com/netwicket/netwicket/internal/iptable"
	"github.com/netwicket/netwicket/zone"
)

// Recompile is [Compile] of config, and has the same result whatever the previous
// policy is: that only saves work. What the result is made of in steps is taken over
// where all that the step reads is the same, and is made anew otherwise:
//
//   - what the locations of the geo table come to, if Config.Geo is the same table
//     and the dynamic zones, AssumeNone and SailPoint's countries are equal;
//   - with that, the classes of addresses, if there are as many IP zones as before, in
//     their places and with their usage. The address space is swept again where the
//     ranges of a zone, a feed, SailPoint or the overlay in force are others, in
//     pieces of a /16;
//   - with that, the tables of judgments. One that says something else is made from
//     the one before, or else from the classes.
//
// So a changed rule costs a quarter of Compile, and a changed IP zone about half, most of
// it for making tables. A changed dynamic zone, or one more, costs as much as Compile.
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
	shape     [sha256.Size]byte // hash of what the address patterns follow from, beside the lists
	lists     []listOrigin      // by feature
}

// listOrigin is what of the lists of a feature is kept.
type listOrigin struct {
	sum    [sha256.Size]byte // hash of their ranges, in their order
	v4, v6 partSpans         // that the ranges are in
}

// locates says that a policy has the geo patterns of that origin.
func (p *Policy) locates(o *origin) bool {
	return p != nil && p.origin.geo == o.geo && p.origin.locations == o.locations
}

// shapes says that a policy has the geo patterns of that origin, and address patterns
// of the same zones.
func (p *Policy) shapes(o *origin) bool { return p.locates(o) && p.origin.shape == o.shape }

// lists says that a policy has the classes of that origin, of which it has the shape.
func (p *Policy) lists(o *origin) bool {
	return slices.EqualFunc(p.origin.lists, o.lists, func(a, b listOrigin) bool { return a.sum == b.sum })
}

// hashLocations hashes what geo patterns follow from.
func (c *compiler) hashLocations() [sha256.Size]byte {
	return newHashing().of(func(h *hasher) {
		h.count(c.p.dynamicBits)
		for i := range c.p.zones {
			if c.p.zones[i].kind == dynamicZone {
				h.zone(c.specs[i])
			}
		}
		h.number(uint64(c.config.AssumeNone))
		s := &c.p.sailPoint
		h.flags(s.present, s.geoProvided, s.allowlist)
		if c.config.SailPoint != nil {
			each(h, c.config.SailPoint.Geolocation, func(country *zone.Term[string]) { h.text(country.Value) })
		}
	})
}

// hashShape hashes what features mean.
func (p *Policy) hashShape() [sha256.Size]byte {
	return newHashing().of(func(h *hasher) {
		for i := range p.zones {
			if z := &p.zones[i]; z.kind == ipZone {
				h.count(i) // patterns name the blocklist
				h.flags(z.blocks)
			}
		}
	})
}

// originsOf are the origins of lists, by feature.
func originsOf(lists []list, numbered features) []listOrigin {
	origins, hashing := make([]listOrigin, numbered.count()), newHashing()
	for _, l := range lists {
		o := &origins[l.feature]
		var v4, v6 iptable.Parts
		o.sum = hashing.of(func(h *hasher) {
			h.write(o.sum[:]) // of the feature's lists before
			for r := range l.ranges {
				fam, first, last := addrnum.FamilyOf(r.From()), addrnum.From(r.From()), addrnum.From(r.To())
				h.flags(fam == addrnum.IPv4)
				for _, number := range []uint64{first.Hi, first.Lo, last.Hi, last.Lo} {
					h.number(number)
				}
				parts := &v6
				if fam == addrnum.IPv4 {
					parts = &v4
				}
				parts.Add(partOf(fam, first), partOf(fam, last))
			}
		})
		o.v4, o.v6 = append(o.v4, spansOf(&v4)...), append(o.v6, spansOf(&v6)...)
	}
	return origins
}

// partSpans are /16s of one family, as spans of neighbours.
type partSpans []partSpan

type partSpan struct{ first, last uint16 }

func spansOf(parts *iptable.Parts) (spans partSpans) {
	for first, last := range parts.Spans() {
		spans = append(spans, partSpan{uint16(first), uint16(last)})
	}
	return spans
}

func (s partSpans) addTo(parts *iptable.Parts) {
	for _, span := range s {
		parts.Add(uint32(span.first), uint32(span.last))
	}
}

// hashing makes hashes one after the other.
type hashing struct {
	sum hash.Hash
	hasher
}

func newHashing() *hashing {
	sum := sha256.New()
	return &hashing{sum, hasher{out: bufio.NewWriterSize(sum, 1<<12)}}
}

func (h *hashing) of(write func(*hasher)) (sum [sha256.Size]byte) {
	h.sum.Reset()
	write(&h.hasher)
	_ = h.out.Flush() // a hash takes everything
	h.sum.Sum(sum[:0])
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
		var last uint32
		fresh := true
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
