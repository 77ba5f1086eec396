package main

import (
	"bytes"
	"errors"
	"net/netip"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/replay"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/geo"
)

// aReport has something in each of its lists.
func aReport() *replay.Report {
	first := time.Date(2026, 11, 27, 8, 0, 0, 0, time.UTC)
	return &replay.Report{
		Lines: 12, Decided: 8, Unreadable: 4, Allow: 6, Deny: 2,
		Reasons:   []replay.Count[decide.Reason]{{Of: decide.Permitted, Requests: 6}, {Of: decide.Threat, Requests: 1}, {Of: decide.GeoUnknown, Requests: 1}},
		Zones:     []replay.Count[decide.ZoneRef]{{Of: decide.ZoneRef{Name: "a\nb"}, Requests: 1}},
		Rules:     []replay.Count[replay.Rule]{{Of: replay.Rule{Name: "r", Verdict: decide.Deny}, Requests: 2}},
		Unknown:   []replay.Count[geo.Field]{{Of: geo.Country, Requests: 3}, {Of: geo.ASN, Requests: 1}},
		Countries: []replay.CountryCount{{Country: "DE", Requests: 5, Denied: 1}, {Requests: 2, Denied: 1}, {Country: "AT", Requests: 1}},
		First:     first, Last: first.Add(time.Hour),
		Clients: 3, Grain: replay.Grain{Bits4: 24, Bits6: 64},
		ByClient: []replay.Client{
			{Network: netip.MustParsePrefix("192.0.2.0/24"), Country: "DE", Requests: 6, Denied: 1, ToAllow: 1, Reasons: 1<<decide.Permitted | 1<<decide.Threat, First: first, Last: first.Add(time.Minute)},
			{Network: netip.MustParsePrefix("2001:db8::1/128"), Requests: 2, Denied: 2, ToDeny: 2, Reasons: 1 << decide.GeoUnknown},
		},
		Changes: replay.Changes{ToDeny: 2, ToAllow: 1, Clients: 2, Outcomes: []replay.Count[[2]decide.Outcome]{
			{Of: [2]decide.Outcome{{Verdict: decide.Allow, Reason: decide.Permitted}, {Reason: decide.Overlay}}, Requests: 2},
		}},
	}
}

// The text of a report, list by list.
func TestReplayTextOfEachList(t *testing.T) {
	const plain = `12 lines, too many clients to tell apart, in 3 networks (/24 and /64), 8 decided, 4 unreadable
from 2026-11-27T08:00:00Z to 2026-11-27T09:00:00Z

Decisions
  allow  6  75.0%
  deny   2  25.0%

Reasons
  permitted    6  75.0%
  threat       1  12.5%
  geo_unknown  1  12.5%

Denied by zone
  "a\nb"  1  12.5%

Decided by rule
  "r" deny  2  25.0%

Decided by what is unknown
  country  3  37.5%
  asn      1  12.5%

Countries
  DE       5  1 denied
  unknown  2  1 denied
  AT       1  0 denied

Clients denied most
  2001:db8::1   -   2 of 2 geo_unknown       
  192.0.2.0/24  DE  1 of 6 threat,permitted  2026-11-27T08:00:00Z .. 2026-11-27T08:01:00Z
`
	const changes = `
Under next.json
  newly denied         2  25.0%
  newly allowed        1  12.5%
  clients that change  2  

Decisions before and after
  allow permitted -> deny overlay  2  25.0%

Clients newly denied
  2001:db8::1  -  2 of 2  

Clients newly allowed
  192.0.2.0/24  DE  1 of 6  2026-11-27T08:00:00Z .. 2026-11-27T08:01:00Z
`
	require.Equal(t, plain, string(replayText(aReport(), replayFlags{top: 3}, style{})))
	require.Equal(t, plain+changes, string(replayText(aReport(), replayFlags{top: 3, against: "next.json"}, style{})))

	coloured := string(replayText(aReport(), replayFlags{top: 3}, style{colour: true}))
	require.Contains(t, coloured, green+"allow"+reset+"  6")
	require.Contains(t, coloured, red+"deny"+reset+"   2")
	require.Contains(t, coloured, bold+"Countries"+reset+"\n")

	short := string(replayText(aReport(), replayFlags{top: 2}, style{}))
	for _, want := range []string{"12.5%\n  and 1 more\n\nDenied by zone", "1 denied\n  and 1 more\n\nClients"} {
		require.Contains(t, short, want)
	}

	bare := &replay.Report{Lines: 1, Decided: 1, Allow: 1, Clients: 1, Grain: replay.Grain{Bits4: 32, Bits6: 128}, Countries: []replay.CountryCount{{Requests: 1}}}
	require.Equal(t, "1 line, 1 client, 1 decided, 0 unreadable\n\nDecisions\n  allow  1  100.0%\n  deny   0  0.0%\n",
		string(replayText(bare, replayFlags{top: 3}, style{})), "nobody knows countries")
	bare.Countries[0].Country = "DE"
	require.Contains(t, string(replayText(bare, replayFlags{top: 3}, style{})), "\nCountries\n  DE  1  0 denied\n")
}

// What a report has beside its numbers where clients are too many, and what is said of lines
// that are no record.
func TestReplayOfMany(t *testing.T) {
	var out, stderr bytes.Buffer
	c := &commandLine{out: &out, err: &stderr}
	require.NoError(t, writeJSON(&out, newReplayJSON(aReport(), true)))
	require.Equal(t, `{"lines":12,"decided":8,"unreadable":4,"allow":6,"deny":2,"reasons":{"permitted":6,"threat":1,"geo_unknown":1},"unknown":["country","asn"],"clients":3,`+
		`"clientNetworks":{"ipv4":24,"ipv6":64},"against":{"newlyDenied":2,"newlyAllowed":1,"clients":2}}`+"\n", out.String())

	r := aReport()
	c.reportFaults(r)
	require.Equal(t, "netwicket: and 4 more lines that are no record\n", stderr.String())
	stderr.Reset()
	r.Failed = []error{errors.New("a\nb: gone")}
	for n := range 4 {
		r.Faults = append(r.Faults, replay.Fault{Name: "l\x1b", Line: n + 1, Text: strings.Repeat("x", n), Err: errors.New("bad")})
	}
	c.reportFaults(r)
	require.Equal(t, `netwicket: a\nb: gone
netwicket: l\x1b:1: no record: bad
netwicket: l\x1b:2: no record: bad: "x"
netwicket: l\x1b:3: no record: bad: "xx"
netwicket: l\x1b:4: no record: bad: "xxx"
`, stderr.String())
	stderr.Reset()
	c.reportFaults(&replay.Report{Decided: 1})
	c.reportFaults(&replay.Report{})
	require.Empty(t, stderr.String())
	c.reportFaults(&replay.Report{Unreadable: 1})
	require.Contains(t, stderr.String(), "and 1 more lines that are no record\nnetwicket: no line could be read; say what they are with --format")
}

// Ten rows of each list are shown where nobody says how many.
func TestReplayShowsTen(t *testing.T) {
	acme(t)
	var log strings.Builder
	for n := range 12 {
		log.WriteString("203.0.113." + number(uint64(n)) + combinedTail + "\n")
	}
	writeFile(t, "access.log", log.String())
	got := runIn(t, "", "replay", "access.log")
	require.Zero(t, got.code, got.stderr)
	_, denied, _ := strings.Cut(got.out, "Clients denied most\n")
	require.Equal(t, 10, strings.Count(denied, "\n  ")+1, got.out)
}

// How many processors there are is asked, not set.
func TestProcessorsAreLeftAsTheyAre(t *testing.T) {
	acme(t)
	writeFile(t, "access.log", "203.0.113.9"+combinedTail+"\n")
	writeFile(t, "new.json", `{"range":["203.0.113.0/24"]}`)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(3))
	for _, args := range []string{"replay access.log", "replay --against new.json access.log", "diff --log access.log network.json new.json", "bench --time 1us --json"} {
		got := runIn(t, "", words(args)...)
		require.Zero(t, got.code, got.stderr)
		require.Equal(t, 3, runtime.GOMAXPROCS(0), args)
		if strings.HasPrefix(args, "bench") {
			require.EqualValues(t, 3, objects(t, got.out)[0]["processors"])
		}
	}
}
