package export_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/netip"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"go4.org/netipx"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/export"
	"github.com/netwicket/netwicket/decide"
)

// setOf are the addresses that a policy allows, or denies, by its ranges.
func setOf(t *testing.T, policy *decide.Policy, allowed bool) *netipx.IPSet {
	t.Helper()
	var b netipx.IPSetBuilder
	for r, d := range policy.Ranges() {
		if d.Allowed() == allowed {
			b.AddRange(r)
		}
	}
	set, err := b.IPSet()
	require.NoError(t, err)
	return set
}

// TestDenyListHoldsNobodyWhoIsAllowed: however a list is cut, whatever its format
// takes, none of its networks has an address that the policy allows.
func TestDenyListHoldsNobodyWhoIsAllowed(t *testing.T) {
	subjects, seeds := policies(t), uint64(30)
	if testing.Short() {
		seeds = 5
	}
	for seed := range seeds {
		subjects[fmt.Sprint("seed ", seed)] = randomPolicy(t, seed)
	}
	for name, policy := range subjects {
		allowed, denied := setOf(t, policy, true), setOf(t, policy, false)
		for _, format := range export.ListFormats() {
			all, leftOut := export.Fit(format, export.Denied(policy, 0))
			for _, most := range []int{0, 1, 2, 7, 100, 1 << 20} {
				list := export.DenyList(all, nil, most)
				require.LessOrEqual(t, len(list.Prefixes), max(most, len(all)*(1-min(most, 1))), name)
				for i, p := range list.Prefixes {
					if allowed.OverlapsPrefix(p) || !denied.ContainsPrefix(p) || p.Bits() == 0 {
						t.Fatalf("%s, %s: %v is not denied as a whole", name, format, p)
					}
					if i > 0 && list.Prefixes[i-1].Bits() > p.Bits() {
						t.Fatalf("%s, %s: %v is larger than %v before it", name, format, p, list.Prefixes[i-1])
					}
					for _, addr := range []netip.Addr{p.Addr(), netipx.PrefixLastIP(p)} {
						if policy.Decide(addr).Allowed() {
							t.Fatalf("%s, %s: %v of %v is allowed", name, format, addr, p)
						}
					}
				}
				if most == 0 && leftOut == 0 {
					var b netipx.IPSetBuilder
					for _, p := range list.Prefixes {
						b.AddPrefix(p)
					}
					whole, err := b.IPSet()
					require.NoError(t, err)
					require.True(t, denied.Equal(whole), "%s, %s: a list that is not cut lacks addresses", name, format)
				}
			}
		}
	}
}

func TestDeniedByFamily(t *testing.T) {
	policy := policies(t)["closed"]
	both := export.Denied(policy, 0)
	require.Equal(t, both, append(export.Denied(policy, 4), export.Denied(policy, 6)...))
	require.True(t, export.Denied(policy, 4)[0].Addr().Is4())
	require.True(t, export.Denied(policy, 6)[0].Addr().Is6())
	require.Equal(t, []netip.Prefix{netip.MustParsePrefix("0.0.0.0/1"), netip.MustParsePrefix("128.0.0.0/1")}, export.Denied(nil, 4))
}

func prefixes(texts ...string) []netip.Prefix {
	var list []netip.Prefix
	for _, text := range texts {
		list = append(list, netip.MustParsePrefix(text))
	}
	return list
}

func TestDenyListChooses(t *testing.T) {
	all := prefixes("10.0.0.0/10", "192.0.2.7/32", "198.51.100.0/24", "203.0.112.0/9", "2001:db8::/32", "2400::/9")
	tests := []struct {
		name     string
		requests []uint64
		most     int
		want     []netip.Prefix
		coverage string
	}{
		{"all", nil, 0, prefixes("203.0.112.0/9", "2400::/9", "10.0.0.0/10", "198.51.100.0/24", "192.0.2.7/32", "2001:db8::/32"), "6 of 6 prefixes: 100.0 % of denied IPv4 addresses, 100.0 % of denied IPv6 addresses"},
		{"the largest", nil, 2, prefixes("203.0.112.0/9", "2400::/9"), "2 of 6 prefixes: 66.6 % of denied IPv4 addresses, 99.9 % of denied IPv6 addresses"},
		{"the busiest", []uint64{3, 10, 0, 3, 0, 4}, 3, prefixes("192.0.2.7/32", "2400::/9", "203.0.112.0/9"), "3 of 6 prefixes: 66.6 % of denied IPv4 addresses, 99.9 % of denied IPv6 addresses, 85.0 % of the log's requests from denied addresses"},
		{"a log without them", make([]uint64, 6), 1, prefixes("203.0.112.0/9"), "1 of 6 prefixes: 66.6 % of denied IPv4 addresses, 0.0 % of denied IPv6 addresses"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			list := export.DenyList(all, test.requests, test.most)
			require.Equal(t, test.want, list.Prefixes)
			require.Equal(t, test.coverage, list.Coverage())
		})
	}
	none := export.DenyList(nil, nil, 5)
	require.Equal(t, "0 of 0 prefixes", none.Coverage())
	var many []netip.Prefix
	for i := range 12_345 {
		many = append(many, netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(i >> 8), byte(i)}), 32))
	}
	cut := export.DenyList(many, nil, 1000)
	require.Equal(t, "1,000 of 12,345 prefixes: 8.1 % of denied IPv4 addresses", cut.Coverage())
	for of, want := range map[int]string{0: "0 of 0", 999: "0 of 999", 1000: "0 of 1,000", 100_000: "0 of 100,000", 1_234_567_890: "0 of 1,234,567,890"} {
		few := export.List{Of: of}
		require.Equal(t, want+" prefixes", few.Coverage())
	}
	cut.LeftOut = 3
	require.Contains(t, cut.Coverage(), "; 3 narrower ones left out")
}

// Cloudflare's lists hold IPv4 networks from /8 and IPv6 ones from /12 to /64.
func TestFit(t *testing.T) {
	all := prefixes("0.0.0.0/7", "2.0.0.0/8", "192.0.2.7/32", "::/11", "20::/12", "2001:db8:1::/65", "2001:db8::/64", "2001:db8:2::/128")
	fitting, leftOut := export.Fit("cloudflare", all)
	require.Equal(t, prefixes("0.0.0.0/8", "1.0.0.0/8", "2.0.0.0/8", "192.0.2.7/32", "::/12", "10::/12", "20::/12", "2001:db8::/64"), fitting)
	require.Equal(t, 2, leftOut)
	fitting, leftOut = export.Fit("cloudflare", prefixes("0.0.0.0/1", "128.0.0.0/1", "::/1", "8000::/1"))
	require.Len(t, fitting, 256+4096)
	require.Zero(t, leftOut)
	for _, format := range []string{"cidr", "aws-waf"} {
		same, leftOut := export.Fit(format, all)
		require.Equal(t, all, same)
		require.Zero(t, leftOut)
	}
}

func list(t *testing.T, format string, list export.List) string {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, export.WriteList(&out, format, list, heading(policies(t)["closed"])))
	return out.String()
}

// What AWS takes of a description: https://docs.aws.amazon.com/waf/latest/APIReference/API_CreateIPSet.html.
var wafDescription = regexp.MustCompile(`^[\w+=:#@/\-,.][\w+=:#@/\-,.\s]+[\w+=:#@/\-,.]$`)

func TestListFormats(t *testing.T) {
	all := prefixes("0.0.0.0/1", "192.0.2.7/32", "2001:db8::/32")
	denied := export.DenyList(all, []uint64{1, 2, 3}, 0)
	t.Run("cidr", func(t *testing.T) {
		text := list(t, "cidr", denied)
		require.True(t, strings.HasSuffix(text, "\n2001:db8::/32\n192.0.2.7/32\n0.0.0.0/1\n"), text)
		for line := range strings.Lines(strings.TrimSuffix(text, "2001:db8::/32\n192.0.2.7/32\n0.0.0.0/1\n")) {
			require.True(t, strings.HasPrefix(line, "# "), line)
		}
		require.Contains(t, text, "# Who may not come in, written by netwicket v0 from policy\\n0.0.0.0/0 allow\n")
		require.Contains(t, text, "# 3 of 3 prefixes: 100.0 % of denied IPv4 addresses, ")
		require.NotContains(t, text, "not listed is denied")
	})
	t.Run("aws-waf", func(t *testing.T) {
		var sets []map[string]any
		require.NoError(t, json.Unmarshal([]byte(list(t, "aws-waf", denied)), &sets))
		require.Len(t, sets, 2)
		for i, want := range []struct {
			version   string
			addresses []any
		}{{"IPV4", []any{"192.0.2.7/32", "0.0.0.0/1"}}, {"IPV6", []any{"2001:db8::/32"}}} {
			description := sets[i]["Description"].(string)
			require.Regexp(t, wafDescription, description)
			require.Contains(t, description, "100.0 percent of denied IPv4 addresses")
			require.LessOrEqual(t, len(description), 256)
			delete(sets[i], "Description")
			require.Equal(t, map[string]any{"Name": "netwicket-deny-" + strings.ToLower(want.version), "Scope": "REGIONAL", "IPAddressVersion": want.version, "Addresses": want.addresses}, sets[i])
		}
		one := denied
		one.Family = 6
		var set map[string]any
		require.NoError(t, json.Unmarshal([]byte(list(t, "aws-waf", one)), &set))
		require.Equal(t, "IPV6", set["IPAddressVersion"])
		require.Contains(t, list(t, "aws-waf", export.DenyList(nil, nil, 0)), `"Addresses": []`)
	})
	t.Run("aws-waf holds 10,000", func(t *testing.T) {
		var many []netip.Prefix
		for i := range export.WAFLimit + 1 {
			many = append(many, netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}), 32))
		}
		var out bytes.Buffer
		err := export.WriteList(&out, "aws-waf", export.DenyList(many, nil, 0), heading(nil))
		require.ErrorContains(t, err, "10,001 networks are more than an IP set of AWS WAF may hold, 10,000; give --max 10000 or less with --deny")
		require.Zero(t, out.Len())
		require.NoError(t, export.WriteList(&out, "aws-waf", export.DenyList(many, nil, export.WAFLimit), heading(nil)))
		require.NoError(t, export.CheckLimit("cidr", 1<<30))
		require.NoError(t, export.CheckLimit("aws-waf", export.WAFLimit))
		require.ErrorContains(t, export.CheckLimit("aws-waf", 20_000), "20,000")
	})
	t.Run("cloudflare", func(t *testing.T) {
		var items []map[string]string
		require.NoError(t, json.Unmarshal([]byte(list(t, "cloudflare", denied)), &items))
		require.Contains(t, items[0]["comment"], "3 of 3 prefixes")
		delete(items[0], "comment")
		require.Equal(t, []map[string]string{{"ip": "2001:db8::/32"}, {"ip": "192.0.2.7/32"}, {"ip": "0.0.0.0/1"}}, items)
		require.Equal(t, "[]\n", list(t, "cloudflare", export.DenyList(nil, nil, 0)))
	})
	t.Run("others", func(t *testing.T) {
		require.ErrorContains(t, export.WriteList(&bytes.Buffer{}, "nginx", denied, heading(nil)), "expected cidr, aws-waf, cloudflare")
	})
}

// A list that found no room is an error, whatever its format.
func TestListFails(t *testing.T) {
	six := export.DenyList(prefixes("2001:db8::/32"), nil, 0)
	six.Family = 6
	for _, format := range export.ListFormats() {
		for _, l := range []export.List{export.DenyList(prefixes("192.0.2.7/32"), nil, 0), six} {
			require.ErrorIs(t, export.WriteList(&room{0}, format, l, heading(nil)), syscall.ENOSPC, format)
		}
	}
}

func TestAllowList(t *testing.T) {
	policy := policies(t)["closed"]
	for _, format := range export.ListFormats() {
		allowed, err := export.AllowList(policy, format, 0)
		require.NoError(t, err)
		require.Equal(t, prefixes("192.0.2.7/32"), allowed.Prefixes)
	}
	allowed, err := export.AllowList(policy, "cidr", 0)
	require.NoError(t, err)
	require.Equal(t, written(t, "cidr", policy), list(t, "cidr", allowed))
	require.Contains(t, list(t, "aws-waf", allowed), `"netwicket-allow-ipv4"`)
	// An allow list that a format cannot hold as it is locks out.
	_, err = export.AllowList(policies(t)["blocklists"], "cloudflare", 6)
	require.ErrorContains(t, err, "narrower than cloudflare takes")
}
