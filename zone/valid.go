package zone

import "strings"

// What the parsers make and code that makes models may not: who compiles models
// asks here.

// Valid says that the entry covers what it may: a range of one family that does
// not end before it begins, and unmapped as an address is before it is looked up
// (docs/semantics.md, address-1 and address-5). No other range holds the addresses
// that its author meant.
func (e *Entry) Valid() bool { return e.Range.IsValid() && !e.Range.From().Is4In6() }

// Valid says that the place is a country of two capital letters, or a region of it
// such as US-CA (docs/semantics.md, oktadoc-12).
func (p Place) Valid() bool {
	if p.Region == "" {
		return IsCountryCode(p.Country)
	}
	code, found := strings.CutPrefix(p.Region, p.Country+"-")
	return IsCountryCode(p.Country) && found && isRegionCode(code)
}

// IsCountryCode says that a text can be a country to the vendors: two capital
// letters of ASCII (docs/semantics.md, oktadoc-12 and spdoc-3). No other text is
// ever an address's country.
func IsCountryCode(text string) bool {
	return len(text) == 2 && 'A' <= text[0] && text[0] <= 'Z' && 'A' <= text[1] && text[1] <= 'Z'
}
