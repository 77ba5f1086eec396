package main

import (
	"bytes"
	"encoding/xml"
	"io"
	"net/netip"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/expect"
)

const fewExpectations = `[
  {"name": "office", "remote": "192.0.2.1", "want": {"decision": "allow", "reason": "permitted", "client": "192.0.2.1"}},
  {"name": "behind a <proxy> #1", "remote": "10.0.0.1:99", "headers": [["X-Forwarded-For", "203.0.113.9"]], "want": {"decision": "allow", "client": "10.0.0.1"}},
  {"remote": "@", "want": {"client": null, "decision": "deny"}}
]
`

func TestTest(t *testing.T) {
	tests := []struct {
		name string
		args []string
		code int
		out  string
	}{
		{"text", nil, 3, `ok    office
FAIL  behind a <proxy> #1 (e.json:3)
        decision: expected allow, got deny
        client: expected 10.0.0.1, got 203.0.113.9
        decided: deny 203.0.113.9 blocklisted zone="BlockedIpZone"
ok    expectation 3
2 passed, 1 failed
`},
		{"a choice", []string{"--run", "^off"}, 0, "ok    office\n1 passed, 0 failed\n"},
		{"JSON", []string{"--json", "--run", "proxy"}, 3,
			`{"file":"e.json","line":3,"name":"behind a <proxy> #1","ok":false,"failures":["decision","client"],"want":{"decision":"allow","client":"10.0.0.1"},` +
				`"got":{"decision":"deny","reason":"blocklisted","reasons":["blocklisted"],"client":"203.0.113.9","zone":{"id":"nzblock","name":"BlockedIpZone"},"rule":null,"audit":false,"unknown":[]}}` + "\n"},
		{"JSON by format", []string{"--format=json", "--run", "3"}, 0,
			`{"file":"e.json","line":4,"name":"expectation 3","ok":true,"failures":[],"want":{"decision":"deny","client":null},` +
				`"got":{"decision":"deny","reason":"client_unresolved","reasons":["client_unresolved"],"client":null,"zone":null,"rule":null,"audit":false,"unknown":[]}}` + "\n"},
		{"a format, whatever --json says", []string{"--format", "text", "--json", "--run", "^off"}, 0, "ok    office\n1 passed, 0 failed\n"},
		{"TAP", []string{"--format", "tap"}, 3, `TAP version 13
1..3
ok 1 - office
not ok 2 - behind a <proxy> \#1
  ---
  file: "e.json"
  line: 3
  decision: "expected allow, got deny"
  client: "expected 10.0.0.1, got 203.0.113.9"
  decided: "deny 203.0.113.9 blocklisted zone=\"BlockedIpZone\""
  ...
ok 3 - expectation 3
`},
		{"coverage", []string{"--run", "office", "--coverage"}, 0, `ok    office

Untouched zones
  zones.json:4:4: zone "BlockedIpZone"

Untouched ranges
  zones.json:3:92: 10.0.0.1
  zones.json:5:40: 203.0.113.0/24
  network.json:1:26: 2001:db8::/32
  network.json:1:42: 198.51.100.0/24

Untouched rules
  rules.json: rule "Germany in"
  rules.json: rule "All out"

touched 2 of 3 zones, 2 of 6 ranges, 1 of 3 rules
1 passed, 0 failed
`},
		{"coverage as TAP", []string{"--run", "office", "--coverage", "--format", "tap"}, 0, `TAP version 13
1..1
ok 1 - office
# touched 2 of 3 zones, 2 of 6 ranges, 1 of 3 rules
# untouched: zones.json:4:4: zone "BlockedIpZone"
# untouched: zones.json:3:92: 10.0.0.1
# untouched: zones.json:5:40: 203.0.113.0/24
# untouched: network.json:1:26: 2001:db8::/32
# untouched: network.json:1:42: 198.51.100.0/24
# untouched: rules.json: rule "Germany in"
# untouched: rules.json: rule "All out"
`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			acme(t)
			writeFile(t, "e.json", fewExpectations)
			got := runIn(t, "", append([]string{"test", "e.json"}, test.args...)...)
			require.Equal(t, test.out, got.out)
			require.Equal(t, test.code, got.code, got.stderr)
			require.Empty(t, got.stderr)
		})
	}
}

func TestTestCoverageAsJSON(t *testing.T) {
	acme(t)
	writeFile(t, "e.json", fewExpectations)
	got := objects(t, runIn(t, "", "test", "e.json", "--json", "--coverage").out)
	require.Len(t, got, 4)
	cover := got[3]["coverage"].(map[string]any)
	require.Equal(t, map[string]any{"total": 3.0, "untouched": []any{}}, cover["zones"])
	require.Equal(t, map[string]any{"total": 3.0, "untouched": []any{`rules.json: rule "Germany in"`}}, cover["rules"])
}

func TestTestAsJUnit(t *testing.T) {
	acme(t)
	writeFile(t, "e.json", fewExpectations)
	writeFile(t, "empty.json", "[]")
	got := runIn(t, "", "test", "e.json", "empty.json", "--format", "junit", "--coverage")
	require.Equal(t, 3, got.code)
	var suites junitSuites
	require.NoError(t, xml.Unmarshal([]byte(got.out), &suites))
	require.Equal(t, 3, suites.Tests)
	require.Equal(t, 1, suites.Failures)
	require.Len(t, suites.Suites, 2)
	cases := suites.Suites[0].Cases
	require.Equal(t, junitCase{Name: "office", Class: "e.json", File: "e.json", Line: 2}, cases[0])
	require.Equal(t, "behind a <proxy> #1", cases[1].Name)
	require.Equal(t, "decision: expected allow, got deny; client: expected 10.0.0.1, got 203.0.113.9", cases[1].Failure.Message)
	require.Contains(t, suites.Suites[1].Output, "untouched: rules.json: rule \"Germany in\"\n")
	require.NotContains(t, runIn(t, "", "test", "e.json", "--format", "junit").out, "system-out")
}

func TestTestUpdate(t *testing.T) {
	acme(t)
	writeFile(t, "e.json", fewExpectations)
	writeFile(t, "good.json", `[{"remote":"192.0.2.1","want":{"decision":"allow"}}]`)
	require.NoError(t, os.Chmod("e.json", 0o600))
	require.NoError(t, os.Symlink("e.json", "link.json"))
	got := runIn(t, "", "test", "link.json", "good.json", "--update")
	require.Equal(t, "link.json: 1 expectation rewritten\ngood.json: 0 expectations rewritten\n", got.out)
	require.Equal(t, 0, got.code)
	text, err := os.ReadFile("e.json")
	require.NoError(t, err)
	require.Contains(t, string(text), `"want": {"decision": "deny", "client": "203.0.113.9"}`)
	info, err := os.Lstat("e.json")
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode())
	require.Equal(t, 0, runIn(t, "", "test", "e.json").code)
	files, err := os.ReadDir(".")
	require.NoError(t, err)
	for _, file := range files {
		require.NotEqual(t, '.', rune(file.Name()[0]), "a file is left behind: %s", file.Name())
	}
}

func TestTestErrors(t *testing.T) {
	tests := []struct {
		name string
		args []string
		want []string
	}{
		{"no file", nil, []string{"requires at least 1 arg"}},
		{"files that are missing or broken", []string{"absent.json", "bad.json"}, []string{"absent.json:1:1: error: cannot be read", "bad.json:1:1: error: expected an array"}},
		{"a format that is none", []string{"e.json", "--format", "xml"}, []string{"expected text, json, junit, tap or github"}},
		{"a pattern that is none", []string{"e.json", "--run", "("}, []string{"--run: "}},
		{"a pattern that fits nothing", []string{"e.json", "--run", "nobody"}, []string{"no expectation has such a name"}},
		{"no policy", []string{"e.json", "-c", "absent"}, []string{"absent:1:1"}},
		{"an update of what cannot be rewritten", []string{"/dev/null", "--update"}, []string{"--update: /dev/null is no regular file"}},
		{"an update of what is missing", []string{"absent.json", "--update"}, []string{"absent.json:1:1: error: cannot be read"}},
		{"a want that is missing", []string{"unfinished.json"}, []string{"has no want"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			acme(t)
			writeFile(t, "e.json", fewExpectations)
			writeFile(t, "bad.json", "{}")
			writeFile(t, "unfinished.json", `[{"remote":"192.0.2.1"}]`)
			got := runIn(t, "", append([]string{"test"}, test.args...)...)
			require.Equal(t, 1, got.code)
			require.Empty(t, got.out)
			for _, want := range test.want {
				require.Contains(t, got.stderr, want)
			}
		})
	}
}

// What --update leaves as it is stays the very file, what it has to say something in is
// completed, and what cannot be written is an error. Without it, an expectation is read from
// anything.
func TestTestUpdateOfEachFile(t *testing.T) {
	acme(t)
	writeFile(t, "good.json", `[{"remote":"192.0.2.1","want":{"decision":"allow"}}]`)
	writeFile(t, "empty.json", "[]")
	writeFile(t, "unfinished.json", `[{"remote":"192.0.2.1"},{"remote":"203.0.113.9","want":{}}]`)
	before, err := os.Stat("good.json")
	require.NoError(t, err)
	got := runIn(t, "", "test", "good.json", "unfinished.json", "empty.json", "--update")
	require.Zero(t, got.code, got.stderr)
	require.Equal(t, "good.json: 0 expectations rewritten\nunfinished.json: 2 expectations rewritten\nempty.json: 0 expectations rewritten\n", got.out)
	after, err := os.Stat("good.json")
	require.NoError(t, err)
	require.True(t, os.SameFile(before, after), "what holds is not written again")
	require.Equal(t, "ok    expectation 1\nok    expectation 2\n2 passed, 0 failed\n", runIn(t, "", "test", "unfinished.json").out)
	require.Equal(t, 2, strings.Count(readFile(t, "unfinished.json"), `"decision"`))

	require.Equal(t, ran{0, "0 passed, 0 failed\n", ""}, runIn(t, "", "test", "empty.json"))
	gone, err := expect.Parse("gone/e.json", []byte(`[{"remote":"192.0.2.1","want":{"decision":"allow"}}]`), true)
	require.NoError(t, err)
	var out bytes.Buffer
	err = (&commandLine{out: &out}).updateExpectations(expect.Run{}.All([]*expect.File{gone}, nil))
	require.ErrorContains(t, err, "gone/e.json", "its folder is not there any more")
	require.Empty(t, out.String())
	require.Equal(t, 1, run(words("test --update good.json"), strings.NewReader(""), &fullDevice{0}, io.Discard), "what was done was not told")
	if runtime.GOOS != "windows" {
		got = runIn(t, "", "test", "/dev/null")
		require.Equal(t, 1, got.code)
		require.Contains(t, got.stderr, "/dev/null:1:1: error: ", "it is read, and nothing is in it")
	}
}

// A snapshot can be held against expectations, but has no documents that they could cover.
func TestTestOfASnapshot(t *testing.T) {
	acme(t)
	writeFile(t, "e.json", fewExpectations)
	snapshot := []string{"test", "e.json", "-c", "p.nws", "--run", "office"}
	require.Zero(t, runIn(t, "", "compile", "-o", "p.nws").code)
	require.Equal(t, "ok    office\n1 passed, 0 failed\n", runIn(t, "", snapshot...).out)
	got := runIn(t, "", append(snapshot, "--coverage")...)
	require.Equal(t, 1, got.code)
	require.Empty(t, got.out)
	require.Contains(t, got.stderr, "--coverage: p.nws is a snapshot")
}

// What differs is shown on lines of its own, whatever was expected.
func TestTestShowsDifferences(t *testing.T) {
	want := expect.Want{Client: &expect.Client{Addr: netip.MustParseAddr("fe80::1").WithZone("a\x1b[31m")}}
	result := expect.Result{Expectation: &expect.Expectation{Want: want}, Failures: []string{"client"}}
	require.Equal(t, `client: expected fe80::1%a\x1b[31m, got none`+"\ndecided: deny - no_policy", failureText(result))
}

// Expectations pass the policy's edge, as requests do.
func TestTestBehindAnEdge(t *testing.T) {
	folder(t, map[string]string{
		"netwicket.json": `{"sailpoint":{"networkConfig":"net.json"},"edge":{"trusted":["10.0.0.0/8"],"source":"x-forwarded-for"}}`,
		"net.json":       `{"range":["192.0.2.0/24","10.0.0.0/8"]}`,
		"e.json": `[{"name":"behind it","remote":"10.0.0.1:1","headers":[["x-forwarded-for","192.0.2.1"]],"want":{"decision":"allow","client":"192.0.2.1"}},
			{"name":"nobody named","remote":"10.0.0.1:1","want":{"decision":"deny","reason":"client_unresolved","client":null}}]`,
	})
	require.Equal(t, "ok    behind it\nok    nobody named\n2 passed, 0 failed\n", runIn(t, "", "test", "e.json").out)
}
