package lint

import (
	"slices"
	"strings"

	"go4.org/netipx"

	"github.com/netwicket/netwicket/zone"
)

// takenBack finds networks that are listed as allowed and wholly blocked
// (docs/semantics.md, blocklist-1), and blocked networks that are wholly exempt
// (blocklist-5).
func (l *linter) takenBack() {
	var blocks []span
	var exempt []zone.Entry
	for i := range l.zones {
		z := l.zones[i]
		switch {
		case z.Exempts():
			exempt = append(exempt, z.Gateways...)
		case z.Blocks(): // a dynamic one has no gateways
			for g := range z.Gateways {
				blocks = append(blocks, span{entry: &z.Gateways[g], owner: i})
			}
		}
	}
	exempted := setOf(exempt)
	var builder netipx.IPSetBuilder
	for _, block := range blocks {
		builder.AddRange(block.entry.Range)
		if exempted.ContainsRange(block.entry.Range) {
			l.warn(block.entry.Position, block.entry.Text, "exempted-block", "the exempt zone lists all of this, so that it is not blocked; remove it from one of the two zones")
		}
	}
	builder.RemoveSet(exempted)
	blocked, _ := builder.IPSet() // it fails for a range that is none, which no parser gives
	l.blockedNetworks(blocked, newSpanIndex(blocks))
}

func (l *linter) blockedNetworks(blocked *netipx.IPSet, blocks *spanIndex) {
	for network := range l.allowedNetworks() {
		if !blocked.ContainsRange(network.entry.Range) {
			continue
		}
		_, block := blocks.overlapping(network.entry, -1)
		l.warn(network.entry.Position, network.entry.Text, "allowed-network-blocked", "%s, but blocklist zone %q (%q, %s) denies all of it before anything else is looked at; remove it from one of the two",
			network.as, l.zones[block.owner].Name, block.entry.Text, place(block.entry.Position, network.entry.Position))
	}
}

// allowedNetwork is a network that a document lists as one to let in.
type allowedNetwork struct {
	entry *zone.Entry
	as    string // what for, for messages
}

// allowedNetworks ranges over SailPoint's network definition and the gateways of
// zones that an ALLOW rule includes; without any rules, of every POLICY zone.
func (l *linter) allowedNetworks() func(yield func(allowedNetwork) bool) {
	return func(yield func(allowedNetwork) bool) {
		allowing := l.allowing()
		for i := range l.zones {
			z := l.zones[i]
			if !z.Walked() || z.Exempt {
				continue
			}
			as, allowed := l.allowedAs(z, allowing)
			for g := range z.Gateways {
				if allowed && !yield(allowedNetwork{&z.Gateways[g], as}) {
					return
				}
			}
		}
		if config := l.Config.SailPoint; config != nil {
			for i := range config.Range {
				if !yield(allowedNetwork{&config.Range[i], "this is part of SailPoint's network"}) {
					return
				}
			}
		}
	}
}

// allowedAs says whether and how a POLICY zone is one to let in.
func (l *linter) allowedAs(z *zone.Zone, allowing map[string]*ruleAt) (as string, allowed bool) {
	if rule := allowing[variable(z)]; rule != nil {
		return "rule " + quote(rule.Label()) + " allows zone " + quote(z.Name), true
	}
	return "this is in zone " + quote(z.Name), len(l.Config.Rules) == 0
}

// blockedCountries finds countries and regions that are allowed in one place and
// denied as a whole in another.
func (l *linter) blockedCountries() {
	allowing := l.allowing()
	for i := range l.zones {
		z := l.zones[i]
		if !z.Usable() {
			continue
		}
		as, allowed := l.allowedAs(z, allowing)
		if !allowed {
			continue
		}
		for _, t := range properties(z)[0].include {
			if by := l.blockerOf(placeOf(t.text)); by != "" {
				l.warn(t.at, t.text, "allowed-country-blocked", "%s, but %s denies every address there; remove it from one of the two", as, by)
			}
		}
	}
	if l.Config.SailPoint == nil || !l.Config.SailPoint.Allowlist {
		return
	}
	for _, t := range l.countries() {
		if by := l.blockerOf(placeOf(t.text)); by != "" { // the list itself trusts it
			l.warn(t.at, t.text, "allowed-country-blocked", "SailPoint's allow list trusts this country, but %s denies every address there; remove it from one of the two", by)
		}
	}
}

func placeOf(text string) zone.Place {
	country, _, found := strings.Cut(text, "-")
	if !found {
		return zone.Place{Country: country}
	}
	return zone.Place{Country: country, Region: text}
}

// blockerOf names what denies every address of a place, or is empty.
func (l *linter) blockerOf(place zone.Place) string {
	for i := range l.zones {
		z := l.zones[i]
		if z.Blocks() && l.blocksAll(z, place) {
			return "blocklist zone " + quote(z.Name)
		}
	}
	config, profile := l.Config.SailPoint, l.Config.AuthProfile
	if config == nil || len(config.Geolocation) == 0 {
		return ""
	}
	switch _, enforced := config.Enforced(profile); {
	case !enforced || config.Trusts(place.Country):
		return ""
	case config.Allowlist:
		return "SailPoint's allow list, which lacks it,"
	default:
		return "SailPoint's block list"
	}
}

// blocksAll says that a blocklist zone asks for nothing but a location and that
// the place is one (docs/semantics.md, dynamic-2, dynamic-5 and dynamic-13).
func (l *linter) blocksAll(z *zone.Zone, place zone.Place) bool {
	if z.ASNs.Defined() || z.Categories.Defined() || z.Proxy != zone.ProxyUnset || !z.Locations.Defined() {
		return false
	}
	for _, excluded := range zone.ValuesOf(z.Locations.Exclude) {
		if excluded.Country == place.Country && (excluded.Region == "" || place.Region == "" || l.overlap(excluded.Region, place.Region)) {
			return false
		}
	}
	if len(z.Locations.Include) == 0 {
		return true
	}
	return slices.ContainsFunc(zone.ValuesOf(z.Locations.Include), func(included zone.Place) bool {
		return included.Country == place.Country && (included.Region == "" || included.Region == place.Region)
	})
}

// overlap says that some address is in both regions, since one may lie in the
// other; without geo data nobody knows.
func (l *linter) overlap(a, b string) bool {
	if a == b || l.Config.Geo == nil {
		return true
	}
	for id := range l.Config.Geo.Locations() {
		inA, inB := false, false
		for code := range l.Config.Geo.Location(uint32(id)).Regions.All() {
			inA, inB = inA || code == a, inB || code == b
		}
		if inA && inB {
			return true
		}
	}
	return false
}
