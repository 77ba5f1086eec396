package main

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"
	"go4.org/netipx"

	"github.com/netwicket/netwicket/decide"
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
