package gate_test

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/decidetest"
	"github.com/netwicket/netwicket/decide/gate"
)

// queue is a listener whose connections the test makes. Any of them may be an error.
type queue struct {
	coming chan any
	once   sync.Once
	closed chan struct{}
}

func newQueue(coming ...any) *queue {
	q := &queue{coming: make(chan any, 1000), closed: make(chan struct{})}
	for _, one := range coming {
		q.coming <- one
	}
	return q
}

func (q *queue) Accept() (net.Conn, error) {
	select {
	case one := <-q.coming:
		if err, failed := one.(error); failed {
			return nil, err
		}
		return one.(net.Conn), nil
	case <-q.closed:
		return nil, net.ErrClosed
	}
}

func (q *queue) Close() error {
	q.once.Do(func() { close(q.closed) })
	return nil
}

func (*queue) Addr() net.Addr { return addr("queue") }

// addr is a peer's address as text.
type addr string

func (addr) Network() string  { return "test" }
func (a addr) String() string { return string(a) }

// caller is one end of a pipe whose peer is whoever the test says. Where it is not known
// from the start, who asks for it waits; Accept must not.
type caller struct {
	net.Conn
	remote   net.Addr
	known    chan struct{} // nil: from the start
	accepted atomic.Bool
	closed   atomic.Bool
}

// called is a connection from remote, and the other end of it.
func called(t *testing.T, remote net.Addr) (*caller, net.Conn) {
	ours, theirs := net.Pipe()
	t.Cleanup(func() { _, _ = ours.Close(), theirs.Close() })
	return &caller{Conn: ours, remote: remote}, theirs
}

func (c *caller) RemoteAddr() net.Addr {
	if c.known != nil {
		if !c.accepted.Load() {
			return addr("asked for in Accept")
		}
		<-c.known
	}
	return c.remote
}

// Write does not wait for a reader of nothing.
func (c *caller) Write(b []byte) (int, error) {
	if len(b) == 0 && !c.closed.Load() {
		return 0, nil
	}
	return c.Conn.Write(b)
}

func (c *caller) Close() error {
	c.closed.Store(true)
	return c.Conn.Close()
}

func tcpAddr(text string) *net.TCPAddr { return net.TCPAddrFromAddrPort(netip.MustParseAddrPort(text)) }

// accept takes the next connection, which has to be there.
func accept(t *testing.T, l net.Listener) net.Conn {
	t.Helper()
	connection, err := l.Accept()
	require.NoError(t, err)
	return connection
}

// TestListen: who is let in, and who is denied with what reason.
func TestListen(t *testing.T) {
	policy := decidetest.AllowOnly(t, "203.0.113.0/24", "10.0.0.0/24", "2001:db8::/64", "0.0.0.0", "224.0.0.1")
	live, plain, proxied := decidetest.Live(policy), &gate.Resolver{}, sourced(t, gate.XForwardedFor)
	unix := mustResolver(t, gate.Config{TrustUnix: true})
	unixAndHeader := mustResolver(t, gate.Config{TrustUnix: true, Source: gate.Forwarded, Trusted: edge()})
	onMissing := mustResolver(t, gate.Config{Trusted: edge(), Source: gate.XForwardedFor, OnMissing: gate.UsePeer})
	swapped := new(gate.Resolver)
	swapped.Swap(proxied, live, policy)
	const permitted, off, silent = "allow 203.0.113.7 permitted", "deny 198.51.100.66 off_network", "deny - client_unresolved"
	socket := &net.UnixAddr{Name: "@", Net: "unix"}
	for _, row := range []struct {
		name    string
		remote  net.Addr
		live    *decide.Live
		options gate.ListenOptions
		passes  bool
		told    string // by Observe; empty: undecided
	}{
		{"allowed", tcpAddr("203.0.113.7:22"), live, gate.ListenOptions{Resolver: plain}, true, permitted},
		{"allowed, as text", addr("203.0.113.7:22"), live, gate.ListenOptions{Resolver: plain}, true, permitted},
		{"allowed, mapped", tcpAddr("[::ffff:203.0.113.7]:22"), live, gate.ListenOptions{Resolver: plain}, true, permitted},
		{"allowed, IPv6", tcpAddr("[2001:db8::7]:22"), live, gate.ListenOptions{Resolver: plain}, true, "allow 2001:db8::7 permitted"},
		{"allowed, with a zone", &net.TCPAddr{IP: net.ParseIP("2001:db8::7"), Zone: "eth0"}, live, gate.ListenOptions{Resolver: plain}, true, "allow 2001:db8::7 permitted"},
		{"denied", tcpAddr("198.51.100.66:22"), live, gate.ListenOptions{Resolver: plain}, false, off},
		{"denied, as text", addr("198.51.100.66:22"), live, gate.ListenOptions{Resolver: plain}, false, off},
		{"denied, mapped", tcpAddr("[::ffff:198.51.100.66]:22"), live, gate.ListenOptions{Resolver: plain}, false, off},
		{"denied, observed", tcpAddr("198.51.100.66:22"), live, gate.ListenOptions{Resolver: plain, Mode: gate.Observe}, true, off},
		{"denied, with proxies", tcpAddr("198.51.100.66:22"), live, gate.ListenOptions{Resolver: proxied, Proxies: true}, false, off},
		{"unspecified", tcpAddr("0.0.0.0:22"), live, gate.ListenOptions{Resolver: plain}, false, silent + " bad_peer"},
		{"multicast", tcpAddr("224.0.0.1:22"), live, gate.ListenOptions{Resolver: plain}, false, silent + " bad_peer"},
		{"multicast, trusted sockets", tcpAddr("224.0.0.1:22"), live, gate.ListenOptions{Resolver: unix}, false, silent + " bad_peer"},
		{"no address", nil, live, gate.ListenOptions{Resolver: unix}, false, silent + " bad_peer"},
		{"nil TCP address", (*net.TCPAddr)(nil), live, gate.ListenOptions{Resolver: unix}, false, silent + " bad_peer"},
		{"empty TCP address", &net.TCPAddr{}, live, gate.ListenOptions{Resolver: unix}, false, silent + " bad_peer"},
		{"three bytes", &net.TCPAddr{IP: net.IP{203, 0, 113}}, live, gate.ListenOptions{Resolver: unix}, false, silent + " bad_peer"},
		{"name", addr("localhost:22"), live, gate.ListenOptions{Resolver: unix}, false, silent + " bad_peer"},
		{"leading zero", addr("203.0.113.07:22"), live, gate.ListenOptions{Resolver: unix}, false, silent + " bad_peer"},

		{"proxy that names nobody", tcpAddr(trustedPeer), live, gate.ListenOptions{Resolver: proxied}, false, silent + " missing"},
		{"the same, swapped", tcpAddr(trustedPeer), live, gate.ListenOptions{Resolver: swapped}, false, silent + " missing"},
		{"proxy", tcpAddr(trustedPeer), live, gate.ListenOptions{Resolver: proxied, Proxies: true}, true, ""},
		{"proxy, swapped", tcpAddr(trustedPeer), live, gate.ListenOptions{Resolver: swapped, Proxies: true}, true, ""},
		{"proxy that is its own client", tcpAddr(trustedPeer), live, gate.ListenOptions{Resolver: onMissing}, true, "allow 10.0.0.1 permitted"},
		{"the same, denied", tcpAddr("10.0.1.1:1"), live, gate.ListenOptions{Resolver: onMissing}, false, "deny 10.0.1.1 off_network"},
		{"source peer", tcpAddr("10.0.1.1:1"), live, gate.ListenOptions{Resolver: sourced(t, gate.Peer), Proxies: true}, false, "deny 10.0.1.1 off_network"},

		{"local socket", socket, live, gate.ListenOptions{Resolver: plain}, false, silent + " bad_peer"},
		{"local socket, proxies", socket, live, gate.ListenOptions{Resolver: proxied, Proxies: true}, false, silent + " bad_peer"},
		{"local socket, observed", socket, live, gate.ListenOptions{Resolver: plain, Mode: gate.Observe}, true, silent + " bad_peer"},
		{"local socket that is trusted", socket, live, gate.ListenOptions{Resolver: unix}, true, ""},
		{"the same with a header", socket, live, gate.ListenOptions{Resolver: unixAndHeader}, true, ""},
		{"the same without a name", &net.UnixAddr{}, live, gate.ListenOptions{Resolver: unix}, true, ""},
		{"the same, nil live", socket, nil, gate.ListenOptions{Resolver: unix}, false, "deny - no_policy"},

		{"nil live", tcpAddr("203.0.113.7:22"), nil, gate.ListenOptions{Resolver: plain}, false, "deny - no_policy"},
		{"no policy", tcpAddr("203.0.113.7:22"), new(decide.Live), gate.ListenOptions{Resolver: plain}, false, "deny - no_policy"},
		{"zero policy", tcpAddr("203.0.113.7:22"), decidetest.Live(new(decide.Policy)), gate.ListenOptions{Resolver: plain}, false, "deny - no_policy"},
		{"nil resolver", tcpAddr("203.0.113.7:22"), live, gate.ListenOptions{}, false, "deny - no_policy"},
		{"nil resolver, socket", socket, live, gate.ListenOptions{Proxies: true}, false, "deny - no_policy bad_peer"},
		{"nothing, proxy", tcpAddr(trustedPeer), nil, gate.ListenOptions{Resolver: proxied, Proxies: true}, false, "deny - no_policy"},
		{"unknown mode", tcpAddr("198.51.100.66:22"), live, gate.ListenOptions{Resolver: plain, Mode: 77}, false, off},
	} {
		t.Run(row.name, func(t *testing.T) {
			var told []string
			ours, theirs := called(t, row.remote)
			row.options.Observe = func(connection net.Conn, result gate.Result) {
				require.Same(t, ours, connection)
				text := result.Decision.String()
				if result.Err != 0 {
					text += " " + result.Err.Code()
				}
				require.Equal(t, result.Policy().DecideChain(result.Chain()), result.Decision)
				told = append(told, text)
			}
			for _, recheck := range []*gate.Recheck{nil, {}} {
				told, row.options.Recheck = nil, recheck
				admitted := gate.Admits(gate.Listen(newQueue(), row.live, row.options), ours)
				require.Equal(t, row.passes, admitted)
				if row.told == "" {
					require.Empty(t, told)
				} else {
					require.Equal(t, []string{row.told}, told)
				}
			}
			connection := accept(t, gate.Listen(newQueue(ours), row.live, row.options))
			go func() { _, _ = theirs.Write([]byte("hello")) }()
			text := make([]byte, 5)
			count, err := io.ReadFull(connection, text)
			require.Equal(t, row.passes, err == nil)
			require.Equal(t, row.passes, count > 0, "nothing is read of what is denied")
			require.Equal(t, !row.passes, ours.closed.Load())
			held, _ := row.options.Recheck.Open()
			require.Equal(t, row.passes, held == 1)
		})
	}
}

// TestListenAtAccept: over TCP and local sockets, whoever is denied is gone before Accept
// returns, and others are given out as they are.
func TestListenAtAccept(t *testing.T) {
	denying, allowing := decidetest.AllowOnly(t, "203.0.113.7"), decidetest.AllowOnly(t, "127.0.0.0/8", "::1")
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	live := decidetest.Live(denying)
	guarded := gate.Listen(inner, live, gate.ListenOptions{Resolver: &gate.Resolver{}, Observe: func(_ net.Conn, result gate.Result) {
		if !result.Allowed() {
			live.Swap(allowing) // the next one is let in
		}
	}})
	denied, err := net.Dial("tcp", inner.Addr().String())
	require.NoError(t, err)
	defer denied.Close()
	allowed, err := net.Dial("tcp", inner.Addr().String())
	require.NoError(t, err)
	defer allowed.Close()

	connection := accept(t, guarded)
	defer connection.Close()
	require.IsType(t, &net.TCPConn{}, connection)
	require.Equal(t, allowed.LocalAddr().String(), connection.RemoteAddr().String())
	_, err = denied.Read(make([]byte, 1))
	require.Error(t, err)
	require.NoError(t, guarded.Close())
	_, err = guarded.Accept()
	require.ErrorIs(t, err, net.ErrClosed)
}

// TestHalfClosed: a connection that is kept for a Recheck ends what is sent and goes on
// reading, as the kernel's does, and Close closes that.
func TestHalfClosed(t *testing.T) {
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer inner.Close()
	live, options := decidetest.Live(decidetest.AllowOnly(t, "127.0.0.0/8")), gate.ListenOptions{Resolver: &gate.Resolver{}, Recheck: new(gate.Recheck)}
	client, err := net.Dial("tcp", inner.Addr().String())
	require.NoError(t, err)
	defer client.Close()
	type half interface{ CloseWrite() error }
	kept := accept(t, gate.Listen(inner, live, options))
	sent, err := kept.(io.ReaderFrom).ReadFrom(strings.NewReader("hello"))
	require.NoError(t, err)
	require.Equal(t, int64(5), sent)
	require.NoError(t, kept.(half).CloseWrite())
	heard, err := io.ReadAll(client)
	require.NoError(t, err)
	require.Equal(t, "hello", string(heard))
	_, err = client.Write([]byte("x"))
	require.NoError(t, err)
	n, err := kept.Read(make([]byte, 1))
	require.NoError(t, err)
	require.Equal(t, 1, n)
	require.NoError(t, kept.Close())
	require.ErrorIs(t, kept.Close(), net.ErrClosed)
	require.Error(t, kept.(half).CloseWrite(), "nothing is left to be closed")

	other := accept(t, gate.Listen(newQueue(&caller{}), live, options))
	require.ErrorIs(t, other.(half).CloseWrite(), errors.ErrUnsupported)
}

// TestSlowPeersHoldUpNobody: a peer that is not known yet neither keeps Accept waiting
// nor gets a word out of a server that speaks first, and is denied as soon as it is known.
func TestSlowPeersHoldUpNobody(t *testing.T) {
	slow, slowEnd := called(t, tcpAddr("198.51.100.66:22"))
	fast, fastEnd := called(t, tcpAddr("203.0.113.7:22"))
	slow.known = make(chan struct{})
	guarded := gate.Listen(newQueue(slow, fast), decidetest.Live(decidetest.AllowOnly(t, "203.0.113.0/24")), gate.ListenOptions{Resolver: &gate.Resolver{}})
	waiting := accept(t, guarded)
	require.Equal(t, slow, gate.Below(waiting), "it is given out before its peer is known")
	slow.accepted.Store(true)
	greeted := make(chan error, 3)
	for _, speak := range []func() error{
		func() error { _, err := waiting.Write([]byte("hello")); return err },
		func() error { _, err := waiting.Read(make([]byte, 1)); return err },
		func() error { _, err := io.Copy(waiting, newZeros(5)); return err },
	} {
		go func() { greeted <- speak() }()
	}

	next := accept(t, guarded)
	go func() { _, _ = next.Write([]byte("hello")) }()
	text := make([]byte, 5)
	_, err := io.ReadFull(fastEnd, text)
	require.NoError(t, err)
	require.Equal(t, "hello", string(text))
	require.Empty(t, greeted)

	close(slow.known)
	for range cap(greeted) {
		require.ErrorContains(t, <-greeted, "denied")
	}
	_, err = slowEnd.Read(text)
	require.ErrorIs(t, err, io.EOF, "closed without a byte")
	require.True(t, slow.closed.Load())
}

// newZeros is a reader of so many bytes that cannot write itself.
func newZeros(n int64) io.Reader {
	return io.LimitReader(zeros{}, n)
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { return len(b), nil }

// TestClosedWhileUndecided: a connection that its server closes before it is known stays
// closed, and is not looked at again.
func TestClosedWhileUndecided(t *testing.T) {
	ours, _ := called(t, tcpAddr("203.0.113.7:22"))
	ours.known = make(chan struct{})
	recheck := new(gate.Recheck)
	connection := accept(t, gate.Listen(newQueue(ours, net.ErrClosed), decidetest.Live(decidetest.AllowOnly(t, "203.0.113.7")),
		gate.ListenOptions{Resolver: &gate.Resolver{}, Recheck: recheck}))
	recheck.Look() // which does not wait for it
	ours.accepted.Store(true)
	ended := make(chan error, 1)
	go func() {
		_, err := connection.Read(make([]byte, 1))
		ended <- err
	}()
	require.NoError(t, connection.Close())
	close(ours.known)
	require.ErrorIs(t, <-ended, io.ErrClosedPipe)
	held, _ := recheck.Open()
	require.Zero(t, held)
}

// TestAcceptErrors: what goes wrong is the server's to judge, and the next one comes.
func TestAcceptErrors(t *testing.T) {
	busy := errors.New("too many open files")
	ours, _ := called(t, tcpAddr("203.0.113.7:22"))
	inner := newQueue(busy, ours)
	guarded := gate.Listen(inner, decidetest.Live(decidetest.AllowOnly(t, "203.0.113.7")), gate.ListenOptions{Resolver: &gate.Resolver{}})
	require.Equal(t, inner.Addr(), guarded.Addr())
	_, err := guarded.Accept()
	require.Equal(t, busy, err)
	require.Equal(t, "203.0.113.7:22", accept(t, guarded).RemoteAddr().String())

	ended := make(chan error, 2)
	for range cap(ended) {
		go func() {
			_, err := guarded.Accept()
			ended <- err
		}()
	}
	require.NoError(t, guarded.Close())
	for range cap(ended) {
		require.ErrorIs(t, <-ended, net.ErrClosed)
	}
}

// TestListenAllocatesNothing beyond what the kernel's connection needs.
func TestListenAllocatesNothing(t *testing.T) {
	policy := decidetest.AllowOnly(t, "203.0.113.0/24", "2001:db8::/64")
	for _, remote := range []string{"203.0.113.7:1", "198.51.100.66:1", "[2001:db8::7]:1", "[::ffff:203.0.113.7]:1", "10.0.0.1:1"} {
		guarded := gate.Listen(newQueue(), decidetest.Live(policy), gate.ListenOptions{Resolver: sourced(t, gate.XForwardedFor)})
		ours, _ := called(t, tcpAddr(remote))
		require.Zero(t, testing.AllocsPerRun(100, func() { gate.Admits(guarded, ours) }), remote)
	}
}
