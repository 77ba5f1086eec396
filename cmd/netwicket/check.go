package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/lint"
	"github.com/netwicket/netwicket/decide/policyfile"
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
		findings = append(findings, lint.Of(checked, target.Now, asPolicy)...)
		lint.Arrange(findings, checked.Parts.Files)
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
