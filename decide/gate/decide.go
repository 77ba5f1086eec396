package gate

import (
	"log/slog"
	"net/http"
	"net/netip"

	"github.com/netwicket/netwicket/decide"
)

// Result is the decision about one request and what it was made from. The zero
// Result denies.
type Result struct {
	Decision decide.Decision
	// Err says why the client could not be resolved; zero if it could.
	Err Error

	policy *decide.Policy
	chain  []netip.Addr
}

// Decide resolves a request's chain and asks the policy about it. It is the core
// of [Wrap] for everything that is not an [http.Handler]. The chain is appended
// to buffer, as [Resolver.Chain] does; with capacity for [MaxChain] addresses
// Decide does not allocate:
//
//	var buffer [gate.MaxChain]netip.Addr
//	edge, policy := resolver.Pair(live)
//	result := gate.Decide(buffer[:0], policy, edge, r.RemoteAddr, r.Header)
//
// [Resolver.Pair] takes both in one step, since a keeper swaps both.
//
// A nil policy denies, and so does a nil resolver: one that was forgotten behind
// a proxy would decide about the proxy's address. A client that cannot be
// resolved is denied by every policy.
func Decide(buffer []netip.Addr, policy *decide.Policy, resolver *Resolver, remoteAddr string, h http.Header) (result Result) {
	result.policy = guarding(policy, resolver)
	result.chain, result.Err = resolver.hops(buffer, remoteAddr, h)
	result.policy.DecideInto(&result.Decision, result.chain)
	return result
}

// guarding is the policy to ask: none without a resolver.
func guarding(policy *decide.Policy, resolver *Resolver) *decide.Policy {
	if resolver == nil {
		return nil
	}
	return policy
}

// hops is what the policy is asked about. Where the client cannot be resolved it is
// empty, which every policy denies (docs/semantics.md, edge-22).
func (r *Resolver) hops(buffer []netip.Addr, remoteAddr string, h http.Header) ([]netip.Addr, Error) {
	chain, code := r.chain(buffer, remoteAddr, h)
	return chain[len(buffer):], code
}

// Allowed says that the request may pass.
func (r *Result) Allowed() bool { return r.Decision.Allowed() }

// Chain are the addresses that the policy was asked about, nearest hop first; a
// hop that could not be read is the zero Addr. It is empty if the client could
// not be resolved. Not to be changed.
func (r *Result) Chain() []netip.Addr { return r.chain }

// Policy is the policy that decided, nil if there was none.
func (r *Result) Policy() *decide.Policy { return r.policy }

// LogValue groups the result for slog: what the decision says of itself, and
// error, the code, if the client could not be resolved.
func (r Result) LogValue() slog.Value {
	group := r.Decision.LogValue().Group()
	if r.Err != 0 {
		group = append(group, slog.String("error", r.Err.Code()))
	}
	return slog.GroupValue(group...)
}

// Membership says in which zones the request is, by the policy that decided it:
// what step-up authentication and routing ask for. It costs about as much as
// another decision.
func (r *Result) Membership() decide.Membership { return r.policy.Match(r.chain) }
