package main

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admission"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/atomicfile"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/expect"
	"github.com/netwicket/netwicket/internal/finding"
)

// testFlags are how test chooses, prints and rewrites.
type testFlags struct {
	format           string
	run              string
	coverage, update bool
}

func (c *commandLine) testCommand() *cobra.Command {
	var flags testFlags
	command := &cobra.Command{
		Use:   "test FILE...",
		Short: "Hold a policy against expectations",
		Long: `Decides the requests of each FILE and compares with what is expected:

  [{"name": "the office is in", "remote": "10.0.0.1:4711",
    "headers": [["X-Forwarded-For", "192.0.2.7"]],
    "want": {"decision": "allow", "reason": "permitted", "client": "192.0.2.7"}}]

Of want, what is given is compared; a client of null cannot be resolved.
--update writes into the files what the policy decides: values that differ, and
wants that are missing.

Ends with 3 if an expectation failed.`,
		Example: `  netwicket test expectations.json --coverage
  netwicket test tests/*.json --run '^office' --format junit > report.xml`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return c.test(flags, args) },
	}
	command.Flags().StringVar(&flags.format, "format", "", "`FORMAT` to print: text, json, junit, tap or github (default text)")
	offerValues(command, "format", "text", "json", "junit", "tap", "github")
	command.Flags().StringVar(&flags.run, "run", "", "run only expectations whose name matches this regular expression, `RE`")
	command.Flags().BoolVar(&flags.coverage, "coverage", false, "list zones, ranges and rules that no expectation touched")
	command.Flags().BoolVar(&flags.update, "update", false, "write what the policy decides into the files")
	return command
}

func (c *commandLine) test(flags testFlags, paths []string) error {
	if flags.format == "" && c.json {
		flags.format = "json"
	}
	write, known := testFormats()[flags.format]
	if !known {
		return fmt.Errorf("--format %q: expected text, json, junit, tap or github", flags.format)
	}
	c.annotates = flags.format == "github"
	chosen, err := regexp.Compile(flags.run)
	if err != nil {
		return fmt.Errorf("--run: %w", err)
	}
	read, err := c.readExpectations(paths, flags.update)
	if err != nil {
		return err
	}
	all, cover, err := c.runExpectations(read, chosen, flags.coverage)
	if err != nil {
		return err
	}
	if flags.run != "" && !slices.ContainsFunc(all, func(t expect.Tested) bool { return len(t.Results) > 0 }) {
		return fmt.Errorf("--run %q: no expectation has such a name", flags.run)
	}
	if flags.update {
		return c.updateExpectations(all)
	}
	report := testReport{all: all, look: c.style()}
	if flags.coverage {
		covered := cover.Report()
		report.coverage = &covered
	}
	var out bytes.Buffer
	if err := write(&report, &out); err != nil {
		return err
	}
	if _, err := c.out.Write(out.Bytes()); err != nil {
		return err
	}
	if report.failed() > 0 {
		return failed
	}
	return nil
}

// readExpectations reads all files and says everything that is wrong with them.
func (c *commandLine) readExpectations(paths []string, unfinished bool) ([]*expect.File, error) {
	var read []*expect.File
	var all finding.List
	for _, path := range paths {
		if info, err := c.file(path).Stat(); unfinished && err == nil && !info.Mode().IsRegular() {
			return nil, fmt.Errorf("--update: %s is no regular file: nothing can be written back to it", path)
		}
		file, err := expect.Read(c.file(path), unfinished)
		var findings finding.List
		switch {
		case errors.As(err, &findings):
			all = append(all, findings...)
		case err != nil:
			return nil, err
		default:
			read = append(read, file)
		}
	}
	return read, all.Err()
}

// runExpectations decides the chosen requests of all files.
func (c *commandLine) runExpectations(read []*expect.File, chosen *regexp.Regexp, coverage bool) ([]expect.Tested, *expect.Coverage, error) {
	parts, policy, err := c.openPolicy()
	if err != nil {
		return nil, nil, err
	}
	if coverage && parts.SnapshotFile != "" {
		return nil, nil, fmt.Errorf("--coverage: %s is a snapshot, which has no documents that requests could cover; name the policy file that it was compiled from", parts.SnapshotFile)
	}
	control, err := admission.New(policy, parts.Edge)
	if err != nil {
		return nil, nil, err
	}
	run := expect.Run{Policy: policy, Control: control}
	if coverage {
		run.Cover = expect.NewCoverage(parts.Config)
	}
	return run.All(read, chosen), run.Cover, nil
}

// updateExpectations rewrites the files that differ.
func (c *commandLine) updateExpectations(all []expect.Tested) error {
	for _, t := range all {
		changed := 0
		for _, r := range t.Results {
			if !r.Passed() || r.Want.Empty() {
				changed++
			}
		}
		if changed > 0 {
			if err := atomicfile.WriteBytes(t.File.Name, t.File.Update(t.Results)); err != nil {
				return err
			}
		}
		if _, err := fmt.Fprintf(c.out, "%s: %s rewritten\n", oneLine(t.File.Name), plural(uint64(changed), "expectation")); err != nil {
			return err
		}
	}
	return nil
}

// testReport is what the formats print.
type testReport struct {
	all      []expect.Tested
	coverage *expect.Report // nil: not asked for
	look     style
}

func (r *testReport) failed() int {
	n := 0
	for _, t := range r.all {
		n += t.Failed()
	}
	return n
}

func (r *testReport) count() int {
	n := 0
	for _, t := range r.all {
		n += len(t.Results)
	}
	return n
}

// failureText says on several lines what was expected and what was decided.
func failureText(r expect.Result) string {
	lines := append(r.Differences(), "decided: "+r.Got.String())
	for i, line := range lines {
		lines[i] = oneLine(line)
	}
	return strings.Join(lines, "\n")
}
