package decide_test

import (
	"net/netip"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"go4.org/netipx"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/internal/mmdbtest"
)

// insideBlocks are addresses of NAT64 and 6to4 that hold an IPv4 address, the first and the last,
// and addresses of other blocks that do not, and repeat its locations.
func insideBlocks(v4 netip.Addr) []netip.Addr {
	b := v4.As4()
	nat64, first := [16]byte{0, 0x64, 0xff, 0x9b, 12: b[0], b[1], b[2], b[3]}, [16]byte{0x20, 0x02, b[0], b[1], b[2], b[3]}
	last := first
	for i := 6; i < 16; i++ {
		last[i] = 0xff
	}
	beside, elsewhere, wide := nat64, [16]byte{0x2a, 0, 0, 1, 6: b[0], b[1], b[2], b[3], 15: 9}, [16]byte{0x30, 0, b[0], b[1], b[2], b[3]}
	beside[9] = 1
	return []netip.Addr{
		netip.AddrFrom16(nat64), netip.AddrFrom16(first), netip.AddrFrom16(last),
		netip.AddrFrom16(beside), netip.AddrFrom16(elsewhere), netip.AddrFrom16(wide), // which embed nothing, and a database may repeat
	}
}

// Where lists of IPv6 and what the IPv4 address inside says meet, the ranges are what Decide says
// of their addresses: of the first, the last, and those around every edge of either, in the whole
// space and in ranges that begin and end anywhere. Neighbours differ, and no answer is made anew.
func TestRangesWhereListsMeetInside(t *testing.T) {
	repeating := func(networks ...mmdbtest.Network) geo.Source {
		content, err := mmdbtest.File{Type: "Test", Aliases: true, Repeats: []string{"64:ff9b::/96", "64:ff9b:0:0:1::/96", "2a00:1::/48", "3000::/16"}, Networks: networks}.Bytes()
		require.NoError(t, err)
		return geo.Source{File: "test.mmdb", Data: content}
	}
	in := func(prefix, country string) mmdbtest.Network {
		return mmdbtest.Network{Prefix: prefix, Record: mmdbtest.Map{"country": mmdbtest.Map{"iso_code": country}}}
	}
	countries := []geo.Source{repeating(in("0.0.0.0/8", "DE"), in("10.0.0.0/8", "US"), in("11.0.0.0/9", "FR"), in("128.0.0.0/2", "US"), in("255.0.0.0/8", "DE"), in("255.255.255.255/32", "US"))}
	corrected := append(slices.Clone(countries), geo.Source{File: "over.csv", Kind: geo.CSV, Data: []byte("network,country,region,asn,anonymizer,services\n2002:a00:5::/48,DE,,,,\n2002:b00::/40,US,,,,\n2002:ffff:ffff::/48,FR,,,,\n10.0.7.0/24,FR,,,,\n64:ff9b::a00:0/120,US,,,,\n")})
	hidden := append(slices.Clone(countries), geo.Source{File: "over.csv", Kind: geo.CSV, Data: []byte("network,country,region,asn,anonymizer,services\n8.0.0.0/6,FR,,,,\n")}) // in the blocks the countries change there
	germany := `{"id":"de","name":"de","type":"DYNAMIC","status":"ACTIVE","usage":"BLOCKLIST","locations":[{"country":"DE"}]}`
	here := `{"id":"us","name":"us","type":"DYNAMIC","status":"ACTIVE","usage":"POLICY","locations":[{"country":"US"}]}`
	v4 := ipZoneJSON("v4", "BLOCKLIST", "0.0.0.0 10.0.0.4-10.0.0.9 10.0.0.20 10.0.1.0/24 255.255.255.254/31", "")
	v6 := ipZoneJSON("v6", "BLOCKLIST", "64:ff9b::a00:6-64:ff9b::a00:10 64:ff9b::ffff:fff0-64:ff9b::1:0:0 2002:a00:7:8::/62 2002:a00:14::-2002:a00:14::5 2001:ffff:ffff:ffff:ffff:ffff:ffff:ffff-2002::1 2002:ffff:ffff:ffff:ffff:ffff:ffff:0-2003::", "")
	policyZone := ipZoneJSON("own", "POLICY", "64:ff9b::a00:5-64:ff9b::1234:5678 2002:a00:6:ffff::-2002:a00:15:1:: 2002:b00:1::/48", "")
	rules := []string{`[{"name":"own","conditions":{"network":{"connection":"ZONE","include":["own"]}},"actions":{"signon":{"access":"ALLOW"}}},{"name":"rest","actions":{"signon":{"access":"DENY"}}}]`}
	us := []string{`[{"name":"us","conditions":{"network":{"connection":"ZONE","include":["us"]}},"actions":{"signon":{"access":"ALLOW"}}},{"name":"rest","actions":{"signon":{"access":"DENY"}}}]`}
	policies := map[string]struct {
		documents documents
		sources   []geo.Source
	}{
		"blocklists of IPv4":                 {documents{zones: "[" + v4 + "]"}, nil},
		"and of IPv6":                        {documents{zones: "[" + v6 + "," + v4 + "]"}, nil},
		"and an exempt zone":                 {documents{zones: "[" + v4 + "," + exemptZoneJSON("10.0.0.6-10.0.0.7 2002:a00:8::/47 64:ff9b::a00:8") + "]"}, nil},
		"rules of IPv6":                      {documents{zones: "[" + v4 + "," + policyZone + "]", rules: rules}, nil},
		"a feed that is noted":               {documents{zones: "[" + policyZone + "," + v4 + "]", rules: rules, threat: `{"action":"audit"}`, feeds: []string{"10.0.0.4/30\n2002:a00:6::/47\n64:ff9b::a00:5"}}, nil},
		"a feed that is noted of locations":  {documents{zones: "[" + here + "," + v4 + "]", rules: us, threat: `{"action":"audit"}`, feeds: []string{"10.0.0.4/30\n2002:a00:6::/47\n64:ff9b::a00:5"}}, countries},
		"a feed":                             {documents{zones: "[" + policyZone + "]", threat: `{"action":"block"}`, feeds: []string{"10.0.0.4/30\n2002:a00:6::/47\n64:ff9b::a00:5"}}, nil},
		"an overlay":                         {documents{sailPoint: "{}", overlay: `{"deny":[{"network":"10.0.0.4/30"},{"network":"64:ff9b::a00:0/125"}],"allow":[{"network":"2002:a00:5::/48"}]}`}, nil},
		"locations that repeat":              {documents{zones: "[" + germany + "]"}, countries},
		"rules of locations that repeat":     {documents{zones: "[" + here + "," + policyZone + "]", rules: us}, countries},
		"lists, and locations that repeat":   {documents{zones: "[" + germany + "," + v4 + "," + policyZone + "," + here + "]", rules: rules}, countries},
		"locations that IPv4 does not have":  {documents{zones: "[" + here + "]", rules: us}, hidden},
		"and lists":                          {documents{zones: "[" + here + "," + v4 + "," + policyZone + "," + germany + "]", rules: us}, hidden},
		"locations of one's own":             {documents{zones: "[" + germany + "," + here + "]", rules: us}, corrected},
		"lists and locations":                {documents{zones: "[" + germany + "," + v6 + "," + v4 + "," + policyZone + "]", rules: rules}, corrected},
		"rules, lists and locations that do": {documents{zones: "[" + here + "," + v4 + "]", rules: us}, corrected},
	}
	var edges []netip.Addr
	for _, text := range []string{"0.0.0.0", "10.0.0.4", "10.0.0.9", "10.0.0.20", "10.0.1.0", "10.0.1.255", "10.0.0.6", "10.0.0.8", "10.0.0.16", "9.255.255.255", "10.255.255.255", "11.0.0.0", "11.127.255.255", "127.255.255.255", "191.255.255.255", "255.255.255.254"} {
		addr := netip.MustParseAddr(text)
		for _, v4 := range []netip.Addr{addr, addr.Next(), addr.Prev()} {
			if v4.IsValid() {
				edges = append(edges, insideBlocks(v4)...)
			}
		}
	}
	for _, text := range []string{"64:ff9b::a00:5", "64:ff9b::a00:10", "64:ff9b::1234:5678", "64:ff9b::ffff:fff0", "64:ff9b::1:0:0", "64:ff9b::1:a00:5", "2002:a00:5::", "2002:a00:6:ffff::", "2002:a00:7:8::", "2002:a00:7:c::", "2002:a00:14::5", "2002:a00:15:1::", "2002:b00::", "2002:b00:1::", "2002:b00:ff:ffff::", "2002::1", "2003::", "2002:ffff:ffff::", "2002:ffff:ffff:ffff:ffff:ffff:ffff:0"} {
		addr := netip.MustParseAddr(text)
		edges = append(edges, addr, addr.Next(), addr.Prev())
	}
	slices.SortFunc(edges, netip.Addr.Compare)
	edges = slices.Compact(edges)
	for name, of := range policies {
		config := of.documents.config(t)
		var err error
		config.Geo, err = geo.Load(of.sources...)
		require.NoError(t, err)
		policy, err := decide.Compile(config)
		require.NoError(t, err, name)
		requireRanges(t, policy, edges, netipx.RangeOfPrefix(netip.MustParsePrefix("::/0")), name)
		for _, addr := range edges {
			if got, want := policy.Decide(addr), policy.NaiveDecision(addr); got != want {
				t.Fatalf("%s: %v, and by the documents %v", name, got, want)
			}
		}
		require.Zero(t, testing.AllocsPerRun(1, func() {
			for _, addr := range edges {
				policy.Decide(addr)
			}
		}), name)
		for i := 0; i+7 < len(edges); i += 5 {
			requireRanges(t, policy, edges[i:i+8], netipx.IPRangeFrom(edges[i], edges[i+7]), name)
			requireRanges(t, policy, edges[i:i+1], netipx.IPRangeFrom(edges[i], edges[i]), name)
		}
	}
}

// requireRanges holds the ranges inside of one against Decide, at their ends and at the edges.
func requireRanges(t *testing.T, policy *decide.Policy, edges []netip.Addr, within netipx.IPRange, name string) {
	t.Helper()
	next, last := within.From(), decide.Decision{Judgment: decide.Judgment{Rule: "none"}}
	for r, d := range policy.RangesIn(within) {
		if next == mapped.From() {
			next, last.Rule = mapped.To().Next(), "none"
		}
		if next != r.From() || last == d {
			t.Fatalf("%s: %v is %v, behind %v up to %v", name, r, d, last, next.Prev())
		}
		ask := []netip.Addr{r.From(), r.To()}
		for len(edges) > 0 && edges[0].Compare(r.To()) <= 0 {
			ask, edges = append(ask, edges[0]), edges[1:]
		}
		for _, addr := range ask {
			if own := policy.Decide(addr); own.Judgment != d.Judgment || policy.Allows(addr) != d.Allowed() {
				t.Fatalf("%s: %v is %v, and %v in %v", name, addr, own, d, r)
			}
		}
		next, last = r.To().Next(), d
	}
	require.Equal(t, within.To().Next(), next, name)
	require.Empty(t, edges, name)
}
