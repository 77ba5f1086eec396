package main

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/annotate"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/expect"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/explained"
	"github.com/netwicket/netwicket/decide"
)

// testFormats are the ways to print a report.
func testFormats() map[string]func(*testReport, io.Writer) error {
	return map[string]func(*testReport, io.Writer) error{
		"": (*testReport).text, "text": (*testReport).text, "json": (*testReport).json, "junit": (*testReport).junit, "tap": (*testReport).tap,
		"github": (*testReport).github,
	}
}

func (r *testReport) text(out io.Writer) error {
	s := &sheet{look: r.look}
	for _, t := range r.all {
		for _, result := range t.Results {
			if result.Passed() {
				s.out.WriteString(r.look.paint(green, "ok") + "    " + oneLine(result.Name) + "\n")
				continue
			}
			fmt.Fprintf(&s.out, "%s  %s (%s:%d)\n", r.look.paint(red, "FAIL"), oneLine(result.Name), oneLine(result.File), result.Line)
			s.out.WriteString("        " + strings.ReplaceAll(failureText(result), "\n", "\n        ") + "\n")
		}
	}
	if r.coverage != nil {
		for _, part := range coverageParts(r.coverage) {
			rows := make([][]string, len(part.Untouched))
			for i, name := range part.Untouched {
				rows[i] = []string{name}
			}
			s.table("Untouched "+part.name, rows)
		}
		s.out.WriteString("\n" + coverageText(r.coverage) + "\n")
	}
	fmt.Fprintf(&s.out, "%d passed, %d failed\n", r.count()-r.failed(), r.failed())
	_, err := out.Write(s.out.Bytes())
	return err
}

// namedPart is a part of a coverage report with its name.
type namedPart struct {
	name string
	expect.Part
}

func coverageParts(report *expect.Report) []namedPart {
	return []namedPart{{"zones", report.Zones}, {"ranges", report.Ranges}, {"rules", report.Rules}}
}

func coverageText(report *expect.Report) string {
	var texts []string
	for _, part := range coverageParts(report) {
		texts = append(texts, fmt.Sprintf("%d of %d %s", part.Total-len(part.Untouched), part.Total, part.name))
	}
	return "touched " + strings.Join(texts, ", ")
}

// resultJSON is one expectation as test prints it.
type resultJSON struct {
	File     string          `json:"file"`
	Line     int             `json:"line"`
	Name     string          `json:"name"`
	OK       bool            `json:"ok"`
	Failures []string        `json:"failures"`
	Want     expect.Want     `json:"want"`
	Got      decide.Decision `json:"got"`
}

// coverageJSON is one part of a policy: how much there is, and what is untouched.
type coverageJSON struct {
	Total     int      `json:"total"`
	Untouched []string `json:"untouched"`
}

func (r *testReport) json(out io.Writer) error {
	for _, t := range r.all {
		for _, result := range t.Results {
			failures := append([]string{}, result.Failures...)
			line := resultJSON{result.File, result.Line, result.Name, result.Passed(), failures, result.Want, result.Got}
			if err := writeJSON(out, line); err != nil {
				return err
			}
		}
	}
	if r.coverage == nil {
		return nil
	}
	var parts explained.Object
	for _, part := range coverageParts(r.coverage) {
		parts = append(parts, explained.Member{Key: part.name, Value: coverageJSON{part.Total, append([]string{}, part.Untouched...)}})
	}
	return writeJSON(out, explained.Object{{Key: "coverage", Value: parts}})
}

// The elements of JUnit's XML as build servers read it.
type (
	junitSuites struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Cases    []junitCase `xml:"testcase"`
		Output   string      `xml:"system-out,omitempty"`
	}
	junitCase struct {
		Name    string        `xml:"name,attr"`
		Class   string        `xml:"classname,attr"`
		File    string        `xml:"file,attr"`
		Line    int           `xml:"line,attr"`
		Failure *junitFailure `xml:"failure"`
	}
	junitFailure struct {
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

func (r *testReport) junit(out io.Writer) error {
	suites := junitSuites{Tests: r.count(), Failures: r.failed()}
	for i, t := range r.all {
		suite := junitSuite{Name: oneLine(t.File.Name), Tests: len(t.Results), Failures: t.Failed()}
		for _, result := range t.Results {
			one := junitCase{Name: oneLine(result.Name), Class: suite.Name, File: suite.Name, Line: result.Line}
			if !result.Passed() {
				one.Failure = &junitFailure{oneLine(strings.Join(result.Differences(), "; ")), failureText(result)}
			}
			suite.Cases = append(suite.Cases, one)
		}
		if r.coverage != nil && i == len(r.all)-1 {
			suite.Output = coverageText(r.coverage) + "\n"
			for _, part := range coverageParts(r.coverage) {
				for _, name := range part.Untouched {
					suite.Output += "untouched: " + oneLine(name) + "\n"
				}
			}
		}
		suites.Suites = append(suites.Suites, suite)
	}
	text, err := xml.MarshalIndent(suites, "", "  ")
	if err != nil {
		return err
	}
	_, err = io.WriteString(out, xml.Header+string(text)+"\n")
	return err
}

// tap prints the Test Anything Protocol, version 13.
func (r *testReport) tap(out io.Writer) error {
	s := &sheet{}
	fmt.Fprintf(&s.out, "TAP version 13\n1..%d\n", r.count())
	number := 0
	for _, t := range r.all {
		for _, result := range t.Results {
			number++
			title := strings.NewReplacer(`\`, `\\`, "#", `\#`).Replace(oneLine(result.Name))
			if result.Passed() {
				fmt.Fprintf(&s.out, "ok %d - %s\n", number, title)
				continue
			}
			fmt.Fprintf(&s.out, "not ok %d - %s\n  ---\n  file: %q\n  line: %d\n", number, title, result.File, result.Line)
			for _, difference := range result.Differences() {
				key, text, _ := strings.Cut(difference, ": ")
				fmt.Fprintf(&s.out, "  %s: %q\n", key, text)
			}
			fmt.Fprintf(&s.out, "  decided: %q\n  ...\n", result.Got.String())
		}
	}
	if r.coverage != nil {
		s.out.WriteString("# " + coverageText(r.coverage) + "\n")
		for _, part := range coverageParts(r.coverage) {
			for _, name := range part.Untouched {
				s.out.WriteString("# untouched: " + oneLine(name) + "\n")
			}
		}
	}
	_, err := out.Write(s.out.Bytes())
	return err
}

// github prints an annotation for each expectation that does not hold.
func (r *testReport) github(out io.Writer) error {
	s := &sheet{}
	for _, t := range r.all {
		for _, result := range t.Results {
			if !result.Passed() {
				failure := annotate.Command{Level: "error", File: result.File, Line: result.Line, Title: result.Name, Text: failureText(result)}
				s.out.WriteString(annotation(failure))
			}
		}
	}
	if r.coverage != nil {
		text := coverageText(r.coverage)
		for _, part := range coverageParts(r.coverage) {
			for _, name := range part.Untouched {
				text += "\nuntouched: " + oneLine(name)
			}
		}
		s.out.WriteString(annotation(annotate.Command{Level: "notice", Title: "coverage", Text: text}))
	}
	fmt.Fprintf(&s.out, "%d passed, %d failed\n", r.count()-r.failed(), r.failed())
	_, err := out.Write(s.out.Bytes())
	return err
}
