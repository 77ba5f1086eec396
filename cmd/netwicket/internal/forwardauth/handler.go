package forwardauth

import (
	"cmp"
	"io"
	"net/http"
	"net/netip"
	"strings"

	"github.com/netwicket/netwicket/decide"
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
	if door := h.service.byName[name]; door != nil {
		status, reference = door.answer(w, r, h.service)
	} else {
		h.service.dismiss(w, r)
		h.service.unknownPolicy(r, name)
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
	_, _ = io.WriteString(w, "denied, reference "+reference+"\n")
}

// wants200 says that the proxy lets requests pass for 200 alone, as Envoy's HTTP
// service of ext_authz does. It appends the client's path and query to what is
// configured, so only the beginning is looked at, and it changes no decision.
func wants200(query string) bool {
	rest, found := strings.CutPrefix(query, "allow=200")
	return found && (rest == "" || rest[0] == '&')
}

// answer decides and gives the status, and the reference of a denial.
func (d *Door) answer(w http.ResponseWriter, r *http.Request, s *Service) (int, string) {
	snapshot := d.current.Load()
	if snapshot == nil {
		return http.StatusForbidden, ""
	}
	if !snapshot.resolver.Trusts(r.RemoteAddr) {
		closeAfter(w)
		d.tally.strangers.Add(1)
		s.journal.stranger(snapshot, d.name, r)
		return http.StatusForbidden, ""
	}
	begun := s.metrics.clock()
	var buffer [gate.MaxChain]netip.Addr
	// Not gate.Decide: its result holds the chain, and a decision out of it
	// that goes to the log would take the buffer to the heap.
	chain, err := snapshot.resolver.Chain(buffer[:0], r.RemoteAddr, r.Header)
	if err != nil {
		chain = nil // which every policy denies
	}
	decision := snapshot.policy.DecideChain(chain)
	s.metrics.took(begun)
	code, _ := err.(gate.Error) //nolint:errorlint // it is never wrapped, and errors.As would allocate for every hostile request
	d.tally.count(&decision, code, snapshot, r.RemoteAddr)
	if err == nil {
		d.peers.note(snapshot.resolver, r, begun)
	}
	if snapshot.serve.ReasonHeader {
		w.Header()[reasonHeader] = []string{decision.Reason.String()}
	}
	reference := s.journal.decided(snapshot, d.name, r, &decision, code, len(chain))
	s.notePseudo(snapshot, d.name, &decision)
	answer := status(decision.Verdict, code, snapshot.observe)
	if answer == http.StatusNoContent {
		snapshot.tell(w.Header(), r, decision.Client)
	}
	return answer, reference
}

// status is the answer in HTTP. A header that the proxy did not send is told
// apart since it is a mistake in the proxy's configuration; proxies deny then
// as well (docs/semantics.md, edge-22).
func status(verdict decide.Verdict, code gate.Error, observe bool) int {
	switch {
	case verdict == decide.Allow || observe:
		return http.StatusNoContent
	case code == gate.ErrMissing:
		return http.StatusBadRequest
	default:
		return http.StatusForbidden
	}
}

// unknownPolicy notes a question about a policy that is not served.
func (s *Service) unknownPolicy(r *http.Request, name string) {
	s.metrics.unknownPolicies.Add(1)
	s.journal.unknownPolicy(s.doors[0].current.Load(), r, name)
}
