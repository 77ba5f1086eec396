package decide_test

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/zone"
)

// FuzzDecide: whatever documents load, the compiled decision is the naive one
// for every chain, for every spelling of an address, and never an allow without
// a client.
func FuzzDecide(f *testing.F) {
	for seed := range seeds(60) {
		r := newRandomPolicy(seed)
		documents := r.zones(4)
		chain := make([]byte, 34)
		for i := range chain {
			chain[i] = byte(r.Uint32())
		}
		f.Add(mustJSON(f, documents), mustJSON(f, r.rules(documents)), []byte(`{"range":["10.0.0.0/29"],"geolocation":["US"]}`),
			[]byte(`{"offNetwork":true,"untrustedGeography":false}`), []byte(r.network()+"\n"), []byte(r.csv()), chain)
	}
	f.Fuzz(func(t *testing.T, zones, rules, network, profile, feed, csv, hops []byte) {
		config, ok := fuzzConfig(zones, rules, network, profile, feed, csv)
		if !ok {
			return
		}
		policy, err := decide.Compile(config)
		if err != nil {
			if policy != nil {
				t.Fatal("a policy beside an error")
			}
			return
		}
		r := newRandomPolicy(1)
		for start := 0; start+3 <= len(hops); start += 3 {
			var chain []netip.Addr
			for _, b := range hops[start:min(start+1+int(hops[start]%6), len(hops))] {
				if b%16 == 0 {
					chain = append(chain, netip.Addr{})
				} else {
					chain = append(chain, r.pool[int(b)%len(r.pool)])
				}
			}
			checkAgainstExplain(t, policy, 0, chain)
			if d := policy.DecideChain(chain); d.Allowed() && !d.Client.IsValid() {
				t.Fatalf("%v without a client", d)
			}
		}
		for _, addr := range r.pool {
			want := policy.Explain(addr).Decision
			for _, spelling := range []netip.Addr{addr, netip.AddrFrom16(addr.As16())} {
				require.Empty(t, differences(policy, spelling, want))
			}
		}
	})
}

// fuzzConfig parses what there is; a document that does not parse is left out,
// so that the fuzzer need not get all of them right at once.
func fuzzConfig(zonesText, rulesText, network, profile, feed, csv []byte) (config decide.Config, ok bool) {
	if zones, err := zone.ParseOkta("zones.json", zonesText); err == nil {
		config.Zones = []zone.Zones{zones}
	}
	if rules, err := zone.ParseOktaRules("rules.json", rulesText); err == nil {
		config.Rules = []zone.RuleSet{rules}
	}
	if document, err := zone.ParseSailPoint("network.json", network); err == nil {
		config.SailPoint = &document
	}
	if document, err := zone.ParseAuthProfile("profile.json", profile); err == nil {
		config.AuthProfile = &document
	}
	if list, err := zone.ParseFeed("feed.txt", feed); err == nil {
		config.ThreatFeeds = []zone.Feed{list}
		config.ThreatInsight = &zone.ThreatInsight{Action: zone.ThreatBlock}
	}
	if table, err := geo.Load(geo.Source{File: "geo.csv", Data: csv, Kind: geo.CSV}); err == nil {
		config.Geo = table
	}
	return config, len(config.Zones) > 0 || config.SailPoint != nil
}
