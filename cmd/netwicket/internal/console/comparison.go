package console

import (
	"context"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/tenant"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/docdiff"
)

// shownParts is how much is shown of what changed in one document.
const shownParts = 10

// comparison is what two policies decide differently, and whom that locks out.
type comparison struct {
	Effect    effect
	Documents []documentChange
	LockedOut []string
	Embedded  bool // IPv4 addresses in some IPv6 addresses are not compared
}

// documentChange is what differs in one thing that documents have.
type documentChange struct {
	docdiff.Difference
	More int // parts that are not shown
}

// compare compares the policy that is shown with one that may follow. The error is the
// context's.
func compare(ctx context.Context, before, after *subject) (*comparison, error) {
	out := &comparison{
		LockedOut: tenant.LockedOut(before.opened(), after.opened()), Embedded: before.Parts.TestsEmbedded() || after.Parts.TestsEmbedded(),
		Effect: effectOf(changesOf(ctx, before.Policy, after.Policy), after.Parts.Config.Geo),
	}
	for _, d := range docdiff.Between(before.Parts, after.Parts) {
		one := documentChange{Difference: d}
		if one.More = len(d.Parts) - shownParts; one.More > 0 {
			one.Parts = d.Parts[:shownParts]
		}
		out.Documents = append(out.Documents, one)
	}
	return out, ctx.Err()
}
