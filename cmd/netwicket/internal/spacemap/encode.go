package spacemap

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"math/bits"
	"slices"

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

// runs are segments by numbers.
func runs(segments []segment) []run {
	list := make([]run, len(segments))
	for i, s := range segments {
		list[i] = run{addrnum.From(s.first), s.outcome}
	}
	return list
}

// appendRuns writes a list.
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
	for first, id := range wide(table.Edges4()) {
		c.v4 = append(c.v4, run{first, byLocation[id]})
	}
	var border [2]uint64 // behind the part that is left out
	inside, country := false, 0
	add := func(first [2]uint64, what int) {
		c.v6 = append(c.v6, run{addrnum.Number{Hi: first[0], Lo: first[1]}, what})
	}
	for first, id := range table.Edges6() {
		if inside && (first[0] > border[0] || first == border) {
			inside = false
			if first != border {
				add(border, country) // what the last one left out was, goes on
			}
		}
		after, repeats := repeatsIPv4(first)
		if repeats {
			if len(c.v6) == 0 {
				add([2]uint64{}, byLocation[id])
			}
			inside, border, country = true, after, byLocation[id]
			continue
		}
		add(first, byLocation[id])
	}
	if inside {
		add(border, country)
	}
	c.v4, c.v6 = joined(c.v4), joined(c.v6)
	return c
}

// joined are runs of which neighbours differ.
func joined(list []run) []run {
	return slices.CompactFunc(list, func(a, b run) bool { return a.what == b.what })
}

// repeatsIPv4 says that an address lies where databases repeat IPv4, and what is
// the first address behind.
func repeatsIPv4(first [2]uint64) (behind [2]uint64, repeats bool) {
	if first[0]>>48 == 0x2002 {
		return [2]uint64{0x2003_0000_0000_0000, 0}, true
	}
	return [2]uint64{}, false
}
