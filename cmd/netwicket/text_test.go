package main

import (
	"bytes"
	"os/user"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Numbers and quotations as text has them, at the edges of each rule.
func TestNumbersAndQuotations(t *testing.T) {
	for n, want := range map[uint64]string{0: "0 requests", 1: "1 request", 2: "2 requests", 11: "11 requests"} {
		require.Equal(t, want, plural(n, "request"))
	}
	for want, of := range map[string][2]uint64{"": {0, 0}, "0.0%": {0, 1}, "100.0%": {1, 1}, "33.3%": {1, 3}, "66.7%": {2, 3}} {
		require.Equal(t, want, share(of[0], of[1]))
	}
	require.Equal(t, `"`+strings.Repeat("x", 80)+`"`, shortQuote(strings.Repeat("x", 80)))
	require.Equal(t, `"`+strings.Repeat("x", 80)+`"...`, shortQuote(strings.Repeat("x", 80)+"y"))
	require.Equal(t, "0.00 MB", megabytes(4999))
	require.Equal(t, "12.35 MB", megabytes(12_345_678))
	require.Equal(t, []string{"a", "b"}, []string{orWord("a", "x"), orWord("", "b")})
}

// A generation is named by its number from 1 on, and a person by their name on this machine.
func TestNamesOfGenerationsAndPeople(t *testing.T) {
	for text, want := range map[string]int{"1": 1, "12": 12, "0": 0, "-1": 0, "x": 0, "": 0, "1.5": 0, "99999999999999999999": 0} {
		got, err := generationNumber(text)
		require.Equal(t, want, got)
		require.Equal(t, want == 0, err != nil, text)
	}
	who, err := user.Current()
	require.NoError(t, err)
	require.Equal(t, who.Username, userName())
}

// JSON is an object a line, with what only a page of HTML would take amiss as it is, and what
// a terminal would not show escaped.
func TestJSONIsALine(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, writeJSON(&out, map[string]string{"a": "<b> & \u009b\n"}))
	require.Equal(t, `{"a":"<b> & \u009b\n"}`+"\n", out.String())
	require.Error(t, writeJSON(&fullDevice{3}, 1234))
}
