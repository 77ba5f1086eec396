package spacemap

import (
	"net/netip"

	"go4.org/netipx"
)

// special is a block of IANA's registries of special-purpose addresses
// (RFC 6890 and what amended it), of multicast, or of IPv6 that nobody was given.
type special struct {
	Network string `json:"network"`
	Name    string `json:"name"`
}

// specials are the blocks that no host of the public internet has. Where two hold
// an address, the later one says more of it. Blocks of the registries that are
// reachable from everywhere, such as the anycast services in 192.31.196.0/24, are
// like any other address.
func specials() []special {
	return []special{
		{"0.0.0.0/8", "this network (RFC 791)"},
		{"10.0.0.0/8", "private use (RFC 1918)"},
		{"100.64.0.0/10", "shared address space (RFC 6598)"},
		{"127.0.0.0/8", "loopback (RFC 1122)"},
		{"169.254.0.0/16", "link-local (RFC 3927)"},
		{"172.16.0.0/12", "private use (RFC 1918)"},
		{"192.0.0.0/24", "IETF protocol assignments (RFC 6890)"},
		{"192.0.2.0/24", "documentation (RFC 5737)"},
		{"192.168.0.0/16", "private use (RFC 1918)"},
		{"198.18.0.0/15", "benchmarking (RFC 2544)"},
		{"198.51.100.0/24", "documentation (RFC 5737)"},
		{"203.0.113.0/24", "documentation (RFC 5737)"},
		{"224.0.0.0/4", "multicast (RFC 5771)"},
		{"240.0.0.0/4", "reserved for future use (RFC 1112)"},
		{"::/3", "outside of global unicast (RFC 4291)"},
		{"4000::/2", "outside of global unicast (RFC 4291)"},
		{"8000::/1", "outside of global unicast (RFC 4291)"},
		{"::/128", "unspecified address (RFC 4291)"},
		{"::1/128", "loopback (RFC 4291)"},
		{"64:ff9b::/96", "NAT64 (RFC 6052)"},
		{"64:ff9b:1::/48", "local NAT64 (RFC 8215)"},
		{"100::/64", "discard-only (RFC 6666)"},
		{"2001::/23", "IETF protocol assignments (RFC 2928)"},
		{"2001::/32", "Teredo (RFC 4380)"},
		{"2001:2::/48", "benchmarking (RFC 5180)"},
		{"2001:db8::/32", "documentation (RFC 3849)"},
		{"2002::/16", "6to4 (RFC 3056)"},
		{"3fff::/20", "documentation (RFC 9637)"},
		{"5f00::/16", "segment routing (RFC 9602)"},
		{"fc00::/7", "unique local (RFC 4193)"},
		{"fe80::/10", "link-local (RFC 4291)"},
		{"ff00::/8", "multicast (RFC 4291)"},
	}
}

// specialRanges are the blocks as ranges.
func specialRanges() []netipx.IPRange {
	var all []netipx.IPRange
	for _, s := range specials() {
		all = append(all, netipx.RangeOfPrefix(netip.MustParsePrefix(s.Network)))
	}
	return all
}
