package admin

import (
	"errors"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/callers"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/wire"
)

// tooMany is the answer to a request beyond a limit. Okta's has one Reset header
// and no Retry-After, since its SDKs refuse to wait where there are two (R2);
// SailPoint's has Retry-After (R4).
func (x *exchange) tooMany(used usage, why string) wire.Answer {
	x.used = &used
	answer := x.fail(wire.TooManyRequests, why)
	if !x.isOkta {
		wait := used.end.Sub(x.now)
		answer.Header = http.Header{"Retry-After": {strconv.Itoa(int((wait + time.Second - 1) / time.Second))}}
	}
	return answer
}

// The endpoints that issue tokens (A4, A8).
const oktaTokens, sailPointTokens = "/oauth2/v1/token", "/oauth/token"

func isToken(path string) bool { return path == oktaTokens || path == sailPointTokens }

// token answers the endpoints that issue tokens.
func (x *exchange) token() wire.Answer {
	if x.Verb != http.MethodPost {
		answer := x.fail(wire.UnknownVerb, "")
		answer.Header = http.Header{"Allow": {http.MethodPost}}
		return answer
	}
	var issued callers.Issued
	if x.Path == oktaTokens {
		issued = x.options.Callers.OktaToken(x.http, x.Peer, x.urls()...)
	} else {
		issued = x.options.Callers.SailPointToken(x.http, x.Peer)
	}
	x.Caller.Name = issued.Caller
	switch {
	case issued.Failed:
		x.failed()
	case issued.Answer.Status == http.StatusOK:
		settle(x.http, time.Now()) // the clock of deadlines
	}
	issued.Answer.Audited = true // it is no write
	return issued.Answer
}

// authenticate finds the caller; nil: it is one.
func (x *exchange) authenticate() *wire.Answer {
	caller, err := x.options.Callers.Authenticate(x.http, x.Peer, x.urls()...)
	x.Caller = caller
	var answer wire.Answer
	switch {
	case err == nil:
		settle(x.http, time.Now()) // the clock of deadlines
		return nil
	case errors.Is(err, callers.ErrNone):
		answer = x.fail(wire.NoCredentials, "")
	case errors.Is(err, callers.ErrOutside):
		x.rate() // for the headers: the caller is known (R1)
		answer = x.fail(wire.OutsideNetworks, "")
	default:
		x.failed()
		answer = x.fail(wire.BadCredentials, "")
	}
	x.why = err.Error()
	return &answer
}

// failed counts a failed login (R5).
func (x *exchange) failed() {
	x.failures.count(x.address(), x.now)
	x.options.Counters.refusedLogin()
}

func (x *exchange) address() string { return addressOf(x.Peer) }

// addressOf is what failed logins are counted by: of IPv6 the /64, since whoever has
// one address there has them all.
func addressOf(peer netip.Addr) string {
	if peer.Is6() {
		network, _ := peer.Prefix(64)
		return network.String()
	}
	return peer.String()
}

// rate counts a request for its limit (R1, R4). Whoever is no caller, yet or at all,
// is counted by the address.
func (x *exchange) rate() usage {
	who := x.Caller.Account
	if who == "" {
		who = "address " + x.address()
	}
	var used usage
	if x.isOkta {
		used = x.rates.count(who+"\x00"+x.family(), x.now)
	} else {
		used = x.versions.count(who+"\x00"+version(x.Path), x.now)
	}
	x.used = &used
	return used
}

// family is what a request counts for.
func (x *exchange) family() string {
	if !x.isOkta {
		return "sailpoint"
	}
	rest, _ := strings.CutPrefix(x.Path, "/api/v1/")
	switch name, _, _ := strings.Cut(rest, "/"); name {
	case "zones", "policies", "threats", "users":
		return name
	}
	return "other"
}

// isSailPoint says that a path is one of SailPoint's API.
func isSailPoint(path string) bool {
	first, rest, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	switch first {
	case "oauth":
		return rest == "token"
	case "auth-org", "auth-profiles":
		return true
	case "v3", "v2024", "v2025", "v2026", "beta":
		second, _, _ := strings.Cut(rest, "/")
		return second == "auth-org" || second == "auth-profiles"
	}
	return false
}

// version is the version of SailPoint's API that a path belongs to (R4).
func version(path string) string {
	first, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	if strings.HasPrefix(first, "auth-") {
		return "v1"
	}
	return first
}

// peerOf is the address that a connection comes from; the zero Addr if it has none.
func peerOf(remote string) netip.Addr {
	host, _, _ := net.SplitHostPort(remote) // of what is none, no address comes
	addr, _ := netip.ParseAddr(host)
	return addr.Unmap().WithZone("")
}
