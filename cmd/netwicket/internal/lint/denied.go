package lint

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"go4.org/netipx"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/gate"
	"github.com/netwicket/netwicket/zone"
)

// probe is a network of which it is asked whether any address is allowed.
type probe struct {
	allowedNetwork
	allowed bool
	reasons decide.Reasons  // of the denials
	by      *decide.ZoneRef // the blocklist zone, where that is the only reason
}

// deniedNetworks finds networks that documents list as allowed and of which the
// policy denies every address, and policies that deny everything.
func (l *linter) deniedNetworks() {
	probes := l.probes()
	anyAllowed, reasons := l.fill(probes)
	if !anyAllowed && !l.has("no-allow-rule", "empty-allow-list", "network-undefined", "zone-matches-everything") {
		l.deniesEverybody(reasons)
	}
	said := make(map[zone.Position]bool)
	for _, f := range l.found {
		if f.Code == "allowed-network-blocked" {
			said[zone.Position{File: f.File, Line: f.Line, Column: f.Column, Path: f.Path}] = true
		}
	}
	for i := range probes {
		if p := &probes[i]; !p.allowed && anyAllowed && !said[p.entry.Position] {
			l.denied(p)
		}
	}
}

func (l *linter) deniesEverybody(reasons decide.Reasons) {
	advice := "netwicket explain ADDRESS shows what denies one that ought to be"
	if reasons.Has(decide.GeoUnavailable) {
		advice = "SailPoint's lists ask for the country, which no geo source provides: add a database that does"
	}
	var names []string
	for reason := range reasons.All() {
		names = append(names, reason.String())
	}
	l.warn(zone.Position{File: l.Name}, "", "denies-everybody", "no address at all is allowed in a request of one hop (%s); %s", strings.Join(names, ", "), advice)
}

// has says whether the linter or the compiler found something of these codes.
func (l *linter) has(codes ...string) bool {
	return slices.ContainsFunc(slices.Concat(l.found, l.Policy.Info().Warnings), func(f *decide.Finding) bool {
		return slices.Contains(codes, f.Code)
	})
}

// probes are the networks to ask about, by first address: those that are
// allowed and, for the country lists of rules, those of all POLICY zones.
func (l *linter) probes() []probe {
	var probes []probe
	for network := range l.allowedNetworks() {
		probes = append(probes, probe{allowedNetwork: network})
	}
	for i := range l.zones {
		z := l.zones[i]
		if !z.Walked() || z.Exempt {
			continue
		}
		for g := range z.Gateways {
			probes = append(probes, probe{allowedNetwork: allowedNetwork{entry: &z.Gateways[g]}})
		}
	}
	slices.SortStableFunc(probes, func(a, b probe) int { return a.entry.Range.From().Compare(b.entry.Range.From()) })
	return probes
}

// fill goes through the policy's ranges once, keeping the probes that the
// present range touches.
func (l *linter) fill(probes []probe) (anyAllowed bool, reasons decide.Reasons) {
	var open []*probe
	next := 0
	for r, d := range l.Policy.Ranges() {
		anyAllowed = anyAllowed || d.Allowed()
		reasons |= d.Reasons
		for ; next < len(probes) && probes[next].entry.Range.From().Compare(r.To()) <= 0; next++ {
			open = append(open, &probes[next])
		}
		open = slices.DeleteFunc(open, func(p *probe) bool {
			if d.Allowed() {
				p.allowed = true
				return true
			}
			p.reasons |= d.Reasons
			p.by = d.Zone
			return p.entry.Range.To().Compare(r.To()) <= 0
		})
	}
	return anyAllowed, reasons
}

// denied says what denies a network, with what to do about it. That it is the
// network does not excuse it from the check of the country (docs/semantics.md,
// sailpoint-6).
func (l *linter) denied(p *probe) {
	without := l.Config.Geo.Lookup(p.entry.Range.From()).Country == "" && private(p.entry.Range)
	only := func(reason decide.Reason) bool {
		return p.reasons == decide.Reasons(1<<reason)
	}
	switch {
	case p.as == "":
		if without && (only(decide.NoRule) || only(decide.RuleMatched)) {
			l.privateUnderRules(p)
		}
	case only(decide.GeoUnknown) && without:
		l.warn(p.entry.Position, p.entry.Text, "network-without-country", "%s, but private addresses are in no country and SailPoint's country check denies them; "+
			"give them one in CSV corrections among the geo sources, such as the line %s,DE,,,,", p.as, p.entry.Range)
	case only(decide.GeoUnknown):
		l.warn(p.entry.Position, p.entry.Text, "allowed-network-denied", "%s, but the geo data knows no country of any address in it and SailPoint's country check denies them; "+
			"being on the network does not excuse from it: give the network a country in CSV corrections among the geo sources", p.as)
	case only(decide.UntrustedGeography):
		l.warn(p.entry.Position, p.entry.Text, "allowed-network-denied", "%s, but it lies in a country that SailPoint's list does not trust (%s), and being on the network does not excuse from that; "+
			"trust the country, or correct it in CSV corrections among the geo sources", p.as, l.Config.Geo.Lookup(p.entry.Range.From()).Country)
	case only(decide.Blocklisted):
		l.warn(p.entry.Position, p.entry.Text, "allowed-network-denied", "%s, but blocklist zone %q denies every address in it; list it in the exempt zone, or narrow the blocklist", p.as, p.by.Name)
	case only(decide.Threat):
		l.warn(p.entry.Position, p.entry.Text, "allowed-network-denied", "%s, but a threat feed lists every address in it; name its zone in excludeZones, or correct the feed", p.as)
	}
}

// privateUnderRules is about private clients where rules allow countries only.
func (l *linter) privateUnderRules(p *probe) {
	for s := range l.ruleSets {
		set := &l.ruleSets[s]
		if l.countriesOnly(set) {
			l.warn(p.entry.Position, p.entry.Text, "network-without-country", "private addresses are in no country, and every ALLOW rule of %s asks for one, so that these are denied; "+
				"add an ALLOW rule that includes this zone, or give them a country in CSV corrections among the geo sources, such as the line %s,DE,,,,", set.file, p.entry.Range)
			return
		}
	}
}

// countriesOnly says that the file allows nobody but by zones of countries.
func (l *linter) countriesOnly(set *ruleSet) bool {
	for i := range set.rules {
		rule := &set.rules[i]
		if !rule.Allow || !rule.CanApply() {
			continue
		}
		if rule.kind == always || rule.exclude {
			return false
		}
		for _, key := range rule.zones {
			if z := l.byID[key]; z == nil || len(z.Locations.Include) == 0 {
				return false
			}
		}
	}
	return true
}

// private says that a network shares addresses with those that no database
// places anywhere: private, shared, loopback and link-local ones
// (docs/semantics.md, dynamic-9).
func private(network netipx.IPRange) bool {
	_, found := privateBlock(network)
	return found
}

// privateBlock is the block of such addresses that a network shares some with.
func privateBlock(network netipx.IPRange) (block netip.Prefix, found bool) {
	for _, text := range []string{
		"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", // RFC 1918
		"100.64.0.0/10",                                         // RFC 6598
		"127.0.0.0/8", "169.254.0.0/16", "::1/128", "fe80::/10", // RFC 6890
		"fc00::/7", // RFC 4193
	} {
		block = netip.MustParsePrefix(text)
		if netipx.RangeOfPrefix(block).Overlaps(network) {
			return block, true
		}
	}
	return netip.Prefix{}, false
}

// WithoutCountry says why a client of unknown country has none, and which row of
// corrections mends that, if the reason is that no database places its address
// anywhere; otherwise it is empty. See docs/lints.md, network-without-country.
func WithoutCountry(client netip.Addr) string {
	block, found := privateBlock(netipx.IPRangeFrom(client, client)) // of no address there is none
	if !found {
		return ""
	}
	return fmt.Sprintf("private addresses (%s) are in no country; give them one in CSV corrections among the geo sources, such as the line %s,DE,,,,", block, block)
}

// guard finds addresses of the service's guard list that the policy denies, as the
// edge resolves them.
func (l *linter) guard() {
	answer := l.Edge.DecideNamed(l.Policy)
	for _, addr := range l.Guard {
		switch d, err := answer(addr); {
		case errors.Is(err, gate.ErrAllTrusted):
			l.warn(zone.Position{File: l.Name}, addr.String(), "guard-denied", "the address is in serve.guard and inside edge.trusted, where it is taken for one of our proxies and never for a client, so that a running service refuses to load this policy; trust the proxies' own addresses alone, or take it off the guard list")
		case !d.Allowed():
			l.warn(zone.Position{File: l.Name}, addr.String(), "guard-denied", "the address is in serve.guard and the policy denies it (%s), so that a running service refuses to load this policy; allow the address, or take it off the guard list", d.Reason)
		}
	}
}
