package geo

import (
	"fmt"
	"math"
	"net/netip"

	"github.com/netwicket/netwicket/internal/addrnum"
)

// searchTree is the search tree of an MMDB file: nodes of two records each, one
// per bit of the address. A record below nodes is the number of another node,
// nodes itself says "no data", and one above points into the data section.
// https://maxmind.github.io/MaxMind-DB/#binary-search-tree-section
//
// The tree is walked here rather than by maxminddb's Networks, which follows
// whatever a file says: a node that is reached by many paths is walked as often,
// and a file of a few kilobytes can have more paths than there are addresses.
type searchTree struct {
	bytes      []byte
	nodes      uint32
	recordBits uint
	dataSize   uint32
	v4Root     uint32 // record reached by 96 zero bits; the root in an IPv4 file
	v4Only     bool
}

// separator is the number of zero bytes between tree and data section; records
// that point to data count them.
const separator = 16

// record is the left (0) or right (1) record of a node.
func (t *searchTree) record(node, side uint32) uint32 {
	switch t.recordBits {
	case 24:
		b := t.bytes[6*int(node)+3*int(side):]
		return uint32(b[0])<<16 | uint32(b[1])<<8 | uint32(b[2])
	case 28:
		b := t.bytes[7*int(node):]
		if side == 0 {
			return uint32(b[3]>>4)<<24 | uint32(b[0])<<16 | uint32(b[1])<<8 | uint32(b[2])
		}
		return uint32(b[3]&0x0f)<<24 | uint32(b[4])<<16 | uint32(b[5])<<8 | uint32(b[6])
	default:
		b := t.bytes[8*int(node)+4*int(side):]
		return uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
	}
}

// findV4Root follows 96 zero bits, as every look-up of an IPv4 address in an
// IPv6 file does.
func (t *searchTree) findV4Root() {
	if t.v4Only {
		return
	}
	record := uint32(0)
	for range 96 {
		if record >= t.nodes {
			break
		}
		record = t.record(record, 0)
	}
	t.v4Root = record
}

// maxNetworksPerNode bounds how often a walk may come to an end. In a tree whose
// nodes have one parent each there is one network more than nodes. MaxMind's
// aliases count the IPv4 part four times, and a writer that shares equal subtrees
// has more; a hostile file may have any number.
const maxNetworksPerNode = 8

// survey counts before anything is walked: how many networks lie below each
// node and how many bits they take. It looks at each node once, whatever the
// number of paths to it.
type survey struct {
	tree     *searchTree
	networks []uint32 // below a node, at most maxCount; 0: not looked at yet
	height   []uint8  // bits below a node
	walking  []bool   // the nodes above: meeting one again is a cycle
}

const maxCount = math.MaxUint32 / 2

func (t *searchTree) newSurvey() *survey {
	return &survey{
		tree:     t,
		networks: make([]uint32, t.nodes),
		height:   make([]uint8, t.nodes),
		walking:  make([]bool, t.nodes),
	}
}

// count looks at a record with room bits of the address left.
func (s *survey) count(record uint32, room int) (networks uint32, height int, err error) {
	if record >= s.tree.nodes {
		return 1, 0, s.tree.checkPointer(record)
	}
	if s.walking[record] {
		return 0, 0, fmt.Errorf("node %d of the search tree is its own descendant", record)
	}
	if s.networks[record] == 0 {
		if room == 0 {
			return 0, 0, fmt.Errorf("the search tree is deeper than an address has bits, at node %d", record)
		}
		s.walking[record] = true
		total, tallest := uint32(0), 0
		for side := range uint32(2) {
			n, h, err := s.count(s.tree.record(record, side), room-1)
			if err != nil {
				return 0, 0, err
			}
			total, tallest = min(total+n, maxCount), max(tallest, h)
		}
		s.walking[record] = false
		s.networks[record], s.height[record] = total, uint8(tallest+1)
	}
	if int(s.height[record]) > room {
		return 0, 0, fmt.Errorf("the search tree is deeper than an address has bits, below node %d", record)
	}
	return s.networks[record], int(s.height[record]), nil
}

// checkPointer checks a record that is no node.
func (t *searchTree) checkPointer(record uint32) error {
	if record == t.nodes {
		return nil
	}
	if record-t.nodes-separator >= t.dataSize { // one into the separator is below zero, which is beyond everything
		return fmt.Errorf("a record of the search tree (%d) points outside the data section", record)
	}
	return nil
}

// check is the survey of the whole tree. It estimates how many networks, empty
// ones included, a walk over each family will come to, as if no node were shared.
func (t *searchTree) check() (v4, v6 int, err error) {
	room := 128
	if t.v4Only {
		room = 32
	}
	s := t.newSurvey()
	all, _, err := s.count(0, room)
	if err != nil {
		return 0, 0, err
	}
	if limit := uint64(maxNetworksPerNode) * (uint64(t.nodes) + 1); uint64(all) > limit {
		return 0, 0, fmt.Errorf("the search tree has more than %d networks below its %d nodes", limit, t.nodes)
	}
	nodes := int(t.nodes)
	if t.v4Only {
		return nodes + 1, 0, nil
	}
	v4 = 1
	if t.v4Root < t.nodes {
		v4 = min(int(s.networks[t.v4Root]), nodes+1)
	}
	return v4, max(nodes-v4, 0) + 1, nil
}

// walker turns a tree into spans of statement numbers.
type walker struct {
	tree     *searchTree
	say      func(offset uint32) (uint32, error) // the statement at an offset of the data section
	bits     int                                 // of an address: 32 or 128
	add      func(first addrnum.Number, id uint32)
	aliases  []alias
	networks int
}

// walk comes to the network of depth bits that begins at first.
func (w *walker) walk(record uint32, first addrnum.Number, depth int) error {
	t := w.tree
	if record >= t.nodes {
		return w.end(record, first, depth)
	}
	if w.bits == 128 && record == t.v4Root && depth <= 96 {
		if a := (alias{first, uint(depth)}); a != mapped {
			w.aliases = append(w.aliases, a)
		}
		w.add(first, 0)
		return nil
	}
	if err := w.walk(t.record(record, 0), first, depth+1); err != nil {
		return err
	}
	bit := addrnum.Number{Lo: 1}.ShiftLeft(uint(w.bits - depth - 1))
	right := addrnum.Number{Hi: first.Hi | bit.Hi, Lo: first.Lo | bit.Lo}
	return w.walk(t.record(record, 1), right, depth+1)
}

// end is a record that is no node.
func (w *walker) end(record uint32, first addrnum.Number, depth int) error {
	if record == w.tree.nodes {
		w.add(first, 0)
		return nil
	}
	w.networks++
	offset := record - w.tree.nodes - separator
	id, err := w.say(offset)
	if err != nil {
		return fmt.Errorf("network %s, record at offset %d of the data section: %w", w.network(first, depth), offset, err)
	}
	w.add(first, id)
	return nil
}

func (w *walker) network(first addrnum.Number, depth int) netip.Prefix {
	if w.bits == 32 {
		return netip.PrefixFrom(addrnum.Addr4(uint32(first.Lo)), depth)
	}
	return netip.PrefixFrom(first.Addr6(), depth)
}
