package main

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/atomicfile"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/explained"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/impact"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/internal/finding"
	"github.com/netwicket/netwicket/zone"
)

// compileFlags say what to write and what to compare with; empty: nothing.
type compileFlags struct {
	file, verify string
	documents    bool
}

func (c *commandLine) compileCommand() *cobra.Command {
	var flags compileFlags
	command := &cobra.Command{
		Use:   "compile -o FILE.nws",
		Short: "Write the compiled policy as a snapshot",
		Long: `Compiles the policy and writes it to FILE, whole or not at all: a snapshot,
which every command and serve take where they take a policy, and which needs
neither the documents nor the databases. Equal policies give snapshots of equal
content, whatever machine they are compiled on. The edge, serve and mode are not
in it.

With --documents the vendors' texts are in it, by which explain names the entry
of a zone or list that holds an address.

Entries of an overlay that end cannot be in a snapshot: keep them in an overlay
beside it.

--verify FILE compiles and compares the content with that of FILE instead, or
besides: it proves a snapshot from what it is said to be made of. Ends with 2 if
they differ, and prints how much of the address space they decide differently.`,
		Example: `  netwicket compile -c policy/ -o policy.nws
  netwicket compile -c policy/ --verify policy.nws`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return c.compile(flags) },
	}
	command.Flags().StringVarP(&flags.file, "output", "o", "", "`FILE` to write; - is standard output")
	command.Flags().BoolVar(&flags.documents, "documents", false, "put in the texts of the vendors' documents, for explain to name entries by")
	command.Flags().StringVar(&flags.verify, "verify", "", "compare the content with that of this snapshot, `FILE`")
	return command
}

// compileJSON is what was compiled, and what it was compared with.
type compileJSON struct {
	File        *string          `json:"file"` // null: none was written
	Fingerprint string           `json:"fingerprint"`
	Digest      string           `json:"digest"` // SHA-256 of the uncompressed content, as the others
	Bytes       int              `json:"bytes"`
	Zones       int              `json:"zones"`
	Classes     int              `json:"classes"`
	Intervals4  int              `json:"intervals4"`
	Intervals6  int              `json:"intervals6"`
	Documents   bool             `json:"documents"`
	Data        []explained.Data `json:"data"`
	Verify      *verifyJSON      `json:"verify,omitempty"`
}

type verifyJSON struct {
	File        string           `json:"file"`
	Fingerprint string           `json:"fingerprint"`
	Digest      string           `json:"digest"`
	Equal       bool             `json:"equal"`
	Changes     *diffSummaryJSON `json:"changes,omitempty"` // from the file to the policy, if they differ
}

func (c *commandLine) compile(flags compileFlags) error {
	file, verify := flags.file, flags.verify
	switch {
	case file == "" && verify == "":
		return errors.New("compile: name the file to write with -o, such as -o policy.nws")
	case file == "-" && c.json:
		return errors.New("-o - and --json both write to standard output; name a file")
	}
	var old policyfile.Opened
	if verify != "" {
		var err error
		if old, err = c.openSnapshot(verify); err != nil {
			return err
		}
		flags.documents = flags.documents || old.Parts.SnapshotHeader().Documents
	}
	parts, policy, err := c.openPolicyWith(func(o *policyfile.Options) { o.KeepTexts = flags.documents })
	if err != nil {
		return err
	}
	if flags.documents && parts.SnapshotFile != "" {
		return fmt.Errorf("--documents: %s is a snapshot, whose documents are not at hand; name the policy that it was compiled from", parts.SnapshotFile)
	}
	snapshot, header, err := asSnapshot(parts, policy)
	if err != nil {
		return err
	}
	if file == "-" {
		_, err = c.out.Write(snapshot)
	} else if file != "" {
		err = atomicfile.WriteBytes(file, snapshot)
	}
	if err != nil {
		return err
	}
	result := &compileJSON{
		File: explained.TextOrNull(file), Fingerprint: header.Fingerprint, Digest: hex.EncodeToString(header.Digest[:]), Bytes: len(snapshot),
		Zones: header.Zones, Classes: header.Classes, Intervals4: header.Intervals4, Intervals6: header.Intervals6,
		Documents: header.Documents, Data: explained.NewPolicy(policy.Info()).Data,
	}
	if !c.json {
		if _, err := fmt.Fprintln(c.err, "netwicket: "+oneLine(result.line(policy.Info()))); err != nil {
			return err
		}
	}
	outcome := error(nil)
	if verify != "" {
		outcome, err = c.verifyWith(result, old, policyfile.Opened{Parts: parts, Policy: policy}, verify, file == "-")
		if err != nil {
			return err
		}
	}
	if c.json {
		if err := writeJSON(c.out, result); err != nil {
			return err
		}
	}
	return outcome
}

// line is what was compiled, for a person.
func (r *compileJSON) line(info decide.Info) string {
	text := fmt.Sprintf("fingerprint %s, %s bytes, %s IPv4 and %s IPv6 intervals", r.Fingerprint, grouped(fmt.Sprint(r.Bytes)),
		grouped(fmt.Sprint(r.Intervals4)), grouped(fmt.Sprint(r.Intervals6)))
	for _, dataset := range info.Data {
		text += ", " + dataset.Type
		if !dataset.Built.IsZero() {
			text += " of " + dataset.Built.UTC().Format(time.DateOnly)
		}
	}
	return text
}

// asSnapshot is the policy as a snapshot, and its header.
func asSnapshot(parts *policyfile.Parts, policy *decide.Policy) ([]byte, decide.SnapshotHeader, error) {
	if err := refuseEnding(parts.Config.Overlay).Err(); err != nil {
		return nil, decide.SnapshotHeader{}, err
	}
	var snapshot bytes.Buffer
	if err := policy.WriteSnapshotWith(&snapshot, parts.Texts); err != nil {
		return nil, decide.SnapshotHeader{}, err
	}
	header, err := decide.ReadSnapshotHeader(bytes.NewReader(snapshot.Bytes()))
	return snapshot.Bytes(), header, err
}

// refuseEnding refuses entries of an overlay that end, those that have ended among them: a
// snapshot made before would hold them, and one made again would not be the same.
func refuseEnding(overlay *zone.Overlay) (refused finding.List) {
	if overlay == nil {
		return nil
	}
	for _, entry := range slices.Concat(overlay.Deny, overlay.Allow) {
		if entry.Until.IsZero() {
			continue
		}
		at := entry.Position
		refused.Add(&finding.Finding{
			File: at.File, Line: at.Line, Column: at.Column, Path: at.Path, Value: entry.Text, Code: "overlay-expiry",
			Err: fmt.Errorf("this entry ends at %s, and a snapshot is never changed: it would stay in force; keep it in an overlay beside the snapshot, or publish it as one (publish --overlay)", entry.Until.Format(time.RFC3339)),
		})
	}
	return refused
}

// verifyWith compares what was compiled with a snapshot.
func (c *commandLine) verifyWith(result *compileJSON, old, compiled policyfile.Opened, file string, quiet bool) (outcome, failure error) {
	header := old.Parts.SnapshotHeader()
	result.Verify = &verifyJSON{File: file, Fingerprint: header.Fingerprint, Digest: hex.EncodeToString(header.Digest[:])}
	if result.Verify.Equal = result.Digest == result.Verify.Digest; result.Verify.Equal {
		return nil, c.tellVerified(fmt.Sprintf("%s is equal: SHA-256 %s", file, result.Digest))
	}
	if err := c.tellVerified(fmt.Sprintf("%s is another policy: its content has SHA-256 %s, and what was compiled %s", file, result.Verify.Digest, result.Digest)); err != nil {
		return nil, err
	}
	out := c.out
	if quiet {
		out = io.Discard // standard output is the snapshot
	}
	pair := [2]policyfile.Opened{{Parts: compiled.Parts, Policy: old.Policy}, compiled} // what stands beside the policy is in no snapshot
	report := &diffReport{out: bufio.NewWriter(out), look: c.style(), counter: impact.NewCounter(compiled.Parts.Config.Geo)}
	flags := diffFlags{summary: true, reasons: true, top: 10}
	wanted, err := flags.filter()
	if err != nil {
		return nil, err
	}
	if c.json {
		for change := range wanted(decide.Diff(old.Policy, compiled.Policy)) {
			report.counter.Add(change)
		}
		changes := report.summaryJSON(pair)
		result.Verify.Changes = &changes
		return denied.result(), nil
	}
	err = report.write(flags, pair, wanted(decide.Diff(old.Policy, compiled.Policy)), scatteredNote([2]policyfile.Opened{old, compiled}))
	return denied.result(), errors.Join(err, report.out.Flush())
}

// openSnapshot opens what --verify names.
func (c *commandLine) openSnapshot(file string) (policyfile.Opened, error) {
	parts := policyfile.Load(policyfile.Options{Paths: []string{file}, Within: c.within})
	if parts.Err() == nil && parts.SnapshotFile != file {
		return policyfile.Opened{}, fmt.Errorf("--verify: %s is no snapshot, as compile -o writes it", file)
	}
	policy, err := parts.Compile()
	return policyfile.Opened{Parts: parts, Policy: policy}, err
}

// tellVerified says how the comparison ended.
func (c *commandLine) tellVerified(text string) error {
	if c.json {
		return nil
	}
	_, err := fmt.Fprintln(c.err, "netwicket: "+oneLine(text))
	return err
}
