package geo

import (
	"net/netip"

	"github.com/netwicket/netwicket/internal/addrnum"
	"github.com/netwicket/netwicket/internal/iptable"
)

// Table is what all sources say, joined: every address of both families has
// one Location. It is immutable and safe for concurrent use. A nil or zero
// Table knows nothing of any address and provides no field.
//
// It is kept twice, in two forms that share nothing: as sorted intervals, for
// Find, All and the edges, and as the direct index of Lookup, built from them.
// So each can be tested against the other.
type Table struct {
	facts       []packedFact // by location id; what no source speaks about is among them
	vocabulary  *vocabulary
	alphabet    alphabet
	v4          *spans4 // of location ids
	v6          spans6  // of location ids, and blockBit for a whole block
	blocks      []block
	index       *iptable.Table // address -> location id, or blockBit and the index of a block
	supplied    supply
	datasets    []Dataset
	warnings    Findings
	stamps      []byte // what the fingerprint is made of
	fingerprint [32]byte
}

// blockBit marks a number that is a block's index, not a location id. There
// are never 2^31 locations: each takes 16 bytes.
const blockBit = 1 << 31

// block is a part of IPv6 that repeats 32-bit spans, see alias.
type block struct {
	alias
	edges *spans4
	index *iptable.Table // of edges
}

// Lookup is what the sources say of addr. An IPv4-mapped address is its IPv4
// address, a zone is ignored, and of an invalid address nothing is known. It
// never allocates and takes one or two table look-ups.
func (t *Table) Lookup(addr netip.Addr) (location Location) {
	if t == nil || t.index == nil || !addr.IsValid() {
		return location
	}
	id := t.index.Lookup(addr)
	if id >= blockBit {
		b := &t.blocks[id-blockBit]
		id = b.index.Lookup(addrnum.Addr4(b.embedded(addrnum.From6(addr))))
	}
	t.write(&location, id)
	return location
}

// Location is the location with that id, and one that knows nothing for an id
// that the table does not have. It never allocates.
func (t *Table) Location(id uint32) (location Location) {
	if t != nil && int64(id) < int64(len(t.facts)) {
		t.write(&location, id)
	}
	return location
}

// write puts a location together where its caller wants it: a Location is large
// enough for copies of it to count.
func (t *Table) write(location *Location, id uint32) {
	f := &t.facts[id]
	location.Country = t.alphabet.text(f.country())
	if f.regions != 0 {
		location.Regions.set = &t.vocabulary.regionSets[f.regions]
	}
	location.ASN = f.asn
	location.ASNKnown = f.asn != 0
	location.Anonymizer = f.anonymizer()
	location.AnonymizerSorts = f.told()
	if services := f.services(); services != noServices {
		location.Services.set = &t.vocabulary.sets[services]
	}
	location.Registered = t.alphabet.text(f.registered())
	location.Represented = t.alphabet.text(f.represented())
}

// Locations is the number of distinct locations. Their ids are 0 to
// Locations()-1; the same sources always give the same ids. There is at least
// one: that of a nil Table knows nothing.
func (t *Table) Locations() int {
	if t == nil {
		return 1
	}
	return max(1, len(t.facts))
}

// Provides says which fields any source provides, for either family. A field
// that none does is unknown for every address, unless corrections state that it
// has none of it.
func (t *Table) Provides() Field {
	if t == nil {
		return 0
	}
	return t.supplied.fields()
}

// Provided is what the sources provide for IPv4 and for IPv6, together. It is
// the caller's to read; of a nil or zero Table it is nothing.
func (t *Table) Provided() (v4, v6 Provided) {
	if t == nil {
		return Provided{}, Provided{}
	}
	return t.supplied.provided.v4.copy(), t.supplied.provided.v6.copy()
}

// Stated is the part of [Table.Provided] of which the sources hold any network
// of the family. A list provides its service for both families, and states it
// for those alone that its networks are of.
func (t *Table) Stated() (v4, v6 Provided) {
	if t == nil {
		return Provided{}, Provided{}
	}
	return t.supplied.stated.v4.copy(), t.supplied.stated.v6.copy()
}

// Datasets describes the sources, in the order given to Load.
func (t *Table) Datasets() []Dataset {
	if t == nil {
		return nil
	}
	return append([]Dataset(nil), t.datasets...)
}

// Warnings are the findings that did not stop Load, in the order of the
// sources.
func (t *Table) Warnings() Findings {
	if t == nil {
		return nil
	}
	return append(Findings(nil), t.warnings...)
}

// Fingerprint is a SHA-256 over what went into Load: each source's content,
// kind and service, in order. The names of files do not count.
func (t *Table) Fingerprint() [32]byte {
	if t == nil {
		return [32]byte{}
	}
	return t.fingerprint
}
