package okta

import (
	"cmp"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/tenant"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/wire"
	"github.com/netwicket/netwicket/internal/jsondoc"
	"github.com/netwicket/netwicket/internal/shown"
)

// The codes of Okta's errors (E2).
const (
	codeInvalid     = "E0000001"
	codeMalformed   = "E0000003"
	codeNoSession   = "E0000005"
	codeForbidden   = "E0000006"
	codeNotFound    = "E0000007"
	codeNoPath      = "E0000008"
	codeBadToken    = "E0000011"
	codeMedia       = "E0000021"
	codeNoVerb      = "E0000022"
	codePaging      = "E0000029"
	codeSearch      = "E0000031"
	codeTooMany     = "E0000047"
	codeUnavailable = "E0000195"
	codeNotMatched  = "E0000231"
)

// cause is one of the causes of an error.
type cause struct {
	Summary string `json:"errorSummary"`
}

// problem is an error as Okta words it (E1).
func problem(status int, code, summary string, causes ...string) wire.Answer {
	var id [16]byte
	_, _ = rand.Read(id[:]) // it never fails
	body := struct {
		Code    string  `json:"errorCode"`
		Summary string  `json:"errorSummary"`
		Link    string  `json:"errorLink"`
		ID      string  `json:"errorId"`
		Causes  []cause `json:"errorCauses"`
	}{code, summary, code, "oae" + base64.RawURLEncoding.EncodeToString(id[:]), []cause{}}
	for _, text := range causes {
		body.Causes = append(body.Causes, cause{text})
	}
	return wire.Answer{Status: status, Body: appendJSON(nil, body), ErrorID: body.ID, Causes: causes}
}

// fail words what the front found wrong.
func fail(failure wire.Failure, why string) wire.Answer {
	var causes []string
	if why != "" {
		causes = append(causes, why)
	}
	switch failure {
	case wire.NoCredentials:
		return problem(http.StatusForbidden, codeNoSession, "Invalid session", causes...)
	case wire.BadCredentials:
		return problem(http.StatusUnauthorized, codeBadToken, "Invalid token provided", causes...)
	case wire.OutsideNetworks, wire.MissingScope:
		return problem(http.StatusForbidden, codeForbidden, "You do not have permission to perform the requested action", causes...)
	case wire.TooManyRequests:
		return problem(http.StatusTooManyRequests, codeTooMany, "API call exceeded rate limit due to too many requests.", causes...)
	case wire.UnknownPath:
		return problem(http.StatusNotFound, codeNoPath, "The requested path was not found", causes...)
	case wire.UnknownVerb:
		return problem(http.StatusMethodNotAllowed, codeNoVerb, "The endpoint does not support the provided HTTP method", causes...)
	case wire.NotAcceptable, wire.UnsupportedMedia:
		return problem(http.StatusBadRequest, codeMedia, "Bad request.  Accept and/or Content-Type headers likely do not match supported values.", causes...)
	case wire.MalformedBody, wire.BodyTooLarge:
	}
	return malformed(causes...)
}

// malformed is the answer to a body that is not what it should be, also where one
// of its members has the wrong kind of value (H5).
func malformed(causes ...string) wire.Answer {
	return problem(http.StatusBadRequest, codeMalformed, "The request body was not well-formed.", causes...)
}

// notFound is the answer for an id that there is none of; kind is NetworkZone,
// Policy or PolicyRule (E4).
func notFound(id, kind string) wire.Answer {
	return problem(http.StatusNotFound, codeNotFound, "Not found: Resource not found: "+shown.Text(id)+" ("+kind+")")
}

// notMatched is the answer where If-Match names another version (H9).
func notMatched() wire.Answer {
	return problem(http.StatusPreconditionFailed, codeNotMatched, "ETag value doesn't match.")
}

// refuse words the errors of the store (R3, D3, D4, D6).
func refuse(err error) wire.Answer {
	var refused *tenant.Refused
	switch {
	case errors.As(err, &refused):
		return problem(http.StatusBadRequest, codeInvalid, "Api validation failed: policy", refused.Causes...)
	case errors.Is(err, tenant.ErrBusy):
		answer := fail(wire.TooManyRequests, "")
		answer.Header = http.Header{"X-Rate-Limit-Limit": {"0"}, "X-Rate-Limit-Remaining": {"0"}}
		return answer
	default:
		return problem(http.StatusConflict, codeUnavailable, "The documents of this folder cannot be used at the moment.", shown.Lines(err.Error()))
	}
}

// faults are what is wrong with a request's members, in document order (E3).
type faults struct {
	fields  []string // of each cause
	causes  []string
	summary string // where it is not the first field that says what is wrong
}

// add notes that a member is wrong.
func (f *faults) add(field, text string) {
	f.fields = append(f.fields, field)
	f.causes = append(f.causes, field+": "+text)
}

// blank notes that a member is missing or empty.
func (f *faults) blank(field string) { f.add(field, "The field cannot be left blank") }

// invalid notes that a member has a value that it cannot have.
func (f *faults) invalid(field string) { f.add(field, "The field "+field+" is not valid.") }

// taken notes that another record has the value.
func (f *faults) taken(field string) {
	f.add(field, "An object with this field already exists in the current organization")
}

// answer is the error that the faults make, and whether there is any.
func (f *faults) answer() (wire.Answer, bool) {
	if len(f.causes) == 0 {
		return wire.Answer{}, false
	}
	summary := f.summary
	if summary == "" {
		summary = f.fields[0]
	}
	return problem(http.StatusBadRequest, codeInvalid, "Api validation failed: "+summary, f.causes...), true
}

// inOrder puts what is wrong into document order: what is missing comes last (E3).
func (f *faults) inOrder(node jsondoc.Node) {
	behind := node.Offset() + len(node.Raw())
	positions := make(map[string]int) // of each field, once: there may be thousands of causes
	for _, field := range f.fields {
		if _, known := positions[field]; known {
			continue
		}
		at := node
		for name := range strings.SplitSeq(field, ".") {
			next := at.Get(name)
			if !next.Exists() {
				break
			}
			at = next
		}
		if positions[field] = at.Offset(); at == node {
			positions[field] = behind
		}
	}
	order := make([]int, len(f.causes))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(x, y int) int { return cmp.Compare(positions[f.fields[x]], positions[f.fields[y]]) })
	fields, causes := f.fields, f.causes
	f.fields, f.causes = nil, nil
	for _, i := range order {
		f.fields, f.causes = append(f.fields, fields[i]), append(f.causes, causes[i])
	}
}
