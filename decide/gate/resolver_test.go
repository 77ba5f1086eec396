package gate_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide/gate"
)

const trustedPeer = "10.0.0.1:4711"

// edge is the trusted set of testdata/clientip.json.
func edge() []netip.Prefix { return prefixes("10.0.0.0/8", "127.0.0.1/32", "2001:db8:ffff::/48") }

func prefixes(texts ...string) []netip.Prefix {
	list := make([]netip.Prefix, 0, len(texts))
	for _, text := range texts {
		list = append(list, netip.MustParsePrefix(text))
	}
	return list
}

func mustResolver(t testing.TB, c gate.Config) *gate.Resolver {
	t.Helper()
	r, err := gate.NewResolver(c)
	require.NoError(t, err)
	return r
}

func sourced(t testing.TB, source gate.Source) *gate.Resolver {
	t.Helper()
	return mustResolver(t, gate.Config{Trusted: edge(), Source: source})
}

func xff(lines ...string) http.Header       { return http.Header{"X-Forwarded-For": lines} }
func forwarded(lines ...string) http.Header { return http.Header{"Forwarded": lines} }

// outcome is a client or the code of the error, as one text.
func outcome(addr netip.Addr, err error) string {
	if err == nil {
		return addr.String()
	}
	if addr.IsValid() {
		return codeOf(err) + " with " + addr.String()
	}
	return codeOf(err)
}

func codeOf(err error) string {
	var code gate.Error
	if errors.As(err, &code) {
		return code.Code()
	}
	return "untyped error: " + err.Error()
}

// chainText is a chain as text, "-" for an unreadable hop.
func chainText(chain []netip.Addr, err error) string {
	if err != nil {
		return codeOf(err)
	}
	texts := make([]string, len(chain))
	for i, addr := range chain {
		texts[i] = "-"
		if addr.IsValid() {
			texts[i] = addr.String()
		}
	}
	return strings.Join(texts, " ")
}

type vector struct {
	ID, Mode, Peer, Note, Want string
	Headers                    [][2]string
}

func readVectors(t testing.TB) (trusted []netip.Prefix, vectors []vector) {
	t.Helper()
	data, err := os.ReadFile("testdata/clientip.json")
	require.NoError(t, err)
	var file struct {
		Trusted []netip.Prefix
		Vectors []vector
	}
	require.NoError(t, json.Unmarshal(data, &file))
	require.NotEmpty(t, file.Vectors)
	codes := map[string]string{
		"E_peer": "bad_peer", "E_missing": "missing", "E_malformed": "malformed", "E_obfuscated": "obfuscated",
		"E_all_trusted": "all_trusted", "E_too_long": "too_long", "E_short": "short",
	}
	for i := range file.Vectors {
		v := &file.Vectors[i]
		if code, ok := codes[v.Want]; ok {
			v.Want = code
		}
		if v.Mode == "xff" {
			v.Mode = "x-forwarded-for"
		}
		v.Mode = strings.Replace(v.Mode, "single:", "header:", 1)
	}
	return file.Trusted, file.Vectors
}

func (v vector) header() http.Header {
	h := http.Header{}
	for _, line := range v.Headers {
		h.Add(line[0], line[1])
	}
	return h
}

func TestClientVectors(t *testing.T) {
	trusted, vectors := readVectors(t)
	for _, v := range vectors {
		t.Run(v.ID, func(t *testing.T) {
			source, err := gate.ParseSource(v.Mode)
			require.NoError(t, err)
			r := mustResolver(t, gate.Config{Trusted: trusted, Source: source})
			client, err := r.Client(v.Peer, v.header())
			require.Equal(t, v.Want, outcome(client, err), v.Note)

			chain, chainErr := r.Chain(nil, v.Peer, v.header())
			require.Equal(t, err, chainErr)
			if err == nil {
				require.Equal(t, client, chain[0])
			}
		})
	}
}

func TestPeer(t *testing.T) {
	r := sourced(t, gate.XForwardedFor)
	unix := mustResolver(t, gate.Config{Source: gate.XForwardedFor, TrustUnix: true})
	for _, row := range []struct{ name, remoteAddr, want, wantUnix string }{
		{"v4 with a port", "198.51.100.66:4711", "198.51.100.66", ""},
		{"v4 alone", "198.51.100.66", "198.51.100.66", ""},
		{"v6 with a port", "[2001:db8::7]:4711", "2001:db8::7", ""},
		{"v6 in brackets", "[2001:db8::7]", "2001:db8::7", ""},
		{"v6 alone", "2001:db8::7", "2001:db8::7", ""},
		{"zone", "[fe80::1%eth0]:4711", "fe80::1", ""},
		{"mapped", "[::ffff:198.51.100.66]:4711", "198.51.100.66", ""},
		{"port 65535", "198.51.100.66:65535", "198.51.100.66", ""},
		{"port 0", "198.51.100.66:0", "198.51.100.66", ""},
		{"port too large", "198.51.100.66:65536", "bad_peer", "bad_peer"},
		{"port of six digits", "198.51.100.66:004711", "bad_peer", "bad_peer"},
		{"named port", "198.51.100.66:http", "bad_peer", "bad_peer"},
		{"empty port", "198.51.100.66:", "bad_peer", "bad_peer"},
		{"leading zero", "010.0.0.1:4711", "bad_peer", "bad_peer"},
		{"host name", "localhost:4711", "bad_peer", "bad_peer"},
		{"white space before", " 10.0.0.1:4711", "bad_peer", "bad_peer"},
		{"white space after", "10.0.0.1:4711 ", "bad_peer", "bad_peer"},
		{"unspecified v4", "0.0.0.0:4711", "bad_peer", "bad_peer"},
		{"unspecified v6", "[::]:4711", "bad_peer", "bad_peer"},
		{"mapped unspecified", "[::ffff:0.0.0.0]:4711", "bad_peer", "bad_peer"},
		{"multicast v4", "224.0.0.1:4711", "bad_peer", "bad_peer"},
		{"last multicast v4", "239.255.255.255:4711", "bad_peer", "bad_peer"},
		{"reserved v4 is no multicast", "240.0.0.1:4711", "240.0.0.1", ""},
		{"multicast v6", "[ff02::1]:4711", "bad_peer", "bad_peer"},
		{"broadcast", "255.255.255.255:4711", "bad_peer", "bad_peer"},
		{"two addresses", "10.0.0.1, 198.51.100.66", "bad_peer", "bad_peer"},
		{"longest", "[fe80::1%" + strings.Repeat("a", 104-len("[fe80::1%]:1")) + "]:1", "fe80::1", ""},
		{"too long", "[fe80::1%" + strings.Repeat("a", 105-len("[fe80::1%]:1")) + "]:1", "bad_peer", "bad_peer"},
		{"empty", "", "bad_peer", "203.0.113.7"},
		{"unnamed socket", "@", "bad_peer", "203.0.113.7"},
		{"abstract socket", "@proxy", "bad_peer", "203.0.113.7"},
		{"path", "/run/proxy.sock", "bad_peer", "203.0.113.7"},
		{"relative path", "./proxy.sock", "bad_peer", "203.0.113.7"},
		{"in memory", "bufconn", "bad_peer", "203.0.113.7"},
		{"pipe", "pipe", "bad_peer", "203.0.113.7"},
	} {
		t.Run(row.name, func(t *testing.T) {
			h := xff("203.0.113.7")
			client, err := r.Client(row.remoteAddr, h)
			require.Equal(t, row.want, outcome(client, err))
			peer, peerErr := r.Peer(row.remoteAddr)
			require.Equal(t, row.want, outcome(peer, peerErr))

			wantUnix := row.wantUnix
			if wantUnix == "" {
				wantUnix = row.want
			}
			client, err = unix.Client(row.remoteAddr, h)
			require.Equal(t, wantUnix, outcome(client, err))
			require.Equal(t, wantUnix == "203.0.113.7", unix.Trusts(row.remoteAddr))
			require.False(t, r.Trusts(row.remoteAddr))
		})
	}
}

func TestTrustUnix(t *testing.T) {
	unix := mustResolver(t, gate.Config{Source: gate.XForwardedFor, TrustUnix: true, OnMissing: gate.UsePeer})
	peer, err := unix.Peer("@")
	require.NoError(t, err)
	require.False(t, peer.IsValid())

	chain, err := unix.Chain(nil, "@", xff("6.6.6.6, 203.0.113.7"))
	require.Equal(t, "203.0.113.7 6.6.6.6", chainText(chain, err))

	// A socket has no address to fall back to, and none to be the client.
	client, err := unix.Client("@", nil)
	require.Equal(t, "missing", outcome(client, err))
	client, err = mustResolver(t, gate.Config{TrustUnix: true}).Client("@", nil)
	require.Equal(t, "bad_peer", outcome(client, err))
}

// elementRows are texts of one element and the address they spell, empty for none.
var elementRows = []struct{ text, want string }{
	{"203.0.113.7", "203.0.113.7"},
	{"203.0.113.7:0", "203.0.113.7"},
	{"203.0.113.7:00080", "203.0.113.7"},
	{"203.0.113.7:65535", "203.0.113.7"},
	{"203.0.113.7:65536", ""},
	{"203.0.113.7:000080", ""},
	{"203.0.113.7:+80", ""},
	{"203.0.113.7:8 0", ""},
	{"203.0.113.7/32", ""},
	{"203.0.113.7-203.0.113.9", ""},
	{"203.0.113.7(comment)", ""},
	{`"203.0.113.7"`, ""},
	{"'203.0.113.7'", ""},
	{"203.0.113", ""},
	{"203.0.113.7.1", ""},
	{"203..113.7", ""},
	{".203.0.113.7", ""},
	{"203.0.113.00", ""},
	{"0.0.0.0", ""},
	{"255.255.255.255", ""},
	{"224.0.0.1", ""},
	{"::", ""},
	{"ff02::1", ""},
	{"::1", "::1"},
	{"1::", "1::"},
	{"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
	{"::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"},
	{"1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"},
	{"1:2:3:4:5:6:7:8::", ""},
	{"1::2:3:4:5:6:7:8", ""},
	{"1:2:3:4:5:6:7:8:9", ""},
	{"1:2:3:4:5:6:7", ""},
	{"1:2:3:4:5:6:7:", ""},
	{"1::2::3", ""},
	{":::", ""},
	{"1:::2", ""},
	{":1:2:3:4:5:6:7", ""},
	{"12345::", ""},
	{"00001::", ""},
	{"g::", ""},
	{"2001:DB8::A", "2001:db8::a"},
	{"64:ff9b::203.0.113.7", "64:ff9b::cb00:7107"},
	{"1:2:3:4:5:6:203.0.113.7", "1:2:3:4:5:6:cb00:7107"},
	{"1:2:3:4:5:6:7:203.0.113.7", ""},
	{"::203.0.113.7:1", ""},
	{"::010.0.0.1", ""},
	{"::ffff:203.0.113.7:80", ""},
	{"[::ffff:cb00:7107]:80", "203.0.113.7"},
	{"[2001:db8::7]:", ""},
	{"[2001:db8::7]80", ""},
	{"[2001:db8::7]]", ""},
	{"[[2001:db8::7]]", ""},
	{"[]", ""},
	{"[", ""},
	{"]", ""},
	{"[fe80::1%eth0]", "fe80::1"},
	{"[fe80::1%eth0]:80", "fe80::1"},
	{"[fe80::1%]", ""},
	{"[fe80::1]%eth0", ""},
	{"fe80::1%eth0 10.0.0.2", ""},
	{"fe80::1%e[th0", ""},
	{"fe80::1%étė", ""},
	{"fe80::1%eth0:80", "fe80::1"},
	{"unknown", ""},
	{"_hidden", ""},
	{"unix:", ""},
	{"for=203.0.113.7", ""},
	{"\u00a0203.0.113.7", ""},
	{"203.0.113.7\u0085", ""},
	{"203.0.113.7\u3000", ""},
	{"203.0.113.7\v", ""},
	{"203.0.113.7\x00", ""},
}

func TestElement(t *testing.T) {
	for _, row := range elementRows {
		t.Run(row.text, func(t *testing.T) {
			want := row.want
			if want == "" {
				want = "malformed"
			}
			for _, source := range []gate.Source{gate.XForwardedFor, gate.HeaderNamed("X-Forwarded-For"), gate.Hops(1)} {
				client, err := sourced(t, source).Client(trustedPeer, xff(" "+row.text+"\t"))
				require.Equal(t, want, outcome(client, err), "source %s", source)
			}
			if row.want == "" {
				want = "-"
			}
			chain, err := sourced(t, gate.XForwardedFor).Chain(nil, trustedPeer, xff("9.9.9.9, "+row.text+" , 203.0.113.9"))
			require.Equal(t, "203.0.113.9 "+want+" 9.9.9.9", chainText(chain, err))
		})
	}
}

// TestElementLength: 104 bytes are an element, 105 are not, and white space around it does not count.
func TestElementLength(t *testing.T) {
	element := func(length int) string {
		return "[fe80::1%" + strings.Repeat("z", length-len("[fe80::1%]:80")) + "]:80"
	}
	padding := strings.Repeat(" \t", 250)
	for _, row := range []struct{ name, line, client, chain string }{
		{"longest", element(104), "fe80::1", "fe80::1"},
		{"too long", element(105), "malformed", "malformed"},
		{"longest between others", "9.9.9.9," + element(104) + ",10.0.0.2", "fe80::1", "fe80::1 9.9.9.9"},
		{"longest, padded", "9.9.9.9," + padding + element(104) + padding, "fe80::1", "fe80::1 9.9.9.9"},
		{"too long, padded", padding + element(105) + padding, "malformed", "malformed"},
		{"too long left of the client cuts the chain", "9.9.9.9," + element(105) + ",203.0.113.7", "203.0.113.7", "203.0.113.7 -"},
		{"white space without end", strings.Repeat(" ", 1100) + "203.0.113.7", "malformed", "malformed"},
		{"white space without end, alone", strings.Repeat(" ", 1100), "malformed", "malformed"},
		{"white space without end left of the client", "9.9.9.9," + strings.Repeat(" ", 1100) + ",203.0.113.7", "203.0.113.7", "203.0.113.7 -"},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := sourced(t, gate.XForwardedFor)
			client, err := r.Client(trustedPeer, xff(row.line))
			require.Equal(t, row.client, outcome(client, err))
			chain, err := r.Chain(nil, trustedPeer, xff(row.line))
			require.Equal(t, row.chain, chainText(chain, err))
		})
	}
}

// TestCap: 32 elements are examined, empty ones and lines included, and not one more.
func TestCap(t *testing.T) {
	proxies := func(n int) string { return strings.Repeat(", 10.0.0.2", n) }
	for _, row := range []struct {
		name  string
		lines []string
		want  string
	}{
		{"client is the 32nd", []string{"203.0.113.7" + proxies(31)}, "203.0.113.7"},
		{"client would be the 33rd", []string{"203.0.113.7" + proxies(32)}, "too_long"},
		{"empty elements count", []string{"203.0.113.7" + strings.Repeat(",", 31)}, "203.0.113.7"},
		{"one more empty element", []string{"203.0.113.7" + strings.Repeat(",", 32)}, "too_long"},
		{"32 empty elements", []string{strings.Repeat(",", 31)}, "missing"},
		{"33 empty elements", []string{strings.Repeat(",", 32)}, "too_long"},
		{"32 trusted", []string{proxies(31)[2:] + proxies(1)}, "all_trusted"},
		{"33 trusted", []string{proxies(33)[2:]}, "too_long"},
		{"32 trusted and an empty one left", []string{proxies(32)}, "too_long"},
		{"empty lines count", append([]string{"203.0.113.7"}, make([]string, 31)...), "203.0.113.7"},
		{"one more empty line", append([]string{"203.0.113.7"}, make([]string, 32)...), "too_long"},
		{"a megabyte of commas", []string{strings.Repeat(",", 1<<20) + "203.0.113.7"}, "203.0.113.7"},
	} {
		t.Run(row.name, func(t *testing.T) {
			client, err := sourced(t, gate.XForwardedFor).Client(trustedPeer, xff(row.lines...))
			require.Equal(t, row.want, outcome(client, err))
		})
	}
}

func TestRightmost(t *testing.T) {
	for _, row := range []struct {
		name, client, chain string
		lines               []string
	}{
		{"client behind two proxies", "203.0.113.7", "203.0.113.7 10.9.9.9 6.6.6.6", []string{"6.6.6.6, 10.9.9.9, 203.0.113.7, 10.0.0.3", "10.0.0.2"}},
		{"unreadable left of the client", "203.0.113.7", "203.0.113.7 - 6.6.6.6", []string{"6.6.6.6, bad, 203.0.113.7"}},
		{"unreadable hops keep their places", "203.0.113.7", "203.0.113.7 - - 6.6.6.6 -", []string{"unknown, 6.6.6.6, 1.2.3, , x, 203.0.113.7"}},
		{"addresses that are no hosts, left of the client", "203.0.113.7", "203.0.113.7 - - - -", []string{"0.0.0.0,::,ff02::1", "255.255.255.255,203.0.113.7"}},
		{"unreadable before the client", "malformed", "malformed", []string{"203.0.113.7, bad, 10.0.0.2"}},
		{"unspecified before the client", "malformed", "malformed", []string{"203.0.113.7, 0.0.0.0, 10.0.0.2"}},
		{"all trusted", "all_trusted", "all_trusted", []string{"10.0.0.3, 10.0.0.2"}},
		{"unreadable left of trusted only", "malformed", "malformed", []string{"bad, 10.0.0.2"}},
		{"no element", "missing", "missing", []string{" , ", "", "\t"}},
		{"no line", "missing", "missing", nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := sourced(t, gate.XForwardedFor)
			client, err := r.Client(trustedPeer, xff(row.lines...))
			require.Equal(t, row.client, outcome(client, err))
			chain, err := r.Chain(nil, trustedPeer, xff(row.lines...))
			require.Equal(t, row.chain, chainText(chain, err))
		})
	}
}

// TestChainCut: a chain that was cut ends in one zero Addr, whatever was left.
func TestChainCut(t *testing.T) {
	r := sourced(t, gate.XForwardedFor)
	many := strings.Repeat("6.6.6.6, ", 40) + "7.7.7.7"

	chain, err := r.Chain(nil, trustedPeer, xff(many+", 203.0.113.7"))
	require.NoError(t, err)
	require.Len(t, chain, 33) // the client, 31 more elements and the mark
	require.False(t, chain[32].IsValid())
	require.True(t, chain[31].IsValid())

	chain, err = r.Chain(nil, "198.51.100.66:1", xff(many))
	require.NoError(t, err)
	require.Len(t, chain, gate.MaxChain)
	require.False(t, chain[gate.MaxChain-1].IsValid())
	require.True(t, chain[gate.MaxChain-2].IsValid())

	exact := strings.TrimSuffix(strings.Repeat("6.6.6.6,", 32), ",")
	chain, err = r.Chain(nil, "198.51.100.66:1", xff(exact))
	require.NoError(t, err)
	require.Len(t, chain, 33)
	require.True(t, chain[32].IsValid())

	kept := []netip.Addr{netip.MustParseAddr("192.0.2.1")}
	chain, err = r.Chain(kept, trustedPeer, nil)
	require.ErrorIs(t, err, gate.ErrMissing)
	require.Equal(t, kept, chain)
}

func TestUntrustedPeer(t *testing.T) {
	const peer = "198.51.100.66:4711"
	h := http.Header{
		"X-Forwarded-For":  {"10.0.0.5, bad", "203.0.113.7"},
		"Forwarded":        {`for=10.0.0.5, for=_x, for="[2001:db8::7]:80"`},
		"Cf-Connecting-Ip": {"203.0.113.7, 10.0.0.5", "bad"},
	}
	for _, row := range []struct {
		source gate.Source
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

func TestHops(t *testing.T) {
	for _, row := range []struct {
		name, client, chain string
		n                   int
		lines               []string
	}{
		{"first", "203.0.113.7", "203.0.113.7 6.6.6.6", 1, []string{"6.6.6.6, 203.0.113.7"}},
		{"second, the first need not be trusted", "6.6.6.6", "6.6.6.6", 2, []string{"6.6.6.6, 203.0.113.7"}},
		{"empty elements do not count", "6.6.6.6", "6.6.6.6", 2, []string{"6.6.6.6,,", " , 203.0.113.7,"}},
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
	resolver := func(source gate.Source) *gate.Resolver {
		return mustResolver(t, gate.Config{Trusted: edge(), Source: source, OnMissing: gate.UsePeer, AllTrusted: gate.UseLeftmost})
	}
	for _, row := range []struct {
		name   string
		source gate.Source
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
		{"too long has no fallback", gate.XForwardedFor, []string{strings.Repeat("10.0.0.2,", 40)}, "too_long", "too_long"},
		{"flood of commas is not missing", gate.XForwardedFor, []string{strings.Repeat(",", 40)}, "too_long", "too_long"},
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

// TestOtherHeaders: exactly one header is read; its aliases are other headers.
func TestOtherHeaders(t *testing.T) {
	h := http.Header{}
	for _, name := range []string{"X-Real-IP", "Forwarded", "X_Forwarded_For", "X.Forwarded.For", "X-Forwarded_For", "True-Client-IP"} {
		h.Set(name, "6.6.6.6")
		h[name] = []string{"6.6.6.6"}
	}
	client, err := sourced(t, gate.XForwardedFor).Client(trustedPeer, h)
	require.Equal(t, "missing", outcome(client, err))
	client, err = sourced(t, gate.XForwardedFor).Client(trustedPeer, http.Header{"X-Forwarded-For": {"bad"}, "X-Real-Ip": {"203.0.113.7"}})
	require.Equal(t, "malformed", outcome(client, err))
}

func TestZeroResolver(t *testing.T) {
	for name, r := range map[string]*gate.Resolver{"nil": nil, "zero": {}, "zero config": mustResolver(t, gate.Config{})} {
		t.Run(name, func(t *testing.T) {
			client, err := r.Client("203.0.113.7:1", xff("6.6.6.6"))
			require.Equal(t, "203.0.113.7", outcome(client, err))
			chain, err := r.Chain(nil, "203.0.113.7:1", xff("6.6.6.6"))
			require.Equal(t, "203.0.113.7", chainText(chain, err))
			client, err = r.Client("@", xff("6.6.6.6"))
			require.Equal(t, "bad_peer", outcome(client, err))
			peer, err := r.Peer("203.0.113.7:1")
			require.Equal(t, "203.0.113.7", outcome(peer, err))
			require.False(t, r.Trusts("127.0.0.1:1"))
			require.Equal(t, gate.Peer, r.Source())
		})
	}
}

// TestSourcePeer: with the source peer the trusted list changes nothing.
func TestSourcePeer(t *testing.T) {
	client, err := sourced(t, gate.Peer).Client(trustedPeer, xff("6.6.6.6"))
	require.Equal(t, "10.0.0.1", outcome(client, err))
	chain, err := sourced(t, gate.Peer).Chain(nil, trustedPeer, xff("6.6.6.6"))
	require.Equal(t, "10.0.0.1", chainText(chain, err))
}

func TestChainWithoutEdge(t *testing.T) {
	for _, row := range []struct {
		name, remoteAddr, want string
		lines                  []string
	}{
		{"peer alone", "10.0.0.1:1", "10.0.0.1", nil},
		{"all elements", "10.0.0.1:1", "10.0.0.1 10.0.0.2 203.0.113.7 6.6.6.6", []string{"6.6.6.6, 203.0.113.7", "10.0.0.2"}},
		{"unreadable", "10.0.0.1:1", "10.0.0.1 - 6.6.6.6", []string{"6.6.6.6,, unknown"}},
		{"no hosts are addresses like any other", "0.0.0.0", "0.0.0.0 255.255.255.255 ff02::1 ::", []string{"::, ff02::1, 255.255.255.255"}},
		{"cut", "10.0.0.1", "10.0.0.1" + strings.Repeat(" 6.6.6.6", 32) + " -", []string{strings.Repeat("6.6.6.6,", 32) + "6.6.6.6"}},
		{"bad peer", "@", "bad_peer", []string{"6.6.6.6"}},
		{"empty peer", "", "bad_peer", nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			chain, err := gate.ChainWithoutEdge(nil, row.remoteAddr, xff(row.lines...))
			require.Equal(t, row.want, chainText(chain, err))
		})
	}
}
