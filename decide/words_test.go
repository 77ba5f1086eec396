package decide_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/geo"
)

// Zones and rules are kept as bits of words. Whatever the number of a zone is around the ends
// of words, it holds what its document says, in every layer, compiled and read again.
func TestZonesAtTheEndsOfWords(t *testing.T) {
	for _, width := range []int{1, 64, 65, 66, 129, 321} {
		blocklist := width - 1
		if width == 66 {
			blocklist = 0
		}
		policy := wordsOfZones(width, blocklist).compile(t)
		read := readSnapshot(t, snapshotOf(t, policy))
		for _, i := range []int{0, 1, 50, 51, 62, 63, 64, 65, 127, 128, 129, 256, 319, 320, 321} {
			if i > width {
				break
			}
			for _, far := range []int{0, width / 2, width - 1} {
				chain := chainOf(fmt.Sprintf("10.1.%d.%d 10.1.%d.%d", i/256, i%256, far/256, far%256))
				for _, part := range [][]netip.Addr{chain[:1], chain} {
					checkAgainstExplain(t, policy, uint64(width), part)
					want, got := policy.Match(part), read.Match(part)
					require.Equal(t, policy.DecideChain(part).String(), read.DecideChain(part).String(), "%d zones, %v", width, part)
					for ref, state := range want.Zones() {
						require.Equal(t, state, got.Zone(ref.ID), "%d zones, %v: %s", width, part, ref.ID)
					}
				}
			}
		}
	}
}

// wordsOfZones are as many IP zones and as many of ASNs, of which the i-th holds the i-th address
// and the one behind it; one of either is a blocklist, and each is listed by a rule. The first and
// the last IP zone, and one in between, are excluded from ThreatInsight.
func wordsOfZones(width, blocklist int) documents {
	var zones, addresses, rules, excluded []string
	for i := range width {
		usage := "POLICY"
		if i == blocklist {
			usage = "BLOCKLIST"
		}
		zones = append(zones, ipZoneJSON(fmt.Sprint("z", i), usage, fmt.Sprintf("10.1.%d.%d/32 10.1.%d.%d/32", i/256, i%256, (i+1)/256, (i+1)%256), fmt.Sprintf("10.1.%d.%d", (i+2)/256, (i+2)%256)),
			fmt.Sprintf(`{"id":"d%d","name":"d%d","type":"DYNAMIC_V2","status":"ACTIVE","usage":"%s","asns":{"include":["%d","%d"]}}`, i, i, usage, i+1, i+2))
		addresses = append(addresses, fmt.Sprintf("10.1.%d.%d,,,%d,,", i/256, i%256, i+1))
		if i != blocklist {
			access := []string{"ALLOW", "DENY"}[i%2]
			rules = append(rules, fmt.Sprintf(`{"name":"%d","conditions":{"network":{"connection":"ZONE","include":["z%d","d%d"]}},"actions":{"signon":{"access":%q}}}`, i, i, (i+width/2)%width, access))
			if i%50 == 0 || i == 64 || i == 127 || i == width-1 {
				excluded = append(excluded, fmt.Sprintf(`"z%d"`, i))
			}
		}
	}
	rules = append(rules, `{"name":"rest","actions":{"signon":{"access":"ALLOW"}}}`)
	return documents{
		zones: "[" + strings.Join(zones, ",") + "]", csv: strings.Join(addresses[:max(1, width/2)], "\n"), rules: []string{"[" + strings.Join(rules, ",") + "]"},
		threat: `{"action":"audit","excludeZones":[` + strings.Join(excluded, ",") + `]}`, feeds: []string{"10.1.0.0/16"},
	}
}

// The zone that blocks is the first in the document that does, or may, whatever word it is in.
func TestFirstBlocklistOfAnyWord(t *testing.T) {
	for _, first := range []int{0, 1, 63, 64, 65, 127, 128} {
		for _, kind := range []string{"IP", "DYNAMIC"} {
			var zones []string
			for i := range 130 {
				usage := "BLOCKLIST"
				if i < first {
					usage = "POLICY"
				}
				if kind == "IP" {
					zones = append(zones, ipZoneJSON(fmt.Sprint("z", i), usage, "192.0.2.1 192.0.2.2", ""))
				} else {
					zones = append(zones, fmt.Sprintf(`{"id":"z%d","name":"z%d","type":"DYNAMIC","status":"ACTIVE","usage":%q,"locations":[{"country":"US"}]}`, i, i, usage))
				}
			}
			compiled := documents{zones: "[" + strings.Join(zones, ",") + "]", csv: "192.0.2.1,US,,,,\n192.0.2.3,DE,,,,\n"}.compile(t)
			for _, policy := range []*decide.Policy{compiled, readSnapshot(t, snapshotOf(t, compiled))} {
				for _, chain := range []string{"192.0.2.1", "192.0.2.2", "192.0.2.3 192.0.2.1"} { // the country of the second is unknown
					d := policy.DecideChain(chainOf(chain))
					require.Equal(t, decide.Blocklisted, d.Reason)
					require.Equal(t, fmt.Sprint("z", first), d.Zone.Name, "%s, %s", kind, chain)
				}
			}
		}
	}
}

// What is unknown so that a blocklist may hold the client is told of that blocklist, whatever word
// it is in, and of no other zone.
func TestUnknownOfAnyWord(t *testing.T) {
	for _, before := range []int{0, 1, 62, 63, 64, 65, 127, 128, 129} {
		var zones []string
		for i := range before {
			zones = append(zones, fmt.Sprintf(`{"id":"z%d","name":"z%d","type":"DYNAMIC","status":"ACTIVE","usage":"BLOCKLIST","locations":[{"country":"US"}]}`, i, i))
		}
		zones = append(zones, `{"id":"asn","name":"asn","type":"DYNAMIC","status":"ACTIVE","usage":"BLOCKLIST","asns":["1"]}`)
		policy := documents{zones: "[" + strings.Join(zones, ",") + "]", csv: "192.0.2.1,DE,,,,\n192.0.2.2,US,,1,,\n"}.compile(t)
		for _, p := range []*decide.Policy{policy, readSnapshot(t, snapshotOf(t, policy))} {
			d := p.Decide(netip.MustParseAddr("192.0.2.1"))
			require.Equal(t, "asn", d.Zone.Name, "behind %d", before)
			require.Equal(t, geo.ASN, d.Unknown, "behind %d", before)
		}
	}
}
