package geo

import "encoding/json"

// Field is one datum of a [Location]. Fields are bits, so that a set of them
// is a Field too.
type Field uint8

// The fields that a source may provide.
const (
	Country Field = 1 << iota
	Region
	ASN
	AnonymizerField
	ServicesField
)

// fieldNames are the fields in the order of their bits, as messages and the
// header of CSV corrections call them.
var fieldNames = [...]string{"country", "region", "asn", "anonymizer", "services"}

// Has reports whether f contains every field of other.
func (f Field) Has(other Field) bool { return f&other == other }

// Names lists the fields of f by name: "country", "region", "asn",
// "anonymizer", "services", in this order.
func (f Field) Names() []string {
	var names []string
	for i, name := range fieldNames {
		if f&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return names
}

// MarshalJSON is an array of the fields' names, empty for none.
func (f Field) MarshalJSON() ([]byte, error) {
	names := f.Names()
	if names == nil {
		names = []string{}
	}
	return json.Marshal(names)
}

// Anonymizer says what an address hides behind. The zero value is unknown,
// which is not the same as none. It is never derived from services, nor they
// from it (docs/semantics.md, geo-10).
type Anonymizer uint8

// The anonymizers. Sources list only offenders: where sources tell of every sort
// of anonymizer, an address that they do not list is known to be none.
const (
	AnonymizerUnknown Anonymizer = iota
	AnonymizerNone
	Anonymous // a VPN, a proxy, or anything else that hides the client, other than Tor
	Tor       // a Tor exit
)

// String is "none", "anonymous" or "tor", as CSV corrections spell it, and
// "unknown" otherwise.
func (a Anonymizer) String() string {
	switch a {
	case AnonymizerNone:
		return "none"
	case Anonymous:
		return "anonymous"
	case Tor:
		return "tor"
	case AnonymizerUnknown:
	}
	return "unknown"
}

// Location is what the sources say about one address. The zero value knows
// nothing. Locations of one [Table] are comparable with == (docs/semantics.md, geo-1).
type Location struct {
	Country    string  // two upper-case letters: ISO 3166-1, or EU, AP, XK; empty: unknown
	Regions    Regions // ISO 3166-2, always of Country: "US-CA"
	ASN        uint32  // meaningful if ASNKnown
	ASNKnown   bool
	Anonymizer Anonymizer

	// AnonymizerSorts are the sorts that Anonymizer tells of: the address is known
	// to be of none of them, or of the one that Anonymizer says. So an Anonymizer
	// that is unknown may still be known to be no Tor, and one that is Anonymous may
	// be Tor besides unless TorSort is among them.
	AnonymizerSorts Sorts

	Services Services

	// Registered and Represented are the countries of MaxMind's
	// registered_country (of the address block's holder) and
	// represented_country (of an embassy or a base). They explain an answer;
	// they never decide one, since neither says where the client is.
	Registered  string
	Represented string
}

// Assuming is the location if anonymizers and services of the sorts are taken for
// known to be none wherever no source states them. Nothing that a source states
// changes. Its Services equal those of no table.
func (l Location) Assuming(none Sorts) Location {
	if none == 0 {
		return l
	}
	l.AnonymizerSorts |= none
	if l.Anonymizer == AnonymizerUnknown && l.AnonymizerSorts == AllSorts {
		l.Anonymizer = AnonymizerNone
	}
	assumed := serviceSet{}
	if l.Services.set != nil {
		assumed = *l.Services.set
	}
	assumed.told |= none
	l.Services.set = &assumed
	return l
}

// countryCode is a country as a small number: 0 is unknown, 1 is AA, 676 is ZZ.
// A location holds three of them in six bytes instead of three strings.
type countryCode uint16

// countryOf reads a country code as a database writes it. Lower case is
// raised. What names no country is unknown: ZZ and XX (ISO 3166-1 user-assigned,
// by custom "unknown"), and anything but two ASCII letters, such as "--"
// (docs/semantics.md, geo-2 and sailpoint-13).
func countryOf(text string) countryCode {
	if len(text) != 2 {
		return 0
	}
	a, b := text[0]&^0x20, text[1]&^0x20
	if a < 'A' || a > 'Z' || b < 'A' || b > 'Z' {
		return 0
	}
	if a == b && (a == 'Z' || a == 'X') {
		return 0
	}
	return 1 + 26*countryCode(a-'A') + countryCode(b-'A')
}

// alphabet holds every two-letter code, so that a code's text is a slice of it
// and a look-up allocates nothing.
type alphabet string

func newAlphabet() alphabet {
	letters := make([]byte, 0, 2*26*26)
	for a := byte('A'); a <= 'Z'; a++ {
		for b := byte('A'); b <= 'Z'; b++ {
			letters = append(letters, a, b)
		}
	}
	return alphabet(letters)
}

func (a alphabet) text(code countryCode) string {
	if code == 0 {
		return ""
	}
	at := 2 * (int(code) - 1)
	return string(a[at : at+2])
}
