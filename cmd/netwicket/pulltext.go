package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/schollz/progressbar/v3"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/impact"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/pull"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/policyfile"
)

// pullProgress shows on standard error what is asked. The zero one shows nothing.
type pullProgress struct{ bar *progressbar.ProgressBar }

// pullProgress is for a person who looks on.
func (c *commandLine) pullProgress(flags pullFlags) pullProgress {
	if flags.watch > 0 || !isTerminal(c.err) {
		return pullProgress{}
	}
	return newPullProgress(c.err)
}

func newPullProgress(out io.Writer) pullProgress {
	return pullProgress{progressbar.NewOptions64(-1,
		progressbar.OptionSetWriter(out),
		progressbar.OptionClearOnFinish(),
		progressbar.OptionSpinnerType(14),
		progressbar.OptionSetElapsedTime(false),
	)}
}

func (p pullProgress) show(text string) {
	if p.bar != nil {
		p.bar.Describe(oneLine(text))
		_ = p.bar.Add64(1) // progress that cannot be shown is no reason to stop
	}
}

func (p pullProgress) finish() {
	if p.bar != nil {
		_ = p.bar.Finish()
	}
}

// pulled tells what came of one look, and ends the program accordingly.
func (c *commandLine) pulled(look *pull.Look, err error, flags pullFlags) error {
	var refused *pull.Refused
	if err == nil && look.Refused != nil { // of a dry run, which refuses nothing by itself
		err = look.Refused
	}
	if look != nil {
		c.pullWarnings(look)
	}
	if err != nil && !errors.As(err, &refused) {
		return err
	}
	if err := c.pullSummary(look, flags); err != nil {
		return err
	}
	if refused == nil {
		return nil
	}
	for _, cause := range refused.Causes {
		fmt.Fprintf(c.err, "netwicket: %s\n", oneLine(cause))
	}
	fmt.Fprintf(c.err, "netwicket: what is in force stays; %s shows what would change", oneLine(c.dryRunCommand(flags)))
	if !flags.acceptShrink {
		fmt.Fprint(c.err, ", and --accept-shrink accepts what shrinks")
	}
	fmt.Fprintln(c.err)
	return failed
}

// pullWarnings prints what is odd about what was pulled. That a system zone is empty
// is not: every tenant has some (D5).
func (c *commandLine) pullWarnings(look *pull.Look) {
	for _, warning := range look.Warnings {
		fmt.Fprintf(c.err, "netwicket: warning: %s\n", oneLine(warning))
	}
	if look.Same || look.After.Policy == nil {
		return
	}
	for _, f := range look.After.Parts.Warnings() {
		if f.Code != "empty-zone" || !look.After.Parts.AboutSystemZone(f) {
			fmt.Fprintln(c.err, findingLine(f))
		}
	}
}

// pullSummary prints what was found and what it changes.
func (c *commandLine) pullSummary(look *pull.Look, flags pullFlags) error {
	report := &diffReport{out: bufio.NewWriterSize(c.out, 64<<10), json: c.json, look: c.style(), counter: impact.NewCounter(nil)}
	summary := diffFlags{top: 10, summary: !flags.dryRun}
	if !c.json {
		for _, line := range foundText(look) {
			fmt.Fprintln(report.out, oneLine(line))
		}
	}
	switch {
	case look.Same && c.json && flags.dryRun:
	case look.Same && c.json:
		if err := writeJSON(report.out, pullJSON{pullFound: foundJSON(look), diffSummaryJSON: noChanges()}); err != nil {
			return err
		}
	case look.Same:
		fmt.Fprintln(report.out, "nothing changed: this is what is in force")
	default:
		if err := c.pullChanges(report, summary, look, flags); err != nil {
			return err
		}
	}
	return report.out.Flush()
}

// pullChanges prints what changes, as diff does.
func (c *commandLine) pullChanges(report *diffReport, summary diffFlags, look *pull.Look, flags pullFlags) error {
	pair := [2]policyfile.Opened{look.Before, look.After}
	report.counter = impact.NewCounter(look.After.Parts.Config.Geo)
	wanted, err := summary.filter()
	if err != nil {
		return err
	}
	switch compiled := look.After.Policy != nil; { // else it was refused before
	case !compiled && c.json && !flags.dryRun:
		return writeJSON(report.out, pullJSON{pullFound: foundJSON(look), diffSummaryJSON: noChanges()})
	case !compiled:
		return nil
	case c.json && !flags.dryRun:
		for change := range wanted(decide.Diff(look.Before.Policy, look.After.Policy)) {
			report.counter.Add(change)
		}
		return writeJSON(report.out, pullJSON{pullFound: foundJSON(look), diffSummaryJSON: report.summaryJSON(pair)})
	}
	note := scatteredNote(pair)
	if err := report.write(summary, pair, wanted(decide.Diff(look.Before.Policy, look.After.Policy)), note); err != nil {
		return err
	}
	switch {
	case c.json:
		if note != "" {
			fmt.Fprintln(c.err, "netwicket: "+note)
		}
	case look.Refused != nil:
	case flags.dryRun:
		fmt.Fprintln(report.out, "\nnothing was written")
	default:
		fmt.Fprintf(report.out, "\npulled/%s is in force\n", oneLine(look.Generation))
	}
	return nil
}

// foundText says what the tenants answered.
func foundText(look *pull.Look) []string {
	var lines []string
	if o := look.Okta; o != nil {
		line := fmt.Sprintf("okta: %s, %d of %d policies enforced with %s", plural(uint64(o.Zones), "zone"), o.Enforced, o.Policies, plural(uint64(o.Rules), "rule"))
		if o.ThreatInsight {
			line += ", ThreatInsight"
		}
		lines = append(lines, line)
	}
	if s := look.SailPoint; s != nil {
		line := "sailpoint: no network configuration"
		if s.NetworkConfig {
			line = "sailpoint: network configuration"
		}
		if s.AuthProfile {
			line += ", authentication profile"
		}
		lines = append(lines, line)
	}
	return lines
}

// noChanges is the summary where nothing is compared.
func noChanges() diffSummaryJSON {
	none := newSizeJSON(impact.Size{})
	return diffSummaryJSON{NewlyDenied: none, NewlyAllowed: none, OtherReason: none, Documents: []differenceJSON{}}
}

// pullJSON is the summary as pull --json prints it.
type pullJSON struct {
	pullFound
	diffSummaryJSON
}

type pullFound struct {
	Same       bool                  `json:"same"`
	First      bool                  `json:"first"`
	Generation *string               `json:"generation"` // null: as before
	Refused    []string              `json:"refused"`
	Warnings   []string              `json:"warnings"`
	Okta       *pull.OktaCounts      `json:"okta"` // null: was not asked
	SailPoint  *pull.SailPointCounts `json:"sailpoint"`
}

func foundJSON(look *pull.Look) pullFound {
	found := pullFound{Same: look.Same, First: look.First, Refused: []string{}, Warnings: slices.Clone(look.Warnings), Okta: look.Okta, SailPoint: look.SailPoint}
	if found.Warnings == nil {
		found.Warnings = []string{}
	}
	if look.Refused != nil {
		found.Refused = look.Refused.Causes
	} else if !look.Same {
		found.Generation = &look.Generation
	}
	return found
}
