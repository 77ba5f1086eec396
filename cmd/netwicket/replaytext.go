package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/replay"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/geo"
)

// replayText is the outcome for a person.
func replayText(r *replay.Report, flags replayFlags, look style) []byte {
	s := &sheet{look: look}
	fmt.Fprintf(&s.out, "%s, %s, %d decided, %d unreadable\n", plural(r.Lines, "line"), clientsText(r), r.Decided, r.Unreadable)
	if !r.First.IsZero() {
		fmt.Fprintf(&s.out, "from %s to %s\n", r.First.Format(time.RFC3339), r.Last.Format(time.RFC3339))
	}
	s.paintedTable("Decisions", [][]string{
		{decide.Allow.String(), number(r.Allow), share(r.Allow, r.Decided)},
		{decide.Deny.String(), number(r.Deny), share(r.Deny, r.Decided)},
	}, func(verdict string) string {
		if verdict == decide.Allow.String() {
			return look.verdict(decide.Allow, verdict)
		}
		return look.verdict(decide.Deny, verdict)
	})
	s.table("Reasons", countRows(r.Reasons, r.Decided, flags.top, decide.Reason.String))
	s.table("Denied by zone", countRows(r.Zones, r.Decided, flags.top, func(z decide.ZoneRef) string { return strconv.Quote(z.Name) }))
	s.table("Decided by rule", countRows(r.Rules, r.Decided, flags.top, func(rule replay.Rule) string {
		return strconv.Quote(rule.Name) + " " + rule.Verdict.String()
	}))
	s.table("Decided by what is unknown", countRows(r.Unknown, r.Decided, flags.top, func(datum geo.Field) string { return datum.Names()[0] }))
	s.table("Countries", countryRows(r, flags.top))
	s.table("Clients denied most", clientRows(r.Top(flags.top, func(c *replay.Client) uint64 { return c.Denied }), deniedColumn))
	if flags.against != "" {
		s.changes(r, flags)
	}
	return s.out.Bytes()
}

// changes shows who would change under the other policy.
func (s *sheet) changes(r *replay.Report, flags replayFlags) {
	s.table("Under "+flags.against, [][]string{
		{"newly denied", number(r.Changes.ToDeny), share(r.Changes.ToDeny, r.Decided)},
		{"newly allowed", number(r.Changes.ToAllow), share(r.Changes.ToAllow, r.Decided)},
		{"clients that change", number(uint64(r.Changes.Clients)), ""},
	})
	s.table("Decisions before and after", countRows(r.Changes.Outcomes, r.Decided, flags.top, func(pair [2]decide.Outcome) string {
		return fmt.Sprintf("%v %v -> %v %v", pair[0].Verdict, pair[0].Reason, pair[1].Verdict, pair[1].Reason)
	}))
	s.table("Clients newly denied", clientRows(r.Top(flags.top, func(c *replay.Client) uint64 { return c.ToDeny }), newlyDeniedColumn))
	s.table("Clients newly allowed", clientRows(r.Top(flags.top, func(c *replay.Client) uint64 { return c.ToAllow }), newlyAllowedColumn))
}

func newlyDeniedColumn(c *replay.Client) string { return fmt.Sprintf("%d of %d", c.ToDeny, c.Requests) }

func newlyAllowedColumn(c *replay.Client) string {
	return fmt.Sprintf("%d of %d", c.ToAllow, c.Requests)
}

func clientsText(r *replay.Report) string {
	if r.Grain.Bits4 == 32 {
		return plural(uint64(r.Clients), "client")
	}
	return fmt.Sprintf("too many clients to tell apart, in %d networks (/%d and /%d)", r.Clients, r.Grain.Bits4, r.Grain.Bits6)
}

func countRows[K any](counts []replay.Count[K], all uint64, top int, name func(K) string) [][]string {
	var rows [][]string
	for i, count := range counts {
		if i == top {
			return append(rows, []string{fmt.Sprintf("and %d more", len(counts)-top)})
		}
		rows = append(rows, []string{name(count.Of), number(count.Requests), share(count.Requests, all)})
	}
	return rows
}

// countryRows are empty without databases of countries.
func countryRows(r *replay.Report, top int) [][]string {
	if len(r.Countries) == 1 && r.Countries[0].Country == "" {
		return nil
	}
	var rows [][]string
	for i, count := range r.Countries {
		if i == top {
			return append(rows, []string{fmt.Sprintf("and %d more", len(r.Countries)-top)})
		}
		rows = append(rows, []string{orWord(count.Country, "unknown"), number(count.Requests), number(count.Denied) + " denied"})
	}
	return rows
}

func deniedColumn(c *replay.Client) string {
	var reasons []string
	for reason := range c.Reasons.All() {
		reasons = append(reasons, reason.String())
	}
	return fmt.Sprintf("%d of %d %s", c.Denied, c.Requests, strings.Join(reasons, ","))
}

func clientRows(clients []replay.Client, column func(*replay.Client) string) [][]string {
	var rows [][]string
	for i := range clients {
		c := &clients[i]
		name := c.Network.String()
		if c.Network.IsSingleIP() {
			name = c.Network.Addr().String()
		}
		seen := ""
		if !c.First.IsZero() {
			seen = c.First.Format(time.RFC3339) + " .. " + c.Last.Format(time.RFC3339)
		}
		rows = append(rows, []string{name, orWord(c.Country, "-"), column(c), seen})
	}
	return rows
}
