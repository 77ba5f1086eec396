// Package mmdbtest writes MaxMind DB files from Go values: fixtures for tests,
// and the small databases of the examples. The same [File] always gives the
// same bytes.
//
// It follows https://maxmind.github.io/MaxMind-DB/ and MaxMind's own writer:
// IPv4 lies at ::/96 of an IPv6 tree, equal values are stored once and pointed
// to, and the blocks of IPv6 that embed IPv4 may be aliases of it. It keeps
// everything in memory and is meant for thousands of networks, not for millions.
package mmdbtest

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
	"time"
)

// Map is a map of a record. Its values, and those of an [Array], are strings,
// bools, []byte, uint16, uint32, uint64, int32, float32, float64, maps and
// arrays. An int is written as a uint32.
type Map map[string]any

// Array is an array of a record.
type Array []any

// Network gives a network a record, which is any value that a Map may hold. Of
// networks inside one another the longer prefix wins.
type Network struct {
	Prefix string
	Record any
}

// File is a database to be written.
type File struct {
	Type        string    // database_type
	Description string    // in English; empty: the type
	Built       time.Time // zero: 2026-01-01
	IPVersion   int       // 4 or 6; zero: 6
	RecordSize  int       // 24, 28 or 32; zero: 24

	// Aliases makes ::ffff:0:0/96, 2001::/32 and 2002::/16 of an IPv6 database
	// repeat its IPv4 networks, as MaxMind's databases do.
	Aliases bool
	// Repeats are further blocks that do, of at most 96 bits each.
	Repeats []string

	Networks []Network
}

const marker = "\xab\xcd\xefMaxMind.com"

// Bytes is the content of the file.
func (f File) Bytes() ([]byte, error) {
	f = f.withDefaults()
	if f.IPVersion != 4 && f.IPVersion != 6 {
		return nil, fmt.Errorf("mmdbtest: IP version %d; expected 4 or 6", f.IPVersion)
	}
	if f.RecordSize != 24 && f.RecordSize != 28 && f.RecordSize != 32 {
		return nil, fmt.Errorf("mmdbtest: record size %d; expected 24, 28 or 32", f.RecordSize)
	}
	data := newSection()
	tree, err := f.tree(data)
	if err != nil {
		return nil, fmt.Errorf("mmdbtest: %w", err)
	}
	content, nodes, err := tree.bytes(f.RecordSize, len(data.bytes))
	if err != nil {
		return nil, fmt.Errorf("mmdbtest: %w", err)
	}
	content = append(content, make([]byte, 16)...)
	content = append(content, data.bytes...)
	content = append(content, marker...)

	metadata := newSection()
	if _, err := metadata.add(f.metadata(nodes)); err != nil {
		return nil, fmt.Errorf("mmdbtest: %w", err)
	}
	return append(content, metadata.bytes...), nil
}

func (f File) withDefaults() File {
	if f.Description == "" {
		f.Description = f.Type
	}
	if f.Built.IsZero() {
		f.Built = time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)
	}
	if f.IPVersion == 0 {
		f.IPVersion = 6
	}
	if f.RecordSize == 0 {
		f.RecordSize = 24
	}
	return f
}

func (f File) metadata(nodes int) Map {
	return Map{
		"binary_format_major_version": uint16(2),
		"binary_format_minor_version": uint16(0),
		"build_epoch":                 uint64(f.Built.Unix()),
		"database_type":               f.Type,
		"description":                 Map{"en": f.Description},
		"ip_version":                  uint16(f.IPVersion),
		"languages":                   Array{"en"},
		"node_count":                  uint32(nodes),
		"record_size":                 uint16(f.RecordSize),
	}
}

// tree puts the networks into a search tree and their records into data.
func (f File) tree(data *section) (*tree, error) {
	type entry struct {
		bits   [16]byte
		length int
		record any
		prefix string
	}
	entries := make([]entry, 0, len(f.Networks))
	for _, n := range f.Networks {
		bits, length, err := f.bits(n.Prefix)
		if err != nil {
			return nil, err
		}
		entries = append(entries, entry{bits, length, n.Record, n.Prefix})
	}
	// Shorter prefixes first, so that longer ones cut into them.
	slices.SortStableFunc(entries, func(a, b entry) int { return a.length - b.length })
	t := &tree{root: &node{}}
	seen := map[string]bool{}
	for _, e := range entries {
		key := string(e.bits[:]) + string(rune(e.length))
		if seen[key] {
			return nil, fmt.Errorf("network %s is given twice", e.prefix)
		}
		seen[key] = true
		offset, err := data.add(e.record)
		if err != nil {
			return nil, fmt.Errorf("network %s: %w", e.prefix, err)
		}
		t.insert(e.bits, e.length, record{data: offset + 1})
	}
	blocks := f.Repeats
	if f.Aliases && f.IPVersion == 6 {
		blocks = append([]string{"::ffff:0:0/96", "2001::/32", "2002::/16"}, blocks...)
	}
	return t, t.alias(blocks)
}

// bits is a prefix as the bits that lead to it in the tree.
func (f File) bits(text string) (bits [16]byte, length int, err error) {
	prefix, err := netip.ParsePrefix(text)
	if err != nil {
		return bits, 0, err
	}
	if prefix != prefix.Masked() {
		return bits, 0, fmt.Errorf("network %s has bits behind the prefix", text)
	}
	length = prefix.Bits()
	switch addr := prefix.Addr(); {
	case addr.Is4() && f.IPVersion == 4:
		b := addr.As4()
		copy(bits[:], b[:])
	case addr.Is4():
		b := addr.As4()
		copy(bits[12:], b[:])
		length += 96
	case f.IPVersion == 4:
		return bits, 0, fmt.Errorf("network %s in an IPv4 database", text)
	default:
		bits = addr.As16()
	}
	if length == 0 {
		return bits, 0, fmt.Errorf("network %s: the root of the tree is a node; write its two halves", text)
	}
	return bits, length, nil
}

// bytes is the tree as it is stored, and how many nodes it has.
func (t *tree) bytes(recordSize, dataSize int) ([]byte, int, error) {
	nodes := t.number()
	if largest := uint64(len(nodes)) + 16 + uint64(dataSize); largest >= 1<<recordSize {
		return nil, 0, fmt.Errorf("records of %d bits are too small for the database", recordSize)
	}
	stored := make([][2]uint32, len(nodes))
	for i, n := range nodes {
		stored[i] = [2]uint32{n.value(0, len(nodes)), n.value(1, len(nodes))}
	}
	return storeNodes(stored, recordSize), len(nodes), nil
}

// storeNodes writes nodes with records of 24, 28 or 32 bits. The halves of a
// node of 28-bit records share the byte in the middle.
func storeNodes(nodes [][2]uint32, recordSize int) []byte {
	var out []byte
	for _, n := range nodes {
		left, right := n[0], n[1]
		switch recordSize {
		case 24:
			out = append(out, byte(left>>16), byte(left>>8), byte(left), byte(right>>16), byte(right>>8), byte(right))
		case 28:
			out = append(out, byte(left>>16), byte(left>>8), byte(left), byte(left>>24)<<4|byte(right>>24),
				byte(right>>16), byte(right>>8), byte(right))
		default:
			out = binary.BigEndian.AppendUint32(out, left)
			out = binary.BigEndian.AppendUint32(out, right)
		}
	}
	return out
}
