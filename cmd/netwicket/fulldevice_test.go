package main

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide/policyfile"
)

// fullDevice takes some bytes, and then there is no room.
type fullDevice struct{ room int }

func (d *fullDevice) Write(data []byte) (int, error) {
	n := min(len(data), d.room)
	if d.room -= n; n < len(data) {
		return n, syscall.ENOSPC
	}
	return n, nil
}

// writers are calls that print something, each way that a command prints in, in a
// folder which they find as it is made here.
func writers(t *testing.T) (calls [][]string, stdin string) {
	t.Helper()
	acme(t)
	writeFile(t, "access.log", `198.51.100.7 - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 203`+"\n")
	writeFile(t, "good.json", `[{"name":"in","remote":"192.0.2.7","want":{"decision":"allow"}}]`)
	writeFile(t, "bad.json", `[{"name":"in","remote":"192.0.2.7","want":{"decision":"deny"}}]`)
	writeFile(t, "unfinished.json", `[{"name":"in","remote":"192.0.2.7"}]`)
	writeFile(t, "before.json", `{"range":["192.0.2.0/24"],"geolocation":[],"whitelisted":true}`)
	writeFile(t, "after.json", `{"range":["192.0.2.0/25"],"geolocation":[],"whitelisted":true}`)
	managed(t)
	for line := range strings.Lines(`eval 192.0.2.7
		eval 203.0.113.9
		eval --remote 203.0.113.9
		eval
		explain 192.0.2.7
		explain --remote 203.0.113.9
		explain
		resolve --remote 192.0.2.7
		resolve
		check
		check --strict
		check before.json zones.json bad.json
		check --must-deny 192.0.2.7
		check --format github --must-deny 192.0.2.7
		check --format sarif before.json zones.json
		diff before.json after.json
		diff --exit-code before.json after.json
		diff --summary before.json after.json
		diff --reasons --log access.log before.json after.json
		test good.json
		test --coverage bad.json
		test --format junit --coverage bad.json
		test --format tap bad.json
		test --format github --coverage bad.json
		test --update unfinished.json
		replay access.log
		replay --against after.json access.log
		filter
		filter --format rowbinary
		export --format nginx
		export --format haproxy
		export --format nftables
		export --format cidr
		export --format csv
		export --format table --no-buckets
		export --format sql --for duckdb
		export --format cidr --deny
		export --format aws-waf --deny --max 9
		export --format cloudflare --deny --max 9
		bench --time 1ms
		version
		version -c .
		doctor
		completion bash
		completion zsh
		completion fish
		completion powershell
		admin log -c managed
		admin show 2 -c managed
		admin show 2 okta/zones.json -c managed
		admin revert 2 -c managed
		admin token somebody
		admin token somebody --callers callers.json
		--help
		--version
		help
		eval --help
		help admin token`) {
		args := strings.Fields(line)
		calls = append(calls, args, append(args[:len(args):len(args)], "--json"))
	}
	require.Equal(t, 0, runIn(t, "", "compile", "-c", "before.json", "-o", "before.nws").code)
	calls = append(calls, []string{"compile", "-o", "-"}, []string{"compile", "-o", "written.nws", "--json"},
		[]string{"compile", "-c", "after.json", "--verify", "before.nws"}, []string{"compile", "-c", "after.json", "--verify", "before.nws", "--json"})
	return calls, strings.Repeat("192.0.2.7\n203.0.113.9\n", 2000) // more than a buffer holds of answers
}

// An answer that could not be written is an error of every command, whatever it says,
// whether nothing of it found room or a part.
func TestFullDeviceOfDecisions(t *testing.T) {
	fullDeviceOf(t, "eval", "resolve", "filter")
}
func TestFullDeviceOfExplanations(t *testing.T) { fullDeviceOf(t, "explain") }
func TestFullDeviceOfChecks(t *testing.T)       { fullDeviceOf(t, "check", "test") }
func TestFullDeviceOfChanges(t *testing.T)      { fullDeviceOf(t, "diff", "replay", "compile") }
func TestFullDeviceOfExports(t *testing.T)      { fullDeviceOf(t, "export") }
func TestFullDeviceOfAdmin(t *testing.T)        { fullDeviceOf(t, "admin") }
func TestFullDeviceOfTheRest(t *testing.T) {
	fullDeviceOf(t, "bench", "version", "doctor", "completion", "--help", "--version", "help")
}

// fullDeviceOf makes the calls of these commands.
func fullDeviceOf(t *testing.T, commands ...string) {
	t.Helper()
	calls, stdin := writers(t)
	for _, args := range calls {
		if !slices.Contains(commands, args[0]) {
			continue
		}
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			_ = os.Remove("callers.json") // it need not be there
			whole := runIn(t, stdin, args...)
			require.NotEmpty(t, whole.out, whole.stderr)
			for _, room := range []int{0, len(whole.out) / 2} {
				_ = os.Remove("callers.json")
				var stderr bytes.Buffer
				code := run(args, strings.NewReader(stdin), &fullDevice{room}, &stderr)
				require.Equal(t, 1, code, "with room for %d bytes", room)
				require.Contains(t, stderr.String(), syscall.ENOSPC.Error())
			}
		})
	}
}

// No command is left out, and no call.
func TestFullDeviceOfEveryCommand(t *testing.T) {
	text := readFile(t, "fulldevice_test.go")
	calls, _ := writers(t)
	covered := map[string]bool{
		"serve": true, "admin": true, // go on: what they print is their log
		"console": true,                                 // goes on when its link is told: TestConsoleToAFullDevice
		"map":     true,                                 // writes to a file: TestFullDisk
		"pull":    true,                                 // asks a tenant: TestPullToAFullDevice
		"key":     true, "publish": true, "fetch": true, // write files: TestReleaseToAFullDevice
	}
	for _, args := range calls {
		covered[args[0]], covered[strings.Join(args[:min(2, len(args))], " ")] = true, true
		require.Regexp(t, `fullDeviceOf\(t, [^)]*"`+args[0]+`"`, text, "a test makes the call")
	}
	_, all := tree()
	for name := range all {
		require.True(t, covered[name], "%s is a command that is new", name)
	}
}

// What pull did is in force; that nobody could be told is an error all the same.
func TestPullToAFullDevice(t *testing.T) {
	for _, more := range [][]string{nil, {"--json"}, {"--dry-run"}, {"--dry-run", "--json"}} {
		for _, same := range []bool{false, true} {
			t.Run(fmt.Sprint(more, same), func(t *testing.T) {
				s := newStage(t)
				if same {
					s.earlier()
				}
				var stderr bytes.Buffer
				args := append([]string{"--okta", s.tenant.server.URL}, more...)
				var whole bytes.Buffer
				require.Zero(t, s.runTo(&whole, io.Discard, args...))
				if same && len(more) == 2 {
					require.Empty(t, whole.String(), "the ranges that change, of which there are none")
					return
				}
				if !same {
					s = newStage(t)
					args[1] = s.tenant.server.URL
				}
				for _, room := range []int{whole.Len() / 2, 0} {
					require.Equal(t, 1, s.runTo(&fullDevice{room}, &stderr, args...), "with room for %d bytes", room)
					require.Contains(t, stderr.String(), syscall.ENOSPC.Error())
				}
			})
		}
	}
}

// everything is each file below the working directory, with its permissions and what
// it holds.
func everything(t *testing.T) map[string]string {
	t.Helper()
	all := make(map[string]string)
	require.NoError(t, filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		require.NoError(t, err)
		info, err := entry.Info()
		require.NoError(t, err)
		all[path] = info.Mode().String()
		if info.Mode().IsRegular() {
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			all[path] += " " + string(text)
		}
		return nil
	}))
	return all
}

// A command that finds no room for its file says so, leaves the file that was there
// as it was, and nothing beside it. What pull does is in its vectors.
func TestFullDisk(t *testing.T) {
	self, err := os.Executable()
	require.NoError(t, err)
	for _, test := range []struct {
		name string
		args []string
	}{
		{"a new picture", []string{"map", "-o", "new.png"}},
		{"a new drawing", []string{"map", "-o", "new.svg"}},
		{"a new page", []string{"map", "-o", "new.html"}},
		{"a picture that is there", []string{"map", "-o", "old.png"}},
		{"a drawing behind a link", []string{"map", "-o", "link.svg"}},
		{"expectations", []string{"test", "--update", "long.json"}},
		{"a caller in a new file", []string{"admin", "token", "somebody" + strings.Repeat("!", 600), "--callers", "new.json"}},
		{"a caller in a file that is there", []string{"admin", "token", "somebody", "--callers", "callers.json"}},
		{"documents", []string{"admin", "revert", "2", "-c", "managed"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			writers(t)
			writeFile(t, "long.json", strings.Repeat(" ", 600)+`[{"name":"in","remote":"192.0.2.7","want":{"decision":"deny"}}]`)
			writeFile(t, "old.png", "old")
			writeFile(t, "old.svg", "old")
			require.NoError(t, os.Symlink("old.svg", "link.svg"))
			require.Zero(t, runIn(t, "", "admin", "token", "earlier"+strings.Repeat("!", 600), "--callers", "callers.json").code)
			before := everything(t)
			child := exec.Command("sh", append([]string{"-c", `ulimit -f 1 && exec "$0" "$@"`, self}, test.args...)...)
			child.Env = append(os.Environ(), programChild+"=1")
			output, err := child.CombinedOutput()
			require.Error(t, err)
			require.Equal(t, 1, child.ProcessState.ExitCode(), "%s", output)
			require.Contains(t, string(output), syscall.EFBIG.Error())
			require.Equal(t, before, everything(t))
			require.Zero(t, runIn(t, "", test.args...).code, "and with room it does its work")
		})
	}
}

// A file that is written again keeps its permissions, also those that the umask would
// take from a new one.
func TestPermissionsAreKept(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no such permissions")
	}
	s := newStage(t)
	for _, mode := range []fs.FileMode{0o600, 0o664, 0o444} {
		writers(t)
		before := map[string]string{"access.svg": "old", "page.html": "old", "bad.json": "", "managed/okta/zones.json": ""}
		for name, text := range before {
			if text != "" {
				writeFile(t, name, text)
			}
			text, err := os.ReadFile(name)
			require.NoError(t, err)
			before[name] = string(text)
			require.NoError(t, os.Chmod(name, mode))
		}
		for _, args := range [][]string{
			{"map", "-o", "access.svg"}, {"map", "-o", "page.html"}, {"test", "--update", "bad.json"}, {"admin", "revert", "2", "-c", "managed"},
		} {
			got := runIn(t, "", args...)
			require.Zero(t, got.code, got.stderr)
		}
		policyFile := filepath.Join(s.folder, policyfile.FileName)
		text, err := os.ReadFile(policyFile)
		require.NoError(t, err)
		before[policyFile] = string(text)
		require.NoError(t, os.Chmod(policyFile, mode))
		s.tenant.zones[0] = ipZone("nzo1", "Office", "POLICY", false, fmt.Sprintf("198.51.100.0/%d", 24+len(s.generations())))
		got := s.okta()
		require.Zero(t, got.code, got.stderr)
		for name, old := range before {
			text, err := os.ReadFile(name)
			require.NoError(t, err)
			require.NotEqual(t, old, string(text), name)
			info, err := os.Stat(name)
			require.NoError(t, err)
			require.Equal(t, mode, info.Mode(), name)
		}
	}
}
