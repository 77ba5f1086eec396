package decide

import (
	"net/netip"
	"sync/atomic"
)

// Live holds the policy in force and lets it be replaced while requests run.
// The zero value denies. Safe for concurrent use.
type Live struct {
	policy atomic.Pointer[Policy]
}

// Policy is the policy in force, nil before the first Swap. A request that
// needs several answers takes it once, so that all come from one policy.
// See docs/semantics.md, order-2 and rule-13.
func (l *Live) Policy() *Policy {
	if l == nil {
		return nil
	}
	return l.policy.Load()
}

// Swap puts next in force and returns what was. A nil next denies everything
// from then on.
func (l *Live) Swap(next *Policy) (previous *Policy) { return l.policy.Swap(next) }

// Decide asks the policy in force. Like [Policy.Decide], it becomes part of the
// caller's code.
func (l *Live) Decide(addr netip.Addr) (d Decision) {
	found, client := l.Policy().find(addr)
	d.Judgment, d.Client = *found, client
	return d
}

// Allows asks the policy in force.
func (l *Live) Allows(addr netip.Addr) bool { return l.Policy().Allows(addr) }

// DecideChain asks the policy in force.
func (l *Live) DecideChain(chain []netip.Addr) Decision { return l.Policy().DecideChain(chain) }
