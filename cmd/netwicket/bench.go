package main

import (
	"fmt"
	"net/netip"
	"runtime"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/explained"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/internal/addrnum"
)

// benchJSON is what bench measured. Times are medians.
type benchJSON struct {
	Policy       explained.Policy `json:"policy"`
	System       string           `json:"system"`
	Processors   int              `json:"processors"`
	NsPerV4      float64          `json:"nsPerDecisionV4"`
	NsPerV6      float64          `json:"nsPerDecisionV6"`
	NsPerChain   float64          `json:"nsPerDecisionChain"`
	Hops         int              `json:"chainHops"`
	ZoneProxies  bool             `json:"chainOfZoneProxies"`
	Addresses    int              `json:"addresses"`
	TableBytes4  int              `json:"tableBytesV4"`
	TableBytes6  int              `json:"tableBytesV6"`
	Classes      int              `json:"classes"`
	LoadMillis   float64          `json:"loadMilliseconds"`
	CompileMills *float64         `json:"compileMilliseconds"` // null: the policy is a snapshot
}

func (c *commandLine) benchCommand() *cobra.Command {
	var budget time.Duration
	command := &cobra.Command{
		Use:   "bench",
		Short: "Measure what a decision costs on this policy and this machine",
		Long: `Measures the policy on this machine: nanoseconds per decision about IPv4
addresses, IPv6 addresses and chains of three hops, the size of the table that
decisions look addresses up in, and the time that loading and compiling take.

The addresses are 65,536 random ones of networks that the geo databases know and
of the policy's own ranges, always the same ones. Where the policy has zone
proxies, a chain is two of them and a client; otherwise it is a client and two
hops behind it. A snapshot knows no networks: its addresses are any ones.`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if budget <= 0 {
				return fmt.Errorf("--time %v: expected a time to measure for, such as 500ms", budget)
			}
			start := time.Now()
			parts, policy, err := c.openPolicy()
			if err != nil {
				return err
			}
			result := benchJSON{LoadMillis: milliseconds(time.Since(start))}
			if err := result.measure(parts.Config, policy, budget); err != nil {
				return err
			}
			if c.json {
				return writeJSON(c.out, result)
			}
			return c.printBench(&result, policy.Info())
		},
	}
	command.Flags().DurationVar(&budget, "time", 500*time.Millisecond, "how long (`DURATION`) to measure each kind of decision")
	return command
}

// benchHops is the length of the chains.
const benchHops = 3

func (r *benchJSON) measure(config decide.Config, policy *decide.Policy, budget time.Duration) error {
	info := policy.Info()
	r.Policy, r.System, r.Processors = explained.NewPolicy(info), runtime.GOOS+"/"+runtime.GOARCH, runtime.GOMAXPROCS(0)
	r.TableBytes4, r.TableBytes6, r.Classes = info.TableBytes4, info.TableBytes6, info.Classes
	if !info.Snapshot {
		compile, err := benchCompile(config)
		if err != nil {
			return err
		}
		took := milliseconds(compile)
		r.CompileMills = &took
	}
	sample := newBenchSample(config)
	v4, v6 := sample.addresses(addrnum.IPv4), sample.addresses(addrnum.IPv6)
	r.Addresses, r.Hops = len(v4), benchHops
	chains, ofProxies := sample.chains(v4, r.Hops)
	r.ZoneProxies = ofProxies
	r.NsPerV4 = nanoseconds(budget, len(v4), func() int { return benchDecide(policy, v4) })
	r.NsPerV6 = nanoseconds(budget, len(v6), func() int { return benchDecide(policy, v6) })
	r.NsPerChain = nanoseconds(budget, len(v4), func() int { return benchChains(policy, chains, r.Hops) })
	return nil
}

// benchCompile is the median time to compile what has been loaded already.
func benchCompile(config decide.Config) (time.Duration, error) {
	var times [3]time.Duration
	for i := range times {
		start := time.Now()
		if _, err := decide.Compile(config); err != nil {
			return 0, err
		}
		times[i] = time.Since(start)
	}
	slices.Sort(times[:])
	return times[len(times)/2], nil
}

func benchDecide(policy *decide.Policy, addresses []netip.Addr) int {
	allowed := 0
	for _, addr := range addresses {
		allowed += int(policy.Decide(addr).Verdict)
	}
	return allowed
}

func benchChains(policy *decide.Policy, chains []netip.Addr, hops int) int {
	allowed := 0
	for at := 0; at < len(chains); at += hops {
		allowed += int(policy.DecideChain(chains[at : at+hops]).Verdict)
	}
	return allowed
}

// nanoseconds is the median time of one of the decisions that a round makes.
// Rounds are repeated until the time is used up, at least five times. The first
// one, which brings the table into the caches, does not count.
func nanoseconds(budget time.Duration, decisions int, round func() int) float64 {
	allowed := round()
	var rounds []float64
	for begin := time.Now(); len(rounds) < 5 || time.Since(begin) < budget; {
		start := time.Now()
		allowed += round()
		rounds = append(rounds, float64(time.Since(start).Nanoseconds())/float64(decisions))
	}
	runtime.KeepAlive(allowed)
	slices.Sort(rounds)
	return rounds[len(rounds)/2]
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func (c *commandLine) printBench(r *benchJSON, info decide.Info) error {
	s := &sheet{look: c.style()}
	decision := func(what string, ns float64) []string {
		return []string{what, fmt.Sprintf("%.1f ns", ns), fmt.Sprintf("%.1f million a second on one processor", 1000/ns)}
	}
	behind := "a client and what it claims"
	if r.ZoneProxies {
		behind = "two zone proxies and a client"
	}
	fmt.Fprintf(&s.out, "%d addresses on %s, one goroutine\n", r.Addresses, r.System)
	s.table("One decision", [][]string{
		decision("IPv4", r.NsPerV4),
		decision("IPv6", r.NsPerV6),
		decision(fmt.Sprintf("chain of %d: %s", r.Hops, behind), r.NsPerChain),
	})
	s.table("Table", [][]string{
		{"IPv4", megabytes(r.TableBytes4), fmt.Sprintf("%d intervals", info.Intervals4)},
		{"IPv6", megabytes(r.TableBytes6), fmt.Sprintf("%d intervals", info.Intervals6)},
		{"classes", fmt.Sprint(r.Classes), "sets of addresses that nothing tells apart"},
	})
	times := [][]string{{"load the snapshot", fmt.Sprintf("%.0f ms", r.LoadMillis)}}
	if r.CompileMills != nil {
		times = [][]string{
			{"load documents and databases, compile", fmt.Sprintf("%.0f ms", r.LoadMillis)},
			{"compile alone", fmt.Sprintf("%.0f ms", *r.CompileMills)},
		}
	}
	s.table("Time", times)
	s.table("Policy", explained.PolicyRows(info))
	_, err := c.out.Write(s.out.Bytes())
	return err
}

func megabytes(bytes int) string { return fmt.Sprintf("%.2f MB", float64(bytes)/1e6) }
