// Package callers knows who may use the vendors' APIs: the callers' file, the
// tokens and keys that stand in it, and the tokens that are issued for keys and
// secrets (rules A1 to A8).
//
// Nothing is let in by default: without a file there is no server, and without a
// live token no answer. Secrets stand in the file as SHA-256 only, and are
// compared in constant time; no token, assertion or proof is ever put into an
// error or a log.
//
// # The files
//
// file.go reads the callers' file, live.go has who is in force and what was issued
// to whom, authenticate.go looks at a request, holder.go at who signed in, oauth.go and sailpoint.go issue
// tokens, assertion.go and dpop.go check what clients sign, seen.go notices what
// comes twice, token.go makes tokens for the file.
package callers
