package decide

import (
	"iter"
	"math"
	"slices"

	"github.com/netwicket/netwicket/internal/addrnum"
	"github.com/netwicket/netwicket/internal/iptable"
	"github.com/netwicket/netwicket/internal/parallel"
)

// resweep is [Policy.sweepBoth] with the classes of a policy that has the same geo
// patterns and zones at hand. Only the /16s are swept that hold an address of a list that
// changed, before the change or after. In all others each class stays what it is and is
// at most numbered anew: like patterns and sets, classes are numbered as they are met.
func (p *Policy) resweep(from *Policy, v4 []event4, v6 []event6) (*half, *succession) {
	four, six := newResweep(p, from), newResweep(p, from)
	four.parts, six.parts = from.changedParts(&p.origin)
	var in4 iptable.Edges4
	var in6 iptable.Edges6
	parallel.Do(func() {
		resweepFamily(four, of4(from.classAt), v4, func(at addrnum.Number, class uint32) {
			in4.First, in4.Value = append(in4.First, uint32(at.Lo)), append(in4.Value, class)
		})
	}, func() {
		resweepFamily(six, of6(from.classAt), v6, func(at addrnum.Number, class uint32) {
			in6.First, in6.Value = append(in6.First, at), append(in6.Value, class)
		})
	})
	behind := four.adopt(six.half)
	for i, id := range in6.Value {
		in6.Value[i] = behind[id]
	}
	for old, number := range six.numbers {
		if number > 0 {
			four.numbers[old] = 1 + behind[number-1]
		}
	}
	s := &succession{four.numbers, iptable.Anew{Parts4: four.parts, Parts6: six.parts, V4: in4, V6: in6}}
	p.classAt = s.classes(from.classAt)
	p.info.Intervals4, p.info.Intervals6 = four.intervals, six.intervals
	return four.half, s
}

// succession is how the classes of one policy follow those of another.
type succession struct {
	numbers []uint32     // by class of the other: 1 + its number here; 0: nowhere it stayed
	anew    iptable.Anew // where classes are others
}

// unchanged is the succession where so many classes stay what they are.
func unchanged(classes int) *succession {
	s := &succession{numbers: make([]uint32, classes)}
	for class := range s.numbers {
		s.numbers[class] = 1 + uint32(class)
	}
	return s
}

// classes is the table of classes that follows the other's.
func (s *succession) classes(of *iptable.Table) *iptable.Table {
	numbers := make([]uint32, len(s.numbers))
	for old, number := range s.numbers {
		if number > 0 {
			numbers[old] = number - 1
		}
	}
	return of.Image(numbers, s.anew)
}

// follow is the table that follows one of what before says of the other's classes, and
// says after of these: of, if it says that already. It is nil where what was one
// thing before is several after, so that the table cannot tell.
func (s *succession) follow(of *iptable.Table, before, after []uint32) *iptable.Table {
	const unknown = math.MaxUint32
	numbers := slices.Repeat([]uint32{unknown}, 1+int(slices.Max(before)))
	same := s.anew.Parts4 == nil
	for old, class := range s.numbers {
		if class == 0 {
			continue
		}
		was, is := before[old], after[class-1]
		if numbers[was] != unknown && numbers[was] != is {
			return nil
		}
		numbers[was] = is
		same = same && was == is
	}
	if same {
		return of
	}
	return of.Image(numbers, s.anew.Numbered(after))
}

// changedParts are the /16s of the features whose lists are not those of an origin of the
// same shape, in either.
func (p *Policy) changedParts(o *origin) (v4, v6 *iptable.Parts) {
	v4, v6 = new(iptable.Parts), new(iptable.Parts)
	for f := range o.lists {
		if p.origin.lists[f].sum == o.lists[f].sum {
			continue
		}
		for _, list := range []*listOrigin{&p.origin.lists[f], &o.lists[f]} {
			list.v4.addTo(v4)
			list.v6.addTo(v6)
		}
	}
	return v4, v6
}

// partCount is the number of /16s of either family.
const partCount = 1 << 16

// partOf is the number of the /16 that an address is in.
func partOf(fam addrnum.Family, at addrnum.Number) uint32 {
	if fam == addrnum.IPv4 {
		return uint32(at.Lo >> 16)
	}
	return uint32(at.Hi >> 48)
}

// familyOf is one family of a table of classes, /16 by /16.
type familyOf struct {
	family addrnum.Family
	key    func(part uint32) uint32 // of parts that are alike it is the same
	edges  func(part uint32) iter.Seq2[addrnum.Number, uint32]
	runs   func(part uint32, visit func(class uint32) bool) bool // its classes, in order
}

func of4(table *iptable.Table) familyOf {
	v4 := table.V4()
	edges := func(part uint32) iter.Seq2[addrnum.Number, uint32] {
		return func(yield func(addrnum.Number, uint32) bool) {
			for at, class := range v4.Part(part) {
				if !yield(addrnum.Number{Lo: uint64(at)}, class) {
					return
				}
			}
		}
	}
	return familyOf{addrnum.IPv4, v4.Key, edges, v4.Runs}
}

func of6(table *iptable.Table) familyOf {
	v6 := table.V6()
	return familyOf{addrnum.IPv6, v6.Key, v6.Part, v6.Runs}
}

// resweep is what the second sweep of one family meets.
type resweep struct {
	*half
	from      *Policy
	parts     *iptable.Parts // those that are swept
	patterns  *patternAdoption
	numbers   []uint32 // by class of from: 1 + its number here; 0: not met
	intervals int
	last      uint32 // the class of the address before; of the first one there is none
}

func newResweep(p, from *Policy) *resweep {
	h := newHalf(p)
	return &resweep{
		half: h, from: from, patterns: h.addresses.adoption(from.addressPatterns, from.ipSets),
		numbers: make([]uint32, len(from.classes)),
	}
}

// meet gives a class of from its number.
func (r *resweep) meet(class uint32) {
	if r.numbers[class] == 0 {
		c := r.from.classes[class]
		r.numbers[class] = 1 + r.id(r.patterns.id(c.address), c.geo)
	}
}

// piece is what the intervals of a /16 add to those before it.
type piece struct {
	count       int // without the first, which may go on from before
	first, last uint32
	met         bool
}

func (r *resweep) add(part uint32, p piece) {
	r.intervals += p.count
	if part == 0 || p.first != r.last {
		r.intervals++
	}
	r.last = p.last
}

// resweepFamily goes through the /16s in address order and hands out where each
// interval in the swept ones starts.
func resweepFamily[event interface {
	at() addrnum.Number
	change() change
}](r *resweep, family familyOf, events []event, emit func(at addrnum.Number, class uint32)) {
	kept := make([]piece, partCount) // by key, of the keys that are small enough
	next := 0
	for part := range uint32(partCount) {
		if !r.parts.Has(part) {
			key := family.key(part)
			if key >= partCount { // of IPv6 what does not take long
				r.add(part, r.keep(family, part))
				continue
			}
			if !kept[key].met {
				kept[key] = r.keep(family, part)
			}
			r.add(part, kept[key])
			continue
		}
		for ; next < len(events) && partOf(family.family, events[next].at()) < part; next++ {
			r.addresses.apply(events[next].change())
		}
		end := next
		for end < len(events) && partOf(family.family, events[end].at()) == part {
			end++
		}
		var met piece
		sweep(events[next:end], r.geoEdges(family.edges(part)), r.addresses, func(at addrnum.Number, address, geo uint32) {
			class := r.id(address, geo)
			switch {
			case !met.met:
				met.first, met.met = class, true
			case class == met.last:
				return
			default:
				met.count++
			}
			met.last = class
			emit(at, class)
		})
		next = end
		r.add(part, met)
	}
}

// keep meets the classes of a part that stays.
func (r *resweep) keep(family familyOf, part uint32) (met piece) {
	var first, last uint32 // classes of from
	family.runs(part, func(class uint32) bool {
		switch {
		case !met.met:
			first, met.met = class, true
		case class == last:
			return true
		default:
			met.count++
		}
		last = class
		r.meet(class)
		return true
	})
	met.first, met.last = r.numbers[first]-1, r.numbers[last]-1
	return met
}

// geoEdges are the places at which the geo pattern of from's classes may change.
func (r *resweep) geoEdges(edges iter.Seq2[addrnum.Number, uint32]) iter.Seq2[addrnum.Number, uint32] {
	return func(yield func(addrnum.Number, uint32) bool) {
		for at, class := range edges {
			if !yield(at, r.from.classes[class].geo) {
				return
			}
		}
	}
}
