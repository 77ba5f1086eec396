// Package spacemap draws what a policy decides about the whole address space:
// IPv4 on a Hilbert curve, where networks are squares and neighbours stay
// neighbours, and beside it the part of IPv6 that is in use, 2000::/3.
//
// [New] reads a policy's exact ranges, or those of two policies that are to be
// compared. The [Map] is then written as PNG, SVG, or as one HTML file that
// tells the exact ranges under the pointer and needs no network.
//
// # Pixels
//
// An IPv4 pixel is a /20, an IPv6 pixel a /21. It has the colour of the decision
// about its addresses; where they differ, the colours are blended by share, but
// so that neither allow nor deny disappears. What would be lost to the eye
// nevertheless, a few pixels alone in a large area, gets a ring around it.
//
// # Limits
//
// Decisions are those about requests of one hop. Addresses in Teredo, 2001::/32,
// and local NAT64, 64:ff9b:1::/48, are shown without the IPv4 address embedded in
// them (docs/semantics.md, range-1 and range-2), see [github.com/netwicket/netwicket/decide.Policy.Ranges].
//
// A Map is immutable and safe for concurrent use.
package spacemap
