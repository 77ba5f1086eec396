package compare

import (
	"net/netip"
	"testing"

	"go4.org/netipx"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/zone"
)

// model is the policy of 100 zones as far as it concerns a single address, in
// the form that a program would keep it in without an engine.
type model struct {
	zones   []modelZone // in document order
	rules   []modelRule // by priority
	network []netip.Prefix
	blocked map[string]bool // countries
}

type modelZone struct {
	zone.Zone
	prefixes []netip.Prefix // of an IP zone
}

func (z *modelZone) isIP() bool { return z.Type == zone.IP }

type modelRule struct {
	anywhere bool
	exclude  bool
	allow    bool
	zones    []int
}

// newModel takes the documents' parts. The documents are those of package
// workload, which use no more than what is kept here.
func newModel(tb testing.TB, config decide.Config) *model {
	tb.Helper()
	m := &model{blocked: map[string]bool{}}
	index := map[string]int{}
	for _, z := range config.Zones[0].Zones {
		index[z.ID] = len(m.zones)
		m.zones = append(m.zones, modelZone{Zone: z, prefixes: prefixesOf(tb, z.Gateways)})
	}
	for _, r := range config.Rules[0].Rules {
		rule := modelRule{anywhere: r.Network.Connection == zone.Anywhere, exclude: len(r.Network.Exclude) > 0, allow: r.Allow}
		listed := r.Network.Include
		if rule.exclude {
			listed = r.Network.Exclude
		}
		for _, id := range listed {
			rule.zones = append(rule.zones, index[id.ID])
		}
		m.rules = append(m.rules, rule)
	}
	m.network = prefixesOf(tb, config.SailPoint.Range)
	for _, country := range zone.ValuesOf(config.SailPoint.Geolocation) {
		m.blocked[country] = true
	}
	return m
}

func prefixesOf(tb testing.TB, entries []zone.Entry) []netip.Prefix {
	tb.Helper()
	prefixes := make([]netip.Prefix, len(entries))
	for i, entry := range entries {
		prefix, ok := entry.Range.Prefix()
		if !ok {
			tb.Fatalf("%s is no prefix", entry.Text)
		}
		prefixes[i] = prefix
	}
	return prefixes
}

func setOf(tb testing.TB, prefixes []netip.Prefix) *netipx.IPSet {
	tb.Helper()
	var builder netipx.IPSetBuilder
	for _, prefix := range prefixes {
		builder.AddPrefix(prefix)
	}
	set, err := builder.IPSet()
	if err != nil {
		tb.Fatal(err)
	}
	return set
}

// state is whether an address is in a zone.
type state uint8

const (
	no state = iota
	unknown
	yes
)

func stateOf(b bool) state {
	if b {
		return yes
	}
	return no
}

// embeddedIPv4 is the IPv4 address inside an address of NAT64, 6to4 or Teredo,
// which blocklists look at too.
func embeddedIPv4(addr netip.Addr) (netip.Addr, bool) {
	if addr.Is4() {
		return addr, false
	}
	b := addr.As16()
	switch {
	case nat64.Contains(addr), localNAT64.Contains(addr):
		return netip.AddrFrom4([4]byte(b[12:])), true
	case sixToFour.Contains(addr):
		return netip.AddrFrom4([4]byte(b[2:6])), true
	case teredo.Contains(addr):
		return netip.AddrFrom4([4]byte{^b[12], ^b[13], ^b[14], ^b[15]}), true
	}
	return addr, false
}

var (
	nat64      = netip.MustParsePrefix("64:ff9b::/96")
	localNAT64 = netip.MustParsePrefix("64:ff9b:1::/48")
	sixToFour  = netip.MustParsePrefix("2002::/16")
	teredo     = netip.MustParsePrefix("2001::/32")
	compatible = netip.MustParsePrefix("::/96")
)
