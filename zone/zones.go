package zone

import (
	"encoding/json"

	"go4.org/netipx"
)

// Type is the vendor's zone type. The zero value is a zone that names none.
type Type string

// The zone types that Okta has. An INACTIVE zone may carry any other text.
const (
	IP        Type = "IP"
	Dynamic   Type = "DYNAMIC"
	DynamicV2 Type = "DYNAMIC_V2"
)

// Known says that Okta has the type.
func (t Type) Known() bool {
	switch t {
	case IP, Dynamic, DynamicV2:
		return true
	default:
		return false
	}
}

// Zones is one parsed zone document. The zero value holds no zone. It is not
// changed after parsing; its slices share the memory of Text.
type Zones struct {
	Zones    []Zone // in document order
	Warnings Findings
	Text     []byte // the document as it was given
}

// Zone is one Okta network zone, whatever its type. The fields of other types
// are empty. The zero value is no zone: it matches nothing.
type Zone struct {
	Position  Position
	ID        string // empty if the document gives none
	Name      string
	Type      Type
	Active    bool // status ACTIVE
	Blocklist bool // usage BLOCKLIST; otherwise POLICY
	System    bool
	Exempt    bool // the exempt zone: system, IP, POLICY, ACTIVE and useAsExemptList or named DefaultExemptIpZone

	// Gateways and Proxies of an IP zone. The proxies of a blocklist or exempt
	// zone are kept but have no effect.
	Gateways []Entry
	Proxies  []Entry

	// Locations, ASNs and Categories of a DYNAMIC_V2 zone include and exclude; those of a DYNAMIC zone only
	// include. Without any term a property is no constraint.
	Locations  Terms[Place]
	ASNs       Terms[uint32]
	Categories Terms[string]
	Proxy      ProxyType // DYNAMIC

	Text json.RawMessage // the zone as it was given
}

// Key names the zone in output: its id, or its name if it has none.
func (z *Zone) Key() string {
	if z.ID != "" {
		return z.ID
	}
	return z.Name
}

// Entry is one gateway, proxy or network: the range that it covers and how it
// was written. The range is unmapped: it never lies in ::ffff:0:0/96.
type Entry struct {
	Position Position
	Text     string // verbatim
	Range    netipx.IPRange
}

// Terms are the values of one property of a dynamic zone. The zero value is no
// constraint.
type Terms[T any] struct {
	Position         Position // of the property; the zero Position if there is none
	Include, Exclude []Term[T]
}

// Term is one value of a list and where it stands.
type Term[T any] struct {
	Value    T
	Position Position
}

// TermsOf are terms that stand nowhere, for models that are made by code.
func TermsOf[T any](values ...T) []Term[T] {
	terms := make([]Term[T], len(values))
	for i, value := range values {
		terms[i].Value = value
	}
	return terms
}

// ValuesOf are the values of terms, in their order.
func ValuesOf[T any](terms []Term[T]) []T {
	values := make([]T, len(terms))
	for i := range terms {
		values[i] = terms[i].Value
	}
	return values
}

// Defined says that the property constrains at all.
func (t Terms[T]) Defined() bool { return len(t.Include)+len(t.Exclude) > 0 }

// Place is a country, or one region of it.
type Place struct {
	Country string // "US"
	Region  string // "US-CA"; empty for the whole country
}

// ProxyType is what a DYNAMIC zone asks of the address's anonymizer.
type ProxyType uint8

// The proxy types; AnyAnonymizer is Okta's "Any".
const (
	ProxyUnset       ProxyType = iota // no constraint
	AnyAnonymizer                     // any anonymizing proxy, Tor or not
	TorAnonymizer                     // Tor
	NotTorAnonymizer                  // an anonymizing proxy that is not Tor
)

// Known says that Okta has the proxy type; to ask for none is one of them.
func (t ProxyType) Known() bool {
	switch t {
	case ProxyUnset, AnyAnonymizer, TorAnonymizer, NotTorAnonymizer:
		return true
	default:
		return false
	}
}
