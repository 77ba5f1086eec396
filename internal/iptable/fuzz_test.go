package iptable

import (
	"encoding/binary"
	"testing"

	"github.com/netwicket/netwicket/internal/addrnum"
)

// FuzzTable reads edges from the input: a byte that says the family, how many times the address before is to be nudged by one
// bit and which, or that a whole new address follows; then a value. Edges come in any order and cluster where the fuzzer
// finds something. The length of the input chooses the form of the table.
func FuzzTable(f *testing.F) {
	f.Add([]byte{})                                                                 // no edges
	f.Add([]byte{0x80, 1, 2, 3, 4, 9})                                              // one IPv4 address and what follows
	f.Add([]byte{0x80, 255, 255, 255, 255, 1, 0x00, 0, 2})                          // the last address, then the one before the /0
	f.Add([]byte{0xc0, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 5})  // one IPv6 address
	f.Add([]byte{0x40, 16, 1, 0x40, 24, 2, 0x40, 32, 3, 0x40, 48, 4, 0x40, 127, 5}) // an edge at each depth of IPv6
	f.Fuzz(func(t *testing.T, data []byte) {
		form := forms[len(data)%len(forms)]
		s := edgesOf(data)
		v4, v6 := s.oracles()
		table := s.build(form.dense6)
		checkLookups(t, form.name, table, v4, v6)
		checkEdges(t, form.name, table, v4, v6)
	})
}

func edgesOf(data []byte) *edgeSet {
	var s edgeSet
	var at4 uint32
	var at6 addrnum.Number
	take := func(n int) []byte {
		taken := make([]byte, n)
		data = data[copy(taken, data):]
		return taken
	}
	for len(data) > 0 && len(s.first4)+len(s.first6) < 200 {
		kind := take(1)[0]
		six, whole := kind&0x40 != 0, kind&0x80 != 0
		switch {
		case six && whole:
			b := take(16)
			at6 = addrnum.Number{Hi: binary.BigEndian.Uint64(b), Lo: binary.BigEndian.Uint64(b[8:])}
		case six:
			if bit := take(1)[0] & 127; bit < 64 {
				at6.Hi ^= 1 << (63 - bit)
			} else {
				at6.Lo ^= 1 << (127 - bit)
			}
		case whole:
			at4 = binary.BigEndian.Uint32(take(4))
		default:
			at4 ^= 1 << (take(1)[0] & 31)
		}
		// The low bits of kind spread the values over all of uint32.
		value := uint32(take(1)[0]) << (kind & 31)
		if six {
			s.add6(at6, value)
		} else {
			s.add4(at4, value)
		}
	}
	return &s
}
