package decide

import (
	"net/netip"
	"sync"
	"sync/atomic"

	"github.com/netwicket/netwicket/internal/addrnum"
)

// Live holds the policy in force and lets it be replaced while requests run.
// The zero value denies. Safe for concurrent use.
type Live struct {
	policy atomic.Pointer[Policy]

	mutex   sync.Mutex
	swapped chan struct{} // nil until somebody waits
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
func (l *Live) Swap(next *Policy) (previous *Policy) {
	previous = l.policy.Swap(next)
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if l.swapped != nil {
		close(l.swapped)
		l.swapped = nil
	}
	return previous
}

// Swapped is closed by the next Swap, whatever it puts in force. Whoever takes it before
// the policy misses none. That of a nil Live is never closed.
//
//	for {
//		swapped := live.Swapped()
//		use(live.Policy())
//		<-swapped
//	}
func (l *Live) Swapped() <-chan struct{} {
	if l == nil {
		return nil
	}
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if l.swapped == nil {
		l.swapped = make(chan struct{})
	}
	return l.swapped
}

// Decide asks the policy in force. Like [Policy.Decide], it becomes part of the
// caller's code.
func (l *Live) Decide(addr netip.Addr) (d Decision) {
	found, client := l.find(addr)
	d.Judgment, d.Client = *found, client
	return d
}

// find is [Policy.find] of the policy in force. The first step stands here again:
// the call more would be a sixth of the time that most addresses take.
func (l *Live) find(addr netip.Addr) (found *Judgment, client netip.Addr) {
	p := l.Policy()
	if p != nil && p.judgmentAt != nil && addr.Is4() {
		v4, n := p.judgmentAt.V4(), addrnum.From4(addr)
		if index, ok := v4.Index(v4.Block(n), n); ok {
			return &p.judgments[v4.Value(index)], addr
		}
	}
	return p.find(addr)
}

// Allows asks the policy in force.
func (l *Live) Allows(addr netip.Addr) bool { return l.Policy().Allows(addr) }

// DecideChain asks the policy in force.
func (l *Live) DecideChain(chain []netip.Addr) Decision { return l.Policy().DecideChain(chain) }
