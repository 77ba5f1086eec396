package decide

import (
	"fmt"
	"slices"
	"strings"

	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/zone"
)

// grade orders the three truth values so that AND is the least and OR the
// greatest of them, and NOT turns the scale round.
type grade int

const (
	gradeNo grade = iota
	gradeUnknown
	gradeMatch
)

func (g grade) state() State { return [...]State{No, Unknown, Match}[g] }

func gradeOf(b bool) grade {
	if b {
		return gradeMatch
	}
	return gradeNo
}

// dynamic evaluates a dynamic zone for one location, property by property.
func (n *naiveRequest) dynamic(z *zone.Zone, at geo.Location) (State, string) {
	whole := gradeMatch
	var whys []string
	add := func(g grade, property string, value func(geo.Location) string) {
		whole = min(whole, g)
		if !n.quiet {
			whys = append(whys, property+" "+value(at)+": "+g.state().String())
		}
	}
	if len(z.Locations.Include) > 0 || len(z.Locations.Exclude) > 0 {
		add(includeExclude(z.Locations.Include, z.Locations.Exclude, func(want zone.Place) grade { return gradePlace(want, at) }),
			"location", placeText)
	}
	if len(z.ASNs.Include) > 0 || len(z.ASNs.Exclude) > 0 {
		g := gradeUnknown
		if at.ASNKnown {
			included := len(z.ASNs.Include) == 0 || slices.Contains(z.ASNs.Include, at.ASN)
			g = gradeOf(included && !slices.Contains(z.ASNs.Exclude, at.ASN))
		}
		add(g, "ASN", asnText)
	}
	if z.Proxy != zone.ProxyUnset {
		add(gradeProxy(z.Proxy, at.Anonymizer), "anonymizer", anonymizerText)
	}
	if len(z.Categories.Include) > 0 || len(z.Categories.Exclude) > 0 {
		add(gradeCategories(z, at.Services), "IP services", servicesText)
	}
	return whole.state(), strings.Join(whys, "; ")
}

func includeExclude[T any](include, exclude []T, test func(T) grade) grade {
	in := gradeMatch
	if len(include) > 0 {
		in = gradeNo
	}
	for _, want := range include {
		in = max(in, test(want))
	}
	out := gradeNo
	for _, want := range exclude {
		out = max(out, test(want))
	}
	return min(in, gradeMatch-out)
}

func gradePlace(want zone.Place, at geo.Location) grade {
	if at.Country == "" {
		return gradeUnknown
	}
	if at.Country != want.Country {
		return gradeNo
	}
	if want.Region == "" || want.Region == at.Region {
		return gradeMatch
	}
	if at.Region == "" {
		return gradeUnknown
	}
	return gradeNo
}

func gradeProxy(want zone.ProxyType, have geo.Anonymizer) grade {
	if have == geo.AnonymizerUnknown {
		return gradeUnknown
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
		return gradeMatch
	default:
		return gradeUnknown // no kind that anybody knows
	}
}

// gradeCategories goes service by service. A POLICY zone wants no excluded
// service at all; a blocklist is content with one included service that is not
// excluded.
func gradeCategories(z *zone.Zone, services geo.Services) grade {
	if !services.Known() {
		return gradeUnknown
	}
	anyIn, anyOut, anyLeft := gradeNo, gradeNo, gradeNo
	for service := range services.All() {
		in := gradeOf(len(z.Categories.Include) == 0) // only exclude: all services except
		for _, category := range z.Categories.Include {
			in = max(in, gradeCategory(category, service))
		}
		out := gradeNo
		for _, category := range z.Categories.Exclude {
			out = max(out, gradeCategory(category, service))
		}
		anyIn, anyOut = max(anyIn, in), max(anyOut, out)
		anyLeft = max(anyLeft, min(in, gradeMatch-out))
	}
	if z.Blocklist {
		return anyLeft
	}
	return min(anyIn, gradeMatch-anyOut)
}

func gradeCategory(category string, service geo.Service) grade {
	isTor := service.Type == geo.TorService
	if rest, aggregate := strings.CutPrefix(category, "ALL_"); aggregate {
		switch rest {
		case "IP_SERVICES":
			return gradeMatch
		case "PROXIES_VPNS":
			return gradeOf(!isTor)
		case "ANONYMIZERS":
			return gradeOf(isTor || service.Anonymous)
		case "ANONYMIZERS_EXCEPT_TOR":
			return gradeOf(service.Anonymous && !isTor)
		}
		return gradeUnknown
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
		return gradeUnknown
	}
	return gradeNo
}

func placeText(at geo.Location) string {
	switch {
	case at.Country == "":
		return "unknown"
	case at.Region != "":
		return at.Region
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
