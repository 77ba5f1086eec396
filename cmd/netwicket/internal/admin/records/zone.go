package records

import "encoding/json"

// The types of zones.
const (
	IP        = "IP"
	Dynamic   = "DYNAMIC"
	DynamicV2 = "DYNAMIC_V2"
)

// The states of zones, policies and rules.
const (
	Active   = "ACTIVE"
	Inactive = "INACTIVE"
)

// What zones are for.
const (
	ForPolicies = "POLICY"
	Blocklist   = "BLOCKLIST"
)

// The names of the zones that every tenant has (Z18).
const (
	LegacyIPZone        = "LegacyIpZone"
	BlockedIPZone       = "BlockedIpZone"
	DefaultExemptIPZone = "DefaultExemptIpZone"
	EnhancedDynamicZone = "DefaultEnhancedDynamicZone"
)

// Zone is one network zone. Its fields are the members of the document; those
// of other types of zones are nil.
type Zone struct {
	Type                 string
	ID, Name             string
	Status, Usage        string
	Created, LastUpdated string // as they are written (H8)
	System               bool
	ExemptList           bool // useAsExemptList: says of a system zone that it is the exempt zone

	Gateways, Proxies []Network // of IP zones; nil is null

	Locations []Location // of DYNAMIC zones; nil is null
	ProxyType *string    // of DYNAMIC zones; nil: absent
	ASNs      []string   // of DYNAMIC zones; nil: absent

	PlacesV2   Sides[Location] // of DYNAMIC_V2 zones
	ServicesV2 Sides[string]
	ASNsV2     Sides[string]

	Text    json.RawMessage // as it stands in the file; nil: a request made it
	Unnamed bool            // the file has no id for it: ID is made from its name
}

// Network is one gateway or proxy.
type Network struct {
	Type  string `json:"type"` // CIDR or RANGE
	Value string `json:"value"`
}

// Location is one country or region of a zone.
type Location struct {
	Country *string `json:"country"`
	Region  *string `json:"region"` // null if unset (Z9)
}

// Sides are the two lists of each part of a DYNAMIC_V2 zone, never null.
type Sides[T any] struct {
	Include []T `json:"include"`
	Exclude []T `json:"exclude"`
}

// ThreatInsight is the ThreatInsight configuration (T1).
type ThreatInsight struct {
	Action               string
	ExcludeZones         []string
	Created, LastUpdated string

	Text json.RawMessage // as it stands in the file; nil: a request made it
}
