package spacemap

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"math/bits"
	"net/netip"

	"github.com/netwicket/netwicket/internal/addrnum"
)

// The page's ranges are lists of edges: where a range begins and what it is, a
// small number. A list is written in columns, since equal things compress well:
//
//	count                                 varint
//	what each range is                    count varints
//	how far each begins behind the last   count bytes and count varints: the
//	                                      distance is the varint times two to
//	                                      the power of the byte
//
// Varints are those of encoding/binary. Most ranges begin at a multiple of a power of two, so that the
// distances are short.

// edges is one list.
type edges struct {
	what      []byte
	shifts    []byte
	distances []byte
	count     int
	last      [2]uint64 // where the last range begins, as two halves
	lastWhat  int
}

// add begins a range, unless it is what the one before is.
func (e *edges) add(first [2]uint64, what int) {
	if e.count > 0 && e.lastWhat == what {
		return
	}
	low, borrow := bits.Sub64(first[1], e.last[1], 0)
	high, _ := bits.Sub64(first[0], e.last[0], borrow)
	shift := 0
	switch {
	case low != 0:
		shift = bits.TrailingZeros64(low)
		low = low>>shift | high<<(64-shift)
		high >>= shift
	case high != 0:
		shift = 64 + bits.TrailingZeros64(high)
		low, high = high>>(shift-64), 0
	}
	e.what = binary.AppendUvarint(e.what, uint64(what))
	e.shifts = append(e.shifts, byte(shift))
	e.distances = appendLong(e.distances, high, low)
	e.last, e.lastWhat = first, what
	e.count++
}

// appendLong is AppendUvarint for 128 bits.
func appendLong(to []byte, high, low uint64) []byte {
	for high != 0 || low >= 0x80 {
		to = append(to, byte(low)|0x80)
		low = low>>7 | high<<57
		high >>= 7
	}
	return append(to, byte(low))
}

func (e *edges) appendTo(to []byte) []byte {
	to = binary.AppendUvarint(to, uint64(e.count))
	to = append(to, e.what...)
	to = append(to, e.shifts...)
	return append(to, e.distances...)
}

// halves is an address as two halves; of IPv4 the second.
func halves(addr netip.Addr) [2]uint64 {
	n := addrnum.From(addr)
	return [2]uint64{n.Hi, n.Lo}
}

// rangeData is the four lists of the page, compressed: the outcomes of IPv4 and
// IPv6, and the countries of both.
func (m *Map) rangeData(countries *countries) []byte {
	var data []byte
	for _, segments := range [][]segment{m.space.v4, m.space.v6} {
		var list edges
		for _, s := range segments {
			list.add(halves(s.first), s.outcome)
		}
		data = list.appendTo(data)
	}
	data = countries.v6.appendTo(countries.v4.appendTo(data))
	var out bytes.Buffer
	// A known level and a buffer: neither call can fail.
	compressor, _ := flate.NewWriter(&out, flate.BestCompression)
	_, _ = compressor.Write(data)
	_ = compressor.Close()
	return out.Bytes()
}

// countries are the ranges of the geo data by country alone.
type countries struct {
	names  []string // "" for an unknown one
	v4, v6 edges
}

// countries reads the geo table. Where databases repeat all of IPv4, in 6to4, the
// page says nothing: it would be twice as large.
func (m *Map) countries() *countries {
	table := m.subject.Geo
	c := &countries{}
	ids := make(map[string]int)
	byLocation := make([]int, table.Locations())
	for i := range byLocation {
		name := table.Location(uint32(i)).Country
		id, found := ids[name]
		if !found {
			id = len(c.names)
			ids[name] = id
			c.names = append(c.names, name)
		}
		byLocation[i] = id
	}
	for first, id := range table.Edges4() {
		c.v4.add([2]uint64{1: uint64(first)}, byLocation[id])
	}
	var border [2]uint64 // behind the part that is left out
	inside, country := false, 0
	for first, id := range table.Edges6() {
		if inside && (first[0] > border[0] || first == border) {
			inside = false
			if first != border {
				c.v6.add(border, country) // what the last one left out was, goes on
			}
		}
		after, repeats := repeatsIPv4(first)
		if repeats {
			if c.v6.count == 0 {
				c.v6.add([2]uint64{}, byLocation[id])
			}
			inside, border, country = true, after, byLocation[id]
			continue
		}
		c.v6.add(first, byLocation[id])
	}
	if inside {
		c.v6.add(border, country)
	}
	return c
}

// repeatsIPv4 says that an address lies where databases repeat IPv4, and what is
// the first address behind.
func repeatsIPv4(first [2]uint64) (behind [2]uint64, repeats bool) {
	if first[0]>>48 == 0x2002 {
		return [2]uint64{0x2003_0000_0000_0000, 0}, true
	}
	return [2]uint64{}, false
}
