package decide

import (
	"fmt"
	"iter"
	"net/netip"
	"reflect"
	"slices"
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

// bytes is how much memory the sets take.
func (s *sets) bytes() int { return 8*len(s.words) + 4*len(s.chunks) }

// FingerprintOf is what a policy of the Config has as its fingerprint.
func FingerprintOf(config *Config) string { return fingerprint(config) }

// Same says in which fields two policies differ, tables included. What is left out is the
// Config, and that of two policies each has its own ZoneRefs.
func Same(a, b *Policy) (differ []string) {
	text := func(p *Policy) []string {
		var all []string
		for _, j := range p.afterSecondLook {
			id := ""
			if j.Zone != nil {
				id = j.Zone.ID + " " + j.Zone.Name
			}
			all = append(all, fmt.Sprintf("%v %v %v %v %q %q %v", j.Verdict, j.Reason, j.Reasons, j.Audit, j.Rule, id, j.Unknown))
		}
		slices.Sort(all)
		return all
	}
	compare := func(name string, same bool) {
		if !same {
			differ = append(differ, name)
		}
	}
	x, y := *a, *b
	compare("afterSecondLook", slices.Equal(text(a), text(b)))
	compare("classAt", reflect.DeepEqual(x.classAt, y.classAt))
	compare("judgmentAt", reflect.DeepEqual(x.judgmentAt, y.judgmentAt))
	compare("verdictAt", reflect.DeepEqual(x.verdictAt, y.verdictAt))
	compare("info", reflect.DeepEqual(x.info, y.info))
	compare("classes", slices.Equal(x.classes, y.classes) && slices.Equal(x.judgmentOf, y.judgmentOf))
	for _, p := range []*Policy{&x, &y} {
		p.afterSecondLook, p.classAt, p.judgmentAt, p.verdictAt, p.documents = nil, nil, nil, nil, nil
	}
	compare("the rest", reflect.DeepEqual(x, y))
	return differ
}

// TakenOver says which steps of a policy's making were taken over from another.
func (p *Policy) TakenOver(from *Policy) (locations, lists, judgments bool) {
	return p.dynamicSets == from.dynamicSets, p.classAt == from.classAt, p.judgmentAt == from.judgmentAt
}

// SameAsRead says in which fields a policy differs from one that was read from its
// snapshot, in which its documents, its databases and where they lay are not.
func SameAsRead(compiled, read *Policy) []string {
	p := *compiled
	p.origin, p.info.Warnings, p.info.Snapshot = origin{}, nil, true
	p.info.Data = slices.Clone(p.info.Data)
	for i := range p.info.Data {
		p.info.Data[i].File = ""
	}
	return Same(&p, read)
}

// ReadBody reads the content of a snapshot, whatever a header would say of it.
func ReadBody(body []byte) (*Policy, error) {
	r := &snapshotReader{Policy: &Policy{}}
	return r.read(body, func(*Policy) bool { return true })
}

// KeptTwice names the lists of a policy of which two elements are alike.
func KeptTwice(p *Policy) (lists []string) {
	if twice(p.addressPatterns) {
		lists = append(lists, "address patterns")
	}
	if twice(p.geoPatterns) {
		lists = append(lists, "geo patterns")
	}
	if twice(p.classes) {
		lists = append(lists, "classes")
	}
	if twice(p.judgments[1:]) { // in front of them stands that of a second look
		lists = append(lists, "judgments")
	}
	return lists
}

func twice[T comparable](list []T) bool {
	seen := make(map[T]bool, len(list))
	for _, element := range list {
		seen[element] = true
	}
	return len(seen) < len(list)
}

// Kinds are numbers of classes and patterns of a policy: of a class whose location repeats that
// of IPv4 and its geo pattern, of one whose addresses hold an IPv4 address and of one of neither
// (-1: it has none), and how many blocks repeat.
type Kinds struct{ Class, Pattern, Embeds, Plain, Repeats int }

// Repeating finds them.
func Repeating(p *Policy) Kinds {
	kinds := Kinds{Class: -1, Pattern: -1, Embeds: -1, Plain: -1, Repeats: len(p.repeats)}
	for i, c := range p.classes {
		switch {
		case p.geoPatterns[c.geo].repeats > 0:
			kinds.Class, kinds.Pattern = i, int(c.geo)
		case p.addressPatterns[c.address].flags&embedsIPv4 != 0:
			kinds.Embeds = i
		default:
			kinds.Plain = i
		}
	}
	return kinds
}
