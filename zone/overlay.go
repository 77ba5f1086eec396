package zone

import (
	"strings"
	"time"

	"github.com/netwicket/netwicket/internal/jsondoc"
	"github.com/netwicket/netwicket/internal/netset"
)

// Overlay is netwicket's own document of emergency blocks and break-glass
// entries. The zero value changes nothing. It is not changed after parsing.
type Overlay struct {
	Deny, Allow []OverlayEntry
	Warnings    Findings
}

// OverlayEntry is one network of an overlay.
type OverlayEntry struct {
	Entry
	Until time.Time // the first moment without it; zero: it never expires, which no other time before 1970 means
	Why   string    // for the person who finds the entry later
}

// ParseOverlay reads an overlay:
//
//	{"deny": [{"network": "203.0.113.0/24", "until": "2030-01-02T15:04:05Z", "why": "credential stuffing"}],
//	 "allow": [{"network": "198.51.100.7", "why": "on-call"}]}
//
// A network is an address, a CIDR network or a first-last range. Without until
// an entry never expires; an until that is null, empty or before 1970 is an error,
// and so are unknown members (docs/semantics.md, overlay-4 and overlay-5). file
// only labels positions.
//
// The error, if any, is a [Findings] with every error of the document in
// document order. Beside an error only Warnings of the value may be used.
func ParseOverlay(file string, data []byte) (Overlay, error) {
	var overlay Overlay
	root, found := open(file, data)
	overlaid := root.Get("deny").Exists() || root.Get("allow").Exists()
	if root.Exists() && (overlaid || !found.mistaken(root, `an overlay, {"deny": [...], "allow": [...]}`)) && found.Is(root, jsondoc.Object, "an object with deny and allow") {
		found.Strict(root, "deny", "allow")
		overlay.Deny = found.overlayEntries(root.Get("deny"))
		overlay.Allow = found.overlayEntries(root.Get("allow"))
	}
	failures, warnings := found.Found.Divide()
	overlay.Warnings = warnings
	return overlay, failures.Err()
}

func (r *reader) overlayEntries(list jsondoc.Node) []OverlayEntry {
	if !r.Given(list, jsondoc.Array, "an array, or null") {
		return nil
	}
	var entries []OverlayEntry
	for _, node := range list.Elements() {
		if !r.Is(node, jsondoc.Object, "an object with network, until and why") {
			continue
		}
		if entry, ok := r.overlayEntry(node); ok {
			entries = append(entries, entry)
		}
	}
	return entries
}

func (r *reader) overlayEntry(node jsondoc.Node) (entry OverlayEntry, ok bool) {
	r.Strict(node, "network", "until", "why")
	ok = true
	switch network := node.Get("network"); {
	case !network.Exists():
		r.Fail(node, "missing-network", "the entry has no network; expected an address, a CIDR network or a range")
		ok = false
	case !r.Is(network, jsondoc.String, "a string"):
		ok = false
	default:
		entry.Entry = Entry{Position: positionOf(network), Text: network.String()}
		var hostBits bool
		var err error
		if entry.Range, hostBits, err = netset.Parse(entry.Text); err != nil {
			r.Fail(network, netset.Code(entry.Text), "%w", err)
			ok = false
		} else {
			r.cautions(network, entry.Range, hostBits)
		}
	}
	if until := node.Get("until"); until.Exists() {
		var valid bool
		entry.Until, valid = r.until(until)
		ok = ok && valid
	}
	if entry.Why = r.Text(node.Get("why")); entry.Why == "" {
		r.Warn(either(node.Get("why"), node), "missing-why", "the entry does not say why it is there; the next person will want to know")
	}
	return entry, ok
}

// until reads when an entry ends. One that was left blank, or comes from a clock or
// a field that was never set, is refused: to take it for "never" would leave the
// door open for good.
func (r *reader) until(node jsondoc.Node) (time.Time, bool) {
	if !r.Present(node, jsondoc.String, "a time such as 2030-01-02T15:04:05Z (RFC 3339)") {
		return time.Time{}, false
	}
	t, valid := parseTime(node.String())
	switch {
	case node.Blank():
		r.Fail(node, "bad-time", "expected a time such as 2030-01-02T15:04:05Z (RFC 3339), found an empty string; leave the key out for an entry that never expires")
	case !valid:
		r.Fail(node, "bad-time", "expected a time such as 2030-01-02T15:04:05Z (RFC 3339)")
	case t.Unix() < 0:
		r.Fail(node, "bad-time", "expected a time since 1970, such as 2030-01-02T15:04:05Z")
		valid = false
	}
	return t, valid
}

// parseTime reads RFC 3339. time.Parse alone also takes hours of one digit,
// fractions behind a comma and offsets of 24:60 (https://go.dev/issue/54580).
func parseTime(text string) (time.Time, bool) {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil || text[len("2006-01-02T15")] != ':' || strings.Contains(text, ",") {
		return t, false
	}
	hours, minutes, _ := strings.Cut(text[len(text)-len("07:00"):], ":")
	return t, strings.HasSuffix(text, "Z") || hours < "24" && minutes < "60"
}
