package main

import "fmt"

// goal is what a figure has to reach.
type goal struct {
	what    string
	measure func() (float64, bool)
	limit   float64
	atLeast bool
	scale   float64 // of the figures as printed; 0: as they are
	unit    string
}

func (r *results) goals() string {
	ratio := func(name, base string) func() (float64, bool) {
		return func() (float64, bool) { return r.ratio(name, base, "ns/op") }
	}
	value := func(name, unit string) func() (float64, bool) {
		return func() (float64, bool) { return r.measured(name, unit) }
	}
	list := []goal{
		{what: "Decide / bart-fast, IPv4", measure: ratio("Peers/netwicket/v4", "Peers/bart-fast/v4"), limit: 0.45},
		{what: "Decide / bart-fast, IPv6", measure: ratio("Peers/netwicket/v6", "Peers/bart-fast/v6"), limit: 0.5},
		{what: "composition / Decide, IPv4", measure: ratio("Peers/composition/v4", "Peers/netwicket/v4"), limit: 300, atLeast: true},
		{what: "composition / Decide, IPv6", measure: ratio("Peers/composition/v6", "Peers/netwicket/v6"), limit: 300, atLeast: true},
		{what: "Decide / Floor, IPv4", measure: ratio("Decide/zones=100/v4", "Floor/v4"), limit: 2.5},
		{what: "Decide / Floor, IPv6", measure: ratio("Decide/zones=100/v6", "Floor/v6"), limit: 5},
		{what: "Decide 1000 zones / 10 zones, IPv4", measure: ratio("Decide/zones=1000/v4", "Decide/zones=10/v4"), limit: 1.3},
		{what: "Decide 1000 zones / 10 zones, IPv6", measure: ratio("Decide/zones=1000/v6", "Decide/zones=10/v6"), limit: 1.3},
		{what: "DecideChain 3 hops / 1 hop", measure: ratio("DecideChain/hops=3", "DecideChain/hops=1"), limit: 4},
		{what: "mmdb3 / geo look-up, IPv4", measure: ratio("GeoPeers/mmdb3/v4", "GeoPeers/netwicket-geo/v4"), limit: 15, atLeast: true},
		{what: "mmdb3 / geo look-up, IPv6", measure: ratio("GeoPeers/mmdb3/v6", "GeoPeers/netwicket-geo/v6"), limit: 15, atLeast: true},
		{what: "two goroutines / one, best of 10 pairs", measure: value("DecideScaling", "two/one"), limit: 1.9, atLeast: true},
		{what: "compile, databases included", measure: value("Compile/full", "ns/op"), limit: 1e9, scale: 1e6, unit: " ms"},
		{what: "compile, geo table at hand", measure: value("Compile/zones", "ns/op"), limit: 120e6, scale: 1e6, unit: " ms"},
		{what: "policy in memory", measure: value("Compile/full", "policy-bytes"), limit: 10e6, scale: 1e6, unit: " MB"},
		{what: "geo table in memory", measure: value("Compile/full", "table-bytes"), limit: 24e6, scale: 1e6, unit: " MB"},
		{what: "compile, the dearest doubling", measure: r.dearestDoubling, limit: 2.3},
		{what: "compile, 10,000 zones", measure: value("Growth/zones=10000", "ns/op"), limit: 8e9, scale: 1e6, unit: " ms"},
		{what: "policy of 10,000 zones in memory", measure: value("Growth/zones=10000", "policy-bytes"), limit: 600e6, scale: 1e6, unit: " MB"},
		{what: "compile, feed of 1,000,000 addresses", measure: value("Growth/feed=1000000", "ns/op"), limit: 1.5e9, scale: 1e6, unit: " ms"},
		{what: "allocated for a feed of 1,000,000", measure: value("Growth/feed=1000000", "allocated-bytes"), limit: 400e6, scale: 1e6, unit: " MB"},
		{what: "policy of a feed of 1,000,000 in memory", measure: value("Growth/feed=1000000", "policy-bytes"), limit: 40e6, scale: 1e6, unit: " MB"},
		{what: "most memory of a process that compiles", measure: value("CompileProcess", "max-rss-bytes"), limit: 200e6, scale: 1e6, unit: " MB"},
		{what: "allocations of Decide", measure: value("Decide/zones=100/v6", "allocs/op"), limit: 0},
		{what: "allocations of DecideChain", measure: value("DecideChain/hops=3", "allocs/op"), limit: 0},
		{what: "allocations of Match", measure: value("Match", "allocs/op"), limit: 0},
		{what: "allocations of a geo look-up", measure: value("GeoLookup/v6", "allocs/op"), limit: 0},
		{what: "allocations from request to decision", measure: value("Request/hops=3", "allocs/op"), limit: 0},
		{what: "client of 3 elements / chi", measure: ratio("ResolvePeers/netwicket/xff-3", "ResolvePeers/chi/xff-3"), limit: 0.25},
		{what: "client of 100,000 forged / 3 elements", measure: ratio("Resolve/attack-100k", "Resolve/xff-3"), limit: 1.5},
		{what: "chain of 100,000 forged / 3 elements", measure: ratio("ResolveChain/attack-100k", "ResolveChain/xff-3"), limit: 10},
	}
	var rows [][]string
	for _, g := range list {
		if figure, found := g.measure(); found {
			rows = append(rows, g.row(figure))
		}
	}
	return markdown([]string{"what", "goal,", "measured,", "reached"}, rows)
}

func (g *goal) row(figure float64) []string {
	scale := g.scale
	if scale == 0 {
		scale = 1
	}
	sign, reached := "at most", figure <= g.limit
	if g.atLeast {
		sign, reached = "at least", figure >= g.limit
	}
	answer := "no"
	if reached {
		answer = "yes"
	}
	return []string{g.what, fmt.Sprintf("%s %.4g%s", sign, g.limit/scale, g.unit), short(figure/scale) + g.unit, answer}
}

// short is a figure with three digits, and more only before the point.
func short(figure float64) string {
	if figure >= 100 {
		return fmt.Sprintf("%.0f", figure)
	}
	return fmt.Sprintf("%.3g", figure)
}
