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
		if !out.add(key{Lo: uint64(first)}, p.decisions[p.classes[id].decision]) {
			return
		}
	}
}

func (p *Policy) ranges6(out *rangeWriter) {
	var embedded *embeddedRanges
	first, id, started := key{}, uint32(0), false
	interval := func(last key) bool {
		if decision := p.classes[id].decision; decision != dependsOnEmbedded {
			return out.add(first, p.decisions[decision])
		}
		if embedded == nil {
			embedded = newEmbeddedRanges(p)
		}
		return embedded.add(out, first, last, id)
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

// embeddedRanges lays the IPv4 intervals over the IPv6 ones that embed them.
type embeddedRanges struct {
	p       *Policy
	first4  []uint32
	class4  []uint32
	settled map[[2]uint32]Decision
}

func newEmbeddedRanges(p *Policy) *embeddedRanges {
	e := &embeddedRanges{p: p, settled: map[[2]uint32]Decision{}}
	for first, id := range p.table.Edges4() {
		e.first4 = append(e.first4, first)
		e.class4 = append(e.class4, id)
	}
	return e
}

// add walks an interval that lies in NAT64, 6to4 or Teredo.
func (e *embeddedRanges) add(out *rangeWriter, first, last key, id uint32) bool {
	var from, to uint32
	var image func(uint32) key
	switch {
	case first.Hi>>48 == 0x2002:
		from, to = uint32(first.Hi>>16), uint32(last.Hi>>16)
		image = func(v4 uint32) key { return key{Hi: 0x2002<<48 | uint64(v4)<<16} }
	case first.Hi == 0x0064_ff9b_0000_0000:
		from, to = uint32(first.Lo), uint32(last.Lo)
		image = func(v4 uint32) key { return key{Hi: first.Hi, Lo: uint64(v4)} }
	default:
		r := request{client: id, walked: 1}
		r.walk[0] = id
		return out.add(first, e.p.judgeOne(&r))
	}
	for i := e.indexOf(from); i < len(e.first4) && e.first4[i] <= to; i++ {
		at := image(e.first4[i])
		if compareKeys(at, first) < 0 {
			at = first
		}
		if !out.add(at, e.decision(id, e.class4[i])) {
			return false
		}
	}
	return true
}

// indexOf is the interval that holds an IPv4 address.
func (e *embeddedRanges) indexOf(v4 uint32) int {
	low, high := 0, len(e.first4)
	for high-low > 1 {
		if middle := (low + high) / 2; e.first4[middle] <= v4 {
			low = middle
		} else {
			high = middle
		}
	}
	return low
}

func (e *embeddedRanges) decision(id, embedded uint32) Decision {
	pair := [2]uint32{id, embedded}
	d, found := e.settled[pair]
	if !found {
		r := request{client: id, walked: 1, embedded: embedded, hasEmbedded: true}
		r.walk[0] = id
		d = e.p.judgeOne(&r)
		e.settled[pair] = d
	}
	return d
}

// judgeOne settles a request of one hop whose classes are known.
func (p *Policy) judgeOne(r *request) Decision {
	c := p.classes[r.client]
	r.clientHop(p, &p.addressPatterns[c.address], &p.geoPatterns[c.geo])
	r.inZones(p)
	return p.judge(r)
}
