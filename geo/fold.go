package geo

import (
	"cmp"
	"slices"

	"github.com/netwicket/netwicket/internal/addrnum"
	"github.com/netwicket/netwicket/internal/parallel"
)

// folder joins layers into facts, those of IPv4 and of blocks or those of IPv6.
// Facts get numbers in the order in which they are first met, so the same sources
// always give the same numbers.
type folder struct {
	layers     []*layer
	vocabulary *vocabulary
	facts      numbering[fact]
	steps      []steps // by layer
}

// steps are the facts that a layer has been applied to: which statement to which
// fact, and what fact came of it.
type steps struct {
	met   numbering[[2]uint32]
	after []uint32
}

// folded is the outcome: spans of fact numbers for IPv4, for IPv6 (which says
// nothing inside the blocks), and for what each block repeats. Those of IPv6 have
// facts of their own.
type folded struct {
	v4             *spans4
	v6             spans6
	facts4, facts6 []fact
	blocks         []foldedBlock
}

// foldedBlock is an aliased block whose content is kept in 32-bit spans. It is
// v4 itself as long as every source that speaks of IPv4 speaks in the block
// alike; a CSV row or a list about IPv4 does not.
type foldedBlock struct {
	alias
	content *spans4
}

// fold does both families side by side. What the services of several sources come
// to is numbered as if IPv4 had gone first.
func fold(layers []*layer, v *vocabulary) folded {
	blocks := commonAliases(layers)
	for _, l := range layers {
		l.inlineAliases(blocks)
	}
	held, beside := len(v.sets), v.fork()
	four, six := newFolder(layers, v), newFolder(layers, beside)
	var out folded
	parallel.Do(func() {
		out.v4 = four.fold4(nil)
		readings := make([][]reading, len(blocks))
		for i, block := range blocks {
			readings[i] = four.readAll(block)
			out.blocks = append(out.blocks, foldedBlock{block, four.content(&out, readings[:i+1])})
		}
	}, func() { out.v6 = six.fold6() })
	v.rejoin(beside, held, six.facts.items)
	out.facts4, out.facts6 = four.facts.items, six.facts.items
	return out
}

func newFolder(layers []*layer, v *vocabulary) *folder {
	f := &folder{layers: layers, vocabulary: v, steps: make([]steps, len(layers))}
	f.facts.number(fact{})
	return f
}

// commonAliases are the blocks that some layer aliases and that every layer
// can read simply, in address order.
func commonAliases(layers []*layer) []alias {
	var common []alias
	for _, l := range layers {
		for _, a := range l.aliases {
			if a.overlaps(mapped) || slices.Contains(common, a) {
				continue
			}
			simple := true
			for _, other := range layers {
				if _, ok := other.read(a); !ok {
					simple = false
					break
				}
			}
			if simple {
				common = append(common, a)
			}
		}
	}
	slices.SortFunc(common, func(a, b alias) int { return a.first.Compare(b.first) })
	return common
}

func (f *folder) readAll(block alias) []reading {
	readings := make([]reading, len(f.layers))
	for i, l := range f.layers {
		readings[i], _ = l.read(block)
	}
	return readings
}

// content folds what the last block of readings repeats, unless an earlier
// block, or IPv4 itself, is read alike.
func (f *folder) content(out *folded, readings [][]reading) *spans4 {
	last := len(readings) - 1
	if f.readLikeIPv4(readings[last]) {
		return out.v4
	}
	for i, earlier := range readings[:last] {
		if slices.Equal(earlier, readings[last]) {
			return out.blocks[i].content
		}
	}
	return f.fold4(readings[last])
}

// readLikeIPv4 reports whether the readings give what IPv4 itself is: a layer
// that says one thing of all of IPv4 may as well say that thing.
func (f *folder) readLikeIPv4(readings []reading) bool {
	for i, l := range f.layers {
		if r := readings[i]; !r.repeats && (len(l.v4.id) != 1 || l.v4.id[0] != r.id) {
			return false
		}
	}
	return true
}

// fold4 folds 32-bit spans: those that the readings say, by default IPv4's own.
func (f *folder) fold4(readings []reading) *spans4 {
	begin := uniform[uint32](0)
	parts := []*spansIn[uint32]{&begin}
	for i, l := range f.layers {
		part := &l.v4.spansIn
		if readings != nil && !readings[i].repeats {
			constant := uniform[uint32](readings[i].id)
			part = &constant
		}
		parts = append(parts, part)
	}
	return &spans4{foldSpans(f, cmp.Less[uint32], parts)}
}

// fold6 begins with knowing which addresses clients choose.
func (f *folder) fold6() spans6 {
	begin := uniform6(0)
	for _, block := range chosen {
		number, _ := f.facts.number(fact{chosen: true})
		begin.patch(block.first, block.last(), number)
	}
	parts := []*spansIn[addrnum.Number]{&begin.spansIn}
	for _, l := range f.layers {
		parts = append(parts, &l.v6.spansIn)
	}
	return spans6{foldSpans(f, addrnum.Number.Less, parts)}
}

// foldSpans applies what the layers say to what is known at the beginning, which is
// the first of parts. All layers are gone through at once: spans of what the first two
// or three come to would take as much memory as the outcome, each time.
func foldSpans[A comparable](f *folder, less func(a, b A) bool, parts []*spansIn[A]) spansIn[A] {
	places := 0
	sweep(less, parts, func(A, int, []uint32) { places++ })
	out := room[A](places)
	facts := make([]uint32, len(parts)) // what is known after each part
	sweep(less, parts, func(first A, changed int, ids []uint32) {
		if changed == 0 {
			facts[0] = ids[0]
			changed++
		}
		for i := changed; i < len(parts); i++ {
			facts[i] = f.apply(i-1, facts[i-1], ids[i])
		}
		out.add(first, facts[len(facts)-1])
	})
	return out
}

// apply is the number of what a fact becomes by a layer's statement.
func (f *folder) apply(layer int, before, said uint32) uint32 {
	if said == 0 {
		return before
	}
	steps := &f.steps[layer]
	step, known := steps.met.number([2]uint32{before, said})
	if !known {
		after, _ := f.facts.number(f.vocabulary.apply(f.facts.items[before], &f.layers[layer].statements[said]))
		steps.after = append(steps.after, after)
	}
	return steps.after[step]
}
