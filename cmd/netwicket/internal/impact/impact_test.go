package impact_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"
	"go4.org/netipx"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/impact"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/geo"
)

var (
	allow = decide.Outcome{Verdict: decide.Allow, Reason: decide.Permitted}
	deny  = decide.Outcome{Verdict: decide.Deny, Reason: decide.OffNetwork}
	other = decide.Outcome{Verdict: decide.Deny, Reason: decide.Blocklisted}
)

func change(text string, before, after decide.Outcome) decide.Change {
	return decide.Change{Range: netipx.MustParseIPRange(text), Before: before, After: after}
}

func table(t *testing.T, rows string) *geo.Table {
	t.Helper()
	table, err := geo.Load(geo.Source{File: "geo.csv", Kind: geo.CSV, Data: []byte("network,country,region,asn,anonymizer,services\n" + rows)})
	require.NoError(t, err)
	return table
}

func TestSizes(t *testing.T) {
	tests := []struct {
		name     string
		ranges   []string
		ipv4     uint64
		networks string
	}{
		{"nothing", nil, 0, "0"},
		{"one address", []string{"192.0.2.7-192.0.2.7"}, 1, "0"},
		{"all of IPv4", []string{"0.0.0.0-255.255.255.255"}, 1 << 32, "0"},
		{"one IPv6 address is one network", []string{"2001:db8::1-2001:db8::1"}, 0, "1"},
		{"two addresses of one network", []string{"2001:db8::1-2001:db8::1", "2001:db8::3-2001:db8::5"}, 0, "1"},
		{"a range that begins in a network counted before", []string{"2001:db8::1-2001:db8::1", "2001:db8::3-2001:db8:0:2::"}, 0, "3"},
		{"a /48", []string{"2001:db8::-2001:db8:0:ffff:ffff:ffff:ffff:ffff"}, 0, "65536"},
		{"all of IPv6, less the mapped addresses", []string{"::-::fffe:ffff:ffff", "::1:0:0:0-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"}, 0, "18446744073709551616"},
		{"all of IPv6, the last network twice", []string{"::-ffff:ffff:ffff:ffff::", "ffff:ffff:ffff:ffff::1-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"}, 0, "18446744073709551616"},
		{"the last network", []string{"ffff:ffff:ffff:ffff::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"}, 0, "1"},
		{"the first network", []string{"::-::1"}, 0, "1"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := impact.NewCounter(nil)
			for _, text := range test.ranges {
				c.Add(change(text, allow, deny))
			}
			got := c.Total[impact.NewlyDenied]
			require.Equal(t, test.ipv4, got.IPv4)
			require.Equal(t, test.networks, got.Networks6().String())
			require.Equal(t, len(test.ranges) == 0, got.IsZero())
			require.True(t, c.Total[impact.NewlyAllowed].IsZero())
			require.Equal(t, len(test.ranges), c.Changes)
		})
	}
}

func TestDirections(t *testing.T) {
	require.Equal(t, impact.NewlyDenied, impact.DirectionOf(decide.Change{Before: allow, After: deny}))
	require.Equal(t, impact.NewlyAllowed, impact.DirectionOf(decide.Change{Before: deny, After: allow}))
	require.Equal(t, impact.OtherReason, impact.DirectionOf(decide.Change{Before: deny, After: other}))
}

func TestGroups(t *testing.T) {
	c := impact.NewCounter(table(t, "10.0.0.0/24,DE,,64500,,\n10.0.1.0/24,FR,,64500,,\n10.0.2.0/24,FR,,,,\n2001:db8::/48,DE,,64501,,\n"))
	for _, change := range []decide.Change{
		change("9.255.255.255-10.0.0.0", allow, deny),
		change("10.0.0.255-10.0.1.3", deny, allow),
		change("10.0.1.4-10.0.2.0", allow, deny),
		change("2001:db7:ffff:ffff::-2001:db8:0:1:ffff:ffff:ffff:ffff", deny, other),
	} {
		c.Add(change)
	}
	type row struct {
		key                    any
		known                  bool
		denied, allowed, other uint64
		networks               string
	}
	var got []row
	add := func(key any, known bool, s impact.Sizes) {
		got = append(got, row{key, known, s[impact.NewlyDenied].IPv4, s[impact.NewlyAllowed].IPv4, s[impact.OtherReason].IPv4, s[impact.OtherReason].Networks6().String()})
	}
	for _, g := range c.Countries() {
		add(g.Key, g.Known, g.Sizes)
	}
	for _, g := range c.ASNs() {
		add(g.Key, g.Known, g.Sizes)
	}
	require.Equal(t, []row{
		{"FR", true, 253, 4, 0, "0"},
		{"DE", true, 1, 1, 0, "2"},
		{"", false, 1, 0, 0, "1"},
		{uint32(64500), true, 253, 5, 0, "0"},
		{uint32(0), false, 2, 0, 0, "1"},
		{uint32(64501), true, 0, 0, 0, "2"},
	}, got)
}

// The groups share out the totals: every address of a change is in one country.
func TestGroupsAddUp(t *testing.T) {
	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 1))
		rows := ""
		for i := range 40 {
			rows += netip.AddrFrom4([4]byte{10, 0, byte(i), 0}).String() + "/24," + []string{"DE", "FR", "US", ""}[r.IntN(4)] + ",,7,,\n"
		}
		c := impact.NewCounter(table(t, rows))
		at := netip.MustParseAddr("10.0.0.0")
		for range 60 {
			from := skip(at, r.IntN(300))
			to := skip(from, r.IntN(500))
			c.Add(change(from.String()+"-"+to.String(), allow, deny))
			at = to.Next()
		}
		sum := uint64(0)
		for _, g := range c.Countries() {
			sum += g.Sizes[impact.NewlyDenied].IPv4
		}
		if want := c.Total[impact.NewlyDenied].IPv4; sum != want {
			t.Fatalf("seed %d: countries add up to %d, not %d", seed, sum, want)
		}
	}
}

func skip(addr netip.Addr, n int) netip.Addr {
	for range n {
		addr = addr.Next()
	}
	return addr
}

// Few addresses and many changes are counted as by hand: one by one.
func TestCountsAsByHand(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 2))
		const addresses, networks = 200, 40
		type place struct {
			country string
			asn     uint32
			known   bool
		}
		rows := ""
		places := map[netip.Addr]place{} // by address, and by the first of a network of IPv6
		v4 := func(n int) netip.Addr { return netip.AddrFrom4([4]byte{10, 0, 0, byte(n)}) }
		v6 := func(n int) netip.Addr {
			return netip.AddrFrom16([16]byte{0x20, 0x01, 0x0d, 0xb8, 0, 0, byte(n >> 8), byte(n)})
		}
		for n := range addresses + networks {
			p := place{[]string{"DE", "FR", ""}[r.IntN(3)], uint32(r.IntN(3)), r.IntN(2) > 0}
			asn := ""
			if p.known {
				p.asn++
				asn = fmt.Sprint(p.asn)
			} else {
				p.asn = 0
			}
			addr, bits := v4(n), "/32"
			if n >= addresses {
				addr, bits = v6(n-addresses), "/64"
			}
			if r.IntN(3) == 0 {
				p, asn = place{}, ""
			} else {
				rows += addr.String() + bits + "," + p.country + ",," + asn + ",,\n"
			}
			places[addr] = p
		}
		c := impact.NewCounter(table(t, rows))
		type counted struct{ v4, v6 [3]int }
		countries, asns, total := map[string]*counted{}, map[[2]uint32]*counted{}, counted{}
		count := func(addr netip.Addr, direction impact.Direction) {
			p := places[addr]
			key := [2]uint32{p.asn, 0}
			if p.known {
				key[1] = 1
			}
			if countries[p.country] == nil {
				countries[p.country] = &counted{}
			}
			if asns[key] == nil {
				asns[key] = &counted{}
			}
			for _, to := range []*counted{countries[p.country], asns[key], &total} {
				if addr.Is4() {
					to.v4[direction]++
				} else {
					to.v6[direction]++
				}
			}
		}
		outcomes := []decide.Outcome{allow, deny, other}
		add := func(from, to int, addr func(int) netip.Addr, last func(netip.Addr) netip.Addr) {
			before := outcomes[r.IntN(3)]
			after := outcomes[r.IntN(3)]
			change := decide.Change{Range: netipx.IPRangeFrom(addr(from), last(addr(to))), Before: before, After: after}
			c.Add(change)
			for n := from; n <= to; n++ {
				count(addr(n), impact.DirectionOf(change))
			}
		}
		for at := r.IntN(9); at < addresses; {
			to := min(at+r.IntN(12), addresses-1)
			add(at, to, v4, func(a netip.Addr) netip.Addr { return a })
			at = to + 1 + r.IntN(3)*r.IntN(9)
		}
		for at := r.IntN(4); at < networks; {
			to := min(at+r.IntN(4), networks-1)
			add(at, to, v6, func(a netip.Addr) netip.Addr { return netipx.PrefixLastIP(netip.PrefixFrom(a, 64)) })
			at = to + 1 + r.IntN(5)
		}
		same := func(what any, sizes impact.Sizes, want *counted) {
			for direction, size := range sizes {
				if size.IPv4 != uint64(want.v4[direction]) || size.Networks6().Int64() != int64(want.v6[direction]) {
					t.Fatalf("seed %d, %v: %v, expected %v", seed, what, sizes, want)
				}
			}
		}
		same("all", c.Total, &total)
		decided := c.Decided()
		require.EqualValues(t, total.v4[0]+total.v4[1], decided.IPv4)
		require.EqualValues(t, total.v6[0]+total.v6[1], decided.Networks6().Int64())
		sum := func(of [3]int) int { return of[0] + of[1] + of[2] }
		require.Len(t, c.Countries(), len(countries))
		for i, g := range c.Countries() {
			same(g.Key, g.Sizes, countries[g.Key])
			require.Equal(t, g.Key != "", g.Known)
			if i > 0 {
				a, b := countries[c.Countries()[i-1].Key], countries[g.Key]
				require.LessOrEqual(t, cmp.Or(cmp.Compare(sum(b.v4), sum(a.v4)), cmp.Compare(sum(b.v6), sum(a.v6)), cmp.Compare(c.Countries()[i-1].Key, g.Key)), 0)
			}
		}
		number := func(g impact.Group[uint32]) [2]uint32 {
			require.Equal(t, g.Key != 0, g.Known)
			if g.Known {
				return [2]uint32{g.Key, 1}
			}
			return [2]uint32{g.Key, 0}
		}
		require.Len(t, c.ASNs(), len(asns))
		for i, g := range c.ASNs() {
			same(number(g), g.Sizes, asns[number(g)])
			if i > 0 {
				a, b := number(c.ASNs()[i-1]), number(g)
				require.LessOrEqual(t, cmp.Or(cmp.Compare(sum(asns[b].v4), sum(asns[a].v4)), cmp.Compare(sum(asns[b].v6), sum(asns[a].v6)), cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1])), 0)
			}
		}
	}
}

// All of IPv6 in two directions is twice what 64 bits hold, and more than all of IPv4
// makes one country larger than another.
func TestAllOfIPv6Twice(t *testing.T) {
	c := impact.NewCounter(table(t, "::/2,DE,,,,\n4000::/2,FR,,,,\n8000::/1,US,,,,\n"))
	c.Add(change("::-::fffe:ffff:ffff", allow, deny))
	c.Add(change("::1:0:0:0-7fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", deny, allow))
	c.Add(change("8000::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", allow, deny))
	decided := c.Decided()
	require.Equal(t, "18446744073709551617", decided.Networks6().String(), "the first network in both directions")
	require.Zero(t, decided.IPv4)
	require.False(t, decided.IsZero())
	var names []string
	for _, g := range c.Countries() {
		names = append(names, g.Key)
	}
	require.Equal(t, []string{"US", "DE", "FR"}, names)
	for _, pair := range [][2]decide.Outcome{{allow, deny}, {deny, allow}} {
		c = impact.NewCounter(nil)
		c.Add(change("::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", pair[0], pair[1]))
		require.Equal(t, "18446744073709551616", c.Decided().Networks6().String())
	}
	c = impact.NewCounter(table(t, "ffff:ffff:ffff:ffff::/64,DE,,,,\n")) // all others, one of them in two directions, and one
	c.Add(change("::-::1", allow, deny))
	c.Add(change("::2-ffff:ffff:ffff:fffe:ffff:ffff:ffff:ffff", deny, allow))
	c.Add(change("ffff:ffff:ffff:ffff::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", deny, allow))
	require.Equal(t, "DE", c.Countries()[1].Key)
	c = impact.NewCounter(nil)
	c.Add(change("::1-::1", allow, deny))
	require.False(t, c.Decided().IsZero())
	require.True(t, impact.NewCounter(nil).Decided().IsZero())
	c = impact.NewCounter(nil)
	c.Add(change("::1-::1", deny, allow))
	require.False(t, c.Decided().IsZero())
}
