package decide

import (
	"iter"

	"go4.org/netipx"
)

// Ranges ranges over the whole address space in order, IPv4 first, with the
// decision about a chain of one from there, its Client left open. Neighbours
// with equal decisions are one range; together the ranges are every address
// once. The IPv4-mapped part of IPv6, ::ffff:0:0/96, is left out: its addresses
// are IPv4 addresses. Inside NAT64 and 6to4 the embedded IPv4 address counts as
// it does in [Policy.Decide]; inside Teredo, 2001::/32, it does not, since its
// bits run backwards and every address would be a range of its own.
//
// The cost is one pass over the policy's intervals, without visiting addresses.
func (p *Policy) Ranges() iter.Seq2[netipx.IPRange, Decision] {
	return func(yield func(netipx.IPRange, Decision) bool) {
		for _, fam := range []family{ipv4, ipv6} {
			out := rangeWriter{fam: fam, yield: yield}
			if p == nil || p.table == nil {
				out.add(key{}, Decision{Reasons: reasonsOf(NoPolicy)})
			} else if fam == ipv4 {
				p.ranges4(&out)
			} else {
				p.ranges6(&out)
			}
			if !out.close() {
				return
			}
		}
	}
}

// rangeWriter merges equal neighbours and cuts out the mapped addresses.
type rangeWriter struct {
	fam      family
	yield    func(netipx.IPRange, Decision) bool
	open     bool
	first    key
	decision Decision
	stopped  bool
}

// mappedFirst and afterMapped enclose ::ffff:0:0/96.
var (
	mappedFirst = key{Lo: 0xffff_0000_0000}
	afterMapped = key{Lo: 0x1_0000_0000_0000}
)

// add says that d holds from first on. It returns false once the reader has seen enough.
func (w *rangeWriter) add(first key, d Decision) bool {
	if w.stopped || (w.open && w.decision == d) {
		return !w.stopped
	}
	if w.open && first != w.first {
		w.emit(before(first))
	}
	w.open, w.first, w.decision = true, first, d
	return !w.stopped
}

func (w *rangeWriter) close() bool {
	if w.open {
		w.emit(w.fam.last())
	}
	return !w.stopped
}

func (w *rangeWriter) emit(last key) {
	if w.fam == ipv4 || compareKeys(last, mappedFirst) < 0 || compareKeys(w.first, afterMapped) >= 0 {
		w.write(w.first, last)
		return
	}
	// |--- first .. ---|::ffff:0:0/96|--- .. last ---|
	if compareKeys(w.first, mappedFirst) < 0 {
		w.write(w.first, before(mappedFirst))
	}
	if compareKeys(last, afterMapped) >= 0 {
		w.write(afterMapped, last)
	}
}

func (w *rangeWriter) write(first, last key) {
	if !w.stopped && !w.yield(netipx.IPRangeFrom(w.fam.addr(first), w.fam.addr(last)), w.decision) {
		w.stopped = true
	}
}

// before is the key in front of k, which is not the first one.
func before(k key) key {
	if k.Lo == 0 {
		k.Hi--
	}
	k.Lo--
	return k
}

func (p *Policy) ranges4(out *rangeWriter) {
	for first, id := range p.table.Edges4() {
		if !out.add(key{Lo: uint64(first)}, *p.decision(id)) {
			return
		}
	}
}

func (p *Policy) ranges6(out *rangeWriter) {
	inner := newInnerRanges(p)
	first, id, started := key{}, uint32(0), false
	interval := func(last key) bool {
		if !p.needsSecondLook(id) {
			return out.add(first, *p.decision(id))
		}
		return inner.add(out, first, last, id)
	}
	for next, nextID := range p.table.Edges6() {
		if started && !interval(before(next)) {
			return
		}
		first, id, started = next, nextID, true
	}
	if started {
		interval(ipv6.last())
	}
}
