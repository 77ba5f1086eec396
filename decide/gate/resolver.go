package gate

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/netwicket/netwicket/internal/addrnum"
)

// MaxChain is the length of the longest chain: the peer, every element that is
// examined, and the mark of a list that went on. A buffer of this capacity
// keeps [Resolver.Chain] from allocating:
//
//	var buffer [gate.MaxChain]netip.Addr
//	chain, err := resolver.Chain(buffer[:0], r.RemoteAddr, r.Header)
const MaxChain = 1 + maxElements + 1

// Resolver finds the client of a request behind our own reverse proxies. It is
// safe for concurrent use, never allocates, and reads a bounded number of bytes
// of whatever a client sends. Nothing but [Resolver.Swap] changes it. A nil or
// zero Resolver trusts nobody and takes the peer for the client.
type Resolver struct {
	plan     plan
	trusted  trustSet
	usePeer  bool // where a trusted proxy names nobody
	leftmost bool // where every element is trusted
	unix     bool
	source   ClientSource

	swapped  atomic.Pointer[Resolver] // in place of all of the above; nil before the first Swap
	swaps    atomic.Uint64            // begun and ended, so that it is odd during one
	swapping sync.Mutex
}

// NewResolver makes a Resolver. The error is [Findings] with every problem of the
// Config; its warnings are given by [Config.Check] alone.
func NewResolver(c Config) (*Resolver, error) {
	problems := slices.DeleteFunc(c.Check(), func(f *Finding) bool { return f.Warning })
	if err := problems.Err(); err != nil {
		return nil, err
	}
	plan, _ := c.Source.plan() // Check asked for it
	return &Resolver{
		plan:     plan,
		trusted:  newTrustSet(c.trusted()),
		usePeer:  c.OnMissing == UsePeer,
		leftmost: c.AllTrusted == UseLeftmost,
		unix:     c.TrustUnix,
		source:   c.Source,
	}, nil
}

// Source is where the Resolver looks for the client.
func (r *Resolver) Source() ClientSource {
	r = r.current()
	if r == nil || r.source == "" {
		return Peer
	}
	return r.source
}

// Client is the client's address: the peer, unless the peer is a trusted proxy
// and the source names another. Nothing left of the client is read. The error is
// an [Error]; the address is then the zero Addr and the request must be denied.
func (r *Resolver) Client(remoteAddr string, h http.Header) (netip.Addr, error) {
	edge := r.current()
	if edge == nil {
		return edge.Peer(remoteAddr)
	}
	peer, trusted, code := edge.connection(remoteAddr)
	if code != 0 {
		return netip.Addr{}, code
	}
	if !trusted || edge.plan.kind == kindPeer {
		return peer.netip(), nil
	}
	lines := edge.lines(h)
	if client, _, ok := edge.flat(lines); ok {
		return addrnum.Addr4(client), nil
	}
	w := walk{lines: lines, form: edge.plan.form}
	client, code := edge.client(&w, peer)
	if code != 0 {
		return netip.Addr{}, code
	}
	return client.netip(), nil
}

// Chain appends the addresses that the request passed, nearest hop first, less
// our own proxies (docs/semantics.md, chain-2, edge-29): what
// decide.Policy.DecideChain takes. With capacity for
// [MaxChain] more addresses in dst it does not allocate.
//
// Behind a trusted proxy the chain is the client, as [Resolver.Client] finds it,
// and then what the list header holds left of it, right to left. Behind any
// other peer it is the peer and then all elements of the header, right to left
// (docs/semantics.md, edge-4).
// With the source peer it is the peer alone.
//
// Elements left of the client are claims that nobody vouches for. One that
// cannot be read, or that is no host's address, is the zero Addr. The walk ends
// after 32 elements and at one that is too long; a chain that was cut so ends in
// one zero Addr.
//
// With [HeaderNamed] a trusted proxy gives the client alone, and from another
// peer the lines of the header are read as a list. With [Hops] the chain goes on
// left of the n-th element. A fallback makes a chain of the one address that it
// chose, and with [Hops] of what stands left of it too.
//
// The error is an [Error], exactly where Client has one; dst is then returned as
// it was and the request must be denied.
func (r *Resolver) Chain(dst []netip.Addr, remoteAddr string, h http.Header) ([]netip.Addr, error) {
	chain, code := r.chain(dst, remoteAddr, h)
	if code != 0 {
		return chain, code
	}
	return chain, nil
}

func (r *Resolver) chain(dst []netip.Addr, remoteAddr string, h http.Header) ([]netip.Addr, Error) {
	edge := r.current()
	if edge == nil { // as the zero Resolver, which on 32 bits would be allocated
		peer, err := edge.Peer(remoteAddr)
		if err != nil {
			return dst, ErrBadPeer
		}
		return append(dst, peer), 0
	}
	nearest, trusted, code := edge.connection(remoteAddr)
	if code != 0 {
		return dst, code
	}
	if edge.plan.kind == kindPeer {
		return append(dst, nearest.netip()), 0
	}
	lines := edge.lines(h)
	if trusted {
		if client, left, ok := edge.flat(lines); ok {
			dst = append(dst, addrnum.Addr4(client))
			if left.end < 0 {
				return dst, 0
			}
			var w walk // of the plain form, as flat was
			w.resume(lines[0], left)
			return w.appendRest(dst, true), 0
		}
	}
	w := walk{lines: lines, form: edge.plan.form}
	if trusted {
		if nearest, code = edge.client(&w, nearest); code != 0 {
			return dst, code
		}
	}
	return w.appendRest(append(dst, nearest.netip()), true), 0
}

// Peer is the address of the connecting peer. For a local socket that is trusted
// it is the zero Addr without an error; for any other text that is not the
// address of a host the error is [ErrBadPeer].
func (r *Resolver) Peer(remoteAddr string) (netip.Addr, error) {
	if a, ok := parseElement(remoteAddr); ok && !a.noHost() {
		return a.netip(), nil
	}
	if r = r.current(); r != nil && r.unix && isLocalSocket(remoteAddr) {
		return netip.Addr{}, nil
	}
	return netip.Addr{}, ErrBadPeer
}

// Trusts says that a peer with this RemoteAddr is one of our own proxies.
func (r *Resolver) Trusts(remoteAddr string) bool {
	if r = r.current(); r == nil {
		return false
	}
	if a, ok := parseElement(remoteAddr); ok {
		return !a.noHost() && r.trusted.contains(a)
	}
	return r.unix && isLocalSocket(remoteAddr)
}

// connection is the peer and whether it may name the client; a peer that is no
// host's address is nobody (docs/semantics.md, edge-2, edge-3).
func (r *Resolver) connection(remoteAddr string) (peer address, trusted bool, code Error) {
	peer, ok := parseElement(remoteAddr)
	switch {
	case ok && !peer.noHost():
		return peer, r.trusted.contains(peer), 0
	case r.unix && r.plan.kind != kindPeer && isLocalSocket(remoteAddr):
		return address{}, true, 0
	default:
		return address{}, false, ErrBadPeer
	}
}

// isLocalSocket says that a server reports a peer so that has no IP address: a
// local socket with or without a name, or a connection within the process. A
// host name or a misspelt address is neither and must not open the header
// (docs/semantics.md, edge-3).
func isLocalSocket(remoteAddr string) bool {
	switch remoteAddr {
	case "", "bufconn", "pipe":
		return true
	}
	for _, prefix := range [...]string{"@", "/", "./", "../"} {
		if strings.HasPrefix(remoteAddr, prefix) {
			return true
		}
	}
	return false
}

// lines are the one header of the source under its one name: spellings with an
// underscore or a dot are other headers (docs/semantics.md, edge-5, edge-26).
func (r *Resolver) lines(h http.Header) []string { return h[r.plan.key] }

// naming is a copy of all that the edge reads of a header.
func (r *Resolver) naming(h http.Header) http.Header {
	if r == nil || r.plan.kind == kindPeer {
		return nil
	}
	return http.Header{r.plan.key: slices.Clone(r.lines(h))}
}

// client is the client that a trusted peer names, and leaves the walk left of it.
func (r *Resolver) client(w *walk, peer address) (address, Error) {
	switch r.plan.kind {
	case kindSingle:
		return r.single(w, peer)
	case kindHops:
		return r.counted(w, peer)
	case kindList, kindPeer: // of a peer nothing is read
	}
	return r.rightmost(w, peer)
}

// rightmost is the rightmost element that is no trusted proxy (docs/semantics.md,
// edge-12).
func (r *Resolver) rightmost(w *walk, peer address) (address, Error) {
	var leftmost address
	for {
		a, step, code := w.address()
		switch {
		case code != 0:
			return address{}, code
		case step == exhausted && leftmost.family == 0:
			return r.missing(peer)
		case step == exhausted:
			return r.allTrusted(leftmost)
		case !r.trusted.contains(a):
			return a, 0
		}
		leftmost = a
	}
}

// counted is the n-th element that is not empty (docs/semantics.md, edge-18).
func (r *Resolver) counted(w *walk, peer address) (address, Error) {
	for n := 1; ; n++ {
		a, step, code := w.address()
		switch {
		case code != 0:
			return address{}, code
		case step == exhausted && n == 1:
			return r.missing(peer)
		case step == exhausted:
			return address{}, ErrShort
		case n < r.plan.hops:
		case r.trusted.contains(a):
			return r.allTrusted(a)
		default:
			return a, 0
		}
	}
}

// single is the only address in the only line of the header. Two lines mean that
// somebody added one where the proxy should have overwritten it (docs/semantics.md,
// edge-16).
func (r *Resolver) single(w *walk, peer address) (address, Error) {
	lines := w.lines
	w.lines = nil
	switch {
	case len(lines) == 0:
		return r.missing(peer)
	case len(lines) > 1 || len(lines[0]) > maxElementBytes+maxSpaceBytes:
		return address{}, ErrMalformed
	}
	text := trimSpace(lines[0])
	if text == "" {
		return r.missing(peer)
	}
	a, _ := w.parse(text) // no host's where it cannot be read
	switch {
	case a.noHost():
		return address{}, ErrMalformed
	case r.trusted.contains(a):
		return r.allTrusted(a)
	}
	return a, 0
}

// missing is the answer where nobody is named. A local socket is no client
// (docs/semantics.md, edge-14).
func (r *Resolver) missing(peer address) (address, Error) {
	if r.usePeer && peer.family != 0 {
		return peer, 0
	}
	return address{}, ErrMissing
}

// allTrusted is the answer where every element is a proxy of ours
// (docs/semantics.md, edge-15).
func (r *Resolver) allTrusted(leftmost address) (address, Error) {
	if r.leftmost {
		return leftmost, 0
	}
	return address{}, ErrAllTrusted
}

// ChainWithoutEdge appends the chain of a request where no edge is described:
// the peer, and then all elements of X-Forwarded-For, right to left, as an
// organisation's own proxies would be seen from outside (docs/semantics.md,
// chain-1). Nobody is trusted and
// every address is an address like any other; what cannot be read is the zero
// Addr, and a chain of more than 32 elements ends in one. The only error is
// [ErrBadPeer].
func ChainWithoutEdge(dst []netip.Addr, remoteAddr string, h http.Header) ([]netip.Addr, error) {
	peer, err := PeerWithoutEdge(remoteAddr)
	if err != nil {
		return dst, err
	}
	w := walk{lines: h[xForwardedForKey]}
	return w.appendRest(append(dst, peer), false), nil
}

// PeerWithoutEdge is the peer as [ChainWithoutEdge] reads it.
func PeerWithoutEdge(remoteAddr string) (netip.Addr, error) {
	peer, ok := parseElement(remoteAddr)
	if !ok {
		return netip.Addr{}, ErrBadPeer
	}
	return peer.netip(), nil
}
