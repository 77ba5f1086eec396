package decide

import (
	"iter"
	"net/netip"
	"unsafe"

	"github.com/netwicket/netwicket/internal/addrnum"
	"github.com/netwicket/netwicket/internal/iptable"
)

// Intervals hands the tests the edges of the compiled table: the first and last
// address of every interval of one class, both families, the mapped part of IPv6
// left out.
func (p *Policy) Intervals() iter.Seq2[netip.Addr, netip.Addr] {
	return func(yield func(netip.Addr, netip.Addr) bool) {
		var previous addrnum.Number
		started := false
		for at := range p.classAt.Edges4() {
			next := addrnum.Number{Lo: uint64(at)}
			if started && !yield(addrnum.IPv4.Addr(previous), addrnum.IPv4.Addr(next.Prev())) {
				return
			}
			previous, started = next, true
		}
		if !yield(addrnum.IPv4.Addr(previous), addrnum.IPv4.Addr(addrnum.IPv4.Last())) {
			return
		}
		started = false
		for next := range p.classAt.Edges6() {
			if started && !yield(addrnum.IPv6.Addr(previous), addrnum.IPv6.Addr(next.Prev())) {
				return
			}
			previous, started = next, true
		}
		yield(addrnum.IPv6.Addr(previous), addrnum.IPv6.Addr(addrnum.IPv6.Last()))
	}
}

// NaiveDecision is Explain's decision without the sentences, which take longer
// than the evaluation.
func (p *Policy) NaiveDecision(chain ...netip.Addr) Decision {
	answer := p.secondEvaluator().Decide(chain)
	return p.decisionOf(&answer)
}

// CompiledBytes is the size of what decisions are made from: the tables, the
// classes, the sets and the finished decisions.
func (p *Policy) CompiledBytes() int {
	bytes := 0
	for _, table := range []*iptable.Table{p.judgmentAt, p.verdictAt, p.classAt} {
		v4, v6 := table.Bytes()
		bytes += v4 + v6
	}
	return bytes + p.ipSets.bytes() + p.dynamicSets.bytes() + p.ruleSetsOf.bytes() + 8*len(p.walkable) +
		len(p.judgments)*int(unsafe.Sizeof(Judgment{})) + len(p.classes)*int(unsafe.Sizeof(class{})+4) +
		len(p.addressPatterns)*int(unsafe.Sizeof(addressPattern{})) + len(p.geoPatterns)*int(unsafe.Sizeof(geoPattern{})) +
		len(p.zones)*int(unsafe.Sizeof(compiledZone{})+unsafe.Sizeof(ZoneRef{}))
}

// FingerprintOf is what a policy of the Config has as its fingerprint.
func FingerprintOf(config *Config) string { return fingerprint(config) }
