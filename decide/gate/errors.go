package gate

import "strconv"

// Error says why a request's client could not be resolved. Every one of them
// denies. Errors are comparable and need no memory, so they can be returned for
// any number of hostile requests, compared with ==, and found by [errors.Is].
// The zero Error is none; the methods of [Resolver] never return it.
type Error uint8

// The errors. Code gives the stable text of each.
const (
	ErrBadPeer    Error = iota + 1 // the connecting peer is not an IP address that can be a client
	ErrMissing                     // a trusted proxy named nobody
	ErrMalformed                   // an element at or before the client cannot be read
	ErrObfuscated                  // Forwarded hides the client: for=unknown or for=_name
	ErrAllTrusted                  // every element is a trusted proxy
	ErrTooLong                     // no client within the elements that are examined
	ErrShort                       // fewer elements than the hops that were configured
	errorCount
)

// Code is the stable name of the error, as logs, metrics and the command line
// show it: bad_peer, missing, malformed, obfuscated, all_trusted, too_long, short.
// The zero Error, which is none, has no name.
func (e Error) Code() string {
	if e >= errorCount {
		return "error_" + strconv.Itoa(int(e))
	}
	return [errorCount]string{
		ErrBadPeer: "bad_peer", ErrMissing: "missing", ErrMalformed: "malformed", ErrObfuscated: "obfuscated",
		ErrAllTrusted: "all_trusted", ErrTooLong: "too_long", ErrShort: "short",
	}[e]
}

// Error is the code and one sentence for a person.
func (e Error) Error() string {
	if e == 0 {
		return "gate: no error"
	}
	if e >= errorCount {
		return "gate: " + e.Code()
	}
	return "gate: " + e.Code() + ": " + [errorCount]string{
		ErrBadPeer:    "the connecting peer is not the IP address of a host",
		ErrMissing:    "the trusted proxy named no client in the configured header",
		ErrMalformed:  "the configured header holds something other than an address where the client or one of our proxies belongs",
		ErrObfuscated: "the proxy hides the client's address (for=unknown or for=_name)",
		ErrAllTrusted: "every address in the configured header is a trusted proxy, none is a client",
		ErrTooLong:    "no client among the first " + strconv.Itoa(maxElements) + " elements of the configured header",
		ErrShort:      "the configured header holds fewer addresses than the configured number of hops",
	}[e]
}

// MarshalText is the code.
func (e Error) MarshalText() ([]byte, error) { return []byte(e.Code()), nil }
