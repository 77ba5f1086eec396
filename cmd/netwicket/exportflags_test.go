package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/export"
)

// A flag that a format does nothing with is refused: who gives it believes that it does.
func TestExportFlagsFitTheirFormats(t *testing.T) {
	folder(t, nil)
	table, lists := []string{"table"}, []string{"cidr", "aws-waf", "cloudflare"}
	for flag, fits := range map[string][]string{
		"--against absent.json": table, "--no-embedded": table, "--no-buckets": table, "--family 4": append(table, lists...), "--for duckdb": {"sql"},
		"--deny": lists, "--deny --weights absent.log": lists, "--weights absent.log": nil, "--max 1": append(lists, "nginx", "haproxy"),
	} {
		for _, format := range export.Formats() {
			args := words("export -c absent.json --format " + format + " " + flag)
			if format == "sql" && !strings.Contains(flag, "--for") {
				args = append(args, "--for", "duckdb")
			}
			got := runIn(t, "", args...)
			require.Equal(t, []any{1, ""}, []any{got.code, got.out}, args)
			want := "does not go with --format " + format
			if slices.Contains(fits, format) {
				want = "absent.json:1:1: error: "
			}
			require.Contains(t, got.stderr, want, args)
			require.Equal(t, flag == "--weights absent.log", strings.Contains(got.stderr, "--weights does not go with --format "+format+" without --deny"), args)
		}
	}
	for args, want := range map[string]string{
		"": "--format is missing; expected ", "--format x": `unknown format "x"; expected `, "--format cidr --max 0": "--max 0: expected 1 or more", "--format cidr --max -1": "--max -1: expected 1 or more",
		"--format cidr --family 5": `--family "5": expected 4 or 6`, "--format sql": `--for "": expected `, "--format sql --for x": `--for "x": expected `,
		"--format cidr --family 6": "absent.json:1:1: error: ", "--format cidr": "absent.json:1:1: error: ",
	} {
		got := runIn(t, "", words("export -c absent.json "+args)...)
		require.Equal(t, []any{1, ""}, []any{got.code, got.out}, args)
		require.Contains(t, got.stderr, want)
	}
}
