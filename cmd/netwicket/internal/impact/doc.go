// Package impact measures what a change of policy touches: how many addresses,
// and in which countries and autonomous systems they are.
//
// IPv4 is counted in addresses and IPv6 in /64 networks, the unit that one
// subscriber's network has (RFC 4291, section 2.5.1); a /64 that is touched in
// part counts whole, and once. Countries and ASNs are found by walking the geo
// table beside the changes, both being in address order: the cost is one pass
// over the intervals of the table, however many addresses they hold.
package impact
