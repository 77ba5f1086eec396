package main

import (
	"bufio"
	"fmt"
	"io"
	"iter"
	"net/netip"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/impact"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/replay"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/policyfile"
)

// diffFlags say what of the differences to report, and how.
type diffFlags struct {
	only     string
	reasons  bool
	summary  bool
	exitCode bool
	top      int
	logs     []string
	format   *logFlags
}

func (c *commandLine) diffCommand() *cobra.Command {
	var flags diffFlags
	command := &cobra.Command{
		Use:   "diff OLD NEW",
		Short: "List every address range that two policies decide differently",
		Long: `Compares two policies over all of IPv4 and IPv6, exactly, for requests of one
hop. OLD and NEW are policy files, folders that hold one, vendor documents or
snapshots; what -c, -g and the other policy flags name is part of both.
FOLDER@N is a folder with the documents of generation N of its history
(netwicket admin log).

Lists the ranges in address order, and how much they are: IPv4 in addresses,
IPv6 in /64 networks, by country and ASN of NEW's databases; and what differs
between the documents, zone by zone and rule by rule, with how much of the
address space each difference decides alone. On a terminal the ranges come last,
and --summary leaves them out. IPv4 addresses
embedded in NAT64 and 6to4 addresses count as they do in a decision; those
embedded in Teredo addresses, 2001::/32, and in local NAT64 addresses,
64:ff9b:1::/48, do not.

With --log, says besides how many of the log's requests had their client in each
range, and how many would be decided differently through the proxies that they
passed.`,
		Example: `  netwicket diff yesterday/ today/ -g country.mmdb
  netwicket diff --only newly-denied --exit-code old.json new.json
  netwicket diff policy@11 policy`,
		Args: cobra.ExactArgs(2),
		RunE: func(_ *cobra.Command, args []string) error { return c.diff(flags, args[0], args[1]) },
	}
	command.Flags().StringVar(&flags.only, "only", "", "report only this `CHANGE`: newly-denied or newly-allowed")
	offerValues(command, "only", "newly-denied", "newly-allowed")
	command.Flags().BoolVar(&flags.reasons, "reasons", false, "report ranges, too, of which only the reason changes")
	command.Flags().BoolVar(&flags.summary, "summary", false, "leave the ranges out; with --json, one object")
	command.Flags().BoolVar(&flags.exitCode, "exit-code", false, "end with 2 if there is a difference")
	command.Flags().IntVar(&flags.top, "top", 10, "how many (`N`) countries and ASNs to list")
	command.Flags().StringArrayVar(&flags.logs, "log", nil, "weigh the ranges by the requests of this access `LOG`; - is standard input (repeatable)")
	flags.format = newLogFlags(command)
	return command
}

func (c *commandLine) diff(flags diffFlags, before, after string) error {
	wanted, err := flags.filter()
	if err != nil {
		return err
	}
	pair, err := c.openPair(before, after)
	if err != nil {
		return err
	}
	report := &diffReport{
		out: bufio.NewWriterSize(c.out, 64<<10), json: c.json, look: c.style(),
		counter: impact.NewCounter(pair[1].Parts.Config.Geo),
	}
	changes := wanted(decide.Diff(pair[0].Policy, pair[1].Policy))
	if len(flags.logs) > 0 {
		if changes, err = c.weigh(report, flags, pair, changes); err != nil {
			return err
		}
	}
	note := scatteredNote(pair)
	if err := report.write(flags, pair, changes, note); err != nil {
		return err
	}
	if c.json && note != "" {
		fmt.Fprintln(c.err, "netwicket: "+note)
	}
	if err := report.out.Flush(); err != nil {
		return err
	}
	outcome := allGood
	if flags.exitCode && report.counter.Changes > 0 {
		outcome = denied
	}
	if report.weights != nil && replayStatus(report.weights) != nil {
		outcome = undecided
	}
	return outcome.result()
}

// filter keeps the changes that are asked for.
func (f diffFlags) filter() (func(iter.Seq[decide.Change]) iter.Seq[decide.Change], error) {
	keep := []impact.Direction{impact.NewlyDenied, impact.NewlyAllowed}
	switch f.only {
	case "":
		if f.reasons {
			keep = append(keep, impact.OtherReason)
		}
	case "newly-denied":
		keep = keep[:1]
	case "newly-allowed":
		keep = keep[1:]
	default:
		return nil, fmt.Errorf("--only %q: expected newly-denied or newly-allowed", f.only)
	}
	return func(all iter.Seq[decide.Change]) iter.Seq[decide.Change] {
		return func(yield func(decide.Change) bool) {
			for change := range all {
				if slices.Contains(keep, impact.DirectionOf(change)) && !yield(change) {
					return
				}
			}
		}
	}, nil
}

// openPair opens two policies that are to be compared; what the flags name is
// part of both.
func (c *commandLine) openPair(before, after string) ([2]policyfile.Opened, error) {
	return c.openPolicies(append(slices.Clone(c.paths), before), append(slices.Clone(c.paths), after))
}

// scatteredNote says what a comparison by ranges leaves out, if it can matter
// (docs/semantics.md, range-2).
func scatteredNote(pair [2]policyfile.Opened) string {
	for _, opened := range pair {
		if opened.Parts.TestsEmbedded() {
			return "note: Teredo addresses, 2001::/32, and local NAT64 addresses, 64:ff9b:1::/48, are compared without the IPv4 addresses embedded in them, which blocklists and threat feeds hit"
		}
	}
	return ""
}

// diffReport prints changes and adds them up.
type diffReport struct {
	out     *bufio.Writer
	json    bool
	look    style
	counter *impact.Counter
	weights *replay.Report // nil: no log was given
	logs    string         // their names
}

// changeJSON is one change as diff prints it.
type changeJSON struct {
	First  netip.Addr     `json:"first"`
	Last   netip.Addr     `json:"last"`
	Before decide.Outcome `json:"before"`
	After  decide.Outcome `json:"after"`

	Requests *uint64 `json:"requests,omitempty"` // of the log, from clients in the range
}

// write prints ranges and summary in their order: a person looks for the summary
// first, a program reads the ranges as they come.
func (r *diffReport) write(flags diffFlags, pair [2]policyfile.Opened, changes iter.Seq[decide.Change], note string) error {
	last := r.look.person && !r.json
	var list []decide.Change
	for change := range changes {
		requests := r.requests(r.counter.Changes)
		r.counter.Add(change)
		switch {
		case flags.summary:
		case last:
			list = append(list, change)
		default:
			if err := r.print(change, requests); err != nil {
				return err
			}
		}
	}
	if r.json {
		if flags.summary {
			return writeJSON(r.out, r.summaryJSON(pair))
		}
		return nil
	}
	r.totals(flags, pair, note)
	if len(list) > 0 {
		fmt.Fprintf(r.out, "\n%s\n", r.look.paint(bold, "Ranges"))
	}
	for i, change := range list {
		if err := r.print(change, r.requests(i)); err != nil {
			return err
		}
	}
	return nil
}

// requests are the requests of the log that a change concerns; nil without a log.
func (r *diffReport) requests(index int) *uint64 {
	if r.weights == nil {
		return nil
	}
	return &r.weights.Watched[index]
}

func (r *diffReport) print(change decide.Change, requests *uint64) error {
	if r.json {
		return writeJSON(r.out, changeJSON{change.Range.From(), change.Range.To(), change.Before, change.After, requests})
	}
	network := impact.RangeText(change.Range)
	if r.look.person {
		network = fmt.Sprintf("%-33s", network)
	}
	text := network + " " + r.outcome(change.Before) + " -> " + r.outcome(change.After)
	if requests != nil && *requests > 0 {
		text += ", " + plural(*requests, "request")
	}
	_, err := io.WriteString(r.out, text+"\n")
	return err
}

func (r *diffReport) outcome(o decide.Outcome) string {
	return r.look.verdict(o.Verdict, o.Verdict.String()) + " " + o.Reason.String()
}

// totals is the summary.
func (r *diffReport) totals(flags diffFlags, pair [2]policyfile.Opened, note string) {
	s := &sheet{look: r.look}
	if r.counter.Changes == 0 {
		s.out.WriteString("no address is decided differently")
		if flags.only != "" {
			s.out.WriteString(" so that it is " + strings.ReplaceAll(flags.only, "-", " "))
		}
		s.out.WriteString("\n")
	}
	rows := [][]string{}
	for direction, size := range r.counter.Total {
		if !size.IsZero() {
			rows = append(rows, append([]string{directionName(direction)}, sizeColumns(size)...))
		}
	}
	s.table("In all", rows)
	s.documents(pair, flags.top)
	s.table("By country", groupRows(r.counter.Countries(), flags.top, func(country string) string { return country }))
	s.table("By ASN", groupRows(r.counter.ASNs(), flags.top, func(asn uint32) string { return fmt.Sprintf("AS%d", asn) }))
	if r.weights != nil {
		s.weights(r, flags)
	}
	if note != "" {
		s.out.WriteString("\n" + note + "\n")
	}
	_, _ = r.out.Write(s.out.Bytes()) // Flush reports what a writer could not take
}

// directionName is a direction as the totals call it.
func directionName(direction int) string {
	return [...]string{
		impact.NewlyDenied:  "newly denied",
		impact.NewlyAllowed: "newly allowed",
		impact.OtherReason:  "other reason",
	}[direction]
}

func sizeColumns(size impact.Size) []string {
	return []string{grouped(number(size.IPv4)) + " IPv4 addresses", grouped(size.Networks6().String()) + " IPv6 /64 networks"}
}

// groupRows is a row for each direction of the largest groups. A single group of
// unknown addresses says nothing that the totals do not.
func groupRows[K string | uint32](groups []impact.Group[K], top int, name func(K) string) [][]string {
	if len(groups) == 1 && !groups[0].Known {
		return nil
	}
	var rows [][]string
	for i, group := range groups {
		if i >= top {
			return append(rows, []string{fmt.Sprintf("and %d more", len(groups)-i)})
		}
		label := "unknown"
		if group.Known {
			label = name(group.Key)
		}
		for direction, size := range group.Sizes {
			if !size.IsZero() {
				rows = append(rows, append([]string{label, directionName(direction)}, sizeColumns(size)...))
				label = ""
			}
		}
	}
	return rows
}
