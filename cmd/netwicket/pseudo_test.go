package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Clients whose address is made up are decided about, and warned of once.
func TestPseudoIPv4Clients(t *testing.T) {
	folder(t, map[string]string{"zones.json": goodZones, "requests": "240.1.2.3\n192.0.2.1\n255.255.255.254\n"})
	for _, command := range []string{"eval", "explain"} {
		got := runIn(t, "240.1.2.3\n192.0.2.1\n255.255.255.254\n", command, "-c", "zones.json")
		require.Equal(t, 1, strings.Count(got.stderr, "[pseudo-ipv4]"), command)
		require.Contains(t, got.stderr, "240.1.2.3 is an address that no host has", command)
		got = runIn(t, "255.255.255.255\n239.0.0.1\n192.0.2.1\n2001:db8::f0\n", command, "-c", "zones.json")
		require.NotContains(t, got.stderr, "pseudo-ipv4", command)
	}
	got := runIn(t, "", "resolve", "--trusted", "10.0.0.1", "--source", "header:CF-Connecting-IP", "--remote", "10.0.0.1", "-H", "CF-Connecting-IP: 250.1.2.3")
	require.Equal(t, "250.1.2.3\n", got.out)
	require.Equal(t, 0, got.code)
	require.Contains(t, got.stderr, "[pseudo-ipv4]")
}
