package docdiff

import (
	"github.com/netwicket/netwicket/cmd/netwicket/internal/impact"
	"github.com/netwicket/netwicket/decide"
)

// Share is how much of the address space the new policy decides otherwise because
// of this difference: what would be decided as before if it alone were undone. It
// is not known where no address is decided by the thing alone, as by the edge, or
// where the documents do not fit together without it, as a rule that names a new
// zone. The cost is that of compiling the policy once more.
func (d *Difference) Share(config decide.Config, policy *decide.Policy) (impact.Size, bool) {
	if d.before == nil {
		return impact.Size{}, false
	}
	without, err := decide.Compile(d.before(config))
	if err != nil {
		return impact.Size{}, false
	}
	counter := impact.NewCounter(nil)
	for change := range decide.Diff(without, policy) {
		counter.Add(change)
	}
	return counter.Decided(), true
}
