package decide_test

import (
	"net/netip"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/zone"
)

// What only ever adds a restriction must never let anybody in: the stricter
// policy may not allow what the first one denies.
func neverAllowsMore(t *testing.T, seed uint64, r *randomPolicy, what string, before, after decide.Config) (compared int) {
	t.Helper()
	first, err := decide.Compile(before)
	require.NoError(t, err)
	second, err := decide.Compile(after)
	require.NoError(t, err)
	for range 200 {
		chain := r.chain()
		if was, is := first.DecideChain(chain), second.DecideChain(chain); is.Allowed() && !was.Allowed() {
			t.Fatalf("seed %d, %s, chain %v: was %v, is %v", seed, what, chain, was, is)
		}
		compared++
	}
	return compared
}

func TestRestrictionsNeverAllowMore(t *testing.T) {
	compared := 0
	for seed := range seeds(300) {
		r := newRandomPolicy(seed)
		config := r.config(t)

		blocked := config
		zones, err := zone.ParseOkta("more.json", mustJSON(t, map[string]any{
			"id": "added", "name": "added", "type": "IP", "status": "ACTIVE", "usage": "BLOCKLIST", "gateways": r.entries(4), "proxies": nil,
		}))
		require.NoError(t, err)
		blocked.Zones = append(slices.Clone(config.Zones), zones)
		compared += neverAllowsMore(t, seed, r, "a blocklist zone", config, blocked)

		blocked = config
		zones, err = zone.ParseOkta("more.json", mustJSON(t, map[string]any{
			"id": "added", "name": "added", "type": "DYNAMIC", "status": "ACTIVE", "usage": "BLOCKLIST", "locations": []any{map[string]any{"country": pick(r, "US", "DE")}},
		}))
		require.NoError(t, err)
		blocked.Zones = append(slices.Clone(config.Zones), zones)
		compared += neverAllowsMore(t, seed, r, "a dynamic blocklist zone", config, blocked)

		if config.ThreatInsight != nil && config.ThreatInsight.Action == zone.ThreatBlock {
			fed := config
			feed, err := zone.ParseFeed("more.txt", []byte(r.network()+"\n"))
			require.NoError(t, err)
			fed.ThreatFeeds = append(slices.Clone(config.ThreatFeeds), feed)
			compared += neverAllowsMore(t, seed, r, "a threat feed", config, fed)
		}

		without := config
		without.SailPoint, without.AuthProfile = nil, nil
		if config.SailPoint != nil {
			compared += neverAllowsMore(t, seed, r, "a SailPoint document", without, config)
		}
		if config.AuthProfile != nil {
			stricter, profile := config, *config.AuthProfile
			if r.IntN(2) == 0 {
				profile.OffNetwork = true
			} else {
				profile.UntrustedGeography = true
			}
			stricter.AuthProfile = &profile
			compared += neverAllowsMore(t, seed, r, "a flag of the profile", config, stricter)
		}
	}
	figure(t, "a blocklist, a feed, a SailPoint document or a flag added to %d random policies: %d chains before and after", seeds(300), compared)
}

// What a client writes to the left of the hop that a trusted proxy vouches for
// can only keep it out.
func TestForgedHopsNeverAllow(t *testing.T) {
	compared := 0
	for seed := range seeds(300) {
		r := newRandomPolicy(seed)
		policy, err := decide.Compile(r.config(t))
		require.NoError(t, err)
		for range 200 {
			honest := r.chain()
			if policy.DecideChain(honest).Allowed() || len(honest) == 0 {
				continue
			}
			client := policy.Explain(honest...).ClientIndex
			if client < 0 {
				continue
			}
			forged := append(slices.Clone(honest[:client+1]), r.chain()...)
			bare := policy.DecideChain(honest[:client+1])
			compared++
			if got := policy.DecideChain(forged); got.Allowed() && !bare.Allowed() && !lastIsTrusted(policy, honest[:client+1]) {
				t.Fatalf("seed %d: %v denies %v, with forged hops %v it is %v", seed, honest[:client+1], bare, forged, got)
			}
		}
	}
	figure(t, "%d denied chains with forged hops behind the client", compared)
}

// lastIsTrusted says that the chain ends in a proxy, so that a hop added behind
// it is what that proxy reports, not what a client forges.
func lastIsTrusted(policy *decide.Policy, chain []netip.Addr) bool {
	return len(policy.Explain(chain...).Hops[len(chain)-1].TrustedBy) > 0
}

// Knowing less of the client never lets it in, unless the policy says that
// unknown countries are trusted.
func TestUnknownDataNeverAllow(t *testing.T) {
	const header = "network,country,region,asn,anonymizer,services\n"
	rows := []struct{ name, known, unknown string }{
		{"country", "10.0.0.0/8,US,,64500,none,-\n", "10.0.0.0/8,,,64500,none,-\n"},
		{"another country", "10.0.0.0/8,DE,,64500,none,-\n", "10.0.0.0/8,,,64500,none,-\n"},
		{"region", "10.0.0.0/8,US,US-CA,64500,none,-\n", "10.0.0.0/8,US,,64500,none,-\n"},
		{"ASN", "10.0.0.0/8,US,,64502,none,-\n", "10.0.0.0/8,US,,,none,-\n"},
		{"no anonymizer", "10.0.0.0/8,US,,7,none,-\n", "10.0.0.0/8,US,,7,,-\n"},
		{"Tor", "10.0.0.0/8,US,,7,tor,-\n", "10.0.0.0/8,US,,7,,-\n"},
		{"another anonymizer", "10.0.0.0/8,US,,7,anonymous,-\n", "10.0.0.0/8,US,,7,,-\n"},
		{"no services", "10.0.0.0/8,US,,7,none,-\n", "10.0.0.0/8,US,,7,none,\n"},
		{"a service", "10.0.0.0/8,US,,7,none,NORD_VPN\n", "10.0.0.0/8,US,,7,none,\n"},
		{"a service that hides nobody", "10.0.0.0/8,US,,7,none,GLOBALPROTECT_VPN\n", "10.0.0.0/8,US,,7,none,\n"},
	}
	provide := "192.0.2.250,US,US-CA,7,none,-\n" + // anonymizers and services of IPv6 alone
		"2001:db8:1::1,US,US-CA,7,tor,ANONYMIZER_TOR|VPN|PROXY\n2001:db8:1::2,US,US-CA,7,anonymous,NORD_VPN\n"
	compared := 0
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			load := func(text string) *geo.Table {
				table, err := geo.Load(geo.Source{File: "geo.csv", Data: []byte(header + text + provide), Kind: geo.CSV})
				require.NoError(t, err)
				return table
			}
			known, unknown := load(row.known), load(row.unknown)
			for seed := range seeds(200) {
				r := newRandomPolicy(seed)
				before := r.config(t)
				before.UnknownCountry, before.Geo, before.AssumeNone = decide.DenyUnknownCountry, known, 0
				after := before
				after.Geo = unknown
				first, err := decide.Compile(before)
				require.NoError(t, err)
				second, err := decide.Compile(after)
				require.NoError(t, err)
				for _, addr := range r.pool {
					if !addr.Is4() {
						continue // the datum of an embedded address may lift a definite hit
					}
					compared++
					if was, is := first.Decide(addr), second.Decide(addr); is.Allowed() && !was.Allowed() {
						t.Fatalf("seed %d: %v was %v, is %v", seed, addr, was, is)
					}
				}
			}
		})
	}
	figure(t, "%d decisions with one datum of the client unknown", compared)
}
