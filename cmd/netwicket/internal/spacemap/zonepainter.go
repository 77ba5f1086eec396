package spacemap

import (
	"cmp"
	"iter"
	"net/netip"
	"slices"

	"go4.org/netipx"

	"github.com/netwicket/netwicket/decide"
)

// zonesWithColours is how many zones have a colour of their own: more are not told apart.
const zonesWithColours = 12

// The first colours of byZone.
const (
	noZone = iota
	otherZones
	firstZone
)

// byZone paints the zones. An address has the colour of the zone that denies it, or else
// of the narrowest one that it is in: a wide one would hide those within it.
func byZone(policy *decide.Policy) *painter {
	p := &painter{colours: []Colour{{Key: "noZone", Paint: paintNothing, rank: 80}, {Key: "otherZones", Paint: rgb(0x77706a), rank: 70, stands: true}}}
	classes := classesOf(policy)
	zones := zonesOf(policy)
	width := make([]float64, len(zones))
	for i := range classes {
		for zone := range zonesAt(policy, classes[i].at) {
			width[zone] += classes[i].size
		}
	}
	shown := make([]float64, len(zones)) // how much has a zone's colour
	of := make([]int, len(classes))
	for i := range classes {
		if of[i] = zoneShown(policy, zones, width, classes[i].at); of[i] >= 0 {
			shown[of[i]] += classes[i].size
		}
	}
	order := make([]int, len(zones))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(shown[b], shown[a]) })
	colours := make([]int, len(zones))
	for rank, zone := range order {
		colours[zone] = otherZones
		if rank < zonesWithColours {
			colours[zone] = firstZone + rank
			p.colours = append(p.colours, Colour{Key: "zone", Name: nameOf(zones[zone]), Paint: distinct(rank), stands: true})
		}
	}
	for i, zone := range of {
		of[i] = noZone
		if zone >= 0 {
			of[i] = colours[zone]
		}
	}
	p.in = func(within netipx.IPRange) iter.Seq2[netipx.IPRange, int] {
		return func(yield func(netipx.IPRange, int) bool) {
			if len(of) == 0 { // there is no policy
				yield(within, noZone)
				return
			}
			for r, class := range policy.ClassesIn(within) {
				if !yield(r, of[class]) {
					return
				}
			}
		}
	}
	return p.close()
}

func nameOf(z *decide.ZoneRef) string {
	if z.Name != "" {
		return z.Name
	}
	return z.ID
}

func zonesOf(policy *decide.Policy) []*decide.ZoneRef {
	var zones []*decide.ZoneRef
	m := policy.Match([]netip.Addr{netip.IPv4Unspecified()})
	for z := range m.Zones() {
		zones = append(zones, z)
	}
	return zones
}

// zonesAt ranges over the indexes of the zones that hold an address.
func zonesAt(policy *decide.Policy, addr netip.Addr) iter.Seq[int] {
	return func(yield func(int) bool) {
		m, i := policy.Match([]netip.Addr{addr}), 0
		for _, state := range m.Zones() {
			if state == decide.Match && !yield(i) {
				return
			}
			i++
		}
	}
}

// zoneShown is the zone whose colour an address has; negative if it has none.
func zoneShown(policy *decide.Policy, zones []*decide.ZoneRef, width []float64, addr netip.Addr) int {
	if denies := policy.Decide(addr).Zone; denies != nil {
		return slices.Index(zones, denies)
	}
	narrowest := -1
	for zone := range zonesAt(policy, addr) {
		if narrowest < 0 || width[zone] < width[narrowest] {
			narrowest = zone
		}
	}
	return narrowest
}

// classAt is a class of addresses: one of them, and how many there are. Those of IPv6
// are counted by /64s, which is what a subnet has.
type classAt struct {
	at   netip.Addr
	size float64
}

func classesOf(policy *decide.Policy) []classAt {
	classes := make([]classAt, policy.Info().Classes)
	for _, whole := range []netip.Addr{netip.IPv4Unspecified(), netip.IPv6Unspecified()} {
		for r, class := range policy.ClassesIn(netipx.RangeOfPrefix(netip.PrefixFrom(whole, 0))) {
			if !classes[class].at.IsValid() {
				classes[class].at = r.From()
			}
			size := amount(r)
			if whole.Is6() {
				size /= 1 << 64
			}
			classes[class].size += size
		}
	}
	return classes
}

// ZonesIn are the names of zones that hold or deny addresses of a network, in document order: so
// many as most, of the first kinds of addresses that it has.
func (t *Tiles) ZonesIn(network netip.Prefix, most int) []string {
	policy, zones := t.subject.Policy, zonesOf(t.subject.Policy)
	found := make(map[int]bool)
	seen := make(map[uint32]bool)
	for r, class := range policy.ClassesIn(netipx.RangeOfPrefix(network)) {
		if seen[class] {
			continue
		}
		if len(seen) == mostKinds {
			break
		}
		seen[class] = true
		if denies := policy.Decide(r.From()).Zone; denies != nil { // be it because something is not known
			found[slices.Index(zones, denies)] = true
		}
		for zone := range zonesAt(policy, r.From()) {
			found[zone] = true
		}
	}
	var names []string
	for i, z := range zones {
		if found[i] && len(names) < most {
			names = append(names, nameOf(z))
		}
	}
	return names
}

// mostKinds is how many classes a pointer looks at.
const mostKinds = 64
