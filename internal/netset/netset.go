// Package netset reads addresses, prefixes and ranges as people write them in
// lists and configurations, and brings each to the one form that netwicket
// compares: unmapped, without a zone, first to last.
package netset

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"go4.org/netipx"
)

// ParseAddr reads one address. An IPv4-mapped address is its IPv4 address
// (docs/semantics.md, address-1); an address with a zone is refused, since no
// client would ever match it, and so is every short form (address-3).
func ParseAddr(text string) (netip.Addr, error) {
	addr, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Addr{}, fmt.Errorf("not an IP address (%s)", reason(err))
	}
	if addr.Zone() != "" {
		return netip.Addr{}, errors.New("an address with a zone matches no client; write it without")
	}
	return addr.Unmap(), nil
}

// ParsePrefix reads CIDR notation. Host bits are masked away and reported by
// hostBits. ::ffff:a.b.c.d/n with n >= 96 is the IPv4 prefix of n-96 bits; with
// fewer bits it would cover more than the mapped IPv4 space and is refused
// (docs/semantics.md, address-4).
func ParsePrefix(text string) (r netipx.IPRange, hostBits bool, err error) {
	prefix, err := netip.ParsePrefix(text)
	if err != nil {
		return netipx.IPRange{}, false, fmt.Errorf("not a prefix such as 192.0.2.0/24 or 2001:db8::/32 (%s)", reason(err))
	}
	if prefix.Addr().Is4In6() {
		if prefix.Bits() < 96 {
			return netipx.IPRange{}, false, errors.New("an IPv4-mapped prefix needs at least 96 bits; write the IPv4 prefix")
		}
		prefix = netip.PrefixFrom(prefix.Addr().Unmap(), prefix.Bits()-96)
	}
	return netipx.RangeOfPrefix(prefix.Masked()), prefix != prefix.Masked(), nil
}

// ParseRange reads "first-last", both inclusive, with spaces around either end.
func ParseRange(text string) (netipx.IPRange, error) {
	firstText, lastText, found := strings.Cut(text, "-")
	if !found {
		return netipx.IPRange{}, errors.New("not a range such as 192.0.2.1-192.0.2.9")
	}
	first, err := ParseAddr(strings.Trim(firstText, " \t"))
	if err != nil {
		return netipx.IPRange{}, fmt.Errorf("first address of the range: %w", err)
	}
	last, err := ParseAddr(strings.Trim(lastText, " \t"))
	if err != nil {
		return netipx.IPRange{}, fmt.Errorf("last address of the range: %w", err)
	}
	if err := CheckOrder(first, last); err != nil {
		return netipx.IPRange{}, err
	}
	return netipx.IPRangeFrom(first, last), nil
}

// CheckOrder says why two addresses are not the ends of a range, or nil.
func CheckOrder(first, last netip.Addr) error {
	if first.Is4() != last.Is4() {
		return errors.New("the range mixes IPv4 and IPv6")
	}
	if last.Less(first) {
		return errors.New("the range ends before it starts")
	}
	return nil
}

// Parse reads an address, a prefix or a range, whichever the text looks like;
// hostBits as of [ParsePrefix].
func Parse(text string) (r netipx.IPRange, hostBits bool, err error) {
	switch {
	case strings.Contains(text, "-"):
		r, err = ParseRange(text)
		return r, false, err
	case strings.Contains(text, "/"):
		return ParsePrefix(text)
	default:
		addr, err := ParseAddr(text)
		return netipx.IPRangeFrom(addr, addr), false, err
	}
}

// Code is the code of a finding about text that Parse refused, by what its
// writer took it for.
func Code(text string) string {
	switch {
	case strings.Contains(text, "-"):
		return "bad-range"
	case strings.Contains(text, "/"):
		return "bad-cidr"
	default:
		return "bad-address"
	}
}

// Caution is what the author of a network should hear, although it loads.
type Caution struct {
	Code string
	Err  error
}

// Cautions are about a network that covers more than its author may have meant:
// all that shares the prefix of an address, or everything. There are none about
// most networks, which costs nothing (docs/semantics.md, address-7).
func Cautions(r netipx.IPRange, hostBits bool) []Caution {
	if r.From() == r.To() {
		return nil // most are a single address
	}
	var all []Caution
	if hostBits {
		all = append(all, Caution{"host-bits", fmt.Errorf("the address has bits behind the prefix; the whole network %s-%s is meant", r.From(), r.To())})
	}
	switch {
	case Everything(r):
		all = append(all, Caution{"everything", errors.New("the network is the whole address space")})
	case wide(r):
		all = append(all, Caution{"wide-network", errors.New("the network is wider than any organisation has (/8 of IPv4, /16 of IPv6); a digit of the prefix length may be missing, as in /2 for /32 or /24")})
	}
	return all
}

// wide says that a range holds more than a /8 of IPv4, or a /16 of IPv6: registries
// give nobody more. Blocks that are reserved as a whole, such as fc00::/7, are not wide.
func wide(r netipx.IPRange) bool {
	if r.From().Is4() {
		from, to := r.From().As4(), r.To().As4()
		if binary.BigEndian.Uint32(to[:])-binary.BigEndian.Uint32(from[:]) < 1<<24 {
			return false
		}
	} else if from, to := r.From().As16(), r.To().As16(); binary.BigEndian.Uint64(to[:])-binary.BigEndian.Uint64(from[:]) < 1<<48 {
		return false
	}
	return !slices.ContainsFunc(blocks(), func(block netip.Prefix) bool { return block.Contains(r.From()) && block.Contains(r.To()) })
}

// Everything says that a range is the whole of IPv4 or of IPv6.
func Everything(r netipx.IPRange) bool {
	return r.From().IsUnspecified() && !r.To().Next().IsValid()
}

// reason is what a netip error objects to, without the function's name and the
// text, which the caller's finding already carries. netip quotes a piece of the
// text behind the objection: that is kept only if it is short, and is cut off
// first, because it may look like anything.
func reason(err error) string {
	text, piece := err.Error(), ""
	for _, marker := range []string{` (at "`, ` after slash: "`} {
		if i := strings.Index(text, marker); i >= 0 {
			text, piece = text[:i], text[i:]
		}
	}
	if i := strings.LastIndex(text, "): "); i >= 0 {
		text = text[i+len("): "):]
	}
	if len(piece) > 60 {
		return text
	}
	return text + piece
}
