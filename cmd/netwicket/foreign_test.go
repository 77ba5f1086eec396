package main

import (
	"encoding/json"
	"os"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/internal/mmdbtest"
)

// hostileText is a name as nobody writes one in good faith: it clears a screen, turns
// the text round, hides, and ends its line in every way there is to begin another.
const hostileText = "Zß東\x1b[2J\u009b31m\x07\u202e\u2066\u200b\ufeff\u00a0\x7f\u2028INJECTED\u2029INJECTED\u0085INJECTED\vINJECTED\r\nINJECTED\rINJECTED\t\\"

// hostileFolder is a policy of which everything that can be named is named so, and
// the names of its files: what else a command reads stands beside it.
func hostileFolder(t *testing.T) (name string) {
	t.Helper()
	const file = "f\x1b[31m\nINJECTED \u202e\u009b\xff"
	quoted := func(text string) string {
		encoded, err := json.Marshal(text)
		require.NoError(t, err)
		return string(encoded)
	}
	h := quoted(hostileText)
	database, err := mmdbtest.File{Type: "Country " + hostileText, Networks: []mmdbtest.Network{
		{Prefix: "192.0.2.0/24", Record: mmdbtest.Map{"country": mmdbtest.Map{"iso_code": "DE"}}},
	}}.Bytes()
	require.NoError(t, err)
	line := strings.NewReplacer("\r", "", "\n", "", "\t", "").Replace(hostileText)
	path := func(ending string) string { return strings.ReplaceAll(file, "\xff", "") + ending } // as JSON can name it
	folder(t, map[string]string{
		path(".zones.json"): `[{"type":"IP","id":` + h + `,"name":` + h + `,"gateways":[{"type":"CIDR","value":"192.0.2.0/24"}],"proxies":[{"type":"CIDR","value":"10.0.0.0/8"}]},
			{"type":"IP","id":"b","name":` + h + `,"usage":"BLOCKLIST","gateways":[{"type":"CIDR","value":"203.0.113.0/24"}]},
			{"type":"DYNAMIC","id":` + quoted("d"+hostileText) + `,"name":` + quoted("d"+hostileText) + `,"locations":[{"country":"DE"}],` + h + `:1}]`,
		path(".rules.json"): `[{"name":` + h + `,"id":` + h + `,"priority":1,"conditions":{"network":{"connection":"ZONE","include":[` + h + `]}},"actions":{"signon":{"access":"ALLOW"}}},
			{"name":` + quoted("r"+hostileText) + `,"priority":2,"conditions":{"network":{"connection":"ANYWHERE"}},"actions":{"signon":{"access":"DENY"}}}]`,
		path(".mmdb"):         string(database),
		path(".overlay.json"): `{"deny":[{"network":"198.51.100.0/24","why":` + h + `}],"allow":[]}`,
		path(".feed.txt"):     "# " + line + "\n203.0.113.9 # " + line + "\n",
		"threat.json":         `{"action":"audit","excludeZones":[]}`,
		"netwicket.json": `{"okta":{"zones":[` + quoted(path(".zones.json")) + `],"rules":[` + quoted(path(".rules.json")) + `],"threatInsight":"threat.json","threatFeeds":[` + quoted(path(".feed.txt")) + `]},
			"geo":[` + quoted(path(".mmdb")) + `],"services":{"NORD_VPN":[` + quoted(path(".feed.txt")) + `]},"overlay":` + quoted(path(".overlay.json")) + `,
			"edge":{"trusted":["10.0.0.0/8"],"source":"x-forwarded-for"}}`,
		file + ".other.json":  `[{"type":"IP","id":"o","name":` + h + `,"usage":"BLOCKLIST","gateways":[{"type":"CIDR","value":"192.0.2.0/25"}]}]`,
		file + ".broken.json": `[{"type":` + h + `,"id":` + h + `,"name":1,` + h + `:` + h + `,"gateways":[{"type":` + h + `,"value":` + h + `},{"type":"CIDR","value":` + h + `}]},{"type":"IP","nam` + hostileText[:3] + `"`,
		file + ".bad.json":    `[{"type":` + h + `,"id":` + h + `,"name":` + h + `,"status":` + h + `,"usage":` + h + `,"gateways":[{"type":` + h + `,"value":` + h + `},{"type":"CIDR","value":` + h + `}]}]`,
		file + ".bad.txt":     hostileText + "\n\xff\xfe\n",
		file + ".bad.csv":     "network," + hostileText + "\n" + hostileText + "," + hostileText + "\n",
		file + ".policy.json": `{` + h + `:1,"okta":{"zones":[` + h + `]},"geo":[` + h + `],"mode":` + h + `,"edge":{"trusted":[` + h + `],"source":` + h + `},"serve":{"listen":` + h + `,"guard":[` + h + `]}}`,
		file + ".tests.json": `[{"name":` + h + `,"remote":"192.0.2.1","want":{"decision":"allow"}},
			{"name":` + quoted("wrong "+hostileText) + `,"remote":` + h + `,"headers":[[` + h + `,` + h + `]],"want":{"decision":"allow","client":"192.0.2.9"}},
			{"remote":"10.0.0.1","headers":[["X-Forwarded-For","203.0.113.5"]],"want":{"decision":"allow","reason":"permitted"}}]`,
		file + ".log":   `192.0.2.1 - - [15/Nov/2026:00:00:00 +0000] "GET /` + line + ` HTTP/1.1" 200 1 "-" "-"` + "\n" + hostileText + "\n\xff\x1b[2J\n",
		file + ".jsonl": `{"remote":` + h + `,"headers":[[` + h + `,` + h + `]]}` + "\n" + hostileText + "\n{" + h + `:1}` + "\n" + `{"remote":"10.0.0.1","headers":[["X-Forwarded-For",` + h + `]]}` + "\n192.0.2.1\n203.0.113.1\n198.51.100.1\n192.0.2.200\n",
	})
	return file
}

// requireFit holds an output to what a terminal may be given: lines of characters
// that can be seen, none of which begins where a name wanted it to.
func requireFit(t *testing.T, what, text string) {
	t.Helper()
	for line := range strings.SplitSeq(text, "\n") {
		if at := strings.IndexFunc(line, func(r rune) bool { return !strconv.IsPrint(r) }); at >= 0 || !utf8.ValidString(line) {
			require.FailNow(t, "not fit to be shown", "%s: %q", what, line)
		}
		require.False(t, strings.HasPrefix(strings.TrimLeft(line, " #"), "INJECTED"), "%s: %q", what, line)
	}
}

// TestForeignText: whatever documents, databases, files, logs and flags say, no
// command writes to a terminal what is not fit to be shown, in any format.
func TestForeignText(t *testing.T) {
	f := hostileFolder(t)
	requests, err := os.ReadFile(f + ".jsonl")
	require.NoError(t, err)
	h := hostileText
	require.Zero(t, runIn(t, "", "admin", "token", "x", "--callers", "callers.json").code)
	managed(t)
	for _, test := range []struct {
		args []string
		want string // of the name, to show that it was printed; empty: nothing of it is
	}{
		{[]string{"eval"}, `zone="Zß東`},
		{[]string{"eval", "--json"}, `"name":"Zß東`},
		{[]string{"eval", h}, ""},
		{[]string{"eval", "--remote", h, "-H", h + ": " + h}, ""},
		{[]string{"eval", "--remote", h, "-H", h}, "Zß東"},
		{[]string{"explain"}, "Zß東"},
		{[]string{"explain", "--json"}, "Zß東"},
		{[]string{"explain", "--from-log", h}, "Zß東"},
		{[]string{"resolve"}, ""},
		{[]string{"resolve", "--json"}, ""},
		{[]string{"resolve", "--trusted", h}, "Zß東"},
		{[]string{"resolve", "--source", "header:" + h}, "Zß東"},
		{[]string{"check"}, "INJECTED"},
		{[]string{"check", "--json"}, "INJECTED"},
		{[]string{"check", "--must-allow", f + ".jsonl", "--must-deny", f + ".bad.txt", "--must-deny", h}, "INJECTED"},
		{[]string{"check", f + ".broken.json", f + ".bad.json", f + ".policy.json", f + ".bad.csv", f + ".absent", "netwicket.json"}, "INJECTED"},
		{[]string{"check", "--json", f + ".broken.json", f + ".bad.json", f + ".policy.json", f + ".bad.csv", f + ".absent"}, "INJECTED"},
		{[]string{"check", "--format", "github", f + ".broken.json", f + ".bad.json", f + ".policy.json", f + ".bad.csv", f + ".absent"}, "INJECTED"},
		{[]string{"check", "--format", "sarif", f + ".broken.json", f + ".bad.json", f + ".policy.json", f + ".bad.csv", f + ".absent"}, "INJECTED"},
		{[]string{"check", "--format", "github", "--at", h}, "Zß東"},
		{[]string{"check", "--format", h}, "Zß東"},
		{[]string{"check", "--at", h}, "Zß東"},
		{[]string{"check", "--threat", f + ".bad.txt"}, "INJECTED"},
		{[]string{"diff", ".", f + ".other.json"}, ""},
		{[]string{"diff", "--json", ".", f + ".other.json"}, ""},
		{[]string{"diff", "--log", f + ".log", ".", f + ".other.json"}, "INJECTED"},
		{[]string{"diff", f + ".absent", f + ".bad.json"}, "INJECTED"},
		{[]string{"diff", "--only", h, ".", "."}, "Zß東"},
		{[]string{"test", f + ".tests.json"}, "Zß東"},
		{[]string{"test", "--coverage", f + ".tests.json"}, "Zß東"},
		{[]string{"test", "--coverage", "--format", "json", f + ".tests.json"}, "Zß東"},
		{[]string{"test", "--coverage", "--format", "junit", f + ".tests.json"}, "Zß東"},
		{[]string{"test", "--coverage", "--format", "tap", f + ".tests.json"}, "Zß東"},
		{[]string{"test", "--coverage", "--format", "github", f + ".tests.json"}, "Zß東"},
		{[]string{"test", "--format", "github", f + ".broken.json", f + ".absent"}, "INJECTED"},
		{[]string{"test", "--format", h, f + ".tests.json"}, "Zß東"},
		{[]string{"test", "--run", "[" + h, f + ".tests.json"}, ""},
		{[]string{"test", f + ".broken.json", f + ".absent"}, "INJECTED"},
		{[]string{"test", "--update", f + ".absent.json"}, "INJECTED"},
		{[]string{"test", "--update", f + ".tests.json"}, "INJECTED"},
		{[]string{"replay", f + ".log"}, "INJECTED"},
		{[]string{"replay", "--json", f + ".log"}, "INJECTED"},
		{[]string{"replay", "--against", f + ".other.json", f + ".log"}, "INJECTED"},
		{[]string{"replay", f + ".absent"}, "INJECTED"},
		{[]string{"replay", "--format", h, f + ".log"}, "Zß東"},
		{[]string{"replay", "--pattern", "(" + h, f + ".log"}, "Zß東"},
		{[]string{"replay", "--field", h, f + ".log"}, "Zß東"},
		{[]string{"export", "--format", "nginx", "-c", ".", "-c", f + ".other.json"}, "INJECTED"},
		{[]string{"export", "--format", "haproxy", "-c", ".", "-c", f + ".other.json"}, "INJECTED"},
		{[]string{"export", "--format", "nftables", "-c", ".", "-c", f + ".other.json"}, "INJECTED"},
		{[]string{"export", "--format", "cidr", "-c", ".", "-c", f + ".other.json"}, "INJECTED"},
		{[]string{"export", "--format", "csv", "-c", ".", "-c", f + ".other.json"}, "INJECTED"},
		{[]string{"export", "--format", "table", "--no-buckets"}, "Zß東"},
		{[]string{"export", "--format", "table", "--against", f + ".other.json"}, "INJECTED"},
		{[]string{"export", "--deny", "--format", "cidr", "-c", ".", "-c", f + ".other.json"}, "INJECTED"},
		{[]string{"export", "--deny", "--format", "aws-waf", "--max", "9"}, "IPV6"},
		{[]string{"export", "--deny", "--format", "cloudflare", "--max", "9"}, "of denied IPv4"},
		{[]string{"export", "--deny", "--format", "cidr", "--weights", f + ".log"}, "INJECTED"},
		{[]string{"export", "--format", "cidr", "-o", f + "/absent"}, "INJECTED"},
		{[]string{"export", "--format", "cidr", "--family", h}, "Zß東"},
		{[]string{"export", "--format", h}, "Zß東"},
		{[]string{"export", "--format", "sql", "--for", "spark", "-c", ".", "-c", f + ".other.json"}, "INJECTED"},
		{[]string{"export", "--format", "sql", "--for", h}, "Zß東"},
		{[]string{"filter", "--format", h}, "Zß東"},
		{[]string{"filter", "--against", f + ".absent"}, "INJECTED"},
		{[]string{"map", "-o", h}, "Zß東"},
		{[]string{"map", "-o", f + "/absent.svg"}, "INJECTED"},
		{[]string{"bench", "--time", "1ms"}, "Zß東"},
		{[]string{"bench", "--time", "1ms", "--json"}, ""},
		{[]string{"version", "-c", "."}, "Zß東"},
		{[]string{"version", "-c", ".", "--json"}, "Zß東"},
		{[]string{"serve", "-c", f + ".bad.json"}, "INJECTED"},
		{[]string{"serve", "-c", f + ".other.json"}, ""},
		{[]string{"serve", "-c", ".", "--listen", h}, "Zß東"},
		{[]string{"serve", "-c", ".", "--drain", h}, "Zß東"},
		{[]string{"doctor"}, "Zß東"},
		{[]string{"doctor", "--json"}, "Zß東"},
		{[]string{"doctor", "-c", f + ".policy.json"}, "INJECTED"},
		{[]string{"doctor", "-c", ".", "--log", f + ".jsonl"}, "INJECTED"},
		{[]string{"doctor", "-c", ".", "--log", f + ".absent"}, "INJECTED"},
		{[]string{"doctor", "-c", ".", "--log", f + ".log", "--proxy", h}, "Zß東"},
		{[]string{"admin", "-c", f, "--callers", f + ".absent"}, "INJECTED"},
		{[]string{"admin", "-c", f, "--callers", f + ".bad.json"}, "INJECTED"},
		{[]string{"admin", "-c", "managed", "--callers", "callers.json", "--audit", f + "/absent"}, "INJECTED"},
		{[]string{"admin", "-c", "managed", "--callers", "callers.json", "--tls-cert", f + ".absent", "--tls-key", f + ".absent"}, "INJECTED"},
		{[]string{"admin", "-c", "managed", "--callers", "callers.json", "--external-url", h}, "Zß東"},
		{[]string{"admin", "-c", "managed", "--callers", "callers.json", "--catch-all", h}, "Zß東"},
		{[]string{"admin", "-c", "managed", "--callers", "callers.json", "--listen", h}, "Zß東"},
		{[]string{"admin", "token", h}, "Zß東"},
		{[]string{"admin", "token", "x", "--scope", h}, "Zß東"},
		{[]string{"admin", "token", "x", "--network", h}, "Zß東"},
		{[]string{"admin", "token", h, "--callers", f + ".callers"}, "INJECTED"},
		{[]string{"admin", "token", h, "--callers", f + ".callers"}, "INJECTED"}, // it is there already
		{[]string{"admin", "token", "x", "--callers", f + "/absent"}, "INJECTED"},
		{[]string{"admin", "log", "-c", "managed"}, `ci\x1b[31m`},
		{[]string{"admin", "show", h}, "Zß東"},
		{[]string{"admin", "show", "1", "-c", f}, ""},
		{[]string{"admin", "show", "1", h, "-c", "managed"}, "Zß東"},
		{[]string{"admin", "revert", "1", "-c", f}, ""},
		{[]string{"admin", "revert", "1", "-c", "managed", "--audit", f + "/absent"}, "INJECTED"},
		{[]string{"pull", "-c", f, "--okta", "https://127.0.0.1:1"}, ""},
		{[]string{"pull", "-c", ".", "--okta", h}, "Zß東"},
		{[]string{"pull", "-c", ".", "--sailpoint", h}, "Zß東"},
		{[]string{"pull", "-c", ".", "--okta", "https://127.0.0.1:1", "--ca-file", f + ".absent"}, "INJECTED"},
		{[]string{"pull", "-c", ".", "--okta", "https://127.0.0.1:1", "--policy", h}, ""},
		{[]string{"diff", f + "@3", "."}, "INJECTED"},
		{[]string{"map", "--diff", f + ".absent", "-o", "map.svg"}, "INJECTED"},
		{[]string{"eval", "-c", f + ".absent", "192.0.2.1"}, "INJECTED"},
		{[]string{"eval", "-g", f + ".absent.csv", "192.0.2.1"}, "INJECTED"},
		{[]string{"eval", "-g", f + ".bad.csv", "192.0.2.1"}, "INJECTED"},
		{[]string{"eval", "--service", h, "192.0.2.1"}, "Zß東"},
		{[]string{"eval", "--service", h + "=" + h, "192.0.2.1"}, "Zß東"},
		{[]string{"eval", "--unknown-country", h, "192.0.2.1"}, "Zß東"},
		{[]string{"eval", "--within", h, "192.0.2.1"}, "Zß東"},
		{[]string{"completion", h}, "Zß東"},
		{[]string{h}, "Zß東"},
		{[]string{"eval", "--" + h}, "Zß東"},
		{[]string{"eval", "-" + h}, ""},
		{[]string{"serve", h}, "Zß東"},
	} {
		what := strconv.Quote(strings.Join(test.args, " "))
		t.Run(what, func(t *testing.T) {
			got := runIn(t, string(requests), test.args...)
			requireFit(t, what+", output", got.out)
			requireFit(t, what+", diagnostics", got.stderr)
			require.NotEmpty(t, got.out+got.stderr, what)
			require.Contains(t, got.out+got.stderr, test.want, what)
			if strings.Contains(strings.Join(test.args, " "), "json ") && strings.Contains(what, "--json") && got.out != "" {
				objects(t, got.out)
			}
		})
	}
}

// TestForeignTextInMaps: nor do the pictures, in which a title is the policy's name.
func TestForeignTextInMaps(t *testing.T) {
	f := hostileFolder(t)
	for _, name := range []string{"map.svg", "map.html"} {
		got := runIn(t, "", "map", "-c", f+".other.json", "-o", name)
		require.Equal(t, 0, got.code, got.stderr)
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		requireFit(t, name, strings.ReplaceAll(string(text), "\t", " "))
		require.Contains(t, string(text), "INJECTED")
	}
}
