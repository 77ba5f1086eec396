// Package caddygate is netwicket inside of Caddy: a handler that lets nobody past
// whom a policy denies, and a matcher that asks the policy. A Caddy that was built with it
// (xcaddy build --with github.com/netwicket/netwicket/decide/gate/caddygate) knows
// http.handlers.netwicket and http.matchers.netwicket, in JSON and in the Caddyfile; the
// README has both.
//
// # Whose word counts
//
// The edge of the policy file says who the client is, from the address of the
// connection and the headers as they come in ([gate.Resolver]). Caddy's own
// trusted_proxies, client_ip_headers and {client_ip} are not asked: they fall back
// to the proxy's address where the client cannot be told, and believe a header's first element
// unless told otherwise. A policy without an edge is refused, since nobody
// would have said whether somebody stands in front of Caddy.
//
// # Sharing
//
// Modules that name the same paths share one [keeper.Keeper], in all servers, and over
// reloads of Caddy: it is opened with the first of them and closed with the last. A reload of
// Caddy has it look at the files; what they say is in force when the reload succeeds, and what
// is wrong with them refuses it. Between reloads the keeper looks by itself.
//
// # Failing
//
// Whatever cannot be told denies. The handler never passes a request on that
// no policy has allowed; the matcher never says "no match" where it cannot tell, which a "not"
// around it would make a match of, but fails. A request in TLS early data gets 425.
//
// # The files
//
// guard.go is the handler, matcher.go the matcher, caddyfile.go how both are written in a
// Caddyfile; pool.go shares policies, policy.go keeps one and answers requests, answer.go tells the rest of
// Caddy of an answer, and metrics.go counts.
package caddygate
