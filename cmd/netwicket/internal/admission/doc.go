// Package admission takes a request through the edge to the policy's decision:
// request, chain, decision. All commands that decide about requests, be it one
// that is typed in or the millions of a log, do it here and nowhere else, so that
// they agree about every request (docs/semantics.md, chain-1 and chain-2).
//
// It differs from what a server does with package gate in two points. Where the
// policy describes no edge, the peer is the nearest hop and X-Forwarded-For gives
// the hops behind it, as Okta's own evaluation sees them. And a request whose
// client cannot be resolved still has a chain: one that begins with an unreadable
// hop, which every policy denies.
package admission
