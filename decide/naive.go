package decide

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/zone"
)

// naive is what Explain works from besides the zones' models: the rest of the
// Config, copied.
type naive struct {
	geo         *geo.Table
	sailPoint   *zone.NetworkConfig
	authProfile *zone.AuthProfile
	trust       bool // unknown countries pass a block list
}

func (c *compiler) keepForExplain() {
	n := naive{geo: c.config.Geo, trust: c.config.UnknownCountry == TrustUnknownCountry}
	if document := c.config.SailPoint; document != nil {
		kept := *document
		kept.Range = slices.Clone(document.Range)
		kept.Geolocation = slices.Clone(document.Geolocation)
		kept.Text, kept.Warnings = nil, nil
		n.sailPoint = &kept
	}
	if profile := c.config.AuthProfile; profile != nil {
		kept := *profile
		kept.Text, kept.Warnings = nil, nil
		n.authProfile = &kept
		if n.sailPoint == nil {
			n.sailPoint = &zone.NetworkConfig{}
		}
	}
	c.p.source = n
}

// naiveRequest evaluates one request the slow way.
type naiveRequest struct {
	policy      *Policy
	chain       []netip.Addr
	client      int // index, -1 while unresolved
	embedded    netip.Addr
	states      []State // by zone
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

// trustedBy are the zones whose proxies make addr a trusted hop.
func (n *naiveRequest) trustedBy(addr netip.Addr) []*ZoneRef {
	var zones []*ZoneRef
	for i := range n.policy.zones {
		z := &n.policy.zones[i]
		if proxies(&z.spec) != nil && listed(proxies(&z.spec), addr) != nil {
			zones = append(zones, z.ref)
		}
	}
	return zones
}

// proxies are the proxies of a zone that count: those of ACTIVE IP zones of
// usage POLICY, the exempt zone excepted.
func proxies(z *zone.Zone) []zone.Entry {
	if !z.Active || z.Type != zone.IP || z.Blocklist || z.Exempt {
		return nil
	}
	return z.Proxies
}

// listed is the first entry that holds addr, or nil.
func listed(entries []zone.Entry, addr netip.Addr) *zone.Entry {
	for i := range entries {
		from, to := entries[i].Range.From(), entries[i].Range.To()
		if from.BitLen() == addr.BitLen() && from.Compare(addr) <= 0 && addr.Compare(to) <= 0 {
			return &entries[i]
		}
	}
	return nil
}

func (n *naiveRequest) location(addr netip.Addr) geo.Location {
	_, at := n.policy.source.geo.Find(addr)
	return at
}

// exempt says that the ACTIVE exempt zone lists addr.
func (n *naiveRequest) exempt(addr netip.Addr) bool {
	for i := range n.policy.zones {
		z := &n.policy.zones[i].spec
		if z.Exempt && z.Active && listed(z.Gateways, addr) != nil {
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
					hit.Evidence = fmt.Sprintf("the IPv4 address %s embedded in it: %s", n.embedded, hit.Evidence)
					hop.Hits = append(hop.Hits, hit)
				}
			}
		}
		n.explanation.Hops = append(n.explanation.Hops, hop)
	}
	if n.client >= 0 {
		n.explanation.Range, n.explanation.Location = n.policy.source.geo.Find(n.chain[n.client])
	}
}

// hits are the blocklist zones that hold one address. An unknown one counts
// where the address is the client itself.
func (n *naiveRequest) hits(addr netip.Addr, client bool) []Hit {
	var hits []Hit
	at := n.location(addr)
	for i := range n.policy.zones {
		z := &n.policy.zones[i]
		if !z.spec.Active || !z.spec.Blocklist {
			continue
		}
		state, why := n.holds(&z.spec, addr, at)
		if state == Match || (state == Unknown && client) {
			hits = append(hits, Hit{Zone: z.ref, Addr: addr, Unknown: state == Unknown, Exempt: n.exempt(addr), Evidence: why})
		}
	}
	return hits
}

// holds says whether a zone holds a single address, without a chain.
func (n *naiveRequest) holds(z *zone.Zone, addr netip.Addr, at geo.Location) (State, string) {
	if z.Type != zone.IP {
		return naiveDynamic(z, at)
	}
	if entry := listed(z.Gateways, addr); entry != nil {
		return Match, fmt.Sprintf("%s is in gateway %s", addr, entry.Text)
	}
	return No, fmt.Sprintf("%s is in no gateway", addr)
}

func (n *naiveRequest) explainZones() {
	for i := range n.policy.zones {
		z := &n.policy.zones[i]
		trace := ZoneTrace{Zone: z.ref, Key: z.spec.Key(), Type: z.spec.Type, Use: use(&z.spec)}
		trace.State, trace.Why = n.zoneState(&z.spec)
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

func (n *naiveRequest) zoneState(z *zone.Zone) (State, string) {
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
func (n *naiveRequest) walk(z *zone.Zone) (State, string) {
	for i, addr := range n.chain {
		if i == 5 {
			return No, "none of the first five hops is a gateway"
		}
		if !addr.IsValid() {
			return No, fmt.Sprintf("hop %d cannot be read", i+1)
		}
		if entry := listed(z.Gateways, addr); entry != nil {
			return Match, fmt.Sprintf("hop %d, %s, is in gateway %s", i+1, addr, entry.Text)
		}
		if listed(proxies(z), addr) == nil {
			return No, fmt.Sprintf("hop %d, %s, is neither gateway nor proxy of this zone", i+1, addr)
		}
	}
	return No, "the chain ends in proxies of this zone; no hop is a gateway"
}
