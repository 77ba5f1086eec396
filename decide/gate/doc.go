// Package gate is the HTTP edge of netwicket: it finds the client of a request
// behind our own reverse proxies and guards an [http.Handler] with a policy.
//
// # The client's address
//
// A [Resolver] believes exactly one header, only from peers that are listed as
// our own proxies, and reads it from the right, since only what those proxies
// appended can be believed. The rightmost address that is no trusted proxy is
// the client. Everything else is a typed [Error], and every error denies: a hop
// that cannot be read is never skipped, a missing header never makes the proxy
// the client, unless the [Config] says so.
//
// Two lists of proxies are kept apart. The edge (Config.Trusted) is
// infrastructure: the proxies in front of this process. The proxies of an Okta
// zone are policy and stand in front of Okta; the engine walks the remaining
// chain with them, and they never make this package believe a header
// (docs/semantics.md, edge-28).
//
// # Dangers
//
//   - A header that the proxy passes on as the client sent it names whoever the
//     client likes. Sources are X-Forwarded-For and Forwarded, which proxies
//     append to, or a header that the proxy overwrites.
//   - The trusted list has to hold every proxy of ours and nothing else. A proxy
//     that is missing becomes the client of all its requests; a range that holds
//     clients lets them choose their address.
//   - A server that can be reached past the proxy needs no trusted list to be
//     safe, but sees the peer's address only.
//
// # What is read
//
// All field lines of the header are one list, walked last to first and each right
// to left. White space is SP and HTAB, the separator is the comma. An empty element
// left of the client is skipped; right of it a proxy named nobody, and nobody is
// the client. An element is v4, v4:port, v6, [v6] or [v6]:port, at most 104
// bytes long; zones are dropped and IPv4-mapped addresses are IPv4 addresses. At
// most 32 elements are examined, empty ones included, and at most 1024 bytes of
// white space. Elements of Forwarded follow RFC 7239, have at most 512 bytes and
// are split from the right with regard to quoted strings. The unspecified, multicast and broadcast
// addresses are no hosts and no hops.
//
// # Guarding handlers
//
// [Wrap] refuses what the policy in force denies, with a 403 that says nothing
// about why; the handler behind it finds the decision by [FromContext]. [Decide]
// is the same without a handler. A nil resolver, policy or live denies, and so
// does every request whose client cannot be resolved.
//
// # Guarding connections
//
// [Listen] drops whom the policy denies before a byte is read, for everything that is
// not HTTP. [Recheck] closes what is open when a policy comes into force that would not
// let it in any more: connections of Listen, WebSockets and requests under way.
//
// # While things change
//
// A [Resolver] is swapped together with the policy ([Resolver.Swap]), as a
// keeper.Keeper does when files change. Wrap takes both as one, and so does
// [Resolver.Pair]: the edge of one version with the policy of another could let in
// whom either keeps out.
//
// # Names
//
// Underscore and dot variants such as X_Forwarded_For are other headers and are
// never read. A [http.Header] that was filled without canonical names is the
// caller's to mend.
//
// # The files
//
// resolver.go finds the client and the chain, walk.go goes through a header from the
// right, address.go and forwarded.go read one element of it, clientsource.go says where
// clients are named and trust.go who may name them; config.go checks all that, with
// the networks of shared.go. decide.go asks a policy, zonelist.go tells of zones, wrap.go
// guards a handler, listen.go a listener, whose connections are in guarded.go, recheck.go
// closes what is denied later, swap.go keeps edge and policy together, errors.go has the
// reasons for which there
// is no client, and forwarding.go cleans what a proxy sends on.
package gate
