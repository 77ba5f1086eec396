package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/internal/finding"

	"github.com/netwicket/netwicket/internal/realdata"
)

const (
	goodZones = `[{"type":"IP","id":"a","name":"A","gateways":[{"type":"CIDR","value":"192.0.2.0/24"}],"proxies":null}]`
	badZones  = "[\n {\"type\":\"IP\",\"id\":\"a\",\"name\":\"A\",\n  \"gateways\":[{\"type\":\"RANGE\",\"value\":\"1.2.3.4.5-1.2.3.6\"},{\"type\":\"RANGE\",\"value\":\"1.2.3.9-1.2.3.1\"}]}]"
	warnZones = `[{"type":"IP","id":"a","name":"A","gateways":[],"proxies":null}]`
	dynamic   = `[{"type":"DYNAMIC","id":"d","name":"D","locations":[{"country":"DE"}]}]`
)

func TestCheck(t *testing.T) {
	files := map[string]string{
		"good.json": goodZones, "bad.json": badZones, "warn.json": warnZones, "dynamic.json": dynamic, "empty.json": "[]",
		"netwicket.json":    `{"okta":{"zones":["dynamic.json"]},"geo":["absent.mmdb"]}`,
		"ok/netwicket.json": `{"okta":{"zones":["zones.json"]}}`, "ok/zones.json": strings.Replace(goodZones, `"gateways"`, `"usage":"BLOCKLIST","gateways"`, 1),
	}
	tests := []struct {
		name string
		args []string
		code int
		out  []string // how each line begins
	}{
		{"a good document", []string{"good.json"}, 0, nil},
		{"a good policy", []string{"ok"}, 0, nil},
		{"a good policy by its flag", []string{"-c", "ok"}, 0, nil},
		{"all errors of a document", []string{"bad.json"}, 3, []string{"bad.json:3:39: error: ", "bad.json:3:84: error: "}},
		{"warnings pass", []string{"warn.json"}, 0, []string{"warn.json:1:2: warning: "}},
		{"warnings fail if strict", []string{"--strict", "warn.json"}, 3, []string{"warn.json:1:2: warning: "}},
		{"missing data in a document", []string{"dynamic.json"}, 0, nil},
		{"missing data in the default policy", nil, 3, []string{"absent.mmdb:1:1: error: "}},
		{"missing data in a joined policy", []string{"-c", "dynamic.json", "-c", "good.json"}, 3, []string{"dynamic.json:1:2: error: "}},
		{"a missing file", []string{"absent.json"}, 3, []string{"absent.json:1:1: error: "}},
		{"a folder without a policy", []string{"."}, 3, []string{"absent.mmdb:1:1: error: "}},
		{"an empty array", []string{"empty.json"}, 3, []string{"empty.json:1:1: error: "}},
		{"several", []string{"good.json", "bad.json", "absent.json"}, 3,
			[]string{"bad.json:3:39: error: ", "bad.json:3:84: error: ", "absent.json:1:1: error: "}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			folder(t, files)
			got := runIn(t, "", append([]string{"check"}, test.args...)...)
			lines := strings.Split(strings.TrimSuffix(got.out, "\n"), "\n")
			if got.out == "" {
				lines = nil
			}
			require.Len(t, lines, len(test.out), got.out)
			for i, begin := range test.out {
				require.True(t, strings.HasPrefix(lines[i], begin), lines[i])
				require.Regexp(t, ` \[[a-z0-9-]+\]$`, lines[i])
			}
			require.Equal(t, test.code, got.code, got.stderr)
		})
	}
}

func TestCheckJSON(t *testing.T) {
	folder(t, map[string]string{"bad.json": badZones})
	got := runIn(t, "", "check", "--json", "bad.json")
	require.Equal(t, 3, got.code)
	first, _, _ := strings.Cut(got.out, "\n")
	require.True(t, strings.HasPrefix(first,
		`{"file":"bad.json","line":3,"column":39,"path":"/0/gateways/0/value","severity":"error","code":"bad-range","message":"`), first)
	require.Contains(t, first, "The IP: 1.2.3.4.5 in the RANGE: 1.2.3.4.5-1.2.3.6 is invalid.")
	require.Len(t, objects(t, got.out), 2)
}

func TestCheckExpectations(t *testing.T) {
	files := map[string]string{
		"zones.json": `[{"type":"IP","id":"b","name":"B","usage":"BLOCKLIST","gateways":[{"type":"CIDR","value":"203.0.113.0/24"}]}]`,
		"in.txt":     "# people\n192.0.2.1\n203.0.113.1\n{\"remote\":\"203.0.113.2\"}\n",
		"out.txt":    "203.0.113.1\n",
		"slip.txt":   "203.0.113\n{\"remote\"\n",
	}
	tests := []struct {
		name string
		args []string
		out  []string
	}{
		{"as it must be", []string{"--must-allow", "192.0.2.1", "--must-deny", "203.0.113.9", "--must-deny", "out.txt"}, nil},
		{"a denial too many", []string{"--must-allow", "203.0.113.9"}, []string{`zones.json:1:1: error: 203.0.113.9 must be allowed and is denied: deny 203.0.113.9 blocklisted zone="B" [must-allow]`}},
		{"a denial too few", []string{"--must-deny", "192.0.2.1"}, []string{"zones.json:1:1: error: 192.0.2.1 must be denied and is allowed: allow 192.0.2.1 permitted [must-deny]"}},
		{"in a file", []string{"--must-allow", "in.txt"}, []string{"in.txt:3:1: error: 203.0.113.1 must be allowed", "in.txt:4:1: error: 203.0.113.2 must be allowed"}},
		{"a slip proves nothing", []string{"--must-deny", "slip.txt"}, []string{"slip.txt:1:1: error: \"203.0.113\" is no address [bad-request]", "slip.txt:2:1: error: "}},
		{"neither address nor file", []string{"--must-deny", "203.0.113"}, []string{"203.0.113:1:1: error: neither an address nor a file"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			folder(t, files)
			got := runIn(t, "", append([]string{"check", "zones.json"}, test.args...)...)
			require.Equal(t, len(test.out), strings.Count(got.out, "\n"), got.out)
			for i, line := range strings.Split(got.out, "\n")[:len(test.out)] {
				require.True(t, strings.HasPrefix(line, test.out[i]), line)
			}
			require.Equal(t, map[bool]int{true: 0, false: 3}[len(test.out) == 0], got.code)
		})
	}
}

// An address that must be allowed or denied is a client whom a proxy names.
func TestMustResolvesAsTheEdgeDoes(t *testing.T) {
	for _, test := range []struct {
		name, edge string
		args       []string
		want       string // the one error; empty: none
	}{
		{"a client", `{"trusted":["10.0.0.0/8"],"source":"x-forwarded-for"}`, []string{"--must-allow", "192.0.2.1"}, ""},
		{"a proxy is no client", `{"trusted":["10.0.0.0/8"],"source":"x-forwarded-for"}`, []string{"--must-allow", "10.1.2.3"},
			"10.1.2.3 must be allowed and is denied, since it is inside edge.trusted and would be taken for a proxy: deny - client_unresolved [must-allow]"},
		{"nor mapped", `{"trusted":["10.0.0.0/8"],"source":"forwarded"}`, []string{"--must-allow", "::ffff:10.1.2.3"},
			"::ffff:10.1.2.3 must be allowed and is denied, since"},
		{"nor in a file", `{"trusted":["10.0.0.0/8"],"source":"hops:1"}`, []string{"--must-allow", "list.txt"},
			"10.1.2.3 must be allowed and is denied, since"},
		{"nor by a single header", `{"trusted":["10.0.0.0/8"],"source":"header:X-Real-IP"}`, []string{"--must-allow", "10.1.2.3"},
			"10.1.2.3 must be allowed and is denied, since"},
		{"unless the leftmost is", `{"trusted":["10.0.0.0/8"],"source":"x-forwarded-for","allTrusted":"leftmost"}`, []string{"--must-allow", "10.1.2.3"}, ""},
		{"or nobody is named", `{"trusted":["10.0.0.0/8"],"source":"peer"}`, []string{"--must-allow", "10.1.2.3"}, ""},
		{"a proxy is denied", `{"trusted":["10.0.0.0/8"],"source":"x-forwarded-for"}`, []string{"--must-deny", "10.1.2.3"}, ""},
		{"unless it may be the client", `{"trusted":["10.0.0.0/8"],"source":"x-forwarded-for","onMissing":"peer"}`, []string{"--must-deny", "10.1.2.3"},
			"10.1.2.3 must be denied and is allowed, since"},
		{"nor one that may be the client", `{"trusted":["10.0.0.0/8"],"source":"x-forwarded-for","onMissing":"peer"}`, []string{"--must-allow", "10.1.2.3"},
			"10.1.2.3 must be allowed and is denied, since"},
		{"no edge", "", []string{"--must-allow", "10.1.2.3"}, ""},
		{"every hop of a request", "", []string{"--must-deny", "hops.txt"}, ""},
		{"an address that is no host's", `{}`, []string{"--must-allow", "224.0.0.1"}, "224.0.0.1 must be allowed and is denied: deny - client_unresolved [must-allow]"},
	} {
		t.Run(test.name, func(t *testing.T) {
			file := `{"okta":{"zones":["zones.json"]}`
			if test.edge != "" {
				file += `,"edge":` + test.edge
			}
			folder(t, map[string]string{
				"netwicket.json": file + "}",
				"zones.json":     `[{"type":"IP","id":"b","name":"B","usage":"BLOCKLIST","gateways":[{"type":"CIDR","value":"203.0.113.0/24"}]}]`,
				"list.txt":       "192.0.2.1\n10.1.2.3\n",
				"hops.txt":       `{"remote":"10.0.0.1","headers":[["X-Forwarded-For","203.0.113.9"]]}`,
			})
			got := runIn(t, "", append([]string{"check"}, test.args...)...)
			if test.want == "" {
				require.NotContains(t, got.out, " error: ")
				require.Equal(t, 0, got.code)
				return
			}
			require.Equal(t, 3, got.code)
			require.Equal(t, 1, strings.Count(got.out, " error: "), got.out)
			require.Contains(t, got.out, test.want)
		})
	}
}

// What must be allowed cannot be shown of a policy that lacks its data.
func TestCheckExpectationsNeedAPolicy(t *testing.T) {
	folder(t, map[string]string{"dynamic.json": dynamic})
	got := runIn(t, "", "check", "dynamic.json", "--must-allow", "192.0.2.1")
	require.Equal(t, 3, got.code)
	require.Contains(t, got.out, "[no-data]")
	require.Equal(t, 1, strings.Count(got.out, "\n"), "and nothing about who must be allowed")
}

func TestCheckAt(t *testing.T) {
	folder(t, map[string]string{
		"netwicket.json": `{"okta":{"zones":["zones.json"]},"overlay":"overlay.json"}`,
		"zones.json":     goodZones,
		"overlay.json":   `{"deny":[{"network":"192.0.2.7","until":"2026-01-01T00:00:00Z","why":"incident"}],"allow":[]}`,
	})
	args := []string{"check", "--must-deny", "192.0.2.7", "--at"}
	require.Equal(t, 0, runIn(t, "", append(args, "2025-12-31T23:59:59Z")...).code)
	require.Equal(t, 3, runIn(t, "", append(args, "2026-01-01T00:00:00Z")...).code)

	got := runIn(t, "", append(args, "yesterday")...)
	require.Equal(t, 1, got.code, "a usage error")
	require.Empty(t, got.out)
}

// Real zones of live tenants parse.
func TestCheckRealZones(t *testing.T) {
	zones := realdata.Path(t, "okta/zones-recorded.json")
	folder(t, nil)
	got := runIn(t, "", "check", zones)
	require.Equal(t, 0, got.code, got.out)
}

// Findings of all sorts stand in the order of a reader, and fail with --strict.
func TestCheckOrder(t *testing.T) {
	folder(t, map[string]string{
		"netwicket.json": `{"okta":{"zones":["b.json","a.json"]},"overlay":"overlay.json"}`,
		"b.json":         "[\n" + `{"type":"IP","id":"b","name":"B","gateways":[{"type":"CIDR","value":"192.0.2.1/24"},{"type":"CIDR","value":"192.0.2.0/24"}]},` + "\n" + `{"type":"IP","id":"e","name":"E","gateways":[]}]`,
		"a.json":         `{"type":"IP","id":"a","name":"B","gateways":[{"type":"CIDR","value":"198.51.100.1/24"}],"useAsExemptList":true}`,
		"overlay.json":   `{"allow":[{"network":"203.0.113.7"}]}`,
	})
	got := runIn(t, "", "check", "--strict", "--json", ".")
	require.Equal(t, 3, got.code)
	var codes []string
	for _, f := range objects(t, got.out) {
		require.Len(t, f, 7)
		require.Equal(t, "warning", f["severity"])
		codes = append(codes, f["file"].(string)+" "+f["code"].(string))
	}
	require.Equal(t, []string{"netwicket.json allows-everybody", "b.json host-bits", "b.json duplicate-entry", "b.json empty-zone", "a.json host-bits", "a.json ignored-member", "overlay.json missing-why"}, codes)
}

// The last line counts what was found; JSON and SARIF have none. Warnings fail nothing unless
// --strict asks for that, and nothing is no warning.
func TestCheckCounts(t *testing.T) {
	folder(t, map[string]string{"good.json": goodZones, "bad.json": badZones, "warn.json": warnZones})
	for args, want := range map[string]string{
		"good.json": "0 errors, 0 warnings\n", "bad.json": "2 errors, 0 warnings\n", "warn.json": "0 errors, 1 warning\n",
		"bad.json warn.json warn.json": "2 errors, 2 warnings\n", "--format github warn.json": "0 errors, 1 warning\n", "--format sarif bad.json": "2 errors, 0 warnings\n",
		"--json bad.json": "", "--format json bad.json": "", "-c good.json bad.json": "2 errors, 0 warnings\n", "-c bad.json": "2 errors, 0 warnings\n",
		"-c bad.json good.json bad.json": "4 errors, 0 warnings\n", "--json --format text bad.json": "2 errors, 0 warnings\n",
	} {
		got := runIn(t, "", words("check "+args)...)
		require.Equal(t, want, got.stderr, args)
		require.Equal(t, strings.Contains(args, "bad") && got.code == 3 || !strings.Contains(args, "bad") && got.code == 0, true, args)
	}
	require.Zero(t, runIn(t, "", "check", "--strict", "good.json").code)
	require.Equal(t, 3, runIn(t, "", "check", "--strict", "good.json", "warn.json").code)
	for args, want := range map[string]string{
		"--at x good.json": `--at "x"`, "--format x good.json": `--format "x": expected `, "--unknown-country x good.json": "--unknown-country",
	} {
		got := runIn(t, "", words("check "+args)...)
		require.Equal(t, 1, got.code, args)
		require.Contains(t, got.stderr, want)
		require.Empty(t, got.out)
	}
	// What stands nowhere in a file is shown at its beginning.
	at := objects(t, runIn(t, "", "check", "--json", "absent.json").out)[0]
	require.Equal(t, []any{1.0, 1.0, "error"}, []any{at["line"], at["column"], at["severity"]})
	zero := jsonOf(&finding.Finding{Err: errors.New("x")})
	require.Equal(t, []int{1, 1}, []int{zero.Line, zero.Column})
}

// What a list of expectations cannot be read for is said where it stands, and the others count.
func TestCheckExpectationsThatCannotBeRead(t *testing.T) {
	folder(t, map[string]string{
		"zones.json": `[{"type":"IP","id":"b","name":"B","usage":"BLOCKLIST","gateways":[{"type":"CIDR","value":"203.0.113.0/24"}]}]`,
		"edge.json":  `{"okta":{"zones":["zones.json"]},"edge":{"trusted":["10.0.0.0/8"],"source":"x-forwarded-for","onMissing":"peer"}}`,
		"slip.txt":   "office\n192.0.2.1\n{\"remote\":\n203.0.113.9\n",
		"real.txt":   "{\"remote\":\"office\"}\n",
	})
	require.NoError(t, os.Mkdir("folder", 0o755))
	for args, want := range map[string][]string{
		"--must-allow absent.txt":                        {"absent.txt:1:1 missing-file"},
		"--must-deny folder":                             {"folder:1:1 unreadable-file"},
		"--must-allow slip.txt":                          {"slip.txt:1:1 bad-request", "slip.txt:3:1 bad-request", "slip.txt:4:1 must-allow"},
		"--must-deny real.txt":                           nil, // whoever sends that is denied
		"--must-allow real.txt":                          {"real.txt:1:1 must-allow"},
		"--must-deny 203.0.113.1":                        nil,
		"--must-allow 203.0.113.1 --must-deny 192.0.2.1": {"zones.json:1:1 must-allow", "zones.json:1:1 must-deny"},
	} {
		got := objects(t, runIn(t, "", words("check --json -c zones.json "+args)...).out)
		var found []string
		for _, f := range got {
			if f["severity"] == "error" {
				found = append(found, fmt.Sprintf("%v:%v:%v %s", f["file"], f["line"], f["column"], f["code"]))
			}
		}
		require.Equal(t, want, found, "%s %v", args, got)
	}
}

// What a command checks: each path alone, and the policy of the flags if there is one or nothing else.
func TestCheckTargets(t *testing.T) {
	paths := func(of []string, args ...string) (all [][]string) {
		for _, target := range checkTargets(policyfile.Options{Paths: of, Within: "w"}, args) {
			require.Equal(t, "w", target.Within)
			all = append(all, target.Paths)
		}
		return all
	}
	require.Equal(t, [][]string{nil}, paths(nil))
	require.Equal(t, [][]string{{"a"}, {"b"}}, paths(nil, "a", "b"))
	require.Equal(t, [][]string{{"c", "d"}, {"a"}}, paths([]string{"c", "d"}, "a"))
	require.Equal(t, [][]string{{"c"}}, paths([]string{"c"}))
}
