package lint

import (
	"slices"
	"strings"

	"github.com/netwicket/netwicket/internal/jsondoc"
)

// term is one value of a dynamic zone's property and where it stands.
type term struct {
	text string
	node jsondoc.Node
}

// property is one property of a dynamic zone. The model keeps no positions of
// its values, so that they are read from the JSON.
type property struct {
	name             string
	include, exclude []term
	covers           func(term, other string) bool // whatever other selects, term selects too
}

// properties reads the three properties that hold terms. What the parser
// refuses or warns of is not looked at.
func (z *zoneAt) properties() []property {
	all := []property{
		{name: "locations", covers: locationCovers},
		{name: "asns", covers: func(a, b string) bool { return a == b }},
		{name: "ipServiceCategories", covers: categoryCovers},
	}
	for i := range all {
		p := &all[i]
		read := textTerms
		if p.name == "locations" {
			read = placeTerms
		}
		value := z.node.Get(p.name)
		if value.Kind() == jsondoc.Array {
			p.include = read(value)
		} else {
			p.include, p.exclude = read(value.Get("include")), read(value.Get("exclude"))
		}
	}
	return all
}

func textTerms(list jsondoc.Node) []term {
	var terms []term
	for _, node := range list.Elements() {
		terms = append(terms, term{node.String(), node})
	}
	return terms
}

// placeTerms are "US" and "US-CA", also where the region is written "CA".
func placeTerms(list jsondoc.Node) []term {
	var terms []term
	for _, node := range list.Elements() {
		text := node.Get("country").String()
		if region := node.Get("region"); region.Kind() == jsondoc.String && !region.Blank() {
			_, code, found := strings.Cut(region.String(), "-")
			if !found {
				code = region.String()
			}
			text += "-" + code
		}
		terms = append(terms, term{text, node})
	}
	return terms
}

// locationCovers: a country holds its regions.
func locationCovers(a, b string) bool { return a == b || strings.HasPrefix(b, a+"-") }

// categoryCovers knows which of Okta's categories hold which others, by the
// meanings that docs/semantics.md gives to the aggregates.
func categoryCovers(a, b string) bool {
	switch a {
	case b, "ALL_IP_SERVICES":
		return true
	case "ALL_ANONYMIZERS":
		return b == "ALL_ANONYMIZERS_EXCEPT_TOR" || b == "ANONYMIZER_TOR"
	case "ALL_PROXIES_VPNS":
		return b == "ALL_ANONYMIZERS_EXCEPT_TOR" || strings.HasSuffix(b, "_VPN") || strings.HasSuffix(b, "_PROXY")
	}
	return false
}

// terms looks at the properties of a dynamic zone, each by itself.
func (l *linter) terms(z *zoneAt) {
	if !z.Dynamic() {
		return
	}
	for _, p := range z.properties() {
		if p.name != "locations" { // package zone compares those
			l.repeatedTerms(p.include, p.covers)
			l.repeatedTerms(p.exclude, p.covers)
		}
		l.excludedTerms(z, p)
	}
}

// repeatedTerms finds values of one list that another value covers. A list has
// 75 at most, or Okta refuses it; beyond that only equal ones are looked for.
func (l *linter) repeatedTerms(terms []term, covers func(a, b string) bool) {
	const few = 200
	seen := make(map[string]jsondoc.Node, len(terms))
	for i, t := range terms {
		if first, found := seen[t.text]; found {
			line, column := first.Position()
			l.warnAt(t.node, t.text, "duplicate-term", "the list holds this value already (%d:%d); remove one of the two", line, column)
			continue
		}
		seen[t.text] = t.node
		if len(terms) > few {
			continue
		}
		for k, other := range terms {
			if k != i && other.text != t.text && covers(other.text, t.text) {
				l.warnAt(t.node, t.text, "covered-term", "%s in the same list holds all of it, so that it changes nothing; remove one of the two", other.text)
				break
			}
		}
	}
}

// excludedTerms finds included values that are excluded again.
func (l *linter) excludedTerms(z *zoneAt, p property) {
	include, exclude := p.include, p.exclude
	if len(exclude) == 0 {
		return
	}
	if p.name == "ipServiceCategories" && len(include) == 0 {
		include = []term{{"ALL_IP_SERVICES", z.node.Get(p.name).Get("exclude")}} // what exclude alone is taken from
	}
	var taken []term
	for _, t := range include {
		if slices.ContainsFunc(exclude, func(e term) bool { return p.covers(e.text, t.text) }) {
			taken = append(taken, t)
		}
	}
	if len(include) > 0 && len(taken) == len(include) {
		l.warnAt(z.node.Get(p.name), "", "zone-matches-nothing", "exclude takes back all that include lists, so that zone %q matches no address; remove from exclude what is to be in the zone", z.Name)
		return
	}
	for _, t := range taken {
		l.warnAt(t.node, t.text, "excluded-term", "exclude takes this back, so that including it changes nothing; remove it from one of the two lists")
	}
}
