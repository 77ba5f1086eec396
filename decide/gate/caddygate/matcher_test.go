package caddygate_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide/gate/caddygate"
	"github.com/netwicket/netwicket/internal/keepertest"
)

// TestMatcher: requests match by what the policy says of them. Where nobody can tell the answer is an
// error, in and out of a "not".
func TestMatcher(t *testing.T) {
	clients := []string{office, home, blocked, nowhere, "", "unknown"}
	for name, test := range map[string]struct {
		matcher     string
		plain, inNo []int // statuses of the clients: 200 matches, 404 does not
	}{
		"allowed":                 {"decision allow", []int{200, 200, 404, 200, 403, 403}, []int{404, 404, 200, 404, 403, 403}},
		"denied":                  {"decision deny", []int{404, 404, 200, 404, 200, 200}, []int{200, 200, 404, 200, 404, 404}},
		"in a zone, by its name":  {"zone Office", []int{200, 404, 404, 404, 403, 403}, []int{404, 200, 200, 200, 403, 403}},
		"in a zone, by its id":    {`zone "office 1"`, []int{200, 404, 404, 404, 403, 403}, []int{404, 200, 200, 200, 403, 403}},
		"in a country":            {"zone Germany", []int{200, 404, 403, 403, 403, 403}, []int{404, 200, 403, 403, 403, 403}},
		"in one of several":       {"zone Germany\nzone Blocked", []int{200, 404, 200, 403, 403, 403}, []int{404, 200, 404, 403, 403, 403}},
		"for a reason":            {"reason blocklisted threat", []int{404, 404, 200, 404, 403, 403}, []int{200, 200, 404, 200, 403, 403}},
		"for want of a client":    {"reason client_unresolved", []int{404, 404, 404, 404, 200, 200}, []int{200, 200, 200, 200, 404, 404}},
		"all of it":               {"decision allow\nzone Office\nreason permitted", []int{200, 404, 404, 404, 403, 403}, []int{404, 200, 200, 200, 403, 403}},
		"no, whatever is unknown": {"decision deny\nzone Germany", []int{404, 404, 403, 404, 403, 403}, []int{200, 200, 403, 200, 403, 403}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			s.start(`
	@plain {
		path /plain
		netwicket {
			policy POLICY
			` + test.matcher + `
		}
	}
	@not {
		path /not
		not netwicket {
			policy POLICY
			` + test.matcher + `
		}
	}
	respond @plain 200
	respond @not 200
	respond 404`)
			for i, client := range clients {
				require.Contains(t, []int{test.plain[i], 404}, s.get("/elsewhere", client).status)
				require.Equal(t, test.plain[i], s.get("/plain", client).status, "%q", client)
				require.Equal(t, test.inNo[i], s.get("/not", client).status, "not %q", client)
			}
		})
	}
}

// TestMatcherTellsPlaceholders has them where there is no guard.
func TestMatcherTellsPlaceholders(t *testing.T) {
	s := newSite(t)
	s.start(`
	@denied netwicket {
		policy POLICY
		decision deny
	}
	respond @denied "{netwicket.reason}" 403
	respond "{netwicket.country}"`)
	require.Equal(t, "blocklisted", s.get("/", blocked).body)
	require.Equal(t, "DE", s.get("/", office).body)
	require.Empty(t, s.metrics("netwicket_decisions_total"), "only guards decide")
}

// TestPlaceholdersAreOfTheLast: of two policies that were asked, those of the one asked last are told.
func TestPlaceholdersAreOfTheLast(t *testing.T) {
	s, other := newSite(t), newSite(t)
	other.Write("zones.json", keepertest.Blocklist("192.0.2.0/24"))
	s.start(strings.ReplaceAll(`
	@known {
		path /first
		netwicket {
			policy POLICY
			decision allow
		}
	}
	handle @known {
		respond "{netwicket.country} {netwicket.decision}"
	}
	handle {
		netwicket {
			policy POLICY
		}
		route {
			netwicket {
				policy OTHER
				denied {
					respond "{netwicket.decision} {netwicket.zones}" 403
				}
			}
			respond application
		}
	}`, "OTHER", other.Folder))
	require.Equal(t, "DE allow", s.get("/first", office).body)
	require.Equal(t, "deny b", s.get("/", nowhere).body)
}

// TestMatcherLosesItsZone: a zone that the policy has no more is neither matched nor, in a "not", missed.
func TestMatcherLosesItsZone(t *testing.T) {
	s := newSite(t)
	s.start(`
	@outside not netwicket {
		policy POLICY
		zone Office
	}
	respond @outside 404
	respond 200`)
	require.Equal(t, []int{200, 404}, s.statuses(office, home))
	s.Move("zones.json", keepertest.Blocklist("203.0.113.0/24"))
	s.becomes(500, office)
	require.Equal(t, 500, s.get("/", home).status)
}

// TestMatcherIsChecked: what a matcher matches by has to exist when Caddy starts.
func TestMatcherIsChecked(t *testing.T) {
	for name, test := range map[string]struct{ config, err string }{
		"no policy":           {`"decision": "allow"`, "names no policy"},
		"nothing":             {`"policy": ["POLICY"]`, "says nothing to match by"},
		"an unknown zone":     {`"policy": ["POLICY"], "zones": ["Ofice"]`, `has no zone with the id or name "Ofice"; did you mean "Office"?`},
		"an unknown reason":   {`"policy": ["POLICY"], "reasons": ["blocklist"]`, `reason "blocklist": expected no_policy`},
		"an unknown decision": {`"policy": ["POLICY"], "decision": "ALLOW"`, `did you mean "allow"?`},
		"an unknown key":      {`"policy": ["POLICY"], "zone": ["Office"]`, `unknown field "zone"`},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			err := s.json(`{"match": [{"netwicket": {` + test.config + `}}], "handle": [{"handler": "static_response"}]}`)
			require.ErrorContains(t, err, test.err)
			require.Zero(t, caddygate.Held(s.Folder), "what was refused holds nothing")
		})
	}
}
