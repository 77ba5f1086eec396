package geo

import (
	"slices"
	"strings"
)

// Provided is what sources provide for the addresses of one family: the data
// that they state of any address at all, and the sorts and operators of
// anonymizing services that they are complete for, so that an address which
// none of them lists is known not to be of these. The zero value is nothing
// (docs/semantics.md, geo-5 and geo-11).
type Provided struct {
	Fields     Field    // AnonymizerField and ServicesField if there is anything of them below
	Anonymizer Sorts    // that the anonymizer tells apart from none
	Services   Sorts    // that the IP services tell of
	Operators  []string // categories of operators that have a list: upper case, ascending, each once

	// named are the operators that databases name. They come and go with every
	// release of a database, so that they are no part of what is compared.
	named []Service
}

// copy is the caller's own.
func (p Provided) copy() Provided {
	p.Operators = slices.Clone(p.Operators)
	return p
}

// add joins what another source provides.
func (p *Provided) add(other Provided) {
	p.Fields |= other.Fields
	p.Anonymizer |= other.Anonymizer
	p.Services |= other.Services
	if len(other.Operators) > 0 {
		p.Operators = slices.Concat(p.Operators, other.Operators)
		slices.Sort(p.Operators)
		p.Operators = slices.Compact(p.Operators)
	}
	if len(other.named) > 0 {
		p.named = sortServices(slices.Concat(p.named, other.named))
	}
}

// TellsOf reports whether the operator that a category names has a list, or is
// named by a database, so that an address which is not said to be of it is known
// not to be. The case of letters does not matter.
func (p Provided) TellsOf(category string) bool {
	if _, listed := slices.BinarySearch(p.Operators, strings.ToUpper(category)); listed {
		return true
	}
	return slices.ContainsFunc(p.named, func(s Service) bool { return s.Is(category) })
}

// Without is what p provides and other does not. It is empty if all of p is in
// other: nothing is lost where other takes p's place.
func (p Provided) Without(other Provided) Provided {
	rest := Provided{
		Fields:     p.Fields &^ other.Fields,
		Anonymizer: p.Anonymizer &^ other.Anonymizer,
		Services:   p.Services &^ other.Services,
	}
	for _, operator := range p.Operators {
		if _, found := slices.BinarySearch(other.Operators, operator); !found {
			rest.Operators = append(rest.Operators, operator)
		}
	}
	return rest
}

// IsEmpty reports whether nothing is provided.
func (p Provided) IsEmpty() bool {
	return p.Fields|Field(p.Anonymizer)|Field(p.Services) == 0 && len(p.Operators) == 0
}

// String names all that is provided, such as "country, anonymizer (tor),
// services (tor, vpn, NORD_VPN)"; of nothing it is empty.
func (p Provided) String() string {
	var texts []string
	for i, name := range fieldNames {
		var of []string
		switch Field(1 << i) {
		case AnonymizerField:
			of = p.Anonymizer.Names()
		case ServicesField:
			of = append(p.Services.Names(), p.Operators...)
		case Country, Region, ASN: // of which there is one sort
		}
		switch {
		case len(of) > 0:
			texts = append(texts, name+" ("+strings.Join(of, ", ")+")")
		case p.Fields&(1<<i) != 0:
			texts = append(texts, name)
		}
	}
	return strings.Join(texts, ", ")
}

// settlesLike reports whether an address of which no source says anything is
// known to be none of the same under both.
func (p *Provided) settlesLike(other *Provided) bool {
	return p.Anonymizer == other.Anonymizer && p.Services == other.Services &&
		slices.Equal(p.Operators, other.Operators) && slices.Equal(p.named, other.named)
}

// supply is what one source, or all of them together, provides and states.
// What is stated is provided; a list is complete for both families, whichever
// its networks are of.
type supply struct {
	provided families
	stated   families
}

// families is one Provided for each address family.
type families struct{ v4, v6 Provided }

func (f *families) add(other families) {
	f.v4.add(other.v4)
	f.v6.add(other.v6)
}

func (s *supply) add(other supply) {
	s.provided.add(other.provided)
	s.stated.add(other.stated)
}

// fields are the data that are provided for either family.
func (s *supply) fields() Field { return s.provided.v4.Fields | s.provided.v6.Fields }
