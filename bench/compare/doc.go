// Package compare does the work of package bench with what people would use
// instead. It is a module of its own, so that nobody who imports netwicket
// imports its peers.
//
//	go test -run '^$' -bench . -benchtime 150ms -count 6
//
// The peers answer questions of three sizes, all about the policy of 100 zones and
// the addresses of package workload (netwicket-1000 has 1,000 zones):
//
//   - part of it: the country of an address (bart-fast, bart-lite, iploc), its IP
//     zones (netipx-loop, cidranger, critbit, coredns-tree), whether it is in one of
//     them (caddy-remote-ip), all that the databases say (mmdb3, and mmdb3-memo, which
//     decodes no record twice);
//   - all of it, allow or deny: composition, which asks all IP zones and all
//     databases and then goes through the rules; composition-lazy, which asks
//     only what is needed; cedar and opa, general policy engines, as prepared
//     policies, that are given what mmdb3 says of the address;
//   - the client behind two proxies, for the resolvers of web frameworks.
//
// The tests show, before anything is timed, that each answers as netwicket does.
// The one exception is iploc, which carries country data of its own; the test
// reports how often it agrees.
package compare
