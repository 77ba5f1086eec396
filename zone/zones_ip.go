package zone

import (
	"net/netip"
	"strings"

	"go4.org/netipx"

	"github.com/netwicket/netwicket/internal/finding"
	"github.com/netwicket/netwicket/internal/jsondoc"
	"github.com/netwicket/netwicket/internal/netset"
)

func (r *zoneReader) ipZone(z *Zone, node jsondoc.Node) {
	r.addressLists(z, node)
	for _, other := range []string{"locations", "asns", "ipServiceCategories", "proxyType"} {
		r.misplaced(node.Get(other), "an IP zone has gateways and proxies only")
	}
	if node.Get("gateways").Blank() && node.Get("proxies").Blank() {
		r.Warn(node, "empty-zone", "the zone has neither gateways nor proxies, so it matches nothing")
	}
}

// addressLists reads gateways and proxies.
func (r *zoneReader) addressLists(z *Zone, node jsondoc.Node) {
	z.Gateways = r.entries(node.Get("gateways"), "gateways")
	z.Proxies = r.entries(node.Get("proxies"), "proxies")
}

// misplaced reports content that belongs to another zone type.
func (r *zoneReader) misplaced(value jsondoc.Node, reason string) {
	if !value.Blank() && value.String() != "null" {
		r.Problem(value, "wrong-shape", "%s", reason)
	}
}

func (r *zoneReader) entries(list jsondoc.Node, property string) []Entry {
	if !r.Given(list, jsondoc.Array, "an array of addresses, or null") {
		return nil
	}
	// What is no entry takes no room: two bytes of a document would cost a hundred.
	entries := make([]Entry, 0, min(list.Len(), len(list.Raw())/len(`{"type":"CIDR","value":"::"}`)))
	for _, node := range list.Elements() {
		r.entryCount++
		if entry, ok := r.entry(node, property); ok {
			entries = append(entries, entry)
		}
	}
	return entries
}

func (r *zoneReader) entry(node jsondoc.Node, property string) (Entry, bool) {
	if !r.Is(node, jsondoc.Object, "an object with type and value") {
		return Entry{}, false
	}
	r.unknownKeys(node, "type", "value")
	form, value := node.Get("type"), node.Get("value")
	formGiven, valueGiven := r.entryType(form, node), r.entryValue(value, node)
	if !formGiven || !valueGiven {
		return Entry{}, false
	}
	entry := Entry{Position: positionOf(value), Text: value.String()}
	var ok bool
	if form.String() == "CIDR" {
		entry.Range, ok = r.cidr(value)
	} else {
		entry.Range, ok = r.addressRange(value, property)
	}
	if property == "proxies" && netset.Everything(entry.Range) { // docs/semantics.md, oktadoc-8
		r.Warn(value, "open-proxies", "every address is a trusted proxy: whatever X-Forwarded-For claims is believed")
	}
	return entry, ok
}

// entryType says whether an entry is a CIDR or a RANGE, and reports it if not
// (docs/semantics.md, oktadoc-9).
func (r *zoneReader) entryType(form, entry jsondoc.Node) bool {
	if form.Kind() <= jsondoc.Null {
		r.Problem(either(form, entry), "missing-entry-type", "the entry has no type; expected CIDR or RANGE")
		return false
	}
	if !r.Is(form, jsondoc.String, "a string") {
		return false
	}
	if text := form.String(); text != "CIDR" && text != "RANGE" {
		r.Problem(form, "unknown-entry-type", "unknown type; %s", jsondoc.Expected(text, "CIDR", "RANGE"))
		return false
	}
	return true
}

func (r *zoneReader) entryValue(value, entry jsondoc.Node) bool {
	if !value.Exists() {
		r.Problem(entry, "missing-value", "the entry has no value; expected an address, a CIDR network or a range")
		return false
	}
	return r.Is(value, jsondoc.String, "a string")
}

// cidr reads a CIDR value of either family (docs/semantics.md, oktadoc-5). Host
// bits are masked without a word: Okta's own examples have them and mean the
// network (oktadoc-3).
func (r *zoneReader) cidr(value jsondoc.Node) (netipx.IPRange, bool) {
	network, _, err := netset.ParsePrefix(value.String())
	if err != nil {
		r.Problem(value, "bad-cidr", "%w", err)
	}
	return network, err == nil
}

// addressRange reads a RANGE value: "first-last" (docs/semantics.md, address-5),
// or one address, which Okta stores as "address-address" (oktadoc-4).
func (r *zoneReader) addressRange(value jsondoc.Node, property string) (netipx.IPRange, bool) {
	text := value.String()
	firstText, lastText, found := strings.Cut(text, "-")
	if !found {
		lastText = firstText
	}
	first, ok := r.rangeEnd(value, property, firstText)
	if !ok {
		return netipx.IPRange{}, false
	}
	last, ok := r.rangeEnd(value, property, lastText)
	if !ok {
		return netipx.IPRange{}, false
	}
	if err := netset.CheckOrder(first, last); err != nil {
		r.Problem(value, "bad-range", "%w", err)
		return netipx.IPRange{}, false
	}
	return netipx.IPRangeFrom(first, last), true
}

// rangeEnd reads one end of a RANGE. The message begins as Okta's own does
// (Zones API, "Create an IP Zone", example of a 400 answer).
func (r *zoneReader) rangeEnd(value jsondoc.Node, property, end string) (netip.Addr, bool) {
	end = strings.Trim(end, " \t")
	addr, err := netset.ParseAddr(end)
	if err != nil {
		r.Problem(value, "bad-range", "%s: The IP: %s in the RANGE: %s is invalid. Make sure it is a valid IPV4. [%w]",
			property, finding.Inline(end), finding.Inline(value.String()), err)
	}
	return addr, err == nil
}
