package house_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const ours = "github.com/netwicket/netwicket"

// storey is packages that stand on the same height, by names, or by patterns: "/*"
// is every folder in one, "/..." a folder and all below it. A name goes before a
// pattern.
type storey struct {
	packages []string
	among    bool // packages of this storey import each other
}

// storeys are the packages of the workspace from the ground up. A package imports
// what stands on lower storeys, and on its own only where that says so.
var storeys = []storey{
	{[]string{"internal/*"}, true},
	{[]string{"zone", "geo"}, false},            // they speak plain strings to each other
	{[]string{"decide/internal/oracle"}, false}, // its own test holds it to zone and geo alone
	{[]string{"decide/internal/snapfile"}, false},
	{[]string{"decide"}, false},
	{[]string{"decide/gate", "decide/decidetest", "decide/release"}, false},
	{[]string{"decide/policyfile"}, false},
	{[]string{"decide/keeper"}, false},
	{[]string{"internal/keepertest"}, false}, // helpers of tests stand where their tests do
	{[]string{"bench", "bench/workload", "bench/table", "bench/documents", "bench/agents", "docs", "examples/acme/..."}, true},
	{[]string{"cmd/...", "bench/compare/...", "bench/warehouse/...", "examples/checks/...", "examples/fleet/...", "examples/frameworks/...", "decide/gate/caddygate"}, true}, // modules of their own
}

// ground is what internal holds, and why the library stands on it. What only the
// program needs is in cmd/netwicket/internal.
var ground = map[string]string{
	"addrnum":    "an address as a number; the table, the engine and geo data calculate with it",
	"files":      "the one reader of files, and when they have changed; whatever reads stands on it",
	"finding":    "the one shape of errors and warnings",
	"house":      "these tests",
	"iptable":    "addresses -> numbers; geo and decide stand on it",
	"jsondoc":    "JSON with positions; zone and policyfile read with it",
	"keepertest": "policies in folders that a keeper keeps, for tests in both modules",
	"mmdbtest":   "databases written as code, for tests",
	"netset":     "addresses, prefixes and ranges as text, in every document",
	"shown":      "text that others wrote, fit to be shown; findings and the program show it",
	"parallel":   "pieces of work side by side; geo, decide and iptable begin them",
	"mistaken":   "documents that are others than their readers expect; zone and policyfile ask",
	"packed":     "files that one command makes readable; readers of files and of JSON ask",
	"realdata":   "finds the real data, for tests",
}

// pkg is what go list says of a package. Its names are without the module's path.
type pkg struct {
	ImportPath                         string
	Imports, TestImports, XTestImports []string
	Module                             struct{ Path string }
}

func (p *pkg) name() string { return short(p.ImportPath) }

// short is a path without ours in front; the root is ".".
func short(importPath string) string {
	if importPath == ours {
		return "."
	}
	return strings.TrimPrefix(importPath, ours+"/")
}

func isOurs(importPath string) bool {
	return importPath == ours || strings.HasPrefix(importPath, ours+"/")
}

// isStandard says that a path is of the standard library: its first element has no dot.
func isStandard(importPath string) bool {
	first, _, _ := strings.Cut(importPath, "/")
	return !strings.Contains(first, ".")
}

// packages lists those that match.
func packages(t *testing.T, arguments ...string) []*pkg {
	t.Helper()
	out, err := exec.Command("go", append([]string{"list", "-json=ImportPath,Imports,TestImports,XTestImports,Module"}, arguments...)...).Output()
	require.NoError(t, err)
	var all []*pkg
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		p := &pkg{}
		if err := decoder.Decode(p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

// storeyOf is the storey of a package, or -1.
func storeyOf(name string) int {
	named := slices.IndexFunc(storeys, func(s storey) bool { return slices.Contains(s.packages, name) })
	if named >= 0 {
		return named
	}
	return slices.IndexFunc(storeys, func(s storey) bool {
		return slices.ContainsFunc(s.packages, func(pattern string) bool {
			if folder, found := strings.CutSuffix(pattern, "/..."); found {
				return name == folder || strings.HasPrefix(name, folder+"/")
			}
			folder, found := strings.CutSuffix(pattern, "/*")
			return found && path.Dir(name) == folder
		})
	})
}

// TestNothingClimbs: no package imports one of a higher storey, and on its own only
// where the table says so.
func TestNothingClimbs(t *testing.T) {
	all := packages(t, "work")
	require.Greater(t, len(all), 30)
	for _, p := range all {
		from := storeyOf(p.name())
		require.GreaterOrEqual(t, from, 0, "%s stands on no storey: add it to the table", p.name())
		for _, imported := range p.Imports {
			if !isOurs(imported) {
				continue
			}
			to := storeyOf(short(imported))
			require.True(t, to < from || to == from && storeys[from].among, "%s climbs to %s", p.name(), imported)
		}
	}
}

// TestLibraryImportsNothingOfTheProgram, in tests neither: whoever tests the library
// does not have the program's modules.
func TestLibraryImportsNothingOfTheProgram(t *testing.T) {
	for _, p := range packages(t, ours+"/...") {
		if p.Module.Path != ours {
			continue
		}
		for _, imported := range slices.Concat(p.Imports, p.TestImports, p.XTestImports) {
			name := short(imported)
			for _, module := range []string{"cmd", "bench/compare", "examples/checks", "examples/fleet", "examples/frameworks", "decide/gate/caddygate"} {
				require.False(t, isOurs(imported) && (name == module || strings.HasPrefix(name, module+"/")), "%s imports %s", p.name(), imported)
			}
		}
	}
}

// TestLibraryImports: the packages of the root module import the standard library,
// maxminddb and netipx, and only geo opens databases. Helpers of tests, which import
// testing, have testify too.
func TestLibraryImports(t *testing.T) {
	for _, p := range packages(t, ours+"/...") {
		if p.Module.Path != ours {
			continue
		}
		for _, imported := range p.Imports {
			switch {
			case isStandard(imported), isOurs(imported), imported == "go4.org/netipx":
			case strings.HasPrefix(imported, "github.com/stretchr/testify/") && slices.Contains(p.Imports, "testing"):
			case imported == "github.com/oschwald/maxminddb-golang/v2":
				require.Equal(t, "geo", p.name())
			default:
				require.Fail(t, "a module that the library does without", "%s imports %s", p.name(), imported)
			}
		}
	}
}

// TestEngineReachesNothing: zone, geo and decide know no HTTP, however far down;
// decide itself knows no files, no network and no log, and no second way to them.
func TestEngineReachesNothing(t *testing.T) {
	for _, name := range []string{"zone", "geo", "decide"} {
		for _, p := range packages(t, "-deps", ours+"/"+name) {
			require.NotEqual(t, "net/http", p.ImportPath, name)
		}
	}
	for _, folder := range []string{"zone", "decide", "decide/internal/..."} {
		for _, p := range packages(t, ours+"/"+folder) {
			for _, forbidden := range []string{"os", "net", "log", "io/fs", "syscall"} {
				require.NotContains(t, p.Imports, forbidden, p.name())
			}
		}
	}
}

// TestInternalIsGround: each package of internal has its reason to be there, and no
// reason is left of one that went.
func TestInternalIsGround(t *testing.T) {
	var reasons, found []string
	for name, reason := range ground {
		require.NotEmpty(t, reason, name)
		reasons = append(reasons, name)
	}
	folders, err := filepath.Glob(filepath.Join("..", "*"))
	require.NoError(t, err)
	for _, folder := range folders {
		found = append(found, filepath.Base(folder))
	}
	require.ElementsMatch(t, reasons, found)
}
