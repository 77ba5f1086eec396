package decide

import (
	"iter"

	"go4.org/netipx"

	"github.com/netwicket/netwicket/internal/addrnum"
)

// Ranges ranges over the whole address space in order, IPv4 first, with the
// decision about a chain of one from there, its Client left open. Neighbours
// with equal decisions are one range; together the ranges are every address
// once. The IPv4-mapped part of IPv6, ::ffff:0:0/96, is left out: its addresses
// are IPv4 addresses. Inside NAT64 and 6to4 the embedded IPv4 address counts as
// it does in [Policy.Decide]; inside Teredo, 2001::/32, and local NAT64,
// 64:ff9b:1::/48, it does not, since every address would be a range of its own:
// in the one its bits run backwards, in the other they stand behind 2^48 prefixes.
//
// The cost is one pass over the policy's intervals, without visiting addresses.
// See docs/semantics.md, range-1 and range-2.
func (p *Policy) Ranges() iter.Seq2[netipx.IPRange, Decision] {
	return func(yield func(netipx.IPRange, Decision) bool) {
		for _, fam := range []addrnum.Family{addrnum.IPv4, addrnum.IPv6} {
			if !p.rangesOf(rangeWriter{fam: fam, last: fam.Last(), yield: yield}) {
				return
			}
		}
	}
}

// RangesIn is [Policy.Ranges] cut to a range of one family: what begins before it
// begins with it, what ends behind it ends with it. Of a range inside ::ffff:0:0/96,
// and of one that is not valid, it yields nothing. The cost is one pass over the
// intervals inside.
// See docs/semantics.md, range-4.
func (p *Policy) RangesIn(within netipx.IPRange) iter.Seq2[netipx.IPRange, Decision] {
	return func(yield func(netipx.IPRange, Decision) bool) {
		if !within.IsValid() {
			return
		}
		fam := addrnum.FamilyOf(within.From())
		p.rangesOf(rangeWriter{fam: fam, within: addrnum.From(within.From()), last: addrnum.From(within.To()), yield: yield})
	}
}

// rangesOf writes the ranges of one family, from where the writer begins up to where
// it ends. It returns false once the reader has seen enough.
func (p *Policy) rangesOf(out rangeWriter) bool {
	switch {
	case p == nil || p.classAt == nil:
		out.add(out.within, noPolicy)
	case out.fam == addrnum.IPv4:
		p.ranges4(&out)
	default:
		p.ranges6(&out)
	}
	return out.close()
}

// rangeWriter merges equal neighbours and cuts out the mapped addresses.
type rangeWriter struct {
	fam      addrnum.Family
	within   addrnum.Number // the first address that is wanted
	last     addrnum.Number // the last one
	yield    func(netipx.IPRange, Decision) bool
	open     bool
	first    addrnum.Number // of the range that is open
	judgment Judgment
	stopped  bool
}

// mappedFirst and afterMapped enclose ::ffff:0:0/96.
var (
	mappedFirst = addrnum.Number{Lo: 0xffff_0000_0000}
	afterMapped = addrnum.Number{Lo: 0x1_0000_0000_0000}
)

// add says that j holds from first on. It returns false once the reader has seen enough.
func (w *rangeWriter) add(first addrnum.Number, j Judgment) bool {
	if w.open {
		if w.judgment == j {
			return true
		}
		w.emit(first.Prev())
	}
	w.open, w.first, w.judgment = true, first, j
	return !w.stopped
}

func (w *rangeWriter) close() bool {
	w.emit(w.last)
	return !w.stopped
}

func (w *rangeWriter) emit(last addrnum.Number) { aroundMapped(w.first, last, w.write) }

// aroundMapped are the parts of a range of either family that are not mapped addresses of
// IPv6: their numbers are beyond all of IPv4.
func aroundMapped(first, last addrnum.Number, write func(first, last addrnum.Number)) {
	if last.Less(mappedFirst) || !first.Less(afterMapped) {
		write(first, last)
		return
	}
	// |--- first .. ---|::ffff:0:0/96|--- .. last ---|
	if first.Less(mappedFirst) {
		write(first, mappedFirst.Prev())
	}
	if !last.Less(afterMapped) {
		write(afterMapped, last)
	}
}

func (w *rangeWriter) write(first, last addrnum.Number) {
	if !w.stopped && !w.yield(netipx.IPRangeFrom(w.fam.Addr(first), w.fam.Addr(last)), Decision{Judgment: w.judgment}) {
		w.stopped = true
	}
}

func (p *Policy) ranges4(out *rangeWriter) {
	for first, number := range p.judgmentAt.Edges4In(uint32(out.within.Lo), uint32(out.last.Lo)) {
		if !out.add(addrnum.Number{Lo: uint64(first)}, p.judgments[number]) {
			return
		}
	}
}

func (p *Policy) ranges6(out *rangeWriter) {
	inner := newInnerRanges(p, out.within, out.last)
	var first addrnum.Number
	var id uint32
	started := false
	interval := func(last addrnum.Number) bool {
		if number := p.judgmentOf[id]; number != secondLook {
			return out.add(first, p.judgments[number])
		}
		return inner.add(out, first, last, id)
	}
	for next, nextID := range p.classAt.Edges6In(out.within, out.last) {
		if started && !interval(next.Prev()) {
			return
		}
		first, id, started = next, nextID, true
	}
	interval(out.last)
}

// ClassesIn ranges over the addresses of a range as [Policy.RangesIn] does, with the
// number of their class: the addresses that nothing in the policy can tell apart, so
// that [Policy.Match] says the same of all of them. Neighbours differ. Of addresses that
// embed IPv4 ones the class is their own, and Match may say more of each.
// See docs/semantics.md, range-4.
func (p *Policy) ClassesIn(within netipx.IPRange) iter.Seq2[netipx.IPRange, uint32] {
	return func(yield func(netipx.IPRange, uint32) bool) {
		if !within.IsValid() || p == nil || p.classAt == nil {
			return
		}
		fam, from, to := addrnum.FamilyOf(within.From()), addrnum.From(within.From()), addrnum.From(within.To())
		var first addrnum.Number
		var class uint32
		begun, stopped := false, false
		interval := func(last addrnum.Number) bool {
			aroundMapped(first, last, func(first, last addrnum.Number) {
				stopped = stopped || !yield(netipx.IPRangeFrom(fam.Addr(first), fam.Addr(last)), class)
			})
			return !stopped
		}
		for next, of := range p.classEdges(fam, from, to) {
			if begun && !interval(next.Prev()) {
				return
			}
			first, class, begun = next, of, true
		}
		interval(to)
	}
}

// classEdges are where classes begin, from an address up to another.
func (p *Policy) classEdges(fam addrnum.Family, from, to addrnum.Number) iter.Seq2[addrnum.Number, uint32] {
	if fam == addrnum.IPv6 {
		return p.classAt.Edges6In(from, to)
	}
	return func(yield func(addrnum.Number, uint32) bool) {
		p.classAt.Edges4In(uint32(from.Lo), uint32(to.Lo))(func(first, class uint32) bool {
			return yield(addrnum.Number{Lo: uint64(first)}, class)
		})
	}
}
