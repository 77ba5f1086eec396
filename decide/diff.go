package decide

import (
	"iter"

	"go4.org/netipx"
)

// Outcome is the part of a decision that [Diff] compares.
type Outcome struct {
	Verdict Verdict `json:"decision"`
	Reason  Reason  `json:"reason"`
}

// Change is a range of addresses about which two policies differ.
type Change struct {
	Range         netipx.IPRange
	Before, After Outcome
}

// Diff compares two policies over all addresses, exactly, for chains of one. It
// yields every maximal range whose verdict or reason differs, in address order,
// IPv4 first, never overlapping. Ranges split where a reason changes. It treats
// the address space as [Policy.Ranges] does; a nil policy denies everything.
//
// The cost is one pass over the intervals of both policies, without visiting
// addresses.
// See docs/semantics.md, range-3.
func Diff(before, after *Policy) iter.Seq[Change] {
	return func(yield func(Change) bool) {
		pending := Change{}
		emit := func(next Change) bool {
			if pending.Before == next.Before && pending.After == next.After &&
				pending.Range.To().Next() == next.Range.From() { // which none is at first
				pending.Range = netipx.IPRangeFrom(pending.Range.From(), next.Range.To())
				return true
			}
			done := pending
			pending = next
			return !done.Range.IsValid() || yield(done)
		}
		for r, decisions := range SideBySide(before, after) {
			outcomes := [2]Outcome{decisions[0].outcome(), decisions[1].outcome()}
			if outcomes[0] == outcomes[1] {
				continue
			}
			if !emit(Change{Range: r, Before: outcomes[0], After: outcomes[1]}) {
				return
			}
		}
		if pending.Range.IsValid() {
			yield(pending)
		}
	}
}

func (j *Judgment) outcome() Outcome { return Outcome{j.Verdict, j.Reason} }

// SideBySide ranges over the whole address space as [Policy.Ranges] does, with the
// decisions of both policies, cut where that of either changes. A nil policy denies
// everything. The cost is one pass over the intervals of both.
func SideBySide(before, after *Policy) iter.Seq2[netipx.IPRange, [2]Decision] {
	return beside(before.Ranges(), after.Ranges())
}

// SideBySideIn is [SideBySide] cut to a range, as [Policy.RangesIn] is, at the cost of
// the intervals inside.
// See docs/semantics.md, range-4.
func SideBySideIn(before, after *Policy, within netipx.IPRange) iter.Seq2[netipx.IPRange, [2]Decision] {
	return beside(before.RangesIn(within), after.RangesIn(within))
}

// beside joins ranges that cover the same addresses in the same order.
func beside(before, after iter.Seq2[netipx.IPRange, Decision]) iter.Seq2[netipx.IPRange, [2]Decision] {
	return func(yield func(netipx.IPRange, [2]Decision) bool) {
		next, stop := iter.Pull2(after)
		defer stop()
		other, decision, more := next()
		for r, d := range before {
			for more {
				from, to := r.From(), r.To()
				if other.From().Compare(from) > 0 {
					from = other.From()
				}
				if other.To().Compare(to) < 0 {
					to = other.To()
				}
				if !yield(netipx.IPRangeFrom(from, to), [2]Decision{d, decision}) {
					return
				}
				if other.To() == to {
					other, decision, more = next()
				}
				if r.To() == to {
					break
				}
			}
		}
	}
}
