package replay_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admission"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/replay"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/decidetest"
	"github.com/netwicket/netwicket/decide/gate"
	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/zone"
)

// zonesOfOne are zones that each block one address, 10.0.0.0 and those behind it.
func zonesOfOne(zones int) string {
	list := make([]string, zones)
	for i := range list {
		list[i] = fmt.Sprintf(`{"type":"IP","id":"%d-of-the-zones","name":"%d of the zones","usage":"BLOCKLIST","system":false,"gateways":[{"type":"CIDR","value":"10.0.%d.%d/32"}]}`,
			i, i, i/256, i%256)
	}
	return "[" + strings.Join(list, ",") + "]"
}

// Each decision is counted as itself, however alike the names in it are and
// whatever came between.
func TestRunTellsDecisionsApart(t *testing.T) {
	const zones, rounds = 300, 4
	var log strings.Builder
	for round := range rounds {
		for i := range zones {
			if i%rounds >= round { // one to four requests
				log.WriteString(line(fmt.Sprintf("10.0.%d.%d", i/256, i%256), 0))
			}
		}
	}
	for _, workers := range []int{1, 3} {
		report := replay.Run(replay.Config{
			Parse: parser(t), Workers: workers,
			Subject: replay.Subject{Control: admission.Control{Policy: policy(t, zonesOfOne(zones))}},
		}, []replay.Input{input("log", log.String())})
		require.Len(t, report.Zones, zones)
		for _, count := range report.Zones {
			i := 0
			_, err := fmt.Sscanf(count.Of.ID, "%d-of-the-zones", &i)
			require.NoError(t, err)
			require.EqualValues(t, 1+i%rounds, count.Requests, count.Of.Name)
		}
		require.EqualValues(t, zones*(1+rounds)/2, report.Deny)
	}
}

// A decision keeps its number, whatever came between, and no two have the same.
func TestNumbersOfDecisions(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	counter, numbers := replay.NewCounter(), map[decide.Judgment]int{}
	for range 20_000 {
		judgment := decide.Judgment{Verdict: decide.Verdict(random.IntN(2)), Reason: decide.Reason(random.IntN(12)), Rule: fmt.Sprint(random.IntN(90))}
		number := counter.Count(&judgment)
		if known, found := numbers[judgment]; found && known != number {
			t.Fatalf("%+v is number %d, and was %d", judgment, number, known)
		} else if !found && number != len(numbers) {
			t.Fatalf("the %dth decision is number %d", len(numbers)+1, number)
		}
		numbers[judgment] = number
	}
	require.Greater(t, len(numbers), 2000)
}

// Data are counted where a decision turned on them, each by itself.
func TestRunCountsUnknownData(t *testing.T) {
	table, err := geo.Load(geo.Source{File: "geo.csv", Kind: geo.CSV, Data: []byte("network,country,region,asn,anonymizer,services\n" +
		"192.0.2.0/24,FR,,,,\n198.51.100.0/24,,,2,,\n203.0.113.0/25,FR,,2,,\n10.0.0.0/8,FR,,2,none,\n100.64.0.0/10,FR,,2,tor,\n198.18.0.0/16,IT,,2,none,\n198.19.0.0/16,IT,IT-62,2,none,\n")})
	require.NoError(t, err)
	zones, err := zone.ParseOkta("zones.json", []byte(`[{"type":"DYNAMIC","name":"both","usage":"BLOCKLIST","locations":[{"country":"US"}],"asns":["7"]},
		{"type":"DYNAMIC","name":"Milan","usage":"BLOCKLIST","locations":[{"country":"IT","region":"IT-MI"}]},
		{"type":"DYNAMIC","name":"DE","usage":"BLOCKLIST","locations":[{"country":"DE"}]},
		{"type":"DYNAMIC","name":"AS1","usage":"BLOCKLIST","asns":["1"]},
		{"type":"DYNAMIC","name":"Tor","usage":"BLOCKLIST","proxyType":"TorAnonymizer"}]`))
	require.NoError(t, err)
	compiled, err := decide.Compile(decide.Config{Zones: []zone.Zones{zones}, Geo: table})
	require.NoError(t, err)
	want, all := map[geo.Field]uint64{}, map[geo.Field]bool{}
	var log strings.Builder
	for _, addr := range []string{"192.0.2.1", "192.0.2.2", "198.51.100.1", "203.0.113.1", "10.0.0.1", "203.0.113.200", "198.18.0.1", "198.19.0.1"} {
		log.WriteString(line(addr, 0))
		unknown := compiled.Decide(netip.MustParseAddr(addr)).Unknown
		all[unknown] = true
		for bit := range 16 {
			if unknown>>bit&1 == 1 {
				want[geo.Field(1)<<bit]++
			}
		}
	}
	report := replay.Run(replay.Config{Parse: parser(t), Subject: replay.Subject{Control: admission.Control{Policy: compiled}, Geo: table}}, []replay.Input{input("log", log.String())})
	got := map[geo.Field]uint64{}
	for _, count := range report.Unknown {
		got[count.Of] = count.Requests
	}
	require.Equal(t, want, got)
	require.Len(t, want, 3)
	require.True(t, all[geo.Country|geo.ASN] && all[geo.ASN] && all[0], "%v", all)
	require.Zero(t, report.Changes, "there is nothing to compare with")
	for _, client := range report.ByClient {
		require.Zero(t, client.ToDeny+client.ToAllow)
	}
}

// A client that one of the policies' edges alone can name is that client.
func TestRunTakesTheOtherClient(t *testing.T) {
	edge := func(config gate.Config) replay.Subject {
		config.Trusted = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
		resolver, err := gate.NewResolver(config)
		require.NoError(t, err)
		return replay.Subject{Control: admission.Control{Policy: policy(t, blocking), Edge: resolver}}
	}
	against := edge(gate.Config{Source: gate.Peer})
	report := replay.Run(replay.Config{Parse: parser(t), Subject: edge(gate.Config{Source: gate.XForwardedFor}), Against: &against},
		[]replay.Input{input("log", `{"remote_addr":"10.0.0.1","xff":"x","time":1}`+"\n")})
	require.Len(t, report.ByClient, 1)
	require.Equal(t, netip.MustParsePrefix("10.0.0.1/32"), report.ByClient[0].Network)
	require.EqualValues(t, 1, report.ByClient[0].ToAllow)
	require.EqualValues(t, 1, report.ByClient[0].Denied)
}

// A record of several requests of which one is none is one line that is no record.
func TestRunTakesRecordsWhole(t *testing.T) {
	const event = `{"request":{"ipChain":[{"ip":%q}]}}`
	hook := func(addrs ...string) string {
		var events []string
		for _, addr := range addrs {
			events = append(events, fmt.Sprintf(event, addr))
		}
		return `{"data":{"events":[` + strings.Join(events, ",") + `]}}` + "\n"
	}
	report := replay.Run(replay.Config{Parse: parser(t), Subject: replay.Subject{Control: admission.Control{Policy: policy(t, blocking)}}},
		[]replay.Input{input("log", hook("192.0.2.1", "203.0.113.9")+hook("17", "18", "192.0.2.3")+hook("192.0.2.2"))})
	require.EqualValues(t, 3, report.Lines)
	require.EqualValues(t, 1, report.Unreadable)
	require.Len(t, report.Faults, 1)
	require.EqualValues(t, 3, report.Decided)
}

// A request is the one before it if the peer, the proxies and who resolved them are the same.
func TestRunRemembersTheRequestBefore(t *testing.T) {
	edge, err := gate.NewResolver(gate.Config{Trusted: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, Source: gate.XForwardedFor})
	require.NoError(t, err)
	const at = `,"time":1431857103}` + "\n"
	log := `{"remote_addr":"10.0.0.1","xff":"203.0.113.9"` + at + // blocked
		`{"remote_addr":"10.0.0.1","xff":"203.0.113.9"` + at +
		`{"remote_addr":"10.0.0.1","xff":"198.51.100.7"` + at + // permitted
		`{"remote_addr":"10.0.0.1"` + at + // the edge names nobody
		`{"client_ip":"10.0.0.1"` + at + // who was resolved before: permitted
		`{"client_ip":"10.0.0.1"` + at +
		`{"remote_addr":"10.0.0.1"` + at +
		`{"remote_addr":"17"` + at + `{"remote_addr":"17"` + at // no records
	against := replay.Subject{Control: admission.Control{Policy: policy(t, other), Edge: edge}}
	report := replay.Run(replay.Config{Parse: parser(t), Subject: replay.Subject{Control: admission.Control{Policy: policy(t, blocking), Edge: edge}}, Against: &against},
		[]replay.Input{input("log", log)})
	require.Equal(t, []replay.Count[decide.Reason]{{Of: decide.Permitted, Requests: 3}, {Of: decide.Blocklisted, Requests: 2}, {Of: decide.ClientUnresolved, Requests: 2}}, report.Reasons)
	require.EqualValues(t, 2, report.Unreadable)
	require.EqualValues(t, 2, report.Changes.ToAllow)
}

// Rules that decided as often stand by name, and those of one name by what they say.
func TestRunOrdersRules(t *testing.T) {
	zones, rules := "", ""
	for i, rule := range []struct{ name, access string }{{"c", "ALLOW"}, {"b", "DENY"}, {"c", "DENY"}, {"a", "ALLOW"}} {
		zones += fmt.Sprintf(`{"type":"IP","id":"z%d","name":"z%d","gateways":[{"type":"CIDR","value":"192.0.2.%d/32"}]},`, i, i, i)
		rules += fmt.Sprintf(`{"name":%q,"priority":%d,"conditions":{"network":{"connection":"ZONE","include":["z%d"]}},"actions":{"signon":{"access":%q}}},`, rule.name, i, i, rule.access)
	}
	compiled := decidetest.Documents{Zones: "[" + zones[:len(zones)-1] + "]", Rules: []string{"[" + rules[:len(rules)-1] + "]"}}.Compile(t)
	log := line("192.0.2.0", 0) + line("192.0.2.1", 0) + line("192.0.2.2", 0) + line("192.0.2.3", 0)
	report := replay.Run(replay.Config{Parse: parser(t), Subject: replay.Subject{Control: admission.Control{Policy: compiled}}}, []replay.Input{input("log", log)})
	require.Equal(t, []replay.Count[replay.Rule]{
		{Of: replay.Rule{Name: "a", Verdict: decide.Allow}, Requests: 1}, {Of: replay.Rule{Name: "b", Verdict: decide.Deny}, Requests: 1},
		{Of: replay.Rule{Name: "c", Verdict: decide.Deny}, Requests: 1}, {Of: replay.Rule{Name: "c", Verdict: decide.Allow}, Requests: 1},
	}, report.Rules)
}
