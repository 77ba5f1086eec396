package okta

import (
	"errors"
	"slices"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/records"
)

// place is where a policy or a rule stands in its list.
type place struct {
	at       int // which one: where the caller keeps it
	priority int
	system   bool // the system's own, which is behind all others
}

// errNoPlace says that a list of rules has no room for another at the priority that
// it asks for.
var errNoPlace = errors.New("the place is not free, and neither is one that the rules behind it could move to: 99 is the system rule's")

// sequential puts a record into a list whose priorities go from 1 without gaps, at
// the priority that it wants or else at the end, and moves the rest down (P12,
// version 1: global session policies and their rules). The list is in order and does
// not have the record; nil wants no priority in particular. With no record it
// closes the gaps.
func sequential(list []place, record *place, wanted *int) []place {
	own := slices.IndexFunc(list, func(p place) bool { return p.system })
	if own < 0 {
		own = len(list)
	}
	list = slices.Clone(list)
	if record != nil {
		at := own
		if wanted != nil {
			at = min(max(*wanted, 1)-1, own)
		}
		list = slices.Insert(list, at, *record)
	}
	for i := range list {
		list[i].priority = i + 1
	}
	return list
}

// gapped puts a record into a list whose priorities go from 0 with gaps that stay:
// one that is taken moves on, and so do those behind it up to the first gap (P12,
// version 2: rules of app sign-in policies). The list is in order and does not have
// the record; nil wants the place behind the last. The system's rule stays where it
// is, and none gets there.
func gapped(list []place, record place, wanted *int) ([]place, error) {
	own := slices.IndexFunc(list, func(p place) bool { return p.system })
	if own < 0 {
		own = len(list)
	}
	record.priority = 0
	switch {
	case wanted != nil:
		record.priority = *wanted
	case own > 0:
		record.priority = list[own-1].priority + 1
	}
	at := slices.IndexFunc(list[:own], func(p place) bool { return p.priority >= record.priority })
	if at < 0 {
		at = own
	}
	list = slices.Insert(slices.Clone(list), at, record)
	moved := at // the last that has another priority than before
	for i := at + 1; i <= own && list[i].priority <= list[i-1].priority; i++ {
		list[i].priority = list[i-1].priority + 1
		moved = i
	}
	if list[moved].priority >= records.CatchAllPriority {
		return nil, errNoPlace
	}
	return list, nil
}
