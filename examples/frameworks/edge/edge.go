// Package edge is what the programs of this module share: the policy in force
// and the edge in front of them. Neither knows a framework.
package edge

import (
	_ "embed"
	"log/slog"
	"net/http"
	"net/netip"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/gate"
	"github.com/netwicket/netwicket/zone"
)

// The policy: clients in 203.0.113.0/24 and 2001:db8:113::/48 may come in.
//
//go:embed network-config.json
var networkConfig []byte

// Policy is the policy in force. A program that reloads it calls Swap.
func Policy() (*decide.Live, error) {
	network, err := zone.ParseSailPoint("network-config.json", networkConfig)
	if err != nil {
		return nil, err
	}
	policy, err := decide.Compile(decide.Config{SailPoint: &network})
	if err != nil {
		return nil, err
	}
	live := new(decide.Live)
	live.Swap(policy)
	return live, nil
}

// Resolver trusts one proxy, on this machine, that appends to X-Forwarded-For.
func Resolver() (*gate.Resolver, error) {
	return gate.NewResolver(gate.Config{
		Trusted: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32"), netip.MustParsePrefix("::1/128")},
		Source:  gate.XForwardedFor,
	})
}

// Middleware guards a handler as frameworks on net/http ask for it. The reason
// of a denial goes to the log and nowhere else.
func Middleware() (func(http.Handler) http.Handler, error) {
	live, err := Policy()
	if err != nil {
		return nil, err
	}
	resolver, err := Resolver()
	if err != nil {
		return nil, err
	}
	options := gate.Options{
		Resolver: resolver,
		Skip:     func(r *http.Request) bool { return r.Method == http.MethodGet && r.URL.Path == "/healthz" },
		Observe: func(r *http.Request, result gate.Result) {
			switch {
			case result.Err != 0:
				slog.Info("denied", "access", result.Decision, "peer", r.RemoteAddr, "error", result.Err.Code())
			case !result.Allowed():
				slog.Info("denied", "access", result.Decision, "peer", r.RemoteAddr)
			}
		},
	}
	return func(next http.Handler) http.Handler { return gate.Wrap(next, live, options) }, nil
}
