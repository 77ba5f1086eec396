package decide

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"go4.org/netipx"

	"github.com/netwicket/netwicket/internal/addrnum"
	"github.com/netwicket/netwicket/zone"
)

// explainSnapshot explains by what the patterns say: the documents and databases that
// the other explanation evaluates anew are not there. So it shows what the policy holds of
// a request, and proves nothing.
func (p *Policy) explainSnapshot(chain []netip.Addr) Explanation {
	x := &snapshotExplanation{Policy: p, chain: chain, documents: p.documents.known(p)}
	x.Explanation.Decision = p.DecideChain(chain)
	x.member = p.Match(chain)
	x.Explanation.ClientIndex = p.follow(&x.request, chain)
	x.request.inZones(p)
	for i := range chain {
		x.Explanation.Hops = append(x.Explanation.Hops, x.hop(i))
	}
	if x.ClientIndex >= 0 {
		x.Explanation.Range = p.around(chain[x.ClientIndex])
	}
	for i := range p.zones {
		x.Explanation.Zones = append(x.Explanation.Zones, x.zone(i))
	}
	x.rules()
	x.layers()
	x.Steps = append([]string{"compiled snapshot; the databases are not in it"}, steps(&x.Explanation)...)
	return x.Explanation
}

// snapshotExplanation is an explanation while it is made.
type snapshotExplanation struct {
	*Policy
	Explanation
	documents *parsedDocuments
	chain     []netip.Addr
	member    Membership
	request   request // what the chain comes down to
	applied   []*rule // by rule set, up to the first that denies
}

// hop is what one hop is to the policy.
func (x *snapshotExplanation) hop(i int) HopTrace {
	addr := x.chain[i]
	trace := HopTrace{Addr: normal(addr), Client: i == x.ClientIndex}
	if !addr.IsValid() {
		return HopTrace{}
	}
	number, location := x.lookup(addr)
	c := x.classes[number]
	for z := range x.zones {
		if of := &x.zones[z]; of.kind == ipZone && x.ipSets.holds(x.addressPatterns[c.address].proxies, of.bit) {
			trace.TrustedBy = append(trace.TrustedBy, of.ref)
		}
	}
	trace.Hits = x.hits(trace.Addr, class{c.address, location}, trace.Client)
	if trace.Client && x.addressPatterns[c.address].flags&embedsIPv4 != 0 {
		inside := embeddedIPv4(trace.Addr)
		trace.Hits = append(trace.Hits, x.hits(inside, x.classes[x.classAt.Lookup(inside)], false)...)
	}
	return trace
}

// hits are the blocklist zones that hold an address, and of a client those that may.
func (x *snapshotExplanation) hits(addr netip.Addr, of class, mayHold bool) (all []Hit) {
	address, at := &x.addressPatterns[of.address], &x.geoPatterns[of.geo]
	for i := range x.zones {
		z := &x.zones[i]
		if !z.blocks {
			continue
		}
		hit := Hit{Zone: z.ref, Addr: addr, Exempt: address.flags&exempted != 0}
		switch {
		case z.kind == ipZone && x.ipSets.holds(address.gateways, z.bit):
			hit.Evidence = "one of its gateways holds the address"
			if entry := x.gateway(i, addr); entry != nil {
				hit.Evidence = inGateway(addr, entry)
			}
		case z.kind == dynamicZone && x.dynamicSets.holds(at.match, z.bit):
			hit.Evidence = "the location is in it"
		case z.kind == dynamicZone && mayHold && x.dynamicSets.holds(at.unknown, z.bit):
			hit.Unknown, hit.Evidence = true, unknownText(at, x.Policy, z)
		default:
			continue
		}
		all = append(all, hit)
	}
	return all
}

// unknownText says what of the location is not known to a zone.
func unknownText(at *geoPattern, p *Policy, z *compiledZone) string {
	return "unknown of the location: " + strings.Join(p.unknownOf(at, z).Names(), ", ")
}

// around is the range around an address that nothing in the policy tells apart from it.
func (p *Policy) around(addr netip.Addr) netipx.IPRange {
	addr = normal(addr)
	fam, at := addrnum.FamilyOf(addr), addrnum.From(addr)
	first, last := addrnum.Number{}, fam.Last()
	edges := p.classAt.Edges6()
	if fam == addrnum.IPv4 {
		edges = edges4(p.classAt)
	}
	for edge := range edges {
		if at.Less(edge) {
			last = edge.Prev()
			break
		}
		first = edge
	}
	return netipx.IPRangeFrom(fam.Addr(first), fam.Addr(last))
}

// gateway is the gateway of a zone that holds an address, by the documents.
func (x *snapshotExplanation) gateway(i int, addr netip.Addr) *zone.Entry {
	if x.documents.zones == nil {
		return nil
	}
	return entryThatHolds(x.documents.zones[i].Gateways, addr)
}

func inGateway(addr netip.Addr, entry *zone.Entry) string {
	return fmt.Sprintf("%s is in gateway %s", addr, entry.Text)
}

// matched is the hop by which a request is in an IP zone, and the gateway that holds it:
// the first behind proxies of the zone, and of a blocklist the client. Nil without
// documents.
// See docs/semantics.md, zone-1.
func (x *snapshotExplanation) matched(i int) (addr netip.Addr, entry *zone.Entry) {
	if x.zones[i].blocks {
		addr = normal(x.chain[x.ClientIndex])
		return addr, x.gateway(i, addr)
	}
	for _, hop := range x.chain {
		addr = normal(hop)
		if entry = x.gateway(i, addr); entry != nil {
			return addr, entry
		}
	}
	return addr, nil
}

func (x *snapshotExplanation) zone(i int) ZoneTrace {
	z := &x.zones[i]
	trace := ZoneTrace{Zone: z.ref, Key: z.key, Type: z.typ, Use: z.use.String(), State: x.member.state(z)}
	switch {
	case z.kind == inactiveZone:
		trace.Why = "the zone is INACTIVE"
	case x.ClientIndex < 0 && (z.kind == dynamicZone || z.blocks):
		trace.Why = "the client is not known"
	case z.kind == ipZone && trace.State == Match:
		trace.Why = "one of its gateways holds an address of the chain"
		if addr, entry := x.matched(i); entry != nil {
			trace.Why, trace.Entry = inGateway(addr, entry), entry.Position
		}
	case z.kind == ipZone:
		trace.Why = "no gateway of it holds an address of the chain that counts"
	case trace.State == Match:
		trace.Why = "the client's location is in it"
	case trace.State == Unknown:
		trace.Why = unknownText(&x.geoPatterns[x.request.geo], x.Policy, z)
	default:
		trace.Why = "the client's location is not in it"
	}
	if x.documents.zones != nil {
		trace.Position = x.documents.zones[i].Position
	}
	return trace
}

// rules are those that can apply, policy by policy.
func (x *snapshotExplanation) rules() {
	for s := range x.ruleSets {
		set := &x.ruleSets[s]
		var applied *rule
		if x.ClientIndex >= 0 {
			applied = set.apply(x.Policy, &x.request)
		}
		x.applied = append(x.applied, applied)
		for i := range set.rules {
			of := &set.rules[i]
			trace := RuleTrace{Rule: of.name, Allow: of.allow, Active: true, Condition: Unknown, Applied: of == applied, Why: "the client is not known"}
			if x.ClientIndex >= 0 {
				holds, mayHold := x.hold(&x.request, set.firstWord+i/64)
				trace.Condition = truth{holds>>(i%64)&1 != 0, mayHold>>(i%64)&1 != 0}.state()
				trace.Why = "its network condition, by the states of its zones"
			}
			if x.documents.rules != nil {
				trace.Position = x.documents.rules[s][i].Position
				trace.Policy = trace.Position.File
			}
			x.Explanation.Rules = append(x.Explanation.Rules, trace)
		}
	}
}

// layers are all of them, also after the first denial.
// See docs/semantics.md, order-1.
func (x *snapshotExplanation) layers() {
	x.Layers = []LayerTrace{x.addressLayer()}
	for _, ask := range []func() LayerTrace{x.overlayLayer, x.blocklistLayer, x.threatLayer, x.rulesLayer, x.sailPointLayer} {
		layer := ask()
		if layer.Consulted && x.ClientIndex < 0 {
			layer = LayerTrace{Layer: layer.Layer, Consulted: true, Why: "not evaluated: the client is not known"}
		}
		x.Layers = append(x.Layers, layer)
	}
}

func deniedBy(layer, why string, reasons Reasons) LayerTrace {
	return LayerTrace{Layer: layer, Consulted: true, Denied: true, Reasons: reasons, Why: why}
}

func passedBy(layer, why string) LayerTrace {
	return LayerTrace{Layer: layer, Consulted: true, Why: why}
}

func (x *snapshotExplanation) addressLayer() LayerTrace {
	switch {
	case x.ClientIndex >= 0:
		return passedBy("address", fmt.Sprintf("the client is %s", normal(x.chain[x.ClientIndex])))
	case len(x.chain) == 0:
		return deniedBy("address", "the request has no address", reasonsOf(ClientUnresolved))
	default:
		return deniedBy("address", "a hop that cannot be read stands before the client", reasonsOf(ClientUnresolved))
	}
}

func (x *snapshotExplanation) overlayLayer() LayerTrace {
	overlays := func(a addressPattern) bool { return a.flags&(overlayDenied|overlayAllowed) != 0 }
	switch {
	case !slices.ContainsFunc(x.addressPatterns, overlays):
		return LayerTrace{Layer: "overlay", Why: "the policy has no overlay entry in force"}
	case x.ClientIndex < 0:
		return passedBy("overlay", "")
	case x.request.overlayDenied:
		layer := deniedBy("overlay", "an entry denies an address of the request", reasonsOf(Overlay))
		if addr, entry := x.overlayEntry(); entry != nil {
			layer.Why, layer.Entries = fmt.Sprintf("%s is denied by %s%s", addr, entry.Text, bracketed(entry.Why)), []zone.Position{entry.Position}
		}
		return layer
	case x.addressPatterns[x.request.address].flags&overlayAllowed != 0:
		layer := passedBy("overlay", "an entry allows the client; later layers are skipped")
		layer.Reasons = reasonsOf(Overlay)
		if entry := overlayEntryThatHolds(x.documents.allow, x.client()); entry != nil {
			layer.Why, layer.Entries = fmt.Sprintf("%s is allowed by %s%s; later layers are skipped", x.client(), entry.Text, bracketed(entry.Why)), []zone.Position{entry.Position}
		}
		return layer
	default:
		return passedBy("overlay", "no entry holds an address of the request")
	}
}

// client is the client's address, and inside the IPv4 address embedded in it, if one counts.
func (x *snapshotExplanation) client() netip.Addr { return normal(x.chain[x.ClientIndex]) }

func (x *snapshotExplanation) inside() netip.Addr {
	if !x.request.hasEmbedded {
		return netip.Addr{}
	}
	return embeddedIPv4(x.client())
}

func bracketed(text string) string {
	if text == "" {
		return ""
	}
	return " (" + text + ")"
}

// overlayEntry is the entry by which the overlay denies the request, and what it holds.
func (x *snapshotExplanation) overlayEntry() (netip.Addr, *zone.OverlayEntry) {
	for i, hop := range x.chain {
		addr := normal(hop)
		if entry := overlayEntryThatHolds(x.documents.deny, addr); entry != nil {
			return addr, entry
		}
		if i == x.ClientIndex {
			if entry := overlayEntryThatHolds(x.documents.deny, x.inside()); entry != nil {
				return x.inside(), entry
			}
		}
	}
	return netip.Addr{}, nil
}

func (x *snapshotExplanation) blocklistLayer() LayerTrace {
	switch {
	case !x.blocklists:
		return LayerTrace{Layer: "blocklist", Why: "the policy has no ACTIVE blocklist zone"}
	case x.request.blocked:
		holds := "holds"
		if x.request.mayBlock {
			holds = "may hold"
		}
		return deniedBy("blocklist", fmt.Sprintf("zone %q %s an address of the request", x.zones[x.request.blockedBy].ref.Name, holds), reasonsOf(Blocklisted))
	default:
		return passedBy("blocklist", "no blocklist zone holds an address of the request that is not exempt")
	}
}

func (x *snapshotExplanation) threatLayer() LayerTrace {
	switch {
	case x.threat.action == zone.ThreatNone:
		return LayerTrace{Layer: "threat", Why: "ThreatInsight's action is none, or the policy has no configuration of it"}
	case x.ClientIndex < 0:
		return passedBy("threat", "")
	}
	layer := x.threatOutcome()
	if entry := x.threatEntry(); entry != nil {
		layer.Why += fmt.Sprintf(" (%s)", entry.Text)
		layer.Entries = []zone.Position{entry.Position}
	}
	return layer
}

// threatEntry is the entry of a feed that holds the client, or what is embedded in it,
// unless the exempt zone does.
func (x *snapshotExplanation) threatEntry() *zone.Entry {
	feeds := x.documents.feeds
	listed := func(pattern *addressPattern) bool { return pattern.flags&(threatened|exempted) == threatened }
	if listed(&x.addressPatterns[x.request.address]) {
		return entryThatHolds(feeds, x.client())
	}
	if listed(&x.addressPatterns[x.request.embedded.address]) {
		return entryThatHolds(feeds, x.inside())
	}
	return nil
}

func (x *snapshotExplanation) threatOutcome() LayerTrace {
	switch {
	case !x.threatens(&x.request, &x.addressPatterns[x.request.address]):
		return passedBy("threat", "the client is in no threat feed, exempt, or in an excluded zone")
	case x.threat.action == zone.ThreatAudit:
		layer := passedBy("threat", "the client is in a threat feed; the action is audit")
		layer.Reasons = reasonsOf(Threat)
		return layer
	default:
		return deniedBy("threat", "the client is in a threat feed", reasonsOf(Threat))
	}
}

func (x *snapshotExplanation) rulesLayer() LayerTrace {
	if len(x.ruleSets) == 0 {
		return LayerTrace{Layer: "rules", Why: "the policy has no rules"}
	}
	last := "not evaluated"
	for i, applied := range x.applied {
		switch {
		case applied == nil:
			return deniedBy("rules", fmt.Sprintf("no rule of policy %d applies", i+1), reasonsOf(NoRule))
		case !applied.allow:
			return deniedBy("rules", fmt.Sprintf("rule %q of policy %d denies", applied.name, i+1), reasonsOf(RuleMatched))
		}
		last = fmt.Sprintf("rule %q of policy %d allows", applied.name, i+1)
	}
	return passedBy("rules", last)
}

// sailPointLayer says SailPoint's two facts, enforced or not.
func (x *snapshotExplanation) sailPointLayer() LayerTrace {
	s := &x.sailPoint
	switch {
	case !s.present:
		return LayerTrace{Layer: "sailpoint", Why: "the policy has no SailPoint document"}
	case x.ClientIndex < 0:
		return LayerTrace{Layer: "sailpoint", Consulted: s.enforced(), Why: "nothing is enforced"}
	}
	onNet := x.addressPatterns[x.request.address].flags&onNetwork != 0
	country := x.geoPatterns[x.request.geo].country
	why := fmt.Sprintf("on the network: %s; in a trusted country: %s", truthOf(onNet).state(), country.state())
	if !s.enforced() {
		return LayerTrace{Layer: "sailpoint", Why: why + "; neither is enforced"}
	}
	layer := passedBy("sailpoint", why)
	if failed := s.failures(onNet, country); failed != 0 {
		layer = deniedBy("sailpoint", why, failed)
	}
	if entry := entryThatHolds(x.documents.network, x.client()); entry != nil && onNet && s.enforceNetwork {
		layer.Entries = []zone.Position{entry.Position}
	}
	return layer
}
