package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/annotate"
	"github.com/netwicket/netwicket/internal/finding"
)

// report prints why the program could not do its work: as annotations where they
// were asked for, since what it says may begin as a command to the runner does.
func (c *commandLine) report(err error) {
	var findings finding.List
	if c.annotates && c.annotate(err) == nil {
		return
	}
	if !errors.As(err, &findings) {
		fmt.Fprintf(c.err, "netwicket: %s\n", oneLine(err.Error()))
		return
	}
	whose := ""
	if text, found := strings.CutSuffix(err.Error(), findings.Error()); found && len(findings) > 0 && findings[0].File == "" {
		whose = oneLine(text) // findings about bytes: what stands before them says where those are from
	}
	for i, f := range findings {
		if i == finding.Shown {
			fmt.Fprintf(c.err, "netwicket: and %d more errors; netwicket check lists all\n", len(findings)-i)
			return
		}
		fmt.Fprintln(c.err, whose+findingLine(f))
	}
}

// annotate prints what went wrong as commands to GitHub's runner.
func (c *commandLine) annotate(wrong error) error {
	var findings finding.List
	if !errors.As(wrong, &findings) {
		_, err := io.WriteString(c.out, annotation(annotate.Command{Level: "error", Title: "netwicket", Text: wrong.Error()}))
		return err
	}
	for _, f := range findings {
		if _, err := io.WriteString(c.out, annotation(annotate.Of(f))); err != nil {
			return err
		}
	}
	return nil
}

// annotation is a command to GitHub's runner as it is printed.
func annotation(command annotate.Command) string { return command.String() }

// findingLine is a finding as check prints it.
func findingLine(f *finding.Finding) string {
	return fmt.Sprintf("%s: %s: %s [%s]", f.Position(), annotate.Level(f), f.Message(), f.Code)
}
