package callers

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/wire"
)

const (
	assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
	oktaTime      = time.Hour
	sailPointTime = 749 * time.Second // as SailPoint gives (A8)
	maxForm       = 64 << 10          // bytes of a token request's body
)

// Issued is the answer to a request for a token.
type Issued struct {
	Answer wire.Answer
	Caller string // who got it, or who it was refused to as far as that is known
	Failed bool   // somebody tried to be who they are not (R5)
}

// refusal is an error of a token endpoint (RFC 6749 section 5.2).
func refusal(status int, code, text string) Issued {
	body, err := json.Marshal(struct {
		Error string `json:"error"`
		Text  string `json:"error_description"`
	}{code, text})
	if err != nil {
		panic("callers: " + err.Error()) // strings do not fail
	}
	return Issued{Answer: wire.Answer{Status: status, Body: body, Causes: []string{code + ": " + text}}, Failed: status == http.StatusUnauthorized}
}

// form is the parameters of a token request, of its query and its body together
// (A4, A8). None may be given twice: two readers would see two requests.
func form(r *http.Request, multipart bool) (url.Values, error) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, errors.New("the query cannot be read")
	}
	body, err := bodyForm(r, multipart)
	if err != nil {
		return nil, err
	}
	all := make(url.Values)
	for _, values := range []url.Values{query, body} {
		for name, list := range values {
			all[name] = append(all[name], list...)
		}
	}
	for name, list := range all {
		if len(list) > 1 {
			return nil, errors.New("the parameter " + strings.ToValidUTF8(name, "?") + " is given more than once")
		}
	}
	return all, nil
}

func bodyForm(r *http.Request, multipart bool) (url.Values, error) {
	kind, parameters, _ := mime.ParseMediaType(r.Header.Get("Content-Type")) // of parameters that cannot be read there are none
	limited := http.MaxBytesReader(nil, r.Body, maxForm)
	if kind == "multipart/form-data" && multipart {
		return multipartForm(limited, parameters["boundary"])
	}
	text, err := io.ReadAll(limited)
	switch {
	case err != nil:
		return nil, errors.New("the body cannot be read, or is too long")
	case len(text) == 0:
		return nil, nil
	case kind != "application/x-www-form-urlencoded":
		return nil, errors.New("the body must be application/x-www-form-urlencoded")
	}
	values, err := url.ParseQuery(string(text))
	if err != nil {
		return nil, errors.New("the body cannot be read as application/x-www-form-urlencoded")
	}
	return values, nil
}

// OktaToken answers POST /oauth2/v1/token (A4 to A6). urls are the endpoint's, as
// the server and as the client calls it.
func (l *Live) OktaToken(r *http.Request, peer netip.Addr, urls ...string) Issued {
	values, err := form(r, false)
	if err != nil {
		return refusal(http.StatusBadRequest, "invalid_request", err.Error())
	}
	switch {
	case !values.Has("grant_type"):
		return refusal(http.StatusBadRequest, "invalid_request", "The parameter grant_type is missing.")
	case values.Get("grant_type") != "client_credentials":
		return refusal(http.StatusBadRequest, "unsupported_grant_type", "The grant_type must be client_credentials.")
	case values.Get("client_assertion_type") != assertionType || values.Get("client_assertion") == "":
		return refusal(http.StatusUnauthorized, "invalid_client", "A client is known by client_assertion, of the client_assertion_type "+assertionType+".")
	}
	file := l.current()
	client, key, said, err := asserted(file, values.Get("client_assertion"), urls, l.now())
	if err != nil {
		return refusal(http.StatusUnauthorized, "invalid_client", err.Error())
	}
	if !within(client.Networks, peer) {
		return refusal(http.StatusUnauthorized, "invalid_client", ErrOutside.Error())
	}
	asked := strings.Fields(values.Get("scope"))
	if len(asked) == 0 {
		return refusal(http.StatusBadRequest, "invalid_scope", "The parameter scope names no scope.")
	}
	scopes := granting(asked, &client)
	if scopes == nil {
		return refusal(http.StatusBadRequest, "invalid_scope", "One or more scopes are not granted to the client.")
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file != file {
		return refusal(http.StatusUnauthorized, "invalid_client", "The clients changed while the assertion was looked at; send it again.")
	}
	token := issued{client: client.ID, by: key, scopes: scopes, until: l.now().Add(oktaTime)}
	kind := "Bearer"
	if client.DPoP {
		key, refused := l.bind(r, urls)
		if refused != nil {
			refused.Caller = client.Name
			return *refused
		}
		token.key, kind = key, "DPoP"
	}
	// Last, so that a client that was asked for a nonce may send its assertion again.
	if said.ID != "" && !l.used.first(said.Expires.Add(leeway), l.now(), "assertion", client.ID, said.ID) {
		return refusal(http.StatusUnauthorized, "invalid_client", "The assertion's jti has been used.")
	}
	return granted(client.Name, struct {
		Type    string `json:"token_type"`
		Seconds int    `json:"expires_in"`
		Token   string `json:"access_token"`
		Scope   string `json:"scope"`
	}{kind, int(oktaTime / time.Second), l.issue(token), strings.Join(scopes, " ")})
}

// bind is the key that a token is to be bound to, or what is wrong with the proof
// (A6).
func (l *Live) bind(r *http.Request, urls []string) (string, *Issued) {
	lines := r.Header.Values("DPoP")
	if len(lines) == 0 {
		refused := refusal(http.StatusBadRequest, "invalid_dpop_proof", "The DPoP proof JWT header is missing.")
		return "", &refused
	}
	now := l.now()
	current := l.nonces.current(now)
	p, err := readProof(lines[0], r.Method, urls, now)
	if err != nil || len(lines) > 1 {
		refused := refusal(http.StatusBadRequest, "invalid_dpop_proof", "The DPoP proof is not valid: expected one JWT for this request.")
		if err != nil {
			refused = refusal(http.StatusBadRequest, "invalid_dpop_proof", err.Error())
		}
		return "", &refused
	}
	if !l.nonces.good(p.nonce) {
		refused := refusal(http.StatusBadRequest, "use_dpop_nonce", "Authorization server requires nonce in DPoP proof.")
		refused.Answer.Header = http.Header{"Dpop-Nonce": {current}}
		return "", &refused
	}
	if !l.fresh(p) {
		refused := refusal(http.StatusBadRequest, "invalid_dpop_proof", "The DPoP proof has been used.")
		return "", &refused
	}
	return p.key, nil
}

// granting are the scopes that a client asks for, each once, of those that it has;
// nil if it asks for another.
func granting(asked []string, client *Client) []string {
	var scopes []string
	for _, scope := range asked {
		switch {
		case !Has(client.Scopes, scope):
			return nil
		case !slices.Contains(scopes, scope):
			scopes = append(scopes, strings.Clone(scope)) // else it holds the whole body
		}
	}
	return scopes
}

func granted(caller string, body any) Issued {
	text, err := json.Marshal(body)
	if err != nil {
		panic("callers: " + err.Error()) // strings and numbers do not fail
	}
	return Issued{Answer: wire.Answer{Status: http.StatusOK, Body: text}, Caller: caller}
}
