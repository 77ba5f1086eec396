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
func newCopy() (*moduleCopy, error) {
	from, err := realdata.Repository()
	if err != nil {
		return nil, err
	}
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
type result struct{ outcome, detail string }

// try applies a fault, runs the tests and takes the fault back.
func (c *moduleCopy) try(f *fault) result {
	name := filepath.Join(c.directory, filepath.FromSlash(f.file))
	before, err := os.ReadFile(name)
	if err != nil {
		return result{"INVALID", err.Error()}
	}
	after, err := f.apply(string(before))
	if err != nil {
		return result{"INVALID", err.Error()}
	}
	if err := os.WriteFile(name, []byte(after), 0o644); err != nil {
		return result{"INVALID", err.Error()}
	}
	defer func() { _ = os.WriteFile(name, before, 0o644) }() // else the next fault of this file does not fit, which is reported
	packages := reach.Packages[f.pkg()]
	for _, stage := range []struct {
		data, only, note string
		packages         []string
	}{
		{"", quick[packages[0]], "", packages[:1]},
		{c.data, "", ", beyond the quick tests", packages},
	} {
		failed, compiles := c.test(stage.data, stage.only, stage.packages...)
		switch {
		case !compiles:
			return result{"INVALID", "does not compile: " + failed}
		case failed != "":
			return result{"caught", failed + stage.note}
		}
	}
	return result{"SURVIVED", "no test of " + strings.Join(packages, ", ") + " fails"}
}

// checkUnchanged runs the quick tests without a fault: what fails then says nothing.
func (c *moduleCopy) checkUnchanged(chosen []*fault) error {
	checked := map[string]bool{}
	for _, f := range chosen {
		packages := reach.Packages[f.pkg()]
		if len(packages) == 0 {
			return fmt.Errorf("%s: it is not said which packages a fault there can reach", f)
		}
		if checked[f.pkg()] {
			continue
		}
		checked[f.pkg()] = true
		if failed, _ := c.test("", quick[packages[0]], packages[0]); failed != "" {
			return fmt.Errorf("%s fails without any fault: %s", packages[0], failed)
		}
	}
	return nil
}

// test runs the short tests of packages, without real data if there is none,
// and names the first one that fails.
func (c *moduleCopy) test(data, only string, packages ...string) (failed string, compiles bool) {
	timeout := "5m"
	if only != "" || data == "" {
		timeout = "2m" // the quick tests take seconds; a fault may make them run for ever
	}
	arguments := append([]string{"test", "-count=1", "-short", "-failfast", "-vet=off", "-timeout=" + timeout, "-run=" + only}, packages...)
	out, err := c.goCommand(data, arguments...)
	if err == nil {
		return "", true
	}
	if bytes.Contains(out, []byte("[build failed]")) {
		return firstLine(out), false
	}
	for line := range strings.Lines(string(out)) {
		line = strings.TrimSpace(line)
		if name, found := strings.CutPrefix(line, "--- FAIL: "); found {
			name, _, _ = strings.Cut(name, " ")
			return name, true
		}
		if strings.HasPrefix(line, "panic: ") || strings.HasPrefix(line, "fatal error: ") {
			return line, true
		}
	}
	return firstLine(out), true
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
