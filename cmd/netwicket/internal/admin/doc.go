// Package admin is the front of the vendors' management APIs over a policy
// folder: one HTTP server for Okta's and SailPoint's, in front of the packages
// okta and sailpoint, which know the subject, and tenant, which keeps the
// documents.
//
// Every request goes the same way, in this order (rule H10): failed logins of its
// address, who it comes from, rate limit, path, verb, scope, media type, body, and
// only then the subject. Whatever a request can cause is answered in the vendor's
// words with 4xx, never 5xx.
//
// # The files
//
// front.go has the way of a request, who.go finds who asks, routes.go its route, body.go reads what
// it brings, windows.go counts it; counters.go has the metrics, server.go the
// listeners, consoledoor.go and sessions.go have the door of the console, connection.go tells callers' connections from those of strangers.
package admin
