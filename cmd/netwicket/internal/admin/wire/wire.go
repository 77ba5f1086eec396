package wire

import (
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"github.com/netwicket/netwicket/internal/jsondoc"
)

// Route is one verb on one path. Routes are made once and not changed.
type Route struct {
	Verb string
	Path string // "/api/v1/zones/{id}": each name in braces is one segment, never empty

	Scope  string // that the caller must have; a manage scope includes its read scope. Empty: any caller
	Public bool   // nobody is asked who they are

	Body   Body
	Handle func(*Request) Answer
}

// Body is what a route takes as the request's body.
type Body uint8

// The bodies that the vendors' APIs take.
const (
	NoBody    Body = iota // a body is ignored
	Object                // application/json, exactly one object (H4, H5)
	JSONPatch             // application/json-patch+json, an array (S8)
)

// Caller is who asks. The zero Caller may do nothing.
type Caller struct {
	Name    string // as the callers' file has it
	Account string // tells callers apart whose names are alike: what limits count by
	Scopes  []string
}

// Request is a request that passed the front.
type Request struct {
	Caller Caller
	Peer   netip.Addr // where it came from
	Base   string     // scheme and host of every URL in the answer, without a slash at the end (H7)
	Verb   string
	Path   string
	ID     string            // of the request, in the log and in X-Okta-Request-Id
	Params map[string]string // the segments that the route's path names
	Query  url.Values
	Header http.Header
	Body   jsondoc.Node // what the route takes; the zero Node for NoBody
	Time   time.Time    // when it came
}

// Answer is what a client gets. The zero Answer is not one.
type Answer struct {
	Status int
	Header http.Header // beside those that the front sets; may be nil
	Body   []byte      // JSON; nil: none, and no Content-Type (H2)

	ErrorID string   // of an Okta error, for the audit
	Causes  []string // of an error, for the audit: clients show little of it
	Audited bool     // the audit has it
}

// Failure is why a request does not reach its route.
type Failure uint8

// The failures, in the order in which the front notices them (H10).
const (
	NoCredentials    Failure = iota + 1 // no Authorization at all (A1)
	BadCredentials                      // anything that is not a live token (A1)
	OutsideNetworks                     // the caller may not ask from there (A3)
	TooManyRequests                     // R2, R4, R5
	UnknownPath                         // H1
	UnknownVerb                         // H1
	MissingScope                        // A3
	NotAcceptable                       // Accept admits no JSON (H4)
	UnsupportedMedia                    // the body is of another media type (H4, S8)
	MalformedBody                       // H5
	BodyTooLarge                        // H5
)

// Vendor is one vendor's API.
type Vendor struct {
	Routes []Route
	// Fail words a failure; cause is where and why for the people who read the
	// answer, or empty. Headers such as Allow are the front's.
	Fail func(failure Failure, cause string) Answer
}
