package house_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/internal/realdata"
)

// three are all modules that the library requires.
var three = []string{"github.com/oschwald/maxminddb-golang/v2", "github.com/stretchr/testify", "go4.org/netipx"}

// modFile is what `go mod edit -json` says.
type modFile struct {
	Module  struct{ Path string }
	Require []struct {
		Path, Version string
		Indirect      bool
	}
	Replace []struct {
		Old, New struct{ Path, Version string }
	}
}

func readModFile(t *testing.T, folder string) modFile {
	t.Helper()
	out := goCommand(t, folder, nil, "mod", "edit", "-json")
	var mod modFile
	require.NoError(t, json.Unmarshal([]byte(out), &mod))
	return mod
}

// goCommand is what go says on stdout.
func goCommand(t *testing.T, folder string, env []string, arguments ...string) string {
	t.Helper()
	command := exec.Command("go", arguments...)
	command.Dir = folder
	command.Env = append(os.Environ(), env...)
	var stderr strings.Builder
	command.Stderr = &stderr
	out, err := command.Output()
	require.NoError(t, err, "go %s: %s", strings.Join(arguments, " "), &stderr)
	return string(out)
}

func repository(t *testing.T) string {
	t.Helper()
	root, err := realdata.Repository()
	require.NoError(t, err)
	return root
}

func TestLibraryRequiresThreeModules(t *testing.T) {
	var direct []string
	for _, r := range readModFile(t, repository(t)).Require {
		if !r.Indirect {
			direct = append(direct, r.Path)
		}
	}
	require.ElementsMatch(t, three, direct)
}

// go install refuses a module with a replace, and whoever requires one does not see it.
func TestNoModuleReplaces(t *testing.T) {
	root := repository(t)
	var modules []string
	for line := range strings.Lines(goCommand(t, root, nil, "list", "-m", "-f", "{{.Dir}}")) {
		folder := strings.TrimSpace(line)
		mod := readModFile(t, folder)
		require.Empty(t, mod.Replace, mod.Module.Path)
		modules = append(modules, mod.Module.Path)
	}
	require.Contains(t, modules, ours)
	require.Contains(t, modules, ours+"/cmd")
}

// Who imports decide alone gets the three modules and what these require, in whatever
// tree of modules.
func TestProgramThatImportsDecide(t *testing.T) {
	root, folder := repository(t), t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(folder, "main.go"), []byte("package main\n\nimport (\n\t\"os\"\n\n\t\""+ours+"/decide\"\n)\n\nfunc main() { os.Stdout.WriteString(decide.Decision{}.Verdict.String()) }\n"), 0o644))
	library := readModFile(t, root)
	require.NotEmpty(t, library.Require)
	require.NoError(t, os.WriteFile(filepath.Join(folder, "go.mod"), []byte("module example.com/gateway\n\ngo 1.26.0\n\nrequire "+ours+" v0.0.0\n\nreplace "+ours+" => "+root+"\n"), 0o644))
	env := []string{"GOWORK=off", "GOFLAGS=-mod=mod", "GOPROXY=off", "GONOSUMDB=*", "GONOSUMCHECK=1"}

	require.Equal(t, "deny", goCommand(t, folder, env, "run", "."))

	requires := map[string][]string{}
	for line := range strings.Lines(goCommand(t, folder, env, "mod", "graph")) {
		from, to, _ := strings.Cut(strings.TrimSpace(line), " ")
		requires[pathOf(from)] = append(requires[pathOf(from)], pathOf(to))
	}
	theirs := map[string]bool{}
	var visit func(module string)
	visit = func(module string) {
		if !theirs[module] {
			theirs[module] = true
			for _, next := range requires[module] {
				visit(next)
			}
		}
	}
	for _, module := range three {
		visit(module)
	}
	listed := 0
	for line := range strings.Lines(goCommand(t, folder, env, "list", "-m", "-f", "{{if not .Main}}{{.Path}}{{end}}", "all")) {
		if module := strings.TrimSpace(line); module != "" && module != ours {
			require.True(t, theirs[module], "%s comes along with decide", module)
			listed++
		}
	}
	require.GreaterOrEqual(t, listed, len(three))
}

// pathOf is a module of go mod graph without its version.
func pathOf(module string) string {
	name, _, _ := strings.Cut(module, "@")
	return name
}
