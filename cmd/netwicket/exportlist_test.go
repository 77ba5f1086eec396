package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/export"
)

// denying is a policy that allows 192.0.2.0/25 and 2001:db8::/32 alone.
func denying(t *testing.T) {
	t.Helper()
	folder(t, map[string]string{
		"net.json":   `{"range":["192.0.2.0/25","2001:db8::/32"]}`,
		"access.log": strings.Repeat(`192.0.2.129 - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 203`+"\n", 3) + `10.0.0.1 - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 203` + "\n",
	})
}

func TestExportDeny(t *testing.T) {
	denying(t)
	got := runIn(t, "", "export", "-c", "net.json", "--deny", "--max", "2", "--format", "cidr", "--family", "4")
	require.Equal(t, 0, got.code, got.stderr)
	require.Equal(t, "netwicket: 2 of 25 prefixes: 75.0 % of denied IPv4 addresses\n", got.stderr)
	require.Contains(t, got.out, "\n# 2 of 25 prefixes: 75.0 % of denied IPv4 addresses\n")
	require.True(t, strings.HasSuffix(got.out, "\n0.0.0.0/1\n128.0.0.0/2\n"), got.out)

	got = runIn(t, "", "export", "-c", "net.json", "--deny", "--max", "1", "--format", "cidr", "--weights", "access.log", "-o", "deny.txt")
	require.Equal(t, 0, got.code, got.stderr)
	require.Empty(t, got.out)
	require.Contains(t, got.stderr, ", 75.0 % of the log's requests from denied addresses\n")
	require.True(t, strings.HasSuffix(readFile(t, "deny.txt"), "\n192.0.2.128/25\n"))

	got = runIn(t, "", "export", "-c", "net.json", "--deny", "--format", "aws-waf", "--family", "6")
	require.Equal(t, 0, got.code, got.stderr)
	require.Contains(t, got.out, `"IPAddressVersion": "IPV6"`)
	require.NotContains(t, got.out, "IPV4")

	got = runIn(t, "", "export", "-c", "net.json", "--format", "cidr", "--family", "6", "--max", "1")
	require.Equal(t, 0, got.code, got.stderr)
	require.True(t, strings.HasSuffix(got.out, ".\n2001:db8::/32\n"), got.out)
}

// What a list is asked for and cannot be: each error leaves nothing written.
func TestExportListErrors(t *testing.T) {
	denying(t)
	for want, args := range map[string]string{
		"the allow list has 2 networks, more than --max 1":                    "--format cidr --max 1",
		"the allow list has 2 networks, more than --max 1: one":               "--format nginx --max 1",
		"the allow list has 2 networks, more than --max 1: one that is cut":   "--format aws-waf --max 1",
		"20,000 networks are more than an IP set of AWS WAF may hold, 10,000": "--format aws-waf --deny --max 20000",
		"--max 0: expected 1 or more":                                         "--format cidr --deny --max 0",
		"--deny does not go with --format nginx":                              "--format nginx --deny",
		"--weights does not go with --format cidr without --deny":             "--format cidr --weights access.log",
		`--family "5": expected 4 or 6`:                                       "--format cidr --family 5",
		"--family does not go with --format csv":                              "--format csv --family 4",
		"--against does not go with --format cidr":                            "--format cidr --against net.json",
		"--max does not go with --format nftables":                            "--format nftables --max 5",
		"absent.log: ": "--format cidr --deny --weights absent.log",
		"more than an IP set of AWS WAF may hold, 10,000; give --max 10000 or ": "--format aws-waf --deny -c many.json",
	} {
		if strings.Contains(args, "many.json") {
			writeFile(t, "many.json", manyNetworks())
			args += " --family 4"
		} else {
			args += " -c net.json"
		}
		got := runIn(t, "", append([]string{"export", "-o", "out.txt"}, strings.Fields(args)...)...)
		require.Equal(t, 1, got.code, args)
		require.Empty(t, got.out)
		require.Contains(t, got.stderr, want, args)
		require.NoFileExists(t, "out.txt", args)
	}
}

// manyNetworks blocks each second address of 192.0.0.0/17.
func manyNetworks() string {
	var b strings.Builder
	b.WriteString(`[{"type":"IP","id":"b","name":"B","usage":"BLOCKLIST","gateways":[`)
	for i := range 150 {
		for k := range 128 {
			if i+k > 0 {
				b.WriteByte(',')
			}
			b.WriteString(`{"type":"CIDR","value":"192.0.` + number(uint64(i)) + "." + number(uint64(2*k)) + `/32"}`)
		}
	}
	return b.String() + "]}]"
}

// Which flags go with which formats.
func TestExportFlagsAndFormats(t *testing.T) {
	t.Chdir(t.TempDir())
	lists := []string{"cidr", "aws-waf", "cloudflare"}
	for flag, formats := range map[string][]string{
		"--against old": {"table"}, "--no-embedded": {"table"}, "--no-buckets": {"table"}, "--family 4": append([]string{"table"}, lists...), "--family 6": append([]string{"table"}, lists...),
		"--for duckdb": {"sql"}, "--deny": lists, "--max 1": append([]string{"nginx", "haproxy"}, lists...), "--deny --weights log": lists, "--weights log": nil,
	} {
		for _, format := range export.Formats() {
			args := words("export --format " + format + " " + flag)
			if format == "sql" && flag != "--for duckdb" {
				args = append(args, "--for", "spark")
			}
			got := runIn(t, "", args...)
			require.Equal(t, 1, got.code, args)
			name, _, _ := strings.Cut(flag, " ")
			if slices.Contains(formats, format) {
				require.Contains(t, got.stderr, "there is no policy file", args)
			} else {
				require.Contains(t, got.stderr, name+" does not go with --format "+format, args)
			}
			require.Equal(t, flag == "--weights log", strings.Contains(got.stderr, " without --deny"), args)
		}
	}
	for args, want := range map[string]string{
		"": "--format is missing", "--format x": `unknown format "x"`, "--format sql": `--for "": expected`, "--format cidr --max 0": "--max 0: expected 1 or more",
		"--format cidr --max -1": "--max -1", "--format table --family 5": `--family "5": expected 4 or 6`,
	} {
		require.Contains(t, runIn(t, "", words("export "+args)...).stderr, want, args)
	}
}
