package zone

import (
	"bytes"
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
	Text        []byte
}

// OverlayEntry is one network of an overlay. A zero Until never expires.
type OverlayEntry struct {
	Entry
	Until time.Time
	Why   string // for the person who finds the entry later
}

// ParseOverlay reads an overlay:
//
//	{"deny": [{"network": "203.0.113.0/24", "until": "2030-01-02T15:04:05Z", "why": "credential stuffing"}],
//	 "allow": [{"network": "198.51.100.7", "why": "on-call"}]}
//
// A network is an address, a CIDR network or a first-last range. Without until
// an entry never expires. Unknown members are errors. file only labels
// positions.
//
// The error, if any, is a [Findings] with every error of the document in
// document order. Beside an error only Warnings of the value may be used.
func ParseOverlay(file string, data []byte) (Overlay, error) {
	overlay := Overlay{Text: bytes.Clone(data)}
	root, found := open(file, overlay.Text)
	if root.Exists() && found.is(root, jsondoc.Object, "an object with deny and allow") {
		found.strict(root, "deny", "allow")
		overlay.Deny = found.overlayEntries(root.Get("deny"))
		overlay.Allow = found.overlayEntries(root.Get("allow"))
	}
	failures, warnings := found.divide()
	overlay.Warnings = warnings
	return overlay, failures.Err()
}

func (n *notes) overlayEntries(list jsondoc.Node) []OverlayEntry {
	if !n.given(list, jsondoc.Array, "an array, or null") {
		return nil
	}
	var entries []OverlayEntry
	for _, node := range list.Elements() {
		if !n.is(node, jsondoc.Object, "an object with network, until and why") {
			continue
		}
		if entry, ok := n.overlayEntry(node); ok {
			entries = append(entries, entry)
		}
	}
	return entries
}

func (n *notes) overlayEntry(node jsondoc.Node) (entry OverlayEntry, ok bool) {
	n.strict(node, "network", "until", "why")
	ok = true
	switch network := node.Get("network"); {
	case !network.Exists():
		n.fail(node, "missing-network", "the entry has no network; expected an address, a CIDR network or a range")
		ok = false
	case !n.is(network, jsondoc.String, "a string"):
		ok = false
	default:
		entry.Entry = Entry{Position: positionOf(network), Text: network.String()}
		var err error
		if entry.Range, err = netset.Parse(entry.Text); err != nil {
			n.fail(network, networkCode(entry.Text), "%w", err)
			ok = false
		} else {
			n.wideNetwork(network, entry.Range)
		}
	}
	if until := node.Get("until"); n.text(until) != "" {
		var valid bool
		if entry.Until, valid = parseTime(until.String()); !valid {
			n.fail(until, "bad-time", "expected a time such as 2030-01-02T15:04:05Z (RFC 3339)")
			ok = false
		}
	}
	if entry.Why = n.text(node.Get("why")); entry.Why == "" {
		n.warn(either(node.Get("why"), node), "missing-why", "the entry does not say why it is there; the next person will want to know")
	}
	return entry, ok
}

// parseTime reads RFC 3339. time.Parse alone also takes hours of one digit,
// fractions behind a comma and offsets of 24:60 (https://go.dev/issue/54580).
func parseTime(text string) (time.Time, bool) {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil || text[len("2006-01-02T15")] != ':' || strings.Contains(text, ",") {
		return t, false
	}
	hours, minutes, found := strings.Cut(text[len(text)-len("07:00"):], ":")
	return t, strings.HasSuffix(text, "Z") || found && hours < "24" && minutes < "60"
}
