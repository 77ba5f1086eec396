package zone

import (
	"encoding/json"
	"time"

	"go4.org/netipx"

	"github.com/netwicket/netwicket/internal/finding"
)

// Finding is one error or warning about a document, with its position.
type Finding = finding.Finding

// Findings is several of them in document order; as an error it shows the first 20.
type Findings = finding.List

// Position is where a value stands in its document.
type Position struct {
	File         string // label given to the parse function
	Line, Column int    // 1-based; column in bytes
	Path         string // JSON pointer
}

// Type is the vendor's zone type.
type Type string

// The zone types that Okta has. An INACTIVE zone may carry any other text.
const (
	IP        Type = "IP"
	Dynamic   Type = "DYNAMIC"
	DynamicV2 Type = "DYNAMIC_V2"
)

// Zones is one parsed zone document. The zero value holds no zone.
type Zones struct {
	Zones    []Zone
	Warnings Findings
	Text     []byte // the document as it was given
}

// Zone is one Okta network zone, whatever its type. The fields of other types are empty.
type Zone struct {
	Position  Position
	ID        string // empty if the document gives none
	Name      string
	Type      Type
	Active    bool // status ACTIVE
	Blocklist bool // usage BLOCKLIST; otherwise POLICY
	System    bool
	Exempt    bool // the exempt zone: system, IP, POLICY, ACTIVE and useAsExemptList or named DefaultExemptIpZone

	Gateways []Entry // IP
	Proxies  []Entry // IP

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

// Entry is one gateway, proxy or network: the range that it covers and how it was written.
type Entry struct {
	Position Position
	Text     string // verbatim
	Range    netipx.IPRange
}

// Terms are the values of one property of a dynamic zone.
type Terms[T any] struct {
	Include, Exclude []T
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

// RuleSet is one policy: the rules of one document, in document order. An ACTIVE rule may allow or deny.
type RuleSet struct {
	File     string
	Rules    []Rule
	Warnings Findings
	Text     []byte
}

// Rule is one Okta policy rule, cut down to what a network decides.
type Rule struct {
	Position    Position
	ID          string
	Name        string
	HasPriority bool // without a priority a rule comes last
	Priority    int
	Active      bool
	Allow       bool // the access it gives; false denies
	Network     NetworkCondition
	Narrowed    []string // JSON pointers of other conditions that restrict the rule further
	Text        json.RawMessage
}

// Connection is the kind of a rule's network condition.
type Connection uint8

// The connections that Okta documents.
const (
	Anywhere   Connection = iota // always true; also an absent condition
	InZones                      // ZONE: see Include and Exclude
	OnNetwork                    // in the system IP zone
	OffNetwork                   // not in the system IP zone
	Disabled                     // never true
)

// NetworkCondition is conditions.network of a rule. With InZones exactly one of Include and Exclude is not empty.
type NetworkCondition struct {
	Position         Position
	Connection       Connection
	Include, Exclude []ZoneID
}

// ZoneID is a reference to a zone: its id, [AllZones] or [AllIPZones].
type ZoneID struct {
	Position Position
	ID       string
}

// The references that stand for many zones.
const (
	AllZones   = "ALL_ZONES"
	AllIPZones = "ALL_IP_ZONES"
)

// ThreatAction is what Okta ThreatInsight does about a suspicious address.
type ThreatAction uint8

// The actions that Okta has.
const (
	ThreatNone ThreatAction = iota
	ThreatAudit
	ThreatBlock
)

// ThreatInsight is Okta's ThreatInsight configuration.
type ThreatInsight struct {
	Position     Position
	Action       ThreatAction
	ExcludeZones []ZoneID
	Warnings     Findings
	Text         []byte
}

// Feed is a list of networks: threat feeds here, service lists in package geo.
type Feed struct {
	File    string
	Entries []Entry
	Text    []byte
}

// NetworkConfig is SailPoint's network configuration. The zero value is the document {}: a fresh tenant.
type NetworkConfig struct {
	Position    Position
	Range       []Entry  // the network definition
	Geolocation []string // country codes, verbatim and in order
	Allowlist   bool     // whitelisted: trusted are exactly the listed countries, not all others
	Warnings    Findings
	Text        []byte
}

// AuthProfile is the part of SailPoint's authentication profile that decides which checks are enforced.
type AuthProfile struct {
	Position           Position
	OffNetwork         bool
	UntrustedGeography bool
	Warnings           Findings
	Text               []byte
}

// Overlay is netwicket's own document of emergency blocks and break-glass entries.
type Overlay struct {
	Deny, Allow []OverlayEntry
	Warnings    Findings
	Text        []byte
}

// OverlayEntry is one network of an overlay. A zero Until never expires.
type OverlayEntry struct {
	Entry
	Until time.Time
	Why   string
}
