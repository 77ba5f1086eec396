package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/internal/realdata"
)

const hiddenZones = `[{"type":"DYNAMIC_V2","id":"z","name":"Hidden","usage":"BLOCKLIST","ipServiceCategories":{"include":["all_anonymizers"]}}]`

// A list of Tor exits says nothing of VPNs: the policy does not compile until it
// says what it takes for none.
func TestSortsThatNoSourceTellsOf(t *testing.T) {
	folder(t, map[string]string{
		"zones.json": hiddenZones, "tor.txt": "192.0.2.1\n2001:db8::1\n",
		"netwicket.json": `{"okta":{"zones":["zones.json"]},"services":{"anonymizer_tor":["tor.txt"]},"assumeNone":["vpn","public_proxy","residential_proxy"]}`,
		"two.json":       `{"okta":{"zones":["zones.json"]},"services":{"ANONYMIZER_TOR":["tor.txt"]},"assumeNone":["vpn"]}`,
	})
	list := []string{"-c", "zones.json", "--service", "anonymizer_tor=tor.txt"}
	got := runIn(t, "", append(list, "eval", "192.0.2.1")...)
	require.Equal(t, 1, got.code)
	require.Empty(t, got.out)
	require.Contains(t, got.stderr, `zone "Hidden" needs the IP services (ipServiceCategories) of an address, of the sorts vpn, public_proxy, residential_proxy`)
	require.Contains(t, got.stderr, "[no-data]")

	assumed := [][]string{
		append(list, "--assume-none", "all"),
		append(list, "--assume-none", "vpn,public_proxy", "--assume-none", "residential_proxy"),
		{"-c", "two.json", "--assume-none", "public_proxy,residential_proxy"},
		nil,
	}
	for _, args := range assumed {
		got := runIn(t, "", append(args, "eval", "192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8::2")...)
		require.Equal(t, "deny 192.0.2.1 blocklisted zone=\"Hidden\"\nallow 192.0.2.2 permitted\n"+
			"deny 2001:db8::1 blocklisted zone=\"Hidden\"\nallow 2001:db8::2 permitted\n", got.out, "%v", args)
	}
	checked := runIn(t, "", "check")
	require.Zero(t, checked.code)
	require.Equal(t, 1, strings.Count(checked.out, "[assumed-none]"), checked.out)
	require.Contains(t, checked.out, `"vpn, public_proxy, residential_proxy"`)
	location := objects(t, runIn(t, "", "explain", "--json", "192.0.2.2").out)[0]["location"].(map[string]any)
	require.Equal(t, []any{}, location["services"], "taken for none")
}

// A database of the Anonymous-IP layout tells of all sorts, whatever it holds.
func TestSortsOfARealDatabase(t *testing.T) {
	database := realdata.Path(t, "mmdb/anonymous-2026.mmdb")
	folder(t, map[string]string{"zones.json": hiddenZones})
	got := runIn(t, "", "eval", "-c", "zones.json", "-g", database, "8.8.8.8", "2001:4860:4860::8888")
	require.Equal(t, "allow 8.8.8.8 permitted\nallow 2001:4860:4860::8888 permitted\n", got.out, got.stderr)
}

// An operator that a database names is told of as if it had a list.
func TestResidentialProxyOfARealDatabase(t *testing.T) {
	database := realdata.Path(t, "maxmind/test-data/GeoIP-Residential-Proxy-Test.mmdb")
	folder(t, map[string]string{"zones.json": strings.Replace(hiddenZones, "all_anonymizers", "NETNUT_PROXY", 1)})
	got := runIn(t, "", "eval", "-c", "zones.json", "-g", database, "7.13.219.50", "21.4.181.220", "8.8.8.8")
	require.Equal(t, "deny 7.13.219.50 blocklisted zone=\"Hidden\"\nallow 21.4.181.220 permitted\nallow 8.8.8.8 permitted\n", got.out, got.stderr)
}
