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

// proxyHolds: a proxy that hides nobody is no anonymizer. Tor wins over what else
// the address hides behind, so that what may be Tor may not be NotTorAnonymizer.
// See docs/semantics.md, dynamic-4 and dynamic-14.
func proxyHolds(want zone.ProxyType, of anonymity) truth {
	tor := truth{surely: of.anonymizer == geo.Tor, possibly: of.anonymizer == geo.Tor || !of.told.Has(geo.TorSort)}
	other := truth{
		surely:   of.anonymizer == geo.Anonymous,
		possibly: of.anonymizer == geo.Anonymous || !of.told.Has(geo.AllSorts&^geo.TorSort),
	}
	switch want {
	case zone.AnyAnonymizer:
		return tor.or(other)
	case zone.TorAnonymizer:
		return tor
	case zone.NotTorAnonymizer:
		return other.and(tor.not())
	case zone.ProxyUnset:
	}
	return isTrue
}

// proxyCovers are the sorts of anonymizers that a proxy type may hold.
// See docs/semantics.md, dynamic-14.
func proxyCovers(want zone.ProxyType) geo.Sorts {
	switch want {
	case zone.AnyAnonymizer:
		return geo.AllSorts
	case zone.TorAnonymizer:
		return geo.TorSort
	case zone.NotTorAnonymizer:
		return geo.AllSorts &^ geo.TorSort
	case zone.ProxyUnset:
	}
	return 0
}

// anonymity is an anonymizer and the sorts that it is known by, those that the
// policy assumes included.
type anonymity struct {
	anonymizer geo.Anonymizer
	told       geo.Sorts
}

// categoriesHold: exclude without include means "all IP services except", so an
// address without any service is outside. An address with several services, one
// of them excluded, is in a blocklist if another one is included, and in a
// POLICY zone not at all. Of a sort that is not told, there may be any service
// besides those that are known.
// See docs/semantics.md, dynamic-6, dynamic-7, dynamic-14 and dynamic-15.
func categoriesHold(terms zone.Terms[string], services geo.Services, assumed geo.Sorts, blocklist bool) truth {
	if !terms.Defined() {
		return isTrue
	}
	include := terms.Include
	if len(include) == 0 {
		include = zone.TermsOf(allIPServices)
	}
	included, remaining, excluded := isFalse, isFalse, isFalse
	add := func(present, in, out truth) {
		included = included.or(present.and(in))
		excluded = excluded.or(present.and(out))
		remaining = remaining.or(present.and(in).and(out.not()))
	}
	for s := range services.All() {
		holds := func(category string) truth { return inCategory(s, category) }
		add(isTrue, inCategories(include, holds), inCategories(terms.Exclude, holds))
	}
	untold := geo.AllSorts &^ (services.Sorts() | assumed)
	for sort := geo.Sorts(1); geo.AllSorts.Has(sort); sort <<= 1 {
		if untold.Has(sort) {
			holds := func(category string) truth { return untoldInCategory(sort, services, category) }
			add(isUnknown, inCategories(include, holds), inCategories(terms.Exclude, holds))
		}
	}
	add(isUnknown, inCategories(include, isNewAggregate), inCategories(terms.Exclude, isNewAggregate))
	if blocklist {
		return remaining
	}
	return included.and(excluded.not())
}

func inCategories(categories []zone.Term[string], holds func(category string) truth) truth {
	held := isFalse
	for i := range categories {
		held = held.or(holds(strings.ToUpper(categories[i].Value)))
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
	torEnding               = "_TOR"
)

// covers are the sorts of services that a category, in upper case, may hold.
// See docs/semantics.md, dynamic-14.
func covers(category string) geo.Sorts {
	switch {
	case category == allProxiesVPNs, category == allAnonymizersExceptTor:
		return geo.AllSorts &^ geo.TorSort
	case strings.HasPrefix(category, aggregatePrefix):
		return geo.AllSorts
	case strings.HasSuffix(category, torEnding): // ANONYMIZER_TOR
		return geo.TorSort
	case strings.HasSuffix(category, vpnEnding):
		return geo.VPNSort
	case strings.HasSuffix(category, proxyEnding):
		return geo.ProxySorts
	default:
		return geo.AllSorts
	}
}

// namesOperator says that a category is one operator's.
func namesOperator(category string) bool {
	return category != anonymizerTor && !strings.HasPrefix(category, aggregatePrefix)
}

// untoldInCategory says whether a service that no source would tell of, if there
// is one of the sort at an address, is of a category.
// See docs/semantics.md, dynamic-14.
func untoldInCategory(sort geo.Sorts, services geo.Services, category string) truth {
	switch {
	case !covers(category).Has(sort):
		return isFalse
	case !namesOperator(category):
		return isTrue
	case services.TellsOf(category):
		return isFalse // its list would hold the address
	default:
		return isUnknown
	}
}

// isNewAggregate says that a category is an aggregate that Okta added later: it
// may hold services of a kind that no source looks for.
// See docs/semantics.md, dynamic-10.
func isNewAggregate(category string) truth {
	switch category {
	case allIPServices, allProxiesVPNs, allAnonymizers, allAnonymizersExceptTor:
		return isFalse
	}
	return truth{possibly: strings.HasPrefix(category, aggregatePrefix)}
}

// inCategory says whether a service is of a category, which is upper case.
// See docs/semantics.md, dynamic-10 and dynamic-11.
func inCategory(s geo.Service, category string) truth {
	tor := s.Type == geo.TorService
	switch category {
	case allIPServices:
		return isTrue
	case allProxiesVPNs:
		return truthOf(!tor)
	case allAnonymizers:
		return truthOf(tor || s.Anonymous) // corrections may call Tor plain
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
