package iptable

import "math/bits"

// Runs visits the values of a /16 in the order of addresses, until visit is false. Neighbours may be equal. The table must be
// one that [Build] made.
func (f *Family4) Runs(part uint32, visit func(value uint32) bool) bool {
	r := f.reader()
	for _, g := range f.block(f.root[part]) {
		if !r.groupRuns(g, visit) {
			return false
		}
	}
	return true
}

// Runs visits the values of a /16 in the order of addresses, until visit is false. Neighbours may be equal. The table must be
// one that [Build] made.
func (f *Family6) Runs(part uint32, visit func(value uint32) bool) bool {
	r, entry := f.reader(), f.root[part]
	switch {
	case entry&rootValue != 0:
		return visit(f.values.at(entry &^ rootValue))
	case entry&rootNode != 0:
		return r.nodeRuns(entry&^rootNode, visit)
	}
	for _, number := range f.pages[entry:][:pageGroups] {
		if !r.groupRuns(f.groups[number], visit) {
			return false
		}
	}
	return true
}

// reader reads the values of groups without their addresses.
type reader struct {
	held  *values
	below func(index uint32) [groupsPerNode]group // what an inner cell is divided into
}

func (f *Family4) reader() reader { return reader{&f.values, f.part} }

func (f *Family6) reader() reader { return reader{&f.values, f.node} }

// groupRuns visits the values of a group in the order of addresses, until visit is false.
func (r *reader) groupRuns(g group, visit func(value uint32) bool) bool {
	if g.inner == 0 {
		for run := range 1 + uint32(bits.OnesCount64(g.starts)) {
			if !visit(r.held.at(g.leaf + run)) {
				return false
			}
		}
		return true
	}
	for marks := g.starts | g.inner | g.inner<<1 | 1; marks != 0; marks &= marks - 1 {
		index, inner := g.find(^uint64(bits.TrailingZeros64(marks)))
		if inner && !r.nodeRuns(index, visit) || !inner && !visit(r.held.at(index)) {
			return false
		}
	}
	return true
}

func (r *reader) nodeRuns(index uint32, visit func(value uint32) bool) bool {
	for _, g := range r.below(index) {
		if !r.groupRuns(g, visit) {
			return false
		}
	}
	return true
}
