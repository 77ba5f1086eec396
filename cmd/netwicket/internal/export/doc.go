// Package export writes a policy's decision about requests of one hop as what
// other programs read: the networks that may come in, the fewest that say it
// exactly, and a header that says what a reader of the file must know.
//
// Besides, a Table is the whole decision about all addresses, which a warehouse
// joins its logs with, and a List is networks for a place that holds so many and no
// more: of networks that are denied some can be left out, of those that are allowed
// none.
//
// Everything that is not listed is denied, whatever the program's default is: a
// file that is cut off lets nobody in. What a program does with IPv6 addresses
// that hold IPv4 ones is written down so that it cannot come to another answer:
// HAProxy looks for 6to4 and IPv4-compatible addresses that it does not find among
// the IPv4 networks (pat_match_ip in its pattern.c), so those are all listed.
//
// The addresses ::ffff:0:0/96 are IPv4 addresses and in no IPv6 network.
package export
