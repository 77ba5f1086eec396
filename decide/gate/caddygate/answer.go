package caddygate

import (
	"net/http"
	"net/netip"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"go.uber.org/zap"

	"github.com/netwicket/netwicket/decide/gate"
)

// answer is what a policy said about a request.
type answer struct {
	result gate.Result
	beside *version
	few    [4]netip.Addr // room for the chains of most requests
}

// passes says that the request may pass, or passes all the same since the policy only observes.
func (a *answer) passes() bool { return a.result.Allowed() || a.beside.observe }

// failed says that the answer is a denial for want of what could have been decided about.
func (a *answer) failed() bool {
	return a.result.Err != 0 || a.result.Policy() == nil || !a.result.Decision.Client.IsValid()
}

// answerVariable is where the answer of a request is among Caddy's variables.
const answerVariable = "netwicket"

// String is for whoever looks at that variable.
func (a *answer) String() string { return a.result.Decision.String() }

// tell gives the answer to placeholders and to the access log. They have that of the
// guard or matcher which was asked last.
func (a *answer) tell(r *http.Request) {
	ctx := r.Context()
	_, told := caddyhttp.GetVar(ctx, answerVariable).(*answer)
	caddyhttp.SetVar(ctx, answerVariable, a)
	if replacer, ok := ctx.Value(caddy.ReplacerCtxKey).(*caddy.Replacer); ok && !told {
		replacer.Map(func(key string) (any, bool) {
			if last, ok := caddyhttp.GetVar(ctx, answerVariable).(*answer); ok {
				return last.placeholder(key)
			}
			return nil, false
		})
	}
	if extra, ok := ctx.Value(caddyhttp.ExtraLogFieldsCtxKey).(*caddyhttp.ExtraLogFields); ok {
		extra.Set(a.logged())
	}
}

// placeholder is the value of one of ours, which is made when somebody asks for it. What there
// is nothing to say of is empty.
func (a *answer) placeholder(key string) (any, bool) {
	decision := &a.result.Decision
	switch key {
	case "netwicket.decision":
		return decision.Verdict.String(), true
	case "netwicket.reason":
		return decision.Reason.String(), true
	case "netwicket.client":
		if !decision.Client.IsValid() {
			return "", true
		}
		return decision.Client.String(), true
	case "netwicket.country":
		return a.beside.table.Lookup(decision.Client).Country, true
	case "netwicket.zones":
		membership := a.result.Membership()
		return gate.ZoneList(&membership), true
	}
	return nil, false
}

// logged is the answer as a field of the access log: what a decision says of itself.
func (a *answer) logged() zap.Field {
	var fields []zap.Field
	for _, attr := range a.result.LogValue().Group() {
		fields = append(fields, zap.Any(attr.Key, attr.Value.Any()))
	}
	return zap.Dict("netwicket", fields...)
}
