// Package asking asks the vendors' APIs: one question at a time, over TLS, with
// the patience that their rate limits ask for and the distrust that their answers
// need.
//
// A Client asks one tenant. It tries again what may be a moment's trouble (U7),
// waits by the tenant's own clock (U6), follows a list to its end and nowhere else
// (U5), and never takes credentials to where it was sent (redirects, links).
//
//	client.go       one question, until it is answered or given up
//	list.go         lists that come in pages
//	link.go         the Link header (RFC 8288)
//	wait.go         rate limits, and how long to wait
//	failure.go      what a tenant says instead of an answer
//	transport.go    how a tenant is reached
package asking
