package main

import (
	"fmt"
	"io"
	"os"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/annotate"
	"github.com/netwicket/netwicket/internal/finding"
)

const checkFormats = "text, json, github or sarif"

// findingPrinter prints the findings of check as they are found, or at the end.
type findingPrinter struct {
	finding func(*finding.Finding) error
	end     func() error
	silent  bool // diagnostics have no summary
}

// findingPrinter is that of a format. With github, what keeps check from its work
// is printed as its findings are.
func (c *commandLine) findingPrinter(format string) (findingPrinter, error) {
	if format == "" && c.json {
		format = "json"
	}
	done := func() error { return nil }
	switch format {
	case "", "text":
		return findingPrinter{finding: func(f *finding.Finding) error {
			_, err := fmt.Fprintln(c.out, findingLine(f))
			return err
		}, end: done}, nil
	case "json":
		return findingPrinter{finding: func(f *finding.Finding) error { return writeJSON(c.out, jsonOf(f)) }, end: done, silent: true}, nil
	case "github":
		c.annotates = true
		return findingPrinter{finding: func(f *finding.Finding) error {
			_, err := io.WriteString(c.out, annotation(annotate.Of(f)))
			return err
		}, end: done}, nil
	case "sarif":
		var all finding.List
		return findingPrinter{finding: func(f *finding.Finding) error {
			all = append(all, f)
			return nil
		}, end: func() error {
			folder, err := os.Getwd()
			if err != nil {
				return err
			}
			return writeJSON(c.out, annotate.SARIF(all, versionText(), folder, c.within))
		}}, nil
	default:
		return findingPrinter{}, fmt.Errorf("--format %q: expected %s", format, checkFormats)
	}
}

// findingJSON is one finding as check prints it.
type findingJSON struct {
	File     string `json:"file"`
	Line     int    `json:"line"`
	Column   int    `json:"column"`
	Path     string `json:"path"`
	Severity string `json:"severity"`
	Code     string `json:"code"`
	Message  string `json:"message"`
}

func jsonOf(f *finding.Finding) findingJSON {
	return findingJSON{
		File: f.File, Line: max(f.Line, 1), Column: max(f.Column, 1), Path: f.Path,
		Severity: annotate.Level(f), Code: f.Code, Message: f.Message(),
	}
}
