// Package iptable maps every IP address, IPv4 and IPv6, to a uint32.
//
// [Build] takes the map as edges: from this address on, this value. It makes an immutable [Table] of it, for one
// purpose: [Table.Lookup] of addresses that are all over the place, in a map of hundreds of thousands of intervals,
// should cost little more than the cache misses that no structure can avoid.
//
// # Structure
//
// Addresses are cut into cells of equal size (an IPv4 /24, an IPv6 /32). Sixty-four cells make a group: one bit per cell
// says whether a run of equal values starts there, so that a population count finds a cell's value in an array that
// holds every run's value once. A second bit per cell says whether the cell is divided further; then a second
// population count finds the node with its 256 parts. The upper 16 bits lead to a block of groups in IPv4, to a page of
// them in IPv6, and equal ones are kept once. DESIGN.md in this directory has the pictures and the reasons.
//
// # Costs
//
// A look-up allocates nothing and takes no lock. In IPv4 it is three loads, one after the other, in IPv6 six, and in
// both there is nearly nothing to guess for the branch predictor. A table is a handful of slices without pointers in
// them, so the garbage collector does not scan it. Building takes time in proportion to the number of edges: some 30 ms
// for half a million.
//
// # Caveats
//
// A Table is a total function: addresses that no edge covers have the value 0, and so has the zero [netip.Addr], which
// is no address at all. A caller for whom 0 could mean "let in" must check [netip.Addr.IsValid] first.
package iptable
