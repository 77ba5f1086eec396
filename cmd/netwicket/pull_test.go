package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/folderlock"
)

func newStage(t *testing.T) *pullStage {
	t.Helper()
	return &pullStage{pulling: newPulling(t), tenant: newTenant(t)}
}

// with is a pull from the tenant with further arguments.
func (s *pullStage) with(args ...string) ran {
	s.t.Helper()
	return s.run(append([]string{"--okta", s.tenant.server.URL}, args...)...)
}

// A folder that has no policy file yet gets one, and one that is not there is not
// made.
func TestPullIntoAnEmptyFolder(t *testing.T) {
	s := newStage(t)
	s.folder = t.TempDir()
	got := s.with("--json")
	require.Equal(t, 0, got.code, got.stderr)
	require.Equal(t, true, objects(t, got.out)[0]["first"])
	require.Equal(t, s.generations()[0], objects(t, got.out)[0]["generation"])
	s.check()
	require.Contains(t, s.okta().out, "nothing changed")

	s.folder = filepath.Join(t.TempDir(), "absent")
	require.Equal(t, 1, s.okta().code)
	require.Equal(t, 1, s.with("--dry-run").code)
	require.NoDirExists(t, s.folder)
}

// A tenant that says the same in other words, with other links and members in
// another order, changes nothing: no file is touched (U10).
func TestPullSame(t *testing.T) {
	s := newStage(t)
	before := s.earlier()
	var zone map[string]any
	require.NoError(t, json.Unmarshal([]byte(s.tenant.zones[0]), &zone))
	zone["_links"] = map[string]string{"deactivate": "elsewhere"}
	text, err := json.MarshalIndent(zone, " ", "   ")
	require.NoError(t, err)
	s.tenant.zones[0] = `{"status":"ACTIVE",` + strings.Replace(string(text), `"status": "ACTIVE",`, "", 1)[1:]
	s.tenant.threat = `{"excludeZones": [], "action": "none"}`
	got := s.unchanged(before, s.okta)
	require.Equal(t, 0, got.code, got.stderr)
	require.Contains(t, got.out, "nothing changed")
	got = s.unchanged(before, func() ran { return s.with("--json") })
	require.Equal(t, true, objects(t, got.out)[0]["same"])
	require.Nil(t, objects(t, got.out)[0]["generation"])

	// The same documents, laid there by hand and in two files.
	s.write("a.json", "["+s.tenant.zones[0]+"]")
	s.write("b.json", "["+s.tenant.zones[1]+","+s.tenant.zones[2]+"]")
	s.write("rules.json", "["+strings.Join(s.tenant.rules["00p1"], ",")+"]")
	s.write("threat.json", s.tenant.threat)
	s.write("netwicket.json", `{"okta": {"zones": ["a.json", "b.json"], "rules": ["rules.json"], "threatInsight": "threat.json"}}`)
	before = s.tree()
	require.Contains(t, s.unchanged(before, s.okta).out, "nothing changed")
	s.tenant.zones[1], s.tenant.zones[2] = s.tenant.zones[2], s.tenant.zones[1]
	require.NotContains(t, s.okta().out, "nothing changed", "another order of zones names other zones first")
}

// A dry run prints what diff prints about the folder before and after, and writes
// nothing, not even where nobody may write.
func TestPullDryRun(t *testing.T) {
	s := newStage(t)
	s.earlier()
	s.tenant.zones[2] = ipZone("nzo3", "Office", "POLICY", false, "198.51.100.0/25", "203.0.113.240/28")
	old := copyOf(t, s.folder)
	before := s.tree()
	for _, format := range [][]string{nil, {"--json"}} {
		dry := s.unchanged(before, func() ran { return s.with(append([]string{"--dry-run"}, format...)...) })
		require.Equal(t, 0, dry.code, dry.stderr)
		s.folder = copyOf(t, old)
		require.Equal(t, 0, s.okta().code)
		diff := runIn(t, "", append([]string{"diff", old, s.folder}, format...)...)
		require.Equal(t, 0, diff.code, diff.stderr)
		ranges := func(out string) (lines []string) {
			for line := range strings.Lines(out) {
				if strings.Contains(line, " -> ") || strings.HasPrefix(line, "{") || strings.Contains(line, " IPv4 addresses") {
					lines = append(lines, line)
				}
			}
			return lines
		}
		require.NotEmpty(t, ranges(diff.out))
		require.Equal(t, ranges(diff.out), ranges(dry.out))
		s.folder = copyOf(t, old)
		before = s.tree()
	}
	require.NoError(t, os.RemoveAll(filepath.Join(s.folder, ".netwicket")))
	require.Equal(t, 0, s.with("--dry-run").code)
	require.NoDirExists(t, filepath.Join(s.folder, ".netwicket"))

	// On the first run everybody is let in anew whom the policy lets in.
	first := newStage(t)
	got := first.with("--dry-run", "--json")
	require.Equal(t, 0, got.code, got.stderr)
	require.Equal(t, "198.51.100.0", objects(t, got.out)[0]["first"])
	require.Empty(t, first.generations())

	// What would be refused is shown, and refused.
	s.tenant.zones = s.tenant.zones[:2]
	s.tenant.rules["00p1"] = s.tenant.rules["00p1"][1:]
	got = s.with("--dry-run")
	require.Equal(t, 3, got.code)
	require.Contains(t, got.stderr, "shrink guard: zones: 2 now, 3 in force")
	require.Contains(t, got.out, "198.51.100.0/24 allow rule -> deny rule")
}

// A tenant that changes while it is read is read again (U8).
func TestPullOfOnePiece(t *testing.T) {
	s := newStage(t)
	s.earlier()
	missing := ipZone("nzo4", "New", "POLICY", false, "192.0.2.9/32")
	s.tenant.rules["00p1"][0] = strings.Replace(s.tenant.rules["00p1"][0], `["nzo3"]`, `["nzo3","nzo4"]`, 1)
	s.intercept("/api/v1/policies/00p1/rules", func(http.ResponseWriter, int) bool {
		if len(s.tenant.zones) == 3 {
			s.tenant.zones = append(s.tenant.zones, missing) // it came with the rule, behind the reader's back
		}
		return false
	})
	got := s.okta()
	require.Equal(t, 0, got.code, got.stderr)
	require.Equal(t, 3, s.tenant.count("GET /api/v1/zones"), "twice, and again in the end")
	s.tenant.forget()

	s.intercept("/api/v1/threats", func(_ http.ResponseWriter, nth int) bool {
		s.tenant.zones[0] = ipZone("nzo1", fmt.Sprint("Legacy ", nth), "POLICY", true, "192.0.2.0/24")
		return false
	})
	before := s.tree()
	got = s.unchanged(before, s.okta)
	require.Equal(t, 1, got.code)
	require.Contains(t, got.stderr, "not of one piece, 3 times in a row: the zones changed while the rest was read")
	require.Equal(t, 3, s.tenant.count("GET /api/v1/threats"))
	s.tenant.forget()

	s.tenant.threat = `{"action":"block","excludeZones":["nzoGone"]}`
	got = s.unchanged(before, s.okta)
	require.Equal(t, 1, got.code)
	require.Contains(t, got.stderr, "ThreatInsight names the zone nzoGone, which is not there")
}

// What in a rule or a policy is not in force names what it likes.
func TestPullNamesOfWhatIsOff(t *testing.T) {
	s := newStage(t)
	s.tenant.policies["ACCESS_POLICY"] = []string{`{"id":"rst1","status":"INACTIVE","name":"Off"}`}
	s.tenant.rules["rst1"] = []string{`{"id":"rul1","status":"ACTIVE","name":"x","conditions":{"network":{"connection":"ZONE","include":["nzoGone"]}},"actions":{"appSignOn":{"access":"DENY"}}}`}
	s.tenant.rules["00p1"] = append(s.tenant.rules["00p1"], strings.Replace(s.tenant.rules["rst1"][0], `"ACTIVE"`, `"INACTIVE"`, 1),
		`{"id":"0pr9","status":"ACTIVE","name":"y","priority":0,"conditions":{"network":{"connection":"ZONE","exclude":["ALL_ZONES"]}},"actions":{"signon":{"access":"DENY"}}}`)
	got := s.okta()
	require.Equal(t, 0, got.code, got.stderr)
	require.Len(t, s.check().Config.Rules, 1)
	require.Contains(t, got.out, "1 of 2 policies enforced with 4 rules")
}

// A folder that admin holds is not pulled into.
func TestPullIntoAHeldFolder(t *testing.T) {
	s := newStage(t)
	lock, err := folderlock.Take(s.folder, "netwicket admin, process 4711,")
	require.NoError(t, err)
	defer lock.Release()
	got := s.okta()
	require.Equal(t, 1, got.code)
	require.Contains(t, got.stderr, "netwicket admin, process 4711, is writing to this folder")
	require.Empty(t, s.tenant.asked())
}

// What a tenant calls its things steers nobody's terminal.
func TestPullForeignText(t *testing.T) {
	s := newStage(t)
	s.tenant.policies["OKTA_SIGN_ON"][0] = `{"id":"00p1","status":"ACTIVE","name":"Staff\u001b[31m\nnetwicket: all good","conditions":{"people":{"groups":{"include":["00g1"]}}}}`
	s.tenant.zones[2] = ipZone("nzo3", "Office\x1b[2J", "POLICY", false, "198.51.100.0/24")
	got := s.okta()
	require.Equal(t, 0, got.code, got.stderr)
	require.NotContains(t, got.out+got.stderr, "\x1b")
	require.NotContains(t, got.stderr, "\nnetwicket: all good")
	whole := s.tenant.zones
	s.tenant.zones = whole[:1] // which the guard refuses, and says besides what else is wrong
	s.tenant.rules["00p1"][0] = strings.Replace(s.tenant.rules["00p1"][0], `"nzo3"`, `"gone\u001b[31m\nnetwicket: all good"`, 1)
	got = s.okta()
	require.Equal(t, 3, got.code, got.stderr)
	require.Contains(t, got.stderr, `gone\x1b[31m\nnetwicket: all good`)
	require.NotContains(t, got.stderr, "\x1b")
	s.tenant.zones = whole
	s.intercept("/api/v1/zones", func(w http.ResponseWriter, _ int) bool {
		fail(w, 403, "E\x1b[31m", "no")
		return true
	})
	require.NotContains(t, s.okta().stderr, "\x1b")
}

// Every tenant has zones of the system's that are empty, of which nothing is said;
// of others it is (D5).
func TestPullWarnings(t *testing.T) {
	s := newStage(t)
	s.tenant.zones[0] = ipZone("nzo1", "LegacyIpZone", "POLICY", true)
	s.tenant.zones = append(s.tenant.zones, ipZone("nzo4", "Forgotten", "POLICY", false))
	got := s.okta()
	require.Equal(t, 0, got.code, got.stderr)
	require.Equal(t, 1, strings.Count(got.stderr, "[empty-zone]"), got.stderr)
	require.Contains(t, got.stderr, "okta/zones.json:")
}

// A person who looks on sees what is asked, and nothing that steers the terminal.
func TestPullProgress(t *testing.T) {
	var out bytes.Buffer
	p := newPullProgress(&out)
	p.show("okta, rules of policy \"x\x1b[2J\", page 1")
	p.show("okta, zones, page 2: waiting for 3s")
	p.finish()
	require.Contains(t, out.String(), "waiting for 3s")
	require.Contains(t, out.String(), `x\x1b[2J`)
	require.NotContains(t, out.String(), "\x1b[2J")
	pullProgress{}.show("nobody looks on")
	pullProgress{}.finish()
}

// Trouble that stays leaves what is in force, and says what it was.
func TestPullTroubleThatStays(t *testing.T) {
	for want, answer := range map[string]func(w http.ResponseWriter){
		"zones, page 1: 200, and an answer of type text/html; expected JSON": func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "text/html")
			_, _ = w.Write([]byte("<!doctype html><title>Sign in</title>"))
		},
		"breaks off after 9 bytes": func(w http.ResponseWriter) {
			w.Header().Set("Content-Length", "1000")
			_, _ = w.Write([]byte(`[{"id":"n`))
		},
		"429 E0000047 API call exceeded": func(w http.ResponseWriter) {
			fail(w, 429, "E0000047", "API call exceeded rate limit due to too many requests.")
		},
		"expected an array of objects": func(w http.ResponseWriter) { _, _ = w.Write([]byte(`["nzo1"]`)) },
	} {
		s := newStage(t)
		before := s.earlier()
		s.intercept("/api/v1/zones", func(w http.ResponseWriter, _ int) bool {
			answer(w)
			return true
		})
		got := s.unchanged(before, s.okta)
		require.Equal(t, 1, got.code)
		require.Contains(t, got.stderr, want)
		require.Contains(t, got.stderr, "asked 5 times")
		require.Equal(t, 5, s.tenant.count("GET /api/v1/zones"))
	}
}
