package decide

import (
	"net/netip"

	"go4.org/netipx"

	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/zone"
)

// Explanation is a decision with all that led to it.
type Explanation struct {
	Decision    Decision
	Hops        []HopTrace
	ClientIndex int            // of the client in Hops; -1 if it could not be resolved
	Location    geo.Location   // of the client
	Range       netipx.IPRange // the range around the client that has this location
	Zones       []ZoneTrace    // every zone, in document order
	Rules       []RuleTrace    // every rule, policy by policy, in the order of evaluation
	Layers      []LayerTrace   // every layer in order, also after the first denial
	Steps       []string       // all of the above in sentences, in order
}

// HopTrace is what one hop is to the policy.
type HopTrace struct {
	Addr      netip.Addr // normalised; the zero Addr for a hop that could not be read
	TrustedBy []*ZoneRef // zones whose proxies list it
	Client    bool
	Hits      []Hit // blocklist zones that hold it
	Location  geo.Location
}

// Hit is a blocklist zone that holds an address of a hop.
type Hit struct {
	Zone     *ZoneRef
	Addr     netip.Addr // the hop's address, or the IPv4 address embedded in it
	Unknown  bool       // the zone may hold it, which counts for the client
	Exempt   bool       // the exempt zone lists the address
	Evidence string     // the entry or datum that says so
}

// ZoneTrace is one zone's state and why.
type ZoneTrace struct {
	Zone  *ZoneRef
	Key   string // the zone's id, or its name if it has none
	Type  zone.Type
	Use   string // "POLICY", "BLOCKLIST", "EXEMPT" or "INACTIVE"
	State State
	Why   string
}

// RuleTrace is one rule and whether it applied.
type RuleTrace struct {
	Policy    string // the file of its rule set
	Rule      string
	Allow     bool
	Active    bool
	Condition State // of its network condition
	Applied   bool  // it decided its policy
	Why       string
}

// LayerTrace is the outcome of one layer.
type LayerTrace struct {
	Layer     string // "address", "overlay", "blocklist", "threat", "rules" or "sailpoint"
	Consulted bool   // the policy has this layer
	Denied    bool
	Reasons   Reasons // why it denies
	Why       string
}

// Explain decides about a chain as [Policy.DecideChain] does, by another way:
// it evaluates the documents hop by hop and entry by entry, without the compiled
// table, and keeps what it saw. Its Decision is always that of DecideChain; a
// difference is a defect of netwicket. It allocates and takes time in proportion
// to the size of the documents.
func (p *Policy) Explain(chain ...netip.Addr) Explanation {
	if p == nil || p.table == nil {
		return Explanation{
			Decision:    Decision{Reasons: reasonsOf(NoPolicy)},
			ClientIndex: -1,
			Steps:       []string{"there is no policy: everything is denied"},
		}
	}
	n := naiveRequest{source: &p.source, client: -1}
	n.evaluate(chain)
	n.explanation.Steps = steps(&n.explanation)
	return n.explanation
}

func (n *naiveRequest) evaluate(chain []netip.Addr) {
	n.readChain(chain)
	n.explainHops()
	n.explainZones()
	n.explainLayers()
	n.explanation.ClientIndex = n.client
	n.explanation.Decision = n.decision()
}
