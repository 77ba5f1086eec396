package geo

import (
	"fmt"
	"slices"

	"go4.org/netipx"

	"github.com/netwicket/netwicket/internal/addrnum"
)

// nest lays the rows of one family over each other: where networks are inside
// one another, the smaller one wins, field by field.
//
//	10.0.0.0/8    |--US-------------------------------|
//	10.1.0.0/16       |--US------ anonymous--|
//	10.1.2.0/24            |--DE--anonymous-|
//
// Networks that are the same, or that overlap without one being inside the
// other, have no order and are errors (docs/semantics.md, join-4).
func (r *csvReader) nest(v4 bool, end addrnum.Number) spans6 {
	rows := r.ofFamily(v4)
	nested := uniform6(0)
	var around []*row // the rows that the current one is inside, outermost first
	// leave ends the rows that lie before an address.
	leave := func(until addrnum.Number) {
		for len(around) > 0 && around[len(around)-1].last.Less(until) {
			inner := around[len(around)-1]
			around = around[:len(around)-1]
			outer := uint32(0)
			if len(around) > 0 {
				outer = around[len(around)-1].number
			}
			nested.add(inner.last.Next(), outer)
		}
	}
	for _, current := range rows {
		leave(current.first)
		current.number = current.said
		if len(around) > 0 {
			outer := around[len(around)-1]
			if r.feed && outer.interval == current.interval && outer.said == current.said || r.conflict(outer, current) {
				continue
			}
			if !r.feed { // of a geofeed the best matching entry is the whole answer, RFC 8805 section 3
				statements := r.layer.statements
				current.number = r.number(r.vocabulary.within(&statements[outer.number], &statements[current.said]))
			}
		}
		nested.add(current.first, current.number)
		around = append(around, current)
	}
	leave(end)
	return nested
}

// ofFamily are the rows of one family, by first address, the larger one first.
func (r *csvReader) ofFamily(v4 bool) []*row {
	var rows []*row
	for i := range r.rows {
		if r.rows[i].v4 == v4 {
			rows = append(rows, &r.rows[i])
		}
	}
	slices.SortStableFunc(rows, func(a, b *row) int {
		if order := a.first.Compare(b.first); order != 0 {
			return order
		}
		return b.last.Compare(a.last)
	})
	return rows
}

// conflict reports a row that has no place inside the one it begins in.
func (r *csvReader) conflict(outer, inner *row) bool {
	switch {
	case outer.interval == inner.interval:
		r.rowError(inner, "repeated-network", fmt.Errorf("the same network as in line %d", outer.line))
	case outer.last.Less(inner.last):
		later, earlier := outer, inner
		if later.line < earlier.line {
			later, earlier = earlier, later
		}
		r.rowError(later, "overlapping-network", fmt.Errorf(
			"overlaps %s in line %d, and neither is inside the other; split one of them", earlier.network(), earlier.line))
	default:
		return false
	}
	return true
}

func (r *csvReader) rowError(at *row, code string, err error) {
	r.fail(int(at.line), 1, at.network(), code, err)
}

// network is the row's network, as a prefix if it is one.
func (r *row) network() string {
	family := addrnum.IPv6
	if r.v4 {
		family = addrnum.IPv4
	}
	network := netipx.IPRangeFrom(family.Addr(r.first), family.Addr(r.last))
	if prefix, ok := network.Prefix(); ok {
		return prefix.String()
	}
	return network.String()
}

func (r *csvReader) number(said statement) uint32 {
	if said.states == 0 {
		return 0
	}
	number, known := r.numbers[said]
	if !known {
		number = uint32(len(r.layer.statements))
		r.layer.statements = append(r.layer.statements, said)
		r.numbers[said] = number
	}
	return number
}

// within is what corrections say where one row lies inside another: each field
// from the inner one if it states it, else from the outer one. A region does
// not outlive its country.
func (v *vocabulary) within(outer, inner *statement) statement {
	both := *inner
	both.states |= outer.states
	if !inner.states.Has(Country) {
		both.country = outer.country
	}
	if !inner.states.Has(Region) {
		both.regions = outer.regions
	}
	if !inner.states.Has(ASN) {
		both.asn = outer.asn
	}
	if !inner.states.Has(AnonymizerField) {
		both.tells, both.hides = outer.tells, outer.hides
	}
	if !inner.states.Has(ServicesField) {
		both.services = outer.services
	}
	if both.states.Has(Country|Region) && v.regionSets[both.regions].country != both.country {
		both.regions = 0
	}
	return both
}
