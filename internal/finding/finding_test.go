package finding_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/internal/finding"
)

func TestFindingText(t *testing.T) {
	cause := errors.New("expected an address")
	for _, row := range []struct {
		name    string
		finding finding.Finding
		want    string
	}{
		{"everything", finding.Finding{File: "a.json", Line: 4, Column: 29, Path: "/0/x", Value: "1.2.3", Err: cause},
			`a.json:4:29 /0/x: "1.2.3": expected an address`},
		{"no label", finding.Finding{Line: 4, Column: 29, Path: "/0/x", Err: cause}, `4:29 /0/x: expected an address`},
		{"no path", finding.Finding{File: "f.txt", Line: 2, Column: 1, Value: "x", Err: cause}, `f.txt:2:1: "x": expected an address`},
		{"whole document", finding.Finding{File: "a.json", Err: cause}, `a.json:1:1: expected an address`},
		{"zero value", finding.Finding{}, `1:1: invalid`},
		{"control characters", finding.Finding{Value: "a\n\x1b[31m", Err: cause}, `1:1: "a\n\x1b[31m": expected an address`},
		{"control characters in the path", finding.Finding{Path: "/a\n\x1b[31m/é", Err: cause}, `1:1 /a\n\x1b[31m/é: expected an address`},
		{"endless control characters", finding.Finding{Path: strings.Repeat("\x7f", 1_000), Value: strings.Repeat("\x7f", 1_000), Err: cause},
			"1:1 " + strings.Repeat(`\x7f`, 30) + `...: "` + strings.Repeat(`\x7f`, 30) + `...": expected an address`},
		{"endless path", finding.Finding{Path: strings.Repeat("/", 1_000), Err: cause}, "1:1 " + strings.Repeat("/", 120) + "...: expected an address"},
	} {
		t.Run(row.name, func(t *testing.T) { require.Equal(t, row.want, row.finding.Error()) })
	}
}

func TestFindingUnwraps(t *testing.T) {
	f := &finding.Finding{Err: fmt.Errorf("while reading: %w", io.ErrUnexpectedEOF)}
	require.ErrorIs(t, f, io.ErrUnexpectedEOF)
	require.ErrorIs(t, finding.List{{}, f}, io.ErrUnexpectedEOF)
	found, ok := errors.AsType[*finding.Finding](finding.List{f}.Err())
	require.True(t, ok)
	require.Same(t, f, found)
}

func TestListShowsTwenty(t *testing.T) {
	var list finding.List
	require.NoError(t, list.Err(), "an empty list is no error")
	for i := range 23 {
		list = append(list, &finding.Finding{Line: i + 1, Column: 1, Err: io.EOF})
		lines := strings.Split(list.Error(), "\n")
		if i < finding.Shown {
			require.Len(t, lines, i+1)
		}
	}
	lines := strings.Split(list.Error(), "\n")
	require.Len(t, lines, finding.Shown+1)
	require.Equal(t, "20:1: EOF", lines[19])
	require.Equal(t, "and 3 more", lines[20])
	require.Len(t, list.Unwrap(), 23, "all are there for errors.Is")
}

// A person reads from the top, and hears of one place in the order in which it was looked at.
func TestDivideSorts(t *testing.T) {
	at := func(line, column int, code string, warning bool) *finding.Finding {
		return &finding.Finding{Line: line, Column: column, Code: code, Warning: warning}
	}
	list := finding.List{
		at(10, 2, "f", false), at(2, 10, "d", true), at(2, 9, "b", false), at(1, 30, "a", false), at(2, 9, "c", false), at(10, 1, "e", true),
	}
	codes := func(l finding.List) (all string) {
		for _, f := range l {
			all += f.Code
		}
		return all
	}
	failures, warnings := list.Divide()
	require.Equal(t, "abcf", codes(failures))
	require.Equal(t, "de", codes(warnings))
	require.Equal(t, "abcdef", codes(list), "what is one document's, in its order")
	failures, warnings = finding.List{}.Divide()
	require.NoError(t, failures.Err())
	require.NoError(t, warnings.Err())
}

func TestCut(t *testing.T) {
	for _, text := range []string{"", "short", strings.Repeat("x", 123)} {
		require.Equal(t, text, finding.Cut(text))
	}
	require.Equal(t, strings.Repeat("x", 120)+"...", finding.Cut(strings.Repeat("x", 124)))
	require.Equal(t, strings.Repeat(`"\`, 30)+"...", finding.Cut(strings.Repeat(`"\`, 31)), "each is two once it is quoted")
	for margin := range 4 {
		cut := finding.Cut(strings.Repeat("x", margin) + strings.Repeat("😀", 1_000))
		require.True(t, utf8.ValidString(cut), "cut at a character's edge: %q", cut)
		require.LessOrEqual(t, len(cut), 123)
		require.Greater(t, len(cut), 115)
		require.Equal(t, cut, finding.Cut(cut), "cutting again changes nothing")
	}
	require.LessOrEqual(t, len(finding.Cut(strings.Repeat("\x80", 1_000))), 123, "no character at all")
}

// A broken document of many megabytes does not cost gigabytes of findings.
func TestAddHasAnEnd(t *testing.T) {
	var list finding.List
	one := &finding.Finding{File: "f", Line: 3, Column: 4, Code: "x"}
	for range finding.Limit {
		list.Add(one)
	}
	require.Len(t, list, finding.Limit)
	list.Add(one)
	list.Add(one)
	require.Len(t, list, finding.Limit+1)
	last := list[finding.Limit]
	require.Equal(t, "too-many-findings", last.Code)
	require.Equal(t, "f:3:4: more than 10000 findings; the rest of the document was not looked at", last.Error())
}
