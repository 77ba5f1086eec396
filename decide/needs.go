package decide

import (
	"slices"
	"strings"

	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/zone"
)

// need is a datum that a zone asks for, in words.
type need struct {
	field geo.Field
	what  string
}

// checkData refuses ACTIVE zones that ask for a datum that no source provides:
// they would be unknown for every address, which is never what was meant. It
// warns of operators that no source can name.
// See docs/semantics.md, policy-2.
func (c *compiler) checkData() {
	provided := c.config.Geo.Provides()
	for i := range c.p.zones {
		spec := c.specs[i]
		if c.p.zones[i].kind != dynamicZone {
			continue
		}
		for _, n := range needsOf(spec) {
			if provided&n.field == 0 {
				c.fail(spec.Position, spec.Name, "no-data",
					"zone %q needs the %s of an address: %w; add a database or an overlay that has it", spec.Name, n.what, ErrNoData)
			}
		}
	}
	c.warnAboutRegions()
	c.warnAboutOperators()
	c.warnings = append(c.warnings, c.config.Geo.Warnings()...)
}

func needsOf(z *zone.Zone) []need {
	var needs []need
	if z.Locations.Defined() {
		needs = append(needs, need{geo.Country, "country"})
		region := func(p zone.Term[zone.Place]) bool { return p.Value.Region != "" }
		if slices.ContainsFunc(z.Locations.Include, region) || slices.ContainsFunc(z.Locations.Exclude, region) {
			needs = append(needs, need{geo.Region, "region"})
		}
	}
	if z.ASNs.Defined() {
		needs = append(needs, need{geo.ASN, "ASN"})
	}
	if z.Proxy != zone.ProxyUnset {
		needs = append(needs, need{geo.AnonymizerField, "anonymizer (proxyType)"})
	}
	if z.Categories.Defined() {
		needs = append(needs, need{geo.ServicesField, "IP services (ipServiceCategories)"})
	}
	return needs
}

// warnAboutRegions names the regions that no source knows by that code: such a
// zone can match no address for sure.
// See docs/semantics.md, dynamic-13.
func (c *compiler) warnAboutRegions() {
	if !c.config.Geo.Provides().Has(geo.Region) {
		return // an error where a zone asks for one
	}
	all := c.config.Geo.Regions()
	c.stated = newStatedRegions(all)
	for i := range c.p.zones {
		spec := c.specs[i]
		if c.p.zones[i].kind != dynamicZone {
			continue
		}
		for _, term := range slices.Concat(spec.Locations.Include, spec.Locations.Exclude) {
			if place := term.Value; place.Region != "" && !c.stated[place.Region] {
				c.warn(term.Position, place.Region, "absent-region",
					"no geo source has a region of this code, so that for addresses in %s zone %q is unknown, which denies wherever it matters; %s",
					place.Country, spec.Name, regionsOf(place.Country, all))
			}
		}
	}
}

// regionsOf says which regions of a country there are among all codes in order.
func regionsOf(country string, all []string) string {
	first, _ := slices.BinarySearch(all, country+"-")
	last, _ := slices.BinarySearch(all, country+".") // "." comes behind "-"
	codes := all[first:last]
	const few = 8
	switch {
	case len(codes) == 0:
		return "no source has any region of it"
	case len(codes) > few:
		return "its regions there are " + strings.Join(codes[:few], ", ") + " and others"
	default:
		return "its regions there are " + strings.Join(codes, ", ")
	}
}

// warnAboutOperators names the categories that stand for one operator which
// appears in no source: such a zone can match no address for sure.
// See docs/semantics.md, dynamic-11.
func (c *compiler) warnAboutOperators() {
	var named []geo.Service // worked out for the first category that needs it
	for i := range c.p.zones {
		spec := c.specs[i]
		if c.p.zones[i].kind != dynamicZone {
			continue
		}
		for _, category := range zone.ValuesOf(slices.Concat(spec.Categories.Include, spec.Categories.Exclude)) {
			if strings.HasPrefix(category, aggregatePrefix) || category == anonymizerTor {
				continue
			}
			if named == nil {
				named = namedServices(c.config.Geo)
			}
			if !slices.ContainsFunc(named, func(s geo.Service) bool { return s.Is(category) }) {
				c.warn(spec.Position, category, "unnamed-operator",
					"zone %q names an operator that no geo source names; addresses of unnamed services of its type are unknown to it", spec.Name)
			}
		}
	}
}

// namedServices are the services of known operators anywhere in a table.
func namedServices(table *geo.Table) []geo.Service {
	named := []geo.Service{}
	seen := map[geo.Services]bool{}
	for id := range table.Locations() {
		services := table.Location(uint32(id)).Services
		if seen[services] {
			continue
		}
		seen[services] = true
		for s := range services.All() {
			if !s.Unnamed() && !slices.Contains(named, s) {
				named = append(named, s)
			}
		}
	}
	return named
}
