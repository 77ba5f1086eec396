package decide

import (
	"fmt"
	"net/netip"

	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/zone"
)

// naive is what Explain works from: the documents of a Config, copied, and the
// geo table, which is a source. It shares nothing with the compiled policy that
// either has worked out: what orders rules, finds the zones that they name and
// tells what is in force is here a second time.
type naive struct {
	zones    []naiveZone // as Policy.zones
	policies []naivePolicy
	geo      *geo.Table

	threatInsight bool // the policy has a ThreatInsight configuration
	threatAction  zone.ThreatAction
	feeds         []naiveList
	leftAlone     []int // the zones whose requests ThreatInsight leaves alone

	sailPoint    *zone.NetworkConfig
	networks     naiveList // its range
	authProfile  *zone.AuthProfile
	trustUnknown bool // unknown countries pass a block list

	deny, allow []naiveOverlayEntry // of the overlay, those in force
}

// naiveZone is a zone's model with its lists, searched one entry after another.
type naiveZone struct {
	*zone.Zone
	ref      *ZoneRef
	gateways naiveList
	proxies  naiveList // only those that count: of ACTIVE IP zones of usage POLICY, the exempt zone excepted
}

// canHold says that a rule's condition can be in the zone at all.
func (z *naiveZone) canHold() bool { return z.Active && !z.Blocklist }

// newNaive copies what Explain needs of a Config whose zones have been copied
// already, with the names under which decisions speak of them.
func newNaive(config Config, zones []*zone.Zone, refs []*ZoneRef) naive {
	n := naive{geo: config.Geo, trustUnknown: config.UnknownCountry == TrustUnknownCountry}
	for i, spec := range zones {
		z := naiveZone{Zone: spec, ref: refs[i], gateways: newNaiveList(spec.Gateways)}
		if spec.Active && spec.Type == zone.IP && !spec.Blocklist && !spec.Exempt {
			z.proxies = newNaiveList(spec.Proxies)
		}
		n.zones = append(n.zones, z)
	}
	n.readRules(config.Rules)
	n.readThreatInsight(config.ThreatInsight, config.ThreatFeeds)
	n.readSailPoint(config.SailPoint, config.AuthProfile)
	if config.Overlay != nil {
		n.deny = unexpired(config.Overlay.Deny, config.Now)
		n.allow = unexpired(config.Overlay.Allow, config.Now)
	}
	return n
}

// naiveRequest evaluates one request the slow way.
type naiveRequest struct {
	source      *naive
	chain       []netip.Addr
	client      int // index, -1 while unresolved
	embedded    netip.Addr
	states      []State // by zone
	quiet       bool    // nobody wants to read why
	explanation Explanation
}

func (n *naiveRequest) readChain(chain []netip.Addr) {
	for _, addr := range chain {
		if addr.IsValid() {
			addr = addr.WithZone("").Unmap()
		}
		n.chain = append(n.chain, addr)
	}
	for i, addr := range n.chain {
		if !addr.IsValid() {
			return
		}
		if len(n.trustedBy(addr)) == 0 || i == len(n.chain)-1 {
			n.client = i
			break
		}
	}
	if n.client >= 0 {
		n.embedded = embeddedByPrefix(n.chain[n.client])
	}
}

// embeddedByPrefix finds the IPv4 address inside an IPv6 one by the prefixes
// and their texts; the zero Addr if there is none.
func embeddedByPrefix(addr netip.Addr) netip.Addr {
	in := func(prefix string) bool { return netip.MustParsePrefix(prefix).Contains(addr) }
	if !addr.Is6() {
		return netip.Addr{}
	}
	bytes := addr.AsSlice()
	var four []byte
	switch {
	case in("64:ff9b::/96"):
		four = bytes[len(bytes)-4:]
	case in("2002::/16"):
		four = bytes[2:6]
	case in("2001::/32"):
		for _, b := range bytes[len(bytes)-4:] {
			four = append(four, 0xff-b)
		}
	}
	found, _ := netip.AddrFromSlice(four)
	return found
}

// text is Sprintf, unless nobody reads it.
func (n *naiveRequest) text(format string, args ...any) string {
	if n.quiet {
		return ""
	}
	return fmt.Sprintf(format, args...)
}

// trustedBy are the zones whose proxies make addr a trusted hop.
func (n *naiveRequest) trustedBy(addr netip.Addr) []*ZoneRef {
	var zones []*ZoneRef
	for i := range n.source.zones {
		z := &n.source.zones[i]
		if z.proxies.find(addr) != nil {
			zones = append(zones, z.ref)
		}
	}
	return zones
}

func (n *naiveRequest) location(addr netip.Addr) geo.Location {
	_, at := n.source.geo.Find(addr)
	return at
}

// exempt says that the ACTIVE exempt zone lists addr.
func (n *naiveRequest) exempt(addr netip.Addr) bool {
	for i := range n.source.zones {
		z := &n.source.zones[i]
		if z.Exempt && z.Active && z.gateways.find(addr) != nil {
			return true
		}
	}
	return false
}

func (n *naiveRequest) explainHops() {
	for i, addr := range n.chain {
		hop := HopTrace{Addr: addr, Client: i == n.client}
		if addr.IsValid() {
			hop.TrustedBy = n.trustedBy(addr)
			hop.Location = n.location(addr)
			hop.Hits = n.hits(addr, hop.Client)
			if hop.Client && n.embedded.IsValid() {
				for _, hit := range n.hits(n.embedded, false) {
					hit.Evidence = n.text("the IPv4 address %s embedded in it: %s", n.embedded, hit.Evidence)
					hop.Hits = append(hop.Hits, hit)
				}
			}
		}
		n.explanation.Hops = append(n.explanation.Hops, hop)
	}
	if n.client >= 0 {
		n.explanation.Range, n.explanation.Location = n.source.geo.Find(n.chain[n.client])
	}
}

// hits are the blocklist zones that hold one address. An unknown one counts
// where the address is the client itself.
func (n *naiveRequest) hits(addr netip.Addr, client bool) []Hit {
	var hits []Hit
	at := n.location(addr)
	for i := range n.source.zones {
		z := &n.source.zones[i]
		if !z.Active || !z.Blocklist {
			continue
		}
		state, why := n.holds(z, addr, at)
		if state == Match || (state == Unknown && client) {
			hits = append(hits, Hit{Zone: z.ref, Addr: addr, Unknown: state == Unknown, Exempt: n.exempt(addr), Evidence: why})
		}
	}
	return hits
}

func (n *naiveRequest) inGateway(addr netip.Addr, entry *zone.Entry) string {
	return n.text("%s is in gateway %s", addr, entry.Text)
}

// holds says whether a zone holds a single address, without a chain.
func (n *naiveRequest) holds(z *naiveZone, addr netip.Addr, at geo.Location) (State, string) {
	if z.Type != zone.IP {
		return n.dynamic(z.Zone, at)
	}
	if entry := z.gateways.find(addr); entry != nil {
		return Match, n.inGateway(addr, entry)
	}
	if n.quiet {
		return No, ""
	}
	return No, n.text("%s is in no gateway", addr)
}

func (n *naiveRequest) explainZones() {
	count := len(n.source.zones)
	n.states = make([]State, 0, count)
	n.explanation.Zones = make([]ZoneTrace, 0, count)
	for i := range n.source.zones {
		z := &n.source.zones[i]
		trace := ZoneTrace{Zone: z.ref, Key: z.Key(), Type: z.Type, Use: use(z.Zone)}
		trace.State, trace.Why = n.zoneState(z)
		n.states = append(n.states, trace.State)
		n.explanation.Zones = append(n.explanation.Zones, trace)
	}
}

func use(z *zone.Zone) string {
	switch {
	case !z.Active:
		return "INACTIVE"
	case z.Blocklist:
		return "BLOCKLIST"
	case z.Exempt:
		return "EXEMPT"
	default:
		return "POLICY"
	}
}

func (n *naiveRequest) zoneState(z *naiveZone) (State, string) {
	switch {
	case !z.Active:
		return No, "the zone is INACTIVE"
	case z.Type == zone.IP && !z.Blocklist:
		return n.walk(z)
	case n.client < 0:
		return Unknown, "the client is not known"
	default:
		client := n.chain[n.client]
		return n.holds(z, client, n.location(client))
	}
}

// walk follows the chain for one IP zone: at most five hops from the nearest,
// by the zone's own lists alone.
func (n *naiveRequest) walk(z *naiveZone) (State, string) {
	for i, addr := range n.chain {
		if i == 5 {
			return No, "none of the first five hops is a gateway"
		}
		if !addr.IsValid() {
			return No, n.text("hop %d cannot be read", i+1)
		}
		if entry := z.gateways.find(addr); entry != nil {
			return Match, n.text("hop %d, %s, is in gateway %s", i+1, addr, entry.Text)
		}
		if z.proxies.find(addr) == nil {
			if n.quiet {
				return No, ""
			}
			return No, n.text("hop %d, %s, is neither gateway nor proxy of this zone", i+1, addr)
		}
	}
	return No, "the chain ends in proxies of this zone; no hop is a gateway"
}
