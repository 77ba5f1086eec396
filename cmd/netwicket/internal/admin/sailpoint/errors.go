package sailpoint

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/tenant"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/wire"
	"github.com/netwicket/netwicket/internal/shown"
)

// The detail codes of SailPoint's errors (S9).
const (
	codeSyntax    = "400.0 Bad request syntax"
	codeContent   = "400.1 Bad Request Content"
	codeMissing   = "400.1.0 Required data missing or empty"
	codeUpdate    = "400.1.1 Illegal update attempt"
	codeValue     = "400.1.3 Illegal value"
	codeLimit     = "400.1.4 Limit violation"
	codeForbidden = "403 Forbidden"
	codeNotFound  = "404 Not found"
	codeVerb      = "405 Method not allowed"
	codeMedia     = "415 Unsupported media type"
	codeMatch     = "412 Precondition failed"
	codeAccept    = "406 Not acceptable"
)

// message is one of the two texts of an error, of which clients may show either.
type message struct {
	Locale string `json:"locale"`
	Origin string `json:"localeOrigin"`
	Text   string `json:"text"`
}

// problem is an error as SailPoint words it: an ErrorResponseDto with two messages.
func problem(status int, code, text string) wire.Answer {
	var id [16]byte
	_, _ = rand.Read(id[:]) // it never fails
	body := struct {
		Code     string    `json:"detailCode"`
		ID       string    `json:"trackingId"`
		Messages []message `json:"messages"`
		Causes   []message `json:"causes"`
	}{code, hex.EncodeToString(id[:]), []message{{"en-US", "DEFAULT", text}, {"und", "REQUEST", text}}, []message{}}
	return wire.Answer{Status: status, Body: appendJSON(nil, body), ErrorID: body.ID, Causes: []string{code + ": " + text}}
}

// simple is an error of another shape: 401 and 429 have their own (S10, S11).
func simple(status int, member, text string) wire.Answer {
	return wire.Answer{Status: status, Body: appendJSON(nil, map[string]string{member: text}), Causes: []string{text}}
}

// fail words what the front found wrong.
func fail(failure wire.Failure, why string) wire.Answer {
	because := func(text string) string {
		if why == "" {
			return text
		}
		return text + " " + why
	}
	switch failure {
	case wire.NoCredentials:
		return simple(http.StatusUnauthorized, "error", "JWT validation failed: there is no token")
	case wire.BadCredentials:
		return simple(http.StatusUnauthorized, "error", "JWT validation failed: the token is not known or has expired")
	case wire.OutsideNetworks, wire.MissingScope:
		return problem(http.StatusForbidden, codeForbidden, "The server understood the request but refuses to authorize it.")
	case wire.TooManyRequests:
		return simple(http.StatusTooManyRequests, "message", " Rate Limit Exceeded ")
	case wire.UnknownPath:
		return notFound()
	case wire.UnknownVerb:
		return problem(http.StatusMethodNotAllowed, codeVerb, "The method is not allowed for this resource.")
	case wire.NotAcceptable:
		return problem(http.StatusNotAcceptable, codeAccept, because("The resource is available as JSON only."))
	case wire.UnsupportedMedia:
		return problem(http.StatusUnsupportedMediaType, codeMedia, because("The media type is not supported."))
	case wire.BodyTooLarge:
		return problem(http.StatusBadRequest, codeLimit, because("The request is too large."))
	case wire.MalformedBody:
	}
	return problem(http.StatusBadRequest, codeSyntax, because("The request could not be parsed."))
}

func notFound() wire.Answer {
	return problem(http.StatusNotFound, codeNotFound, "The server did not find a current representation for the target resource.")
}

func notMatched() wire.Answer {
	return problem(http.StatusPreconditionFailed, codeMatch, "The document is not the one that If-Match names.")
}

// refuse words the errors of the store.
func refuse(err error) wire.Answer {
	var refused *tenant.Refused
	switch {
	case errors.As(err, &refused):
		answer := problem(http.StatusBadRequest, codeContent, shown.Lines(refused.Causes[0]))
		answer.Causes = refused.Causes
		return answer
	case errors.Is(err, tenant.ErrBusy):
		answer := fail(wire.TooManyRequests, "")
		answer.Header = http.Header{"Retry-After": {"1"}}
		return answer
	default:
		return problem(http.StatusBadRequest, codeContent, "The documents of this folder cannot be used at the moment: "+shown.Lines(err.Error()))
	}
}

func appendJSON(to []byte, value any) []byte {
	text, err := json.Marshal(value)
	if err != nil {
		panic("sailpoint: " + err.Error()) // strings do not fail
	}
	return append(to, text...)
}
