package hostile_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/expect"
	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/internal/finding"
	"github.com/netwicket/netwicket/zone"
)

// parsers are all that read a JSON document.
func parsers(t *testing.T) map[string]func(name string, data []byte) error {
	folder := t.TempDir()
	return map[string]func(string, []byte) error{
		"Okta zones":               func(name string, data []byte) error { _, err := zone.ParseOkta(name, data); return err },
		"Okta rules":               func(name string, data []byte) error { _, err := zone.ParseOktaRules(name, data); return err },
		"Okta ThreatInsight":       func(name string, data []byte) error { _, err := zone.ParseThreatInsight(name, data); return err },
		"SailPoint network config": func(name string, data []byte) error { _, err := zone.ParseSailPoint(name, data); return err },
		"SailPoint auth profile":   func(name string, data []byte) error { _, err := zone.ParseAuthProfile(name, data); return err },
		"overlay":                  func(name string, data []byte) error { _, err := zone.ParseOverlay(name, data); return err },
		"expectations":             func(name string, data []byte) error { _, err := expect.Parse(name, data, false); return err },
		"policy file": func(name string, data []byte) error {
			path := filepath.Join(folder, policyfile.FileName)
			require.NoError(t, os.WriteFile(path, data, 0o600))
			var failures finding.List
			for _, f := range policyfile.Load(policyfile.Options{Paths: []string{path}}).Findings {
				if !f.Warning {
					f.File = name
					failures = append(failures, f)
				}
			}
			return failures.Err()
		},
	}
}

// proving asks for the sizes that docs/guarantees.md speaks of, which take
// memory and time; without it the largest are left out or a tenth as large.
func proving() bool { return os.Getenv("NETWICKET_PROVE") != "" }

func sized(n int) int {
	if proving() {
		return n
	}
	return n / 10
}

func TestHostileJSON(t *testing.T) {
	const deep = 100_000
	for _, test := range []struct {
		name  string
		text  string
		code  string
		large bool // a hundred megabytes
		ours  bool // a policy file may have it
	}{
		{name: "100 MB of white space", text: "{}" + strings.Repeat(" ", 100_000_000), code: "too-large", large: true},
		{name: "100 MB of array", text: "[" + strings.Repeat("0,", 50_000_000) + "0]", code: "too-large", large: true},
		{name: "100 MB of one string", text: `{"name":"` + strings.Repeat("a", 100_000_000) + `"}`, code: "too-large", large: true},
		{name: "arrays nested 100,000 deep", text: strings.Repeat("[", deep) + strings.Repeat("]", deep), code: "too-deep"},
		{name: "objects nested 100,000 deep", text: strings.Repeat(`{"a":`, deep) + "1" + strings.Repeat("}", deep), code: "too-deep"},
		{name: "arrays nested without an end", text: strings.Repeat("[", deep), code: "too-deep"},
		{name: "a key given twice", text: `{"a":1,"a":2}`, code: "duplicate-key"},
		{name: "a key given twice, once escaped", text: `{"name":"x","\u006eame":"y"}`, code: "duplicate-key"},
		{name: "a key given 100,000 times", text: "{" + strings.Repeat(`"a":1,`, sized(deep)) + `"a":1}`, code: "duplicate-key"},
		{name: "a key given twice far inside", text: strings.Repeat(`[`, 60) + `{"range":[],"range":[]}` + strings.Repeat(`]`, 60), code: "duplicate-key"},
		{name: "invalid UTF-8 in a string", text: "{\"name\":\"a\xffb\"}", code: "bad-encoding"},
		{name: "invalid UTF-8 in a key", text: "{\"na\xc3me\":1}", code: "bad-encoding"},
		{name: "overlong UTF-8", text: "{\"name\":\"\xc0\x80\"}", code: "bad-encoding"},
		{name: "a surrogate as UTF-8", text: "{\"name\":\"\xed\xa0\x80\"}", code: "bad-encoding"},
		{name: "half a surrogate pair", text: `{"name":"\ud800"}`, code: "bad-encoding"},
		{name: "UTF-16", text: "\xff\xfe{\x00}\x00", code: "bad-encoding"},
		{name: "NUL before the document", text: "\x00{}", code: "bad-json"},
		{name: "NUL behind the document", text: "{}\x00", code: "bad-json"},
		{name: "NUL inside", text: "{\x00}", code: "bad-json"},
		{name: "NUL in a string", text: "{\"name\":\"a\x00b\"}", code: "bad-json"},
		{name: "nothing but NUL", text: strings.Repeat("\x00", 4096), code: "bad-json"},
		{name: "nothing", text: "", code: "bad-json"},
		{name: "nothing but a byte order mark", text: "\ufeff", code: "bad-json"},
		{name: "two documents", text: "{}{}", code: "bad-json"},
		{name: "cut off", text: `{"gateways":[{"type":"CIDR","val`, code: "bad-json"},
		{name: "a comment", text: "{} // all", code: "bad-json", ours: true},
		{name: "a trailing comma", text: `{"a":1,}`, code: "bad-json", ours: true},
		{name: "NaN", text: `{"a":NaN}`, code: "bad-json"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.large && !proving() {
				t.Skip("takes a gigabyte; NETWICKET_PROVE=1 asks for it")
			}
			for name, parse := range parsers(t) {
				if test.ours && name == "policy file" {
					continue
				}
				checkRefused(t, name, parse("hostile.json", []byte(test.text)), test.code)
			}
		})
	}
}

// Valid JSON that is no document of ours, in sizes that are allowed.
func TestHostileValues(t *testing.T) {
	many := sized(1_000_000)
	for name, text := range map[string]string{
		"a number of a million digits":          "[" + strings.Repeat("9", many) + "]",
		"a key of a million bytes":              `{"` + strings.Repeat("k", many) + `":[1]}`,
		"a string of a million escapes":         `["` + strings.Repeat(`\u0000`, many) + `"]`,
		"an array of a million nulls":           "[" + strings.Repeat("null,", many) + "null]",
		"an array of a hundred thousand arrays": "[" + strings.Repeat("[],", sized(100_000)) + "[]]",
		"a string":                              `"{}"`,
		"a number":                              "1e999999999",
		"null":                                  "null",
	} {
		t.Run(name, func(t *testing.T) {
			for parser, parse := range parsers(t) {
				checkRefused(t, parser, parse("hostile.json", []byte(text)), "")
			}
		})
	}
}

// checkRefused demands findings with positions and a text for people, and one
// with the code.
func checkRefused(t *testing.T, parser string, err error, code string) {
	t.Helper()
	require.Error(t, err, parser)
	var findings finding.List
	require.True(t, errors.As(err, &findings), "%s: %T is no list of findings", parser, err)
	require.LessOrEqual(t, len(findings), 2*finding.Limit+1, "%s: a document costs any number of findings", parser) // of the JSON, and of what it says
	require.Less(t, len(err.Error()), 64<<10, "%s: the text is as long as the document", parser)
	coded := code == ""
	for i, f := range findings {
		coded = coded || f.Code == code
		if i < 1000 && (f.File != "hostile.json" || f.Line < 1 || f.Column < 1 || f.Code == "" || f.Err == nil || len(f.Value) > 1<<10) {
			t.Fatalf("%s: a finding without file, position, code or cause, or with a value of any length: %+v", parser, f)
		}
	}
	if !coded {
		t.Fatalf("%s: no finding has the code %s: %.500v", parser, code, err)
	}
	require.False(t, bytes.ContainsAny([]byte(err.Error()), "\x00\x1b"), "%s: raw control characters in the text", parser)
}
