//go:build unix

package e2e_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// What a repository of policies has look at its changes: the action of GitHub, whose
// steps are run as its runner would, and the hooks of pre-commit.

const repository = "../../../.."

// checkout is a repository of policies as somebody has it: a good one, a bad one and
// expectations.
func checkout(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	for name, text := range map[string]string{
		"good/netwicket.json":     `{"okta": {"zones": ["okta/zones.json"]}}`,
		"good/okta/zones.json":    `[{"type":"IP","id":"b","name":"B","usage":"BLOCKLIST","gateways":[{"type":"CIDR","value":"203.0.113.0/24"}]}]`,
		"bad/okta/zones.json":     "[\n {\"type\":\"IP\",\"id\":\"a\",\"name\":\"A\",\"gateways\":[{\"type\":\"CIDR\",\"value\":\"192.0.2.0/33\"}]}]",
		"strict/okta/zones.json":  `[{"type":"IP","id":"a","name":"A","gateways":[],"proxies":null}]`,
		"outside/netwicket.json":  `{"okta": {"zones": ["../../zones.json"]}}`,
		"holds.json":              `[{"name":"in","remote":"192.0.2.1","want":{"decision":"allow"}}]`,
		"fails.json":              `[{"name":"in","remote":"203.0.113.1","want":{"decision":"allow"}}]`,
		"::error::x/y, z.json":    `{"a":1}`,
		"$(touch forged)/z.json":  goodDocument,
		"-c/okta/zones.json":      goodDocument,
		"two words/okta/all.json": goodDocument,
	} {
		path := filepath.Join(folder, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
	return folder
}

const goodDocument = `[{"type":"IP","id":"a","name":"A","gateways":[{"type":"CIDR","value":"192.0.2.0/24"}],"proxies":null}]`

// action is what of action.yml the tests need.
type action struct {
	Inputs map[string]struct {
		Description string
		Default     *string
	}
	Runs struct {
		Using string
		Steps []struct {
			Uses, Run, Shell string
			With, Env        map[string]string
		}
	}
}

// run runs the steps of the action in a checkout, and gives what the last one
// printed and its exit code.
func (a *action) run(t *testing.T, folder string, inputs map[string]string) (output string, code int) {
	t.Helper()
	for name := range inputs {
		require.Contains(t, a.Inputs, name)
	}
	top, err := filepath.Abs(repository)
	require.NoError(t, err)
	temporary := filepath.Dir(program) // where TestMain has built what the second step builds
	expression := regexp.MustCompile(`\$\{\{ ([a-z._]+) \}\}`)
	for _, step := range a.Runs.Steps {
		if step.Uses != "" || strings.Contains(step.Run, "go build") {
			continue
		}
		command := exec.Command("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step.Run)
		command.Dir = folder
		command.Env = os.Environ()
		for name, value := range step.Env {
			value = expression.ReplaceAllStringFunc(value, func(text string) string {
				switch name := expression.FindStringSubmatch(text)[1]; {
				case name == "github.action_path":
					return top
				case name == "runner.temp":
					return temporary
				default:
					name = strings.TrimPrefix(name, "inputs.")
					require.Contains(t, a.Inputs, name)
					if given, found := inputs[name]; found {
						return given
					}
					return *a.Inputs[name].Default
				}
			})
			command.Env = append(command.Env, name+"="+value)
		}
		printed, err := command.Output()
		output, code = string(printed), command.ProcessState.ExitCode()
		if code < 0 {
			require.NoError(t, err)
		}
	}
	return output, code
}

func theAction(t *testing.T) *action {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(repository, "action.yml"))
	require.NoError(t, err)
	var a action
	require.NoError(t, yaml.Unmarshal(text, &a))
	require.Equal(t, "composite", a.Runs.Using)
	return &a
}

func TestActionAnnotates(t *testing.T) {
	a := theAction(t)
	folder := checkout(t)
	for _, row := range []struct {
		name   string
		inputs map[string]string
		code   int
		want   []string // how the lines begin
	}{
		{"a good policy", map[string]string{"paths": "good"}, 0, nil},
		{"a bad document", map[string]string{"paths": "good\nbad/okta/zones.json\n"}, 3, []string{"::error file=bad/okta/zones.json,line=2,col=70,title=bad-cidr::"}},
		{"no policy at the top", nil, 3, []string{"::error file=netwicket.json,line=1,col=1,title=missing-file::"}},
		{"warnings pass", map[string]string{"paths": "strict/okta/zones.json"}, 0, []string{"::warning file=strict/okta/zones.json,"}},
		{"warnings fail", map[string]string{"paths": "strict/okta/zones.json", "strict": "true"}, 3, []string{"::warning file=strict/okta/zones.json,"}},
		{"a path that leads out", map[string]string{"paths": "outside"}, 3, []string{"::error file=outside/netwicket.json,line=1,col=21,title=outside-folder::"}},
		{"expectations that hold", map[string]string{"paths": "good", "policy": "good", "expectations": "holds.json"}, 0, []string{"1 passed, 0 failed"}},
		{"expectations that do not", map[string]string{"paths": "good", "policy": "good", "expectations": "holds.json\nfails.json"}, 3,
			[]string{"::error file=fails.json,line=1,title=in::decision: expected allow, got deny%0A", "1 passed, 1 failed"}},
		{"expectations that are none", map[string]string{"paths": "good", "policy": "good", "expectations": "absent.json"}, 1,
			[]string{"::error file=absent.json,line=1,col=1,title=missing-file::"}},
		{"a bad document outranks", map[string]string{"paths": "bad/okta/zones.json", "policy": "good", "expectations": "holds.json"}, 3,
			[]string{"::error file=bad/okta/zones.json,", "1 passed, 0 failed"}},
		{"names that are commands", map[string]string{"paths": "::error::x/y, z.json"}, 3, []string{"::error file=%3A%3Aerror%3A%3Ax/y%2C z.json,line=1,"}},
		{"names that are scripts", map[string]string{"paths": "$(touch forged)/z.json"}, 0, nil},
		{"names that are flags", map[string]string{"paths": "-c/okta/zones.json"}, 0, nil},
		{"names with spaces", map[string]string{"paths": "two words/okta/all.json"}, 0, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			output, code := a.run(t, folder, row.inputs)
			require.Equal(t, row.code, code, output)
			lines := strings.Split(strings.TrimSuffix(output, "\n"), "\n")
			if output == "" {
				lines = nil
			}
			require.Len(t, lines, len(row.want), output)
			for i, want := range row.want {
				require.True(t, strings.HasPrefix(lines[i], want), lines[i])
			}
		})
	}
	require.NoFileExists(t, filepath.Join(folder, "forged"))
	_, code := a.run(t, folder, map[string]string{"paths": "bad/okta/zones.json", "sarif": "found.sarif"})
	require.Equal(t, 3, code)
	text, err := os.ReadFile(filepath.Join(folder, "found.sarif"))
	require.NoError(t, err)
	require.Contains(t, string(text), `"uri":"bad/okta/zones.json","uriBaseId":"%SRCROOT%"`)
}

// No script of the action holds an expression, whose value would become part of it;
// what is not run here is the step that fetches Go and the one that builds, as
// TestMain does.
func TestActionScripts(t *testing.T) {
	a := theAction(t)
	var uses, builds []string
	for _, step := range a.Runs.Steps {
		require.NotContains(t, step.Run, "${{")
		if step.Uses != "" {
			uses = append(uses, step.Uses)
			continue
		}
		require.Equal(t, "bash", step.Shell)
		if strings.Contains(step.Run, "go build") {
			builds = append(builds, strings.Fields(step.Run)...)
		}
	}
	require.Equal(t, []string{"actions/setup-go@v5"}, uses)
	require.Equal(t, `cd "$ACTION_PATH" go build -o "$PROGRAM" ./cmd/netwicket`, strings.Join(builds, " "))
	for name, input := range a.Inputs {
		require.NotNil(t, input.Default, "%s: nobody has to say", name)
		require.NotEmpty(t, input.Description)
	}
}

// hook is one of .pre-commit-hooks.yaml.
type hook struct{ ID, Files string }

func TestHooksTakeDocuments(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(repository, ".pre-commit-hooks.yaml"))
	require.NoError(t, err)
	var hooks []hook
	require.NoError(t, yaml.Unmarshal(text, &hooks))
	takes := map[string][]string{}
	for _, h := range hooks {
		files := regexp.MustCompile(h.Files)
		for _, name := range []string{"netwicket.json", "a/netwicket.json", "a/okta/zones.json", "okta/zones.json", "sailpoint/c.json", "geo/x.mmdb", "feeds/t.txt", "package.json", "a/okta/x/y.json", "main.go"} {
			if files.MatchString(name) {
				takes[h.ID] = append(takes[h.ID], name)
			}
		}
	}
	require.Equal(t, map[string][]string{
		"netwicket-check":        {"netwicket.json", "a/netwicket.json", "a/okta/zones.json", "okta/zones.json", "sailpoint/c.json"},
		"netwicket-check-policy": {"netwicket.json", "a/netwicket.json", "a/okta/zones.json", "okta/zones.json", "sailpoint/c.json", "geo/x.mmdb", "feeds/t.txt", "package.json", "a/okta/x/y.json"},
	}, takes)
}

// The real pre-commit builds the program of this repository and runs the hooks.
func TestPreCommit(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds the program once more, in another folder")
	}
	if _, err := exec.LookPath("pre-commit"); err != nil {
		t.Skip("pre-commit is not installed: apt-get install pre-commit")
	}
	top, err := filepath.Abs(repository)
	require.NoError(t, err)
	if err := exec.Command("git", "-C", top, "rev-parse").Run(); err != nil {
		t.Skip("pre-commit clones the repository, and this copy of it has no history")
	}
	folder := checkout(t)
	modules, err := exec.Command("go", "env", "GOMODCACHE", "GOCACHE").Output()
	require.NoError(t, err)
	caches := strings.Fields(string(modules))
	run := func(name string, args ...string) (string, int) {
		command := exec.Command(name, args...)
		command.Dir = folder
		// pre-commit gives Go a folder of its own for every hook; what is there already is not fetched again.
		command.Env = append(os.Environ(), "HOME="+folder, "PRE_COMMIT_HOME="+filepath.Join(folder, ".git", "cache"), "GOMODCACHE="+caches[0], "GOCACHE="+caches[1])
		output, err := command.CombinedOutput()
		if command.ProcessState == nil {
			require.NoError(t, err)
		}
		return string(output), command.ProcessState.ExitCode()
	}
	revision, code := run("git", "-C", top, "rev-parse", "HEAD")
	require.Zero(t, code, revision)
	config, err := yaml.Marshal(map[string]any{"repos": []any{map[string]any{
		"repo": top, "rev": strings.TrimSpace(revision),
		"hooks": []any{map[string]any{"id": "netwicket-check"}, map[string]any{"id": "netwicket-check-policy", "args": []string{"--within", ".", "good"}}},
	}}})
	require.NoError(t, err)
	writeFile(t, filepath.Join(folder, ".pre-commit-config.yaml"), string(config))
	for _, args := range [][]string{{"init", "-q"}, {"add", "good", "bad", "holds.json", ".pre-commit-config.yaml"}} {
		output, code := run("git", args...)
		require.Zero(t, code, output)
	}
	output, code := run("pre-commit", "run", "--all-files") // which builds the program, once for all that follow
	require.Equal(t, 1, code, output)
	require.Regexp(t, `netwicket check of documents\.+Failed\n`, output)
	require.Contains(t, output, "bad/okta/zones.json:2:70: error: ")
	require.Contains(t, output, "exit code: 3")
	require.NotContains(t, output, "holds.json", "it is no document")
	require.Regexp(t, `netwicket check of a policy\.+Passed\n`, output)

	output, code = run("pre-commit", "run", "--files", "good/netwicket.json", "good/okta/zones.json", "holds.json")
	require.Zero(t, code, output)
	require.Equal(t, 2, strings.Count(output, "Passed\n"), output)
	writeFile(t, filepath.Join(folder, "good", "netwicket.json"), `{"okta": {"zones": ["../zones.json"]}, "geo": ["absent.mmdb"]}`)
	output, code = run("pre-commit", "run", "netwicket-check-policy", "--files", "good/okta/zones.json")
	require.Equal(t, 1, code, output)
	require.Contains(t, output, "good/absent.mmdb:1:1: error: cannot be read: no such file or directory (named in good/netwicket.json:1:48)", "the policy as a whole")
}
