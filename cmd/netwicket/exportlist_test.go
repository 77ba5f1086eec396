package main

import (
	"compress/gzip"
	"io"
	"runtime"
	"slices"
	"strings"
	"syscall"
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
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(3)) // which reading a log leaves as it was
	denying(t)
	got := runIn(t, readFile(t, "access.log"), "export", "-c", "net.json", "--deny", "--max", "2", "--format", "cidr", "--family", "4")
	require.Equal(t, 0, got.code, got.stderr)
	require.Equal(t, "netwicket: 2 of 25 prefixes: 75.0 % of denied IPv4 addresses\n", got.stderr)
	require.Contains(t, got.out, "\n# 2 of 25 prefixes: 75.0 % of denied IPv4 addresses\n")
	require.True(t, strings.HasSuffix(got.out, "\n0.0.0.0/1\n128.0.0.0/2\n"), got.out)

	got = runIn(t, "", "export", "-c", "net.json", "--deny", "--max", "1", "--format", "cidr", "--weights", "access.log", "-o", "deny.txt")
	require.Equal(t, 0, got.code, got.stderr)
	require.Empty(t, got.out)
	require.Contains(t, got.stderr, ", 75.0 % of the log's requests from denied addresses\n")
	require.True(t, strings.HasSuffix(readFile(t, "deny.txt"), "\n192.0.2.128/25\n"))
	require.Equal(t, 3, runtime.GOMAXPROCS(0))

	got = runIn(t, "", "export", "-c", "net.json", "--deny", "--format", "aws-waf", "--family", "6")
	require.Equal(t, 0, got.code, got.stderr)
	require.Contains(t, got.out, `"IPAddressVersion": "IPV6"`)
	require.NotContains(t, got.out, "IPV4")
	got = runIn(t, "", "export", "-c", "net.json", "--format", "aws-waf")
	require.Equal(t, 0, got.code, got.stderr)
	require.Contains(t, got.out, `"IPAddressVersion": "IPV6"`)
	require.Contains(t, got.out, `"IPAddressVersion": "IPV4"`)
	require.Contains(t, got.out, `"192.0.2.0/25"`)

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

// Each format goes to standard output, to - and to a file alike, compressed where the name
// says so, and is an error where there is no room for it.
func TestExportGoesWhereItIsAsked(t *testing.T) {
	folder(t, map[string]string{"netwicket.json": `{"sailpoint":{"networkConfig":"net.json"}}`, "net.json": `{"range":["192.0.2.0/25","192.0.2.192/26"]}`})
	for _, format := range export.Formats() {
		args := words("export --format " + format)
		switch format {
		case "sql":
			args = append(args, "--for", "duckdb")
		case "table":
			args = append(args, "--family", "4", "--no-buckets")
		case "aws-waf":
			args = append(args, "--family", "4")
		}
		whole := runIn(t, "", args...)
		require.Zero(t, whole.code, whole.stderr)
		require.Contains(t, whole.out, map[bool]string{true: "CREATE", false: "192.0.2."}[format == "sql"], format)
		require.Equal(t, format == "csv" || format == "table", strings.Contains(whole.stderr, "netwicket: policy "), whole.stderr)
		require.Equal(t, format == "csv" || format == "table" || format == "aws-waf" || format == "cloudflare", !strings.Contains(whole.out, " from netwicket.json"), format)
		require.Equal(t, whole.out, runIn(t, "", append(args, "-o", "-")...).out)
		for _, name := range []string{"out.txt", "out.txt.gz", "OUT.GZ"} {
			written := runIn(t, "", append(args, "-o", name)...)
			require.Zero(t, written.code)
			require.Empty(t, written.out)
			require.Equal(t, whole.stderr, written.stderr)
			text := readFile(t, name)
			if strings.HasSuffix(strings.ToLower(name), ".gz") {
				packed, err := gzip.NewReader(strings.NewReader(text))
				require.NoError(t, err, name)
				unpacked, err := io.ReadAll(packed)
				require.NoError(t, err)
				text = string(unpacked)
			}
			require.Equal(t, whole.out, text, format)
		}
		var stderr strings.Builder
		require.Equal(t, 1, run(args, strings.NewReader(""), &fullDevice{}, &stderr), format)
		require.Contains(t, stderr.String(), syscall.ENOSPC.Error())
		require.NotContains(t, stderr.String(), "netwicket: policy ")
	}
	// As many networks as there are is not too many.
	for _, format := range []string{"cidr", "nginx", "haproxy", "cloudflare"} {
		require.Zero(t, runIn(t, "", words("export --max 2 --format "+format)...).code, format)
		require.Equal(t, 1, runIn(t, "", words("export --max 1 --format "+format)...).code, format)
	}
	cut := runIn(t, "", words("export --format cidr --deny --family 4 --max 1")...)
	require.True(t, strings.HasPrefix(cut.stderr, "netwicket: 1 of 25 prefixes: "), cut.stderr)
	require.Empty(t, runIn(t, "", words("export --format cidr --family 4")...).stderr, "an allow list is whole")
}

// A table beside another policy says which one, and what neither looks at.
func TestExportTableBesideAnother(t *testing.T) {
	folder(t, map[string]string{"old.json": `{"range":["192.0.2.0/24"]}`, "new.json": `{"range":["192.0.2.0/25"]}`,
		"block.json": `[{"type":"IP","id":"b","name":"B","usage":"BLOCKLIST","gateways":[{"type":"CIDR","value":"203.0.113.0/24"}]}]`})
	for _, row := range []struct {
		now, old string
		embedded bool
	}{{"new.json", "old.json", false}, {"new.json", "block.json", true}, {"block.json", "old.json", true}} {
		got := runIn(t, "", words("export --format table --no-buckets --family 4 -c "+row.now+" --against "+row.old)...)
		require.Zero(t, got.code, got.stderr)
		fingerprint := func(file string) string {
			return objects(t, runIn(t, "", "version", "-c", file, "--json").out)[0]["policy"].(map[string]any)["fingerprint"].(string)
		}
		require.Contains(t, got.stderr, "netwicket: policy "+fingerprint(row.now))
		require.Contains(t, got.stderr, "netwicket: beside policy "+fingerprint(row.old)+" from "+row.old+"\n")
		require.Equal(t, row.embedded, strings.Contains(got.stderr, "Teredo"), got.stderr)
		first, _, _ := strings.Cut(got.out, "\n")
		require.Equal(t, 14, strings.Count(first, ",")+1)
		alone := runIn(t, "", words("export --format table --no-buckets --family 4 -c "+row.now)...)
		require.NotContains(t, alone.stderr, "beside")
		require.Contains(t, alone.stderr, "netwicket: policy "+fingerprint(row.now))
		require.Equal(t, row.now == "block.json", strings.Contains(alone.stderr, "Teredo"))
	}
	got := runIn(t, "", words("export --format table --no-buckets --family 4 -c new.json --against old.json")...)
	require.Contains(t, got.out, ",deny,off_network,,,allow,permitted,,\n", "what the old policy says stands behind what the new one does")
	require.Equal(t, 1, runIn(t, "", words("export --format table --against absent.json -c new.json")...).code)
	require.Equal(t, 1, runIn(t, "", words("export --format table -c absent.json")...).code)
}

// What a file has no place for stands on standard error, and nobody is told that all went well
// where it finds no room there. The policy's name is that of its file also where -c names none.
func TestExportNotesWhatTheFileCannotHold(t *testing.T) {
	folder(t, map[string]string{"netwicket.json": `{"sailpoint":{"networkConfig":"net.json"}}`, "net.json": `{"range":["192.0.2.0/25"]}`})
	for args, notes := range map[string][]string{
		"--format csv":                           {"netwicket: Who may come in, written by netwicket ", " from netwicket.json\n", "netwicket: policy "},
		"--format table --family 4 --no-buckets": {" from netwicket.json\n", "netwicket: policy "},
		"--format table --family 4 --no-buckets --against netwicket.json": {" from netwicket.json\n", "netwicket: beside policy "},
		"--format cidr --deny --family 4":                                 {"netwicket: 25 of 25 prefixes: 100.0 % of denied IPv4 addresses\n"},
	} {
		whole := runIn(t, "", words("export "+args)...)
		require.Zero(t, whole.code, args)
		for _, note := range notes {
			require.Contains(t, whole.stderr, note, args)
		}
		require.NotContains(t, whole.stderr, "log's requests", args)
		for _, room := range []int{0, len(whole.stderr) / 2} {
			var out strings.Builder
			require.Equal(t, 1, run(words("export "+args), strings.NewReader(""), &out, &fullDevice{room}), args)
			require.Equal(t, whole.out, out.String(), "what could be written is whole")
		}
		require.Equal(t, whole.out, runIn(t, "", words("export "+args+" -o -")...).out, args)
	}
}
