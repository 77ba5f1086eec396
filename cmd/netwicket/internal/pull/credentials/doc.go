// Package credentials proves to the vendors' APIs who asks: with a token of the
// environment, or with one that an OAuth service gives for a key or a secret of the
// environment (U2, U3). Nothing of it is ever written or logged.
//
//	environment.go  what the environment says, by the names of the vendors' SDKs
//	key.go          a private key: PEM, a JWK, or the path of a file with either
//	okta.go         tokens of Okta's, with private_key_jwt
//	dpop.go         proofs that a token is in the hands of its key (RFC 9449)
//	sailpoint.go    tokens of SailPoint's, with a client secret
package credentials
