package decide

import (
	"iter"
	"net/netip"
)

// Intervals hands the tests the edges of the compiled table: the first and last
// address of every interval of one class, both families, the mapped part of IPv6
// left out.
func (p *Policy) Intervals() iter.Seq2[netip.Addr, netip.Addr] {
	return func(yield func(netip.Addr, netip.Addr) bool) {
		var previous key
		started := false
		for at := range p.table.Edges4() {
			next := key{Lo: uint64(at)}
			if started && !yield(ipv4.addr(previous), ipv4.addr(before(next))) {
				return
			}
			previous, started = next, true
		}
		if !yield(ipv4.addr(previous), ipv4.addr(ipv4.last())) {
			return
		}
		started = false
		for next := range p.table.Edges6() {
			if started && !yield(ipv6.addr(previous), ipv6.addr(before(next))) {
				return
			}
			previous, started = next, true
		}
		yield(ipv6.addr(previous), ipv6.addr(ipv6.last()))
	}
}

// NaiveDecision is Explain's decision without the sentences, which take longer
// than the evaluation.
func (p *Policy) NaiveDecision(chain ...netip.Addr) Decision {
	n := naiveRequest{source: &p.source, client: -1, quiet: true}
	n.evaluate(chain)
	return n.explanation.Decision
}
