package impact_test

import (
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
