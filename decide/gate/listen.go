package gate

import (
	"net"
	"net/netip"

	"github.com/netwicket/netwicket/decide"
)

// ListenOptions are the settings of [Listen]. The zero ListenOptions let nobody in,
// for want of a Resolver.
type ListenOptions struct {
	// Resolver is the edge, as in [Options]. It is always needed: &Resolver{} where
	// clients connect themselves.
	Resolver *Resolver
	// Mode is what becomes of denied connections: they are closed, or let in all the
	// same ([Observe]).
	Mode Mode
	// Observe learns of every decision, in either mode, before the connection is let
	// in or closed. It must neither use the connection nor wait.
	Observe func(net.Conn, Result)
	// Proxies lets the proxies of the edge in, undecided, for nobody knows yet whom
	// they speak for: for servers that decide about every request, by [Wrap] or
	// [Decide]. Without it a proxy that the edge expects to name the client has named
	// nobody, and is denied.
	Proxies bool
	// Recheck, where it is not nil, closes connections that a later policy denies.
	Recheck *Recheck
}

// Listen gives out the connections of inner whose peer the policy in force allows, and
// closes all others, before TLS and before a byte is read: for SSH, mail, databases, and
// in front of a web server. A connection is decided as a request without headers is, so
// that the client is the peer (docs/semantics.md, edge-34).
//
// Connections of the kernel, *net.TCPConn and *net.UnixConn, are decided in Accept and,
// without a Recheck, given out as they are, with no allocation. Any other may have to
// read before it knows its peer, as those of a listener that speaks the PROXY protocol,
// and one slow peer would keep all others waiting. It is given out at once, and decided
// when it is first used, by whoever uses it: a denied one is closed then, its Read and
// Write fail, and nothing has been read from it or written to it. RemoteAddr and
// LocalAddr take as long as those of inner. Such a listener has to require the header of
// whom it believes, to limit the time for it, and to let nothing be read behind one that
// it cannot read.
//
// A peer on a local socket is denied, unless the edge trusts those
// ([Config].TrustUnix): it passes undecided then, since it has no address. Observe does
// not learn of what passes undecided. A nil live, one without a policy, and a peer that
// is no host's address deny. Errors of inner are given as they are. Accept may be called
// from several goroutines if that of inner may.
func Listen(inner net.Listener, live *decide.Live, o ListenOptions) net.Listener {
	return &listener{Listener: inner, live: live, options: o}
}

type listener struct {
	net.Listener
	live    *decide.Live
	options ListenOptions
}

// Accept waits for the next connection that is let in, or that is decided later.
func (l *listener) Accept() (net.Conn, error) {
	for {
		connection, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		switch connection.(type) {
		case *net.TCPConn, *net.UnixConn:
		default:
			return &guarded{Conn: connection, listener: l}, nil
		}
		if l.options.Recheck != nil {
			kept := &guarded{Conn: connection, listener: l}
			if kept.admit() == nil {
				return kept, nil
			}
			continue
		}
		if l.admits(connection, connection.RemoteAddr()) {
			return connection, nil
		}
		_ = connection.Close() // nobody waits for it
	}
}

// admits decides about a connection that has just come, and tells of it.
func (l *listener) admits(connection net.Conn, remote net.Addr) bool {
	answer := l.ask(remote)
	if l.options.Observe != nil && !answer.undecided {
		l.options.Observe(connection, answer.result())
	}
	return l.lets(&answer)
}

// lets says that a connection may be there, whatever the answer is in the mode observe.
func (l *listener) lets(a *answer) bool {
	return a.undecided || a.decision.Allowed() || l.options.Mode == Observe
}

// answer is what becomes of a connection, and why. The zero answer denies.
type answer struct {
	decision  decide.Decision
	client    netip.Addr // zero where nobody is the client
	code      Error
	policy    *decide.Policy
	undecided bool // it passes without a decision
}

// result is the answer for the hooks, which may keep it.
func (a *answer) result() Result {
	result := Result{Decision: a.decision, Err: a.code, policy: a.policy}
	if a.client.IsValid() {
		result.chain = []netip.Addr{a.client}
	}
	return result
}

// ask takes the policy once, with its edge.
func (l *listener) ask(remote net.Addr) (a answer) {
	edge, policy := l.options.Resolver.Pair(l.live)
	a.policy = guarding(policy, edge)
	client, undecided, code := edge.caller(remote, l.options.Proxies)
	if undecided && a.policy != nil {
		a.undecided = true
		return a
	}
	a.client, a.code = client.netip(), code
	var buffer [1]netip.Addr
	chain := buffer[:0]
	if a.client.IsValid() {
		chain = append(chain, a.client)
	}
	a.policy.DecideInto(&a.decision, chain)
	return a
}

// caller is the client of a connection on which nobody has said anything yet: its peer.
// About a local socket that is trusted, and a proxy of the edge if those may come, it is
// not for the policy to decide (docs/semantics.md, edge-34).
func (r *Resolver) caller(remote net.Addr, proxies bool) (client address, undecided bool, code Error) {
	a, known := addressOf(remote)
	switch {
	case !known:
		if r == nil || !r.unix || remote == nil || !isLocalSocket(remote.String()) {
			return address{}, false, ErrBadPeer
		}
		return address{}, true, 0
	case a.noHost():
		return address{}, false, ErrBadPeer
	case r == nil || r.plan.kind == kindPeer || !r.trusted.contains(a):
		return a, false, 0
	case proxies:
		return address{}, true, 0
	}
	client, code = r.missing(a)
	return client, false, code
}

// addressOf is the address of a peer. That of a TCP connection is not made into text
// first, which would be allocated.
func addressOf(remote net.Addr) (a address, known bool) {
	switch remote := remote.(type) {
	case nil:
		return address{}, false
	case *net.TCPAddr:
		if remote == nil {
			return address{}, false
		}
		ip, ok := netip.AddrFromSlice(remote.IP)
		if !ok {
			return address{}, false
		}
		return addressFrom(ip), true
	default:
		return parseElement(remote.String())
	}
}
