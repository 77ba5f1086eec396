package lint

import (
	"slices"
	"strconv"
	"strings"

	"github.com/netwicket/netwicket/zone"
)

// term is one value of a list, as text, and where it stands.
type term struct {
	text string
	at   zone.Position
}

// property is one property of a dynamic zone.
type property struct {
	name             string
	at               zone.Position
	include, exclude []term
	covers           func(term, other string) bool // whatever other selects, term selects too
}

// properties are the three properties that hold terms.
func properties(z *zone.Zone) []property {
	return []property{
		propertyOf("locations", z.Locations, placeText, locationCovers),
		propertyOf("asns", z.ASNs, asnText, func(a, b string) bool { return a == b }),
		propertyOf("ipServiceCategories", z.Categories, wordText, categoryCovers),
	}
}

func propertyOf[T any](name string, terms zone.Terms[T], text func(T) string, covers func(a, b string) bool) property {
	return property{
		name: name, at: terms.Position, include: textTerms(terms.Include, text), exclude: textTerms(terms.Exclude, text), covers: covers,
	}
}

func textTerms[T any](list []zone.Term[T], text func(T) string) []term {
	terms := make([]term, len(list))
	for i, t := range list {
		terms[i] = term{text(t.Value), t.Position}
	}
	return terms
}

// placeText is "US" or "US-CA".
func placeText(p zone.Place) string {
	if p.Region != "" {
		return p.Region
	}
	return p.Country
}

func asnText(asn uint32) string { return strconv.FormatUint(uint64(asn), 10) }

func wordText(word string) string { return word }

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

// terms looks at the properties of a dynamic zone, each by itself; an IP zone has none.
func (l *linter) terms(z *zone.Zone) {
	for _, p := range properties(z) {
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
	seen := make(map[string]zone.Position, len(terms))
	for _, t := range terms {
		if first, found := seen[t.text]; found {
			l.warn(t.at, t.text, "duplicate-term", "the list holds this value already (%d:%d); remove one of the two", first.Line, first.Column)
			continue
		}
		seen[t.text] = t.at
		if len(terms) > few {
			continue
		}
		for _, other := range terms {
			if other.text != t.text && covers(other.text, t.text) {
				l.warn(t.at, t.text, "covered-term", "%s in the same list holds all of it, so that it changes nothing; remove one of the two", other.text)
				break
			}
		}
	}
}

// excludedTerms finds included values that are excluded again.
func (l *linter) excludedTerms(z *zone.Zone, p property) {
	include, exclude := p.include, p.exclude
	if p.name == "ipServiceCategories" && len(include) == 0 {
		include = []term{{"ALL_IP_SERVICES", p.at}} // what exclude alone is taken from
	}
	var taken []term
	for _, t := range include {
		if slices.ContainsFunc(exclude, func(e term) bool { return p.covers(e.text, t.text) }) {
			taken = append(taken, t)
		}
	}
	if len(include) > 0 && len(taken) == len(include) {
		l.warn(p.at, "", "zone-matches-nothing", "exclude takes back all that include lists, so that zone %q matches no address; remove from exclude what is to be in the zone", z.Name)
		return
	}
	for _, t := range taken {
		l.warn(t.at, t.text, "excluded-term", "exclude takes this back, so that including it changes nothing; remove it from one of the two lists")
	}
}
