package main

import (
	"bytes"
	"encoding/xml"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/expect"
)

// aTestReport is one of two files and of what they cover.
func aTestReport(t *testing.T) *testReport {
	t.Helper()
	file := func(name, text string) expect.Tested {
		read, err := expect.Parse(name, []byte(text), false)
		require.NoError(t, err)
		return expect.Run{}.All([]*expect.File{read}, nil)[0]
	}
	report := &expect.Report{Zones: expect.Part{Total: 2, Untouched: []string{"z"}}, Ranges: expect.Part{Total: 1}, Rules: expect.Part{}}
	return &testReport{coverage: report, all: []expect.Tested{
		file("first.json", `[{"name": "in", "remote": "192.0.2.1", "want": {"decision": "allow"}}]`),
		file("second.json", `[{"name": "out", "remote": "192.0.2.1", "want": {"decision": "deny"}}]`),
	}}
}

// fullForAMoment has no room for what is written first.
type fullForAMoment struct{ wasFull bool }

func (d *fullForAMoment) Write(data []byte) (int, error) {
	if !d.wasFull {
		d.wasFull = true
		return 0, syscall.ENOSPC
	}
	return len(data), nil
}

// A report that finds no room is an error in every format, wherever the room ends.
func TestTestReportsToAFullDevice(t *testing.T) {
	for format, write := range testFormats() {
		r := aTestReport(t)
		var whole bytes.Buffer
		require.NoError(t, write(r, &whole), format)
		require.NotEmpty(t, whole.String())
		require.ErrorIs(t, write(r, &fullForAMoment{}), syscall.ENOSPC, "%s, also where there is room again behind it", format)
		for room := range whole.Len() {
			require.ErrorIs(t, write(r, &fullDevice{room}), syscall.ENOSPC, "%s with room for %d bytes", format, room)
		}
	}
}

// What is covered stands in the last file's part of JUnit's XML, and nowhere else.
func TestTestCoverageInJUnit(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, aTestReport(t).junit(&out))
	var suites junitSuites
	require.NoError(t, xml.Unmarshal(out.Bytes(), &suites))
	require.Equal(t, []int{2, 1}, []int{suites.Tests, suites.Failures})
	require.Len(t, suites.Suites, 2)
	require.Equal(t, []string{"first.json", ""}, []string{suites.Suites[0].Name, suites.Suites[0].Output})
	require.Equal(t, []string{"second.json", "touched 1 of 2 zones, 1 of 1 ranges, 0 of 0 rules\nuntouched: z\n"}, []string{suites.Suites[1].Name, suites.Suites[1].Output})
}
