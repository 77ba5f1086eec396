package replay_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go4.org/netipx"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admission"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/replay"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/zone"
)

// asked is one request of a log.
type asked struct {
	addr netip.Addr
	at   time.Time // zero: none is in the record
}

// ruled is a policy of zones and rules that turns on countries, some unknown.
func ruled(t *testing.T, table *geo.Table, first, rest, blocklist string) *decide.Policy {
	t.Helper()
	zones, err := zone.ParseOkta("zones.json", []byte(strings.ReplaceAll(`[{"type":"DYNAMIC","id":"de","name":"Germany","system":false,"locations":[{"country":"DE"}]},
		{"type":"IP","id":"b1","name":"Blocked","usage":"LIST","system":false,"gateways":[{"type":"CIDR","value":"203.0.113.0/28"}]},
		{"type":"IP","id":"b2","name":"Also blocked","usage":"LIST","system":false,"gateways":[{"type":"CIDR","value":"203.0.113.32/28"}]},
		{"type":"IP","id":"b0","name":"Blocked","usage":"LIST","system":false,"gateways":[{"type":"CIDR","value":"203.0.113.16/28"}]}]`, "LIST", blocklist)))
	require.NoError(t, err)
	rules, err := zone.ParseOktaRules("rules.json", []byte(fmt.Sprintf(`[
		{"name":"Germany","priority":1,"conditions":{"network":{"connection":"ZONE","include":["de"]}},"actions":{"signon":{"access":"%s"}}},
		{"name":"Germany","priority":2,"conditions":{"network":{"connection":"ANYWHERE"}},"actions":{"signon":{"access":"%s"}}}]`, first, rest)))
	require.NoError(t, err)
	policy, err := decide.Compile(decide.Config{Zones: []zone.Zones{zones}, Rules: []zone.RuleSet{rules}, Geo: table})
	require.NoError(t, err)
	return policy
}

// naive adds up one request after the other.
func naive(requests []asked, policy, other *decide.Policy, table *geo.Table, watch []netipx.IPRange, grain replay.Grain) *replay.Report {
	r := &replay.Report{Grain: grain, Watched: make([]uint64, len(watch))}
	reasons, zones, rules, unknown := map[decide.Reason]uint64{}, map[decide.ZoneRef]uint64{}, map[replay.Rule]uint64{}, map[geo.Field]uint64{}
	countries, clients, changes := map[string]*replay.CountryCount{}, map[netip.Prefix]*replay.Client{}, map[[2]decide.Outcome]uint64{}
	for _, one := range requests {
		d, o := policy.Decide(one.addr), other.Decide(one.addr)
		r.Lines++
		r.Decided++
		reasons[d.Reason]++
		if d.Zone != nil {
			zones[*d.Zone]++
		}
		if d.Rule != "" {
			rules[replay.Rule{Name: d.Rule, Verdict: d.Verdict}]++
		}
		if d.Unknown != 0 {
			unknown[d.Unknown]++ // one datum at most: countries
		}
		bits := grain.Bits6
		if one.addr.Is4() {
			bits = grain.Bits4
		}
		network := netip.PrefixFrom(one.addr, bits).Masked()
		country := table.Lookup(one.addr).Country
		if countries[country] == nil {
			countries[country] = &replay.CountryCount{Country: country}
		}
		c := clients[network]
		if c == nil {
			c = &replay.Client{Network: network}
			if network.IsSingleIP() {
				c.Country = country
			}
			clients[network] = c
		}
		countries[country].Requests++
		c.Requests++
		if d.Allowed() {
			r.Allow++
		} else {
			r.Deny++
			countries[country].Denied++
			c.Denied++
			c.Reasons |= d.Reasons
		}
		if !one.at.IsZero() {
			for _, span := range []struct{ first, last *time.Time }{{&r.First, &r.Last}, {&c.First, &c.Last}} {
				if span.first.IsZero() || one.at.Before(*span.first) {
					*span.first = one.at
				}
				if one.at.After(*span.last) {
					*span.last = one.at
				}
			}
		}
		pair := [2]decide.Outcome{{Verdict: d.Verdict, Reason: d.Reason}, {Verdict: o.Verdict, Reason: o.Reason}}
		if pair[0] != pair[1] {
			changes[pair]++
		}
		switch {
		case d.Verdict == o.Verdict:
		case o.Allowed():
			r.Changes.ToAllow++
			c.ToAllow++
		default:
			r.Changes.ToDeny++
			c.ToDeny++
		}
		for i, span := range watch {
			if span.Contains(one.addr) {
				r.Watched[i]++
			}
		}
	}
	var moments []moment
	for _, one := range requests {
		d := policy.Decide(one.addr)
		moment := moment{outcome: decide.Outcome{Verdict: d.Verdict, Reason: d.Reason}}
		if !one.at.IsZero() {
			moment.at = one.at.Unix()
		}
		moments = append(moments, moment)
	}
	r.Over = naiveOver(moments)
	r.Reasons = sorted(reasons, decide.Reason.String)
	r.Zones = sorted(zones, func(z decide.ZoneRef) string { return z.Name + "\x00" + z.ID })
	r.Rules = sorted(rules, func(rule replay.Rule) string { return fmt.Sprint(rule.Name, "\x00", uint8(rule.Verdict)) })
	r.Unknown = sorted(unknown, func(f geo.Field) string { return fmt.Sprintf("%09d", f) })
	r.Changes.Outcomes = sorted(changes, func(pair [2]decide.Outcome) string {
		return fmt.Sprint(uint8(pair[0].Verdict), pair[0].Reason, "\x00", uint8(pair[1].Verdict), pair[1].Reason)
	})
	byCountry := map[string]uint64{}
	for code, count := range countries {
		byCountry[code] = count.Requests
	}
	for _, count := range sorted(byCountry, func(code string) string { return code }) {
		r.Countries = append(r.Countries, *countries[count.Of])
	}
	for _, c := range clients {
		r.Clients++
		r.ByClient = append(r.ByClient, *c)
		if c.ToDeny > 0 || c.ToAllow > 0 {
			r.Changes.Clients++
		}
	}
	return r
}

// sorted are numbers, the largest first, and then by text.
func sorted[K comparable](numbers map[K]uint64, text func(K) string) []replay.Count[K] {
	keys := slices.Collect(maps.Keys(numbers))
	slices.SortFunc(keys, func(a, b K) int {
		if numbers[a] != numbers[b] {
			return int(numbers[b]) - int(numbers[a])
		}
		return strings.Compare(text(a), text(b))
	})
	var list []replay.Count[K]
	for _, key := range keys {
		list = append(list, replay.Count[K]{Of: key, Requests: numbers[key]})
	}
	return list
}

// A report against one that is added up request by request, with as many clients
// as can be told apart and with fewer, and few enough requests that many numbers
// are equal.
func TestRunAgainstNaive(t *testing.T) {
	table, err := geo.Load(geo.Source{File: "geo.csv", Kind: geo.CSV, Data: []byte("network,country,region,asn,anonymizer,services\n" +
		"203.0.113.0/26,DE,,,,\n203.0.113.64/26,FR,,,,\n198.0.0.0/8,DE,,,,\n2001:db8::/36,DE,,,,\n2001:db8:8000::/36,FR,,,,\n")})
	require.NoError(t, err)
	policy, other := ruled(t, table, "ALLOW", "DENY", "BLOCKLIST"), ruled(t, table, "DENY", "ALLOW", "POLICY")
	watch := []netipx.IPRange{netipx.MustParseIPRange("203.0.113.8-203.0.113.20"), netipx.MustParseIPRange("203.0.113.22-203.0.113.22"), netipx.MustParseIPRange("2001:db8::-2001:db8:9000::")}
	random := rand.New(rand.NewPCG(9, 9))
	rounds := 120
	if testing.Short() {
		rounds = 40
	}
	for round := range rounds {
		var requests []asked
		var logs [2]strings.Builder
		for range 1 + random.IntN(60) {
			one := asked{addr: netip.AddrFrom4([4]byte{203, 0, 113, byte(random.IntN(130))})}
			switch random.IntN(4) {
			case 0:
				one.addr = netip.AddrFrom4([4]byte{byte(190 + random.IntN(12)), byte(random.IntN(3)), byte(random.IntN(3)), byte(random.IntN(3))})
			case 1:
				one.addr = netip.MustParseAddr(fmt.Sprintf("2001:db8:%x:%x::%x", random.IntN(3)<<14, random.IntN(2), random.IntN(2)))
			}
			when := ""
			if random.IntN(4) > 0 {
				one.at = time.Unix(int64(1+random.IntN(40)), 0).UTC()
				when = fmt.Sprintf(`,"time":%d`, one.at.Unix())
			}
			for range 1 + random.IntN(2) {
				requests = append(requests, one)
				fmt.Fprintf(&logs[random.IntN(2)], "{\"client_ip\":\"%s\"%s}\n", one.addr, when)
			}
		}
		config := replay.Config{
			Parse: parser(t), Workers: 1 + round%3, MaxClients: [...]int{0, 12, 5, 1}[round%4], Watch: watch,
			Subject: replay.Subject{Control: admission.Control{Policy: policy}, Geo: table}, Against: &replay.Subject{Control: admission.Control{Policy: other}},
		}
		got := replay.Run(config, []replay.Input{input("one", logs[0].String()), input("two", logs[1].String())})
		want := naive(requests, policy, other, table, watch, got.Grain)
		byNetwork := func(a, b replay.Client) int { return a.Network.Addr().Compare(b.Network.Addr()) }
		slices.SortFunc(got.ByClient, byNetwork)
		slices.SortFunc(want.ByClient, byNetwork)
		require.Equal(t, want, got)
		if config.MaxClients == 0 {
			require.Equal(t, replay.Grain{Bits4: 32, Bits6: 128}, got.Grain)
			continue
		}
		grains := []replay.Grain{{Bits4: 32, Bits6: 128}, {Bits4: 24, Bits6: 64}, {Bits4: 16, Bits6: 48}, {Bits4: 8, Bits6: 32}, {Bits4: 8, Bits6: 16}}
		level := slices.Index(grains, got.Grain)
		require.GreaterOrEqual(t, level, 0)
		require.True(t, got.Clients <= config.MaxClients || level == len(grains)-1)
		if level > 0 {
			require.Greater(t, naive(requests, policy, other, table, watch, grains[level-1]).Clients, config.MaxClients, "no wider than it has to be")
		}
	}
}
