package gate_test

import (
	"net/netip"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide/gate"
)

// elementByNetip reads an element with the standard library and the words of
// docs/semantics.md, edge-9 to edge-11.
func elementByNetip(s string) netip.Addr {
	address := func(text string) netip.Addr {
		addr, err := netip.ParseAddr(text)
		if err != nil || strings.ContainsFunc(addr.Zone(), func(c rune) bool { return c <= ' ' || c >= 0x7f || strings.ContainsRune(`,;"\[]`, c) }) {
			return netip.Addr{}
		}
		return addr.Unmap().WithZone("")
	}
	if len(s) > gate.MaxElementBytes {
		return netip.Addr{}
	}
	if inside, bracketed := strings.CutPrefix(s, "["); bracketed {
		text, port, closed := strings.Cut(inside, "]")
		if !closed || !strings.Contains(text, ":") || port != "" && !portByStrconv(port) {
			return netip.Addr{}
		}
		return address(text)
	}
	if text, port, found := strings.Cut(s, ":"); found && strings.Contains(text, ".") {
		if !portByStrconv(":" + port) {
			return netip.Addr{}
		}
		return address(text)
	}
	return address(s)
}

func portByStrconv(s string) bool {
	digits, colon := strings.CutPrefix(s, ":")
	port, err := strconv.ParseUint(digits, 10, 64)
	return colon && err == nil && port <= 65535 && len(digits) <= 5
}

// neighbours calls each with a text and everything that is one byte more, less or
// other, and with every beginning of it.
func neighbours(text string, each func(string)) {
	const bytes = "0129afgAFG.:[]%/ -;,\"\\z\x00\x7f\x80\xff"
	each(text)
	for i := range len(text) + 1 {
		each(text[:i])
		each(text[i:])
		for j := range len(bytes) {
			each(text[:i] + bytes[j:j+1] + text[i:])
			if i < len(text) {
				each(text[:i] + bytes[j:j+1] + text[i+1:])
			}
		}
		if i < len(text) {
			each(text[:i] + text[i+1:])
		}
	}
}

var neighbourhoods = []string{
	"203.0.113.7", "0.10.100.255", "9.99.199.249:65535", "256.1.1.1", "1.2.3.4:0", "2001:db8::7", "[2001:db8::7]:443", "[::1%lo]:8", "fe80::1%eth0",
	"1:2:3:4:5:6:7:8", "::ffff:1.2.3.4", "1::ffff:1.2.3.4", "1:2:3:4:5:6:1.2.3.4", "ABCD:abcd::1234", "::", "1::", "::ffff:0:1.2.3.4", "0:0:0:1:0:ffff:1.2.3.4",
	"[1:2:3:4:5:6:7::]", "::2:3:4:5:6:7:8", "0:0:0:0:1:ffff:102:304",
}

// TestNeighbours: one byte beside an address is an address where netip says so, in
// whatever place of a request it stands.
func TestNeighbours(t *testing.T) {
	alone := sourced(t, gate.HeaderNamed("X-Forwarded-For"))
	list := sourced(t, gate.XForwardedFor)
	read := 0
	for _, base := range neighbourhoods {
		neighbours(base, func(text string) {
			want := elementByNetip(text)
			if got := gate.ParseElement(text); got != want {
				t.Fatalf("%q is %s, want %s", text, got, want)
			}
			if want.IsValid() {
				read++
			}
			host, port := text, ""
			if i := strings.LastIndexByte(text, ':'); i >= 0 {
				host, port = text[:i], text[i:]
			}
			wantViewer := netip.Addr{}
			if addr := elementByNetip(host); portByStrconv(port) && !strings.HasPrefix(host, "[") && (addr.Is6() || !strings.Contains(host, ":") || strings.HasPrefix(strings.ToLower(host), "::ffff")) {
				wantViewer = addr
			}
			if got := gate.ParseWithPort(text); len(text) <= gate.MaxElementBytes && got != wantViewer && !strings.Contains(host, ".") {
				t.Fatalf("%q behind CloudFront is %s, want %s", text, got, wantViewer)
			}
			if strings.ContainsAny(text, ", \t") || text == "" {
				return // a list, or nothing
			}
			for name, r := range map[string]*gate.Resolver{"alone": alone, "list": list} {
				client, err := r.Client(trustedPeer, xff(text))
				if err == nil && client != want || err != nil && want.IsValid() && isHost(want) {
					t.Fatalf("%s: %q names %s, want %s", name, text, outcome(client, err), want)
				}
			}
		})
	}
	require.Greater(t, read, 1000)
	longest := "[fe80::1%" + strings.Repeat("z", gate.MaxElementBytes-len("[fe80::1%]"))
	require.True(t, gate.ParseElement(longest+"]").IsValid())
	require.False(t, gate.ParseElement(longest+"z]").IsValid())
	longest = "fe80::1%" + strings.Repeat("z", gate.MaxElementBytes-len("fe80::1%:80"))
	require.True(t, gate.ParseWithPort(longest+":80").IsValid())
	require.False(t, gate.ParseWithPort(longest+"z:80").IsValid())
}

// isHost says that somebody may send from an address (docs/semantics.md, edge-2),
// and is not one of the test's proxies.
func isHost(addr netip.Addr) bool {
	return !addr.IsUnspecified() && !addr.IsMulticast() && addr != netip.MustParseAddr("255.255.255.255") && !netip.MustParsePrefix("10.0.0.0/8").Contains(addr)
}
