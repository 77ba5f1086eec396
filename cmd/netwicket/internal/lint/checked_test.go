package lint_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/lint"
	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/internal/finding"
)

// TestOfWhatWasChecked: of broken documents nothing is said, of a document alone nothing
// that needs a policy, unless it is asked to be one.
func TestOfWhatWasChecked(t *testing.T) {
	folder := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(folder, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	codes := func(asPolicy bool, paths ...string) []string {
		checked := policyfile.Check(policyfile.Options{Paths: paths, Now: time.Now()}, asPolicy)
		codes := []string{}
		for _, f := range lint.Of(checked, time.Now(), asPolicy) {
			codes = append(codes, f.Code)
		}
		return codes
	}
	zones := write("zones.json", "["+ipZone("office", "", cidr("192.0.2.7/24"), "")+"]")
	broken := write("broken.json", "["+ipZone("office", "", cidr("192.0.2.7/24"), "")+","+ipZone("bad", "", cidr("192.0.2.7/99"), "")+"]")
	policy := write("netwicket.json", `{"okta": {"zones": ["zones.json"]}}`)
	require.Equal(t, []string{"host-bits"}, codes(false, zones))
	require.ElementsMatch(t, []string{"host-bits", "allows-everybody"}, codes(true, zones))
	require.ElementsMatch(t, []string{"host-bits", "allows-everybody"}, codes(false, policy))
	require.Empty(t, codes(false, broken), "what is broken is mended first")
	require.Empty(t, codes(true, broken))
}

// TestArrange: file by file as they are named, others last, and each from its beginning.
func TestArrange(t *testing.T) {
	at := func(file string, line, column int, code string) *finding.Finding {
		return &finding.Finding{File: file, Line: line, Column: column, Code: code}
	}
	findings := finding.List{
		at("a", 1, 1, "5"), at("other", 1, 1, "7"), at("b", 2, 1, "3"), at("b", 1, 9, "2"), at("c", 1, 1, "6"), at("b", 1, 2, "0"), at("b", 2, 1, "4"), at("another", 1, 1, "8"), at("b", 1, 2, "1"),
	}
	lint.Arrange(findings, []string{"b", "a", "c", "b"})
	order := ""
	for _, f := range findings {
		order += f.Code
	}
	require.Equal(t, "012345678", order)
}
