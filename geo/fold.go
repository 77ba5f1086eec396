package geo

import (
	"slices"

	"github.com/netwicket/netwicket/internal/parallel"
)

// folder joins layers into facts, those of IPv4 and of blocks or those of IPv6.
// Facts get numbers in the order in which they are first met, so the same sources
// always give the same numbers.
type folder struct {
	layers     []*layer
	vocabulary *vocabulary
	facts      []fact
	index      map[fact]uint32
}

// folded is the outcome: spans of fact numbers for IPv4, for IPv6 (which says
// nothing inside the blocks), and for what each block repeats. Those of IPv6 have
// facts of their own.
type folded struct {
	v4, v6         *spans
	facts4, facts6 []fact
	blocks         []foldedBlock
}

// foldedBlock is an aliased block whose content is kept in 32-bit spans. It is
// v4 itself as long as every source that speaks of IPv4 speaks in the block
// alike; a CSV row or a list about IPv4 does not.
type foldedBlock struct {
	alias
	content *spans
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
	v.rejoin(beside, held, six.facts)
	out.facts4, out.facts6 = four.facts, six.facts
	return out
}

func newFolder(layers []*layer, v *vocabulary) *folder {
	return &folder{layers: layers, vocabulary: v, facts: make([]fact, 1), index: map[fact]uint32{{}: 0}}
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
func (f *folder) content(out *folded, readings [][]reading) *spans {
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
func (f *folder) fold4(readings []reading) *spans {
	parts := make([]*spans, len(f.layers))
	for i, l := range f.layers {
		parts[i] = &l.v4
		if readings != nil && !readings[i].repeats {
			constant := uniform(readings[i].id)
			parts[i] = &constant
		}
	}
	return f.foldSpans(uniform(0), parts)
}

// fold6 begins with knowing which addresses clients choose.
func (f *folder) fold6() *spans {
	parts := make([]*spans, len(f.layers))
	for i, l := range f.layers {
		parts[i] = &l.v6
	}
	sum := uniform(0)
	for _, block := range chosen {
		sum = sum.patch(block.first, block.last(), f.number(fact{chosen: true}))
	}
	return f.foldSpans(sum, parts)
}

// foldSpans applies the layers' statements one layer after the other.
func (f *folder) foldSpans(sum spans, parts []*spans) *spans {
	for i, part := range parts {
		statements := f.layers[i].statements
		seen := map[[2]uint32]uint32{}
		sum = merge(&sum, part, func(before, said uint32) uint32 {
			if said == 0 {
				return before
			}
			key := [2]uint32{before, said}
			after, known := seen[key]
			if !known {
				after = f.number(f.vocabulary.apply(f.facts[before], &statements[said]))
				seen[key] = after
			}
			return after
		})
	}
	return &sum
}

func (f *folder) number(x fact) uint32 {
	id, known := f.index[x]
	if !known {
		id = uint32(len(f.facts))
		f.facts = append(f.facts, x)
		f.index[x] = id
	}
	return id
}
