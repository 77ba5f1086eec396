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

// goals are the figures that were measured beside what they have to reach.
func (r *results) goals() string {
	var rows [][]string
	for _, g := range append(r.speedGoals(), r.costGoals()...) {
		if figure, found := g.measure(); found {
			rows = append(rows, g.row(figure))
		}
	}
	return markdown([]string{"what", "goal,", "measured,", "reached"}, rows)
}

func (r *results) ratioOf(name, base string) func() (float64, bool) {
	return func() (float64, bool) { return r.ratio(name, base) }
}

// clockRatioOf is a ratio by the clock instead of processor time.
func (r *results) clockRatioOf(name, base string) func() (float64, bool) {
	return func() (float64, bool) {
		figure, found := r.measured(name, "ns/op")
		against, known := r.measured(base, "ns/op")
		return figure / against, found && known
	}
}

func (r *results) valueOf(name, unit string) func() (float64, bool) {
	return func() (float64, bool) { return r.measured(name, unit) }
}

// speedGoals are about what is done for every request.
func (r *results) speedGoals() []goal {
	return []goal{
		{what: "Decide / bart-fast, IPv4", measure: r.ratioOf("Peers/netwicket/v4", "Peers/bart-fast/v4"), limit: 0.33},
		{what: "Decide / bart-fast, IPv6", measure: r.ratioOf("Peers/netwicket/v6", "Peers/bart-fast/v6"), limit: 0.42},
		{what: "Decide, 1,000 zones / bart-fast, IPv4", measure: r.ratioOf("Peers/netwicket-1000/v4", "Peers/bart-fast/v4"), limit: 0.42},
		{what: "Decide, 1,000 zones / bart-fast, IPv6", measure: r.ratioOf("Peers/netwicket-1000/v6", "Peers/bart-fast/v6"), limit: 0.6},
		{what: "composition / Decide, IPv4", measure: r.ratioOf("Peers/composition/v4", "Peers/netwicket/v4"), limit: 300, atLeast: true},
		{what: "composition / Decide, IPv6", measure: r.ratioOf("Peers/composition/v6", "Peers/netwicket/v6"), limit: 300, atLeast: true},
		{what: "Decide / Floor, IPv4", measure: r.ratioOf("Decide/zones=100/v4", "Floor/v4"), limit: 2.5},
		{what: "Decide / Floor, IPv6", measure: r.ratioOf("Decide/zones=100/v6", "Floor/v6"), limit: 5},
		{what: "Decide, 1,000 zones / 10 zones, IPv4", measure: r.ratioOf("Decide/zones=1000/v4", "Decide/zones=10/v4"), limit: 1.3},
		{what: "Decide, 1,000 zones / 10 zones, IPv6", measure: r.ratioOf("Decide/zones=1000/v6", "Decide/zones=10/v6"), limit: 1.3},
		{what: "Allows, 1,000 zones / 100 zones, IPv4", measure: r.ratioOf("Allows/zones=1000/v4", "Allows/zones=100/v4"), limit: 1.15},
		{what: "Allows, 1,000 zones / 100 zones, IPv6", measure: r.ratioOf("Allows/zones=1000/v6", "Allows/zones=100/v6"), limit: 1.15},
		{what: "Live.Decide / Policy.Decide, 256 clients, IPv4", measure: r.ratioOf("LiveDecide/v4-hot", "Decide/zones=100/v4-hot"), limit: 1.15},
		{what: "Live.Decide / Policy.Decide, 256 clients, IPv6", measure: r.ratioOf("LiveDecide/v6-hot", "Decide/zones=100/v6-hot"), limit: 1.15},
		{what: "DecideChain of one hop / Decide", measure: r.ratioOf("DecideChain/hops=1", "Decide/zones=100/v4"), limit: 1.3},
		{what: "DecideChain, 3 hops / 1 hop", measure: r.ratioOf("DecideChain/hops=3", "DecideChain/hops=1"), limit: 4},
		{what: "processor time of a decision, two threads / one", measure: r.valueOf("DecideScaling", "cpu-two/one"), limit: 1.1},
		{what: "gate.Decide of one hop / before this round", measure: r.ratioOf("After/Request/hops=1", "Before/Request/hops=1"), limit: 0.45},
		{what: "client of 3 elements / chi", measure: r.ratioOf("ResolvePeers/netwicket/xff-3", "ResolvePeers/chi/xff-3"), limit: 0.22},
		{what: "client of 100,000 forged / 3 elements", measure: r.ratioOf("Resolve/attack-100k", "Resolve/xff-3"), limit: 1.5},
		{what: "chain of 100,000 forged / 3 elements", measure: r.ratioOf("ResolveChain/attack-100k", "ResolveChain/xff-3"), limit: 10},
		{what: "mmdb3 / geo look-up, IPv4", measure: r.ratioOf("GeoPeers/mmdb3/v4", "GeoPeers/netwicket-geo/v4"), limit: 15, atLeast: true},
		{what: "mmdb3 / geo look-up, IPv6", measure: r.ratioOf("GeoPeers/mmdb3/v6", "GeoPeers/netwicket-geo/v6"), limit: 15, atLeast: true},
		{what: "lines of a log replayed in a second of one processor", measure: r.valueOf("ReplayLog/recognised", "lines/cpu-s"), limit: 2e6, atLeast: true, scale: 1e6, unit: " million"},
		{what: "the same, read by an expression / recognised", measure: r.ratioOf("ReplayLog/regex", "ReplayLog/recognised"), limit: 2},
	}
}

// costGoals are about what is done for every change of a policy, and about memory.
func (r *results) costGoals() []goal {
	return []goal{
		{what: "compile, databases included", measure: r.valueOf("Compile/full", "ns/op"), limit: 380e6, scale: 1e6, unit: " ms"},
		{what: "compile, geo table at hand", measure: r.valueOf("Compile/zones", "ns/op"), limit: 75e6, scale: 1e6, unit: " ms"},
		{what: "compile after one zone changed", measure: r.valueOf("Reload/one-zone", "ns/op"), limit: 20e6, scale: 1e6, unit: " ms"},
		{what: "compile after one rule changed", measure: r.valueOf("Reload/one-rule", "ns/op"), limit: 20e6, scale: 1e6, unit: " ms"},
		{what: "snapshot of 100 zones", measure: r.valueOf("SnapshotRead/zones=100", "file-bytes"), limit: 0.6e6, scale: 1e6, unit: " MB"},
		{what: "read a snapshot of 100 zones", measure: r.valueOf("SnapshotRead/zones=100", "ns/op"), limit: 60e6, scale: 1e6, unit: " ms"},
		{what: "read a snapshot of 1,000 zones", measure: r.valueOf("SnapshotRead/zones=1000", "ns/op"), limit: 200e6, scale: 1e6, unit: " ms"},
		{what: "read a snapshot / compile, databases included", measure: r.clockRatioOf("SnapshotRead/zones=100", "Compile/full"), limit: 0.125},
		{what: "Decide of a snapshot / of a compiled policy, IPv4", measure: r.ratioOf("SnapshotDecide/v4", "Decide/zones=100/v4"), limit: 1.05},
		{what: "Decide of a snapshot / of a compiled policy, IPv6", measure: r.ratioOf("SnapshotDecide/v6", "Decide/zones=100/v6"), limit: 1.05},
		{what: "from a release's state to the first decision", measure: r.valueOf("ReleaseStart", "ns/op"), limit: 150e6, scale: 1e6, unit: " ms"},
		{what: "look for a release that is in force, the server's share included", measure: r.valueOf("ReleaseLook", "cpu-ns/op"), limit: 5e6, scale: 1e6, unit: " ms"},
		{what: "most memory of eval with a snapshot", measure: r.valueOf("EvalSnapshot", "max-rss-bytes"), limit: 32e6, scale: 1e6, unit: " MB"},
		{what: "compile, 3,000 zones / 1,000 zones", measure: r.ratioOf("Growth/zones=3000", "Growth/zones=1000"), limit: 3.5},
		{what: "compile, the dearest doubling", measure: r.dearestDoubling, limit: 2.3},
		{what: "compile, 10,000 zones", measure: r.valueOf("Growth/zones=10000", "cpu-ns/op"), limit: 8e9, scale: 1e6, unit: " ms"},
		{what: "compile, feed of 1,000,000 addresses", measure: r.valueOf("Growth/feed=1000000", "cpu-ns/op"), limit: 1.5e9, scale: 1e6, unit: " ms"},
		{what: "tables that Decide reads, 100 zones", measure: r.valueOf("Decide/zones=100/v4", "table-bytes"), limit: 3e6, scale: 1e6, unit: " MB"},
		{what: "tables that Decide reads, 1,000 zones", measure: r.valueOf("Decide/zones=1000/v4", "table-bytes"), limit: 4.5e6, scale: 1e6, unit: " MB"},
		{what: "policy in memory", measure: r.valueOf("Compile/full", "policy-bytes"), limit: 10e6, scale: 1e6, unit: " MB"},
		{what: "geo table in memory", measure: r.valueOf("Compile/full", "table-bytes"), limit: 24e6, scale: 1e6, unit: " MB"},
		{what: "policy of 10,000 zones in memory", measure: r.valueOf("Growth/zones=10000", "policy-bytes"), limit: 600e6, scale: 1e6, unit: " MB"},
		{what: "policy of a feed of 1,000,000 in memory", measure: r.valueOf("Growth/feed=1000000", "policy-bytes"), limit: 40e6, scale: 1e6, unit: " MB"},
		{what: "allocated for a feed of 1,000,000", measure: r.valueOf("Growth/feed=1000000", "allocated-bytes"), limit: 400e6, scale: 1e6, unit: " MB"},
		{what: "most memory of a process that compiles", measure: r.valueOf("CompileProcess", "max-rss-bytes"), limit: 200e6, scale: 1e6, unit: " MB"},
		{what: "most memory, one zone changed / in force and the largest file", measure: r.valueOf("ReloadProcess/one-zone", "rss/needed"), limit: 1.6},
		{what: "most memory, all databases changed / in force and the largest file", measure: r.valueOf("ReloadProcess/databases", "rss/needed"), limit: 1.6},
		{what: "allocations of Decide", measure: r.valueOf("Decide/zones=100/v6", "allocs/op"), limit: 0},
		{what: "allocations of DecideChain", measure: r.valueOf("DecideChain/hops=3", "allocs/op"), limit: 0},
		{what: "allocations of Match", measure: r.valueOf("Match", "allocs/op"), limit: 0},
		{what: "allocations of a geo look-up", measure: r.valueOf("GeoLookup/v6", "allocs/op"), limit: 0},
		{what: "allocations from request to decision", measure: r.valueOf("Request/hops=3", "allocs/op"), limit: 0},
	}
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
