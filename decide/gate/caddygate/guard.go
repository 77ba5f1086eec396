package caddygate

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/netwicket/netwicket/decide/gate"
)

// Guard is the handler http.handlers.netwicket: it passes on what the policy in force
// allows, and refuses everything else with the status 403, without a body or a
// reason, which Caddy's handle_errors can make a page of. In mode observe (of the policy file) it
// passes everything on. A Guard that was not provisioned refuses everything.
type Guard struct {
	// Policy is what the policy is made of: a policy file, the folder that holds one, or
	// vendor documents; relative to Caddy's working directory. Placeholders such as {env.HOME} are
	// replaced when Caddy loads its configuration.
	Policy []string `json:"policy,omitempty"`
	// Denied are routes that answer what is denied in place of the plain 403. What they do not
	// answer gets the 403 all the same.
	Denied caddyhttp.RouteList `json:"denied,omitempty"`

	lease  lease
	denied caddyhttp.Handler // nil: the plain 403
}

// CaddyModule describes the handler to Caddy.
func (*Guard) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "http.handlers.netwicket", New: func() caddy.Module { return new(Guard) }}
}

// Provision loads the policy, or shares it with others. What is wrong with it is the error.
func (g *Guard) Provision(ctx caddy.Context) error {
	if err := g.Denied.Provision(ctx); err != nil {
		return fmt.Errorf("denied: %w", err)
	}
	if len(g.Denied) > 0 {
		g.denied = g.Denied.Compile(refusing)
	}
	return g.lease.take(ctx, g.Policy)
}

// Cleanup gives the policy back.
func (g *Guard) Cleanup() error { return g.lease.end() }

var errDenied = errors.New("denied by netwicket")

// refusing is what stands behind the routes of Denied.
var refusing = caddyhttp.HandlerFunc(func(http.ResponseWriter, *http.Request) error {
	return caddyhttp.Error(http.StatusForbidden, errDenied)
})

// ServeHTTP passes a request on, or refuses it.
func (g *Guard) ServeHTTP(w http.ResponseWriter, r *http.Request, next caddyhttp.Handler) error {
	answer, err := g.lease.policy.ask(r)
	if err == nil {
		answer.tell(r)
		g.lease.policy.metrics.count(answer)
		if answer.passes() {
			return next.ServeHTTP(w, r)
		}
	}
	w.Header().Set("Cache-Control", "no-store")
	if err != nil || g.denied == nil {
		gate.LeaveBody(w, r)
		if err != nil {
			return err
		}
		return refusing(w, r)
	}
	gate.LeavingBody(w, r, func() {
		err = g.denied.ServeHTTP(w, r)
		// Behind a terminal route nobody answers, and Caddy notes that.
		if unhandled, _ := caddyhttp.GetVar(r.Context(), "unhandled").(bool); unhandled && err == nil {
			err = refusing(w, r)
		}
	})
	return err
}

var (
	_ caddy.Provisioner           = (*Guard)(nil)
	_ caddy.CleanerUpper          = (*Guard)(nil)
	_ caddyhttp.MiddlewareHandler = (*Guard)(nil)
)
