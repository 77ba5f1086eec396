package geo

import (
	"net/netip"
	"slices"

	"go4.org/netipx"

	"github.com/netwicket/netwicket/internal/addrnum"
	"github.com/netwicket/netwicket/internal/netset"
)

// Said is what one source says of one address.
type Said struct {
	File     string
	States   Field          // the data of which it says anything, be it that they are unknown
	Location Location       // what it says, as if it were the only source
	Range    netipx.IPRange // the range around the address of which it says the same
	lines    [len(fieldNames)]int
}

// Line is where the source states a datum, from 1; 0 for a database, and for a
// datum that it does not state.
func (s *Said) Line(datum Field) int {
	for i := range fieldNames {
		if datum == 1<<i {
			return s.lines[i]
		}
	}
	return 0
}

// Tracer tells what each of several sources says of an address, where a [Table]
// has what they say together: for explanations. It is immutable and safe for
// concurrent use. It takes several times the memory of the sources' Table.
type Tracer struct{ sources []tracedSource }

type tracedSource struct {
	table *Table
	layer layer
	lines []tracedLine // of a text
}

// tracedLine is a network of a text and what stands beside it.
type tracedLine struct {
	network interval
	v4      bool
	line    int
	states  Field
}

// NewTracer reads the sources, each for itself. The error is that of [Load].
func NewTracer(sources ...Source) (*Tracer, error) {
	t := &Tracer{}
	for _, source := range sources {
		l := newLoader()
		l.load(source)
		if err := l.errors.Err(); err != nil {
			return nil, err
		}
		one := tracedSource{layer: *l.layers[0]}
		one.layer.aliases = slices.Clone(one.layer.aliases)
		if l.datasets[0].Kind != MMDB {
			content, err := read(source)
			if err != nil {
				return nil, err
			}
			one.lines = linesOf(source, l.datasets[0].Kind, content)
		}
		one.table = build(l.layers, l.vocabulary, l.supplied)
		one.table.datasets = l.datasets
		l.vocabulary.close()
		t.sources = append(t.sources, one)
	}
	return t, nil
}

// linesOf are the networks of a text, line by line.
func linesOf(source Source, kind Kind, content []byte) []tracedLine {
	var lines []tracedLine
	if kind == Netset {
		_, _ = netset.ReadList(source.File, string(content), netset.Limits{}, func(e netset.Entry) {
			network := interval{addrnum.From(e.Range.From()), addrnum.From(e.Range.To())}
			lines = append(lines, tracedLine{network, e.Range.From().Is4(), e.Line, ServicesField})
		})
		return lines
	}
	r := parseCSV(source.File, content, newVocabulary())
	for i := range r.rows {
		row := &r.rows[i]
		lines = append(lines, tracedLine{row.interval, row.v4, int(row.line), r.layer.statements[row.said].states})
	}
	return lines
}

// At is what each source says of an address, in their order. It is nothing for an
// address that is not valid, and of a nil Tracer.
func (t *Tracer) At(addr netip.Addr) []Said {
	if t == nil || !addr.IsValid() {
		return nil
	}
	addr = addr.Unmap().WithZone("")
	all := make([]Said, 0, len(t.sources))
	for i := range t.sources {
		s := &t.sources[i]
		said := Said{File: s.table.datasets[0].File, States: s.layer.statementAt(addr).states}
		said.Range, said.Location = s.table.Find(addr)
		for datum := range fieldNames {
			if said.States.Has(1 << datum) {
				said.lines[datum] = s.lineOf(addr, 1<<datum)
			}
		}
		all = append(all, said)
	}
	return all
}

// lineOf is the line of the smallest network around an address that states a datum
// (docs/semantics.md, join-4).
func (s *tracedSource) lineOf(addr netip.Addr, datum Field) int {
	at, v4, found := addrnum.From(addr), addr.Is4(), -1
	for i := range s.lines {
		l := &s.lines[i]
		if l.v4 != v4 || !l.states.Has(datum) || at.Less(l.network.first) || l.network.last.Less(at) {
			continue
		}
		if found < 0 || s.lines[found].network.first.Less(l.network.first) || l.network.last.Less(s.lines[found].network.last) {
			found = i
		}
	}
	if found < 0 {
		return 0
	}
	return s.lines[found].line
}

// statementAt is what the source states of an address.
func (l *layer) statementAt(addr netip.Addr) *statement {
	at := addrnum.From(addr)
	if addr.Is4() {
		return &l.statements[l.v4.id[l.v4.at(uint32(at.Lo))]]
	}
	for _, block := range l.aliases {
		if !at.Less(block.first) && !block.last().Less(at) {
			return &l.statements[l.v4.id[l.v4.at(block.embedded(at))]]
		}
	}
	return &l.statements[l.v6.id[l.v6.at(at)]]
}
