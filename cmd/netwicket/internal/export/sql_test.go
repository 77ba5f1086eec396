package export_test

import (
	"bytes"
	"io"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/export"
)

func recipe(t *testing.T, engine string) string {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, export.WriteSQL(&out, engine, heading(policies(t)["closed"])))
	return out.String()
}

// Every recipe has its parts in order, says what it is about in comments alone, and
// denies what it does not find. Real engines run three of them: make warehouse.
func TestRecipes(t *testing.T) {
	for _, engine := range export.Engines() {
		text := recipe(t, engine)
		last := 0
		for _, part := range []string{"\n-- policy " + policies(t)["closed"].Info().Fingerprint + "\n", "\n-- One hop only: ", "\n-- 1. The table", "\n-- 2. Load", "\n-- 3. Decisions", "\n-- 4. Differences"} {
			at := strings.Index(text, part)
			require.Greater(t, at, last, "%s: %s", engine, part)
			last = at
		}
		require.Contains(t, text, "Teredo")
		head, _, _ := strings.Cut(text, "\n-- 1. ")
		for line := range strings.Lines(head) {
			require.True(t, strings.HasPrefix(line, "--"), "%s: %q", engine, line)
		}
		require.NotContains(t, text, "\n0.0.0.0/0 allow", "a name ends the comment")
		for _, denied := range []string{"'deny'", "'client_unresolved'", "'no_policy'"} {
			require.Contains(t, text, denied, engine)
		}
		require.True(t, strings.HasSuffix(text, ";\n"), engine)
	}
}

// What is left of a recipe for a table that is not beside an older one is whole: its
// lines that say was_ name no other column, and no comma is left over.
func TestRecipesWithoutAnOlderPolicy(t *testing.T) {
	for _, engine := range export.Engines() {
		text, _, _ := strings.Cut(recipe(t, engine), "\n-- 4. ")
		_, text, _ = strings.Cut(text, "\n-- 1. ")
		var left strings.Builder
		removed := 0
		for line := range strings.Lines(text) {
			if !strings.Contains(line, "was_") {
				left.WriteString(line)
				continue
			}
			removed++
			for column := range strings.FieldsFuncSeq(line, func(r rune) bool { return strings.ContainsRune(" ,\t\n`()'$*/", r) }) {
				require.NotContains(t, []string{"decision", "reason", "zone", "rule", "first", "last", "bucket"}, column, "%s: %q", engine, line)
			}
		}
		require.Positive(t, removed, engine)
		flat := strings.Join(strings.Fields(left.String()), " ")
		for _, broken := range []string{", )", ",)", ", ,", ",,", ", FROM"} {
			require.NotContains(t, flat, broken, engine)
		}
	}
}

func TestRecipeErrors(t *testing.T) {
	require.ErrorContains(t, export.WriteSQL(&bytes.Buffer{}, "oracle", heading(nil)), `unknown engine "oracle"; expected clickhouse, duckdb, postgresql, bigquery, snowflake, spark`)
	out, in := io.Pipe()
	require.NoError(t, out.CloseWithError(syscall.ENOSPC))
	require.ErrorIs(t, export.WriteSQL(in, "duckdb", heading(nil)), syscall.ENOSPC)
}
