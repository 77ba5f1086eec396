package main

import (
	"errors"
	"net/netip"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/request"
	"github.com/netwicket/netwicket/decide/gate"
)

// hops turns requests into chains, by the policy's edge if it has one.
type hops struct {
	edge   *gate.Resolver // nil: the policy describes no edge
	buffer [gate.MaxChain]netip.Addr
}

// newHops makes the resolver of an edge; nil is no edge.
func newHops(edge *gate.Config) (*hops, error) {
	if edge == nil {
		return &hops{}, nil
	}
	resolver, err := gate.NewResolver(*edge)
	if err != nil {
		return nil, err
	}
	return &hops{edge: resolver}, nil
}

// resolution is what a request comes down to before it is decided.
type resolution struct {
	chain   []netip.Addr // nearest hop first, good until the next request
	peer    netip.Addr   // the zero Addr if it is no address
	failure string       // the resolver's error code, or empty
}

// resolve never fails: what cannot be resolved is a chain that begins with an
// unreadable hop, which every policy denies.
func (h *hops) resolve(r request.Request) resolution {
	var err error
	var out resolution
	if h.edge == nil || r.Bare {
		out.peer, err = gate.PeerWithoutEdge(r.Remote)
	} else {
		out.peer, err = h.edge.Peer(r.Remote)
	}
	if err == nil {
		out.chain, err = h.chain(r)
	}
	if err != nil {
		out.chain, out.failure = h.withoutClient(r), codeOf(err)
	}
	return out
}

// withoutClient is the chain of a request whose resolution failed: one hop that
// cannot be read, and where there is no edge the hops that are claimed behind it.
func (h *hops) withoutClient(r request.Request) []netip.Addr {
	if h.edge == nil && !r.Bare {
		const anybody = "0.0.0.0" // stands in for the peer, and is taken out again
		if chain, err := gate.ChainWithoutEdge(h.buffer[:0], anybody, r.Header); err == nil {
			chain[0] = netip.Addr{}
			return chain
		}
	}
	return append(h.buffer[:0], netip.Addr{})
}

func (h *hops) chain(r request.Request) ([]netip.Addr, error) {
	if h.edge == nil || r.Bare {
		return gate.ChainWithoutEdge(h.buffer[:0], r.Remote, r.Header)
	}
	return h.edge.Chain(h.buffer[:0], r.Remote, r.Header)
}

// codeOf is the stable name of a resolver's error.
func codeOf(err error) string {
	var code gate.Error
	if errors.As(err, &code) {
		return code.Code()
	}
	return err.Error()
}
