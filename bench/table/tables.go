package main

import (
	"fmt"
	"strings"
)

func (r *results) tables() []table {
	return []table{
		{"machine", r.machine()},
		{"peers", r.peers()},
		{"geo", r.geo()},
		{"resolvers", r.resolvers()},
		{"own", r.own()},
		{"growth", r.growth()},
		{"goals", r.goals()},
	}
}

// machine is the sentence that every number needs.
func (r *results) machine() string {
	return fmt.Sprintf("Medians of %d runs; %s, %s, %s. Data: %s.\n",
		r.runs("Decide/zones=100/v4"), r.config["cpu"], r.config["toolchain"], r.config["goos"]+"/"+r.config["goarch"], r.config["data"])
}

// markdown is a table whose columns but the first are numbers.
func markdown(head []string, rows [][]string) string {
	var text strings.Builder
	line := func(cells []string) { fmt.Fprintf(&text, "| %s |\n", strings.Join(cells, " | ")) }
	line(head)
	rule := make([]string, len(head))
	for i, title := range head {
		rule[i] = "---"
		if strings.HasSuffix(title, ",") { // a number's column, by our own mark
			rule[i] = "---:"
		}
	}
	line(rule)
	for _, row := range rows {
		line(row)
	}
	return strings.ReplaceAll(text.String(), ", |", " |")
}

// time is a benchmark's time, in the unit that gives it few digits.
func (r *results) time(name string) string { return r.timeOf(name, "op") }

// timeOf is what one of the things takes that a benchmark does: in processor time where
// that was measured, else by the clock.
func (r *results) timeOf(name, thing string) string {
	ns, found := r.measured(name, "cpu-ns/"+thing)
	if !found {
		ns, found = r.measured(name, "ns/"+thing)
	}
	return printed(ns, found)
}

// byTheClock is a benchmark's time where it keeps two processors busy.
func (r *results) byTheClock(name string) string { return printed(r.measured(name, "ns/op")) }

func printed(ns float64, found bool) string {
	switch {
	case !found:
		return ""
	case ns < 100:
		return fmt.Sprintf("%.1f ns", ns)
	case ns < 10_000:
		return fmt.Sprintf("%.0f ns", ns)
	case ns < 10_000_000:
		return fmt.Sprintf("%.0f µs", ns/1e3)
	default:
		return fmt.Sprintf("%.0f ms", ns/1e6)
	}
}

func (r *results) allocations(name string) string {
	count, found := r.measured(name, "allocs/op")
	if !found {
		return ""
	}
	return fmt.Sprintf("%.0f", count)
}

// times is how many times longer name takes than base.
func (r *results) times(name, base string) string {
	ratio, found := r.ratio(name, base)
	switch {
	case !found:
		return ""
	case ratio < 10:
		return fmt.Sprintf("%.1f", ratio)
	default:
		return fmt.Sprintf("%.0f", ratio)
	}
}

// described is a peer and what it answers.
type described struct{ name, does string }

// rows are the peers' times for two sub-benchmarks, and how many times longer
// than the first peer they take.
func (r *results) rows(benchmark string, peers []described, cases [2]string) [][]string {
	var rows [][]string
	for _, p := range peers {
		first, second := benchmark+"/"+p.name+"/"+cases[0], benchmark+"/"+p.name+"/"+cases[1]
		if r.runs(first) == 0 {
			continue
		}
		base := benchmark + "/" + peers[0].name + "/"
		rows = append(rows, []string{p.name, p.does, r.time(first), r.times(first, base+cases[0]),
			r.time(second), r.times(second, base+cases[1]), r.allocations(first)})
	}
	return rows
}

func (r *results) peers() string {
	return markdown([]string{"", "answers", "IPv4,", "times,", "IPv6,", "times,", "allocations,"}, r.rows("Peers", []described{
		{"netwicket", "allow or deny"},
		{"netwicket-1000", "allow or deny, of 1,000 zones"},
		{"bart-fast", "the country"},
		{"bart-lite", "whether there is a country"},
		{"cidranger", "the IP zones"},
		{"critbit", "the IP zones"},
		{"coredns-tree", "the IP zones"},
		{"netipx-loop", "the IP zones"},
		{"caddy-remote-ip", "whether it is in an IP zone"},
		{"iploc", "the country, of its own data"},
		{"mmdb3", "country, ASN, anonymizer"},
		{"mmdb3-memo", "country, ASN, anonymizer"},
		{"composition-lazy", "allow or deny"},
		{"composition", "allow or deny, all zones"},
		{"cedar", "allow or deny"},
		{"opa", "allow or deny"},
	}, [2]string{"v4", "v6"}))
}

func (r *results) geo() string {
	return markdown([]string{"", "answers", "IPv4,", "times,", "IPv6,", "times,", "allocations,"}, r.rows("GeoPeers", []described{
		{"netwicket-geo", "country, region, ASN, anonymizer, services"},
		{"iploc", "the country, of its own data"},
		{"mmdb-country", "the country"},
		{"mmdb3-memo", "country, ASN, anonymizer"},
		{"mmdb3", "country, ASN, anonymizer"},
	}, [2]string{"v4", "v6"}))
}

func (r *results) resolvers() string {
	return markdown([]string{"", "gives", "3 elements,", "times,", "100,000 forged in front,", "times,", "allocations,"},
		r.rows("ResolvePeers", []described{
			{"netwicket", "an address"},
			{"chi", "an address, in the request's context"},
			{"gin", "text"},
			{"echo", "text"},
			{"realclientip", "text"},
		}, [2]string{"xff-3", "attack-100k"}))
}

func (r *results) own() string {
	var rows [][]string
	row := func(what string, cells ...string) {
		rows = append(rows, append(append([]string{what}, cells...), make([]string, 4-len(cells))...))
	}
	for _, zones := range []string{"1", "10", "100", "1000"} {
		name := "Decide/zones=" + zones + "/"
		row("Decide, zones: "+zones, r.time(name+"v4"), r.time(name+"v6"), r.time(name+"v4-hot"), r.time(name+"v6-hot"))
	}
	row("Live.Decide, zones: 100", r.time("LiveDecide/v4"), r.time("LiveDecide/v6"), r.time("LiveDecide/v4-hot"), r.time("LiveDecide/v6-hot"))
	row("DecideAll, 256 addresses, each", r.timeOf("DecideAll/v4", "address"), r.timeOf("DecideAll/v6", "address"))
	for _, zones := range []string{"1", "10", "100", "1000"} {
		row("Allows, zones: "+zones, r.time("Allows/zones="+zones+"/v4"), r.time("Allows/zones="+zones+"/v6"))
	}
	for _, hops := range []string{"1", "2", "3", "5"} {
		row("DecideChain, hops: "+hops, r.time("DecideChain/hops="+hops))
	}
	row("physical limit (Floor)", r.time("Floor/v4"), r.time("Floor/v6"))
	row("geo look-up", r.time("GeoLookup/v4"), r.time("GeoLookup/v6"))
	row("request to decision, hops: 1", r.time("Request/hops=1"))
	row("request to decision, hops: 3", r.time("Request/hops=3"))
	row("client from Forwarded", r.time("Resolve/forwarded-3"))
	row("compile, databases included", r.byTheClock("Compile/full"))
	row("compile, geo table at hand", r.byTheClock("Compile/zones"))
	row("compile after one zone changed", r.byTheClock("Reload/one-zone"))
	row("compile after one rule changed", r.byTheClock("Reload/one-rule"))
	return markdown([]string{"", "IPv4,", "IPv6,", "IPv4, 256 clients,", "IPv6, 256 clients,"}, rows)
}
