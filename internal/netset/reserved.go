package netset

import (
	"fmt"
	"net/netip"
	"strings"
)

// reserved counts the entries of a list that hold addresses which no host of the
// internet has: our own networks have them, and whoever comes from there is what the
// list says. Lists of what nobody should route hold them (firehol_level1), which
// deny all that is inside. Addresses of documentation harm nobody.
type reserved struct {
	first Entry
	count int
	texts []string

	blocks []netip.Prefix
}

// blocks are the networks of IANA's registries of special purpose that an
// organisation's own hosts may have, or none.
func blocks() []netip.Prefix {
	var all []netip.Prefix
	for _, text := range []string{
		"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/3",
		"::/127", "fc00::/7", "fe80::/10", "ff00::/8",
	} {
		all = append(all, netip.MustParsePrefix(text))
	}
	return all
}

func (l *reserved) note(e Entry) {
	if !maybeReserved(e.Range.From(), e.Range.To()) || wide(e.Range) { // all of it has its own warning
		return
	}
	if l.blocks == nil {
		l.blocks = blocks()
	}
	for _, block := range l.blocks {
		from := block.Addr()
		if block.Contains(e.Range.From()) || e.Range.Contains(from) {
			if l.count++; l.count == 1 {
				l.first = e
			}
			if len(l.texts) < 3 {
				l.texts = append(l.texts, e.Text)
			}
			return
		}
	}
}

// maybeReserved passes over nearly everything at little cost: a range that begins
// and ends in the same /8 of IPv4, or begins in global unicast of IPv6, beside which
// nothing is reserved.
func maybeReserved(from, to netip.Addr) bool {
	if !from.Is4() {
		return from.As16()[0]>>5 != 1
	}
	first, last := from.As4()[0], to.As4()[0]
	if first != last || first >= 224 {
		return true
	}
	switch first {
	case 0, 10, 100, 127, 169, 172, 192, 198:
		return true
	default:
		return false
	}
}

// found says what was found in a list of so many entries, and where first.
func (l *reserved) found(entries int) (Entry, string) {
	if l.count == 0 {
		return Entry{}, ""
	}
	examples := strings.Join(l.texts, ", ")
	if more := l.count - len(l.texts); more > 0 {
		examples += fmt.Sprintf(" and %d more", more)
	}
	return l.first, fmt.Sprintf("%d of %d networks of the list hold private or reserved addresses (%s): what the list says is said of our own hosts too; "+
		"take them out, or use a list without them", l.count, entries, examples)
}
