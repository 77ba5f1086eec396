package admission

import (
	"errors"
	"net/netip"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/request"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/gate"
)

// Control decides about requests: a policy and the edge in front of it. It is
// safe for concurrent use while nobody changes it. The zero Control denies
// everything.
type Control struct {
	Policy *decide.Policy
	Edge   *gate.Resolver // nil: the policy describes no edge
}

// New puts the edge that a policy describes in front of it; nil is none. The
// error is what is wrong with the edge.
func New(policy *decide.Policy, edge *gate.Config) (Control, error) {
	if edge == nil {
		return Control{Policy: policy}, nil
	}
	resolver, err := gate.NewResolver(*edge)
	if err != nil {
		return Control{}, err
	}
	return Control{Policy: policy, Edge: resolver}, nil
}

// Buffer is the memory of one chain at a time. Requests that use the same one,
// one after the other, need no other memory.
type Buffer [gate.MaxChain]netip.Addr

// Resolution is what a request comes down to before it is decided.
type Resolution struct {
	Chain []netip.Addr // nearest hop first, never empty; good until the Buffer is used again
	Peer  netip.Addr   // the zero Addr: it is no address
	Err   error        // why there is no client, mostly a gate.Error; nil: nothing failed
}

// Resolve is the chain of a request, and who connected. It never fails: what
// cannot be resolved is a chain that begins with an unreadable hop.
func (c *Control) Resolve(r request.Request, buffer *Buffer) Resolution {
	var out Resolution
	out.Chain, out.Err = c.chain(r, buffer)
	if c.byEdge(r) {
		out.Peer, _ = c.Edge.Peer(r.Remote) // the chain's error says what is wrong with it
	} else {
		out.Peer, _ = gate.PeerWithoutEdge(r.Remote)
	}
	return out
}

// Decide decides about a request. It does not allocate.
func (c *Control) Decide(r request.Request, buffer *Buffer) decide.Decision {
	chain, _ := c.chain(r, buffer) // which is denied where there is an error
	return c.Policy.DecideChain(chain)
}

// Answer is Decide together with what the request came down to.
func (c *Control) Answer(r request.Request, buffer *Buffer) (decide.Decision, Resolution) {
	from := c.Resolve(r, buffer)
	return c.Policy.DecideChain(from.Chain), from
}

// Explain is Answer with all that led to the decision.
func (c *Control) Explain(r request.Request, buffer *Buffer) (decide.Explanation, Resolution) {
	from := c.Resolve(r, buffer)
	return c.Policy.Explain(from.Chain...), from
}

// byEdge says that the edge builds the chain. An address alone is a chain of one
// and never passed it (docs/semantics.md, chain-1).
func (c *Control) byEdge(r request.Request) bool { return c.Edge != nil && !r.Bare }

// chain is the chain of a request, with an error one that is denied: its nearest
// hop cannot be read (docs/semantics.md, edge-22 and chain-7).
func (c *Control) chain(r request.Request, buffer *Buffer) ([]netip.Addr, error) {
	if c.byEdge(r) {
		chain, err := c.Edge.Chain(buffer[:0], r.Remote, r.Header)
		if err != nil {
			return append(buffer[:0], netip.Addr{}), err
		}
		return chain, nil
	}
	chain, err := gate.ChainWithoutEdge(buffer[:0], r.Remote, r.Header)
	if err == nil {
		return chain, nil
	}
	// The peer keeps its place in front of the hops that are claimed behind it
	// (docs/semantics.md, chain-3).
	const anybody = "0.0.0.0"
	chain, _ = gate.ChainWithoutEdge(buffer[:0], anybody, r.Header) // a peer alone can be wrong
	chain[0] = netip.Addr{}
	return chain, err
}

// Code is the stable name of the error, empty if there is none: what commands
// print as the error of a decision.
func (r Resolution) Code() string { return Code(r.Err) }

// Code is the stable name of a resolver's error, empty for none.
func Code(err error) string {
	var code gate.Error
	switch {
	case err == nil:
		return ""
	case errors.As(err, &code):
		return code.Code()
	default:
		return err.Error()
	}
}
