package forwardauth_test

import (
	"fmt"
	"hash/fnv"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/forwardauth"
)

// TestLostPeers: which of the proxies that ask would be locked out by another edge.
func TestLostPeers(t *testing.T) {
	s := newServed(t, "", "other", "own", "none")
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
	require.Contains(t, lost("", narrow), "proxies that asked in the last 5m0s are not in edge.trusted any more: 10.0.0.1; force accepts it")
	require.Contains(t, lost("", real), "do not send the header of edge.source: 10.0.0.1")
	require.Empty(t, lost("own", narrow), "it was asked of another policy")
	require.Empty(t, s.Lost("nobody", inherits))

	ask("/decide/other", "192.0.2.1:1", xff, "198.51.100.7")
	require.Contains(t, lost("", `{"trusted": ["10.0.0.0/8"], "source": "x-forwarded-for"}`), "192.0.2.1", "whose edge is the first one's")

	require.Empty(t, lost("own", `{"trusted": ["10.0.0.0/8"], "source": "x-forwarded-for"}`), "nobody asked that one, and it is nobody's else")

	ask("/decide/own", "10.1.9.9:1", xff, "198.51.100.7")
	require.NotContains(t, lost("", narrow), "10.1.9.9", "who asks a policy with an edge of its own")
	require.Contains(t, strings.Join(s.Lost("own", narrowed(t, s, inherits)), ""), "are not in edge.trusted any more: 10.1.9.9")
	put("", trusting)
	for i := range 1000 {
		ask("/decide/own", fmt.Sprintf("10.1.%d.%d:1", i/250, i%250), xff, "198.51.100.7")
	}
	text := lost("own", narrow)
	listed, rest, found := strings.Cut(text, " and ")
	require.True(t, found, "there are many")
	_, listed, _ = strings.Cut(listed, ": ")
	require.Len(t, strings.Split(listed, ", "), 10)
	require.True(t, slices.IsSorted(strings.Split(listed, ", ")), listed)
	var more int
	_, err = fmt.Sscanf(rest, "%d more;", &more)
	require.NoError(t, err)
	require.LessOrEqual(t, more+10, 256, "what is remembered of strangers' proxies has an end")
	require.Greater(t, more+10, 200)
}

// narrowed is a snapshot without an edge, beside a first policy that trusts fewer.
func narrowed(t *testing.T, s *served, inherits *forwardauth.Snapshot) *forwardauth.Snapshot {
	t.Helper()
	first, err := snapshot(t, edged(`{"trusted": ["192.0.2.0/24"], "source": "x-forwarded-for"}`))
	require.NoError(t, err)
	require.NoError(t, s.Put("", first))
	return inherits
}

// TestLostLocalSocket: a proxy without an address is remembered by the name it has.
func TestLostLocalSocket(t *testing.T) {
	const local, remote = `{"trustUnix": true, "source": "x-forwarded-for"}`, `{"trusted": ["10.0.0.0/8"], "source": "x-forwarded-for"}`
	s := serve(t, edged(local))
	r := request("GET", "/decide", xff, "198.51.100.7")
	r.RemoteAddr = "@"
	require.Equal(t, 204, s.ask(r).Code)
	for edge, want := range map[string]string{local: "", remote: "are not in edge.trusted any more: @; force"} {
		next, err := snapshot(t, edged(edge))
		require.NoError(t, err)
		require.Contains(t, strings.Join(s.Lost("", next), ""), want)
		require.Equal(t, want == "", s.Lost("", next) == nil)
	}
}

// TestLostWithoutAnEdge: what cannot be put in force at all locks nobody out.
func TestLostWithoutAnEdge(t *testing.T) {
	s := newServed(t, "", "own")
	own, err := snapshot(t, blocking(""))
	require.NoError(t, err)
	require.NoError(t, s.Put("own", own))
	require.Equal(t, 204, s.ask(request("GET", "/decide/own", xff, "198.51.100.7")).Code)
	files := blocking("")
	files["netwicket.json"] = `{"okta": {"zones": ["zones.json"]}}`
	without, err := snapshot(t, files)
	require.NoError(t, err)
	require.Empty(t, s.Lost("own", without))
	require.ErrorContains(t, s.Put("own", without), `"edge"`)
}

// TestPeersAreForgotten: a proxy counts for five minutes behind its last question,
// and what headers it sends is looked at once a minute.
func TestPeersAreForgotten(t *testing.T) {
	const narrow, real = `{"trusted": ["192.0.2.0/24"], "source": "x-forwarded-for"}`, `{"trusted": ["10.0.0.0/8"], "source": "header:X-Real-Ip"}`
	for _, test := range []struct {
		name   string
		asked  time.Duration // once more
		counts time.Duration // from the first question on
	}{
		{"asked once", 0, 5 * time.Minute},
		{"asked again at once", time.Second, 5 * time.Minute},
		{"asked again", 30 * time.Second, 5*time.Minute + 30*time.Second},
		{"asked again later", 4 * time.Minute, 9 * time.Minute},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := serve(t, blocking(""))
				next, err := snapshot(t, edged(narrow))
				require.NoError(t, err)
				time.Sleep(time.Hour) // the service is not new
				begun := time.Now()
				s.ask(request("GET", "/decide", xff, "198.51.100.7"))
				time.Sleep(test.asked)
				s.ask(request("GET", "/decide", xff, "198.51.100.7"))
				time.Sleep(test.counts - time.Since(begun))
				require.NotEmpty(t, s.Lost("", next))
				time.Sleep(time.Nanosecond)
				require.Empty(t, s.Lost("", next))
				s.closeLog()
			})
		})
	}
	t.Run("headers", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := serve(t, blocking(""))
			next, err := snapshot(t, edged(real))
			require.NoError(t, err)
			time.Sleep(time.Hour)
			s.ask(request("GET", "/decide", xff, "198.51.100.7"))
			both := func() { s.ask(request("GET", "/decide", xff, "198.51.100.7", "X-Real-Ip", "198.51.100.7")) }
			time.Sleep(time.Minute - 1)
			both()
			require.NotEmpty(t, s.Lost("", next))
			time.Sleep(time.Nanosecond)
			both()
			require.Empty(t, s.Lost("", next))
			s.closeLog()
		})
	})
}

// askedFrom asks for a proxy.
func (s *served) askedFrom(peer string) {
	r := request("GET", "/decide", xff, "198.51.100.7")
	r.RemoteAddr = peer + ":4711"
	s.ask(r)
}

// TestPeersAreRemembered: each of them, and once.
func TestPeersAreRemembered(t *testing.T) {
	s := serve(t, blocking(""))
	var want []string
	for range 2 {
		for i := range 100 {
			s.askedFrom(fmt.Sprintf("10.1.0.%d", i))
		}
	}
	for i := range 100 {
		want = append(want, fmt.Sprintf("10.1.0.%d", i))
	}
	require.ElementsMatch(t, want, s.Peers())
}

// TestPeersMakeRoom: there are eight places for proxies of one sum, which those of
// long ago leave to those of today.
func TestPeersMakeRoom(t *testing.T) {
	place := func(peer string) uint32 {
		bytes, sum := netip.MustParseAddr(peer).As16(), fnv.New32a()
		_, _ = sum.Write(bytes[:])
		return sum.Sum32() % 256
	}
	const first = "10.1.0.0"
	var alike []string
	for i := 0; len(alike) < 10; i++ {
		if peer := fmt.Sprintf("10.1.%d.%d", i/250, i%250); place(peer) == place(first) {
			alike = append(alike, peer)
		}
	}
	synctest.Test(t, func(t *testing.T) {
		s := serve(t, blocking(""))
		time.Sleep(time.Hour)
		for _, peer := range alike {
			s.askedFrom(peer)
		}
		require.ElementsMatch(t, alike[:8], s.Peers())
		time.Sleep(5 * time.Minute)
		for _, peer := range alike[:7] {
			s.askedFrom(peer)
		}
		s.askedFrom(alike[8])
		require.ElementsMatch(t, alike[:8], s.Peers(), "the eighth counts still")
		time.Sleep(time.Nanosecond)
		s.askedFrom(alike[9])
		require.ElementsMatch(t, append(alike[:7:7], alike[9]), s.Peers())
		s.closeLog()
	})
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
