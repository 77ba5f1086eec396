package caddygate

import (
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/internal/jsondoc"
)

// Matcher is http.matchers.netwicket: it matches requests by what a policy says of them. What is
// set has to hold all together, of several zones or reasons one. It refuses nobody by itself.
//
// Where it cannot tell, because the client cannot be resolved, a zone turns on data
// that are unknown of the client, or there is no policy, it fails rather than not match, and Caddy
// answers with the error's status: a "not" around the matcher never lets such a request in.
type Matcher struct {
	// Policy is what the policy is made of, as for [Guard].
	Policy []string `json:"policy,omitempty"`
	// Decision is allow or deny; empty: either.
	Decision string `json:"decision,omitempty"`
	// Zones are ids or names of zones of the policy, of which the request is in one.
	Zones []string `json:"zones,omitempty"`
	// Reasons are reasons of decisions, one of which the request's has.
	Reasons []string `json:"reasons,omitempty"`

	lease lease
}

// CaddyModule describes the matcher to Caddy.
func (*Matcher) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "http.matchers.netwicket", New: func() caddy.Module { return new(Matcher) }}
}

// Provision loads the policy, or shares it with others, and checks that what it matches by exists.
func (m *Matcher) Provision(ctx caddy.Context) error {
	if err := m.check(); err != nil {
		return err
	}
	if err := m.lease.take(ctx, m.Policy); err != nil {
		return err
	}
	current := m.lease.policy.keeper.Live().Policy()
	if current == nil {
		return nil // no release has come, and no zone is known: requests fail until then
	}
	membership := current.Match(nil)
	for _, zone := range m.Zones {
		if _, known := stateOf(&membership, zone); !known {
			return fmt.Errorf("the policy %s has no zone with the id or name %q%s", m.lease.policy.name, zone, meant(&membership, zone))
		}
	}
	return nil
}

// check says what is wrong with the matcher itself.
func (m *Matcher) check() error {
	if m.Decision == "" && len(m.Zones) == 0 && len(m.Reasons) == 0 {
		return errors.New("says nothing to match by: decision (allow or deny), zones or reasons")
	}
	if verdicts := []string{decide.Allow.String(), decide.Deny.String()}; m.Decision != "" && !slices.Contains(verdicts, m.Decision) {
		return fmt.Errorf("has the decision %q: %s", m.Decision, jsondoc.Expected(m.Decision, verdicts...))
	}
	var reasons []string
	for reason := range decide.AllReasons.All() {
		reasons = append(reasons, reason.String())
	}
	for _, reason := range m.Reasons {
		if !slices.Contains(reasons, reason) {
			return fmt.Errorf("has the reason %q: %s", reason, jsondoc.Expected(reason, reasons...))
		}
	}
	return nil
}

// meant is the zone that was probably meant.
func meant(membership *decide.Membership, zone string) string {
	var all []string
	for ref := range membership.Zones() {
		all = append(all, ref.Name)
		if ref.ID != "" {
			all = append(all, ref.ID)
		}
	}
	if nearest := jsondoc.Nearest(zone, all...); nearest != "" {
		return fmt.Sprintf("; did you mean %q?", nearest)
	}
	return ""
}

// Cleanup gives the policy back.
func (m *Matcher) Cleanup() error { return m.lease.end() }

// MatchWithError says whether the request is one of those. There is no Match without an
// error: it could only say that a request does not match where nobody can tell.
func (m *Matcher) MatchWithError(r *http.Request) (bool, error) {
	answer, err := m.lease.policy.ask(r)
	if err != nil {
		return false, err
	}
	answer.tell(r)
	zones, err := m.byZones(answer)
	if err != nil {
		return false, err
	}
	certain := true
	for _, state := range []decide.State{m.byDecision(answer), m.byReasons(answer), zones} {
		switch {
		case state == decide.No && !answer.failed():
			return false, nil
		case state != decide.Match:
			certain = false
		}
	}
	if !certain {
		return false, caddyhttp.Error(http.StatusForbidden, errUnknown)
	}
	return true, nil
}

var errUnknown = errors.New("netwicket cannot tell whether the request matches: the client or something about it is unknown")

func (m *Matcher) byDecision(a *answer) decide.State {
	return stateIf(m.Decision == "" || m.Decision == a.result.Decision.Verdict.String())
}

func (m *Matcher) byReasons(a *answer) decide.State {
	decision := &a.result.Decision
	return stateIf(len(m.Reasons) == 0 || slices.ContainsFunc(m.Reasons, func(reason string) bool {
		for also := range decision.Reasons.All() {
			if also.String() == reason {
				return true
			}
		}
		return decision.Reason.String() == reason
	}))
}

// byZones is certain of a match where one of the zones is, and of no match where all are. A zone that the
// policy has lost since Caddy was started is an error.
func (m *Matcher) byZones(a *answer) (decide.State, error) {
	if len(m.Zones) == 0 {
		return decide.Match, nil
	}
	membership := a.result.Membership()
	best := decide.No
	for _, zone := range m.Zones {
		state, known := stateOf(&membership, zone)
		if !known {
			return decide.Unknown, caddyhttp.Error(http.StatusInternalServerError, fmt.Errorf("the policy in force has no zone %q any more", zone))
		}
		best = better(best, state)
	}
	return best, nil
}

// stateOf is the state of a zone by its id or name, of several with that name the best, and whether there is one.
func stateOf(membership *decide.Membership, zone string) (best decide.State, known bool) {
	for ref, state := range membership.Zones() {
		if ref.ID == zone || ref.Name == zone {
			best, known = better(best, state), true
		}
	}
	return best, known
}

// better is a match before what is unknown, and that before none.
func better(a, b decide.State) decide.State {
	switch {
	case a == decide.Match || b == decide.Match:
		return decide.Match
	case a == decide.Unknown || b == decide.Unknown:
		return decide.Unknown
	}
	return decide.No
}

func stateIf(matches bool) decide.State {
	if matches {
		return decide.Match
	}
	return decide.No
}

var (
	_ caddy.Provisioner                 = (*Matcher)(nil)
	_ caddy.CleanerUpper                = (*Matcher)(nil)
	_ caddyhttp.RequestMatcherWithError = (*Matcher)(nil)
)
