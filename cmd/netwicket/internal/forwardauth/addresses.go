package forwardauth

import (
	"log/slog"
	"net/netip"
	"regexp"
	"strings"
)

// The networks that addresses are cut to on request: what a household or a small
// office usually has.
const (
	logged4 = 24
	logged6 = 48
)

// appendAddr appends an address, or its network where addresses must not be kept.
func (s *Snapshot) appendAddr(attrs []slog.Attr, key string, addr netip.Addr) []slog.Attr {
	switch {
	case !addr.IsValid():
		return attrs
	case s.logNetworks:
		return append(attrs, slog.String(key, network(addr)))
	default:
		return append(attrs, slog.String(key, addr.String()))
	}
}

// network is what is left of an address where addresses must not be kept. The
// zone goes too: it names an interface.
func network(addr netip.Addr) string {
	bits := logged6
	if addr = addr.Unmap().WithZone(""); addr.Is4() {
		bits = logged4
	}
	return netip.PrefixFrom(addr, bits).Masked().String()
}

// shown is text of others as the log may have it: where addresses are cut, every
// one in it is, with its port (docs/semantics.md, edge-32). It goes before
// [quoted], which could leave the half of an address.
func (j *Journal) shown(text string) string {
	if !j.networks.Load() {
		return text
	}
	return masked(text)
}

// addressLike is what an address with or without a port is made of, and more;
// fourNumbers is an IPv4 address inside of something else.
var (
	addressLike = regexp.MustCompile(`\[?[0-9A-Fa-f]*[:.][0-9A-Fa-f:.]*(?:%[0-9A-Za-z._~-]+)?(?:\](?::\d+)?)?`)
	fourNumbers = regexp.MustCompile(`\d+(?:\.\d+){3,}(?::\d+)?`)
)

// masked is text with all addresses in it cut to their networks.
func masked(text string) string { return addressLike.ReplaceAllStringFunc(text, maskedOne) }

// maskedOne cuts one address, behind which a colon or full stop of the sentence
// may stand. What is misspelt is still somebody's address and left out whole;
// times and numbers stay.
func maskedOne(text string) string {
	for end := len(text); end > 0 && end > len(text)-3; end-- {
		if addr, ok := addressOf(text[:end]); ok {
			return network(addr) + text[end:]
		}
		if last := text[end-1]; last != ':' && last != '.' {
			break
		}
	}
	if strings.Count(text, ":") > 3 {
		return "?"
	}
	return fourNumbers.ReplaceAllString(text, "?")
}

func addressOf(text string) (netip.Addr, bool) {
	if addr, err := netip.ParseAddr(strings.Trim(text, "[]")); err == nil {
		return addr, true
	}
	pair, err := netip.ParseAddrPort(text)
	return pair.Addr(), err == nil
}
