// Package forwardauth answers the question of a reverse proxy, may this request
// pass?, over HTTP: 204 lets it pass, 403 does not, and 400 says that the proxy
// did not tell for whom it asks. Every other answer comes from net/http for
// requests that cannot be read, and none of them is a 2xx. With the query
// allow=200 the answer of an allow is 200, the only one that Envoy takes for it.
//
// # Parts
//
// A [Service] has a [Door] for each policy that it serves: /decide is the first
// one, /decide/NAME the others. A [Snapshot] is everything that one request is
// decided by: the policy, the resolver of its clients, and the settings beside
// them. A door holds one snapshot behind an atomic pointer, and a request takes it
// once, so it is decided by exactly one policy file, whenever that is replaced.
//
// A [Journal] writes the log. It never makes a request wait: lines that nobody
// takes off its hands are dropped and counted.
//
// # Who may ask
//
// Only the proxies of the policy's edge. Anybody else gets 403, whatever the
// policy says and also where it only observes: the service cannot know for whom
// such a caller asks, and a proxy that is missing from the list is a mistake that
// has to be seen.
//
// # Paths
//
// The path is compared as it is; nothing in it selects a policy but a name that
// the command line gave. Behind a proxy that appends the client's own path, the
// client would otherwise choose the policy that it is decided by. Names that are
// not known get 403 rather than 404: proxies pass a 404 on to the client, or take
// it for a fault of the service, and neither is what a denial looks like.
//
// # The files
//
// question.go decides, counts and logs whatever the question came over, and handler.go
// answers over HTTP (package extauthz does for Envoy over gRPC); snapshot.go is what it answers by, service.go has the doors and
// puts snapshots in force; server.go listens, behind the crowd and with the
// certificate of package doorway; journal.go and queue.go write the log,
// addresses.go masks addresses in it and connectionlog.go takes what net/http has to
// say; tally.go counts and metrics.go tells Prometheus, status.go says whether the service is ready. docs/operations.md describes all of it
// from outside.
package forwardauth
