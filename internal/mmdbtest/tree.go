package mmdbtest

import (
	"fmt"
	"net/netip"
)

// tree is a search tree under construction.
type tree struct{ root *node }

// node is one bit of an address. The same node may be met on several paths.
type node struct {
	records [2]record
	index   int
	counted bool
}

// record leads to a node or to data, or is empty.
type record struct {
	node *node
	data int // offset in the data section, plus 1
}

// insert sets the record at the end of a path. A record on the way that holds
// data is split: both its halves hold the data then.
func (t *tree) insert(bits [16]byte, length int, r record) {
	at := t.root
	for depth := range length - 1 {
		next := &at.records[bit(bits, depth)]
		if next.node == nil {
			next.node = &node{records: [2]record{{data: next.data}, {data: next.data}}}
			next.data = 0
		}
		at = next.node
	}
	at.records[bit(bits, length-1)] = r
}

// find is the record at the end of a path, or the one that ends it sooner.
func (t *tree) find(bits [16]byte, length int) record {
	r := record{node: t.root}
	for depth := 0; depth < length && r.node != nil; depth++ {
		r = r.node.records[bit(bits, depth)]
	}
	return r
}

func bit(bits [16]byte, depth int) int {
	return int(bits[depth/8]>>(7-depth%8)) & 1
}

// alias lets blocks of IPv6 repeat the IPv4 networks.
func (t *tree) alias(blocks []string) error {
	v4 := t.find([16]byte{}, 96)
	for _, text := range blocks {
		prefix, err := netip.ParsePrefix(text)
		if err != nil {
			return err
		}
		bits := prefix.Addr().As16()
		if (t.find(bits, prefix.Bits()) != record{}) {
			return fmt.Errorf("networks in %s, which is to be an alias of IPv4", text)
		}
		t.insert(bits, prefix.Bits(), v4)
	}
	return nil
}

// number gives each node its index: a node before its children, the left
// children before the right ones.
func (t *tree) number() []*node {
	var nodes []*node
	var visit func(*node)
	visit = func(n *node) {
		n.index, n.counted = len(nodes), true
		nodes = append(nodes, n)
		for _, r := range n.records {
			if r.node != nil && !r.node.counted {
				visit(r.node)
			}
		}
	}
	visit(t.root)
	return nodes
}

// value is a record as it is stored.
func (n *node) value(side, nodes int) uint32 {
	switch r := n.records[side]; {
	case r.node != nil:
		return uint32(r.node.index)
	case r.data != 0:
		return uint32(nodes + 16 + r.data - 1)
	default:
		return uint32(nodes)
	}
}
