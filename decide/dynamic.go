package decide

import (
	"strings"

	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/zone"
)

// truth is a Kleene truth value: whether something surely holds and whether
// it possibly holds. Surely implies possibly.
// See docs/semantics.md, dynamic-8.
type truth struct{ surely, possibly bool }

var (
	isFalse   = truth{}
	isUnknown = truth{possibly: true}
	isTrue    = truth{surely: true, possibly: true}
)

func truthOf(b bool) truth { return truth{b, b} }

func (a truth) and(b truth) truth { return truth{a.surely && b.surely, a.possibly && b.possibly} }
func (a truth) or(b truth) truth  { return truth{a.surely || b.surely, a.possibly || b.possibly} }
func (a truth) not() truth        { return truth{!a.possibly, !a.surely} }

func (a truth) state() State {
	switch {
	case a.surely:
		return Match
	case a.possibly:
		return Unknown
	default:
		return No
	}
}

// The properties of a dynamic zone are joined by AND, the values inside one by
// OR; a property without values is no constraint; a missing datum is unknown.

// statedRegions are the region codes that the geo sources use at all.
type statedRegions map[string]bool

func newStatedRegions(codes []string) statedRegions {
	stated := make(statedRegions, len(codes))
	for _, code := range codes {
		stated[code] = true
	}
	return stated
}

func (s statedRegions) locationsHold(terms zone.Terms[zone.Place], at geo.Location) truth {
	return termsHold(terms, func(p zone.Place) truth { return s.placeHolds(p, at) })
}

// placeHolds knows no special addresses and no codes that stand for several
// countries. A code that no source uses may be another name of a region that they
// do use.
// See docs/semantics.md, dynamic-8, dynamic-9, dynamic-12 and dynamic-13.
func (s statedRegions) placeHolds(p zone.Place, at geo.Location) truth {
	switch {
	case at.Country == "":
		return isUnknown
	case at.Country != p.Country:
		return isFalse
	case p.Region == "":
		return isTrue
	case !at.Regions.Known() || !s[p.Region]:
		return isUnknown
	}
	for code := range at.Regions.All() {
		if code == p.Region {
			return isTrue
		}
	}
	return isFalse
}

func asnsHold(terms zone.Terms[uint32], asn uint32, known bool) truth {
	return termsHold(terms, func(want uint32) truth {
		if !known {
			return isUnknown
		}
		return truthOf(asn == want)
	})
}

// termsHold is (include empty or one of include) and none of exclude.
// See docs/semantics.md, dynamic-3 and dynamic-5.
func termsHold[T any](terms zone.Terms[T], holds func(T) truth) truth {
	included := truthOf(len(terms.Include) == 0)
	for i := range terms.Include {
		included = included.or(holds(terms.Include[i].Value))
	}
	excluded := isFalse
	for i := range terms.Exclude {
		excluded = excluded.or(holds(terms.Exclude[i].Value))
	}
	return included.and(excluded.not())
}

// proxyHolds: a proxy that hides nobody is no anonymizer.
// See docs/semantics.md, dynamic-4.
func proxyHolds(want zone.ProxyType, anonymizer geo.Anonymizer) truth {
	if want == zone.ProxyUnset {
		return isTrue
	}
	switch anonymizer {
	case geo.Tor:
		return truthOf(want == zone.AnyAnonymizer || want == zone.TorAnonymizer)
	case geo.Anonymous:
		return truthOf(want == zone.AnyAnonymizer || want == zone.NotTorAnonymizer)
	case geo.AnonymizerNone:
		return isFalse
	case geo.AnonymizerUnknown:
	}
	return isUnknown
}

// categoriesHold: exclude without include means "all IP services except", so an
// address without any service is outside. An address with several services, one
// of them excluded, is in a blocklist if another one is included, and in a
// POLICY zone not at all.
// See docs/semantics.md, dynamic-6 and dynamic-7.
func categoriesHold(terms zone.Terms[string], services geo.Services, blocklist bool) truth {
	if !terms.Defined() {
		return isTrue
	}
	if !services.Known() {
		return isUnknown
	}
	include := terms.Include
	if len(include) == 0 {
		include = zone.TermsOf(allIPServices)
	}
	included, remaining, excluded := isFalse, isFalse, isFalse
	for s := range services.All() {
		in, out := inCategories(s, include), inCategories(s, terms.Exclude)
		included = included.or(in)
		excluded = excluded.or(out)
		remaining = remaining.or(in.and(out.not()))
	}
	if blocklist {
		return remaining
	}
	return included.and(excluded.not())
}

func inCategories(s geo.Service, categories []zone.Term[string]) truth {
	held := isFalse
	for i := range categories {
		held = held.or(inCategory(s, categories[i].Value))
	}
	return held
}

// The categories that stand for many services. Okta defines none of them; the
// meanings follow its log's type and isAnonymous of a service.
const (
	allIPServices           = "ALL_IP_SERVICES"
	allProxiesVPNs          = "ALL_PROXIES_VPNS"
	allAnonymizers          = "ALL_ANONYMIZERS"
	allAnonymizersExceptTor = "ALL_ANONYMIZERS_EXCEPT_TOR"
	anonymizerTor           = "ANONYMIZER_TOR"
	aggregatePrefix         = "ALL_"
	vpnEnding, proxyEnding  = "_VPN", "_PROXY"
)

// inCategory says whether a service is of a category.
// See docs/semantics.md, dynamic-10 and dynamic-11.
func inCategory(s geo.Service, category string) truth {
	tor := s.Type == geo.TorService
	switch category {
	case allIPServices:
		return isTrue
	case allProxiesVPNs:
		return truthOf(!tor)
	case allAnonymizers:
		return truthOf(tor || s.Anonymous)
	case allAnonymizersExceptTor:
		return truthOf(!tor && s.Anonymous)
	case anonymizerTor:
		return truthOf(tor)
	}
	if strings.HasPrefix(category, aggregatePrefix) {
		return isUnknown // an aggregate that Okta added later: it may hold any service
	}
	if s.Is(category) {
		return isTrue
	}
	if !s.Unnamed() {
		return isFalse
	}
	// The database knows the type of the service but not whose it is.
	switch {
	case strings.HasSuffix(category, vpnEnding):
		return truth{possibly: s.Type == geo.VPN}
	case strings.HasSuffix(category, proxyEnding):
		return truth{possibly: s.Type == geo.Proxy}
	default:
		return isUnknown
	}
}
