// Package wire is what the vendors' management APIs have in common: routes,
// the requests that reach them, the answers that they give, and the ways in
// which a request fails before a route is asked.
//
// The front (package admin) does everything that comes before the subject, in
// the order of rule H10: failed authentications, authentication, rate limit,
// path, verb, scope, media type, body. A vendor's API (packages okta and
// sailpoint) is a list of routes and a way to word failures; it sees requests
// that are allowed and well formed, and works on package tenant's documents.
//
// Everything that a request can cause is an answer of 4xx, never 5xx: clients
// retry 5xx and hide its body.
package wire
