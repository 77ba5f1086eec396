package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The guard's addresses (U11): what a policy denies anew is refused, whatever may
// shrink.
func TestPullGuard(t *testing.T) {
	s := newStage(t)
	s.write("netwicket.json", `{"geo": ["geo.csv"], "serve": {"guard": ["198.51.100.9", "192.0.2.1"]}}`)
	got := s.okta()
	require.Equal(t, 3, got.code, "nothing was in force, so nobody was denied")
	require.Contains(t, got.stderr, "guard: it denies 192.0.2.1, which is in serve.guard: ")
	require.NotContains(t, got.stderr, "198.51.100.9")
	require.Empty(t, s.generations())

	s.tenant.zones[2] = ipZone("nzo3", "Office", "POLICY", false, "198.51.100.0/24", "192.0.2.0/24")
	before := s.earlier()
	s.tenant.zones[2] = ipZone("nzo3", "Office", "POLICY", false, "198.51.100.128/25")
	for _, accept := range [][]string{nil, {"--accept-shrink"}} {
		got = s.unchanged(before, func() ran { return s.with(accept...) })
		require.Equal(t, 3, got.code)
		require.Contains(t, got.stderr, "guard: it denies 198.51.100.9, ")
	}
	s.write("netwicket.json", strings.Replace(s.read("netwicket.json"), `"198.51.100.9", "192.0.2.1"`, `"10.0.0.1"`, 1))
	got = s.okta()
	require.Equal(t, 0, got.code, "10.0.0.1 is denied already: %s", got.stderr)
}

// The shrink guard, cause by cause (U12), just below the share that must be left and
// just at it.
func TestPullShrinks(t *testing.T) {
	rule := func(n int, status string) string {
		return fmt.Sprintf(`{"id":"0prx%d","status":%q,"name":"r%d","priority":%d,"conditions":{"network":{"connection":"ZONE","include":["nzo3"]}},"actions":{"signon":{"access":"ALLOW"}}}`, n, status, n, 10+n)
	}
	for name, c := range map[string]struct {
		before func(s *pullStage)
		change func(s *pullStage)
		want   string // empty: it is taken
	}{
		"69% of the zones": {
			func(s *pullStage) { s.moreZones(97) }, func(s *pullStage) { s.tenant.zones = s.tenant.zones[:69] }, "zones: 69 now, 100 in force",
		},
		"70% of the zones": {func(s *pullStage) { s.moreZones(97) }, func(s *pullStage) { s.tenant.zones = s.tenant.zones[:70] }, ""},
		"69% of the blocklist": {
			func(s *pullStage) { s.tenant.zones[1] = ipZone("nzo2", "B", "BLOCKLIST", true, networks(100)...) },
			func(s *pullStage) { s.tenant.zones[1] = ipZone("nzo2", "B", "BLOCKLIST", true, networks(69)...) },
			"entries of ACTIVE blocklist zones: 69 now, 100 in force",
		},
		"70% of the blocklist": {
			func(s *pullStage) { s.tenant.zones[1] = ipZone("nzo2", "B", "BLOCKLIST", true, networks(100)...) },
			func(s *pullStage) { s.tenant.zones[1] = ipZone("nzo2", "B", "BLOCKLIST", true, networks(70)...) }, "",
		},
		"a blocklist that is switched off": {
			nil, func(s *pullStage) {
				s.tenant.zones[1] = strings.Replace(s.tenant.zones[1], `"status":"ACTIVE"`, `"status":"INACTIVE"`, 1)
			}, "entries of ACTIVE blocklist zones: 0 now, 40 in force",
		},
		"places of a blocklist": {
			func(s *pullStage) {
				s.tenant.zones = append(s.tenant.zones, `{"type":"DYNAMIC","id":"nzo5","name":"Places","status":"ACTIVE","usage":"BLOCKLIST","system":false,"locations":[{"country":"DE"},{"country":"FR"}]}`)
				s.tenant.zones[1] = ipZone("nzo2", "B", "BLOCKLIST", true)
			},
			func(s *pullStage) { s.tenant.zones[3] = strings.Replace(s.tenant.zones[3], `,{"country":"FR"}`, "", 1) },
			"entries of ACTIVE blocklist zones: 1 now, 2 in force",
		},
		"rules that are switched off": {
			func(s *pullStage) { s.tenant.rules["00p1"] = append(s.tenant.rules["00p1"], rule(1, "ACTIVE")) },
			func(s *pullStage) { s.tenant.rules["00p1"][2] = rule(1, "INACTIVE") }, "ACTIVE rules: 2 now, 3 in force",
		},
		"a policy that is switched off": {
			nil, func(s *pullStage) {
				s.tenant.policies["OKTA_SIGN_ON"][0] = strings.Replace(s.tenant.policies["OKTA_SIGN_ON"][0], `"ACTIVE"`, `"INACTIVE"`, 1)
			}, "ACTIVE rules: 0 now, 2 in force",
		},
		"a system zone": {
			func(s *pullStage) { s.moreZones(10) }, func(s *pullStage) { s.tenant.zones = s.tenant.zones[1:] }, `the system zone "LegacyIpZone" (nzo1) is gone`,
		},
		"ThreatInsight": {nil, func(s *pullStage) { s.tenant.threat = "" }, "the ThreatInsight configuration is gone"},
		"the internet": {
			nil, func(s *pullStage) {
				s.tenant.rules["00p1"][1] = strings.Replace(s.tenant.rules["00p1"][1], "DENY", "ALLOW", 1)
			},
			"IPv4 addresses would be newly allowed, 100.0% of the routed ones",
		},
		"a little more than a hundredth": {
			nil, func(s *pullStage) {
				s.tenant.zones[2] = ipZone("nzo3", "Office", "POLICY", false, "198.51.100.0/24", "32.0.0.0/7", "34.0.0.0/8")
			},
			"50331648 IPv4 addresses would be newly allowed, 1.4% of the routed ones",
		},
		"a little less": {
			nil, func(s *pullStage) {
				s.tenant.zones[2] = ipZone("nzo3", "Office", "POLICY", false, "198.51.100.0/24", "32.0.0.0/7", "10.0.0.0/8", "224.0.0.0/4")
			}, "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			if c.before != nil {
				c.before(s)
			}
			before := s.earlier()
			c.change(s)
			if c.want == "" {
				require.Equal(t, 0, s.okta().code)
				return
			}
			got := s.unchanged(before, s.okta)
			require.Equal(t, 3, got.code, got.stderr)
			require.Contains(t, got.stderr, "netwicket: shrink guard: ")
			require.Contains(t, got.stderr, c.want)
			require.Contains(t, got.stderr, "netwicket pull -c "+s.folder+" --okta "+s.tenant.server.URL+" --dry-run shows what would change, and --accept-shrink accepts")
			got = s.unchanged(before, func() ran { return s.with("--json") })
			require.Contains(t, fmt.Sprint(objects(t, got.out)[0]["refused"]), c.want)
			got = s.with("--accept-shrink")
			require.Equal(t, 0, got.code, got.stderr)
			s.check()
		})
	}
}

func (s *pullStage) moreZones(n int) {
	for i := range n {
		s.tenant.zones = append(s.tenant.zones, ipZone(fmt.Sprintf("nzx%d", i), fmt.Sprintf("Zone %d", i), "POLICY", false, "192.0.2.7/32"))
	}
}

// What is in force and does not load cannot be compared.
func TestPullOverBrokenDocuments(t *testing.T) {
	s := newStage(t)
	s.earlier()
	require.NoError(t, os.Remove(filepath.Join(s.folder, "pulled", s.generations()[0], "okta/zones.json")))
	before := s.tree()
	got := s.unchanged(before, s.okta)
	require.Equal(t, 3, got.code)
	require.Contains(t, got.stderr, "what is in force does not load, so that nobody knows whether it shrinks")
	require.Equal(t, 0, s.with("--accept-shrink").code)
	s.check()

	s.write("netwicket.json", `{"okta": 3`)
	got = s.okta()
	require.Equal(t, 1, got.code)
	require.Contains(t, got.stderr, "netwicket.json:1:")
}
