// Package extauthz answers Envoy's question about a request, envoy.service.auth.v3
// Authorization/Check, over gRPC. What decides, counts and logs is package forwardauth:
// here a question is read out of a CheckRequest and its answer put into a CheckResponse.
//
// # What is believed
//
// The caller is Envoy and has to be a proxy of the edge, as over HTTP. Who connected to
// Envoy is attributes.source.address: Envoy takes it from the connection, or from the
// PROXY protocol where its listener reads that, and never from a header. That is the
// peer which the edge knows or does not know; the headers are those of
// attributes.request.http alone. Nothing else in a Check says who the client is.
//
// # Answers
//
// A denial is an answer with the status PERMISSION_DENIED and a 403 for the client, also
// for callers that are no proxies of the edge, for policies that are not served and, with
// INVALID_ARGUMENT, for what no Envoy sends: Envoy turns the request away whatever
// failure_mode_allow says. An error of gRPC is a failure of our own, for which Envoy has
// that setting.
//
// # The files
//
// check.go answers, request.go reads what is asked, response.go writes the answer,
// health.go says whether the service is ready, server.go listens and has the limits.
// docs/operations.md describes all of it from outside.
package extauthz
