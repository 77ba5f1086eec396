package main

import (
	"encoding/csv"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestExport(t *testing.T) {
	tests := []struct {
		format string
		want   []string // of the output
		rest   string   // the last lines
	}{
		{"cidr", []string{"# Who may come in, written by netwicket ", " from net.json\n", "# policy ", "\n# An address that is not listed is denied."}, "\n192.0.2.0/25\n2001:db8::/32\n"},
		{"nginx", []string{"# policy "}, "\ngeo $netwicket_allow {\n    default 0;\n    192.0.2.0/25 1;\n    2001:db8::/32 1;\n}\n"},
		{"haproxy", []string{"# policy "}, "\n::/96 deny\n2002::/16 deny\n192.0.2.0/25 allow\n2001:db8::/32 allow\n"},
		{"nftables", []string{"#!/usr/sbin/nft -f\n", "allow4 {\n    192.0.2.0-192.0.2.127,\n}\n", "allow6 {\n    2001:db8::-2001:db8:ffff:ffff:ffff:ffff:ffff:ffff,\n}\n"}, "\nadd rule inet netwicket guard drop\n"},
	}
	for _, test := range tests {
		t.Run(test.format, func(t *testing.T) {
			folder(t, map[string]string{"net.json": `{"range":["192.0.2.0/26","192.0.2.64/26","2001:db8::/32"]}`})
			got := runIn(t, "", "export", "-c", "net.json", "--format", test.format)
			require.Equal(t, 0, got.code, got.stderr)
			require.Empty(t, got.stderr)
			for _, want := range test.want {
				require.Contains(t, got.out, want)
			}
			require.True(t, strings.HasSuffix(got.out, test.rest), got.out)
			require.NotContains(t, got.out, "Teredo")
		})
	}
}

func TestExportCSV(t *testing.T) {
	acme(t)
	got := runIn(t, "", "export", "--format", "csv")
	require.Equal(t, 0, got.code)
	rows, err := csv.NewReader(strings.NewReader(got.out)).ReadAll()
	require.NoError(t, err)
	require.Equal(t, []string{"network", "decision", "reason"}, rows[0])
	require.Contains(t, rows, []string{"192.0.2.0/24", "allow", "permitted"})
	require.Contains(t, rows, []string{"203.0.113.0/24", "deny", "blocklisted"})
	require.Contains(t, got.stderr, "netwicket: policy ")
	require.Contains(t, got.stderr, "Teredo")
}

func TestExportErrors(t *testing.T) {
	acme(t)
	for want, args := range map[string][]string{
		"--format is missing; expected nginx, haproxy, nftables, cidr, csv": {},
		`unknown format "iptables"`:                                         {"--format", "iptables"},
		`unknown command "x"`:                                               {"--format", "cidr", "x"},
		"absent.json:1:1":                                                   {"--format", "cidr", "-c", "absent.json"},
	} {
		got := runIn(t, "", append([]string{"export"}, args...)...)
		require.Equal(t, 1, got.code)
		require.Empty(t, got.out)
		require.Contains(t, got.stderr, want)
	}
}

func TestExportTable(t *testing.T) {
	folder(t, map[string]string{"old.json": `{"range":["192.0.2.0/24"]}`, "new.json": `{"range":["192.0.2.0/25","2001:db8::/32"]}`})
	table := func(args ...string) [][]string {
		t.Helper()
		got := runIn(t, "", append([]string{"export", "-c", "new.json", "--format", "table", "--no-buckets"}, args...)...)
		require.Equal(t, 0, got.code, got.stderr)
		require.Contains(t, got.stderr, "netwicket: policy ")
		require.Contains(t, got.stderr, "requests of one hop")
		rows, err := csv.NewReader(strings.NewReader(got.out)).ReadAll()
		require.NoError(t, err)
		return rows
	}
	require.Equal(t, [][]string{
		{"family", "start_ip", "end_ip", "start_int", "end_int", "network_bucket", "decision", "reason", "zone", "rule"},
		{"4", "0.0.0.0", "192.0.1.255", "0", "3221225983", "0", "deny", "off_network", "", ""},
		{"4", "192.0.2.0", "192.0.2.127", "3221225984", "3221226111", "49152", "allow", "permitted", "", ""},
		{"4", "192.0.2.128", "255.255.255.255", "3221226112", "4294967295", "49152", "deny", "off_network", "", ""},
	}, table("--family", "4"))
	require.Contains(t, table("--family", "6", "-o", "-"), []string{"6", "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
		"20010db8000000000000000000000000", "20010db8ffffffffffffffffffffffff", "2001", "allow", "permitted", "", ""})
	require.Equal(t, []string{"4", "192.0.2.128", "192.0.2.255", "3221226112", "3221226239", "49152", "deny", "off_network", "", "", "allow", "permitted", "", ""},
		table("--family", "4", "--against", "old.json")[3])
	for _, row := range table("--no-embedded")[1:] {
		require.False(t, strings.HasPrefix(row[1], "2002:"), row)
	}
}

// A table of everything has a row for each bucket, unless it is asked not to.
func TestExportTableOfAllBuckets(t *testing.T) {
	folder(t, map[string]string{"new.json": `{"range":["192.0.2.0/25","2001:db8::/32"]}`})
	require.Equal(t, 0, runIn(t, "", "export", "-c", "new.json", "--format", "table", "-o", "table.csv").code)
	require.Equal(t, 1+2*65536+2+3, strings.Count(readFile(t, "table.csv"), "\n"), "a row for each bucket, those of the ranges, and the hole of ::ffff:0:0/96")
}

func TestExportTableErrors(t *testing.T) {
	folder(t, map[string]string{"net.json": `{"range":["192.0.2.0/24"]}`, "zone.json": `{"x":1}`})
	writeFile(t, "kept.csv", "as it was")
	for want, args := range map[string]string{
		"absent.json:1:1":                      "--against absent.json",
		"zone.json:":                           "--against zone.json",
		`--family "x": expected`:               "--family x",
		"/absent/table.csv: cannot be written": "-o /absent/table.csv",
	} {
		got := runIn(t, "", append([]string{"export", "-c", "net.json", "--format", "table", "-o", "kept.csv"}, strings.Fields(args)...)...)
		require.Equal(t, 1, got.code, args)
		require.Empty(t, got.out)
		require.Contains(t, got.stderr, want)
		require.Equal(t, "as it was", readFile(t, "kept.csv"))
	}
}

// A terminal is no place for a table, unless it is named.
func TestExportTableOnATerminal(t *testing.T) {
	folder(t, map[string]string{"net.json": `{"range":["192.0.2.0/24"]}`})
	terminal, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skipf("no terminal to be had: %v", err)
	}
	defer func() { require.NoError(t, terminal.Close()) }()
	var stderr strings.Builder
	require.Equal(t, 1, run([]string{"export", "-c", "net.json", "--format", "table"}, strings.NewReader(""), terminal, &stderr))
	require.Contains(t, stderr.String(), "-o policy.csv.gz, or -o - for this terminal")
	require.Equal(t, 1, run([]string{"export", "-c", "absent.json", "--format", "table", "-o", "-"}, strings.NewReader(""), terminal, &stderr))
	require.Contains(t, stderr.String(), "absent.json:1:1")
}

func TestExportSQL(t *testing.T) {
	folder(t, map[string]string{"net.json": `{"range":["192.0.2.0/24"]}`})
	fingerprint := runIn(t, "", "version", "-c", "net.json", "--json").out
	for _, engine := range []string{"clickhouse", "duckdb", "postgresql", "bigquery", "snowflake", "spark"} {
		got := runIn(t, "", "export", "-c", "net.json", "--format", "sql", "--for", engine)
		require.Equal(t, 0, got.code, got.stderr)
		require.Empty(t, got.stderr)
		_, rest, found := strings.Cut(got.out, "\n-- policy ")
		require.True(t, found, got.out)
		require.Contains(t, fingerprint, `"`+rest[:32]+`"`)
		require.Contains(t, got.out, "written by netwicket ")
	}
	for want, args := range map[string]string{
		`--for "": expected clickhouse, duckdb, postgresql, bigquery, snowflake, spark`:       "",
		`--for "oracle": expected clickhouse, duckdb, postgresql, bigquery, snowflake, spark`: "--for oracle",
		"--against does not go with --format sql":                                             "--for spark --against net.json",
		"absent.json:1:1": "--for spark -c absent.json",
	} {
		got := runIn(t, "", append([]string{"export", "-c", "net.json", "--format", "sql"}, strings.Fields(args)...)...)
		require.Equal(t, 1, got.code, args)
		require.Empty(t, got.out)
		require.Contains(t, got.stderr, want)
	}
	got := runIn(t, "", "export", "-c", "net.json", "--format", "table", "--for", "spark")
	require.Contains(t, got.stderr, "--for does not go with --format table")
}
