package decide_test

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/decidetest"
	"github.com/netwicket/netwicket/geo"
)

// documents is a policy written down as the vendors' texts.
type documents struct {
	zones, threat, sailPoint, profile, overlay, csv string
	rules                                           []string
	feeds                                           []string
	unknown                                         decide.UnknownCountry
	assume                                          geo.Sorts
}

func (d documents) config(t testing.TB) decide.Config {
	t.Helper()
	config := decidetest.Documents{
		Zones: d.zones, Rules: d.rules, ThreatInsight: d.threat, ThreatFeeds: d.feeds,
		SailPoint: d.sailPoint, AuthProfile: d.profile, Overlay: d.overlay, Geo: d.csv,
	}.Config(t)
	config.Now, config.UnknownCountry, config.AssumeNone = overlayNow, d.unknown, d.assume
	return config
}

func (d documents) compile(t testing.TB) *decide.Policy {
	t.Helper()
	policy, err := decide.Compile(d.config(t))
	require.NoError(t, err)
	return policy
}

// chainOf reads "nearest, ..., farthest"; "?" is an unreadable hop.
func chainOf(text string) []netip.Addr {
	var chain []netip.Addr
	for _, hop := range strings.Fields(strings.ReplaceAll(text, ",", " ")) {
		if hop == "?" {
			chain = append(chain, netip.Addr{})
			continue
		}
		chain = append(chain, netip.MustParseAddr(hop))
	}
	return chain
}

// ipZoneJSON is an ACTIVE zone of one gateway list and one proxy list.
func ipZoneJSON(id, usage, gateways, proxies string) string {
	list := func(text string) string {
		var entries []string
		for _, value := range strings.Fields(text) {
			kind := "RANGE"
			if strings.Contains(value, "/") {
				kind = "CIDR"
			}
			entries = append(entries, `{"type":"`+kind+`","value":"`+value+`"}`)
		}
		return "[" + strings.Join(entries, ",") + "]"
	}
	return `{"type":"IP","id":"` + id + `","name":"` + id + `","status":"ACTIVE","usage":"` + usage +
		`","system":false,"gateways":` + list(gateways) + `,"proxies":` + list(proxies) + `}`
}

func exemptZoneJSON(gateways string) string {
	text := ipZoneJSON("DefaultExemptIpZone", "POLICY", gateways, "")
	return strings.Replace(text, `"system":false`, `"system":true`, 1)
}

// seeds is how many of n random policies a test takes: all for the proofs, a quarter in an
// ordinary run, and a few with -short, and under the race detector, where each costs ten times
// as much and whatever goroutines there are of, the next policy has too.
func seeds(n uint64) uint64 {
	switch {
	case proving():
		return n
	case raceEnabled, testing.Short():
		return max(n/40, min(n, 5))
	}
	return max(n/4, min(n, 20))
}
