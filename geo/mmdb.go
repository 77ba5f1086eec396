package geo

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/oschwald/maxminddb-golang/v2"

	"github.com/netwicket/netwicket/internal/addrnum"
)

// metadataMarker begins the metadata, behind the data section.
const metadataMarker = "\xab\xcd\xefMaxMind.com"

// latestBuild is the last second of the year 9999, beyond which a time.Time has
// no RFC 3339 form. No database is built then; a file that says so is broken in
// a place that no answer depends on.
const latestBuild = 253402300799

// readMMDB reads an MMDB file into a layer. Nothing of content is kept.
func readMMDB(content []byte, v *vocabulary) (*layer, Dataset, error) {
	if metadataAt(content) < 0 {
		return nil, Dataset{}, errNoMetadata
	}
	reader, err := maxminddb.OpenBytes(content)
	if err != nil {
		return nil, Dataset{}, fmt.Errorf("not a readable MMDB file: %w", err)
	}
	tree, data, err := split(content, &reader.Metadata)
	if err != nil {
		return nil, Dataset{}, err
	}
	tree.findV4Root()
	count4, count6, err := tree.check()
	if err != nil {
		return nil, Dataset{}, err
	}

	l := &layer{v4: spans4{room[uint32](count4)}, v6: uniform6(0)}
	s := newStatementReader(data, v)
	w4 := walker{tree: tree, say: s.at, bits: 32, add: func(first addrnum.Number, id uint32) { l.v4.add(uint32(first.Lo), id) }}
	if err := w4.walk(tree.v4Root, addrnum.Number{}, 0); err != nil {
		return nil, Dataset{}, err
	}
	l.v4.fit()
	networks := w4.networks
	if !tree.v4Only {
		l.v6 = spans6{room[addrnum.Number](count6)}
		w6 := walker{tree: tree, say: s.at, bits: 128, add: l.v6.add}
		if err := w6.walk(0, addrnum.Number{}, 0); err != nil {
			return nil, Dataset{}, err
		}
		l.v6.fit()
		l.aliases = w6.aliases
		l.leaveChosen()
		networks += w6.networks
	}
	l.statements = slices.Clone(s.statements.items)
	dataset := Dataset{Type: reader.Metadata.DatabaseType, Networks: networks, Networks4: w4.networks}
	l.supplied = l.databaseSupply(v, tree.v4Only)
	if epoch := uint64(reader.Metadata.BuildEpoch); epoch <= latestBuild {
		dataset.Built = time.Unix(int64(epoch), 0).UTC()
	}
	return l, dataset, nil
}

// split finds the search tree and the data section by the metadata, which
// maxminddb has decoded and held against the size of the file.
func split(content []byte, m *maxminddb.Metadata) (*searchTree, []byte, error) {
	switch {
	case m.BinaryFormatMajorVersion != 2:
		return nil, nil, fmt.Errorf("format version %d.%d; this reads version 2", m.BinaryFormatMajorVersion, m.BinaryFormatMinorVersion)
	case m.IPVersion != 4 && m.IPVersion != 6:
		return nil, nil, fmt.Errorf("ip_version %d in the metadata; expected 4 or 6", m.IPVersion)
	case m.RecordSize != 24 && m.RecordSize != 28 && m.RecordSize != 32:
		return nil, nil, fmt.Errorf("record_size %d in the metadata; expected 24, 28 or 32", m.RecordSize)
	case m.NodeCount == 0:
		return nil, nil, errors.New("no search tree: node_count is 0 in the metadata")
	}
	treeEnd := uint64(m.NodeCount) * uint64(m.RecordSize) / 4
	dataEnd := metadataAt(content)
	if treeEnd+separator > uint64(dataEnd) {
		return nil, nil, fmt.Errorf("truncated: a search tree of %d nodes does not fit into the file", m.NodeCount)
	}
	data := content[treeEnd+separator : dataEnd]
	return &searchTree{
		bytes:      content[:treeEnd],
		nodes:      uint32(m.NodeCount),
		recordBits: m.RecordSize,
		dataSize:   uint32(len(data)),
		v4Only:     m.IPVersion == 4,
	}, data, nil
}

// statementReader reads each distinct record once, and gives equal statements
// one number: a City database has many records for each country and region.
type statementReader struct {
	records    recordReader
	vocabulary *vocabulary
	byOffset   map[uint32]uint32
	statements numbering[statement] // the first is empty
}

func newStatementReader(data []byte, v *vocabulary) *statementReader {
	s := &statementReader{records: recordReader{data: newDataSection(data)}, vocabulary: v, byOffset: make(map[uint32]uint32, len(data)/256)}
	s.statements.number(statement{})
	return s
}

func (s *statementReader) at(offset uint32) (uint32, error) {
	if id, known := s.byOffset[offset]; known {
		return id, nil
	}
	record, err := s.records.read(int(offset))
	if err != nil {
		return 0, err
	}
	id, _ := s.statements.number(record.statement(s.vocabulary))
	s.byOffset[offset] = id
	return id, nil
}

// databaseSupply is what a database provides: country, region and ASN for the
// families of which a record states them; the sorts that its records tell of for
// both, since the layout and not the record that happens to be there says what
// its supplier looks for. A database without IPv6 addresses provides nothing for
// them (docs/semantics.md, geo-11).
func (l *layer) databaseSupply(v *vocabulary, v4Only bool) supply {
	var s supply
	s.stated = families{l.stated(v, l.v4.id), l.stated(v, l.v6.id)}
	both := s.stated.v4
	both.add(s.stated.v6)
	sorts := Provided{Fields: both.Fields & (AnonymizerField | ServicesField), Anonymizer: both.Anonymizer, Services: both.Services, named: both.named}
	for _, family := range []*Provided{&s.stated.v4, &s.stated.v6} {
		if family.Anonymizer != 0 {
			family.add(sorts)
		}
	}
	s.provided = s.stated
	s.provided.v4.add(sorts)
	if !v4Only {
		s.provided.v6.add(sorts)
	}
	return s
}

// stated is what the records of one family state. What a block of IPv6 repeats
// counts for IPv4 alone.
func (l *layer) stated(v *vocabulary, family []uint32) Provided {
	var stated Provided
	seen := make([]bool, len(l.statements))
	for _, id := range family {
		if seen[id] {
			continue
		}
		seen[id] = true
		said := &l.statements[id]
		stated.Fields |= said.places()
		if said.tells != 0 {
			stated.Fields |= AnonymizerField | ServicesField
			stated.Anonymizer |= said.tells
			stated.Services |= said.tells
			for _, service := range v.sets[said.services].services {
				if service.Operator != "" {
					stated.named = append(stated.named, service)
				}
			}
		}
	}
	return stated
}
