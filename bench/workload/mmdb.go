package workload

import (
	"encoding/binary"
	"math"
)

// database is a MaxMind DB (https://maxmind.github.io/MaxMind-DB/) in the
// making: an IPv6 tree with IPv4 at ::/96, and records of 32 bits.
type database struct {
	kind  string
	nodes [][2]int32 // a node, or ^record, or empty
	data  []byte
}

// empty is a side of a node that leads nowhere: the root is nobody's child.
const empty int32 = 0

// nothing is no record.
const nothing = -1

func newDatabase(kind string) *database {
	return &database{kind: kind, nodes: make([][2]int32, 1)}
}

// fields are a map of the format, in the order given.
type fields []field

type field struct {
	name  string
	value any // fields, string, bool, uint16, uint32, uint64, []string
}

// record adds a record to the data section and gives its offset.
func (d *database) record(f fields) int {
	offset := len(d.data)
	d.data = appendValue(d.data, f)
	return offset
}

func (d *database) add4(p prefix4, choose func(outer int) int) {
	d.insert(0, uint64(p.first), 96+int(p.bits), choose)
}

func (d *database) add6(p prefix6, choose func(outer int) int) {
	d.insert(p.hi, p.lo, int(p.bits), choose)
}

// insert gives a network a record. Networks that lie in others come after them,
// and choose is told the record of the network around, or nothing.
func (d *database) insert(hi, lo uint64, bits int, choose func(outer int) int) {
	node := int32(0)
	for depth := range bits {
		half := hi
		if depth >= 64 {
			half = lo
		}
		side := half >> (63 - depth%64) & 1
		child := d.nodes[node][side]
		if depth == bits-1 {
			outer := nothing
			if child < 0 {
				outer = int(^child)
			}
			d.nodes[node][side] = ^int32(choose(outer))
			return
		}
		if child <= 0 { // empty or a record, which both halves then have
			d.nodes = append(d.nodes, [2]int32{child, child})
			child = int32(len(d.nodes) - 1)
			d.nodes[node][side] = child
		}
		node = child
	}
}

// merge joins equal halves, from the leaves up, so that the tree holds one
// network where neighbours have the same record. It gives what node has become.
func (d *database) merge(node int32) int32 {
	for side, child := range d.nodes[node] {
		if child > 0 {
			d.nodes[node][side] = d.merge(child)
		}
	}
	if halves := d.nodes[node]; halves[0] == halves[1] && halves[0] < 0 {
		return halves[0]
	}
	return node
}

// compact is the nodes that are still in use, in the order of a walk.
func (d *database) compact(nodes [][2]int32, node int32) [][2]int32 {
	at := len(nodes)
	nodes = append(nodes, d.nodes[node])
	for side, child := range d.nodes[node] {
		if child > 0 {
			nodes[at][side] = int32(len(nodes))
			nodes = d.compact(nodes, child)
		}
	}
	return nodes
}

const separatorSize = 16

func (d *database) encode() []byte {
	d.merge(0)
	d.nodes = d.compact(nil, 0)
	out := make([]byte, 0, 8*len(d.nodes)+len(d.data)+1024)
	for _, node := range d.nodes {
		for _, child := range node {
			number := uint32(child)
			switch {
			case child == empty:
				number = uint32(len(d.nodes))
			case child < 0:
				number = uint32(len(d.nodes) + separatorSize + int(^child))
			}
			out = binary.BigEndian.AppendUint32(out, number)
		}
	}
	out = append(out, make([]byte, separatorSize)...)
	out = append(out, d.data...)
	out = append(out, "\xab\xcd\xefMaxMind.com"...)
	return appendValue(out, fields{
		{"binary_format_major_version", uint16(2)}, {"binary_format_minor_version", uint16(0)},
		{"build_epoch", uint64(1_704_067_200)}, {"database_type", d.kind},
		{"description", fields{{"en", "generated"}}}, {"ip_version", uint16(6)}, {"languages", []string{}},
		{"node_count", uint32(len(d.nodes))}, {"record_size", uint16(32)},
	})
}

// The types of the format's data section.
const (
	typeString = 2
	typeUint16 = 5
	typeUint32 = 6
	typeMap    = 7
	typeUint64 = 9
	typeArray  = 11
	typeBool   = 14
)

func appendValue(out []byte, value any) []byte {
	switch value := value.(type) {
	case fields:
		out = appendControl(out, typeMap, len(value))
		for _, f := range value {
			out = appendValue(appendValue(out, f.name), f.value)
		}
	case []string:
		out = appendControl(out, typeArray, len(value))
		for _, text := range value {
			out = appendValue(out, text)
		}
	case string:
		out = append(appendControl(out, typeString, len(value)), value...)
	case bool:
		size := 0
		if value {
			size = 1
		}
		out = appendControl(out, typeBool, size)
	case uint16:
		out = binary.BigEndian.AppendUint16(appendControl(out, typeUint16, 2), value)
	case uint32:
		out = binary.BigEndian.AppendUint32(appendControl(out, typeUint32, 4), value)
	case uint64:
		out = binary.BigEndian.AppendUint64(appendControl(out, typeUint64, 8), value)
	}
	return out
}

// appendControl appends type and size. Sizes up to 284 are all that is needed.
func appendControl(out []byte, kind, size int) []byte {
	const oneMoreByte = 29
	small := min(size, oneMoreByte)
	if kind <= typeMap {
		out = append(out, byte(kind<<5|small))
	} else {
		out = append(out, byte(small), byte(kind-typeMap))
	}
	if size >= oneMoreByte {
		out = append(out, byte(min(size-oneMoreByte, math.MaxUint8)))
	}
	return out
}
