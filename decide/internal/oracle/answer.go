package oracle

import (
	"net/netip"

	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/zone"
)

// Grade is a truth value of three. They are ordered so that AND is the least
// and OR the greatest of them, and NOT turns the scale round.
type Grade int

// The grades. The zero value is No.
const (
	No Grade = iota
	Unknown
	Match
)

// String is "no", "unknown" or "match".
func (g Grade) String() string { return [...]string{"no", "unknown", "match"}[g] }

func gradeOf(b bool) Grade {
	if b {
		return Match
	}
	return No
}

// not is the other side of the scale.
func (g Grade) not() Grade { return Match - g }

// Reason says why a layer, or the answer as a whole, fell as it did.
type Reason int

// The reasons.
const (
	ClientUnresolved Reason = iota + 1
	Blocklisted
	Threat
	RuleMatched
	NoRule
	NetworkUndefined
	OffNetwork
	EmptyAllowList
	GeoUnavailable
	GeoUnknown
	UntrustedGeography
	Overlay
	Permitted
	NotEnforced
	Unrestricted
)

// Answer is what the documents say of one request, and why. The zero value denies.
type Answer struct {
	Allowed bool
	Audit   bool       // ThreatInsight would have denied, and its action is audit
	Reasons []Reason   // one, or all of SailPoint's checks that failed, the network's first
	Zone    int        // that denies as a blocklist; -1: none does
	Rule    string     // that decided; empty: none did
	Client  netip.Addr // the zero Addr if it could not be resolved
	Unknown geo.Field  // what is unknown of the client and decided

	ClientIndex int // of the client in Hops; -1 if it could not be resolved
	Hops        []Hop
	Location    geo.Location // of the client
	From, To    netip.Addr   // the range around the client that has this location
	Zones       []Zone       // every zone, in document order
	Rules       []Rule       // every rule, policy by policy, in the order of evaluation
	Layers      []Layer      // every layer in order, also after the first denial
}

// Hop is what one hop is to the documents.
type Hop struct {
	Addr      netip.Addr // unmapped; the zero Addr for a hop that could not be read
	TrustedBy []int      // zones whose proxies list it
	Client    bool
	Hits      []Hit
	Location  geo.Location
}

// Hit is a blocklist zone that holds an address of a hop.
type Hit struct {
	Zone     int
	Addr     netip.Addr // the hop's address, or the IPv4 address embedded in it
	Unknown  bool       // the zone may hold it, which counts for the client
	Exempt   bool       // the exempt zone lists the address
	Evidence string

	unknown geo.Field // why it is Unknown
}

// Zone is the state of one zone. Its place in [Answer.Zones] is the number by
// which the rest of the answer speaks of it.
type Zone struct {
	Key   string // its id, or its name if it has none
	Type  zone.Type
	Use   string // "POLICY", "BLOCKLIST", "EXEMPT" or "INACTIVE"
	State Grade
	Why   string

	Position zone.Position // of the zone
	Entry    zone.Position // of the gateway that holds an address; zero: none does

	unknown geo.Field // why the state is Unknown
}

// Rule is one rule and whether it applied.
type Rule struct {
	Policy    string // the file of its rule set
	Name      string
	Allow     bool
	Active    bool
	Condition Grade
	Applied   bool // it decided its policy
	Why       string
	Position  zone.Position

	unknown geo.Field // why it cannot be said whether it applies
}

// The layers' names, in order.
const (
	addressLayer   = "address"
	overlayLayer   = "overlay"
	blocklistLayer = "blocklist"
	threatLayer    = "threat"
	rulesLayer     = "rules"
	sailPointLayer = "sailpoint"
)

// Layer is the outcome of one layer. An overlay that allows and a threat that
// is only marked pass with their reason.
type Layer struct {
	Name      string
	Consulted bool
	Denied    bool
	Reasons   []Reason
	Why       string
	Entries   []zone.Position // of the entries and countries that it went by
}
