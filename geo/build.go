package geo

import (
	"slices"

	"github.com/netwicket/netwicket/internal/iptable"
)

// build makes the table of what the layers say together.
func build(layers []*layer, v *vocabulary, supplied supply) *Table {
	out := fold(layers, v)
	t := &Table{vocabulary: v, alphabet: newAlphabet(), supplied: supplied}
	t.settle(out)
	t.buildIndexes()
	return t
}

// settle makes locations of facts, and takes over what says where they are. It begins
// with IPv4, since what is known where no source says anything differs by family.
func (t *Table) settle(out folded) {
	provided := &t.supplied.provided
	alike := provided.v4.settlesLike(&provided.v6)
	s := settler{vocabulary: t.vocabulary, provided: provided}

	s.enter(out.facts4, false)
	t.v4 = out.v4
	if !alike && slices.ContainsFunc(out.blocks, func(b foldedBlock) bool { return b.content == out.v4 }) {
		t.v4 = &spans4{out.v4.clone()} // the block's is renumbered in another way
	}
	settle(&s, &t.v4.spansIn)
	contents := map[*spans4]bool{}
	if alike {
		contents[out.v4] = true
	} else {
		s.enter(out.facts4, true)
	}
	for _, b := range out.blocks {
		if !contents[b.content] {
			settle(&s, &b.content.spansIn)
			contents[b.content] = true
		}
		t.blocks = append(t.blocks, block{alias: b.alias, edges: b.content})
	}
	s.enter(out.facts6, true)
	t.v6 = out.v6
	t.v6.renumber(s.id)
	// No look-up ends in the mapped block: it goes on as what lies before it,
	// so that it adds no edge of its own.
	t.v6.patch(mapped.first, mapped.last(), t.v6.id[t.v6.at(mapped.first.Prev())])
	for i, b := range out.blocks {
		t.v6.patch(b.first, b.last(), blockBit|uint32(i))
	}
	t.v6.fit()
	t.facts = make([]packedFact, len(s.settled.items))
	for id := range s.settled.items {
		t.facts[id] = s.settled.items[id].pack()
	}
}

// buildIndexes makes the direct indexes from the edges: one for both families,
// and one for each content of blocks that is not IPv4's own.
func (t *Table) buildIndexes() {
	v4 := func(e *spans4) iptable.Edges4 { return iptable.Edges4{First: e.first, Value: e.id} }
	t.index = iptable.Build(v4(t.v4), iptable.Edges6{First: t.v6.first, Value: t.v6.id})
	indexes := map[*spans4]*iptable.Table{t.v4: t.index}
	for i := range t.blocks {
		edges := t.blocks[i].edges
		if indexes[edges] == nil {
			indexes[edges] = iptable.Build(v4(edges), iptable.Edges6{})
		}
		t.blocks[i].index = indexes[edges]
	}
}

// settler turns the numbers of facts into location ids: it settles each fact,
// gives facts that became equal one id, and leaves out those that no address has.
type settler struct {
	vocabulary *vocabulary
	provided   *families
	settled    numbering[fact]

	// Of what is being settled:
	facts      []fact
	v6         bool
	renumbered []uint32 // id+1 of a fact's number; 0: not met yet
}

// enter says that what follows are numbers of these facts, and whether of IPv6
// addresses, as those of blocks are.
func (s *settler) enter(facts []fact, v6 bool) {
	s.facts, s.v6, s.renumbered = facts, v6, make([]uint32, len(facts))
}

func (s *settler) id(number uint32) uint32 {
	if s.renumbered[number] == 0 {
		id, _ := s.settled.number(s.vocabulary.settle(s.facts[number], s.provided, s.v6))
		s.renumbered[number] = id + 1
	}
	return s.renumbered[number] - 1
}

// settle turns the numbers of spans into ids, where they are.
func settle[A comparable](s *settler, spans *spansIn[A]) {
	spans.renumber(s.id)
	spans.fit()
}
