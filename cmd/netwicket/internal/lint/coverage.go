package lint

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/zone"
)

// coverage finds IP zones that hold every address.
func (l *linter) coverage(z *zone.Zone) {
	if !z.Active || !coversFamily(z.Gateways) { // a dynamic one has none
		return
	}
	l.matchesEverything(z, z.Gateways[0].Position, "every address of IPv4 or of IPv6 is a gateway")
}

func (l *linter) matchesEverything(z *zone.Zone, at zone.Position, why string) {
	effect := "a rule that includes the zone applies to everybody, and one that excludes it to nobody"
	switch {
	case z.Exempt:
		effect = "no blocklist and no ThreatInsight blocks anybody"
	case z.Blocklist:
		effect = "everybody is blocked"
	}
	l.warn(at, "", "zone-matches-everything", "%s, so that %s; list what zone %q is meant to hold", why, effect, z.Name)
}

// dynamicCoverage asks, for one address of every location that the geo data
// knows, which dynamic zones hold it.
func (l *linter) dynamicCoverage() {
	if l.Config.Geo == nil {
		return
	}
	type tally struct{ some, all bool } // surely in the zone
	tallies := slices.Repeat([]tally{{all: true}}, len(l.zones))
	l.representatives(func(addr netip.Addr) {
		member := l.Policy.Match([]netip.Addr{addr})
		i := 0
		for _, state := range member.Zones() {
			if i == len(tallies) {
				break // a snapshot's documents may be elsewhere
			}
			tallies[i].some = tallies[i].some || state == decide.Match
			tallies[i].all = tallies[i].all && state == decide.Match
			i++
		}
	})
	explained := l.explainedZones()
	for i := range l.zones {
		z := l.zones[i]
		if !z.Active || !z.IsDynamic() {
			continue
		}
		switch {
		case !tallies[i].some && !explained[z.Position]:
			effect := "a rule that includes it never applies through it"
			if z.Blocklist {
				effect = "it blocks nobody"
			}
			l.warn(z.Position, z.Name, "zone-matches-nothing", "no address of the geo data surely matches the zone, so that %s; compare its values with what the data says of an address that it is meant for (netwicket explain ADDRESS)", effect)
		case tallies[i].all:
			l.matchesEverything(z, z.Position, "every address of the geo data is in the zone")
		}
	}
}

// explainedZones are the zones of which another finding says why they match
// nothing.
func (l *linter) explainedZones() map[zone.Position]bool {
	explained := make(map[zone.Position]bool)
	mark := func(f *decide.Finding) {
		switch f.Code {
		case "unnamed-operator", "not-iso-country", "unknown-category", "absent-country", "absent-region", "zone-matches-nothing":
		default:
			return
		}
		for i := range l.zones {
			if at := l.zones[i].Position; IsAbout(f, at) {
				explained[at] = true
			}
		}
	}
	for _, f := range l.found {
		mark(f)
	}
	for _, f := range l.Policy.Info().Warnings {
		mark(f)
	}
	return explained
}

// IsAbout says that a finding is about the value at a place, or about a part of it.
func IsAbout(f *decide.Finding, at zone.Position) bool {
	return f.File == at.File && strings.HasPrefix(f.Path+"/", at.Path+"/")
}

// representatives gives one address of every distinct location.
func (l *linter) representatives(use func(netip.Addr)) {
	seen := make([]bool, l.Config.Geo.Locations())
	for at, id := range l.Config.Geo.Edges4() {
		if !seen[id] {
			seen[id] = true
			use(netip.AddrFrom4([4]byte{byte(at >> 24), byte(at >> 16), byte(at >> 8), byte(at)}))
		}
	}
	for at, id := range l.Config.Geo.Edges6() {
		if !seen[id] { // none begins at a mapped address, which is an IPv4 address
			seen[id] = true
			use(address6(at))
		}
	}
}

func address6(at [2]uint64) netip.Addr {
	var b [16]byte
	for i := range 8 {
		b[i] = byte(at[0] >> (56 - 8*i))
		b[8+i] = byte(at[1] >> (56 - 8*i))
	}
	return netip.AddrFrom16(b)
}
