package main

import (
	"iter"
	"runtime"
	"slices"
	"strings"

	"go4.org/netipx"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/replay"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/policyfile"
)

// weigh replays logs through both policies and counts the requests of clients in
// each changed range. The changes are kept in memory for that.
func (c *commandLine) weigh(report *diffReport, flags diffFlags, pair [2]policyfile.Opened, changes iter.Seq[decide.Change]) (iter.Seq[decide.Change], error) {
	parse, err := flags.format.parser()
	if err != nil {
		return nil, err
	}
	before, err := subject(pair[0].Parts, pair[0].Policy)
	if err != nil {
		return nil, err
	}
	after, err := subject(pair[1].Parts, pair[1].Policy)
	if err != nil {
		return nil, err
	}
	list := slices.Collect(changes)
	ranges := make([]netipx.IPRange, len(list))
	for i := range list {
		ranges[i] = list[i].Range
	}
	inputs, bar := c.logInputs(flags.logs)
	report.weights = replay.Run(replay.Config{
		Parse: parse, Subject: before, Against: &after, Watch: ranges, Workers: runtime.GOMAXPROCS(0),
	}, inputs)
	bar.finish()
	report.logs = strings.Join(flags.logs, ", ")
	c.reportFaults(report.weights)
	return slices.Values(list), nil
}

// weights says what the change does to the requests of the logs.
func (s *sheet) weights(r *diffReport, flags diffFlags) {
	w := r.weights
	rows := [][]string{
		{"newly denied", plural(w.Changes.ToDeny, "request"), share(w.Changes.ToDeny, w.Decided)},
		{"newly allowed", plural(w.Changes.ToAllow, "request"), share(w.Changes.ToAllow, w.Decided)},
		{"clients that change", number(uint64(w.Changes.Clients)), ""},
	}
	s.table("Of "+plural(w.Decided, "request")+" in "+r.logs+", through their proxies", rows)
	s.table("Clients newly denied", clientRows(w.Top(flags.top, func(c *replay.Client) uint64 { return c.ToDeny }), newlyDeniedColumn))
	s.table("Clients newly allowed", clientRows(w.Top(flags.top, func(c *replay.Client) uint64 { return c.ToAllow }), newlyAllowedColumn))
}
