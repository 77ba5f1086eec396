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

func sourced(t testing.TB, source gate.ClientSource) *gate.Resolver {
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
			source, err := gate.ParseClientSource(v.Mode)
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
		{"empty elements count", []string{"203.0.113.7" + strings.Repeat(",", 31)}, "malformed"},
		{"one more empty element", []string{"203.0.113.7" + strings.Repeat(",", 32)}, "too_long"},
		{"32 empty elements", []string{strings.Repeat(",", 31)}, "missing"},
		{"33 empty elements", []string{strings.Repeat(",", 32)}, "too_long"},
		{"32 trusted", []string{proxies(31)[2:] + proxies(1)}, "all_trusted"},
		{"33 trusted", []string{proxies(33)[2:]}, "too_long"},
		{"32 trusted and an empty one left", []string{proxies(32)}, "too_long"},
		{"empty lines count", append([]string{"203.0.113.7"}, make([]string, 31)...), "malformed"},
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
		{"empty element right of the client", "malformed", "malformed", []string{"203.0.113.7,,10.0.0.2"}},
		{"empty element at the end", "malformed", "malformed", []string{"6.6.6.6, "}},
		{"empty last line", "malformed", "malformed", []string{"6.6.6.6", "\t"}},
		{"empty element right of trusted only", "malformed", "malformed", []string{"10.0.0.3,,10.0.0.2"}},
		{"empty element left of trusted only", "all_trusted", "all_trusted", []string{"", ",10.0.0.3,10.0.0.2"}},
		{"empty elements left of the client", "203.0.113.7", "203.0.113.7 6.6.6.6", []string{",,6.6.6.6, ", "", ",203.0.113.7"}},
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
			chain, err = r.Chain(nil, "@", xff("6.6.6.6"))
			require.Equal(t, "bad_peer", chainText(chain, err))
			require.Empty(t, chain)
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
