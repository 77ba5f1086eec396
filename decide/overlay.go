package decide

import (
	"iter"
	"time"

	"go4.org/netipx"

	"github.com/netwicket/netwicket/zone"
)

// addOverlay keeps the entries that have not expired at the caller's time, which
// it has to give where an entry ends. An expired one is a warning: somebody
// believes that it still does something.
// See docs/semantics.md, overlay-4.
func (c *compiler) addOverlay() {
	document := c.config.Overlay
	if document == nil {
		return
	}
	c.warnings = append(c.warnings, document.Warnings...)
	c.deny = c.inForce(document.Deny)
	c.allow = c.inForce(document.Allow)
}

func (c *compiler) inForce(entries []zone.OverlayEntry) []zone.OverlayEntry {
	var kept []zone.OverlayEntry
	for i := range entries {
		entry := &entries[i]
		switch {
		case !entry.Until.IsZero() && c.config.Now.IsZero():
			c.fail(entry.Position, entry.Text, "no-time", "this entry ends at %s, and Config.Now is zero; set it to the present time", entry.Until.Format(time.RFC3339))
		case !entry.InForce(c.config.Now):
			c.warn(entry.Position, entry.Text, "overlay-expired", "this entry expired at %s and does nothing; remove it or give it a later \"until\"", entry.Until.Format(time.RFC3339))
		default:
			if next := c.p.info.OverlayUntil; !entry.Until.IsZero() && (next.IsZero() || entry.Until.Before(next)) {
				c.p.info.OverlayUntil = entry.Until
			}
			kept = append(kept, *entry)
		}
	}
	return kept
}

// checkOverlay refuses entries that cover no range, and ends that were never set
// (docs/semantics.md, policy-6 and overlay-4).
func (c *compiler) checkOverlay() {
	if c.config.Overlay == nil {
		return
	}
	for _, list := range []struct {
		field   string
		entries []zone.OverlayEntry
	}{{"Deny", c.config.Overlay.Deny}, {"Allow", c.config.Overlay.Allow}} {
		for i := range list.entries {
			entry := &list.entries[i]
			m := &model{c, "Overlay", entry.Position, entry.Text, true}
			m.entry(list.field, i, &entry.Entry)
			if !entry.Until.IsZero() && entry.Until.Unix() < 0 {
				m.refuse(indexed(list.field, i)+".Until", "bad-time", "expected a time since 1970, or the zero time for an entry that never expires; found %s", entry.Until.Format(time.RFC3339))
			}
		}
	}
}

func overlayRanges(entries []zone.OverlayEntry) iter.Seq[netipx.IPRange] {
	return func(yield func(netipx.IPRange) bool) {
		for i := range entries {
			if !yield(entries[i].Range) {
				return
			}
		}
	}
}
