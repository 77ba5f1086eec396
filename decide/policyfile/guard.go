package policyfile

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/gate"
)

// LockedOut says why a policy behind the Parts' edge denies a client of an address,
// in words for whoever must not be locked out; empty: it does not. who tells what
// the address is, such as "which is in serve.guard" (docs/semantics.md, edge-30).
func (p *Parts) LockedOut(policy *decide.Policy, addr netip.Addr, who string) string {
	d, err := p.Edge.DecideNamed(policy)(addr)
	switch {
	case errors.Is(err, gate.ErrAllTrusted):
		return fmt.Sprintf("%s, %s, is inside edge.trusted: it would be taken for a proxy, and denied", addr, who)
	case !d.Allowed():
		return fmt.Sprintf("it denies %s, %s: %s", addr, who, d)
	default:
		return ""
	}
}
