package lint_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go4.org/netipx"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/lint"
	"github.com/netwicket/netwicket/internal/realdata"
	"github.com/netwicket/netwicket/zone"
)

func randomRange(random *rand.Rand) netipx.IPRange {
	first := random.IntN(200)
	last := min(first+random.IntN([]int{30, 150}[random.IntN(2)]), 255) // also such as hold several others
	return netipx.IPRangeFrom(netip.AddrFrom4([4]byte{192, 0, 2, byte(first)}), netip.AddrFrom4([4]byte{192, 0, 2, byte(last)}))
}

// An entry is reported if and only if it shares an address with another entry of
// its list, or the other one is in its stead.
func TestOverlapsAgainstBruteForce(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 0))
	for round := range 2000 {
		var entries, ranges = []string{}, []netipx.IPRange{}
		for range 1 + random.IntN(8) {
			r := randomRange(random)
			ranges = append(ranges, r)
			entries = append(entries, fmt.Sprintf(`{"type":"RANGE","value":%q}`, r))
		}
		overlap := 0 // how many entries are left over once overlaps are joined
		var builder netipx.IPSetBuilder
		for _, r := range ranges {
			builder.AddRange(r)
		}
		set, err := builder.IPSet()
		require.NoError(t, err)
		for _, whole := range set.Ranges() {
			// Ranges that merely touch are no overlap: count the breaks between them.
			breaks := 1
			for at := whole.From(); at != whole.To(); at = at.Next() {
				step := netipx.IPRangeFrom(at, at.Next())
				held := false
				for _, r := range ranges {
					held = held || r.Contains(step.From()) && r.Contains(step.To())
				}
				if !held {
					breaks++
				}
			}
			overlap += breaks
		}
		list := lint.Check(documents{zones: "[" + ipZone("z", "", strings.Join(entries, ","), "") + "]", alone: true}.subject(t))
		if len(list) != len(ranges)-overlap {
			t.Fatalf("round %d: %d findings, want %d of %v", round, len(list), len(ranges)-overlap, ranges)
		}
	}
}

func TestSpanIndexAgainstBruteForce(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 0))
	for round := range 5000 {
		var entries []zone.Entry
		var owners []int
		for range random.IntN(8) {
			entries = append(entries, zone.Entry{Range: randomRange(random)})
			owners = append(owners, random.IntN(3))
		}
		network, owner := randomRange(random), random.IntN(3)
		wantOwn, wantOther := false, false
		for i := range entries {
			if entries[i].Range.Overlaps(network) {
				wantOwn = wantOwn || owners[i] == owner
				wantOther = wantOther || owners[i] != owner
			}
		}
		own, other := lint.Overlapping(entries, owners, network, owner)
		if other != wantOther || !other && own != wantOwn {
			t.Fatalf("round %d: own %v other %v, want %v %v", round, own, other, wantOwn, wantOther)
		}
	}
}

// What looks alike and is not wrong.
func TestSilent(t *testing.T) {
	tests := []struct {
		name string
		documents
	}{
		{"neighbours", documents{zones: "[" + ipZone("z", "", cidr("192.0.2.0/25")+","+cidr("192.0.2.128/25"), "") + "]"}},
		{"one network in two zones", documents{zones: "[" + ipZone("y", "", cidr("192.0.2.0/25"), "") + "," + ipZone("z", "", cidr("192.0.2.0/25"), "") + "]"}},
		{"one address of each family", documents{zones: "[" + ipZone("z", "", cidr("0.0.0.0/32")+","+cidr("::/128"), "") + "]"}},
		{"a network whose address has no host bits", documents{zones: "[" + ipZone("z", "", cidr("2001:db8::/32")+","+cidr("223.0.0.1/32"), "") + "]"}},
		{"a mapped network without host bits", documents{zones: "[" + ipZone("z", "", cidr("::ffff:192.0.2.0/120"), "") + "]"}},
		{"the proxies of a zone that is INACTIVE are none", documents{zones: "[" + ipZone("y", `,"status":"INACTIVE"`, "", cidr("192.0.2.0/25")) + "," + ipZone("z", "", cidr("192.0.2.0/25"), "") + "]"}},
		{"a network of which some is blocked", documents{zones: "[" + ipZone("y", `,"usage":"BLOCKLIST"`, cidr("192.0.2.7/32"), "") + "," + ipZone("z", "", cidr("192.0.2.0/25"), "") + "]"}},
		{"a blocklist within what is exempt in part", documents{zones: "[" + ipZone("y", `,"usage":"BLOCKLIST"`, cidr("192.0.2.0/24"), "") + `,{"type":"IP","id":"e","name":"DefaultExemptIpZone","system":true,"gateways":[{"type":"CIDR","value":"192.0.2.7/32"}]}]`}},
		{"a blocked country of which some is blocked only", documents{alone: true, zones: `[{"type":"DYNAMIC","id":"h","name":"h","locations":[{"country":"US"}]},
			{"type":"DYNAMIC","id":"b","name":"b","usage":"BLOCKLIST","locations":[{"country":"US","region":"US-AK"}]},
			{"type":"DYNAMIC","id":"c","name":"c","usage":"BLOCKLIST","locations":[{"country":"US"}],"proxyType":"Any"},
			{"type":"DYNAMIC_V2","id":"d","name":"d","usage":"BLOCKLIST","locations":{"exclude":[{"country":"US","region":"US-CA"}]}}]`}},
		{"a blocklist of all countries but some", documents{alone: true, zones: `[{"type":"DYNAMIC","id":"h","name":"h","locations":[{"country":"US"}]},
			{"type":"DYNAMIC_V2","id":"d","name":"d","usage":"BLOCKLIST","locations":{"exclude":[{"country":"US"},{"country":"DE"}]}}]`}},
		{"a blocked country that a DENY rule names", documents{alone: true, zones: `[{"type":"DYNAMIC","id":"h","name":"h","locations":[{"country":"KP"}]},
			{"type":"DYNAMIC","id":"b","name":"b","usage":"BLOCKLIST","locations":[{"country":"KP"}]}]`,
			rules: `[{"name":"r","conditions":{"network":{"connection":"ZONE","include":["h"]}},"actions":{"signon":{"access":"DENY"}}}]`}},
		{"system zones as they come", documents{zones: `[{"type":"IP","id":"l","name":"Head office","system":true,"gateways":null,"proxies":null},
			{"type":"IP","id":"b","name":"BlockedIpZone","usage":"BLOCKLIST","system":true,"gateways":null,"proxies":null},
			{"type":"IP","id":"e","name":"DefaultExemptIpZone","usage":"POLICY","system":true,"gateways":null,"proxies":null},
			{"type":"DYNAMIC_V2","id":"d","name":"DefaultEnhancedDynamicZone","usage":"BLOCKLIST","status":"INACTIVE","system":true,"ipServiceCategories":{"include":["ALL_ANONYMIZERS"]}}]`}},
		{"categories that do not hold one another", documents{alone: true, zones: `[{"type":"DYNAMIC_V2","id":"d","name":"d","ipServiceCategories":{"include":["ALL_ANONYMIZERS","NORD_VPN","WARP_VPN"],"exclude":["SURFSHARK_VPN"]}}]`}},
		{"exclude alone", documents{alone: true, zones: `[{"type":"DYNAMIC_V2","id":"d","name":"d","ipServiceCategories":{"exclude":["SURFSHARK_VPN"]},"locations":{"exclude":[{"country":"DE"}]}}]`}},
		{"private networks where no country is asked for", documents{network: `{"range":["10.0.0.0/8"],"geolocation":null,"whitelisted":true}`, profile: `{"offNetwork":true}`}},
		{"private networks where an unknown country is trusted", documents{network: `{"range":["10.0.0.0/8"],"geolocation":["KP"],"whitelisted":false}`, geo: "192.0.2.0/24,DE,,,,\n", unknownCountry: 1}},
		{"private networks that a rule allows", documents{geo: "192.0.2.0/24,DE,,,,\n", zones: "[" + ipZone("i", "", cidr("10.0.0.0/8"), "") + `,{"type":"DYNAMIC","id":"h","name":"h","locations":[{"country":"DE"}]}]`,
			rules: `[{"name":"r","conditions":{"network":{"connection":"ZONE","include":["h"]}},"actions":{"signon":{"access":"ALLOW"}}},
				{"name":"s","conditions":{"network":{"connection":"ZONE","include":["i"]}},"actions":{"signon":{"access":"ALLOW"}}}]`}},
		{"SailPoint's fresh tenant", documents{network: `{}`}},
		{"a profile that enforces one of two", documents{network: `{"range":["192.0.2.0/24"],"geolocation":["DE"],"whitelisted":true}`, profile: `{"untrustedGeography":true}`, geo: "192.0.2.0/24,DE,,,,\n"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			list := found(t, test.subject(t))
			if test.network == "" || test.profile != "" { // one has a trap beside what the row is about
				require.Empty(t, list)
			}
			require.NotContains(t, strings.Join(list, "\n"), "network-without-country")
		})
	}
}

// On zones as live organisations have them, the linter says what a person would.
func TestRecordedZones(t *testing.T) {
	text, err := os.ReadFile(realdata.Path(t, "okta/zones-recorded.json"))
	require.NoError(t, err)
	codes := make(map[string]int)
	for _, f := range lint.Check(documents{zones: string(text), alone: true}.subject(t)) {
		codes[f.Code]++
		if f.Code == "host-bits" {
			require.Contains(t, []string{"1.2.3.4/24", "2.2.3.4/24", "3.2.3.4/24", "4.2.3.4/24"}, f.Value)
		}
	}
	require.Equal(t, 1, codes["gateway-is-proxy"], "2.2.3.4/24 is a gateway of one zone and a proxy of others")
	delete(codes, "gateway-is-proxy")
	delete(codes, "host-bits")
	require.Empty(t, codes)
}

// Okta's limit of 25,000 entries, each of which overlaps all others.
func TestManyEntries(t *testing.T) {
	const entries = 25_000
	var list strings.Builder
	for i := range entries {
		fmt.Fprintf(&list, `,{"type":"RANGE","value":"10.%d.%d.%d-10.255.255.255"}`, i>>16, i>>8&255, i&255)
	}
	zones := "[" + ipZone("z", "", list.String()[1:], cidr("10.0.0.0/8")) + "," + ipZone("b", `,"usage":"BLOCKLIST"`, list.String()[1:], "") + "]"
	require.Len(t, lint.Check(documents{zones: zones, alone: true}.subject(t)), 2*(entries-1)+entries+entries+entries)
}

func TestDeterministic(t *testing.T) {
	d := documents{zones: fourZones, rules: "[" + testRule{allow: true}.json(1) + "," + testRule{}.json(2) + "]", alone: true}
	require.Equal(t, found(t, d.subject(t)), found(t, d.subject(t)))
	require.Empty(t, lint.Check(lint.Subject{}))
}
