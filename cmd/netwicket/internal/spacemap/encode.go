package spacemap

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"math/bits"

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
}

// add begins a range.
func (e *edges) add(first [2]uint64, what int) {
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
	e.last = first
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

// runs are segments by numbers.
func runs(segments []segment) []run {
	list := make([]run, len(segments))
	for i, s := range segments {
		list[i] = run{addrnum.From(s.first), s.outcome}
	}
	return list
}

// appendRuns writes a list of which neighbours differ.
func appendRuns(to []byte, list []run) []byte {
	var e edges
	for _, r := range list {
		e.add([2]uint64{r.first.Hi, r.first.Lo}, r.what)
	}
	return e.appendTo(to)
}

// deflated is what the page inflates again.
func deflated(data []byte) []byte {
	var out bytes.Buffer
	// A known level and a buffer: neither call can fail.
	compressor, _ := flate.NewWriter(&out, flate.BestCompression)
	_, _ = compressor.Write(data)
	_ = compressor.Close()
	return out.Bytes()
}

// countries are the runs of the geo data by country alone.
type countries struct {
	names  []string // "" for an unknown one
	v4, v6 []run
}

// countries reads the geo table. Where databases repeat all of IPv4, in 6to4, the
// page says nothing: it would be twice as large.
func (m *Map) countries() *countries {
	table := m.subject.Config.Geo
	c := &countries{}
	ids := make(map[string]int)
	idOf := func(name string) int {
		id, found := ids[name]
		if !found {
			id = len(c.names)
			ids[name] = id
			c.names = append(c.names, name)
		}
		return id
	}
	byLocation := make([]int, table.Locations())
	for i := range byLocation {
		byLocation[i] = idOf(table.Location(uint32(i)).Country)
	}
	for first, id := range wide(table.Edges4()) {
		c.v4 = append(c.v4, run{first, byLocation[id]})
	}
	inside, country := false, 0 // of 6to4, what the last edge in it says
	for first, id := range halved(table.Edges6()) {
		if is6to4(first) {
			if !inside {
				c.v6 = append(c.v6, run{first, idOf("")})
			}
			inside, country = true, byLocation[id]
			continue
		}
		if inside {
			c.v6 = append(c.v6, run{behind6to4(), country}) // goes on, unless another begins there
			inside = false
		}
		c.v6 = append(c.v6, run{first, byLocation[id]})
	}
	if inside {
		c.v6 = append(c.v6, run{behind6to4(), country})
	}
	c.v4, c.v6 = joined(c.v4), joined(c.v6)
	return c
}

// is6to4 says that an address lies where databases repeat IPv4, and behind6to4 is the
// first address behind.
func is6to4(first addrnum.Number) bool { return first.Hi>>48 == 0x2002 }
func behind6to4() addrnum.Number       { return addrnum.Number{Hi: 0x2003 << 48} }

// joined are runs of which neighbours differ: where two begin at one address the later one
// counts.
func joined(list []run) []run {
	var all []run
	for _, r := range list {
		if last := len(all) - 1; last >= 0 && all[last].first == r.first {
			all = all[:last]
		}
		if last := len(all) - 1; last < 0 || all[last].what != r.what {
			all = append(all, r)
		}
	}
	return all
}
