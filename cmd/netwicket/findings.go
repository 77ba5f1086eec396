package main

import (
	"errors"
	"fmt"

	"github.com/netwicket/netwicket/internal/finding"
)

// report prints why the program could not do its work.
func (c *commandLine) report(err error) {
	var findings finding.List
	if !errors.As(err, &findings) {
		fmt.Fprintf(c.err, "netwicket: %s\n", oneLine(err.Error()))
		return
	}
	for i, f := range findings {
		if i == finding.Shown {
			fmt.Fprintf(c.err, "netwicket: and %d more errors; netwicket check lists all\n", len(findings)-i)
			return
		}
		fmt.Fprintln(c.err, findingLine(f))
	}
}

// findingLine is a finding as check prints it.
func findingLine(f *finding.Finding) string {
	return fmt.Sprintf("%s: %s: %s [%s]", f.Position(), severity(f), f.Message(), f.Code)
}

func severity(f *finding.Finding) string {
	if f.Warning {
		return "warning"
	}
	return "error"
}
