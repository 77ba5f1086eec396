package oracle

import (
	"fmt"
	"slices"
	"strings"

	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/zone"
)

// dynamic evaluates a dynamic zone for one location, property by property.
// See docs/semantics.md, dynamic-2 and dynamic-3.
func (r *request) dynamic(z *zone.Zone, at geo.Location) (Grade, string) {
	whole := Match
	var whys []string
	add := func(g Grade, property string, value func(geo.Location) string) {
		whole = min(whole, g)
		if !r.quiet {
			whys = append(whys, property+" "+value(at)+": "+g.String())
		}
	}
	if len(z.Locations.Include) > 0 || len(z.Locations.Exclude) > 0 {
		add(includeExclude(z.Locations.Include, z.Locations.Exclude, func(want zone.Place) Grade { return r.gradePlace(want, at) }),
			"location", placeText)
	}
	if len(z.ASNs.Include) > 0 || len(z.ASNs.Exclude) > 0 {
		g := Unknown
		if at.ASNKnown {
			included := len(z.ASNs.Include) == 0 || listed(z.ASNs.Include, at.ASN)
			g = gradeOf(included && !listed(z.ASNs.Exclude, at.ASN))
		}
		add(g, "ASN", asnText)
	}
	if z.Proxy != zone.ProxyUnset {
		add(gradeProxy(z.Proxy, at.Anonymizer), "anonymizer", anonymizerText)
	}
	if len(z.Categories.Include) > 0 || len(z.Categories.Exclude) > 0 {
		add(gradeCategories(z, at.Services), "IP services", servicesText)
	}
	return whole, strings.Join(whys, "; ")
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

// gradeProxy says whether an anonymizer is of the type that is wanted.
// See docs/semantics.md, dynamic-4.
func gradeProxy(want zone.ProxyType, have geo.Anonymizer) Grade {
	if have == geo.AnonymizerUnknown {
		return Unknown
	}
	tor, other := have == geo.Tor, have == geo.Anonymous
	switch want {
	case zone.TorAnonymizer:
		return gradeOf(tor)
	case zone.NotTorAnonymizer:
		return gradeOf(other)
	case zone.AnyAnonymizer:
		return gradeOf(tor || other)
	case zone.ProxyUnset:
		return Match
	default:
		return Unknown // no kind that anybody knows
	}
}

// gradeCategories goes service by service. A POLICY zone wants no excluded
// service at all; a blocklist is content with one included service that is not
// excluded.
// See docs/semantics.md, dynamic-6 and dynamic-7.
func gradeCategories(z *zone.Zone, services geo.Services) Grade {
	if !services.Known() {
		return Unknown
	}
	anyIn, anyOut, anyLeft := No, No, No
	for service := range services.All() {
		in := gradeOf(len(z.Categories.Include) == 0) // only exclude: all services except
		for _, category := range z.Categories.Include {
			in = max(in, gradeCategory(category.Value, service))
		}
		out := No
		for _, category := range z.Categories.Exclude {
			out = max(out, gradeCategory(category.Value, service))
		}
		anyIn, anyOut = max(anyIn, in), max(anyOut, out)
		anyLeft = max(anyLeft, min(in, out.not()))
	}
	if z.Blocklist {
		return anyLeft
	}
	return min(anyIn, anyOut.not())
}

// gradeCategory says whether a service is of a category.
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
