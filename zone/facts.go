package zone

import (
	"cmp"
	"math"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/netwicket/netwicket/internal/addrnum"
)

// What a zone is good for. Everything that asks, but for the second evaluator
// behind Explain, asks here.

// IsDynamic says that the zone goes by what is known of an address, not by lists
// of addresses. A zone of unknown type is neither.
func (z *Zone) IsDynamic() bool { return z.Type == Dynamic || z.Type == DynamicV2 }

// Constrained says that a dynamic zone asks for anything at all. An ACTIVE one
// that does not is an error (docs/semantics.md, oktadoc-7).
func (z *Zone) Constrained() bool {
	return z.Locations.Defined() || z.ASNs.Defined() || z.Categories.Defined() || z.Proxy != ProxyUnset
}

// Usable says that a rule can be about requests in the zone: it is ACTIVE and of
// usage POLICY (docs/semantics.md, rule-6).
func (z *Zone) Usable() bool { return z.Active && !z.Blocklist }

// Walked says that a request is in the zone by its chain: an ACTIVE IP zone of
// usage POLICY, the exempt zone included (docs/semantics.md, zone-1 and zone-7).
// Only such a zone in excludeZones keeps ThreatInsight off (threat-3).
func (z *Zone) Walked() bool { return z.Type == IP && z.Usable() }

// TrustsProxies says that the proxies of the zone count: the exempt zone has
// none, nor has a blocklist (docs/semantics.md, chain-4 and blocklist-2).
func (z *Zone) TrustsProxies() bool { return z.Walked() && !z.Exempt }

// Blocks says that the zone is a blocklist in force (docs/semantics.md, blocklist-7).
func (z *Zone) Blocks() bool { return z.Active && z.Blocklist }

// Exempts says that the zone is the exempt zone and in force (docs/semantics.md,
// blocklist-6).
func (z *Zone) Exempts() bool { return z.Exempt && z.Walked() }

// SystemZone says that [InSystemZone] and [OutsideSystemZone] may mean the zone:
// Okta's LegacyIpZone under any name (docs/semantics.md, rule-7).
func (z *Zone) SystemZone() bool { return z.System && z.Walked() && !z.Exempt }

// Empty says that an IP zone holds no request, whatever the chain: it has no
// gateway (docs/semantics.md, zone-5).
func (z *Zone) Empty() bool { return z.Type == IP && len(z.Gateways) == 0 }

// Mask says that the entry is the mask of a network of 8 or more bits, alone, with
// a prefix length, or as both ends of a range. No client has such an address
// (docs/semantics.md, spdoc-2).
func (e *Entry) Mask() bool {
	text, _, _ := strings.Cut(e.Text, "/")
	if first, last, isRange := strings.Cut(text, "-"); isRange {
		if strings.TrimSpace(first) != strings.TrimSpace(last) {
			return false
		}
		text = first
	}
	addr, _ := netip.ParseAddr(strings.TrimSpace(text)) // what is none has no family
	if addr = addr.Unmap(); !addr.Is4() {
		return false
	}
	ones := addrnum.From4(addr)
	return ones>>24 == 255 && ^ones&(^ones+1) == 0
}

// Many says that the reference stands for many zones: [AllZones] or [AllIPZones].
func (id ZoneID) Many() bool { return id.ID == AllZones || id.ID == AllIPZones }

// Names says that a rule's reference stands for the zone. [AllZones] and
// [AllIPZones] are the usable ones but for the exempt zone (docs/semantics.md,
// rule-3); an empty reference names nobody, although zones may have no id.
func (id ZoneID) Names(z *Zone) bool {
	switch id.ID {
	case "":
		return false
	case AllZones:
		return z.Usable() && !z.Exempt
	case AllIPZones:
		return z.Walked() && !z.Exempt
	default:
		return z.ID == id.ID
	}
}

// Excludes says that the condition holds outside the zones that it means, not
// inside (docs/semantics.md, rule-2 and rule-7).
func (n *NetworkCondition) Excludes() bool {
	switch n.Connection {
	case InZones:
		return len(n.Exclude) > 0
	case OutsideSystemZone:
		return true
	case Anywhere, InSystemZone, Disabled:
		return false
	default:
		return false // no connection of Okta's, which Compile refuses
	}
}

// Listed are the references of the list that is given: of Exclude if the
// condition has one, else of Include (docs/semantics.md, rule-1).
func (n *NetworkCondition) Listed() []ZoneID {
	if n.Excludes() {
		return n.Exclude
	}
	return n.Include
}

// Label is what decisions and messages call the rule: its name, its id if it has
// no name, or its place in the document (docs/semantics.md, order-5).
func (r *Rule) Label() string { return cmp.Or(r.Name, r.ID, r.Position.Path) }

// CanApply says that nothing in the rule itself keeps it from ever applying: it
// is ACTIVE, its condition is not [Disabled], and it is no ALLOW rule that other
// conditions narrow (docs/semantics.md, rule-7, rule-8 and rule-10).
func (r *Rule) CanApply() bool {
	return r.Active && r.Network.Connection != Disabled && !(r.Allow && len(r.Narrowed) > 0)
}

// InOrder are the rules in the order in which they are tried, INACTIVE ones
// included: the lowest priority first, then those that have none; rules that are
// equal in this stay in document order (docs/semantics.md, rule-4).
func (s *RuleSet) InOrder() []*Rule {
	rules := make([]*Rule, len(s.Rules))
	for i := range s.Rules {
		rules[i] = &s.Rules[i]
	}
	place := func(r *Rule) int64 {
		if r.HasPriority {
			return int64(r.Priority)
		}
		return math.MaxInt64
	}
	slices.SortStableFunc(rules, func(a, b *Rule) int { return cmp.Compare(place(a), place(b)) })
	return rules
}

// InForce says that an entry of an overlay has not expired at that time. The zero
// time expires nothing (docs/semantics.md, overlay-4).
func (e *OverlayEntry) InForce(now time.Time) bool {
	return e.Until.IsZero() || now.Before(e.Until)
}

// Enforced says which of SailPoint's two checks are made: with a profile those
// that it switches on (docs/semantics.md, sailpoint-7), without one those whose
// list is not empty, and that of the country where an allow list is all that the
// configuration says (sailpoint-8). A nil configuration is {} (policy-3).
func (c *NetworkConfig) Enforced(profile *AuthProfile) (network, geography bool) {
	switch {
	case profile != nil:
		return profile.OffNetwork, profile.UntrustedGeography
	case c == nil:
		return false, false
	}
	network = len(c.Range) > 0
	return network, len(c.Geolocation) > 0 || c.Allowlist && !network
}

// Trusts says that a known country is trusted: one that an allow list has, or
// that a block list has not (docs/semantics.md, sailpoint-4).
func (c *NetworkConfig) Trusts(country string) bool {
	listed := slices.ContainsFunc(c.Geolocation, func(t Term[string]) bool { return t.Value == country })
	return listed == c.Allowlist
}
