package lint_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/lint"
	"github.com/netwicket/netwicket/internal/finding"
	"github.com/netwicket/netwicket/zone"
)

// What is new is what stands in the list behind more often than in the one before, by what
// it says and not by where.
func TestAdded(t *testing.T) {
	at := func(line int, code, text string) *finding.Finding {
		return &finding.Finding{File: "zones.json", Line: line, Column: 1, Code: code, Err: errors.New(text)}
	}
	before := finding.List{at(1, "a", "x"), at(2, "a", "x"), at(3, "b", "x"), at(4, "gone", "x")}
	after := finding.List{at(9, "a", "x"), at(8, "b", "y"), at(7, "a", "x"), at(6, "a", "x"), at(5, "b", "x"), at(4, "c", "x")}
	added, known := lint.Added(before, after)
	require.Equal(t, finding.List{after[1], after[3], after[5]}, added)
	require.Equal(t, finding.List{after[0], after[2], after[4]}, known)
	added, known = lint.Added(nil, before)
	require.Equal(t, before, added)
	require.Empty(t, known)
	added, known = lint.Added(before, before)
	require.Empty(t, added)
	require.Equal(t, before, known)
}

// A finding is about a value and what is in it, not about one whose name begins alike, nor
// about one of another file.
func TestIsAbout(t *testing.T) {
	place := zone.Position{File: "zones.json", Path: "/1"}
	for path, want := range map[string]bool{"/1": true, "/1/gateways/0": true, "/10": false, "/2": false, "": false, "/11/1": false} {
		require.Equal(t, want, lint.IsAbout(&finding.Finding{File: "zones.json", Path: path}, place), path)
		require.False(t, lint.IsAbout(&finding.Finding{File: "other.json", Path: path}, place), path)
	}
}
