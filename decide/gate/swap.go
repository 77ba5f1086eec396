package gate

import (
	"runtime"

	"github.com/netwicket/netwicket/decide"
)

// Swap replaces the edge that r knows by that of next, and the policy in force by
// policy, as one: a request that [Wrap] guards, or that takes both from
// [Resolver.Pair], is decided by both of before or by both of after. A mixture
// could let in whom either of the two keeps out. A nil next is no edge: like a nil
// policy, it denies everything from then on.
//
// Whoever holds r goes on with the new edge; next itself may be shared and stays
// as it is. Safe for concurrent use.
func (r *Resolver) Swap(next *Resolver, live *decide.Live, policy *decide.Policy) {
	edge := next.current()
	if edge == nil {
		edge, policy = &Resolver{}, nil
	}
	r.swapping.Lock()
	defer r.swapping.Unlock()
	r.swaps.Add(1)
	r.swapped.Store(edge)
	live.Swap(policy)
	r.swaps.Add(1)
}

// Pair is the edge and the policy in force at one moment, for one request: what
// [Decide] takes where a keeper may swap both. The edge does not change any more.
// It takes no lock and allocates nothing; it reads again what was swapped
// meanwhile. A nil Resolver has no edge, and a nil live no policy.
//
//	edge, policy := resolver.Pair(live)
//	result := gate.Decide(buffer[:0], policy, edge, r.RemoteAddr, r.Header)
func (r *Resolver) Pair(live *decide.Live) (edge *Resolver, policy *decide.Policy) {
	if r == nil {
		return nil, live.Policy()
	}
	for {
		begun := r.swaps.Load() // odd while a Swap is under way
		edge, policy = r.current(), live.Policy()
		if begun%2 == 0 && r.swaps.Load() == begun {
			return edge, policy
		}
		runtime.Gosched()
	}
}

// current is the edge that r knows: its own, or the one that it was given.
func (r *Resolver) current() *Resolver {
	if r != nil {
		if edge := r.swapped.Load(); edge != nil {
			return edge
		}
	}
	return r
}
