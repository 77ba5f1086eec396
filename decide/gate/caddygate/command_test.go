package caddygate_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// write writes a Caddyfile.
func (s *site) write(text string) string {
	s.T.Helper()
	path := filepath.Join(s.Folder, "Caddyfile")
	require.NoError(s.T, os.WriteFile(path, []byte(text), 0o600))
	return path
}

// TestCommands: caddy validate says what is wrong with a policy, where and what to write, and caddy run
// does not start with it.
func TestCommands(t *testing.T) {
	s := newSite(t)
	path := s.write(s.caddyfile(guarded))
	output, err := command(t, "validate", "--config", path)
	require.NoError(t, err, output)
	require.Contains(t, output, "Valid configuration")

	finding := s.breakZones()
	for _, verb := range []string{"validate", "run"} {
		output, err = command(t, verb, "--config", path)
		require.Error(t, err)
		require.Contains(t, output, finding)
	}

	s.Move("zones.json", zones)
	s.Move("netwicket.json", `{"okta": {"zones": ["zones.json"]}, "geo": ["geo.csv"]}`)
	for _, verb := range []string{"validate", "run"} {
		output, err = command(t, verb, "--config", path)
		require.Error(t, err)
		require.Contains(t, output, s.Path("netwicket.json")+":1:1: ")
		require.Contains(t, strings.ReplaceAll(output, `\"`, `"`), `write "edge": {}`)
	}
}

// TestCaddyfileErrors: caddy adapt says where a Caddyfile is wrong and what to write.
func TestCaddyfileErrors(t *testing.T) {
	for name, test := range map[string]struct {
		directives string // the first is on line 9
		line       string
		err        string
	}{
		"no policy":                        {"netwicket", ":9", `names no policy: write "policy PATH"`},
		"an empty block":                   {"netwicket {\n}", ":9", `names no policy: write "policy PATH"`},
		"a path in the place of a matcher": {"netwicket /etc/netwicket", ":9", "a path right behind netwicket would say which requests to guard"},
		"a path behind a matcher":          {"netwicket * POLICY", ":9", `is no matcher: write "policy `},
		"policy without a path":            {"netwicket {\npolicy\n}", ":10", `"policy" takes the path`},
		"policy twice":                     {"netwicket {\npolicy a\npolicy b\n}", ":11", `"policy" stands here twice`},
		"an unknown subdirective":          {"netwicket {\npolici a\n}", ":10", `unknown subdirective "polici": expected policy or denied; did you mean "policy"?`},
		"denied without a directive":       {"netwicket {\npolicy a\ndenied\n}", ":11", `"denied" has no directive`},
		"denied twice":                     {"netwicket {\npolicy a\ndenied {\nerror 403\n}\ndenied {\nerror 403\n}\n}", ":14", `"denied" stands here twice`},
		"denied with an unknown directive": {"netwicket {\npolicy a\ndenied {\nrespont 403\n}\n}", ":13", "respont"},
		"a matcher without a policy":       {"@a netwicket {\ndecision deny\n}\nrespond @a 403", ":9", `the matcher netwicket names no policy: write "policy PATH"`},
		"a matcher with words behind it":   {"@a netwicket deny\nrespond @a 403", ":9", `"deny" is not expected here`},
		"a matcher of nothing":             {"@a netwicket {\npolicy a\n}\nrespond @a 403", ":9", "says nothing to match by"},
		"a matcher of an unknown decision": {"@a netwicket {\npolicy a\ndecision denied\n}\nrespond @a 403", ":9", `has the decision "denied": expected allow or deny`},
		"a matcher of two decisions":       {"@a netwicket {\npolicy a\ndecision deny allow\n}\nrespond @a 403", ":11", `"decision" takes one word`},
		"a matcher of an unknown reason":   {"@a netwicket {\npolicy a\nreason blocklistet\n}\nrespond @a 403", ":9", `did you mean "blocklisted"?`},
		"a matcher of no zone":             {"@a netwicket {\npolicy a\nzone\n}\nrespond @a 403", ":11", `"zone" takes the ids or names of zones`},
		"a matcher's unknown subdirective": {"@a netwicket {\npolicy a\ncountry DE\n}\nrespond @a 403", ":11", `unknown subdirective "country": expected policy, decision, zone or reason`},
		"netwicket twice in one matcher":   {"@a {\nnetwicket {\npolicy a\ndecision deny\n}\nnetwicket {\npolicy a\nzone b\n}\n}\nrespond @a 403", ":14", "stands twice in one matcher"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			path := s.write(s.caddyfile(test.directives))
			output, err := command(t, "adapt", "--config", path)
			require.Error(t, err)
			output = strings.ReplaceAll(output, `\"`, `"`)
			require.Contains(t, output, test.err)
			require.Contains(t, output, path+test.line)
		})
	}
}

// TestUnknownZoneOfACaddyfile is said when the policy is known.
func TestUnknownZoneOfACaddyfile(t *testing.T) {
	s := newSite(t)
	output, err := command(t, "validate", "--config", s.write(s.caddyfile("@a netwicket {\npolicy POLICY\nzone Ofice\n}\nrespond @a 403")))
	require.Error(t, err)
	require.Contains(t, strings.ReplaceAll(output, `\"`, `"`), `has no zone with the id or name "Ofice"; did you mean "Office"?`)
}

// TestAdapts: what a Caddyfile says is what the JSON has.
func TestAdapts(t *testing.T) {
	s := newSite(t)
	output, err := command(t, "adapt", "--config", s.write(s.caddyfile(`
	@a netwicket {
		policy POLICY
		decision deny
		zone Office
		reason threat blocklisted
	}
	netwicket @a {
		policy POLICY other
		denied {
			respond no 451
		}
	}`)))
	require.NoError(t, err, output)
	for _, part := range []string{
		`"netwicket":{"policy":["POLICY"],"decision":"deny","zones":["Office"],"reasons":["threat","blocklisted"]}`,
		`{"denied":[{"handle":[{"body":"no","handler":"static_response","status_code":451}]}],"handler":"netwicket","policy":["POLICY","other"]}`,
	} {
		require.Contains(t, output, strings.ReplaceAll(part, "POLICY", s.Folder))
	}
}
