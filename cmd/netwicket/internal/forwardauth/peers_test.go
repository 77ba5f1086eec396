package forwardauth_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

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
	text := lost("own", narrow)
	listed, rest, found := strings.Cut(text, " and ")
	require.True(t, found, "there are many")
	require.Equal(t, 9, strings.Count(listed, ", 10."), "ten are listed")
	var more int
	_, err = fmt.Sscanf(rest, "%d more;", &more)
	require.NoError(t, err)
	require.LessOrEqual(t, more+10, 256, "what is remembered of strangers' proxies has an end")
	require.Greater(t, more+10, 200)
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

// TestPeersMakeRoom: proxies of long ago leave their places to those of today.
func TestPeersMakeRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serve(t, blocking(""))
		next, err := snapshot(t, edged(`{"trusted": ["192.0.2.0/24"], "source": "x-forwarded-for"}`))
		require.NoError(t, err)
		ask := func(from string) {
			r := request("GET", "/decide", xff, "198.51.100.7")
			r.RemoteAddr = from
			s.ask(r)
		}
		for i := range 2000 {
			ask(fmt.Sprintf("10.1.%d.%d:1", i/250, i%250))
		}
		ask("10.2.0.1:1")
		require.NotContains(t, s.Lost("", next)[0], "10.2.0.1", "there is no place left")
		time.Sleep(5*time.Minute + 1)
		ask("10.2.0.1:1")
		lost := s.Lost("", next)
		require.Len(t, lost, 1)
		require.Contains(t, lost[0], "any more: 10.2.0.1; force")
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
