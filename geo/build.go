package geo

import (
	"github.com/netwicket/netwicket/internal/addrnum"
	"github.com/netwicket/netwicket/internal/iptable"
)

// build makes the table of what the layers say together.
func build(layers []*layer, v *vocabulary, supplied supply) *Table {
	out := fold(layers, v)
	t := &Table{vocabulary: v, alphabet: newAlphabet(), supplied: supplied}
	provided := &t.supplied.provided
	alike := provided.v4.settlesLike(&provided.v6)
	s := settler{vocabulary: v, provided: provided, ids: map[fact]uint32{}}

	s.enter(out.facts4, false)
	t.v4 = s.edges4(out.v4)
	contents := map[*spans]*edges4{}
	if alike {
		contents[out.v4] = t.v4
	} else {
		s.enter(out.facts4, true)
	}
	for _, b := range out.blocks {
		if contents[b.content] == nil {
			contents[b.content] = s.edges4(b.content)
		}
		t.blocks = append(t.blocks, block{alias: b.alias, edges: contents[b.content]})
	}
	s.enter(out.facts6, true)
	t.v6 = s.edges6(out.v6, out.blocks)
	t.facts = make([]packedFact, len(s.settled))
	for id := range s.settled {
		t.facts[id] = s.settled[id].pack()
	}
	t.buildIndexes()
	return t
}

// buildIndexes makes the direct indexes from the edges: one for both families,
// and one for each content of blocks that is not IPv4's own.
func (t *Table) buildIndexes() {
	v4 := func(e *edges4) iptable.Edges4 { return iptable.Edges4{First: e.first, Value: e.id} }
	t.index = iptable.Build(v4(t.v4), iptable.Edges6{First: t.v6.first, Value: t.v6.id})
	indexes := map[*edges4]*iptable.Table{t.v4: t.index}
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
// It begins with IPv4, since what is known where no source says anything differs
// by family.
type settler struct {
	vocabulary *vocabulary
	provided   *families
	settled    []fact
	ids        map[fact]uint32

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
		settled := s.vocabulary.settle(s.facts[number], s.provided, s.v6)
		id, known := s.ids[settled]
		if !known {
			id = uint32(len(s.settled))
			s.settled = append(s.settled, settled)
			s.ids[settled] = id
		}
		s.renumbered[number] = id + 1
	}
	return s.renumbered[number] - 1
}

func (s *settler) settle(in *spans) spans {
	out := spansOf(len(in.first))
	for i, first := range in.first {
		out.add(first, s.id(in.id[i]))
	}
	return out
}

func (s *settler) edges4(in *spans) *edges4 {
	settled := s.settle(in)
	out := &edges4{first: make([]uint32, len(settled.first)), id: make([]uint32, len(settled.id))}
	for i, first := range settled.first {
		out.first[i] = uint32(first.Lo)
	}
	copy(out.id, settled.id)
	return out
}

func (s *settler) edges6(in *spans, blocks []foldedBlock) edges6 {
	settled := s.settle(in)
	// No look-up ends in the mapped block: it goes on as what lies before it,
	// so that it adds no edge of its own.
	settled = settled.patch(mapped.first, mapped.last(), settled.id[settled.at(mapped.first.Prev())])
	for i, b := range blocks {
		settled = settled.patch(b.first, b.last(), blockBit|uint32(i))
	}
	// Not the slices themselves: they are longer than what they hold.
	return edges6{
		first: append([]addrnum.Number(nil), settled.first...),
		id:    append([]uint32(nil), settled.id...),
	}
}
