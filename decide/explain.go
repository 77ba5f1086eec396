package decide

import (
	"net/netip"
	"sync"

	"go4.org/netipx"

	"github.com/netwicket/netwicket/decide/internal/oracle"
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

	Position zone.Position // of the zone
	Entry    zone.Position // of the gateway that holds an address; the zero Position if none does
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
	Position  zone.Position
}

// LayerTrace is the outcome of one layer.
type LayerTrace struct {
	Layer     string // "address", "overlay", "blocklist", "threat", "rules" or "sailpoint"
	Consulted bool   // the policy has this layer
	Denied    bool
	Reasons   Reasons // why it denies
	Why       string

	Entries []zone.Position // of the entries of its documents, and of SailPoint's countries, that hold the client or an address of the chain
}

// Explain decides about a chain as [Policy.DecideChain] does, by another way:
// it evaluates the documents hop by hop and entry by entry, without the compiled
// table, and keeps what it saw. Its Decision is always that of DecideChain; a
// difference is a defect of netwicket. It allocates and takes time in proportion
// to the size of the documents, the first call more than the others.
//
// A policy from a snapshot has neither documents nor databases: there the explanation says
// what the policy holds of the request, without locations, with entries and positions only
// of documents that are in it ([Policy.WriteSnapshotWith]), and
// Range is what nothing in the policy tells apart from the client.
//
// It reads the documents of the Config, which must have stayed as they were. If
// they differ at the first call, nothing can be explained: the Decision is the
// zero one, which denies, and Steps say why.
func (p *Policy) Explain(chain ...netip.Addr) Explanation {
	if p == nil || p.classAt == nil {
		return Explanation{
			Decision:    Decision{Judgment: noPolicy},
			ClientIndex: -1,
			Steps:       []string{"there is no policy: everything is denied"},
		}
	}
	if p.info.Snapshot {
		return p.explainSnapshot(chain)
	}
	second := p.secondEvaluator()
	if second == nil {
		return Explanation{
			ClientIndex: -1,
			Steps:       []string{"the documents were changed after the policy was compiled: what it decides cannot be explained"},
		}
	}
	answer := second.Explain(chain)
	e := p.explanation(&answer)
	e.Steps = steps(&e)
	return e
}

// documents are those that a policy was compiled from, which are the caller's,
// and the second evaluator, which is made of them when it is first asked. A
// policy that nobody asks to explain keeps nothing of size for it.
type documents struct {
	config Config
	once   sync.Once
	oracle *oracle.Oracle // nil: not made, or the documents have changed

	snapshot knownDocuments // of a policy that was read from a snapshot
}

// secondEvaluator makes the oracle on the first call; nil if the documents are no
// longer those that were compiled.
func (p *Policy) secondEvaluator() *oracle.Oracle {
	d := p.documents
	d.once.Do(func() {
		c := &d.config
		if fingerprint(c) != p.info.Fingerprint {
			return
		}
		d.oracle = oracle.New(oracle.Documents{
			Zones: c.Zones, Rules: c.Rules, ThreatInsight: c.ThreatInsight, ThreatFeeds: c.ThreatFeeds,
			SailPoint: c.SailPoint, AuthProfile: c.AuthProfile, TrustUnknownCountry: c.UnknownCountry == TrustUnknownCountry,
			Geo: c.Geo, AssumeNone: c.AssumeNone, Overlay: c.Overlay, Now: c.Now,
		})
	})
	return d.oracle
}

// reasonOf is the oracle's reasons in the terms of decisions.
var reasonOf = [...]Reason{
	oracle.ClientUnresolved: ClientUnresolved, oracle.Blocklisted: Blocklisted, oracle.Threat: Threat,
	oracle.RuleMatched: RuleMatched, oracle.NoRule: NoRule, oracle.NetworkUndefined: NetworkUndefined,
	oracle.OffNetwork: OffNetwork, oracle.EmptyAllowList: EmptyAllowList, oracle.GeoUnavailable: GeoUnavailable,
	oracle.GeoUnknown: GeoUnknown, oracle.UntrustedGeography: UntrustedGeography, oracle.Overlay: Overlay,
	oracle.Permitted: Permitted, oracle.NotEnforced: NotEnforced, oracle.Unrestricted: Unrestricted,
}

// stateOf is the oracle's grades in the terms of memberships.
var stateOf = [...]State{oracle.No: No, oracle.Unknown: Unknown, oracle.Match: Match}

func reasonsOfAnswer(given []oracle.Reason) Reasons {
	var set Reasons
	for _, r := range given {
		set |= reasonsOf(reasonOf[r])
	}
	return set
}

// decisionOf is the decision of an answer.
func (p *Policy) decisionOf(a *oracle.Answer) Decision {
	d := Decision{
		Judgment: Judgment{Audit: a.Audit, Reason: reasonOf[a.Reasons[0]], Reasons: reasonsOfAnswer(a.Reasons), Rule: a.Rule, Unknown: a.Unknown},
		Client:   a.Client,
	}
	if a.Allowed {
		d.Verdict = Allow
	}
	if a.Zone >= 0 {
		d.Zone = p.zones[a.Zone].ref
	}
	return d
}

// explanation is an answer in the terms of decisions, without the sentences.
func (p *Policy) explanation(a *oracle.Answer) Explanation {
	e := Explanation{Decision: p.decisionOf(a), ClientIndex: a.ClientIndex, Location: a.Location, Range: netipx.IPRangeFrom(a.From, a.To)}
	for _, hop := range a.Hops {
		e.Hops = append(e.Hops, p.hopTrace(&hop))
	}
	for i, z := range a.Zones {
		e.Zones = append(e.Zones, ZoneTrace{Zone: p.zones[i].ref, Key: z.Key, Type: z.Type, Use: z.Use, State: stateOf[z.State], Why: z.Why, Position: z.Position, Entry: z.Entry})
	}
	for _, r := range a.Rules {
		e.Rules = append(e.Rules, RuleTrace{
			Policy: r.Policy, Rule: r.Name, Allow: r.Allow, Active: r.Active,
			Condition: stateOf[r.Condition], Applied: r.Applied, Why: r.Why, Position: r.Position,
		})
	}
	for _, l := range a.Layers {
		e.Layers = append(e.Layers, LayerTrace{Layer: l.Name, Consulted: l.Consulted, Denied: l.Denied, Reasons: reasonsOfAnswer(l.Reasons), Why: l.Why, Entries: l.Entries})
	}
	return e
}

func (p *Policy) hopTrace(hop *oracle.Hop) HopTrace {
	trace := HopTrace{Addr: hop.Addr, Client: hop.Client, Location: hop.Location}
	for _, z := range hop.TrustedBy {
		trace.TrustedBy = append(trace.TrustedBy, p.zones[z].ref)
	}
	for _, hit := range hop.Hits {
		trace.Hits = append(trace.Hits, Hit{Zone: p.zones[hit.Zone].ref, Addr: hit.Addr, Unknown: hit.Unknown, Exempt: hit.Exempt, Evidence: hit.Evidence})
	}
	return trace
}
