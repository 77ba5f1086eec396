package gate_test

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go4.org/netipx"

	"github.com/netwicket/netwicket/decide/gate"
	"github.com/netwicket/netwicket/internal/realdata"
)

func TestCheck(t *testing.T) {
	const ok = gate.XForwardedFor
	for _, row := range []struct {
		name   string
		config gate.Config
		want   []string // severity path code
	}{
		{"zero", gate.Config{}, nil},
		{"usual", gate.Config{Trusted: edge(), Source: ok, OnMissing: gate.Refuse, AllTrusted: gate.Refuse}, nil},
		{"fallbacks", gate.Config{Trusted: edge(), Source: ok, OnMissing: gate.UsePeer, AllTrusted: gate.UseLeftmost}, nil},
		{"all of IPv4", gate.Config{Trusted: prefixes("0.0.0.0/0")}, []string{"warning /trusted/0 wide-prefix", "error /trusted trust-all"}},
		{"all of IPv6", gate.Config{Trusted: prefixes("10.0.0.0/8", "::/0")}, []string{"warning /trusted/1 wide-prefix", "error /trusted trust-all"}},
		{"all of IPv4, mapped", gate.Config{Trusted: prefixes("::ffff:0.0.0.0/96")}, []string{"warning /trusted/0 wide-prefix", "error /trusted trust-all"}},
		{"two halves", gate.Config{Trusted: prefixes("0.0.0.0/1", "128.0.0.0/1")},
			[]string{"warning /trusted/0 wide-prefix", "warning /trusted/1 wide-prefix", "error /trusted trust-all"}},
		{"two halves less one", gate.Config{Trusted: prefixes("0.0.0.0/1", "128.0.0.0/2")},
			[]string{"warning /trusted/0 wide-prefix", "warning /trusted/1 wide-prefix"}},
		{"all, allowed", gate.Config{Trusted: prefixes("0.0.0.0/0", "::/0"), AllowTrustAll: true},
			[]string{"warning /trusted/0 wide-prefix", "warning /trusted/1 wide-prefix"}},
		{"just wide enough", gate.Config{Trusted: prefixes("10.0.0.0/8", "2001::/16", "::ffff:10.0.0.0/104")}, nil},
		{"too wide", gate.Config{Trusted: prefixes("10.0.0.0/7", "2000::/15", "::ffff:10.0.0.0/103")},
			[]string{"warning /trusted/0 wide-prefix", "warning /trusted/1 wide-prefix", "warning /trusted/2 wide-prefix"}},
		{"mapped with too few bits", gate.Config{Trusted: prefixes("::ffff:10.0.0.0/95")}, []string{"error /trusted/0 mapped-prefix"}},
		{"no prefix", gate.Config{Trusted: []netip.Prefix{{}}}, []string{"error /trusted/0 bad-prefix"}},
		{"half of IPv6 and no more", gate.Config{Trusted: prefixes("::/1")}, []string{"warning /trusted/0 wide-prefix"}},
		{"what is legal beside what is not", gate.Config{Trusted: []netip.Prefix{{}, netip.MustParsePrefix("::ffff:0.0.0.0/90"), netip.MustParsePrefix("0.0.0.0/0")}},
			[]string{"error /trusted/0 bad-prefix", "error /trusted/1 mapped-prefix", "warning /trusted/2 wide-prefix", "error /trusted trust-all"}},
		{"mapped, as wide as IPv6", gate.Config{Trusted: prefixes("::ffff:0.0.0.0/0")}, []string{"error /trusted/0 mapped-prefix"}},
		{"host bits", gate.Config{Trusted: prefixes("192.0.2.1/24", "192.0.2.1/32")}, []string{"warning /trusted/0 host-bits"}},
		{"shared network", gate.Config{Trusted: prefixes("104.16.0.0/13", "2a04:4e42::/32", "104.17.1.1/32")},
			[]string{"warning /trusted/0 shared-cdn", "warning /trusted/1 shared-cdn", "warning /trusted/2 shared-cdn"}},
		{"shared network, CloudFront", gate.Config{Trusted: prefixes("205.251.249.0/24", "2600:9000:2000::/48", "13.32.0.1/32", "13.31.255.255/32")},
			[]string{"warning /trusted/0 shared-cdn", "warning /trusted/1 shared-cdn", "warning /trusted/2 shared-cdn"}},
		{"shared network, Akamai", gate.Config{Trusted: prefixes("2.16.0.0/13", "23.63.255.255/32", "2a02:26f0:1::/48", "23.128.0.0/32")},
			[]string{"warning /trusted/0 shared-cdn", "warning /trusted/1 shared-cdn", "warning /trusted/2 shared-cdn"}},
		{"header without a proxy", gate.Config{Source: ok}, []string{"warning /trusted no-trusted"}},
		{"header from a socket", gate.Config{Source: ok, TrustUnix: true}, nil},
		{"spoofable", gate.Config{Trusted: edge(), Source: gate.HeaderNamed("true-client-ip")}, []string{"warning /source spoofable-header"}},
		{"spoofable, Fastly", gate.Config{Trusted: edge(), Source: "header:Fastly-Client-IP"}, []string{"warning /source spoofable-header"}},
		{"spoofable, Azure", gate.Config{Trusted: edge(), Source: "header:X-Azure-ClientIP"}, []string{"warning /source spoofable-header"}},
		{"spoofable, nameless", gate.Config{Trusted: edge(), Source: "header:X-Client-IP"}, []string{"warning /source spoofable-header"}},
		{"a list as a single header", gate.Config{Trusted: edge(), Source: "header:FORWARDED"}, []string{"error /source bad-source"}},
		{"not spoofable", gate.Config{Trusted: edge(), Source: "header:CF-Connecting-IP"}, nil},
		{"everything at once", gate.Config{Trusted: []netip.Prefix{{}}, Source: "xff", OnMissing: "leftmost", AllTrusted: "peer"},
			[]string{"error /trusted/0 bad-prefix", "error /source bad-source", "error /onMissing bad-option", "error /allTrusted bad-option"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			var got []string
			errorCount := 0
			for _, f := range row.config.Check() {
				severity := "error"
				if f.Warning {
					severity = "warning"
				} else {
					errorCount++
				}
				got = append(got, severity+" "+f.Path+" "+f.Code)
				require.NotEmpty(t, f.Err.Error())
				require.Equal(t, valueAt(row.config, f.Path), f.Value)
			}
			require.Equal(t, row.want, got)

			r, err := gate.NewResolver(row.config)
			if errorCount == 0 {
				require.NoError(t, err)
				return
			}
			require.Nil(t, r)
			var findings gate.Findings
			require.True(t, errors.As(err, &findings))
			require.Len(t, findings, errorCount, "the error holds every error and no warning")
		})
	}
}

// valueAt is what a Config says at the path of a finding; of a list nothing is shown.
func valueAt(c gate.Config, path string) string {
	if place, ok := strings.CutPrefix(path, "/trusted/"); ok {
		i, err := strconv.Atoi(place)
		if err != nil {
			return err.Error()
		}
		return c.Trusted[i].String()
	}
	return map[string]string{"/source": string(c.Source), "/onMissing": string(c.OnMissing), "/allTrusted": string(c.AllTrusted)}[path]
}

func TestParseClientSource(t *testing.T) {
	for text, want := range map[string]gate.ClientSource{
		"": gate.Peer, "peer": gate.Peer, "x-forwarded-for": gate.XForwardedFor, "forwarded": gate.Forwarded,
		"header:X-Real-IP": gate.HeaderNamed("X-Real-IP"), "header:x_y.z": gate.HeaderNamed("x_y.z"), "header:x~": gate.HeaderNamed("x~"),
		"hops:1": gate.Hops(1), "hops:32": gate.Hops(32),
	} {
		got, err := gate.ParseClientSource(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got)
		again, err := gate.ParseClientSource(got.String())
		require.NoError(t, err)
		require.Equal(t, got, again)
	}
	for _, text := range []string{
		"xff", "Peer", "x-forwarded-for ", "header:", "header", "header:a b", "header:a:b", "header:ü", "header:\x7f", "header:x\u0161", "header:x\u0130", "header:a,b", "header:Forwarded", "header:forwarded",
		"hops", "hops:", "hops:0", "hops:-1", "hops:+1", "hops:33", "hops:1.5", "hops:99999999999999999999", "5", "peer,forwarded",
	} {
		_, err := gate.ParseClientSource(text)
		require.Error(t, err, text)
	}
	_, err := gate.ParseClientSource("hops:33")
	require.ErrorContains(t, err, "from 1 to 32")
	_, err = gate.ParseClientSource("xff")
	require.ErrorContains(t, err, "not a source")
	require.Equal(t, "peer", gate.ClientSource("").String())
}

func TestParseTrusted(t *testing.T) {
	for text, want := range map[string]string{
		"10.0.0.0/8": "10.0.0.0/8", "192.0.2.1": "192.0.2.1/32", "2001:db8::1": "2001:db8::1/128", "2001:db8::/32": "2001:db8::/32",
		"::ffff:192.0.2.1": "::ffff:192.0.2.1/128",
	} {
		got, err := gate.ParseTrusted(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got.String())
	}
	for _, text := range []string{"", "10.0.0.0/33", "10/8", "fe80::1%eth0", "fe80::%eth0/64", "010.0.0.1", "proxy.example", "10.0.0.0/8 ", "10.0.0.1:80"} {
		_, err := gate.ParseTrusted(text)
		require.Error(t, err, text)
	}
}

// TestMappedTrust: a mapped prefix is the IPv4 prefix, for either spelling of a peer.
func TestMappedTrust(t *testing.T) {
	r := mustResolver(t, gate.Config{Trusted: prefixes("::ffff:192.0.2.0/120"), Source: gate.XForwardedFor})
	require.True(t, r.Trusts("192.0.2.255:1"))
	require.True(t, r.Trusts("[::ffff:192.0.2.0]:1"))
	require.False(t, r.Trusts("192.0.3.0:1"))

	// A plain IPv6 prefix over the mapped range trusts no IPv4 address.
	r = mustResolver(t, gate.Config{Trusted: prefixes("::/64"), Source: gate.XForwardedFor})
	require.True(t, r.Trusts("[::1]:1"))
	require.False(t, r.Trusts("[::ffff:192.0.2.0]:1"))
	require.False(t, r.Trusts("192.0.2.0:1"))
}

// TestNoHostIsTrusted: an address that is no host's is no proxy, even inside a trusted range.
func TestNoHostIsTrusted(t *testing.T) {
	r := mustResolver(t, gate.Config{Trusted: prefixes("0.0.0.0/0", "::/0"), Source: gate.XForwardedFor, AllowTrustAll: true})
	for peer, want := range map[string]bool{
		"192.0.2.1:1": true, "[2001:db8::1]:1": true, "0.0.0.0:1": false, "224.0.0.1:1": false, "255.255.255.255:1": false,
		"[::]:1": false, "[ff02::1]:1": false, "@": false,
	} {
		require.Equal(t, want, r.Trusts(peer), peer)
	}
}

// TestNoImplicitTrust: private, loopback and link-local peers are strangers unless listed.
func TestNoImplicitTrust(t *testing.T) {
	r := mustResolver(t, gate.Config{Trusted: prefixes("192.0.2.1/32"), Source: gate.XForwardedFor})
	for _, peer := range []string{"127.0.0.1:1", "10.0.0.1:1", "192.168.0.1:1", "172.16.0.1:1", "169.254.0.1:1", "[::1]:1", "[fe80::1%lo]:1", "[fd00::1]:1"} {
		require.False(t, r.Trusts(peer), peer)
	}
}

// TestTrustAgainstIPSet: the compiled set is netipx's, at and around every edge, for lists of up to 10,000 prefixes.
func TestTrustAgainstIPSet(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, size := range []int{0, 1, 2, 3, 100, 10_000} {
		var builder netipx.IPSetBuilder
		list := make([]netip.Prefix, 0, size)
		for range size {
			prefix := randomPrefix(random)
			list = append(list, prefix)
			builder.AddPrefix(prefix)
		}
		set, err := builder.IPSet()
		require.NoError(t, err)
		r := mustResolver(t, gate.Config{Trusted: list, Source: gate.XForwardedFor})
		for _, prefix := range append(list, netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")) {
			whole := netipx.RangeOfPrefix(prefix)
			for _, addr := range []netip.Addr{whole.From(), whole.To(), whole.From().Prev(), whole.To().Next()} {
				if !addr.IsValid() || addr.IsUnspecified() || addr.IsMulticast() || addr == netip.MustParseAddr("255.255.255.255") {
					continue
				}
				if got, want := r.Trusts(addr.String()), set.Contains(addr); got != want {
					t.Fatalf("%d prefixes: Trusts(%s) = %v, want %v", size, addr, got, want)
				}
			}
		}
	}
}

func randomPrefix(random *rand.Rand) netip.Prefix {
	if random.IntN(2) == 0 {
		bits := random.Uint32()
		addr := netip.AddrFrom4([4]byte{byte(bits >> 24), byte(bits >> 16), byte(bits >> 8), byte(bits)})
		return netip.PrefixFrom(addr, 9+random.IntN(24)).Masked()
	}
	if random.IntN(8) == 0 { // below the mapped addresses, as ::1 is
		return netip.PrefixFrom(netip.AddrFrom16([16]byte{12: byte(random.Uint32()), 15: byte(random.Uint32())}), 100+random.IntN(29)).Masked()
	}
	b := [16]byte{0: 0x20 | byte(random.IntN(2)), 1: byte(random.Uint32()), 2: byte(random.Uint32()), 7: byte(random.Uint32()), 8: byte(random.Uint32()), 15: byte(random.Uint32())}
	return netip.PrefixFrom(netip.AddrFrom16(b), 17+random.IntN(112)).Masked()
}

// TestSharedNetworksAgainstPublishedLists: every range that Cloudflare publishes raises the warning.
func TestSharedNetworksAgainstPublishedLists(t *testing.T) {
	for _, name := range []string{"ipv4.txt", "ipv6.txt"} {
		data, err := os.ReadFile(realdata.Path(t, "cloud/cloudflare/"+name))
		require.NoError(t, err)
		for _, text := range strings.Fields(string(data)) {
			findings := gate.Config{Trusted: prefixes(text)}.Check()
			require.Len(t, findings, 1, text)
			require.Equal(t, "shared-cdn", findings[0].Code)
			require.Contains(t, findings[0].Message(), "Cloudflare")
		}
	}
}

func TestSharedNetworksOfCloudFrontAreAmazons(t *testing.T) {
	var amazons []netip.Prefix
	for _, name := range []string{"ipv4_merged.txt", "ipv6_merged.txt"} {
		data, err := os.ReadFile(realdata.Path(t, "cloud/amazon/"+name))
		require.NoError(t, err)
		amazons = append(amazons, prefixes(strings.Fields(string(data))...)...)
	}
	for _, prefix := range gate.SharedNetworks("Amazon CloudFront") {
		require.True(t, slices.ContainsFunc(amazons, func(all netip.Prefix) bool {
			return all.Overlaps(prefix) && all.Bits() <= prefix.Bits()
		}), prefix)
	}
}

func TestErrors(t *testing.T) {
	codes := map[gate.Error]string{
		gate.ErrBadPeer: "bad_peer", gate.ErrMissing: "missing", gate.ErrMalformed: "malformed", gate.ErrObfuscated: "obfuscated",
		gate.ErrAllTrusted: "all_trusted", gate.ErrTooLong: "too_long", gate.ErrShort: "short",
	}
	for e, code := range codes {
		require.Equal(t, code, e.Code())
		require.Contains(t, e.Error(), code)
		require.ErrorIs(t, fmt.Errorf("wrapped: %w", e), e)
		text, err := e.MarshalText()
		require.NoError(t, err)
		require.Equal(t, code, string(text))
	}
	require.Contains(t, gate.ErrTooLong.Error(), "among the first 32 elements")
	require.Empty(t, gate.Error(0).Code())
	for e := 1; e <= math.MaxUint8; e++ { // one that nobody knows is no panic in a log
		code := gate.Error(e).Code()
		require.NotEmpty(t, code)
		require.Contains(t, gate.Error(e).Error(), code)
		if codes[gate.Error(e)] == "" {
			require.Equal(t, "error_"+strconv.Itoa(e), code)
		}
	}
	require.Equal(t, "gate: no error", gate.Error(0).Error())
	require.Equal(t, "gate: error_200", gate.Error(200).Error())
}
