package jsondoc

import (
	"bytes"
	"cmp"
	"fmt"
	"hash/maphash"
	"slices"

	"github.com/netwicket/netwicket/internal/finding"
)

// repeated is a key that stands in its object before: the entries of both.
type repeated struct{ first, again uint32 }

// fewKeys is up to how many keys are compared each with each.
const fewKeys = 16

// findRepeated notes every key that repeats an earlier one of the same object.
func (p *parser) findRepeated(keys []uint32) {
	if len(keys) > fewKeys {
		p.findRepeatedByHash(keys)
		return
	}
	for i, again := range keys {
		for _, first := range keys[:i] {
			if p.doc.sameKey(first, again) {
				p.repeats = append(p.repeats, repeated{first, again})
				break
			}
		}
	}
}

// findRepeatedByHash sorts by a seeded hash, so that an object of a million
// keys costs neither a million squared nor a map of them, whoever chose the keys.
func (p *parser) findRepeatedByHash(keys []uint32) {
	type hashed struct {
		hash uint64
		at   uint32
	}
	seed := maphash.MakeSeed()
	order := make([]hashed, len(keys))
	for i, at := range keys {
		order[i] = hashed{maphash.Bytes(seed, p.doc.plainKey(at)), at}
	}
	slices.SortFunc(order, func(a, b hashed) int {
		return cmp.Or(cmp.Compare(a.hash, b.hash), cmp.Compare(a.at, b.at))
	})
	var group int
	for i := range order {
		if order[i].hash != order[group].hash {
			group = i
		}
		for _, first := range order[group:i] {
			if p.doc.sameKey(first.at, order[i].at) {
				p.repeats = append(p.repeats, repeated{first.at, order[i].at})
				break
			}
		}
	}
}

// plainKey is the content of a key, shared with the text if it has no escape.
func (d *document) plainKey(at uint32) []byte {
	start := d.entries[at].offset()
	quoted := d.text[start:endOfString(d.text, start)]
	if bytes.IndexByte(quoted, '\\') < 0 {
		return quoted[1 : len(quoted)-1]
	}
	return []byte(unquote(quoted))
}

func (d *document) sameKey(a, b uint32) bool { return bytes.Equal(d.plainKey(a), d.plainKey(b)) }

// duplicates turns the repeats into findings in document order. Their paths
// are known only now that the whole tree is: one walk finds them all.
func (d *document) duplicates(repeats []repeated) finding.List {
	slices.SortFunc(repeats, func(a, b repeated) int { return cmp.Compare(a.again, b.again) })
	walk := duplicateWalk{repeats: repeats[:min(len(repeats), finding.Limit)]}
	walk.visit(Node{doc: d})
	return walk.found
}

type duplicateWalk struct {
	repeats []repeated // those not met yet
	found   finding.List
}

// visit reports the repeats inside of n, and looks only where there are any.
func (w *duplicateWalk) visit(n Node) {
	stop := n.doc.entries[n.index].next
	inside := func() bool { return len(w.repeats) > 0 && w.repeats[0].again < stop }
	if !inside() {
		return
	}
	for _, element := range n.Elements() {
		w.visit(element)
	}
	for member := range n.Members() {
		if !inside() {
			return
		}
		if member.Key.index == w.repeats[0].again {
			first := member.Key
			first.index = w.repeats[0].first
			line, column := first.Position()
			w.found = append(w.found, member.Key.Finding("duplicate-key",
				fmt.Errorf("the object has this key already at %d:%d; only one of them can count", line, column)))
			w.repeats = w.repeats[1:]
		}
		w.visit(member.Value)
	}
}
