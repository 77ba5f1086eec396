package oracle

import (
	"fmt"
	"slices"
	"strings"

	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/zone"
)

// dynamic evaluates a dynamic zone for one location, property by property. Where
// nobody can say, it names the data that are unknown.
// See docs/semantics.md, dynamic-2, dynamic-3 and order-7.
func (r *request) dynamic(z *zone.Zone, at geo.Location) (Grade, string, geo.Field) {
	whole, unknown := Match, geo.Field(0)
	var whys []string
	add := func(g Grade, property string, value func(geo.Location) string, datum geo.Field) {
		whole = min(whole, g)
		if g == Unknown {
			unknown |= datum
		}
		if !r.quiet {
			whys = append(whys, property+" "+value(at)+": "+g.String())
		}
	}
	if len(z.Locations.Include) > 0 || len(z.Locations.Exclude) > 0 {
		add(includeExclude(z.Locations.Include, z.Locations.Exclude, func(want zone.Place) Grade { return r.gradePlace(want, at) }),
			"location", placeText, unplaced(at))
	}
	if len(z.ASNs.Include) > 0 || len(z.ASNs.Exclude) > 0 {
		g := Unknown
		if at.ASNKnown {
			included := len(z.ASNs.Include) == 0 || listed(z.ASNs.Include, at.ASN)
			g = gradeOf(included && !listed(z.ASNs.Exclude, at.ASN))
		}
		add(g, "ASN", asnText, geo.ASN)
	}
	if z.Proxy != zone.ProxyUnset {
		add(gradeProxy(z.Proxy, at), "anonymizer", anonymizerText, geo.AnonymizerField)
	}
	if len(z.Categories.Include) > 0 || len(z.Categories.Exclude) > 0 {
		add(gradeCategories(z, at.Services), "IP services", servicesText, geo.ServicesField)
	}
	if whole != Unknown {
		unknown = 0
	}
	return whole, strings.Join(whys, "; "), unknown
}

// unplaced is what a place lacks that cannot be told: its country, or a region of it.
func unplaced(at geo.Location) geo.Field {
	if at.Country != "" {
		return geo.Region
	}
	return geo.Country
}

func listed[T comparable](list []zone.Term[T], value T) bool {
	return slices.ContainsFunc(list, func(t zone.Term[T]) bool { return t.Value == value })
}

// includeExclude: in one of the included, or in any where none is, and in none of
// the excluded.
// See docs/semantics.md, dynamic-5.
func includeExclude[T any](include, exclude []zone.Term[T], test func(T) Grade) Grade {
	in := Match
	if len(include) > 0 {
		in = No
	}
	for _, want := range include {
		in = max(in, test(want.Value))
	}
	out := No
	for _, want := range exclude {
		out = max(out, test(want.Value))
	}
	return min(in, out.not())
}

// gradePlace takes every address and every code as the sources give it. Of a code
// that none of them uses anywhere, nobody can say that an address is outside.
// See docs/semantics.md, dynamic-8, dynamic-9, dynamic-12 and dynamic-13.
func (o *Oracle) gradePlace(want zone.Place, at geo.Location) Grade {
	if at.Country == "" {
		return Unknown
	}
	if at.Country != want.Country {
		return No
	}
	if want.Region == "" {
		return Match
	}
	for code := range at.Regions.All() {
		if code == want.Region {
			return Match
		}
	}
	if at.Regions.Known() && slices.Contains(o.regions, want.Region) {
		return No
	}
	return Unknown
}

// gradeProxy says whether an anonymizer is of the type that is wanted. What may be
// Tor besides may be Tor first of all.
// See docs/semantics.md, dynamic-4 and dynamic-14.
func gradeProxy(want zone.ProxyType, at geo.Location) Grade {
	tor, other := No, No
	switch at.Anonymizer {
	case geo.Tor:
		tor = Match
	case geo.Anonymous:
		other = Match
		if at.AnonymizerSorts&geo.TorSort == 0 {
			tor = Unknown
		}
	case geo.AnonymizerUnknown:
		if at.AnonymizerSorts&geo.TorSort == 0 {
			tor = Unknown
		}
		if at.AnonymizerSorts|geo.TorSort != geo.AllSorts {
			other = Unknown
		}
	case geo.AnonymizerNone:
	}
	switch want {
	case zone.TorAnonymizer:
		return tor
	case zone.NotTorAnonymizer:
		return min(other, tor.not())
	case zone.AnyAnonymizer:
		return max(tor, other)
	case zone.ProxyUnset:
		return Match
	default:
		return Unknown // no kind that anybody knows
	}
}

// gradeCategories goes service by service. A POLICY zone wants no excluded
// service at all; a blocklist is content with one included service that is not
// excluded. What no source looks for may be there.
// See docs/semantics.md, dynamic-6, dynamic-7, dynamic-14 and dynamic-15.
func gradeCategories(z *zone.Zone, services geo.Services) Grade {
	anyIn, anyOut, anyLeft := No, No, No
	see := func(there Grade, of func(category string) Grade) {
		in := No
		if len(z.Categories.Include) == 0 { // only exclude: all services except
			in = of("ALL_IP_SERVICES")
		}
		for _, category := range z.Categories.Include {
			in = max(in, of(strings.ToUpper(category.Value)))
		}
		out := No
		for _, category := range z.Categories.Exclude {
			out = max(out, of(strings.ToUpper(category.Value)))
		}
		anyIn, anyOut = max(anyIn, min(there, in)), max(anyOut, min(there, out))
		anyLeft = max(anyLeft, min(there, in, out.not()))
	}
	for service := range services.All() {
		see(Match, func(category string) Grade { return gradeCategory(category, service) })
	}
	for _, sort := range []geo.Sorts{geo.TorSort, geo.VPNSort, geo.PublicProxySort, geo.ResidentialProxySort} {
		if services.Sorts()&sort == 0 {
			see(Unknown, func(category string) Grade { return gradeUnseen(category, sort, services) })
		}
	}
	see(Unknown, gradeUnheardOf)
	if z.Blocklist {
		return anyLeft
	}
	return min(anyIn, anyOut.not())
}

// gradeUnseen says whether a service of a sort would be of a category, if there
// were one that no source looks for.
// See docs/semantics.md, dynamic-14.
func gradeUnseen(category string, sort geo.Sorts, services geo.Services) Grade {
	tor := sort == geo.TorSort
	switch category {
	case "ANONYMIZER_TOR":
		return gradeOf(tor)
	case "ALL_PROXIES_VPNS", "ALL_ANONYMIZERS_EXCEPT_TOR":
		return gradeOf(!tor)
	}
	if strings.HasPrefix(category, "ALL_") {
		return Match
	}
	vpn, proxy, torName := strings.HasSuffix(category, "_VPN"), strings.HasSuffix(category, "_PROXY"), strings.HasSuffix(category, "_TOR")
	if vpn && sort != geo.VPNSort || proxy && (tor || sort == geo.VPNSort) || torName && !tor {
		return No
	}
	if services.TellsOf(category) {
		return No
	}
	return Unknown
}

// gradeUnheardOf says whether a service of no sort that we know is of a category:
// of an aggregate that we do not know either, perhaps.
// See docs/semantics.md, dynamic-10.
func gradeUnheardOf(category string) Grade {
	rest, aggregate := strings.CutPrefix(category, "ALL_")
	known := rest == "IP_SERVICES" || rest == "PROXIES_VPNS" || rest == "ANONYMIZERS" || rest == "ANONYMIZERS_EXCEPT_TOR"
	if aggregate && !known {
		return Unknown
	}
	return No
}

// gradeCategory says whether a service is of a category, in upper case.
// See docs/semantics.md, dynamic-10 and dynamic-11.
func gradeCategory(category string, service geo.Service) Grade {
	isTor := service.Type == geo.TorService
	if rest, aggregate := strings.CutPrefix(category, "ALL_"); aggregate {
		switch rest {
		case "IP_SERVICES":
			return Match
		case "PROXIES_VPNS":
			return gradeOf(!isTor)
		case "ANONYMIZERS":
			return gradeOf(isTor || service.Anonymous)
		case "ANONYMIZERS_EXCEPT_TOR":
			return gradeOf(service.Anonymous && !isTor)
		}
		return Unknown
	}
	if category == "ANONYMIZER_TOR" {
		return gradeOf(isTor)
	}
	if !service.Unnamed() {
		return gradeOf(service.Is(category))
	}
	mayBe := true
	if strings.HasSuffix(category, "_VPN") {
		mayBe = service.Type == geo.VPN
	} else if strings.HasSuffix(category, "_PROXY") {
		mayBe = service.Type == geo.Proxy
	}
	if mayBe {
		return Unknown
	}
	return No
}

func placeText(at geo.Location) string {
	switch {
	case at.Country == "":
		return "unknown"
	case at.Regions.Known():
		return at.Regions.String()
	default:
		return at.Country
	}
}

func asnText(at geo.Location) string {
	if !at.ASNKnown {
		return "unknown"
	}
	return fmt.Sprint(at.ASN)
}

func anonymizerText(at geo.Location) string { return at.Anonymizer.String() }

func servicesText(at geo.Location) string {
	s := at.Services
	if !s.Known() {
		return "unknown"
	}
	var names []string
	for service := range s.All() {
		names = append(names, service.String())
	}
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}
