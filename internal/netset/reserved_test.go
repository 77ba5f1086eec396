package netset_test

import (
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/internal/netset"
	"github.com/netwicket/netwicket/internal/realdata"
)

// TestWideNetworks: what is wider than anybody has does not pass in silence.
func TestWideNetworks(t *testing.T) {
	for text, want := range map[string][]string{
		"8.0.0.0/8":           nil,
		"8.0.0.0/7":           {"wide-network"},
		"203.0.113.7/2":       {"host-bits", "wide-network"},
		"64.0.0.0/2":          {"wide-network"},
		"8.0.0.0-9.0.0.0":     {"wide-network"},
		"8.0.0.1-9.0.0.0":     nil,
		"2001::/16":           nil,
		"2000::/15":           {"wide-network"},
		"2001:db8::1/3":       {"host-bits", "wide-network"},
		"2001::-2002::":       {"wide-network"},
		"2001::1-2001:ffff::": nil,
		"0.0.0.0/0":           {"everything"},
		"::/0":                {"everything"},
		"::ffff:8.0.0.0/103":  {"wide-network"},
		"224.0.0.0/3":         nil, "fc00::/7": nil, "fe80::/10": nil,
		"192.0.0.0/2":     {"wide-network"},
		"198.51.100.0/24": nil,
	} {
		network, hostBits, err := netset.Parse(text)
		require.NoError(t, err)
		var got []string
		for _, caution := range netset.Cautions(network, hostBits) {
			got = append(got, caution.Code)
		}
		require.Equal(t, want, got, text)
		for _, proxies := range []bool{false, true} {
			_, found := read(text, netset.Limits{Proxies: proxies})
			said := strings.Join(found, "\n")
			for _, code := range []string{"host-bits", "wide-network", "everything"} {
				asked := slices.Contains(want, code) && !(proxies && code == "wide-network") // the edge says so of proxies
				require.Equal(t, asked, strings.Contains(said, " "+code+" "), "%s of %s", code, text)
			}
		}
	}
}

// TestReserved: one warning a list, with how many and the first ones.
func TestReserved(t *testing.T) {
	const about = ": what the list says is said of our own hosts too; take them out, or use a list without them"
	_, found := read("8.8.8.8\n 0.0.0.0/8\n10.0.0.0/8\n127.0.0.0/8\n224.0.0.0/3\n", netset.Limits{})
	require.Equal(t, []string{`2:2 true reserved-in-feed "0.0.0.0/8" 4 of 5 networks of the list hold private or reserved addresses (0.0.0.0/8, 10.0.0.0/8, 127.0.0.0/8 and 1 more)` + about}, found)
	_, found = read(`{"addresses":["8.8.8.8","10.1.2.3"]}`, netset.Limits{})
	require.Equal(t, []string{`1:25 true reserved-in-feed "10.1.2.3" 1 of 2 networks of the list hold private or reserved addresses (10.1.2.3)` + about}, found)
	_, found = read("10.0.0.0/8\nfd00::/8", netset.Limits{Proxies: true})
	require.Empty(t, found, "proxies are at home there")
	for text, want := range map[string]bool{
		"10.1.2.3": true, "9.255.255.255-10.0.0.0": true, "11.0.0.0": false, "100.63.255.255": false, "100.64.0.0": true, "100.128.0.0": false,
		"169.254.1.1": true, "169.253.0.0": false, "172.15.255.255": false, "172.16.0.0/12": true, "172.32.0.0": false, "192.168.7.0/24": true, "192.167.0.0/16": false,
		"192.0.2.0/24": false, "198.51.100.0/24": false, "203.0.113.0/24": false, "2001:db8::/32": false, "198.18.0.0": true, "224.0.0.1": true, "255.255.255.255": true,
		"::": true, "::1": true, "::2": false, "fd12::1": true, "fd20::1": true, "fe80::1": true, "febf::": true, "fec0::": false, "ff02::1": true, "2600::/16": false, "::ffff:10.1.2.3": true,
		"0.0.0.0/0": false, "::/0": false, // everything is more than that
	} {
		_, found := read(text, netset.Limits{})
		require.Equal(t, want, strings.Contains(strings.Join(found, "\n"), "reserved-in-feed"), text)
	}
}

// TestPseudoIPv4: class E is what Cloudflare makes addresses of, without the one for all hosts.
func TestPseudoIPv4(t *testing.T) {
	for text, want := range map[string]bool{
		"240.0.0.0": true, "250.1.2.3": true, "255.255.255.254": true, "254.255.255.255": true, "255.254.255.255": true, "255.255.254.255": true,
		"255.255.255.255": false, "239.255.255.255": false, "192.0.2.240": false, "1.240.0.0": false, "f000::1": false, "::ffff:250.1.2.3": false,
	} {
		require.Equal(t, want, netset.PseudoIPv4(netip.MustParseAddr(text)), text)
	}
	require.False(t, netset.PseudoIPv4(netip.Addr{}))
}

// TestRealLists holds what is read of published lists against a count of their lines,
// and their first lines with a column of counts against the plain ones.
func TestRealLists(t *testing.T) {
	for _, name := range []string{
		"lists/datacenter-ipv4.txt", "lists/datacenter-ipv6.txt", "lists/threat-ipsum-level3.txt", "lists/tor-exit-nodes.lst", "lists/tor-nodes.lst", "lists/vpn-ipv4.txt", "lists/vpn-ipv6.txt",
		"cloud/amazon/ipv4.txt", "cloud/amazon/ipv6.txt", "cloud/cloudflare/ipv4.txt", "cloud/cloudflare/ipv6.txt", "cloud/google/ipv4.txt", "cloud/microsoft/ipv6.txt", "cloud/oracle/ipv4.txt",
	} {
		data, err := os.ReadFile(realdata.Path(t, name))
		require.NoError(t, err)
		plain := string(data)
		lines := strings.Fields(plain)
		require.Greater(t, len(lines), 5)
		entries, found := read(plain, netset.Limits{})
		require.Empty(t, found, name)
		require.Equal(t, len(lines), len(entries), name)
		for shape, text := range map[string]string{
			"counts":     strings.Join(lines, "\t7\n"),
			"comments":   strings.Join(lines, " ; SBL1\n"),
			"a CSV":      "first,ip\n\"x\"," + strings.Join(lines, "\n\"x\","),
			"JSON lines": `{"cidr":"` + strings.Join(lines, "\"}\n{\"cidr\":\"") + `"}`,
			"AWS":        `{"prefixes":[{"ip_prefix":"` + strings.Join(lines, `"},{"ip_prefix":"`) + `"}]}`,
			"Fastly":     `{"addresses":["` + strings.Join(lines, `","`) + `"]}`,
			"ipset":      "create a hash:net family inet\nadd a " + strings.Join(lines, "\nadd a "),
		} {
			same, found := read(text, netset.Limits{})
			require.Empty(t, found, "%s %s", name, shape)
			require.Equal(t, len(entries), len(same), "%s %s", name, shape)
			for i := range entries {
				if entries[i].Range != same[i].Range {
					t.Fatalf("%s %s: %v is read as %v", name, shape, entries[i], same[i])
				}
			}
		}
	}
}
