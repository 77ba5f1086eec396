package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/doctor"
)

const doctorLog = `{"time":"2026-11-26T11:00:05Z","level":"INFO","msg":"denied","decision":"deny","reason":"blocklisted","client_ip":"203.0.113.9","peer_ip":"10.0.0.1","ip_source":"x-forwarded-for","hops":1,"headers":{"X-Id":"\"7\""},"reference":"AAAA-BBBB"}
`

// Doctor ends with 0 where the service can work, with 3 where something keeps it
// from it, and with 1 for wrong usage; JSON has the keys of the page.
func TestDoctor(t *testing.T) {
	page := readFile(t, cliPage)
	folder(t, map[string]string{
		"netwicket.json": `{"okta":{"zones":["zones.json"]},"edge":{"trusted":["127.0.0.1"],"source":"x-forwarded-for"},"serve":{"listen":"127.0.0.1:0"}}`,
		"far.json":       `{"okta":{"zones":["zones.json"]},"edge":{"trusted":["10.0.0.0/8"],"source":"x-forwarded-for"},"serve":{"listen":"127.0.0.1:0"}}`,
		"zones.json":     goodZones, "serve.log": doctorLog, "other.log": "text\n",
	})
	for _, row := range []struct {
		args string
		code int
		want string
	}{
		{"", 0, "\nnothing keeps it from working\n"},
		{"-c far.json", 3, "\n1 error: it cannot work like this\n"},
		{"-c far.json --listen [::]:0 --metrics 127.0.0.1:0", 0, "nothing keeps it"},
		{"-c absent.json", 3, "  error    absent.json:1:1: "},
		{"-c zones.json", 3, `serve needs an "edge" in the policy file`},
		{"--log serve.log", 0, "  ok       10.0.0.1 asked at 2026-11-26T11:00:05Z: denied: blocklisted, client 203.0.113.9 by x-forwarded-for, reference AAAA-BBBB; X-Id: \"7\"\n           -> netwicket explain 203.0.113.9 says why\n"},
		{"--log serve.log --proxy 10.0.0.2", 0, "serve.log has 1 line of serve, and none is of 10.0.0.2\n"},
		{"--log other.log", 0, "other.log has no line of serve's log as JSON\n"},
		{"--log absent.log", 1, "absent.log: no such file or directory"},
		{"--proxy 10.0.0.1", 1, `--proxy "10.0.0.1": name the log that has it with --log`},
		{"--log serve.log --proxy somebody", 1, `--proxy "somebody": expected an address`},
		{"--at never", 1, `--at "never": expected a time`},
		{"--at 2026-11-26T12:00:00Z", 0, "netwicket.json as of 2026-11-26T12:00:00Z\n\nin force\n"},
	} {
		got := runIn(t, "", append([]string{"doctor"}, strings.Fields(row.args)...)...)
		require.Equal(t, row.code, got.code, "%s\n%s%s", row.args, got.out, got.stderr)
		require.Contains(t, got.out+got.stderr, row.want, row.args)
	}
	got := runIn(t, "", "doctor", "--json", "--log", "serve.log")
	require.Equal(t, got.out, runIn(t, doctorLog, "doctor", "--json", "--log", "-", "--at", objects(t, got.out)[0]["at"].(string)).out)
	one := objects(t, got.out)[0]
	_, section, _ := strings.Cut(page, "\n### `doctor`\n")
	section, _, _ = strings.Cut(section, "\n### ")
	for _, object := range []map[string]any{one, one["checks"].([]any)[0].(map[string]any), one["proxies"].([]any)[0].(map[string]any)} {
		for _, key := range slices.Sorted(maps.Keys(object)) {
			require.Contains(t, section, "`"+key+"`", "the page does not explain it")
		}
	}
	require.Equal(t, true, one["works"])
	require.Empty(t, objects(t, runIn(t, "", "doctor", "--json").out)[0]["proxies"].([]any))
}

// The screen has a part for each thing that is looked at, and under a line what to do about it.
func TestDoctorScreen(t *testing.T) {
	var out bytes.Buffer
	c := &commandLine{out: &out}
	report := &doctorJSON{Policy: "p\x1b.json", At: time.Date(2026, 11, 27, 1, 2, 3, 0, time.UTC), Checks: []doctor.Check{
		{About: "a", State: doctor.OK, Text: "one"}, {About: "a", State: doctor.Warning, Text: "two\n", Do: "this\n"}, {About: "b", State: doctor.Error, Text: "three"}, {About: "a", State: doctor.OK, Text: "four"},
	}}
	require.NoError(t, c.printDoctor(report))
	require.Equal(t, `p\x1b.json as of 2026-11-27T01:02:03Z

a
  ok       one
  warning  two\n
           -> this\n

b
  error    three

a
  ok       four

1 error: it cannot work like this
`, out.String())
	out.Reset()
	report.Checks = report.Checks[:1]
	require.NoError(t, c.printDoctor(report))
	require.True(t, strings.HasSuffix(out.String(), "one\n\nnothing keeps it from working\n"), out.String())
	c.out = &fullDevice{}
	require.ErrorIs(t, c.printDoctor(report), syscall.ENOSPC)
}

// Of many proxies ten are shown and all are in JSON; a log that ends too early is an error, and
// one without questions tells what it has.
func TestDoctorOfLogs(t *testing.T) {
	folder(t, map[string]string{
		"netwicket.json": `{"okta":{"zones":["zones.json"]},"edge":{"trusted":["127.0.0.1"],"source":"x-forwarded-for"},"serve":{"listen":"127.0.0.1:0"}}`,
		"far.json":       `{"okta":{"zones":["zones.json"]},"edge":{"trusted":["10.0.0.0/8"],"source":"x-forwarded-for"},"serve":{"listen":"127.0.0.1:0"}}`,
		"zones.json":     goodZones, "quiet.log": `{"time":"2026-11-26T11:00:05Z","level":"INFO","msg":"serving","address":"127.0.0.1:9180"}` + "\n",
	})
	for count, more := range map[int]string{10: "", 11: "  ok       and 1 more; --json lists them, --proxy shows one\n", 13: "  ok       and 3 more; --json lists them, --proxy shows one\n"} {
		var log strings.Builder
		for n := range count {
			log.WriteString(strings.ReplaceAll(doctorLog, "10.0.0.1", fmt.Sprintf("10.0.0.%d", n+1)))
		}
		writeFile(t, "many.log", log.String())
		got := runIn(t, "", "doctor", "--log", "many.log")
		require.Zero(t, got.code, got.stderr)
		require.Equal(t, 10, strings.Count(got.out, " asked at "), count)
		require.NotContains(t, got.out, "\n           \n")
		require.Equal(t, more != "", strings.Contains(got.out, "--json lists them"))
		require.Contains(t, got.out, more)
		require.Len(t, objects(t, runIn(t, "", "doctor", "--log", "many.log", "--json").out)[0]["proxies"], count)
	}
	require.Contains(t, runIn(t, "", "doctor", "--log", "quiet.log").out, "quiet.log has 1 line of serve, and nobody asked in them\n")
	writeFile(t, "long.log", strings.Repeat("x", 1<<20+1))
	for args, want := range map[string]string{"--log .": ".: ", "--log long.log": "long.log: a line of more than 1048576 bytes", "--unknown-country x": `--unknown-country "x"`, "--at x": `--at "x"`} {
		got := runIn(t, "", words("doctor "+args)...)
		require.Equal(t, []any{1, ""}, []any{got.code, got.out}, args)
		require.True(t, strings.HasPrefix(got.stderr, "netwicket: "+want), got.stderr)
	}
	far := runIn(t, "", "doctor", "-c", "far.json", "--json")
	require.Equal(t, 3, far.code)
	require.Equal(t, "far.json", objects(t, far.out)[0]["policy"])
	for _, more := range []string{"", "--json"} {
		var stderr bytes.Buffer
		require.Equal(t, 1, run(words("doctor -c far.json "+more), strings.NewReader(""), &fullDevice{0}, &stderr), "what was found was not told")
	}
	require.Contains(t, runIn(t, "", words("doctor --grpc unix:s")...).out, "error    grpc is the Unix socket s")
	require.NotContains(t, runIn(t, "", "doctor").out, "grpc is")
}

// A policy of a channel is the release of its state: nobody is asked for a newer one.
func TestDoctorOfReleases(t *testing.T) {
	publisher(t)
	writeFile(t, "netwicket.json", `{"from":{"url":"public","channel":"prod","keys":["release.pub"],"state":"state"},
		"edge":{"trusted":["127.0.0.1"],"source":"x-forwarded-for"},"serve":{"listen":"127.0.0.1:0"}}`)
	look := func(now string, want int) string {
		got := runIn(t, "", "doctor", "--at", now)
		require.Equal(t, want, got.code, got.out+got.stderr)
		return got.out
	}
	require.Contains(t, look("2026-11-26T12:00:00Z", 3), "error    no release of channel prod was ever taken into state: everything is denied\n")
	require.Zero(t, publishing(t, "first.nws").code)
	require.Zero(t, fetching(t).code)
	require.NoError(t, os.RemoveAll("public"))
	require.Contains(t, look("2026-11-26T12:00:00Z", 0), "release 1 of channel prod, made 2026-11-26T12:00:00Z, expires ")
	over := look("2036-11-26T12:00:00Z", 0)
	require.Contains(t, over, ": it is over, and stays in force (from.onExpired)\n")
	text := readFile(t, "netwicket.json")
	for onExpired, want := range map[string]string{"deny": "everything is denied", "unready": "/readyz fails"} {
		writeFile(t, "netwicket.json", strings.Replace(text, `"state":`, `"onExpired":"`+onExpired+`","state":`, 1))
		require.Contains(t, look("2036-11-26T12:00:00Z", 3), ": it is over, and "+want+" (from.onExpired)\n")
	}
	writeFile(t, "netwicket.json", text)
	blobs, err := filepath.Glob("state/sha256/*")
	require.NoError(t, err)
	for _, blob := range blobs {
		writeFile(t, blob, "another")
	}
	require.Contains(t, look("2026-11-26T12:00:00Z", 3), "error    the state state of channel prod is not to be used: ")
}

// Doctor opens no socket and writes nothing: its package calls nothing that could, nor
// does what tells it whether a folder can be written to.
func TestDoctorTouchesNothing(t *testing.T) {
	names, err := filepath.Glob("internal/doctor/*.go")
	require.NoError(t, err)
	writable, err := filepath.Glob("internal/atomicfile/writable*.go")
	require.NoError(t, err)
	require.NotEmpty(t, writable)
	names = append(names, writable...)
	calls := map[string]bool{}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		require.NoError(t, err)
		ast.Inspect(file, func(n ast.Node) bool {
			if selector, ok := n.(*ast.SelectorExpr); ok {
				if from, ok := selector.X.(*ast.Ident); ok && slices.Contains([]string{"net", "os", "http", "exec", "unix", "syscall"}, from.Name) {
					calls[from.Name+"."+selector.Sel.Name] = true
				}
			}
			return true
		})
	}
	require.Equal(t, []string{
		"net.SplitHostPort", "os.Geteuid", "os.Lstat", "os.Open", "os.ReadFile", "os.Readlink", "os.Stat",
		"unix.AT_EACCESS", "unix.AT_FDCWD", "unix.Faccessat", "unix.W_OK", "unix.X_OK",
	}, slices.Sorted(maps.Keys(calls)))
}
