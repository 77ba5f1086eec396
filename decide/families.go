package decide

import (
	"slices"
	"strings"

	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/zone"
)

// family is what the sources have of one address family.
type family struct {
	name             string
	provided, stated geo.Provided
}

// gap is a datum that the sources have for one family and not for the other.
type gap struct {
	field    geo.Field
	sorts    geo.Sorts // of anonymizers; 0: another datum, or an operator
	operator string
	family   string // the one without it
	known    bool   // its addresses are known to have none, by a list or an assumption
}

// warnAboutFamilies names the data that the policy asks for and that the sources
// have for one family alone.
// See docs/semantics.md, policy-8.
func (c *compiler) warnAboutFamilies() {
	v4, v6 := family{name: "IPv4"}, family{name: "IPv6"}
	v4.provided, v6.provided = c.config.Geo.Provided()
	v4.stated, v6.stated = c.config.Geo.Stated()
	seen := map[gap]bool{}
	warn := func(at zone.Position, needs []need) {
		for _, n := range needs {
			for _, pair := range [][2]family{{v4, v6}, {v6, v4}} {
				for _, g := range n.gaps(&pair[0], &pair[1], c.config.AssumeNone) {
					if !seen[g] {
						seen[g] = true
						c.warn(at, g.datum(), "family-without-data", "%s", g.text())
					}
				}
			}
		}
	}
	for i := range c.p.zones {
		if c.p.zones[i].kind == dynamicZone {
			warn(c.specs[i].Position, needsOf(c.specs[i]))
		}
	}
	if s := &c.p.sailPoint; s.enforceGeography && s.countries {
		warn(c.config.SailPoint.Position, []need{{field: geo.Country, property: "country"}})
	}
}

// gaps are what has of a need and lacks does not.
func (n *need) gaps(has, lacks *family, assumed geo.Sorts) []gap {
	var stated, missing, told geo.Sorts
	switch n.field {
	case geo.AnonymizerField:
		stated, missing, told = has.stated.Anonymizer, lacks.stated.Anonymizer, lacks.provided.Anonymizer
	case geo.ServicesField:
		stated, missing, told = has.stated.Services, lacks.stated.Services, lacks.provided.Services
		if n.operator != "" && (has.stated.TellsOf(n.operator) || lacks.stated.TellsOf(n.operator)) && n.sorts&^missing != 0 {
			if lacks.stated.TellsOf(n.operator) {
				return nil
			}
			known := lacks.provided.TellsOf(n.operator) || n.sorts&^(told|assumed) == 0
			return []gap{{field: n.field, operator: n.operator, family: lacks.name, known: known}}
		}
	case geo.Country, geo.Region, geo.ASN:
		if has.stated.Fields.Has(n.field) && !lacks.stated.Fields.Has(n.field) {
			return []gap{{field: n.field, family: lacks.name}}
		}
		return nil
	}
	var gaps []gap
	oneSided := n.sorts & stated &^ missing
	for _, known := range []bool{false, true} {
		sorts := oneSided &^ (told | assumed)
		if known {
			sorts = oneSided & (told | assumed)
		}
		if sorts != 0 {
			gaps = append(gaps, gap{field: n.field, sorts: sorts, family: lacks.name, known: known})
		}
	}
	return gaps
}

// datum is what the gap is of: "country", "services (tor, vpn)".
func (g *gap) datum() string {
	name := strings.Join(g.field.Names(), "")
	if of := slices.DeleteFunc([]string{g.sorts.String(), g.operator}, func(text string) bool { return text == "" }); len(of) > 0 {
		name += " (" + of[0] + ")"
	}
	return name
}

func (g *gap) text() string {
	if g.known {
		return "no geo source has any " + g.family + " network of it, so that every " + g.family + " address is taken for known to be none; add a source of " + g.family
	}
	return "no geo source provides it for " + g.family + ", so that it is unknown for every " + g.family +
		" address, which denies wherever it matters; add a source of " + g.family
}
