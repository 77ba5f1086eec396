package main

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/lint"
	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/internal/finding"
)

// checkFlags are what check asks beyond the documents being valid.
type checkFlags struct {
	format              string
	strict              bool
	mustAllow, mustDeny []string
	at                  string
}

func (c *commandLine) checkCommand() *cobra.Command {
	var flags checkFlags
	command := &cobra.Command{
		Use:   "check [PATH...]",
		Short: "Validate documents and policies",
		Long: `Validates each PATH, a policy or a single vendor document, or the policy that -c
names. Lists everything that is wrong, with its position. A single document is
checked as a document: only a policy must bring the geo data that its zones
need.

With --format github findings become annotations of a pull request, with sarif a
log that code scanning and editors read.

Ends with 3 if there is an error (with --strict also for warnings).`,
		Example: `  netwicket check okta/zones.json
  netwicket check --format sarif . > netwicket.sarif
  netwicket check -c . --strict --must-allow 192.0.2.10 --must-deny known-bad.txt`,
		RunE: func(_ *cobra.Command, args []string) error { return c.check(flags, args) },
	}
	command.Flags().StringVar(&flags.format, "format", "", "`FORMAT` to print: "+checkFormats+" (default text)")
	offerValues(command, "format", "text", "json", "github", "sarif")
	command.Flags().BoolVar(&flags.strict, "strict", false, "let warnings fail as errors do")
	command.Flags().StringArrayVar(&flags.mustAllow, "must-allow", nil, "address, or file of requests (`ADDR|FILE`), that must be allowed (repeatable)")
	command.Flags().StringArrayVar(&flags.mustDeny, "must-deny", nil, "address, or file of requests (`ADDR|FILE`), that must be denied (repeatable)")
	command.Flags().StringVar(&flags.at, "at", "", "check as of this `TIME` (RFC 3339) instead of now")
	return command
}

func (c *commandLine) check(flags checkFlags, args []string) error {
	print, err := c.findingPrinter(flags.format)
	if err != nil {
		return err
	}
	options, err := c.policyOptions()
	if err != nil {
		return err
	}
	options.Now = time.Now()
	if flags.at != "" {
		if options.Now, err = time.Parse(time.RFC3339, flags.at); err != nil {
			return fmt.Errorf("--at %q: expected a time such as 2026-01-31T00:00:00Z", flags.at)
		}
	}
	asPolicy := len(flags.mustAllow)+len(flags.mustDeny) > 0
	errors, warnings := 0, 0
	for _, target := range checkTargets(options, args) {
		checked := policyfile.Check(target, asPolicy)
		findings := checked.Findings
		if checked.Policy != nil && asPolicy {
			expected, err := c.expectations(flags, checked)
			if err != nil {
				return err
			}
			findings = append(findings, expected...)
		}
		findings = append(findings, lintOf(target, checked, asPolicy)...)
		sortFindings(findings, checked.Parts.Files)
		for _, f := range findings {
			if f.Warning {
				warnings++
			} else {
				errors++
			}
			if err := print.finding(f); err != nil {
				return err
			}
		}
	}
	if err := print.end(); err != nil {
		return err
	}
	if !print.silent {
		fmt.Fprintf(c.err, "%s, %s\n", plural(uint64(errors), "error"), plural(uint64(warnings), "warning"))
	}
	if errors > 0 || flags.strict && warnings > 0 {
		return failed
	}
	return nil
}

// lintOf is what the linter has to say. Broken documents are mended first; a
// single document is looked at without a policy around it, unless it is asked
// to be one.
func lintOf(target policyfile.Options, checked policyfile.Checked, asPolicy bool) finding.List {
	parts := checked.Parts
	if parts.Err() != nil {
		return nil
	}
	subject := lint.SubjectOf(parts, target.Now)
	if parts.Document() == policyfile.Unknown || asPolicy {
		subject.Policy = checked.Policy
	}
	return lint.Check(subject)
}

// sortFindings brings findings into the order of a reader: file by file as the
// policy names them, from top to bottom.
func sortFindings(findings finding.List, files []string) {
	order := make(map[string]int, len(files))
	for i, file := range slices.Backward(files) {
		order[file] = i - len(files) // others come last
	}
	slices.SortStableFunc(findings, func(a, b *finding.Finding) int {
		return cmp.Or(cmp.Compare(order[a.File], order[b.File]), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
}

// checkTargets are the things to check: each PATH on its own, and the policy of
// the flags if they name one or nothing else is named.
func checkTargets(options policyfile.Options, args []string) []policyfile.Options {
	var targets []policyfile.Options
	if len(options.Paths) > 0 || len(args) == 0 {
		targets = append(targets, options)
	}
	for _, path := range args {
		target := options
		target.Paths = []string{path}
		targets = append(targets, target)
	}
	return targets
}
