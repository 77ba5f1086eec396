package zone_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/zone"
)

// report is every finding as "line:column severity code path", errors and
// warnings each in their order.
func report(warnings zone.Findings, err error) []string {
	var lines []string
	failures, _ := errors.AsType[zone.Findings](err)
	for _, f := range failures {
		lines = append(lines, fmt.Sprintf("%d:%d error %s %s", f.Line, f.Column, f.Code, f.Path))
	}
	for _, f := range warnings {
		lines = append(lines, fmt.Sprintf("%d:%d warning %s %s", f.Line, f.Column, f.Code, f.Path))
	}
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " ")
	}
	return lines
}

// message is the text of the one finding with the code.
func message(t *testing.T, code string, warnings zone.Findings, err error) string {
	t.Helper()
	failures, _ := errors.AsType[zone.Findings](err)
	for _, f := range append(failures, warnings...) {
		if f.Code == code {
			return f.Message()
		}
	}
	require.Failf(t, "no such finding", "%s among %v", code, report(warnings, err))
	return ""
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return text
}

// ranges are the entries as "text=first-last".
func ranges(entries []zone.Entry) []string {
	var out []string
	for _, e := range entries {
		out = append(out, e.Text+"="+e.Range.String())
	}
	return out
}
