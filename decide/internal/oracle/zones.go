package oracle

import (
	"net/netip"

	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/zone"
)

// hits are the blocklist zones that hold one address. An unknown one counts
// where the address is the client itself.
// See docs/semantics.md, blocklist-2, blocklist-3, blocklist-5 and blocklist-7.
func (r *request) hits(addr netip.Addr, client bool) []Hit {
	var hits []Hit
	at := r.location(addr)
	for i := range r.zones {
		z := &r.zones[i]
		if !z.Active || !z.Blocklist {
			continue
		}
		held := r.holds(z, addr, at)
		if held.State == Match || (held.State == Unknown && client) {
			hits = append(hits, Hit{Zone: i, Addr: addr, Unknown: held.State == Unknown, Exempt: r.exempt(addr), Evidence: held.Why, unknown: held.unknown})
		}
	}
	return hits
}

func (r *request) inGateway(addr netip.Addr, entry *zone.Entry) string {
	return r.text("%s is in gateway %s", addr, entry.Text)
}

// holds says whether a zone holds a single address, without a chain.
func (r *request) holds(z *networkZone, addr netip.Addr, at geo.Location) Zone {
	if z.Type == zone.Dynamic || z.Type == zone.DynamicV2 {
		state, why, unknown := r.dynamic(&z.Zone, at)
		return Zone{State: state, Why: why, unknown: unknown}
	}
	if entry := z.gateways.find(addr); entry != nil {
		return Zone{State: Match, Why: r.inGateway(addr, entry), Entry: entry.Position}
	}
	if r.quiet {
		return Zone{}
	}
	return Zone{Why: r.text("%s is in no gateway", addr)}
}

func (r *request) lookAtZones() {
	r.answer.Zones = make([]Zone, len(r.zones))
	for i := range r.zones {
		z := &r.zones[i]
		seen := r.zoneState(z)
		seen.Key, seen.Type, seen.Use, seen.Position = key(&z.Zone), z.Type, use(&z.Zone), z.Position
		r.answer.Zones[i] = seen
	}
}

func key(z *zone.Zone) string {
	if z.ID != "" {
		return z.ID
	}
	return z.Name
}

func use(z *zone.Zone) string {
	switch {
	case !z.Active:
		return "INACTIVE"
	case z.Blocklist:
		return "BLOCKLIST"
	case z.Exempt:
		return "EXEMPT"
	default:
		return "POLICY"
	}
}

// zoneState is the state of a zone of any type.
// See docs/semantics.md, zone-7, dynamic-1 and blocklist-8.
func (r *request) zoneState(z *networkZone) Zone {
	switch {
	case !z.Active:
		return Zone{Why: "the zone is INACTIVE"}
	case z.Type == zone.IP && !z.Blocklist:
		return r.walk(z)
	case r.client < 0:
		return Zone{State: Unknown, Why: "the client is not known"}
	default:
		client := r.chain[r.client]
		return r.holds(z, client, r.location(client))
	}
}

// walk follows the chain for one IP zone: at most five hops from the nearest,
// by the zone's own lists alone.
// See docs/semantics.md, zone-1, zone-2, zone-3, zone-4, zone-5 and zone-6.
func (r *request) walk(z *networkZone) Zone {
	for i, addr := range r.chain {
		if i == 5 {
			return Zone{Why: "none of the first five hops is a gateway"}
		}
		if !addr.IsValid() {
			return Zone{Why: r.text("hop %d cannot be read", i+1)}
		}
		if entry := z.gateways.find(addr); entry != nil {
			return Zone{State: Match, Why: r.text("hop %d, %s, is in gateway %s", i+1, addr, entry.Text), Entry: entry.Position}
		}
		if z.proxies.find(addr) == nil {
			if r.quiet {
				return Zone{}
			}
			return Zone{Why: r.text("hop %d, %s, is neither gateway nor proxy of this zone", i+1, addr)}
		}
	}
	return Zone{Why: "the chain ends in proxies of this zone; no hop is a gateway"}
}
