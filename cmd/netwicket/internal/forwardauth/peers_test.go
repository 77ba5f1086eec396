package forwardauth_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestLostPeers: which of the proxies that ask would be locked out by another edge.
func TestLostPeers(t *testing.T) {
	s := newServed(t, "", "other", "own")
	put := func(name, edge string) {
		next, err := snapshot(t, edged(edge))
		require.NoError(t, err)
		require.NoError(t, s.Put(name, next))
	}
	const trusting = `{"trusted": ["10.0.0.0/8", "192.0.2.0/24"], "source": "x-forwarded-for"}`
	put("", trusting)
	put("own", trusting)
	inherits, err := snapshot(t, map[string]string{"netwicket.json": `{"okta": {"zones": ["zones.json"]}}`, "zones.json": blocklist("203.0.113.0/24")})
	require.NoError(t, err)
	require.NoError(t, s.Put("other", inherits))
	lost := func(name, edge string) string {
		next, err := snapshot(t, edged(edge))
		require.NoError(t, err)
		return strings.Join(s.Lost(name, next), "\n")
	}
	const narrow, real = `{"trusted": ["192.0.2.0/24"], "source": "x-forwarded-for"}`, `{"trusted": ["10.0.0.0/8"], "source": "header:X-Real-Ip"}`
	require.Empty(t, lost("", narrow), "nobody has asked")

	ask := func(path, remote string, headers ...string) {
		r := request("GET", path, headers...)
		r.RemoteAddr = remote
		s.handler.ServeHTTP(&answers{header: map[string][]string{}}, r)
	}
	ask("/decide", "198.51.100.66:1", xff, "198.51.100.7")
	ask("/decide", "10.0.0.9:1")
	require.Empty(t, lost("", narrow), "a stranger, and a proxy that names nobody")
	ask("/decide", "10.0.0.1:4711", xff, "198.51.100.7")
	ask("/decide", "10.0.0.1:4712", xff, "203.0.113.7")
	require.Empty(t, lost("", trusting))
	require.Empty(t, lost("", `{"trusted": ["10.0.0.1"], "source": "hops:2"}`), "the same header, read otherwise")
	require.Contains(t, lost("", narrow), "are not in edge.trusted any more: 10.0.0.1; force accepts it")
	require.Contains(t, lost("", real), "do not send the header of edge.source: 10.0.0.1")
	require.Empty(t, lost("own", narrow), "it was asked of another policy")
	require.Empty(t, s.Lost("nobody", inherits))

	ask("/decide/other", "192.0.2.1:1", xff, "198.51.100.7")
	require.Contains(t, lost("", `{"trusted": ["10.0.0.0/8"], "source": "x-forwarded-for"}`), "192.0.2.1", "whose edge is the first one's")

	for i := range 1000 {
		ask("/decide/own", fmt.Sprintf("10.1.%d.%d:1", i/250, i%250), xff, "198.51.100.7")
	}
	require.Contains(t, lost("own", narrow), " and ", "there are many")
}

// TestNotingAPeerIsFree: a proxy that is known costs no memory.
func TestNotingAPeerIsFree(t *testing.T) {
	s := newServed(t, "")
	first, err := snapshot(t, blocking(""))
	require.NoError(t, err)
	require.NoError(t, s.Put("", first))
	r, w := request("GET", "/decide", xff, "198.51.100.7, 10.0.0.2"), &answers{header: map[string][]string{}}
	require.Zero(t, testing.AllocsPerRun(1000, func() { s.handler.ServeHTTP(w, r) }))
}

func edged(edge string) map[string]string {
	return map[string]string{
		"netwicket.json": `{"okta": {"zones": ["zones.json"]}, "edge": ` + edge + `}`, "zones.json": blocklist("203.0.113.0/24"),
	}
}
