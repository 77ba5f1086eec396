package main

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
)

// sarifSchema is the standard's own schema, as a module that is fetched by its sum
// holds it: this repository has no copy of it.
func sarifSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	const module, sum = "github.com/owenrumney/go-sarif/v3@v3.3.1", "h1:bKY8YnWcY8zYTiGVObC5wZLlfEvMkCxK9XMGXBbzEtQ="
	download := exec.Command("go", "mod", "download", "-json", module)
	download.Dir = t.TempDir() // outside of the workspace
	printed, err := download.Output()
	var got struct{ Dir, Sum, Error string }
	if json.Unmarshal(printed, &got) != nil || err != nil {
		t.Skipf("the schema of SARIF comes with %s, which is not to be had here: %s %v", module, got.Error, err)
	}
	require.Equal(t, sum, got.Sum)
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(got.Dir, "pkg/report/v210/sarif/schema.go"), nil, 0)
	require.NoError(t, err)
	text := ""
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok && spec.Names[0].Name == "schema" {
			text, err = strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		}
		return true
	})
	require.NoError(t, err)
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	require.NoError(t, err)
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	require.NoError(t, compiler.AddResource("https://docs.oasis-open.org/sarif.json", value))
	schema, err := compiler.Compile("https://docs.oasis-open.org/sarif.json")
	require.NoError(t, err)
	return schema
}

// sarifLog is what of a log the tests look at.
type sarifLog struct {
	Runs []struct {
		Tool struct {
			Driver struct {
				Rules []struct {
					ID, HelpURI                             string
					ShortDescription, FullDescription, Help struct{ Text string }
				}
			}
		}
		Results []struct {
			RuleID    string
			RuleIndex int
			Level     string
			Message   struct{ Text string }
			Locations []struct {
				PhysicalLocation struct {
					ArtifactLocation struct{ URI, URIBaseID string }
					Region           struct{ StartLine, StartColumn int }
				}
			}
		}
	}
}

// Every log is valid by the standard's schema and says what --json says: of good
// documents, of all that the page of lints warns about, and of hostile ones.
func TestSARIFIsValid(t *testing.T) {
	schema := sarifSchema(t)
	examples, _ := lintExamples(t)
	seen := map[string]bool{}
	compare := func(args ...string) {
		args = append([]string{"check"}, args...)
		asJSON, asSARIF := runIn(t, "", append(args, "--json")...), runIn(t, "", append(args, "--format", "sarif")...)
		require.Equal(t, asJSON.code, asSARIF.code)
		value, err := jsonschema.UnmarshalJSON(strings.NewReader(asSARIF.out))
		require.NoError(t, err)
		require.NoError(t, schema.Validate(value), asSARIF.out)
		require.Equal(t, asSARIF.out, runIn(t, "", append(args, "--format", "sarif")...).out, "the same again")
		var log sarifLog
		require.NoError(t, json.Unmarshal([]byte(asSARIF.out), &log))
		findings, results := objects(t, asJSON.out), log.Runs[0].Results
		require.Len(t, results, len(findings))
		for i, r := range results {
			f := findings[i]
			require.Equal(t, []any{f["code"], f["severity"]}, []any{r.RuleID, r.Level})
			require.Equal(t, strings.ReplaceAll(f["message"].(string), "](", "] ("), r.Message.Text)
			require.Equal(t, f["line"], float64(r.Locations[0].PhysicalLocation.Region.StartLine))
			rule := log.Runs[0].Tool.Driver.Rules[r.RuleIndex]
			require.Equal(t, r.RuleID, rule.ID)
			require.NotEmpty(t, rule.ShortDescription.Text, rule.ID)
			require.NotEmpty(t, rule.FullDescription.Text, rule.ID)
			require.Contains(t, rule.Help.Text, rule.HelpURI)
			seen[r.RuleID] = true
		}
	}
	for _, e := range examples {
		files := lintDatabases(t)
		for name, text := range e.files {
			files[name] = text
		}
		folder(t, files)
		compare(e.args[1:]...)
	}
	require.Greater(t, len(seen), 70)
	folder(t, map[string]string{"good.json": goodZones, "bad.json": badZones})
	compare("good.json")
	compare("bad.json", "absent.json", "good.json")
	f := hostileFolder(t)
	compare(".", f+".broken.json", f+".bad.json", f+".policy.json", f+".bad.csv", f+".absent")
	broken, err := jsonschema.UnmarshalJSON(strings.NewReader(`{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"n"}},"results":[{"message":{"text":"t"},"level":"fatal"}]}]}`))
	require.NoError(t, err)
	require.Error(t, schema.Validate(broken), "the schema sees mistakes")
}

// A log names files from the folder that the program runs in, which it has to know.
func TestSARIFNamesFilesFromHere(t *testing.T) {
	folder(t, map[string]string{"bad.json": badZones})
	here, err := os.Getwd()
	require.NoError(t, err)
	for _, args := range []string{"bad.json", filepath.Join(here, "bad.json"), "bad.json --within .", filepath.Join(here, "bad.json") + " --within " + here} {
		got := runIn(t, "", words("check --format sarif "+args)...)
		require.Equal(t, 3, got.code, got.stderr)
		var log sarifLog
		require.NoError(t, json.Unmarshal([]byte(got.out), &log))
		require.Len(t, log.Runs[0].Results, 2)
		at := log.Runs[0].Results[0].Locations[0].PhysicalLocation
		require.Equal(t, "bad.json", at.ArtifactLocation.URI, args)
		require.Equal(t, []int{3, 39}, []int{at.Region.StartLine, at.Region.StartColumn})
	}
	if runtime.GOOS != "linux" {
		return // elsewhere a folder that somebody is in cannot be removed, or has a name still
	}
	gone := filepath.Join(t.TempDir(), "gone")
	require.NoError(t, os.Mkdir(gone, 0o700))
	t.Chdir(gone)
	require.NoError(t, os.Remove(gone))
	got := runIn(t, "", "check", "--format", "sarif", filepath.Join(here, "bad.json"))
	require.Equal(t, []any{1, ""}, []any{got.code, got.out})
	require.Contains(t, got.stderr, "no such file or directory")
}

// --format changes what is printed and nothing else.
func TestCheckFormats(t *testing.T) {
	folder(t, map[string]string{"good.json": goodZones, "bad.json": badZones, "warn.json": warnZones})
	for _, test := range []struct {
		args []string
		code int
	}{{[]string{"good.json"}, 0}, {[]string{"warn.json"}, 0}, {[]string{"--strict", "warn.json"}, 3}, {[]string{"bad.json"}, 3}, {[]string{"absent.json"}, 3}, {[]string{"--at", "never", "bad.json"}, 1}} {
		args := append([]string{"check"}, test.args...)
		plain, asJSON := runIn(t, "", args...), runIn(t, "", append(args, "--json")...)
		require.Equal(t, test.code, plain.code)
		require.Equal(t, plain, runIn(t, "", append(args, "--format", "text")...))
		require.Equal(t, asJSON, runIn(t, "", append(args, "--format", "json")...))
		require.Equal(t, asJSON, runIn(t, "", append(args, "--format", "json", "--json")...))
		for _, format := range []string{"github", "sarif"} {
			got := runIn(t, "", append(args, "--format", format)...)
			require.Equal(t, test.code, got.code, format)
			require.Equal(t, test.code != 1 || format != "github", plain.stderr == got.stderr, "the count, or what went wrong: %s", got.stderr)
		}
	}
	got := runIn(t, "", "check", "--format", "github", "bad.json", "warn.json")
	lines := strings.Split(got.out, "\n")
	require.Len(t, lines, 4, got.out)
	require.True(t, strings.HasPrefix(lines[0], `::error file=bad.json,line=3,col=39,title=bad-range::"1.2.3.4.5-1.2.3.6": gateways: The IP: `), lines[0])
	require.True(t, strings.HasPrefix(lines[2], "::warning file=warn.json,line=1,col=2,title=empty-zone::"), lines[2])

	got = runIn(t, "", "check", "--format", "github", "--at", "::stop-commands::x\n::error::y", "bad.json")
	require.Equal(t, 1, got.code)
	require.Equal(t, "::error title=netwicket::--at \"::stop-commands::x\\n::error::y\": expected a time such as 2026-01-31T00:00:00Z\n", got.out)
	require.Empty(t, got.stderr)

	got = runIn(t, "", "check", "--format", "junit", "good.json")
	require.Equal(t, ran{1, "", "netwicket: --format \"junit\": expected text, json, github or sarif\n"}, got)
}

// What is wrong with expectations, and with the policy, is annotated as failures are.
func TestTestForGitHub(t *testing.T) {
	acme(t)
	writeFile(t, "e.json", fewExpectations)
	got := runIn(t, "", "test", "e.json", "--format", "github")
	require.Equal(t, ran{3, "::error file=e.json,line=3,title=behind a <proxy> #1::decision: expected allow, got deny%0Aclient: expected 10.0.0.1, got 203.0.113.9%0Adecided: deny 203.0.113.9 blocklisted zone=\"BlockedIpZone\"\n2 passed, 1 failed\n", ""}, got)
	covered := runIn(t, "", "test", "e.json", "--format", "github", "--coverage", "--run", "office")
	require.Equal(t, 0, covered.code)
	require.True(t, strings.HasPrefix(covered.out, "::notice title=coverage::touched "), covered.out)
	require.Contains(t, covered.out, `%0Auntouched: rules.json: rule "Germany in"`)

	writeFile(t, "::error::e.json", `[{"name":1}]`)
	got = runIn(t, "", "test", "::error::e.json", "--format", "github")
	require.Equal(t, 1, got.code)
	require.True(t, strings.HasPrefix(got.out, "::error file=%3A%3Aerror%3A%3Ae.json,line=1,col=2,title=missing-value::remote is missing; "), got.out)
	require.Equal(t, 3, strings.Count(got.out, "::error file=%3A%3Aerror%3A%3Ae.json,line=1,"), got.out)
	require.Empty(t, got.stderr)
	writeFile(t, "zones.json", badZones)
	got = runIn(t, "", "test", "e.json", "--format", "github")
	require.Equal(t, 1, got.code)
	require.True(t, strings.HasPrefix(got.out, "::error file=zones.json,line=3,"), got.out)
}
