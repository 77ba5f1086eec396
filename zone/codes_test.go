package zone_test

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/internal/finding"
	"github.com/netwicket/netwicket/zone"
)

// TestCodesAreListed holds the table in the package comment against the code.
func TestCodesAreListed(t *testing.T) {
	used := map[string]bool{}
	literal := regexp.MustCompile(`"([a-z]+(?:-[a-z]+)*)"`)
	call := regexp.MustCompile(`(?:fail|Fail|warn|Warn|Problem|finding|Finding)\(.*|Caution\{.*|Code: .*|return "bad-.*|const notList = .*`)
	for _, pattern := range []string{"*.go", "../internal/jsondoc/*.go", "../internal/finding/*.go", "../internal/netset/*.go"} {
		files, err := filepath.Glob(pattern)
		require.NoError(t, err)
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			for _, line := range call.FindAllString(string(readFile(t, file)), -1) {
				for _, match := range literal.FindAllStringSubmatch(line, -1) {
					if strings.Contains(match[1], "-") || match[1] == "everything" {
						used[match[1]] = true
					}
				}
			}
		}
	}
	text, err := os.ReadFile("doc.go")
	require.NoError(t, err)
	_, table, _ := strings.Cut(string(text), "# Codes")
	table, _, _ = strings.Cut(table, "# Text")
	listed := regexp.MustCompile(`\b[a-z]+(-[a-z]+)+\b|\beverything\b`).FindAllString(table, -1)
	slices.Sort(listed)
	require.Equal(t, slices.Sorted(maps.Keys(used)), listed)
}

// TestTooManyFindings: a broken document of many megabytes ends in an error
// about itself, whatever its findings were.
func TestTooManyFindings(t *testing.T) {
	text := `{"type":"DYNAMIC","name":"a","locations":[` + strings.Repeat(`{"country":"UK"},`, finding.Limit) + `{"country":"FR"},1]}`
	zones, err := zone.ParseOkta("", []byte(text))
	failures, ok := errors.AsType[zone.Findings](err)
	require.True(t, ok)
	require.Len(t, failures, 1)
	require.Equal(t, "too-many-findings", failures[0].Code)
	require.Len(t, zones.Warnings, finding.Limit)
}
