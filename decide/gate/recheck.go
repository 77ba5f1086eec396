package gate

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"sync"

	"github.com/netwicket/netwicket/decide"
)

// Recheck closes what is open when a policy is swapped that would not let it in any
// more: connections of [Listen], with whatever runs on them, be it SSH, a WebSocket or
// another connection that was taken over from a web server; and requests under way that
// [Wrap] let in. Each is asked about as when it came, by the settings of whoever let it
// in, so that in the mode [Observe] nothing is closed (docs/semantics.md, edge-35).
//
//	recheck := &gate.Recheck{Closing: report}
//	go recheck.Run(ctx, live)
//	listener = gate.Listen(listener, live, gate.ListenOptions{Resolver: resolver, Proxies: true, Recheck: recheck})
//	server := &http.Server{
//		Handler:     gate.Wrap(app, live, gate.Options{Resolver: resolver, Recheck: recheck}),
//		ConnContext: recheck.ConnContext,
//		ConnState:   recheck.ConnState,
//	}
//	err := server.Serve(listener)
//
// Of a connection the peer is asked about. Behind a proxy of the edge it is the client of
// the last request on it, by what the edge in force reads in the header that named it. In
// HTTP/2 many clients share the connection of their proxy, and of one that is denied the
// request's context is cancelled and nothing else; so it is where the server has no
// ConnContext, or listens without Listen.
//
// The zero Recheck closes nothing before [Recheck.Run], and is to be used by one Live
// alone. It must not be copied. Safe for concurrent use. A look at a connection costs
// little more than a decision, at 100,000 some 20 ms; it holds up those that come and go
// for no more than a few microseconds at a time.
type Recheck struct {
	// Closing learns of everything that is about to be closed, and why; the connection
	// is nil where it is not known. Set it before anything is let in. The others wait
	// for it.
	Closing func(net.Conn, Result)

	mutex  sync.Mutex
	places []rechecked // nil where one is free
	free   []int
}

// rechecked is what a Recheck looks at: a connection, or a request.
type rechecked interface {
	again() (Result, bool) // false: it is not let in any more, and why
	connection() net.Conn
	end()
	place() *place
}

// place is where something stands in a Recheck, under its mutex.
type place struct {
	index         int
	entered, gone bool
}

// slice is how many are looked at between two turns of those that come and go.
const slice = 256

// Run looks at everything that is open, at once and then whenever a policy is swapped
// into live, until the context ends. Swaps that come during a look are one more look.
func (r *Recheck) Run(ctx context.Context, live *decide.Live) {
	for {
		swapped := live.Swapped()
		r.look(ctx)
		select {
		case <-ctx.Done():
			return
		case <-swapped:
		}
	}
}

// look asks about everything that was there when it began. What comes meanwhile may
// take a place behind it, and is decided by the policy in force.
func (r *Recheck) look(ctx context.Context) {
	var some [slice]rechecked
	for from := 0; ctx.Err() == nil; from += slice {
		r.mutex.Lock()
		count := copy(some[:], r.places[min(from, len(r.places)):])
		r.mutex.Unlock()
		if count == 0 {
			return
		}
		for _, one := range some[:count] {
			if one != nil {
				r.keeps(one)
			}
		}
	}
}

// keeps asks about one, and ends it unless it is let in.
func (r *Recheck) keeps(one rechecked) bool {
	result, ok := one.again()
	if ok {
		return true
	}
	if r.Closing != nil {
		r.Closing(one.connection(), result)
	}
	one.end()
	return false
}

// enter takes one in, unless it has left already.
func (r *Recheck) enter(one rechecked) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	p := one.place()
	if p.gone {
		return
	}
	p.entered = true
	if last := len(r.free) - 1; last >= 0 {
		p.index, r.free = r.free[last], r.free[:last]
		r.places[p.index] = one
		return
	}
	p.index = len(r.places)
	r.places = append(r.places, one)
}

// leave gives a place back, once. A crowd that has gone leaves no room behind.
func (r *Recheck) leave(one rechecked) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	p := one.place()
	if p.entered && !p.gone {
		r.places[p.index] = nil
		r.free = append(r.free, p.index)
		if len(r.free) == len(r.places) && len(r.places) > slice {
			r.places, r.free = nil, nil
		}
	}
	p.gone = true
}

// ConnContext is for [http.Server], so that requests know their connection.
func (r *Recheck) ConnContext(ctx context.Context, connection net.Conn) context.Context {
	if g := r.guardedOf(connection); g != nil {
		return context.WithValue(ctx, connectionKey{}, g)
	}
	return ctx
}

// ConnState is for [http.Server], so that a connection on which no request is under way
// is not closed for the sake of the last one's client.
func (r *Recheck) ConnState(connection net.Conn, state http.ConnState) {
	if state != http.StateIdle {
		return
	}
	if g := r.guardedOf(connection); g != nil {
		g.request.Store(nil)
	}
}

type connectionKey struct{}

// guardedOf is the connection of Listen beneath TLS; nil if this Recheck has none there.
func (r *Recheck) guardedOf(connection net.Conn) *guarded {
	for {
		switch outer := connection.(type) {
		case *guarded:
			if outer.listener.options.Recheck != r {
				return nil
			}
			return outer
		case interface{ NetConn() net.Conn }: // such as *tls.Conn
			connection = outer.NetConn()
		default:
			return nil
		}
	}
}

// asked is a request that was let in.
type asked struct {
	guard  *guard
	remote string
	header http.Header // the lines that named its client
	cancel context.CancelFunc
	on     *guarded // nil where it is not known
	spot   place
}

// begin takes a request in that edge and policy let in. It is false where others are in
// force by now that do not; end is to be called in either case.
func (r *Recheck) begin(a *asked, edge *Resolver, policy *decide.Policy, major int) (end func(), ok bool) {
	end = a.cancel
	var one rechecked = a
	if a.on != nil && major == 1 {
		a.on.request.Store(a) // until the next one, since a connection may be taken over
		one = a.on
	} else {
		r.enter(a)
		end = func() { r.leave(a); a.cancel() }
	}
	if edgeNow, now := a.guard.options.Resolver.Pair(a.guard.live); edgeNow == edge && now == policy {
		return end, true
	}
	return end, r.keeps(one)
}

// again implements rechecked: what its header said then is read by the edge in force.
func (a *asked) again() (Result, bool) {
	var buffer [MaxChain]netip.Addr
	edge, policy := a.guard.options.Resolver.Pair(a.guard.live)
	policy = guarding(policy, edge)
	chain, code := edge.hops(buffer[:0], a.remote, a.header)
	var decision decide.Decision // not in a Result, as in ServeHTTP
	policy.DecideInto(&decision, chain)
	if decision.Allowed() || a.guard.options.Mode == Observe {
		return Result{}, true
	}
	return Result{Decision: decision, Err: code, policy: policy, chain: slices.Clone(chain)}, false
}

func (a *asked) connection() net.Conn {
	if a.on == nil {
		return nil
	}
	return a.on.Conn
}

func (a *asked) place() *place { return &a.spot }
func (a *asked) end()          { a.cancel() }
