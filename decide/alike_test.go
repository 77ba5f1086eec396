package decide_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide"
)

// What nothing tells apart is kept once: neither two patterns of a policy are alike, nor
// two classes, nor two judgments.
func TestNothingIsKeptTwice(t *testing.T) {
	for seed := range seeds(200) {
		random := newRandomPolicy(seed)
		policy, err := decide.Compile(random.config(t))
		if err != nil {
			continue
		}
		require.Empty(t, decide.KeptTwice(policy), "seed %d", seed)
	}
}

// That zones name ASN 0, which no address has, is no answer where the ASN of
// an address is not known.
func TestASNZero(t *testing.T) {
	zone := func(id, list, asns string) string {
		return fmt.Sprintf(`{"type":"DYNAMIC_V2","id":%q,"name":%q,"status":"ACTIVE","usage":"POLICY","asns":{%q:[%s]}}`, id, id, list, asns)
	}
	for _, named := range []string{`"0"`, `"0","1"`, `"1"`, `"1","2"`, `"0","1","2","3"`} {
		policy := documents{
			zones: "[" + zone("in", "include", named) + "," + zone("out", "exclude", named) + "," + zone("two", "include", `"2"`) + "]",
			csv:   "192.0.2.1,,,1,,\n192.0.2.2,,,2,,\n192.0.2.3,,,3,,\n192.0.2.4,,,4,,\n192.0.2.5,US,,,,\n",
		}.compile(t)
		for n := range 7 {
			chain := []netip.Addr{netip.AddrFrom4([4]byte{192, 0, 2, byte(n)})}
			m := policy.Match(chain)
			in, out := decide.No, decide.Match
			switch {
			case n == 0 || n > 4:
				in, out = decide.Unknown, decide.Unknown
			case strings.Contains(named, fmt.Sprintf(`"%d"`, n)):
				in, out = decide.Match, decide.No
			}
			require.Equal(t, in, m.Zone("in"), "%s: %d", named, n)
			require.Equal(t, out, m.Zone("out"), "%s: %d", named, n)
			for _, z := range policy.Explain(chain...).Zones {
				require.Equal(t, z.State, m.Zone(z.Key), "%s: %d: %s", named, n, z.Key)
			}
		}
	}
}

// A policy says whether IPv4 addresses embedded in IPv6 ones count in it by themselves.
func TestTestsEmbedded(t *testing.T) {
	blocks := "[" + ipZoneJSON("bad", "BLOCKLIST", "192.0.2.0/24", "") + "]"
	for name, test := range map[string]struct {
		documents documents
		want      bool
	}{
		"nothing that denies":       {documents{sailPoint: `{"range":["192.0.2.0/24"]}`}, false},
		"a zone of usage POLICY":    {documents{zones: "[" + ipZoneJSON("in", "POLICY", "192.0.2.0/24", "") + "]"}, false},
		"a blocklist":               {documents{zones: blocks}, true},
		"an INACTIVE blocklist":     {documents{zones: strings.Replace(blocks, `"ACTIVE"`, `"INACTIVE"`, 1)}, false},
		"ThreatInsight that blocks": {documents{threat: `{"action":"block","excludeZones":[]}`, feeds: []string{"192.0.2.1"}}, true},
		"ThreatInsight that audits": {documents{threat: `{"action":"audit","excludeZones":[]}`, feeds: []string{"192.0.2.1"}}, true},
		"ThreatInsight of none":     {documents{threat: `{"action":"none","excludeZones":[]}`, feeds: []string{"192.0.2.1"}}, false},
		"an overlay that denies":    {documents{sailPoint: `{}`, overlay: `{"deny":[{"network":"192.0.2.1"}],"allow":[]}`}, true},
		"an overlay that allows":    {documents{sailPoint: `{}`, overlay: `{"deny":[],"allow":[{"network":"192.0.2.1"}]}`}, false},
	} {
		policy := test.documents.compile(t)
		require.Equal(t, test.want, policy.Info().TestsEmbedded, name)
		require.Equal(t, test.want, readSnapshot(t, snapshotOf(t, policy)).Info().TestsEmbedded, name)
	}
	require.Zero(t, (*decide.Policy)(nil).Info())
}
