package gate

import (
	"net/netip"
	"strings"

	"github.com/netwicket/netwicket/internal/addrnum"
)

// maxElementBytes is the length of the longest element that is read. An IPv6
// address in brackets with a port has at most 53 bytes; the rest leaves room
// for a zone (docs/semantics.md, edge-9).
const maxElementBytes = 104

// address is an IP address while it is being examined: unmapped and without a
// zone, since both are dropped where an address enters. The zero address is none.
//
// It exists beside netip.Addr because netip.ParseAddr allocates for every text
// that it refuses and for every new zone, and both are in a stranger's hand.
type address struct {
	hi, lo uint64 // IPv6; of an IPv4 address lo holds the 32 bits
	family uint8  // 4, 6, or 0 for none
}

func address4(bits uint32) address { return address{lo: uint64(bits), family: 4} }

// address6 unmaps: ::ffff:a.b.c.d is the IPv4 address a.b.c.d under another
// name, and must not slip past a rule about it (docs/semantics.md, address-1). An
// address that embeds an IPv4 address in any other way stays what it is (edge-21).
func address6(hi, lo uint64) address {
	if hi == 0 && lo>>32 == 0xffff {
		return address4(uint32(lo))
	}
	return address{hi: hi, lo: lo, family: 6}
}

// addressFrom is a valid address that is no text.
func addressFrom(ip netip.Addr) address {
	if ip.Is4() {
		return address4(addrnum.From4(ip))
	}
	n := addrnum.From6(ip)
	return address6(n.Hi, n.Lo)
}

func (a address) netip() netip.Addr {
	switch a.family {
	case 4:
		return addrnum.Addr4(uint32(a.lo))
	case 6:
		return addrnum.Number{Hi: a.hi, Lo: a.lo}.Addr6()
	default:
		return netip.Addr{}
	}
}

// noHost says that no host sends from this address: it is unspecified,
// multicast (224.0.0.0/4, ff00::/8) or the limited broadcast address
// (docs/semantics.md, edge-2). Private and reserved ones are hosts like any other.
func (a address) noHost() bool {
	if a.family == 4 {
		return a.lo == 0 || a.lo>>28 == 0xe || a.lo == 0xffffffff
	}
	return a.hi|a.lo == 0 || a.hi>>56 == 0xff
}

// parseElement reads what proxies write into X-Forwarded-For and servers into
// RemoteAddr: v4, v4:port, v6, [v6] or [v6]:port, and nothing else. Ports are
// real traffic (Azure's gateways send them). An unbracketed IPv6 address with
// what was meant as a port is the address that it spells (docs/semantics.md,
// edge-10, edge-11).
func parseElement(s string) (address, bool) {
	if len(s) > maxElementBytes {
		return address{}, false
	}
	if bits, n := parse4(s); n > 0 { // as parseHost, which would be two calls more
		return address4(bits), n == len(s) || isPort(s[n:])
	}
	if a, rest, ok := parseHost(s); ok {
		return a, rest == "" || isPort(rest)
	}
	hi, lo, n := parse6(s)
	if n == 0 || zoneLength(s[n:]) != len(s)-n {
		return address{}, false
	}
	return address6(hi, lo), true
}

// parseWithPort reads the one form of CloudFront-Viewer-Address: an address without
// brackets, IPv6 too, and always a port behind the last colon. Without the port it
// is refused, since its last group would be taken for one (docs/semantics.md,
// edge-11). See
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/adding-cloudfront-headers.html.
func parseWithPort(s string) (address, bool) {
	colon := strings.LastIndexByte(s, ':')
	if len(s) > maxElementBytes || colon <= 0 || !isPort(s[colon:]) {
		return address{}, false
	}
	host := s[:colon]
	if bits, n := parse4(host); n > 0 {
		return address4(bits), n == len(host)
	}
	if host[0] == '[' {
		return address{}, false
	}
	return parseElement(host)
}

// parseHost reads an IPv4 address or a bracketed IPv6 address at the start of s
// and gives what follows it.
func parseHost(s string) (a address, rest string, ok bool) {
	if s == "" {
		return address{}, "", false
	}
	if s[0] != '[' {
		bits, n := parse4(s)
		return address4(bits), s[n:], n > 0
	}
	hi, lo, n := parse6(s[1:])
	if n == 0 {
		return address{}, "", false
	}
	rest = s[1+n:]
	rest = rest[zoneLength(rest):]
	if rest == "" || rest[0] != ']' {
		return address{}, "", false
	}
	return address6(hi, lo), rest[1:], true
}

// parse4 reads a dotted quad at the start of s and gives the number of bytes
// read, 0 if there is none. It refuses leading zeros: 010.0.0.1 is 10.0.0.1 to
// some programs and 8.0.0.1 to others.
func parse4(s string) (bits uint32, n int) {
	for dots := 0; ; dots++ {
		if n == len(s) {
			return 0, 0
		}
		field := uint32(s[n]) - '0'
		if field > 9 {
			return 0, 0
		}
		n++
		for n < len(s) {
			digit := uint32(s[n]) - '0'
			if digit > 9 {
				break
			}
			if field == 0 || field > 25 {
				return 0, 0
			}
			field = field*10 + digit
			n++
		}
		if field > 255 {
			return 0, 0
		}
		bits = bits<<8 | field
		if dots == 3 {
			return bits, n
		}
		if n == len(s) || s[n] != '.' {
			return 0, 0
		}
		n++
	}
}

// parse4Backward reads a dotted quad at the end of s, as parse4 does at the
// start, and gives the index of its first byte, -1 if there is none.
func parse4Backward(s string) (bits uint32, first int) {
	i := len(s) - 1
	for shift := 0; ; shift += 8 {
		if i < 0 {
			return 0, -1
		}
		field := uint32(s[i]) - '0'
		if field > 9 {
			return 0, -1
		}
		i--
		if i >= 0 {
			if tens := uint32(s[i]) - '0'; tens <= 9 {
				field += tens * 10
				i--
				leading := tens
				if i >= 0 {
					if hundreds := uint32(s[i]) - '0'; hundreds <= 9 {
						field += hundreds * 100
						i--
						leading = hundreds
					}
				}
				if leading == 0 || field > 255 {
					return 0, -1
				}
			}
		}
		bits |= field << shift
		if shift == 24 {
			return bits, i + 1
		}
		if i < 0 || s[i] != '.' {
			return 0, -1
		}
		i--
	}
}

// parse6 reads an IPv6 address without a zone at the start of s (RFC 4291
// section 2.2) and gives the number of bytes read, 0 if there is none.
func parse6(s string) (hi, lo uint64, n int) {
	var head128 [2]uint64 // the groups left of "::"
	head, count := 0, 0   // groups left of "::", groups since
	compressed := false
	if len(s) >= 2 && s[0] == ':' && s[1] == ':' {
		compressed, n = true, 2
	}
	for {
		group, digits := parseGroup(s[n:])
		if digits == 0 {
			if count == 0 {
				break // nothing follows "::", or nothing is there
			}
			return 0, 0, 0
		}
		if n+digits < len(s) && s[n+digits] == '.' {
			bits, length := parse4(s[n:])
			if length == 0 {
				return 0, 0, 0
			}
			hi, lo = hi<<32|lo>>32, lo<<32|uint64(bits)
			count += 2
			n += length
			break
		}
		hi, lo = hi<<16|lo>>48, lo<<16|group
		count++
		n += digits
		if n == len(s) || s[n] != ':' {
			break
		}
		n++
		if n < len(s) && s[n] == ':' {
			if compressed {
				return 0, 0, 0
			}
			compressed = true
			n++
			head128, head = [2]uint64{hi, lo}, count
			hi, lo, count = 0, 0, 0
		}
	}
	if !compressed && count != 8 || compressed && head+count > 7 {
		return 0, 0, 0
	}
	headHi, headLo := shiftLeft(head128[0], head128[1], uint(8-head)*16)
	return hi | headHi, lo | headLo, n
}

// parseGroup reads up to four hexadecimal digits; a fifth makes it no group.
func parseGroup(s string) (value uint64, digits int) {
	for digits < len(s) {
		c := s[digits]
		switch {
		case c-'0' <= 9:
			c -= '0'
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return value, digits
		}
		if digits == 4 {
			return 0, 0
		}
		value = value<<4 | uint64(c)
		digits++
	}
	return value, digits
}

func shiftLeft(hi, lo uint64, bits uint) (uint64, uint64) {
	if bits >= 64 {
		return lo << (bits - 64), 0
	}
	return hi<<bits | lo>>(64-bits), lo << bits
}

// zoneLength is the length of the zone ("%eth0") at the start of s, 0 if there
// is none or it is empty. The zone is dropped; it has to consist of visible
// ASCII that cannot be taken for the end of an element, so that a second
// address cannot hide in it.
func zoneLength(s string) int {
	if s == "" || s[0] != '%' {
		return 0
	}
	n := 1
	for n < len(s) && isZoneByte(s[n]) {
		n++
	}
	if n == 1 {
		return 0
	}
	return n
}

func isZoneByte(c byte) bool {
	switch c {
	case '"', ',', ';', '[', '\\', ']':
		return false
	}
	return c > ' ' && c < 0x7f
}

// isPort says that s is a colon and a port: one to five digits up to 65535.
func isPort(s string) bool {
	if len(s) < 2 || len(s) > 6 || s[0] != ':' {
		return false
	}
	port := 0
	for i := 1; i < len(s); i++ {
		digit := s[i] - '0'
		if digit > 9 {
			return false
		}
		port = port*10 + int(digit)
	}
	return port <= 65535
}
