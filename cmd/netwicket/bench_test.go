package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go4.org/netipx"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/decidetest"
	"github.com/netwicket/netwicket/internal/addrnum"
	"github.com/netwicket/netwicket/zone"
)

func TestBenchMeasuresThePolicy(t *testing.T) {
	acme(t)
	got := runIn(t, "", "bench", "--time", "1ms", "--json")
	require.Equal(t, 0, got.code, got.stderr)
	result := objects(t, got.out)[0]
	for _, key := range []string{"nsPerDecisionV4", "nsPerDecisionV6", "nsPerDecisionChain", "tableBytesV4", "tableBytesV6",
		"loadMilliseconds", "compileMilliseconds", "classes", "addresses"} {
		require.Positive(t, result[key], key)
	}
	require.NotEmpty(t, result["policy"].(map[string]any)["fingerprint"])

	got = runIn(t, "", "bench", "--time", "1ms")
	require.Equal(t, 0, got.code, got.stderr)
	for _, text := range []string{"One decision", "IPv4", "IPv6", "chain of 3", "Table", "compile alone", " ns"} {
		require.Contains(t, got.out, text)
	}
}

// Nothing of a snapshot is compiled, so that nobody says how long that takes.
func TestBenchOfASnapshot(t *testing.T) {
	acme(t)
	require.Zero(t, runIn(t, "", "compile", "-o", "a.nws").code)
	for _, row := range []struct{ policy, compiles string }{{"a.nws", ""}, {".", "compile alone"}} {
		got := runIn(t, "", "bench", "--time", "1us", "--json", "-c", row.policy)
		require.Zero(t, got.code, got.stderr)
		result := objects(t, got.out)[0]
		require.Equal(t, row.compiles != "", result["compileMilliseconds"] != nil, row.policy)
		require.EqualValues(t, 3, result["chainHops"])
		require.Equal(t, row.policy == ".", result["chainOfZoneProxies"], "a snapshot knows no proxies")
		require.EqualValues(t, benchAddresses, result["addresses"])
	}
}

func TestBenchRefusesWhatItCannotMeasure(t *testing.T) {
	folder(t, nil)
	require.Equal(t, 1, runIn(t, "", "bench").code, "no policy")
	acme(t)
	for _, args := range [][]string{{"bench", "--time", "0s"}, {"bench", "--time", "soon"}, {"bench", "192.0.2.1"}} {
		got := runIn(t, "", args...)
		require.Equal(t, 1, got.code, args)
		require.NotEmpty(t, got.stderr, args)
		require.Empty(t, got.out, args)
	}
}

func TestBenchDrawsFromWhatThePolicySays(t *testing.T) {
	zones, err := zone.ParseOkta("zones.json", []byte(`[
		{"type": "IP", "name": "a", "gateways": [{"type": "CIDR", "value": "192.0.2.0/24"}, {"type": "RANGE", "value": "2001:db8::1-2001:db8::3"}],
		 "proxies": [{"type": "CIDR", "value": "198.51.100.7/32"}]},
		{"type": "IP", "name": "b", "usage": "BLOCKLIST", "gateways": [{"type": "CIDR", "value": "203.0.113.0/24"}]}]`))
	require.NoError(t, err)
	sample := newBenchSample(decide.Config{Zones: []zone.Zones{zones}})
	var allowed netipx.IPSetBuilder
	for _, text := range []string{"192.0.2.0/24", "198.51.100.7/32", "203.0.113.0/24", "2001:db8::1/128", "2001:db8::2/127"} {
		allowed.AddPrefix(netip.MustParsePrefix(text))
	}
	set, err := allowed.IPSet()
	require.NoError(t, err)
	for _, family := range []addrnum.Family{addrnum.IPv4, addrnum.IPv6} {
		seen := map[netip.Addr]bool{}
		for _, addr := range sample.addresses(family) {
			if !set.Contains(addr) {
				t.Fatalf("%v is in none of the policy's ranges", addr)
			}
			seen[addr] = true
		}
		require.Contains(t, seen, map[addrnum.Family]netip.Addr{addrnum.IPv4: netip.MustParseAddr("192.0.2.255"), addrnum.IPv6: netip.MustParseAddr("2001:db8::3")}[family])
	}
	clients := []netip.Addr{netip.MustParseAddr("192.0.2.1")}
	chains, ofProxies := sample.chains(clients, 3)
	require.True(t, ofProxies)
	proxy := netip.MustParseAddr("198.51.100.7")
	require.Equal(t, []netip.Addr{proxy, proxy, clients[0]}, chains)

	// Without ranges and proxies the whole family, and clients first.
	sample = newBenchSample(decide.Config{})
	chains, ofProxies = sample.chains(clients, 3)
	require.False(t, ofProxies)
	require.Equal(t, []netip.Addr{clients[0], clients[0], clients[0]}, chains)
	require.True(t, sample.addresses(addrnum.IPv6)[0].Is6())
}

// Every address of a range is drawn as likely as any other, and none beside it.
func TestBenchDrawsEvenly(t *testing.T) {
	s := newBenchSample(decide.Config{})
	for text, size := range map[string]int{
		"192.0.2.7-192.0.2.7": 1, "192.0.2.254-192.0.3.3": 6, "0.0.0.0-0.0.0.2": 3, "255.255.255.253-255.255.255.255": 3,
		"2001:db8::ffff:ffff:ffff:fffe-2001:db8:0:1::2": 5, "2001:db8::1-2001:db8::4": 4,
	} {
		r := netipx.MustParseIPRange(text)
		seen := map[netip.Addr]int{}
		for range 400 * size {
			addr := s.addressIn(r)
			require.True(t, r.Contains(addr), "%s has no %s", text, addr)
			seen[addr]++
		}
		require.Len(t, seen, size, text)
		for addr, count := range seen {
			require.InDelta(t, 400, count, 120, "%s of %s", addr, text)
		}
	}
	// Beyond 64 bits the draw is anywhere: both halves are used.
	wide := netipx.MustParseIPRange("2001:db8::-2001:dc7:ffff:ffff:ffff:ffff:ffff:ffff")
	halves := map[bool]int{}
	for range 200 {
		addr := s.addressIn(wide)
		require.True(t, wide.Contains(addr))
		halves[addr.Less(netip.MustParseAddr("2001:dc0::"))]++
	}
	require.Greater(t, min(halves[true], halves[false]), 60)
	for size, want := range map[uint64]uint64{0: 0, 1: 1, 2: 3, 3: 3, 4: 7, 1 << 63: 1<<64 - 1} {
		require.Equal(t, want, maskOf(size))
	}
}

// Of the databases, networks with a country or an ASN are drawn from, and of IPv6 those of
// global unicast that are not IPv4 again.
func TestBenchDrawsFromDatabases(t *testing.T) {
	folder(t, map[string]string{"geo.csv": "network,country,region,asn,anonymizer,services\n" +
		"192.0.2.0/24,DE,,,,\n198.51.100.0/24,,,64500,,\n203.0.113.0/24,,,,tor,\n" +
		"2001:db8::/32,DE,,,,\n2001:0:1::/48,DE,,,,\n2002:1::/32,DE,,,,\nfd00::/8,DE,,,,\n",
		"zones.json": `[{"type": "IP", "id": "z", "name": "a", "usage": "POLICY", "gateways": [{"type": "CIDR", "value": "10.0.0.0/8"}], "proxies": [{"type": "CIDR", "value": "172.16.0.0/12"}]},
			{"type": "IP", "id": "b", "name": "b", "usage": "BLOCKLIST", "gateways": [{"type": "CIDR", "value": "11.0.0.0/8"}], "proxies": [{"type": "CIDR", "value": "172.32.0.0/12"}]}]`,
		"network.json": `{"range":["12.0.0.0/8"]}`})
	c := &commandLine{paths: []string{"zones.json", "network.json"}, geo: []string{"geo.csv"}}
	parts, _, err := c.openPolicy()
	require.NoError(t, err)
	s := newBenchSample(parts.Config)
	texts := func(family addrnum.Family) (all []string) {
		for _, r := range s.ranges[family] {
			all = append(all, r.From().String())
		}
		return all
	}
	require.Equal(t, []string{"192.0.2.0", "198.51.100.0", "10.0.0.0", "172.16.0.0", "11.0.0.0", "172.32.0.0", "12.0.0.0"}, texts(addrnum.IPv4))
	require.Equal(t, []string{"2001:db8::"}, texts(addrnum.IPv6))
	require.Equal(t, []netipx.IPRange{netipx.MustParseIPRange("172.16.0.0-172.31.255.255")}, s.proxies)
	empty := newBenchSample(decide.Config{})
	require.Equal(t, []netipx.IPRange{netipx.RangeOfPrefix(netip.MustParsePrefix("0.0.0.0/0"))}, empty.ranges[addrnum.IPv4])
	require.Equal(t, []netipx.IPRange{netipx.RangeOfPrefix(netip.MustParsePrefix("2000::/3"))}, empty.ranges[addrnum.IPv6])
}

// Of many networks a part is drawn from, each as likely as any other, of both families.
func TestBenchDrawsFromAPartOfTheNetworks(t *testing.T) {
	const networks, kept, rounds = 40, 10, 400
	text := "network,country,region,asn,anonymizer,services\n"
	for n := range networks {
		country := []string{"DE", "AT"}[n%2] // neighbours that are alike are one network
		text += fmt.Sprintf("10.0.%d.0/24,%s,,,,\n2001:db8:%x::/48,%s,,,,\n", n, country, n, country)
	}
	folder(t, map[string]string{"geo.csv": text, "network.json": `{"range":["12.0.0.0/8"]}`})
	parts, _, err := (&commandLine{paths: []string{"network.json"}, geo: []string{"geo.csv"}}).openPolicy()
	require.NoError(t, err)
	drawn := map[netipx.IPRange]int{}
	for seed := range uint64(rounds) {
		s := &benchSample{random: rand.New(rand.NewPCG(seed, 1))}
		s.addNetworks(parts.Config.Geo, kept)
		for _, ranges := range s.ranges {
			require.Len(t, ranges, kept)
			for _, r := range ranges {
				drawn[r]++
			}
		}
	}
	require.Len(t, drawn, 2*networks)
	for r, count := range drawn {
		require.InDelta(t, rounds*kept/networks, count, 45, "%s", r) // five standard deviations
	}
	for _, most := range []int{networks, networks + 1} {
		s := &benchSample{random: rand.New(rand.NewPCG(1, 1))}
		s.addNetworks(parts.Config.Geo, most)
		require.Len(t, s.ranges[addrnum.IPv4], networks)
	}
}

// What a decision takes is the median of the rounds behind the first, of which there are five
// at least and as many as the time has room for.
func TestBenchTakesTheMedian(t *testing.T) {
	for _, row := range []struct {
		name   string
		budget time.Duration
		takes  []int // milliseconds, of each round
		want   float64
	}{
		{"five at least", 0, []int{100, 5, 1, 4, 2, 3}, 3},
		{"until the time is used up", 20 * time.Millisecond, []int{100, 1, 1, 2, 7, 8, 9}, 7},
		{"which is enough", 15 * time.Millisecond, []int{100, 9, 1, 2, 1, 2}, 2},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				rounds := 0
				got := nanoseconds(row.budget, 1000, func() int {
					time.Sleep(time.Duration(row.takes[rounds]) * time.Millisecond)
					rounds++
					return 1
				})
				require.Equal(t, len(row.takes), rounds)
				require.InDelta(t, row.want*1000, got, 1e-9)
			})
		})
	}
	require.InDelta(t, 1.5, milliseconds(1500*time.Microsecond), 1e-9)
}

// What is measured are decisions about each address and each chain.
func TestBenchDecidesEach(t *testing.T) {
	policy := decidetest.Block(t, "192.0.2.0/24")
	in, out := netip.MustParseAddr("198.51.100.1"), netip.MustParseAddr("192.0.2.1")
	require.Equal(t, decide.Allow, policy.Decide(in).Verdict)
	require.Equal(t, int(decide.Allow)*3, benchDecide(policy, []netip.Addr{in, out, in, in, out}))
	require.Zero(t, benchDecide(policy, nil))
	require.Equal(t, int(decide.Allow), benchChains(policy, []netip.Addr{in, in, in, in, out, in}, 3))
	require.Equal(t, int(decide.Allow)*2, benchChains(policy, []netip.Addr{in, in, out, in, out, in, in, in}, 2))
}

// The text of what was measured, of a policy and of a snapshot.
func TestBenchText(t *testing.T) {
	var out bytes.Buffer
	c := &commandLine{out: &out}
	compile := 7.4
	result := &benchJSON{System: "s", NsPerV4: 10, NsPerV6: 20, NsPerChain: 40, Hops: 3, Addresses: 65536, TableBytes4: 1_500_000, TableBytes6: 10_000, Classes: 4, LoadMillis: 12.6, CompileMills: &compile}
	require.NoError(t, c.printBench(result, decide.Info{Intervals4: 5, Intervals6: 6}))
	const first = "65536 addresses on s, one goroutine\n\nOne decision\n" +
		"  IPv4                                         10.0 ns  100.0 million a second on one processor\n" +
		"  IPv6                                         20.0 ns  50.0 million a second on one processor\n" +
		"  chain of 3: a client and what it claims      40.0 ns  25.0 million a second on one processor\n"
	const table = "\nTable\n  IPv4     1.50 MB  5 intervals\n  IPv6     0.01 MB  6 intervals\n  classes  4        sets of addresses that nothing tells apart\n"
	spaces := regexp.MustCompile(" +")
	plain := func(text string) string { return spaces.ReplaceAllString(text, " ") }
	require.True(t, strings.HasPrefix(plain(out.String()), plain(first+table+"\nTime\n  load documents and databases, compile  13 ms\n  compile alone  7 ms\n\nPolicy\n")), out.String())
	out.Reset()
	result.CompileMills, result.ZoneProxies = nil, true
	require.NoError(t, c.printBench(result, decide.Info{}))
	require.Contains(t, plain(out.String()), "\n chain of 3: two zone proxies and a client 40.0 ns")
	require.Contains(t, plain(out.String()), "\nTime\n load the snapshot 13 ms\n\nPolicy\n")
	c.out = &fullDevice{0}
	require.ErrorIs(t, c.printBench(result, decide.Info{}), syscall.ENOSPC)
}
