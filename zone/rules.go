package zone

import "encoding/json"

// RuleSet is one policy: the rules of one document, in document order. The zero
// value has no rule and so allows nothing. It is not changed after parsing.
type RuleSet struct {
	File     string
	Rules    []Rule
	Warnings Findings
	Text     []byte
}

// Rule is one Okta policy rule, cut down to what a network decides. The zero
// value is inactive and denies.
type Rule struct {
	Position    Position
	ID          string // empty if the document gives none
	Name        string // empty if the document gives none
	HasPriority bool   // without a priority a rule comes last
	Priority    int
	Active      bool
	Allow       bool // the access it gives; false denies
	BuiltIn     bool // system: Okta's own rule, which nobody can delete
	Network     NetworkCondition
	// Narrowed are the JSON pointers of other conditions that restrict the rule
	// further. They cannot be evaluated here, so they may only deny more.
	Narrowed []string
	Text     json.RawMessage
}

// Connection is the kind of a rule's network condition.
type Connection uint8

// The connections that Okta documents. Okta's ON_NETWORK and OFF_NETWORK have
// names of their own here, since SailPoint's network is another one.
const (
	Anywhere          Connection = iota // always true; also an absent condition
	InZones                             // ZONE: see Include and Exclude
	InSystemZone                        // ON_NETWORK: in the system IP zone
	OutsideSystemZone                   // OFF_NETWORK: not in the system IP zone
	Disabled                            // never true
)

// Known says that Okta has the connection.
func (c Connection) Known() bool {
	switch c {
	case Anywhere, InZones, InSystemZone, OutsideSystemZone, Disabled:
		return true
	default:
		return false
	}
}

// NetworkCondition is conditions.network of a rule. With InZones exactly one of
// Include and Exclude is not empty; otherwise both are. The zero value is true
// everywhere.
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

// The references that stand for many zones. In a rule they stand alone.
const (
	AllZones   = "ALL_ZONES"
	AllIPZones = "ALL_IP_ZONES"
)
