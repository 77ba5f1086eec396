package geo

import (
	"iter"
	"slices"
	"strings"
)

// Regions are the regions that hold an address, one inside the other: that of
// Milan are Lombardy and the province. The zero value is unknown, which is not
// the same as none. Within one [Table] equal regions are ==.
type Regions struct{ set *regionSet }

// regionSet is what one record states: codes of one country.
type regionSet struct {
	country countryCode
	codes   []string // "IT-25", "IT-MI": outermost first, each once
}

// Known says that a source states the regions of the address.
func (r Regions) Known() bool { return r.set != nil }

// First is the outermost region: a state of the United States. It is empty where
// regions are unknown.
func (r Regions) First() string {
	if r.set == nil {
		return ""
	}
	return r.set.codes[0]
}

// All ranges over the regions, outermost first.
func (r Regions) All() iter.Seq[string] {
	return func(yield func(string) bool) {
		if r.set == nil {
			return
		}
		for _, code := range r.set.codes {
			if !yield(code) {
				return
			}
		}
	}
}

// String is "IT-25, IT-MI", and "unknown" for the zero value.
func (r Regions) String() string {
	if r.set == nil {
		return "unknown"
	}
	return strings.Join(r.set.codes, ", ")
}

// regions interns the regions of a country; codes are the parts behind the
// hyphen, outermost first. Where one is not one to three ASCII letters and digits
// (ISO 3166-2), all are unknown, since what is not read may be the region that
// somebody asks for; so are those of an unknown country (docs/semantics.md, geo-3).
func (v *vocabulary) regions(country string, codes ...string) uint32 {
	of := countryOf(country)
	if of == 0 {
		return 0
	}
	key := make([]byte, 0, 64)
	for _, code := range codes {
		if !isRegionCode(code) {
			return 0
		}
		key = append(key, country[0]&^0x20, country[1]&^0x20, '-')
		key = append(key, strings.ToUpper(code)...)
		key = append(key, ' ')
	}
	if id, known := v.regionIndex[string(key)]; known {
		return id
	}
	set := regionSet{country: of}
	for _, code := range strings.Fields(string(key)) {
		if !slices.Contains(set.codes, code) {
			set.codes = append(set.codes, code)
		}
	}
	id := v.regionSet(set)
	v.regionIndex[string(key)] = id
	return id
}

// regionSet gives equal sets one number: what a record repeats changes nothing.
func (v *vocabulary) regionSet(set regionSet) uint32 {
	if len(set.codes) == 0 {
		return 0
	}
	canonical := strings.Join(set.codes, " ") + " "
	id, known := v.regionIndex[canonical]
	if !known {
		id = uint32(len(v.regionSets))
		v.regionSets = append(v.regionSets, set)
		v.regionIndex[canonical] = id
	}
	return id
}

func isRegionCode(code string) bool {
	if len(code) == 0 || len(code) > 3 {
		return false
	}
	for i := range len(code) {
		c := code[i] | 0x20
		if (c < 'a' || c > 'z') && (code[i] < '0' || code[i] > '9') {
			return false
		}
	}
	return true
}

// Regions are the codes of all regions that any source states, in ascending
// order, whether or not later sources left an address in them. A code that is not
// among them may be that of a region under another name (docs/semantics.md,
// dynamic-13).
func (t *Table) Regions() []string {
	if t == nil || t.vocabulary == nil {
		return nil
	}
	var all []string
	for _, set := range t.vocabulary.regionSets {
		all = append(all, set.codes...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}
