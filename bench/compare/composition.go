package compare

import (
	"net/netip"
	"runtime"
	"slices"
	"testing"

	"go4.org/netipx"

	"github.com/netwicket/netwicket/bench/workload"
	"github.com/netwicket/netwicket/zone"
)

// composition is the whole policy as a Go programmer writes it without an
// engine: a set of addresses for every IP zone, three databases, maps of
// countries and ASNs, and the rules.
type composition struct {
	databases *databases
	zones     []composedZone
	blocking  []int // the zones that are blocklists
	rules     []modelRule
	network   *netipx.IPSet
	blocked   map[string]bool
	lazy      bool // look at a zone when it is needed, not at all before the rules
}

type composedZone struct {
	addresses *netipx.IPSet
	countries map[string]bool
	asns      map[uint32]bool
	proxy     zone.ProxyType
	category  string
}

func newComposition(tb testing.TB, in *workload.Internet, m *model, lazy bool) *composition {
	c := &composition{databases: openDatabases(tb, in), rules: m.rules, network: setOf(tb, m.network), blocked: m.blocked, lazy: lazy}
	for i := range m.zones {
		z := &m.zones[i]
		var composed composedZone
		switch {
		case z.isIP():
			composed.addresses = setOf(tb, z.prefixes)
		case z.Locations.Defined():
			composed.countries = map[string]bool{}
			for _, place := range zone.ValuesOf(z.Locations.Include) {
				composed.countries[place.Country] = true
			}
		case z.ASNs.Defined():
			composed.asns = map[uint32]bool{}
			for _, asn := range zone.ValuesOf(z.ASNs.Include) {
				composed.asns[asn] = true
			}
		case z.Categories.Defined():
			composed.category = z.Categories.Include[0].Value
		default:
			composed.proxy = z.Proxy
		}
		c.zones = append(c.zones, composed)
		if z.Blocklist {
			c.blocking = append(c.blocking, i)
		}
	}
	return c
}

// state is whether an address is in the zone.
func (z *composedZone) state(addr netip.Addr, f *facts) state {
	switch {
	case z.addresses != nil:
		return stateOf(z.addresses.Contains(addr))
	case z.countries != nil:
		if f.country == "" {
			return unknown
		}
		return stateOf(z.countries[f.country])
	case z.asns != nil:
		if f.asn == 0 {
			return unknown
		}
		return stateOf(z.asns[f.asn])
	case z.category != "":
		return stateOf(offers(f, z.category))
	}
	anonymizer := f.anonymizer()
	switch z.proxy {
	case zone.TorAnonymizer:
		return stateOf(anonymizer == "tor")
	case zone.NotTorAnonymizer:
		return stateOf(anonymizer == "anonymous")
	case zone.AnyAnonymizer:
		return stateOf(anonymizer != "none")
	case zone.ProxyUnset:
	}
	panic("package workload makes no zone that asks for nothing")
}

// offers says that the address offers a service of the category.
func offers(f *facts, category string) bool {
	switch category {
	case "ANONYMIZER_TOR":
		return f.Tor
	case "ALL_ANONYMIZERS_EXCEPT_TOR", "ALL_PROXIES_VPNS":
		return f.proxyOrVPN()
	default: // ALL_ANONYMIZERS, ALL_IP_SERVICES
		return f.Tor || f.proxyOrVPN()
	}
}

// states are those of the zones for one address, as far as they are known yet.
type states struct {
	addr netip.Addr
	facts
	known [workload.ChainZones]bool
	state [workload.ChainZones]state
}

func (c *composition) stateOf(s *states, i int) state {
	if !s.known[i] {
		s.known[i], s.state[i] = true, c.zones[i].state(s.addr, &s.facts)
	}
	return s.state[i]
}

func (c *composition) allow(addr netip.Addr) (bool, error) {
	s := states{addr: addr}
	var err error
	if s.facts, err = c.databases.lookup(addr); err != nil {
		return false, err
	}
	if !c.lazy {
		for i := range c.zones {
			c.stateOf(&s, i)
		}
	}
	for _, i := range c.blocking {
		if c.stateOf(&s, i) != no {
			return false, nil
		}
	}
	if embedded, found := embeddedIPv4(addr); found {
		blocked, err := c.blocks(embedded)
		if blocked || err != nil {
			return false, err
		}
	}
	if !c.ruleAllows(&s) {
		return false, nil
	}
	return c.network.Contains(addr) && s.country != "" && !c.blocked[s.country], nil
}

// blocks says that a blocklist surely holds the address.
func (c *composition) blocks(addr netip.Addr) (bool, error) {
	f, err := c.databases.lookup(addr)
	if err != nil {
		return true, err
	}
	return slices.ContainsFunc(c.blocking, func(i int) bool { return c.zones[i].state(addr, &f) == yes }), nil
}

// ruleAllows is the access of the first rule that applies: one that allows must
// surely hold, one that denies need only possibly hold.
func (c *composition) ruleAllows(s *states) bool {
	for i := range c.rules {
		rule := &c.rules[i]
		held := yes
		if !rule.anywhere {
			held = no
			for _, z := range rule.zones {
				if held = max(held, c.stateOf(s, z)); held == yes {
					break
				}
			}
			if rule.exclude {
				held = yes - held
			}
		}
		if rule.allow && held == yes {
			return true
		}
		if !rule.allow && held != no {
			return false
		}
	}
	return false
}

func (c *composition) loop(b *testing.B, addresses []netip.Addr) {
	allowed, i := 0, 0
	clock := workload.StartClock(b)
	for b.Loop() {
		allow, err := c.allow(addresses[i&(len(addresses)-1)])
		if err != nil {
			b.Fatal(err)
		}
		if allow {
			allowed++
		}
		i++
	}
	clock.Report()
	runtime.KeepAlive(allowed)
}
