// Command loadtest holds the forward-auth service against an empty handler:
// requests per second and latency of both, in turns, in one run, on loopback.
//
//	go run ./internal/loadtest -policy examples/acme
//	go run ./internal/loadtest -policy examples/acme -protocol grpc
//
// Both are processes of their own with net/http, or with gRPC's server as Envoy asks it,
// asked over the same number of connections by the same client, which sends its next
// question when it has the answer. The empty handler answers 204, or an empty
// CheckResponse, and does nothing else. It ends with 1 if
// the service holds less than -goal of the empty handler's rate.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"slices"
	"text/tabwriter"
	"time"
)

type settings struct {
	policy      string
	protocol    string
	netwicket   string
	rounds      int
	round       time.Duration
	connections int
	goal        float64
}

func main() {
	var s settings
	empty := flag.String("empty", "", "be the empty handler on this address (for the program itself)")
	flag.StringVar(&s.policy, "policy", "examples/acme", "policy to serve")
	flag.StringVar(&s.netwicket, "netwicket", "", "program to test; empty: built from the source")
	flag.StringVar(&s.protocol, "protocol", "http", "http, or grpc as Envoy asks")
	flag.IntVar(&s.rounds, "rounds", 41, "rounds for each of the two")
	flag.DurationVar(&s.round, "round", 250*time.Millisecond, "length of a round")
	flag.IntVar(&s.connections, "connections", 32, "questions at a time: connections, or over gRPC eight of them on one")
	flag.Float64Var(&s.goal, "goal", 0.8, "least part of the empty handler's rate")
	flag.Parse()
	if err := run(s, *empty); err != nil {
		fmt.Fprintln(os.Stderr, "loadtest:", err)
		os.Exit(1)
	}
}

func run(s settings, empty string) error {
	if s.protocol != "http" && s.protocol != "grpc" {
		return fmt.Errorf("-protocol %q: expected http or grpc", s.protocol)
	}
	how := s.how()
	if empty != "" {
		return how.serveNothing(empty)
	}
	targets, running, err := startTargets(s)
	if err != nil {
		return err
	}
	defer running.stop()
	asked := make([]int, len(targets))
	results := make([][]result, len(targets))
	for round := range s.rounds + 1 { // the first is to warm up
		for turn := range targets {
			i := (turn + round) % len(targets) // each is first as often as last
			r, err := load(targets[i], how, s.connections, s.round)
			if err != nil {
				return fmt.Errorf("%s: %w", targets[i].name, err)
			}
			asked[i] += r.allowed + r.denied
			if round > 0 {
				results[i] = append(results[i], r)
			}
		}
	}
	spent := running.stop()
	for i := range spent {
		spent[i] /= time.Duration(asked[i])
	}
	return report(s, targets, results, spent)
}

// how is the protocol that was asked for.
func (s settings) how() protocol {
	if s.protocol == "grpc" {
		return overGRPC()
	}
	return overHTTP()
}

// report prints the medians of the rounds and holds the rates against the goal. What a
// question costs the server in processor time, its start included, is the same on a machine
// that is busy with other things.
// The two rates of one round are compared with each other, since on a machine
// that does other things as well the rounds differ more than the two.
func report(s settings, targets []target, results [][]result, spent []time.Duration) error {
	fmt.Printf("%s, %d questions at a time, %d rounds of %v in turns, %d processors, %s\n",
		s.protocol, s.connections, s.rounds, s.round, runtime.NumCPU(), runtime.Version())
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 3, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "\trequests/s\tp50\tp99\tp99.9\tprocessor\tallowed\tdenied\t")
	for i, target := range targets {
		rounds := results[i]
		rate := median(rounds, func(r result) float64 { return r.rate })
		last := rounds[len(rounds)-1]
		fmt.Fprintf(table, "%s\t%.0f\t%v\t%v\t%v\t%v\t%d\t%d\t\n", target.name, rate,
			medianOf(rounds, 0), medianOf(rounds, 1), medianOf(rounds, 2), spent[i].Round(100*time.Nanosecond), last.allowed, last.denied)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	parts := make([]float64, s.rounds)
	for round := range parts {
		parts[round] = results[1][round].rate / results[0][round].rate
	}
	slices.Sort(parts)
	part := parts[len(parts)/2]
	fmt.Printf("%s holds %.1f %% of the rate of the %s (median of the rounds, %.1f to %.1f %%; goal: %.0f %%)\n",
		targets[1].name, 100*part, targets[0].name, 100*parts[0], 100*parts[len(parts)-1], 100*s.goal)
	if part < s.goal {
		return fmt.Errorf("the goal was missed")
	}
	return nil
}

func median(rounds []result, of func(result) float64) float64 {
	values := make([]float64, len(rounds))
	for i, r := range rounds {
		values[i] = of(r)
	}
	slices.Sort(values)
	return values[len(values)/2]
}

// medianOf is the median of a quantile, by its place in result.
func medianOf(rounds []result, quantile int) time.Duration {
	return time.Duration(median(rounds, func(r result) float64 { return float64(r.quantiles[quantile]) })).Round(time.Microsecond)
}
