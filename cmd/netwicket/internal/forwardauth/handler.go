package forwardauth

import (
	"cmp"
	"io"
	"net/http"
	"strings"

	"github.com/netwicket/netwicket/decide/gate"
)

// decidePath is where proxies ask, alone or with a policy's name behind it.
const decidePath = "/decide"

// Header fields in their canonical form, with values that are shared by all answers.
const (
	reasonHeader    = "X-Netwicket-Reason"
	referenceHeader = "X-Netwicket-Reference"
)

// noStore is sent with denials, which proxies pass on to the client: a content
// delivery network that stores errors must not give one client's to another. An
// allow stays between the proxy and us, and has no header that would cost every
// request a copy of all of them (a sixth of what an answer costs).
func noStore() []string { return []string{"no-store"} }

// closeAfter closes the connection behind the answer; in HTTP/2 it takes no
// further requests.
func closeAfter(w http.ResponseWriter) { w.Header()["Connection"] = []string{"close"} }

// dismiss closes the connection of a caller who is no proxy of ours behind the
// answer.
func (s *Service) dismiss(w http.ResponseWriter, r *http.Request) {
	if !s.Trusts(r.RemoteAddr) {
		closeAfter(w)
	}
}

// Handler is what proxies ask. With status, it also answers what [Service.Status]
// does, for a service with one listener.
func (s *Service) Handler(status bool) http.Handler {
	return &handler{service: s, status: s.Status(), hasStatus: status, cacheControl: noStore()}
}

type handler struct {
	service      *Service
	status       http.Handler
	hasStatus    bool
	cacheControl []string
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	gate.LeaveBody(w, r)
	if h.service.closing.Load() {
		closeAfter(w) // the next question may go to another instance
	}
	path := r.URL.Path
	switch {
	case path == decidePath:
		h.decide(w, r, "")
	case strings.HasPrefix(path, decidePath+"/"):
		h.decide(w, r, cmp.Or(path[len(decidePath)+1:], "/")) // "/" is no policy's name
	case h.hasStatus:
		h.status.ServeHTTP(w, r)
	default:
		h.service.dismiss(w, r)
		http.NotFound(w, r)
	}
}

// decide answers one question, for any method: proxies ask with that of their
// client.
func (h *handler) decide(w http.ResponseWriter, r *http.Request, name string) {
	status, reference := http.StatusForbidden, ""
	question := Question{Caller: r.RemoteAddr, Peer: r.RemoteAddr, Header: r.Header, Host: r.Host}
	if door := h.service.byName[name]; door != nil {
		status, reference = door.tell(w, &question, h.service)
	} else {
		h.service.dismiss(w, r)
		h.service.unknownPolicy(&question, name)
	}
	switch {
	case status != http.StatusNoContent:
		w.Header()["Cache-Control"] = h.cacheControl
	case wants200(r.URL.RawQuery):
		status = http.StatusOK
	}
	if reference == "" {
		w.WriteHeader(status)
		return
	}
	deny(w, status, reference)
}

// deny answers a client, as far as its proxy passes that on, with what to name when
// it asks why. The header is for proxies that show a page of their own.
func deny(w http.ResponseWriter, status int, reference string) {
	header := w.Header()
	header["Content-Type"] = []string{"text/plain; charset=utf-8"}
	header[referenceHeader] = []string{reference}
	w.WriteHeader(status)
	// A proxy that hangs up has seen the status.
	_, _ = io.WriteString(w, Denied(reference))
}

// Denied is the page of a denial.
func Denied(reference string) string { return "denied, reference " + reference + "\n" }

// wants200 says that the proxy lets requests pass for 200 alone, as Envoy's HTTP
// service of ext_authz does. It appends the client's path and query to what is
// configured, so only the beginning is looked at, and it changes no decision.
func wants200(query string) bool {
	rest, found := strings.CutPrefix(query, "allow=200")
	return found && (rest == "" || rest[0] == '&')
}

// tell answers in HTTP: the headers, the status, and the reference of a denial.
func (d *Door) tell(w http.ResponseWriter, q *Question, s *Service) (int, string) {
	a := d.answer(s, q)
	if a.stranger {
		closeAfter(w)
	}
	if a.snapshot == nil {
		return http.StatusForbidden, ""
	}
	if a.snapshot.serve.ReasonHeader {
		w.Header()[reasonHeader] = []string{a.Decision.Reason.String()}
	}
	answer := a.status()
	if answer == http.StatusNoContent {
		a.Tell(q, w.Header().Set)
	}
	return answer, a.Reference
}

// status is the answer in HTTP. A header that the proxy did not send is told
// apart since it is a mistake in the proxy's configuration; proxies deny then
// as well (docs/semantics.md, edge-22).
func (a *Answer) status() int {
	switch {
	case a.Passes:
		return http.StatusNoContent
	case a.code == gate.ErrMissing:
		return http.StatusBadRequest
	default:
		return http.StatusForbidden
	}
}
