package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/netwicket/netwicket/cmd/internal/mutants/reach"
	"github.com/netwicket/netwicket/internal/realdata"
)

// quick are, by package as go test is asked for it, tests that take a second
// together and notice most faults: those of decide. The other packages are quick
// as a whole without real data.
var quick = map[string]string{
	"./decide": "^(TestEveryAddressMatchesExplain|TestRandomChains.*|TestLayers|TestEmbedded.*|Test.*Vectors|TestRules|TestDynamicZones|TestOverlay.*|TestSailPoint.*|TestCompile.*|TestMany.*|TestDiff.*|TestRanges.*|TestNothingDenies|TestSpellings.*)$",
}

// moduleCopy is a copy of the module in a temporary folder.
type moduleCopy struct {
	directory string
	data      string // folder with the real data, empty if there is none
}

// newCopy copies what git knows or would add.
func newCopy(from string) (*moduleCopy, error) {
	list := exec.Command("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	list.Dir = from
	out, err := list.Output()
	if err != nil {
		return nil, fmt.Errorf("git ls-files: %w", err)
	}
	to, err := os.MkdirTemp("", "netwicket-mutants-")
	if err != nil {
		return nil, err
	}
	c := &moduleCopy{directory: filepath.Join(to, "module")}
	if folder, err := realdata.Folder(); err == nil {
		c.data = folder
	}
	for name := range strings.SplitSeq(string(out), "\x00") {
		if name == "" {
			continue
		}
		if err := copyFile(filepath.Join(from, name), filepath.Join(c.directory, name)); err != nil {
			c.remove()
			return nil, err
		}
	}
	return c, nil
}

func copyFile(from, to string) error {
	info, err := os.Lstat(from)
	if os.IsNotExist(err) || err == nil && !info.Mode().IsRegular() {
		return nil // deleted and not yet committed, or a link
	}
	content, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	return os.WriteFile(to, content, info.Mode().Perm()|fs.FileMode(0o200))
}

func (c *moduleCopy) remove() { _ = os.RemoveAll(filepath.Dir(c.directory)) } // a temporary folder: nothing hangs on it

// result is what became of a fault: "caught", "SURVIVED" or "INVALID".
type result struct {
	outcome, detail string
	test            string // that noticed, FOLDER.TestName; empty: none, or it did not come to say so
}

// try applies a fault, asks the tests and takes the fault back: first those that may know,
// then the quick ones of its package, then all of every package that it can reach.
func (c *moduleCopy) try(t task) result {
	name := filepath.Join(c.directory, filepath.FromSlash(t.file))
	before, err := os.ReadFile(name)
	if err != nil {
		return result{outcome: "INVALID", detail: err.Error()}
	}
	after, err := t.apply(string(before))
	if err != nil {
		return result{outcome: "INVALID", detail: err.Error()}
	}
	if err := os.WriteFile(name, []byte(after), 0o644); err != nil {
		return result{outcome: "INVALID", detail: err.Error()}
	}
	defer func() { _ = os.WriteFile(name, before, 0o644) }() // else the next fault of this file does not fit, which is reported
	packages := reach.Packages[t.pkg()]
	if len(packages) == 0 {
		return result{outcome: "INVALID", detail: "it is not said which packages a fault there can reach"}
	}
	if r := c.ask(t.first); r.outcome != "SURVIVED" {
		return r
	}
	if r := c.test("", quick[packages[0]], packages[0]); r.outcome != "SURVIVED" {
		return r
	}
	for _, folder := range packages { // go test would go on with the others where one has failed
		if r := c.test(c.data, "", folder); r.outcome != "SURVIVED" {
			return r
		}
	}
	return result{outcome: "SURVIVED", detail: "no test of " + strings.Join(packages, ", ") + " fails"}
}

// ask asks single tests, FOLDER.TestName, package by package. Tests that are no more are
// not there to notice.
func (c *moduleCopy) ask(tests []string) result {
	byFolder := map[string][]string{}
	var folders []string
	for _, test := range tests {
		folder, name, _ := strings.Cut(test, ".")
		if byFolder[folder] == nil {
			folders = append(folders, folder)
		}
		byFolder[folder] = append(byFolder[folder], name)
	}
	for _, folder := range folders {
		if r := c.test(c.data, "^("+strings.Join(byFolder[folder], "|")+")$", "./"+folder); r.outcome != "SURVIVED" {
			return r
		}
	}
	return result{outcome: "SURVIVED"}
}

// test runs the short tests of a package, without real data if there is none, and says
// which is the first that fails.
func (c *moduleCopy) test(data, only, folder string) result {
	timeout := "5m"
	if only != "" || data == "" {
		timeout = "2m" // the quick tests take seconds; a fault may make them run for ever
	}
	out, err := c.goCommand(data, "test", "-count=1", "-short", "-failfast", "-vet=off", "-timeout="+timeout, "-run="+only, folder)
	if err == nil {
		return result{outcome: "SURVIVED"}
	}
	return readOutput(out)
}

// readOutput says what go test has told of a failure.
func readOutput(out []byte) result {
	if bytes.Contains(out, []byte("[build failed]")) || bytes.Contains(out, []byte("[setup failed]")) {
		return result{outcome: "INVALID", detail: "does not compile: " + firstLine(out)}
	}
	r := result{outcome: "caught", detail: firstLine(out)}
	test := ""
	for line := range strings.Lines(string(out)) {
		line = strings.TrimSpace(line)
		name, found := strings.CutPrefix(line, "--- FAIL: ")
		switch {
		case found && test == "":
			test, _, _ = strings.Cut(name, " ")
			r.detail = test
		case test == "" && (strings.HasPrefix(line, "panic: ") || strings.HasPrefix(line, "fatal error: ")):
			r.detail = line
		case test != "" && strings.HasPrefix(line, "FAIL\t"): // of the package that has it
			path, _, _ := strings.Cut(strings.TrimPrefix(line, "FAIL\t"), "\t")
			r.test = strings.TrimPrefix(path, "github.com/netwicket/netwicket/") + "." + test
			return r
		}
	}
	return r
}

// goCommand runs go with a limit on the address space of all that it starts,
// where the system knows one: a fault may take all memory there is.
func (c *moduleCopy) goCommand(data string, arguments ...string) ([]byte, error) {
	const limited = `ulimit -v 16777216 2>/dev/null; exec go "$@"`
	command := exec.Command("sh", append([]string{"-c", limited, "go"}, arguments...)...)
	command.Dir = c.directory
	command.Env = append(os.Environ(), "NETWICKET_DATA="+data, "NETWICKET_PROVE=")
	return command.CombinedOutput()
}

func firstLine(out []byte) string {
	for line := range bytes.Lines(out) {
		if line = bytes.TrimSpace(line); len(line) > 0 && line[0] != '#' {
			return string(line)
		}
	}
	return "no output"
}
