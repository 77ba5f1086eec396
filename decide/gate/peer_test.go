package gate_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide/gate"
)

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
			peer, peerErr = unix.Peer(row.remoteAddr)
			require.Equal(t, wantUnix == "bad_peer", peerErr != nil)
			require.Equal(t, row.want != "bad_peer", peer.IsValid(), "a local socket is nobody's address")
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
