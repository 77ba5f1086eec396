package lint

import (
	"slices"

	"github.com/netwicket/netwicket/internal/finding"
	"github.com/netwicket/netwicket/zone"
)

// overlay finds allow entries that the overlay itself denies: deny goes before
// allow (docs/semantics.md, overlay-1).
func (l *linter) overlay() {
	overlay := l.Config.Overlay
	if overlay == nil {
		return
	}
	inForce := func(entries []zone.OverlayEntry) []zone.Entry {
		var kept []zone.Entry
		for i := range entries {
			if entries[i].InForce(l.Config.Now) {
				kept = append(kept, entries[i].Entry)
			}
		}
		return kept
	}
	for _, entries := range [][]zone.OverlayEntry{overlay.Deny, overlay.Allow} {
		for i := range entries {
			l.pseudoEntry(&entries[i].Entry)
		}
	}
	deny := inForce(overlay.Deny)
	denied := setOf(deny)
	for _, entry := range inForce(overlay.Allow) {
		if denied.ContainsRange(entry.Range) {
			by := &deny[slices.IndexFunc(deny, func(e zone.Entry) bool { return e.Range.Overlaps(entry.Range) })]
			l.warn(entry.Position, entry.Text, "denied-allow", "deny is looked at first and holds all of this network (%q, %s), so that this entry allows nobody; narrow the other one, or remove this one",
				finding.Cut(by.Text), place(by.Position, entry.Position))
		}
	}
}
