// Package workload makes what the benchmarks work on: policies of a given
// number of zones and addresses and proxy chains to decide about. The
// benchmarks of this repository and those of its peers, which live in a module
// of their own, use the same ones.
//
// # Data
//
// Everything is drawn, with fixed seeds, from the prefixes that networks
// announce on the internet and from three databases of it: country, ASN and
// anonymous. They are real where the data folder is present, see [Directory],
// and generated in the same sizes where it is not; [Origin] says which.
//
// # Policies
//
// A policy of n zones has
//
//   - IP zones, 60 % of n and at least one: 150 ranges each, announced prefixes
//     of both families; every third is a BLOCKLIST, every tenth lists 20
//     proxies. Where a tenth zone is a BLOCKLIST, whose proxies Okta ignores,
//     the next one lists them;
//   - dynamic zones, the rest: in turn of 10 countries, of 20 ASNs, of a
//     proxyType, of an IP service category; every fourth is a BLOCKLIST;
//   - n/5 rules, at least one: in turn they include three zones and exclude
//     three quarters of the country zones, 75 at most; the last allows ANYWHERE;
//   - a SailPoint network configuration: 100 ranges that hold half of the
//     announced prefixes of either family, and 20 blocked countries.
//
// They are written as the vendors' JSON and parsed like anybody's. For growth there
// are also policies that are large in one thing alone: ranges of SailPoint's, in the
// same way ([Internet.Network]), rules of one zone each ([Internet.ManyRules]), and a
// threat feed ([Feed]).
//
// # Addresses
//
// An address is a random one in a random announced prefix, each prefix as likely
// as any other: long prefixes, which need the longest look-ups, are most of them.
package workload
