package decide

import (
	"iter"
	"net/netip"
	"time"

	"github.com/netwicket/netwicket/geo"
)

// Policy is a compiled, immutable policy, safe for concurrent use. A nil or
// zero Policy denies everything with [NoPolicy].
type Policy struct{}

// Compile makes a policy of a Config.
func Compile(config Config) (*Policy, error) { panic("stub") }

// Decide is DecideChain for a chain of one.
func (p *Policy) Decide(addr netip.Addr) Decision { panic("stub") }

// DecideChain decides about a request that passed the chain, nearest hop first;
// the zero Addr stands for a hop that could not be read.
func (p *Policy) DecideChain(chain []netip.Addr) Decision { panic("stub") }

// Explain is DecideChain by a naive and independent way, with everything that
// it looked at.
func (p *Policy) Explain(chain ...netip.Addr) Explanation { panic("stub") }

// Match is the membership of a request's client.
func (p *Policy) Match(chain []netip.Addr) Membership { panic("stub") }

// Info describes the policy.
func (p *Policy) Info() Info { panic("stub") }

// State is the three-valued answer to "is the request in this zone?".
type State uint8

// The states. The zero value is No.
const (
	No State = iota
	Match
	Unknown
)

// String is "no", "match" or "unknown".
func (s State) String() string { return [...]string{"no", "match", "unknown"}[s] }

// Membership says in which zones a request is, and SailPoint's two facts.
type Membership struct{}

// Client is the resolved client, or the zero Addr.
func (m Membership) Client() netip.Addr { panic("stub") }

// Zones ranges over all zones of the policy in document order.
func (m Membership) Zones() iter.Seq2[*ZoneRef, State] { panic("stub") }

// Zone is the state of the zone with that id; No if the policy has no such zone.
func (m Membership) Zone(id string) State { panic("stub") }

// OnNetwork says whether the client is inside SailPoint's network definition.
func (m Membership) OnNetwork() State { panic("stub") }

// TrustedCountry says whether the client's country is trusted by SailPoint's lists.
func (m Membership) TrustedCountry() State { panic("stub") }

// Explanation is a decision with all that led to it.
type Explanation struct {
	Decision    Decision
	Chain       []netip.Addr // normalised; the zero Addr for an unreadable hop
	ClientIndex int          // of the client in Chain; -1 if unresolved
	Hops        []HopTrace
	Zones       []ZoneTrace  // every zone, in document order
	Location    geo.Location // of the client
	Range       string       // the range around the client that has this location
	Layers      []LayerTrace // every layer in order, also after the first denial
	Rules       []RuleTrace  // every rule, in the order of evaluation
	Steps       []string     // all of the above in sentences, in order
}

// HopTrace is what one hop is to the policy.
type HopTrace struct {
	Addr      netip.Addr
	TrustedBy []ZoneRef // zones whose proxies list it
	Blocked   []ZoneRef // blocklist zones that hit it, exempt or not
	Exempt    bool
	Client    bool
	Location  geo.Location
}

// ZoneTrace is one zone's state and why.
type ZoneTrace struct {
	Zone  *ZoneRef
	Key   string // the zone's id, or its name if it has none
	Kind  string // "IP", "DYNAMIC", "DYNAMIC_V2"
	Use   string // "POLICY", "BLOCKLIST", "EXEMPT", "INACTIVE"
	State State
	Why   string
}

// RuleTrace is one rule and whether it applied.
type RuleTrace struct {
	Policy    string // file of the rule set
	Rule      string
	Allow     bool
	Active    bool
	Condition State // of its network condition
	Applied   bool  // it is the rule that decided its policy
	Why       string
}

// LayerTrace is the outcome of one layer.
type LayerTrace struct {
	Layer     string // "address", "overlay", "blocklist", "threat", "rules", "sailpoint"
	Consulted bool   // the policy has this layer
	Denied    bool
	Reasons   Reasons
	Why       string
}

// Info describes a policy: what went in and what came out.
type Info struct {
	Fingerprint  string // hash of the documents and databases, hexadecimal
	Data         []geo.Dataset
	Zones        int
	ActiveZones  int
	Rules        int
	Classes      int
	Intervals4   int
	Intervals6   int
	Bytes        int // size of the address table
	Warnings     Findings
	OverlayUntil time.Time // when the next overlay entry expires; zero: none does
}
