package export_test

import (
	"bytes"
	"encoding/csv"
	"io"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go4.org/netipx"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/export"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/internal/realdata"
	"github.com/netwicket/netwicket/zone"
)

// policies are those that every format is tested with.
func policies(t *testing.T) map[string]*decide.Policy {
	t.Helper()
	compile := func(config decide.Config) *decide.Policy {
		policy, err := decide.Compile(config)
		require.NoError(t, err)
		return policy
	}
	zones := func(text string) []zone.Zones {
		parsed, err := zone.ParseOkta("zones.json", []byte(text))
		require.NoError(t, err)
		return []zone.Zones{parsed}
	}
	network := func(text string) *zone.NetworkConfig {
		parsed, err := zone.ParseSailPoint("net.json", []byte(text))
		require.NoError(t, err)
		return &parsed
	}
	return map[string]*decide.Policy{
		"open":   compile(decide.Config{Zones: zones(`[{"type":"IP","id":"a","name":"A","system":false,"gateways":[{"type":"RANGE","value":"192.0.2.7"}]}]`)}),
		"closed": compile(decide.Config{SailPoint: network(`{"range":["192.0.2.7"]}`)}),
		"nobody": nil,
		"blocklists": compile(decide.Config{Zones: zones(`[{"type":"IP","id":"b","name":"B","usage":"BLOCKLIST","system":false,"gateways":[
			{"type":"RANGE","value":"203.0.113.4-203.0.113.9"},{"type":"CIDR","value":"2001:db8::/33"},{"type":"RANGE","value":"0.0.0.0-0.0.0.5"},
			{"type":"RANGE","value":"::1-::5"},{"type":"RANGE","value":"255.255.255.255"}]}]`)}),
		"reasons side by side": compile(decide.Config{
			Zones: zones(`[{"type":"IP","id":"b","name":"B","usage":"BLOCKLIST","gateways":[{"type":"CIDR","value":"203.0.113.0/24"},{"type":"CIDR","value":"198.51.100.0/25"}]},
				{"type":"IP","id":"c","name":"C","usage":"BLOCKLIST","gateways":[{"type":"CIDR","value":"198.51.100.128/25"},{"type":"CIDR","value":"255.0.0.0/8"},{"type":"CIDR","value":"::/8"}]}]`),
			Overlay: &zone.Overlay{Allow: []zone.OverlayEntry{{Entry: zone.Entry{Range: netipx.MustParseIPRange("203.0.113.0-203.0.113.255")}}}},
		}),
		"IPv6 alone": compile(decide.Config{SailPoint: network(`{"range":["2001:db8::/32"]}`)}),
		"allow list": compile(decide.Config{SailPoint: network(`{"range":["192.0.2.0/24","10.0.0.0/9","2001:db8:1::/48","2000::/5","0.0.0.0/8","224.0.0.0/3","c000::/2","::/100"]}`)}),
		"not 6to4":   compile(decide.Config{SailPoint: network(`{"range":["0.0.0.0/0","2000::/15","2003::/16","fc00::/7"]}`)}),
	}
}

// edges are the ends of all ranges and their neighbours, and what embeds the IPv4
// ones; without Teredo and local NAT64, where ranges leave the embedded address out.
func edges(policy *decide.Policy) []netip.Addr {
	seen := map[netip.Addr]bool{}
	var list []netip.Addr
	add := func(a netip.Addr) {
		if a.IsValid() && !a.Is4In6() && !seen[a] && !scattered(a) {
			seen[a] = true
			list = append(list, a)
		}
	}
	for r := range policy.Ranges() {
		for _, a := range []netip.Addr{r.From(), r.To(), r.From().Prev(), r.To().Next()} {
			add(a)
			if a.Is4() {
				b := a.As4()
				add(netip.AddrFrom16([16]byte{0x20, 0x02, b[0], b[1], b[2], b[3]}))
				add(netip.AddrFrom16([16]byte{0x20, 0x02, b[0], b[1], b[2], b[3], 15: 1}))
				add(netip.AddrFrom16([16]byte{12: b[0], b[1], b[2], b[3]}))
				add(netip.AddrFrom16([16]byte{0, 0x64, 0xff, 0x9b, 12: b[0], b[1], b[2], b[3]}))
			}
		}
	}
	return list
}

// scattered says that ranges leave out the IPv4 address embedded in addr.
func scattered(addr netip.Addr) bool {
	return netip.MustParsePrefix("2001::/32").Contains(addr) || netip.MustParsePrefix("64:ff9b:1::/48").Contains(addr)
}

func TestAllowedIsExactAndFewest(t *testing.T) {
	for name, policy := range policies(t) {
		t.Run(name, func(t *testing.T) {
			list := export.Allowed(policy)
			var b netipx.IPSetBuilder
			for _, p := range list {
				b.AddPrefix(p)
			}
			set, err := b.IPSet()
			require.NoError(t, err)
			require.Equal(t, set.Prefixes(), append([]netip.Prefix{}, list...))
			for _, addr := range edges(policy) {
				if set.Contains(addr) != policy.Decide(addr).Allowed() {
					t.Fatalf("%v: %v", addr, policy.Decide(addr))
				}
			}
			require.False(t, set.OverlapsPrefix(netip.MustParsePrefix("::ffff:0:0/96")))
		})
	}
}

func TestAllIsEveryAddressOnce(t *testing.T) {
	for name, policy := range policies(t) {
		t.Run(name, func(t *testing.T) {
			var b netipx.IPSetBuilder
			b.AddPrefix(netip.MustParsePrefix("0.0.0.0/0"))
			b.AddPrefix(netip.MustParsePrefix("::/0"))
			last := netip.Addr{}
			sets := map[decide.Outcome]*netipx.IPSetBuilder{}
			for _, n := range export.All(policy) {
				require.Positive(t, n.Prefix.Addr().Compare(last), "%v is not behind %v", n.Prefix, last)
				last = netipx.PrefixLastIP(n.Prefix)
				b.RemovePrefix(n.Prefix)
				if sets[n.Outcome] == nil {
					sets[n.Outcome] = new(netipx.IPSetBuilder)
				}
				sets[n.Outcome].AddPrefix(n.Prefix)
				for _, addr := range []netip.Addr{n.Prefix.Addr(), last} {
					if d := policy.Decide(addr); !scattered(addr) && (d.Verdict != n.Outcome.Verdict || d.Reason != n.Outcome.Reason) {
						t.Fatalf("%v: %v, decided %v", n.Prefix, n.Outcome, d)
					}
				}
			}
			fewest := 0
			for _, builder := range sets {
				set, err := builder.IPSet()
				require.NoError(t, err)
				fewest += len(set.Prefixes())
			}
			require.Len(t, export.All(policy), fewest)
			rest, err := b.IPSet()
			require.NoError(t, err)
			require.Equal(t, []netip.Prefix{netip.MustParsePrefix("::ffff:0:0/96")}, rest.Prefixes())
		})
	}
}

// haproxyMap answers as HAProxy's map_ip does: the longest network of the
// address's family; else, of the IPv4 address in a 6to4 or compatible one; of an
// IPv4 address, of its mapped one.
type haproxyMap map[netip.Prefix]string

func readHAProxyMap(t *testing.T, text string) haproxyMap {
	t.Helper()
	m := haproxyMap{}
	for line := range strings.Lines(text) {
		if line[0] == '#' {
			continue
		}
		network, value, found := strings.Cut(strings.TrimSpace(line), " ")
		require.True(t, found, line)
		prefix := netip.MustParsePrefix(network)
		require.NotContains(t, m, prefix)
		m[prefix] = value
	}
	return m
}

func (m haproxyMap) longest(addr netip.Addr) (string, bool) {
	for bits := addr.BitLen(); bits >= 0; bits-- {
		if value, found := m[netip.PrefixFrom(addr, bits).Masked()]; found {
			return value, true
		}
	}
	return "deny", false
}

func (m haproxyMap) lookup(addr netip.Addr) string {
	value, found := m.longest(addr)
	if found {
		return value
	}
	b := addr.As16()
	switch {
	case addr.Is4():
		value, _ = m.longest(netip.AddrFrom16(b))
	case b[0] == 0x20 && b[1] == 0x02:
		value, _ = m.longest(netip.AddrFrom4([4]byte(b[2:6])))
	case [12]byte(b[:12]) == [12]byte{}:
		value, _ = m.longest(netip.AddrFrom4([4]byte(b[12:])))
	}
	return value
}

func TestHAProxyMapAnswersAsThePolicyDoes(t *testing.T) {
	for name, policy := range policies(t) {
		t.Run(name, func(t *testing.T) {
			m := readHAProxyMap(t, written(t, "haproxy", policy))
			for _, addr := range edges(policy) {
				if got, want := m.lookup(addr), policy.Decide(addr).Verdict.String(); got != want {
					t.Fatalf("%v: %s, decided %s", addr, got, want)
				}
			}
		})
	}
}

func heading(policy *decide.Policy) export.Heading {
	return export.Heading{Program: "netwicket v0", Names: []string{"policy\n0.0.0.0/0 allow"}, Info: policy.Info(), LeavesEmbedded: true}
}

func written(t *testing.T, format string, policy *decide.Policy) string {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, export.Write(&out, format, policy, heading(policy)))
	return out.String()
}

func TestFormats(t *testing.T) {
	policy := policies(t)["closed"]
	var header string
	for _, line := range heading(policy).Header() {
		header += "# " + strings.ReplaceAll(line, "\n", `\n`) + "\n"
	}
	require.Contains(t, header, "# policy "+policy.Info().Fingerprint+"\n")
	require.Contains(t, header, "not listed is denied")
	require.Contains(t, header, "2001::/32")
	tests := map[string]string{
		"nginx": header + "#\n# In the http block:   include /etc/nginx/netwicket.conf;\n# In a server block:   if ($netwicket_allow = 0) { return 403; }\n" +
			"geo $netwicket_allow {\n    default 0;\n    192.0.2.7/32 1;\n}\n",
		"haproxy": header + "#\n# In a frontend:   http-request deny unless { src,map_ip(/etc/haproxy/netwicket.map,deny) -m str allow }\n" +
			"# The networks with deny keep HAProxy from looking for the IPv4 addresses in 6to4 and IPv4-compatible ones.\n" +
			"::/96 deny\n2002::/16 deny\n192.0.2.7/32 allow\n",
		"cidr": header + "192.0.2.7/32\n",
		"nftables": "#!/usr/sbin/nft -f\n" + header + "#\n" +
			"# Loads in one step and replaces what was loaded before. Has no effect until a chain of yours in this\n" +
			"# table jumps to it, for the ports that it is to guard:\n" +
			"#   add chain inet netwicket input { type filter hook input priority 0; }\n" +
			"#   add rule inet netwicket input tcp dport 443 ct state new jump guard\n" +
			"add table inet netwicket\nadd set inet netwicket allow4 { type ipv4_addr; flags interval; }\nadd set inet netwicket allow6 { type ipv6_addr; flags interval; }\n" +
			"add chain inet netwicket guard\nflush set inet netwicket allow4\nflush set inet netwicket allow6\nflush chain inet netwicket guard\n" +
			"add element inet netwicket allow4 {\n    192.0.2.7,\n}\n" +
			"add rule inet netwicket guard ip saddr @allow4 return\nadd rule inet netwicket guard ip6 saddr @allow6 return\nadd rule inet netwicket guard drop\n",
	}
	for format, want := range tests {
		t.Run(format, func(t *testing.T) {
			require.Equal(t, want, written(t, format, policy))
		})
	}
	require.ErrorContains(t, export.Write(&bytes.Buffer{}, "iptables", policy, heading(policy)), `unknown format "iptables"; expected nginx, haproxy, nftables, cidr, csv`)
}

// The sets of nftables have the ranges of their family, and no other: as few as
// hold what is allowed.
func TestNftablesRanges(t *testing.T) {
	for name, policy := range policies(t) {
		want := map[string]*netipx.IPSetBuilder{"allow4": {}, "allow6": {}}
		for r, d := range policy.Ranges() {
			if d.Allowed() {
				want[map[bool]string{true: "allow4", false: "allow6"}[r.From().Is4()]].AddRange(r)
			}
		}
		got, set := map[string][]string{}, ""
		for line := range strings.Lines(written(t, "nftables", policy)) {
			if begin, found := strings.CutPrefix(line, "add element inet netwicket "); found {
				set = begin[:len("allow4")]
			} else if element, found := strings.CutPrefix(line, "    "); found {
				got[set] = append(got[set], strings.TrimSuffix(element, ",\n"))
			}
		}
		for set, builder := range want {
			ranges, err := builder.IPSet()
			require.NoError(t, err)
			var list []string
			for _, r := range ranges.Ranges() {
				text := r.From().String()
				if r.To() != r.From() {
					text += "-" + r.To().String()
				}
				list = append(list, text)
			}
			require.Equal(t, list, got[set], "%s: %s", name, set)
		}
	}
}

// The networks of HAProxy's map are in order, as people look for one.
func TestHAProxyMapIsInOrder(t *testing.T) {
	for name, policy := range policies(t) {
		var last netip.Addr
		for line := range strings.Lines(written(t, "haproxy", policy)) {
			if network, found := strings.CutSuffix(line, " allow\n"); found && line[0] != '#' {
				addr := netip.MustParsePrefix(network).Addr()
				require.Positive(t, addr.Compare(last), name)
				last = addr
			}
		}
	}
}

// What went in is named with its date, if it has one; the note about embedded
// addresses stands where it matters.
func TestHeader(t *testing.T) {
	h := export.Heading{Program: "netwicket v0", Names: []string{"a", "b"}, Info: decide.Info{Fingerprint: "f", Data: []geo.Dataset{
		{Type: "GeoLite2-City", Built: time.Date(2026, 11, 25, 23, 30, 0, 0, time.FixedZone("", -3600))}, {Type: "csv"},
	}}}
	want := []string{"Who may come in, written by netwicket v0 from a, b", "policy f", "data GeoLite2-City, built 2026-11-26", "data csv"}
	require.Equal(t, want, h.Header()[:4])
	require.Len(t, h.Header(), 6)
	h.LeavesEmbedded = true
	require.Len(t, h.Header(), 8)
	require.Contains(t, h.Header()[6], "Teredo")
}

// A file that found no room is an error in every format.
func TestWriteFails(t *testing.T) {
	for _, format := range []string{"nginx", "haproxy", "nftables", "cidr", "csv"} {
		policy := policies(t)["closed"]
		out, in := io.Pipe()
		require.NoError(t, out.CloseWithError(syscall.ENOSPC))
		require.ErrorIs(t, export.Write(in, format, policy, heading(policy)), syscall.ENOSPC, format)
	}
}

func TestCSV(t *testing.T) {
	policy := policies(t)["closed"]
	rows, err := csv.NewReader(strings.NewReader(written(t, "csv", policy))).ReadAll()
	require.NoError(t, err)
	require.Equal(t, []string{"network", "decision", "reason"}, rows[0])
	require.Equal(t, []string{"0.0.0.0/1", "deny", "off_network"}, rows[1])
	require.Contains(t, rows, []string{"192.0.2.7/32", "allow", "permitted"})
	require.Len(t, rows, len(export.All(policy))+1)
}

// A whole address space is written as two halves where programs would take it
// for their default.
func TestNetworksOfEveryAddress(t *testing.T) {
	policy := policies(t)["open"]
	require.Equal(t, "0.0.0.0/0", export.Allowed(policy)[0].String())
	require.Contains(t, written(t, "nginx", policy), "default 0;\n    0.0.0.0/1 1;\n    128.0.0.0/1 1;\n    ::/81 1;\n")
	require.Contains(t, written(t, "nftables", policy), "{\n    0.0.0.0-255.255.255.255,\n}")
}

// realPolicy is about the countries of the whole internet.
func realPolicy(t *testing.T) *decide.Policy {
	t.Helper()
	table, err := geo.Load(geo.Source{File: realdata.Path(t, "mmdb/country-2025.mmdb")})
	require.NoError(t, err)
	network, err := zone.ParseSailPoint("net.json", []byte(`{"geolocation":["DE","FR","US","GB"],"whitelisted":true}`))
	require.NoError(t, err)
	policy, err := decide.Compile(decide.Config{SailPoint: &network, Geo: table})
	require.NoError(t, err)
	return policy
}
