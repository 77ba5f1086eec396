package gate

import (
	"net/netip"

	"github.com/netwicket/netwicket/decide"
)

// Named is whom a request comes from whose trusted proxy names this client and
// nobody else. That is the client itself, unless the edge takes its address for
// one of our own proxies ([ErrAllTrusted], or with AllTrusted: leftmost the address
// all the same) or it is no host's ([ErrMalformed]): such a client is never let in,
// whatever a policy says of its address. With the source peer nobody is named, and
// the client is the peer.
//
// It says beforehand whom an edge locks out (docs/semantics.md, edge-30). Requests are resolved by
// [Resolver.Client].
func (r *Resolver) Named(client netip.Addr) (netip.Addr, error) {
	edge := r.current()
	named, _ := parseElement(client.WithZone("").String()) // no host's where there is no client
	switch {
	case edge == nil || edge.plan.kind == kindPeer:
		return edge.Peer(client.String())
	case named.noHost():
		return netip.Addr{}, ErrMalformed
	case edge.trusted.contains(named):
		var code Error
		if named, code = edge.allTrusted(named); code != 0 {
			return netip.Addr{}, code
		}
	}
	return named.netip(), nil
}

// DecideNamed gives what a policy behind this edge decides about a client that a
// trusted proxy names ([Resolver.Named]): what serve.guard and check --must-allow
// ask. A client that the edge does not take for one is denied as unresolved, and
// the error says why. A nil Config is no edge, and the policy alone decides; one
// with errors lets nobody in.
func (c *Config) DecideNamed(policy *decide.Policy) func(client netip.Addr) (decide.Decision, error) {
	if c == nil {
		return func(client netip.Addr) (decide.Decision, error) { return policy.Decide(client), nil }
	}
	resolver, broken := NewResolver(*c)
	return func(client netip.Addr) (decide.Decision, error) {
		if broken != nil {
			return policy.DecideChain(nil), broken
		}
		named, err := resolver.Named(client)
		return policy.Decide(named), err // the zero Addr is denied
	}
}
