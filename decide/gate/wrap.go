package gate

import (
	"context"
	"io"
	"net/http"
	"net/netip"

	"github.com/netwicket/netwicket/decide"
)

// Mode says what becomes of a denied request. The zero value is [Enforce].
type Mode uint8

// The modes.
const (
	Enforce Mode = iota // denied requests are refused
	Observe             // every request passes; Options.Observe learns what would have been denied
)

// String is "observe", or "enforce" for anything else.
func (m Mode) String() string {
	if m == Observe {
		return "observe"
	}
	return "enforce"
}

// Options are the settings of [Wrap]. The zero Options deny every request, for
// want of a Resolver.
type Options struct {
	// Resolver finds the client. It is always needed: &Resolver{} or
	// NewResolver(Config{}) for a server that no proxy stands in front of. One
	// that is swapped with the policy is read together with it.
	Resolver *Resolver
	// Mode is what becomes of denied requests.
	Mode Mode
	// Denied answers denied requests in place of the plain 403. The request's
	// context holds the Result. Its answer too goes out without waiting for the
	// request's body, with Cache-Control no-store unless it says otherwise. An
	// answer that says why tells a stranger what
	// to try next.
	Denied http.Handler
	// Observe learns of every decision, in either mode, before the request is
	// passed on or refused: for logs and metrics.
	Observe func(*http.Request, Result)
	// Skip lets requests pass undecided: health probes, ACME challenges. Their
	// context holds no Result. It sees what a stranger sent, so it should look
	// at nothing but the method and an exact path.
	Skip func(*http.Request) bool
	// Recheck, where it is not nil, ends requests under way that a later policy
	// denies, and connections that were taken over from them.
	Recheck *Recheck
}

// Wrap guards next by the policy in force. Requests that are denied get the
// status 403 and a body that does not say why, at once and not to be stored by a
// cache; their own body is not read, see [LeaveBody]. The handler behind it finds the
// decision by [FromContext]. The request's RemoteAddr and headers stay as they
// were (docs/semantics.md, edge-23).
//
// A request in TLS early data gets 425 (Too Early) in either mode, before
// anything is decided: its source address is not verified, and clients repeat it
// when the handshake is complete (RFC 8470; docs/semantics.md, edge-20). This
// concerns HTTP/3.
//
// A nil live, and one without a policy, denies.
func Wrap(next http.Handler, live *decide.Live, o Options) http.Handler {
	return &guard{next: next, live: live, options: o, noStore: []string{"no-store"}}
}

type guard struct {
	next    http.Handler
	live    *decide.Live
	options Options
	noStore []string // shared by all refusals, which allocate nothing
}

// ServeHTTP takes the policy once, with its edge, so that the decision, the hooks
// and the handler behind all see the same one.
func (g *guard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o := &g.options
	if o.Skip != nil && o.Skip(r) {
		g.next.ServeHTTP(w, r)
		return
	}
	if r.TLS != nil && !r.TLS.HandshakeComplete {
		g.refuse(w, r, http.StatusTooEarly)
		return
	}
	var buffer [MaxChain]netip.Addr
	edge, inForce := o.Resolver.Pair(g.live)
	policy := guarding(inForce, edge)
	chain, code := edge.hops(buffer[:0], r.RemoteAddr, r.Header)
	var decision decide.Decision // not in a Result, which the hooks may keep, and the buffer with it
	policy.DecideInto(&decision, chain)
	passes := decision.Allowed() || o.Mode == Observe
	if !passes && o.Denied == nil && o.Observe == nil {
		g.refuse(w, r, http.StatusForbidden)
		return
	}
	decided := &decidedContext{Context: r.Context(), result: Result{Decision: decision, Err: code, policy: policy}}
	decided.result.chain = append(decided.few[:0], chain...)
	if o.Observe != nil {
		o.Observe(r, decided.result)
	}
	switch {
	case passes && o.Recheck != nil:
		g.recheck(w, r, decided, edge, inForce)
	case passes:
		g.next.ServeHTTP(w, r.WithContext(decided))
	case o.Denied != nil:
		w.Header()["Cache-Control"] = g.noStore
		LeavingBody(w, r, func() { o.Denied.ServeHTTP(w, r.WithContext(decided)) })
	default:
		g.refuse(w, r, http.StatusForbidden)
	}
}

// recheck passes a request on that may be ended before it is over.
func (g *guard) recheck(w http.ResponseWriter, r *http.Request, decided *decidedContext, edge *Resolver, policy *decide.Policy) {
	request := &asked{guard: g, remote: r.RemoteAddr, header: edge.naming(r.Header)}
	request.on, _ = r.Context().Value(connectionKey{}).(*guarded)
	decided.Context, request.cancel = context.WithCancel(decided.Context)
	end, ok := g.options.Recheck.begin(request, edge, policy, r.ProtoMajor)
	defer end()
	if !ok {
		g.refuse(w, r, http.StatusForbidden)
		return
	}
	g.next.ServeHTTP(w, r.WithContext(decided))
}

// refuse answers with a status and its name. Where net/http has a header already
// it allocates nothing; net/http finds that the body is plain text.
func (g *guard) refuse(w http.ResponseWriter, r *http.Request, status int) {
	body := "Forbidden\n"
	if status == http.StatusTooEarly {
		body = "Too Early\n"
	}
	w.Header()["Cache-Control"] = g.noStore
	LeaveBody(w, r)
	w.WriteHeader(status)
	// A client that does not read its refusal has got it all the same.
	_, _ = io.WriteString(w, body)
}

// FromContext is the Result for the request that ctx belongs to; false, with a
// Result that denies, where [Wrap] did not decide about it.
func FromContext(ctx context.Context) (Result, bool) {
	decided, ok := ctx.Value(resultKey{}).(*decidedContext)
	if !ok {
		return Result{}, false
	}
	return decided.result, true
}

type resultKey struct{}

// decidedContext is a context with a Result and a copy of its chain: for most
// chains one allocation, where context.WithValue would need three.
type decidedContext struct {
	context.Context
	result Result
	few    [4]netip.Addr
}

// Value finds the Result, and everything else in the parent.
func (c *decidedContext) Value(key any) any {
	if key == (resultKey{}) {
		return c
	}
	return c.Context.Value(key)
}
