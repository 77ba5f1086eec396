package gate_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide/gate"
)

func TestUntrustedPeer(t *testing.T) {
	const peer = "198.51.100.66:4711"
	h := http.Header{
		"X-Forwarded-For":  {"10.0.0.5, bad", "203.0.113.7"},
		"Forwarded":        {`for=10.0.0.5, for=_x, for="[2001:db8::7]:80"`},
		"Cf-Connecting-Ip": {"203.0.113.7, 10.0.0.5", "bad"},
	}
	for _, row := range []struct {
		source gate.ClientSource
		chain  string
	}{
		{"", "198.51.100.66"},
		{gate.Peer, "198.51.100.66"},
		{gate.XForwardedFor, "198.51.100.66 203.0.113.7 - 10.0.0.5"},
		{gate.Hops(2), "198.51.100.66 203.0.113.7 - 10.0.0.5"},
		{gate.Forwarded, "198.51.100.66 2001:db8::7 - 10.0.0.5"},
		{gate.HeaderNamed("cf-connecting-ip"), "198.51.100.66 - 10.0.0.5 203.0.113.7"},
		{gate.HeaderNamed("X-Real-IP"), "198.51.100.66"},
	} {
		t.Run(row.source.String(), func(t *testing.T) {
			r := sourced(t, row.source)
			client, err := r.Client(peer, h)
			require.Equal(t, "198.51.100.66", outcome(client, err))
			chain, err := r.Chain(nil, peer, h)
			require.Equal(t, row.chain, chainText(chain, err))
		})
	}
}

func TestSingleHeader(t *testing.T) {
	for _, row := range []struct {
		name, want string
		lines      []string
	}{
		{"address", "203.0.113.7", []string{"203.0.113.7"}},
		{"port", "203.0.113.7", []string{" 203.0.113.7:80 "}},
		{"no line", "missing", nil},
		{"empty line", "missing", []string{""}},
		{"white space", "missing", []string{" \t"}},
		{"two lines", "malformed", []string{"203.0.113.7", "203.0.113.7"}},
		{"two empty lines", "malformed", []string{"", ""}},
		{"comma", "malformed", []string{"203.0.113.7, 6.6.6.6"}},
		{"trailing comma", "malformed", []string{"203.0.113.7,"}},
		{"comma alone", "malformed", []string{","}},
		{"text", "malformed", []string{"unknown"}},
		{"unspecified", "malformed", []string{"0.0.0.0"}},
		{"trusted", "all_trusted", []string{"10.0.0.2"}},
		{"longest", "fe80::1", []string{" fe80::1%" + strings.Repeat("a", 104-len("fe80::1%"))}},
		{"too long", "malformed", []string{"fe80::1%" + strings.Repeat("a", 105-len("fe80::1%"))}},
		{"longest, with most white space", "fe80::1", []string{strings.Repeat(" ", 1000) + "fe80::1%" + strings.Repeat("a", 104-len("fe80::1%")) + strings.Repeat("\t", 24)}},
		{"longest, with more white space", "malformed", []string{strings.Repeat(" ", 1001) + "fe80::1%" + strings.Repeat("a", 104-len("fe80::1%")) + strings.Repeat("\t", 24)}},
		{"a megabyte", "malformed", []string{strings.Repeat(" ", 1<<20)}},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := sourced(t, gate.HeaderNamed("cf-connecting-ip"))
			h := http.Header{"Cf-Connecting-Ip": row.lines, "X-Forwarded-For": {"9.9.9.9"}}
			client, err := r.Client(trustedPeer, h)
			require.Equal(t, row.want, outcome(client, err))
			chain, err := r.Chain(nil, trustedPeer, h)
			require.Equal(t, row.want, chainText(chain, err))
		})
	}
}

// TestViewerAddress: CloudFront-Viewer-Address always carries a port and never brackets.
func TestViewerAddress(t *testing.T) {
	for _, row := range []struct{ value, want string }{
		{"203.0.113.7:46532", "203.0.113.7"},
		{"2001:db8::a:b:c:d:9985", "2001:db8::a:b:c:d"},
		{"2001:db8:1:2:3:4:5:6:80", "2001:db8:1:2:3:4:5:6"},
		{"2001:db8:::80", "2001:db8::"},
		{"::1:80", "::1"},
		{"::ffff:203.0.113.7:80", "203.0.113.7"},
		{"fe80::1%eth0:80", "fe80::1"},
		{" 203.0.113.7:0\t", "203.0.113.7"},
		{"10.0.0.2:80", "all_trusted"},
		{"", "missing"},
		{"203.0.113.7", "malformed"},
		{"2001:db8:1:2:3:4:5:6", "malformed"}, // the last group is no port: seven are left
		{"2001:db8::abcd", "malformed"},
		{"2001:db8::a:65536", "malformed"},
		{"2001:db8::a:000080", "malformed"},
		{"[2001:db8::7]:80", "malformed"},
		{"[203.0.113.7]:80", "malformed"},
		{"203.0.113.7:80:90", "malformed"},
		{"203.0.113.7:", "malformed"},
		{"010.0.0.1:80", "malformed"},
		{"0.0.0.0:80", "malformed"},
		{":80", "malformed"},
		{":", "malformed"},
		{"unknown:80", "malformed"},
		{"203.0.113.7:80, 6.6.6.6:80", "malformed"},
	} {
		t.Run(row.value, func(t *testing.T) {
			h := header(viewerAddress, row.value)
			for _, name := range []string{"CloudFront-Viewer-Address", "cloudfront-viewer-address"} {
				client, err := sourced(t, gate.HeaderNamed(name)).Client(trustedPeer, h)
				require.Equal(t, row.want, outcome(client, err))
			}
		})
	}

	// Behind a peer that is no proxy of ours its elements are read in the same form.
	chain, err := sourced(t, viewerAddress).Chain(nil, "198.51.100.66:1", header(viewerAddress, "203.0.113.7, 203.0.113.8:80, 2001:db8::7:80"))
	require.Equal(t, "198.51.100.66 2001:db8::7 203.0.113.8 -", chainText(chain, err))
}

func TestHops(t *testing.T) {
	for _, row := range []struct {
		name, client, chain string
		n                   int
		lines               []string
	}{
		{"first", "203.0.113.7", "203.0.113.7 6.6.6.6", 1, []string{"6.6.6.6, 203.0.113.7"}},
		{"second, the first need not be trusted", "6.6.6.6", "6.6.6.6", 2, []string{"6.6.6.6, 203.0.113.7"}},
		{"empty elements left of the client do not count", "203.0.113.7", "203.0.113.7 6.6.6.6", 1, []string{"6.6.6.6,,", " , 203.0.113.7"}},
		{"empty element between the hops", "malformed", "malformed", 2, []string{"6.6.6.6,,203.0.113.7"}},
		{"empty line between the hops", "malformed", "malformed", 2, []string{"6.6.6.6", "", "203.0.113.7"}},
		{"empty element at the end", "malformed", "malformed", 1, []string{"6.6.6.6, "}},
		{"empty elements where nobody is left", "short", "short", 2, []string{", , 203.0.113.7"}},
		{"too few", "short", "short", 3, []string{"6.6.6.6, 203.0.113.7"}},
		{"none", "missing", "missing", 3, []string{",,"}},
		{"no line", "missing", "missing", 1, nil},
		{"unreadable on the way", "malformed", "malformed", 2, []string{"6.6.6.6, bad"}},
		{"unreadable left of the client", "203.0.113.7", "203.0.113.7 - 6.6.6.6", 1, []string{"6.6.6.6, bad, 203.0.113.7"}},
		{"unreadable where the client belongs", "malformed", "malformed", 2, []string{"bad, 203.0.113.7"}},
		{"trusted client", "all_trusted", "all_trusted", 1, []string{"6.6.6.6, 10.0.0.2"}},
		{"multicast on the way", "malformed", "malformed", 2, []string{"6.6.6.6, 224.0.0.1"}},
		{"deepest", "6.6.6.6", "6.6.6.6 -", 32, []string{"7.7.7.7, 6.6.6.6" + strings.Repeat(",9.9.9.9", 31)}},
		{"pushed beyond the cap", "too_long", "too_long", 2, []string{"6.6.6.6" + strings.Repeat(",", 40) + "203.0.113.7"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := sourced(t, gate.Hops(row.n))
			client, err := r.Client(trustedPeer, xff(row.lines...))
			require.Equal(t, row.client, outcome(client, err))
			chain, err := r.Chain(nil, trustedPeer, xff(row.lines...))
			require.Equal(t, row.chain, chainText(chain, err))
		})
	}
}

func TestFallbacks(t *testing.T) {
	const header = "X-Forwarded-For"
	resolver := func(source gate.ClientSource) *gate.Resolver {
		return mustResolver(t, gate.Config{Trusted: edge(), Source: source, OnMissing: gate.UsePeer, AllTrusted: gate.UseLeftmost})
	}
	for _, row := range []struct {
		name   string
		source gate.ClientSource
		lines  []string
		client string
		chain  string
	}{
		{"missing", gate.XForwardedFor, nil, "10.0.0.1", "10.0.0.1"},
		{"missing, empty line", gate.XForwardedFor, []string{","}, "10.0.0.1", "10.0.0.1"},
		{"missing single", gate.HeaderNamed(header), []string{""}, "10.0.0.1", "10.0.0.1"},
		{"missing hops", gate.Hops(2), []string{""}, "10.0.0.1", "10.0.0.1"},
		{"missing forwarded", gate.Forwarded, nil, "10.0.0.1", "10.0.0.1"},
		{"all trusted", gate.XForwardedFor, []string{"10.0.0.9, 10.0.0.2"}, "10.0.0.9", "10.0.0.9"},
		{"trusted single", gate.HeaderNamed(header), []string{"10.0.0.9"}, "10.0.0.9", "10.0.0.9"},
		{"trusted after hops", gate.Hops(2), []string{"6.6.6.6, 10.0.0.9, 10.0.0.2"}, "10.0.0.9", "10.0.0.9 6.6.6.6"},
		{"malformed has no fallback", gate.XForwardedFor, []string{"bad"}, "malformed", "malformed"},
		{"malformed left of trusted", gate.XForwardedFor, []string{"bad, 10.0.0.2"}, "malformed", "malformed"},
		{"too long has no fallback", gate.XForwardedFor, []string{strings.Repeat("10.0.0.2,", 40) + "10.0.0.2"}, "too_long", "too_long"},
		{"flood of commas is not missing", gate.XForwardedFor, []string{strings.Repeat(",", 40)}, "too_long", "too_long"},
		{"an empty last element is not missing", gate.XForwardedFor, []string{"6.6.6.6, "}, "malformed", "malformed"},
		{"an empty last line is not missing", gate.XForwardedFor, []string{"10.0.0.9", ""}, "malformed", "malformed"},
		{"an empty element left of trusted ones", gate.XForwardedFor, []string{", 10.0.0.9, 10.0.0.2"}, "10.0.0.9", "10.0.0.9"},
		{"short has no fallback", gate.Hops(3), []string{"10.0.0.2"}, "short", "short"},
	} {
		t.Run(row.name, func(t *testing.T) {
			client, err := resolver(row.source).Client(trustedPeer, xff(row.lines...))
			require.Equal(t, row.client, outcome(client, err))
			chain, err := resolver(row.source).Chain(nil, trustedPeer, xff(row.lines...))
			require.Equal(t, row.chain, chainText(chain, err))
		})
	}
}
