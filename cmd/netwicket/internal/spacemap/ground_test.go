package spacemap_test

import (
	"math/big"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"go4.org/netipx"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/spacemap"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/zone"
)

// slowGround says of one address whether it counts, entry by entry: nothing is
// sorted, joined or cut.
type slowGround struct {
	blocks, entries []netipx.IPRange
	edges           []netip.Addr // where anything begins, or the address behind
	named           []slowEntry  // the entries that can name anything
}

// slowEntry is an entry, and what of it is not named.
type slowEntry struct {
	netipx.IPRange
	wide []netipx.IPRange // the blocks that lie in it as a whole, unless it has nothing else
}

func counting(t testing.TB, config decide.Config) *slowGround {
	t.Helper()
	s := &slowGround{}
	// IANA's registries of special-purpose addresses, as of 2026, and the space of IPv6
	// outside of 2000::/3, written once more.
	for _, text := range []string{
		"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.168.0.0/16",
		"198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
		"::/3", "4000::/3", "6000::/3", "8000::/3", "a000::/3", "c000::/3", "e000::/3",
		"::/128", "::1/128", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001::/32", "2001:2::/48", "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16",
		"fc00::/7", "fe80::/10", "ff00::/8",
	} {
		s.blocks = append(s.blocks, netipx.RangeOfPrefix(netip.MustParsePrefix(text)))
	}
	add := func(list []zone.Entry) {
		for _, e := range list {
			s.entries = append(s.entries, e.Range)
		}
	}
	for _, z := range config.Zones {
		for i := range z.Zones {
			if z.Zones[i].Active {
				add(z.Zones[i].Gateways)
				add(z.Zones[i].Proxies)
			}
		}
	}
	for _, feed := range config.ThreatFeeds {
		add(feed.Entries)
	}
	if config.SailPoint != nil {
		add(config.SailPoint.Range)
	}
	if config.Overlay != nil {
		for _, e := range slices.Concat(config.Overlay.Deny, config.Overlay.Allow) {
			s.entries = append(s.entries, e.Range)
		}
	}
	for r, at := range config.Geo.All() {
		if at.Country != "" || at.ASNKnown && at.ASN != 0 || at.Anonymizer == geo.Anonymous || at.Anonymizer == geo.Tor || serves(at.Services) {
			s.entries = append(s.entries, r)
		}
	}
	for _, r := range slices.Concat(s.blocks, s.entries) {
		s.edges = append(s.edges, r.From())
		if next := r.To().Next(); next.IsValid() {
			s.edges = append(s.edges, next)
		}
	}
	slices.SortFunc(s.edges, netip.Addr.Compare)
	s.edges = slices.Compact(s.edges)
	for _, e := range s.entries {
		// What is special from end to end is meant, so look at every edge inside.
		alone := s.special(e.From()) && s.special(e.To())
		for _, edge := range s.edges {
			alone = alone && (!e.Contains(edge) || s.special(edge))
		}
		named := slowEntry{IPRange: e}
		if !alone {
			if within(netipx.RangeOfPrefix(netip.MustParsePrefix("2000::/3")), e) {
				continue
			}
			for _, block := range s.blocks {
				if within(block, e) {
					named.wide = append(named.wide, block)
				}
			}
		}
		s.named = append(s.named, named)
	}
	return s
}

func serves(services geo.Services) bool {
	for range services.All() {
		return true
	}
	return false
}

func (s *slowGround) special(a netip.Addr) bool { return isIn(s.blocks, a) }

func isIn(list []netipx.IPRange, a netip.Addr) bool {
	return slices.ContainsFunc(list, func(r netipx.IPRange) bool { return r.Contains(a) })
}

func within(inner, outer netipx.IPRange) bool {
	return outer.Contains(inner.From()) && outer.Contains(inner.To())
}

func (s *slowGround) counts(addr netip.Addr) bool {
	if addr.Is4() && !s.special(addr) {
		return true
	}
	return slices.ContainsFunc(s.named, func(e slowEntry) bool { return e.Contains(addr) && !isIn(e.wide, addr) })
}

// within are the parts of a range that count.
func (s *slowGround) within(r netipx.IPRange) []netipx.IPRange {
	var parts []netipx.IPRange
	from := r.From()
	cut := func(to netip.Addr) {
		if s.counts(from) {
			parts = append(parts, netipx.IPRangeFrom(from, to))
		}
	}
	for _, edge := range s.edges {
		if r.Contains(edge) && from.Less(edge) {
			cut(edge.Prev())
			from = edge
		}
	}
	cut(r.To())
	return parts
}

func size(r netipx.IPRange) float64 {
	from, to := new(big.Int).SetBytes(r.From().AsSlice()), new(big.Int).SetBytes(r.To().AsSlice())
	n, _ := new(big.Float).SetInt(to.Sub(to, from)).Float64()
	return n + 1
}

func TestWhatCounts(t *testing.T) {
	sail := func(networks string) decide.Config {
		network, err := zone.ParseSailPoint("network.json", []byte(`{"range":[`+networks+`]}`))
		require.NoError(t, err)
		return decide.Config{SailPoint: &network}
	}
	corrections := func(rows string) decide.Config {
		table, err := geo.Load(geo.Source{File: "rows.csv", Data: []byte("network,country,region,asn,anonymizer,services\n" + rows)})
		require.NoError(t, err)
		return decide.Config{Geo: table}
	}
	zones := func(text string) decide.Config {
		parsed, err := zone.ParseOkta("zones.json", []byte(text))
		require.NoError(t, err)
		return decide.Config{Zones: []zone.Zones{parsed}}
	}
	feed, err := zone.ParseFeed("feed.txt", []byte("192.0.2.66\n"))
	require.NoError(t, err)
	overlay, err := zone.ParseOverlay("overlay.json", []byte(`{"deny":[{"network":"169.254.169.254","why":"test"}],"allow":[{"network":"fd00:1::/32","why":"test"}]}`))
	require.NoError(t, err)
	tests := []struct {
		name   string
		config decide.Config
		want   map[string]string
	}{
		{"nothing is named", decide.Config{}, map[string]string{
			"8.8.8.8": "", "10.0.0.1": "reserved", "11.0.0.0": "", "9.255.255.255": "", "192.0.2.1": "reserved", "192.0.3.0": "", "223.255.255.255": "", "224.0.0.0": "reserved",
			"255.255.255.255": "reserved", "172.15.255.255": "", "172.31.255.255": "reserved", "100.127.255.255": "reserved", "100.128.0.0": "",
			"2600::": "unnamed", "2001:db8::1": "reserved", "2002::1": "reserved", "2001:4::": "reserved", "4000::": "reserved", "fe80::1": "reserved", "::1": "reserved", "::ffff:1.2.3.4": "mapped",
		}},
		{"a private network", sail(`"10.1.0.0/16"`), map[string]string{"10.1.2.3": "", "10.2.0.0": "reserved", "10.0.255.255": "reserved"}},
		{"the whole private block", sail(`"10.0.0.0/8"`), map[string]string{"10.1.2.3": "", "127.0.0.1": "reserved"}},
		{"everything is no name", sail(`"0.0.0.0/0","::/0"`), map[string]string{"10.1.2.3": "reserved", "8.8.8.8": "", "2600::": "unnamed", "fd00::1": "reserved"}},
		{"nor is a prefix that holds a block and more", sail(`"8.0.0.0/5"`), map[string]string{"10.1.2.3": "reserved", "9.0.0.0": ""}},
		{"two blocks side by side are meant", sail(`"224.0.0.0/3"`), map[string]string{"224.0.0.1": "", "255.255.255.255": ""}},
		{"a block that is named besides", sail(`"0.0.0.0/0","192.168.1.0/24"`), map[string]string{"192.168.1.1": "", "192.168.2.1": "reserved"}},
		{"IPv6 that is named", sail(`"2600:1::/32","fd00::/8"`), map[string]string{"2600:1::1": "", "2600:2::": "unnamed", "fd00::1": "", "fc00::1": "reserved"}},
		{"a short IPv6 prefix around documentation", sail(`"2001::/16"`), map[string]string{"2001:218::1": "", "2001:db8::1": "reserved", "2001::1": "reserved"}},
		{"a source", corrections("10.0.0.0/16,DE,,,,\n2600::/32,DE,,,,\n"), map[string]string{"10.0.1.2": "", "10.1.0.0": "reserved", "2600::1": "", "2600:1::": "unnamed"}},
		{"a source that tells nothing but that it is none", corrections("10.0.0.0/16,,,,none,\n"), map[string]string{"10.0.1.2": "reserved"}},
		{"an operator", corrections("10.0.0.0/16,,,64500,,\n10.1.0.0/16,,,-,,\n10.2.0.0/16,,,1,,\n"), map[string]string{"10.0.1.2": "", "10.1.0.0": "reserved", "10.2.0.0": ""}},
		{"an anonymizer", corrections("10.0.0.0/16,,,,anonymous,\n10.1.0.0/16,,,,none,\n10.2.0.0/16,,,,tor,\n"), map[string]string{"10.0.1.2": "", "10.1.0.0": "reserved", "10.2.0.0": ""}},
		{"a service", corrections("10.0.0.0/16,,,,,NORD_VPN\n10.1.0.0/16,,,,,-\n"), map[string]string{"10.0.1.2": "", "10.1.0.0": "reserved"}},
		{"an ACTIVE zone, also its proxies", zones(`[{"type":"IP","id":"a","name":"A","status":"ACTIVE","gateways":[{"type":"CIDR","value":"10.1.0.0/16"}],"proxies":[{"type":"CIDR","value":"10.2.0.0/16"}]}]`),
			map[string]string{"10.1.0.1": "", "10.2.0.1": "", "10.3.0.1": "reserved"}},
		{"an INACTIVE zone is not asked", zones(`[{"type":"IP","id":"a","name":"A","status":"INACTIVE","gateways":[{"type":"CIDR","value":"10.1.0.0/16"}]}]`), map[string]string{"10.1.0.1": "reserved"}},
		{"a threat feed", decide.Config{ThreatFeeds: []zone.Feed{feed}}, map[string]string{"192.0.2.66": "", "192.0.2.67": "reserved"}},
		{"an overlay", decide.Config{Overlay: &overlay}, map[string]string{"169.254.169.254": "", "fd00:1::5": "", "169.254.0.1": "reserved"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m := spacemap.New(spacemap.Subject{Config: test.config})
			slow := counting(t, test.config)
			for text, want := range test.want {
				addr := netip.MustParseAddr(text)
				require.Equal(t, want, m.Ground(addr), text)
				require.Equal(t, want == "", slow.counts(addr), "%s, by the slow way", text)
			}
		})
	}
}

func TestWhatCountsAgreesWithTheSlowWay(t *testing.T) {
	for seed := range uint64(4) {
		p, config := policy(t, seed)
		m := spacemap.New(spacemap.Subject{Policy: p, Config: config})
		slow := counting(t, config)
		random := rand.New(rand.NewPCG(seed, 5))
		for i := range 1500 {
			addr := [2]netip.Addr{address4(random), address6(random)}[i%2]
			if i%3 == 0 {
				addr = slow.edges[random.IntN(len(slow.edges))]
				if i%2 == 0 && addr.Prev().IsValid() {
					addr = addr.Prev()
				}
			}
			if got := m.Ground(addr); got != "mapped" && (got == "") != slow.counts(addr) {
				t.Fatalf("seed %d: %v is %q on the map, and counts %v", seed, addr, got, slow.counts(addr))
			}
		}
	}
}

// Two policies are compared on what either names.
func TestComparisonCountsWhatEitherNames(t *testing.T) {
	old, err := zone.ParseSailPoint("old.json", []byte(`{"range":["10.0.0.0/16"]}`))
	require.NoError(t, err)
	after, err := zone.ParseSailPoint("new.json", []byte(`{"range":["10.1.0.0/16"]}`))
	require.NoError(t, err)
	m := spacemap.New(spacemap.Subject{Config: decide.Config{SailPoint: &after}, Compare: true, OldConfig: decide.Config{SailPoint: &old}})
	require.Empty(t, m.Ground(netip.MustParseAddr("10.0.0.1")))
	require.Empty(t, m.Ground(netip.MustParseAddr("10.1.0.1")))
	require.Equal(t, "reserved", m.Ground(netip.MustParseAddr("10.2.0.1")))
}

// Reserved space is grey, and stands in no number.
func TestReservedIsGrey(t *testing.T) {
	p, err := decide.Compile(decide.Config{SailPoint: &zone.NetworkConfig{}})
	require.NoError(t, err)
	m := spacemap.New(spacemap.Subject{Policy: p})
	grey := m.ColourOf(netip.MustParseAddr("10.1.2.3"))
	require.Equal(t, grey.R, grey.G)
	require.Equal(t, grey.G, grey.B)
	require.Equal(t, grey, m.ColourOf(netip.MustParseAddr("127.0.0.1")))
	require.NotEqual(t, grey, m.ColourOf(netip.MustParseAddr("8.8.8.8")))
	v4, _ := m.Amounts()
	sum := 0.0
	for _, n := range v4 {
		sum += n
	}
	// All of IPv4 less IANA's blocks, by their lengths.
	want := float64(1 << 32)
	for bits, n := range map[int]int{8: 3, 10: 1, 16: 2, 12: 1, 24: 4, 15: 1, 4: 2} {
		want -= float64(n) * float64(uint64(1)<<(32-bits))
	}
	require.Equal(t, want, sum)
}

// The panel of IPv6 has a cell for each network that holds something named, the
// longest that are not too many.
func TestCells(t *testing.T) {
	cells := func(networks ...string) (texts []string) {
		var entries []zone.Entry
		for _, n := range networks {
			entries = append(entries, zone.Entry{Range: netipx.RangeOfPrefix(netip.MustParsePrefix(n))})
		}
		for _, cell := range spacemap.New(spacemap.Subject{Config: decide.Config{SailPoint: &zone.NetworkConfig{Range: entries}}}).Cells() {
			texts = append(texts, cell.String())
		}
		return texts
	}
	require.Empty(t, cells())
	require.Empty(t, cells("::/0"))
	require.Equal(t, []string{"2001:db8::/32"}, cells("2001:db8:1::/48", "2001:db8:2::7/128"))
	require.Equal(t, []string{"2001:db8::/32", "2600::/32", "fd00::/32"}, cells("fd00::/48", "2600::/32", "2001:db8::/64"))
	require.Len(t, cells("2600::/26"), 64, "as many as there may be")
	require.Equal(t, []string{"2600::/28", "2600:10::/28", "2600:20::/28", "2600:30::/28", "2600:40::/28"}, cells("2600::/26", "2600:40::/48"))
	require.Equal(t, "2000::/8", cells("2000::/4")[0])
}

func TestWhatTheSheetSaysOfIPv6(t *testing.T) {
	network, err := zone.ParseSailPoint("network.json", []byte(`{"range":["2001:db8::/48"]}`))
	require.NoError(t, err)
	config := decide.Config{SailPoint: &network}
	p, err := decide.Compile(config)
	require.NoError(t, err)
	head, detail := spacemap.New(spacemap.Subject{Policy: p, Config: config}).About6()
	require.Equal(t, "IPv6 that a zone, list or source names: one /32, each pixel a /50", head)
	require.Equal(t, "Everywhere else in 2000::/3: deny: off_network", detail)
	_, detail = spacemap.New(spacemap.Subject{Policy: p, Config: decide.Config{SailPoint: &zone.NetworkConfig{Range: entriesOf("2000::/4", "3000::/4", "2001::/16", "2002::/16", "3fff::/20")}}}).About6()
	require.Empty(t, detail, "nothing is left")
	head, _ = spacemap.New(spacemap.Subject{}).About6()
	require.Equal(t, "IPv6: no zone, list or source names any of it", head)
}
