package main

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/internal/finding"
)

// manyFindings are n findings of a file, or of bytes that lie in none.
func manyFindings(file string, n int) (list finding.List) {
	for i := range n {
		list = append(list, &finding.Finding{File: file, Line: i + 1, Column: 1, Code: "odd", Err: errors.New("odd")})
	}
	return list
}

// What the program says when it could not do its work: one line for each thing, of a list the
// first twenty, and whose bytes they are about where the findings do not know.
func TestReportOfErrors(t *testing.T) {
	line := func(whose string, n int) string { return fmt.Sprintf("%s%d:1: error: odd [odd]\n", whose, n) }
	twenty := ""
	for i := range finding.Shown {
		twenty += line("a.json:", i+1)
	}
	for _, row := range []struct {
		err  error
		want string
	}{
		{errors.New("no\nnetwicket: all is well"), "netwicket: no\\nnetwicket: all is well\n"},
		{manyFindings("a.json", 2), line("a.json:", 1) + line("a.json:", 2)},
		{manyFindings("a.json", finding.Shown), twenty},
		{manyFindings("a.json", finding.Shown+1), twenty + "netwicket: and 1 more errors; netwicket check lists all\n"},
		{manyFindings("a.json", finding.Shown+7), twenty + "netwicket: and 7 more errors; netwicket check lists all\n"},
		{fmt.Errorf("--key x: %w", manyFindings("a.json", 1)), line("a.json:", 1)},
		{fmt.Errorf("x.nws: %w", manyFindings("", 2)), line("x.nws: ", 1) + line("x.nws: ", 2)},
		{fmt.Errorf("x\n.nws: %w", manyFindings("", 1)), line("x\\n.nws: ", 1)},
		{fmt.Errorf("%w, and more", manyFindings("", 1)), line("", 1)},
		{finding.List{}, ""},
	} {
		var out, stderr bytes.Buffer
		(&commandLine{out: &out, err: &stderr}).report(row.err)
		require.Equal(t, row.want, stderr.String())
		require.Empty(t, out.String())
	}
}

// Errors are commands to the runner where those were asked for, each finding one; where they
// cannot be written, a person is told at least.
func TestReportAsAnnotations(t *testing.T) {
	for _, row := range []struct {
		err  error
		want []string
	}{
		{errors.New("no\nway"), []string{"::error title=netwicket::no%0Away\n"}},
		{manyFindings("a.json", 2), []string{"::error file=a.json,line=1,", "::error file=a.json,line=2,"}},
		{fmt.Errorf("x: %w", manyFindings("a.json", 30)), []string{"::error file=a.json,line=1,", "::error file=a.json,line=30,"}},
	} {
		var out, stderr bytes.Buffer
		(&commandLine{annotates: true, out: &out, err: &stderr}).report(row.err)
		require.Empty(t, stderr.String())
		for _, want := range row.want {
			require.Contains(t, out.String(), want)
		}
		require.Equal(t, strings.Count(out.String(), "\n"), strings.Count(out.String(), "::error "), "each is a line of its own")

		for _, room := range []int{0, out.Len() / 2} {
			stderr.Reset()
			(&commandLine{annotates: true, out: &fullDevice{room}, err: &stderr}).report(row.err)
			require.Contains(t, stderr.String(), map[bool]string{true: "netwicket: no\\nway\n", false: "a.json:1:1: error: odd [odd]\n"}[strings.HasPrefix(row.want[0], "::error title")])
		}
	}
}
