package decide

import (
	"maps"
	"slices"
	"strings"

	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/zone"
)

// need is what a zone asks the geo sources for.
type need struct {
	field    geo.Field
	property string // the zone's, in words
	sorts    geo.Sorts
	operator string // the category whose own list would do instead of its sorts
}

// isMet says that a source of either family provides what is needed, or that the
// policy assumes the rest. The second result is the sorts that are missing.
func (n *need) isMet(v4, v6 geo.Provided, assumed geo.Sorts) (bool, geo.Sorts) {
	var provided geo.Sorts
	switch n.field {
	case geo.AnonymizerField:
		provided = v4.Anonymizer | v6.Anonymizer
	case geo.ServicesField:
		if n.operator != "" && (v4.TellsOf(n.operator) || v6.TellsOf(n.operator)) {
			return true, 0
		}
		provided = v4.Services | v6.Services
	case geo.Country, geo.Region, geo.ASN:
		return (v4.Fields | v6.Fields).Has(n.field), 0
	default: // no datum that a source has
		return false, 0
	}
	missing := n.sorts &^ (provided | assumed)
	return missing == 0, missing
}

// checkData refuses ACTIVE zones that ask for a datum that no source provides:
// they would be unknown for every address, which is never what was meant. It
// warns of operators that no source can name.
// See docs/semantics.md, policy-2.
func (c *compiler) checkData() {
	v4, v6 := c.config.Geo.Provided()
	for i := range c.p.zones {
		spec := c.specs[i]
		if c.p.zones[i].kind != dynamicZone {
			continue
		}
		missing := map[string]geo.Sorts{} // by property, so that each is reported once
		for _, n := range needsOf(spec) {
			if met, sorts := n.isMet(v4, v6, c.config.AssumeNone); !met {
				missing[n.property] |= sorts
			}
		}
		for _, property := range slices.Sorted(maps.Keys(missing)) {
			c.failWithoutData(spec, property, missing[property])
		}
	}
	c.warnAboutRegions()
	c.warnAboutOperators()
	c.warnAboutAssumptions()
	c.warnAboutFamilies()
	c.warnings = append(c.warnings, c.config.Geo.Warnings()...)
}

func (c *compiler) failWithoutData(spec *zone.Zone, property string, sorts geo.Sorts) {
	if sorts == 0 {
		c.fail(spec.Position, spec.Name, "no-data",
			"zone %q needs the %s of an address: %w; add a database or an overlay that has it", spec.Name, property, ErrNoData)
		return
	}
	c.fail(spec.Position, spec.Name, "no-data",
		"zone %q needs the %s of an address, of the sorts %s: %w; add a source that tells of them, or take them for none with assumeNone",
		spec.Name, property, sorts, ErrNoData)
}

// needsOf is what a zone asks for. What is excluded has to be known as well.
func needsOf(z *zone.Zone) []need {
	var needs []need
	if z.Locations.Defined() {
		needs = append(needs, need{field: geo.Country, property: "country"})
		region := func(p zone.Term[zone.Place]) bool { return p.Value.Region != "" }
		if slices.ContainsFunc(z.Locations.Include, region) || slices.ContainsFunc(z.Locations.Exclude, region) {
			needs = append(needs, need{field: geo.Region, property: "region"})
		}
	}
	if z.ASNs.Defined() {
		needs = append(needs, need{field: geo.ASN, property: "ASN"})
	}
	if sorts := proxyCovers(z.Proxy); sorts != 0 {
		needs = append(needs, need{field: geo.AnonymizerField, property: "anonymizer (proxyType)", sorts: sorts})
	}
	categories := zone.ValuesOf(slices.Concat(z.Categories.Include, z.Categories.Exclude))
	if len(z.Categories.Include) == 0 && len(categories) > 0 {
		categories = append(categories, allIPServices) // all services except
	}
	for _, category := range categories {
		n := need{field: geo.ServicesField, property: "IP services (ipServiceCategories)", sorts: covers(strings.ToUpper(category))}
		if namesOperator(strings.ToUpper(category)) {
			n.operator = strings.ToUpper(category)
		}
		needs = append(needs, n)
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

// warnAboutAssumptions names what the policy takes for none without a source that
// says so.
// See docs/semantics.md, policy-7.
func (c *compiler) warnAboutAssumptions() {
	if sorts := c.config.AssumeNone; sorts != 0 {
		c.warn(zone.Position{}, sorts.String(), "assumed-none",
			"assumeNone: wherever no geo source states them, anonymizers of these sorts are taken for known to be none, so that nobody behind one is noticed there")
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
			category = strings.ToUpper(category)
			if !namesOperator(category) {
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
