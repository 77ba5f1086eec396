package decide

import (
	"github.com/netwicket/netwicket/decide/internal/snapfile"
	"github.com/netwicket/netwicket/internal/addrnum"
	"github.com/netwicket/netwicket/internal/iptable"
	"github.com/netwicket/netwicket/internal/parallel"
)

// readEdges reads the edges of both families side by side.
func (r *snapshotReader) readEdges(v4, v6 *snapfile.Decoder) error {
	parallel.Do(func() { r.edges4 = r.readEdges4(v4, r.classOf4) }, func() { r.readEdges6(v6) })
	if err := v4.Close(); err != nil {
		return err
	}
	return v6.Close()
}

// classOf4 reads the class of an interval of IPv4, in which no IPv4 address is embedded and
// nothing repeats IPv4.
func (r *snapshotReader) classOf4(in *snapfile.Decoder) uint32 {
	number := in.Below(len(r.classes), "class")
	if in.Err() != nil {
		return 0
	}
	if c := r.classes[number]; r.addressPatterns[c.address].flags&embedsIPv4 != 0 || r.geoPatterns[c.geo].repeats > 0 {
		in.Fail(snapfile.Invalid("class %d is of addresses that hold an IPv4 address, and stands among those of IPv4", number))
	}
	return number
}

// readEdges4 reads the edges of IPv4 with the value that follows each.
func (r *snapshotReader) readEdges4(in *snapfile.Decoder, value func(*snapfile.Decoder) uint32) (edges iptable.Edges4) {
	count := in.Count(maxIntervals, "intervals of IPv4")
	edges.First, edges.Value = make([]uint32, 0, count), make([]uint32, 0, count)
	at := uint64(0)
	for i := range count {
		distance := in.Number()
		if distance >= 1<<32-at || (i == 0) != (distance == 0) {
			in.Fail(snapfile.Invalid("edge %d of IPv4 is not behind the one before it, or the first is not 0.0.0.0", i))
			return edges
		}
		at += distance
		edges.First, edges.Value = append(edges.First, uint32(at)), append(edges.Value, value(in))
		if i > 0 && edges.Value[i] == edges.Value[i-1] {
			in.Fail(snapfile.Invalid("edge %d of IPv4 changes nothing", i))
		}
	}
	if count == 0 {
		in.Fail(snapfile.Invalid("there is no interval of IPv4"))
	}
	return edges
}

func (r *snapshotReader) readEdges6(in *snapfile.Decoder) {
	count := in.Count(maxIntervals, "intervals of IPv6")
	edges := &r.edges6
	edges.First, edges.Value = make([]addrnum.Number, 0, count), make([]uint32, 0, count)
	var at addrnum.Number
	for i := range count {
		distance := in.Wide()
		next, over := snapfile.Sum(at, distance)
		if over || (i == 0) != (distance == addrnum.Number{}) {
			in.Fail(snapfile.Invalid("edge %d of IPv6 is not behind the one before it, or the first is not ::", i))
			return
		}
		at = next
		edges.First, edges.Value = append(edges.First, at), append(edges.Value, in.Below(len(r.classes), "class"))
		if i > 0 && edges.Value[i] == edges.Value[i-1] {
			in.Fail(snapfile.Invalid("edge %d of IPv6 changes nothing", i))
		}
	}
	if count == 0 {
		in.Fail(snapfile.Invalid("there is no interval of IPv6"))
	}
}

// readRepeats reads the blocks of IPv6 whose locations are those of IPv4, and sees that
// the classes which say so lie within a block each.
func (r *snapshotReader) readRepeats(in *snapfile.Decoder) {
	for range in.Count(maxThings, "repeats") {
		block := repeat{bits: uint(in.Byte(97))}
		if in.Byte(2) == 1 {
			block.patterns = iptable.Build(r.readEdges4(in, r.patternOf4), iptable.Edges6{})
		}
		r.repeats = append(r.repeats, block)
	}
	for i := range r.geoPatterns {
		if pattern := &r.geoPatterns[i]; int(pattern.repeats) > len(r.repeats) {
			in.Fail(snapfile.Invalid("geo pattern %d names a repeat that there is none of", i))
			return
		}
	}
	for i, number := range r.edges6.Value {
		repeats := r.geoPatterns[r.classes[number].geo].repeats
		if repeats == 0 {
			continue
		}
		last := addrnum.IPv6.Last()
		if i+1 < len(r.edges6.First) {
			last = r.edges6.First[i+1].Prev()
		}
		host := 128 - r.repeats[repeats-1].bits
		if r.edges6.First[i].ShiftRight(host) != last.ShiftRight(host) {
			in.Fail(snapfile.Invalid("interval %d of IPv6 repeats IPv4 and does not lie within one block", i))
			return
		}
	}
}

// patternOf4 reads the geo pattern of an interval of a block.
func (r *snapshotReader) patternOf4(in *snapfile.Decoder) uint32 {
	number := in.Below(len(r.geoPatterns), "geo pattern")
	if r.geoPatterns[number].repeats > 0 { // there is one, since a class has it
		in.Fail(snapfile.Invalid("a block repeats geo pattern %d, which itself repeats IPv4", number))
	}
	return number
}
