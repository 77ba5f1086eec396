package replay_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go4.org/netipx"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/accesslog"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admission"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/replay"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/gate"
	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/zone"
)

func policy(t testing.TB, zones string) *decide.Policy {
	t.Helper()
	parsed, err := zone.ParseOkta("zones.json", []byte(zones))
	require.NoError(t, err)
	compiled, err := decide.Compile(decide.Config{Zones: []zone.Zones{parsed}})
	require.NoError(t, err)
	return compiled
}

const (
	blocking = `[{"type":"IP","id":"p","name":"Proxies","system":false,"gateways":[],"proxies":[{"type":"CIDR","value":"10.0.0.0/8"}]},
		{"type":"IP","id":"b","name":"Blocked","usage":"BLOCKLIST","system":false,"gateways":[{"type":"CIDR","value":"203.0.113.0/24"}]}]`
	other = `[{"type":"IP","id":"b","name":"Blocked","usage":"BLOCKLIST","system":false,"gateways":[{"type":"CIDR","value":"192.0.2.0/24"}]}]`
)

func parser(t testing.TB) accesslog.Parser {
	t.Helper()
	parse, err := accesslog.New(accesslog.Options{})
	require.NoError(t, err)
	return parse
}

func input(name, text string) replay.Input {
	return replay.Input{Name: name, Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil }}
}

func line(head string, minute int) string {
	return fmt.Sprintf("%s - - [17/May/2015:10:%02d:03 +0000] \"GET / HTTP/1.1\" 200 203 \"-\" \"-\"\n", head, minute)
}

func TestRun(t *testing.T) {
	table, err := geo.Load(geo.Source{File: "geo.csv", Kind: geo.CSV, Data: []byte("network,country,region,asn,anonymizer,services\n192.0.2.0/24,DE,,,,\n203.0.113.0/25,FR,,,,\n")})
	require.NoError(t, err)
	logs := []replay.Input{
		input("one.log", line("192.0.2.7", 5)+"garbage\n"+line("203.0.113.9", 3)+line("203.0.113.9, 10.0.0.1", 9)+"\n"),
		input("two.log", line("192.0.2.7", 1)+line("localhost", 2)+line("203.0.113.200", 59)+"rubbish\n"),
		{Name: "three.log", Open: func() (io.ReadCloser, error) { return nil, errors.New("no such file") }},
	}
	against := replay.Subject{Control: admission.Control{Policy: policy(t, other)}}
	report := replay.Run(replay.Config{
		Parse: parser(t), Subject: replay.Subject{Control: admission.Control{Policy: policy(t, blocking)}, Geo: table}, Against: &against, Workers: 3,
		Watch: []netipx.IPRange{netipx.MustParseIPRange("192.0.2.0-192.0.2.255"), netipx.MustParseIPRange("203.0.113.10-203.0.113.255")},
	}, logs)
	require.EqualValues(t, 8, report.Lines)
	require.EqualValues(t, 6, report.Decided)
	require.EqualValues(t, 2, report.Unreadable)
	require.EqualValues(t, 2, report.Allow)
	require.EqualValues(t, 4, report.Deny)
	require.Equal(t, []replay.Count[decide.Reason]{{Of: decide.Blocklisted, Requests: 3}, {Of: decide.Permitted, Requests: 2}, {Of: decide.ClientUnresolved, Requests: 1}}, report.Reasons)
	require.Equal(t, []replay.Count[decide.ZoneRef]{{Of: decide.ZoneRef{ID: "b", Name: "Blocked"}, Requests: 3}}, report.Zones)
	require.Empty(t, report.Rules)
	require.Equal(t, []replay.CountryCount{{Country: "DE", Requests: 2}, {Country: "FR", Requests: 2, Denied: 2}, {Country: "", Requests: 1, Denied: 1}}, report.Countries)
	require.Equal(t, time.Date(2015, 5, 17, 10, 1, 3, 0, time.UTC), report.First)
	require.Equal(t, time.Date(2015, 5, 17, 10, 59, 3, 0, time.UTC), report.Last)
	require.Equal(t, 3, report.Clients)
	require.Equal(t, []uint64{2, 1}, report.Watched)
	require.Equal(t, []replay.Client{
		{Network: netip.MustParsePrefix("203.0.113.9/32"), Country: "FR", Requests: 2, Denied: 2, ToAllow: 2, Reasons: 1 << decide.Blocklisted,
			First: time.Date(2015, 5, 17, 10, 3, 3, 0, time.UTC), Last: time.Date(2015, 5, 17, 10, 9, 3, 0, time.UTC)},
		{Network: netip.MustParsePrefix("203.0.113.200/32"), Requests: 1, Denied: 1, ToAllow: 1, Reasons: 1 << decide.Blocklisted,
			First: time.Date(2015, 5, 17, 10, 59, 3, 0, time.UTC), Last: time.Date(2015, 5, 17, 10, 59, 3, 0, time.UTC)},
	}, report.Top(9, func(c *replay.Client) uint64 { return c.Denied }))
	require.Len(t, report.Top(1, func(c *replay.Client) uint64 { return c.Requests }), 1)
	require.EqualValues(t, 2, report.Changes.ToDeny)
	require.EqualValues(t, 3, report.Changes.ToAllow)
	require.Equal(t, 3, report.Changes.Clients)
	require.Equal(t, replay.Count[[2]decide.Outcome]{Of: [2]decide.Outcome{{Verdict: decide.Deny, Reason: decide.Blocklisted}, {Verdict: decide.Allow, Reason: decide.Permitted}}, Requests: 3},
		report.Changes.Outcomes[0])
	require.Len(t, report.Faults, 2)
	require.Equal(t, "one.log", report.Faults[0].Name)
	require.Equal(t, 2, report.Faults[0].Line)
	require.Equal(t, "garbage", report.Faults[0].Text)
	require.Equal(t, "two.log", report.Faults[1].Name)
	require.Equal(t, 4, report.Faults[1].Line)
	require.Len(t, report.Failed, 1)
	require.EqualError(t, report.Failed[0], "three.log: no such file")
}

// What is behind the edge, in front of it, and not its business.
func TestRunBehindAnEdge(t *testing.T) {
	edge, err := gate.NewResolver(gate.Config{Trusted: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, Source: gate.XForwardedFor})
	require.NoError(t, err)
	tests := []struct {
		name, line string
		want       decide.Reason
	}{
		{"a client behind the edge", line("203.0.113.9, 10.0.0.1", 0), decide.Blocklisted},
		{"a hop behind the client", line("203.0.113.9, 192.0.2.7, 10.0.0.1", 0), decide.Blocklisted},
		{"a client that names another", line("198.51.100.7, 192.0.2.7", 0), decide.Permitted},
		{"the edge names nobody", line("10.0.0.1", 0), decide.ClientUnresolved},
		{"a peer that is no address", line("localhost", 0), decide.ClientUnresolved},
		{"an Okta event passed no edge of ours", `{"request":{"ipChain":[{"ip":"10.0.0.1"}]}}` + "\n", decide.Permitted},
		{"an address that was resolved before", `{"client_ip":"10.0.0.1"}` + "\n", decide.Permitted},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			report := replay.Run(replay.Config{Parse: parser(t), Subject: replay.Subject{Control: admission.Control{Policy: policy(t, blocking), Edge: edge}}}, []replay.Input{input("log", test.line)})
			require.Equal(t, []replay.Count[decide.Reason]{{Of: test.want, Requests: 1}}, report.Reasons)
		})
	}
}

// randomLog is a log of many clients, some lines of which are no records.
func randomLog(seed uint64, lines int) string {
	r := rand.New(rand.NewPCG(seed, 7))
	var text bytes.Buffer
	for range lines {
		switch r.IntN(20) {
		case 0:
			fmt.Fprintf(&text, "no record %d\n", r.IntN(1000))
		case 1:
			text.WriteString(line(fmt.Sprintf("2001:db8:%x::%x", r.IntN(50), r.IntN(9)), r.IntN(60)))
		default:
			text.WriteString(line(fmt.Sprintf("203.0.%d.%d", 100+r.IntN(20), r.IntN(256)), r.IntN(60)))
		}
	}
	return text.String()
}

// The same logs give the same report, whoever does the work, in whatever order
// the logs are given and however many clients can be told apart.
func TestRunDoesNotDependOnOrder(t *testing.T) {
	logs := []replay.Input{input("a", randomLog(1, 2000)), input("b", randomLog(2, 3000)), input("c", "no record\n"+randomLog(3, 100))}
	now, before := policy(t, blocking), policy(t, other)
	for _, most := range []int{0, 2000, 300, 30, 4} {
		t.Run(fmt.Sprint(most, " clients"), func(t *testing.T) {
			run := func(workers int, logs ...replay.Input) *replay.Report {
				against := replay.Subject{Control: admission.Control{Policy: before}}
				report := replay.Run(replay.Config{Parse: parser(t), Subject: replay.Subject{Control: admission.Control{Policy: now}}, Against: &against, Workers: workers, MaxClients: most}, logs)
				report.ByClient = report.Top(1<<30, func(c *replay.Client) uint64 { return c.Requests }) // sorted
				return report
			}
			one := run(1, logs...)
			require.Equal(t, one, run(4, logs...))
			turned := run(2, logs[2], logs[1], logs[0])
			turned.Faults = one.Faults // the order of the logs is theirs
			require.Equal(t, one, turned)
			sum := uint64(0)
			for _, c := range one.ByClient {
				sum += c.Requests
			}
			require.Equal(t, one.Decided, sum)
			require.Equal(t, one.Lines, one.Decided+one.Unreadable)
			require.Equal(t, len(one.ByClient), one.Clients)
			require.True(t, most == 0 || one.Clients <= most || one.Grain == replay.Grain{Bits4: 8, Bits6: 16})
		})
	}
}

// The first lines that are no records are shown, in the order of the logs.
func TestRunKeepsTheFirstFaults(t *testing.T) {
	var want []int
	var text strings.Builder
	for i := range 4000 {
		if i%3 == 1 {
			text.WriteString(strings.Repeat("rubbish ", 500) + "\n")
			want = append(want, i+1)
		} else {
			text.WriteString(line("192.0.2.7", 0))
		}
	}
	report := replay.Run(replay.Config{Parse: parser(t), Subject: replay.Subject{Control: admission.Control{Policy: policy(t, blocking)}}, Workers: 4}, []replay.Input{input("log", text.String())})
	require.EqualValues(t, len(want), report.Unreadable)
	for i, fault := range report.Faults {
		require.Equal(t, want[i], fault.Line)
		require.LessOrEqual(t, len(fault.Text), 200)
	}
	require.Len(t, report.Faults, 5)
}

// A line of another format is no denial.
func TestOtherFormatsAreNoRecords(t *testing.T) {
	const log = `192.0.2.1 - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 203 "-" "agent"` + "\n" +
		`status=200 - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 203 "-" "agent"` + "\n" +
		`host.example - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 203 "-" "agent"` + "\n"
	report := replay.Run(replay.Config{Parse: parser(t), Subject: replay.Subject{Control: admission.Control{Policy: policy(t, blocking)}}}, []replay.Input{input("log", log)})
	require.EqualValues(t, 3, report.Lines)
	require.EqualValues(t, 1, report.Unreadable)
	require.EqualValues(t, 2, report.Decided, "a host whose name was looked up is denied")
	require.Equal(t, []replay.Count[decide.Reason]{{Of: decide.ClientUnresolved, Requests: 1}, {Of: decide.Permitted, Requests: 1}}, report.Reasons)
	const alone = `status=200 - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 203 "-" "agent"` + "\n"
	nothing := replay.Run(replay.Config{Parse: parser(t), Subject: replay.Subject{Control: admission.Control{Policy: policy(t, blocking)}}}, []replay.Input{input("log", alone)})
	require.Empty(t, nothing.Reasons)
	require.Equal(t, 2, report.Faults[0].Line)
}
