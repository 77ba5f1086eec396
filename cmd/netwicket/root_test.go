package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admission"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/gate"
	"github.com/netwicket/netwicket/internal/realdata"
)

func TestVersion(t *testing.T) {
	acme(t)
	got := runIn(t, "", "version")
	require.Equal(t, 0, got.code)
	require.True(t, strings.HasPrefix(got.out, "netwicket "), got.out)
	require.Contains(t, got.out, runtime.Version())
	require.Equal(t, 1, strings.Count(got.out, "\n"), "no policy was named, so none is read")

	got = runIn(t, "", "version", "-c", ".")
	require.Equal(t, 0, got.code)
	for _, want := range []string{"fingerprint", "geo.csv, 3 networks", "3, 3 ACTIVE"} {
		require.Contains(t, got.out, want)
	}

	out := objects(t, runIn(t, "", "version", "-c", ".", "--json").out)[0]
	policy := out["policy"].(map[string]any)
	require.Len(t, policy["fingerprint"], 32)
	require.EqualValues(t, 3, policy["zones"])
	require.EqualValues(t, 3, policy["rules"])
	require.Len(t, policy["data"], 1)
	require.NotContains(t, objects(t, runIn(t, "", "version", "--json").out)[0], "policy")

	require.Equal(t, 1, runIn(t, "", "version", "-c", "absent").code)
	require.Equal(t, 1, runIn(t, "", "version", "stray").code)
}

// A release's version is the linker's.
func TestVersionOfARelease(t *testing.T) {
	before := version
	t.Cleanup(func() { version = before })
	version = "v9.8.7"
	require.True(t, strings.HasPrefix(runIn(t, "", "version").out, "netwicket v9.8.7 ("))
}

func TestVersionShowsDataDates(t *testing.T) {
	database := realdata.Path(t, "mmdb/GeoLite2-Country-20180206.mmdb")
	folder(t, map[string]string{"network.json": `{}`})
	got := runIn(t, "", "version", "-c", "network.json", "-g", database)
	require.Contains(t, got.out, "built 2018-02-07")
	require.Contains(t, got.out, "GeoLite2-Country")
	explained := runIn(t, "", "explain", "--json", "-c", "network.json", "-g", database, "192.0.2.1")
	require.Contains(t, explained.out, `"data":[{"type":"GeoLite2-Country","built":"2018-02-07T`)
}

func TestCompletion(t *testing.T) {
	for shell, want := range map[string]string{
		"bash": "__start_netwicket", "zsh": "#compdef netwicket", "fish": "complete -c netwicket", "powershell": "Register-ArgumentCompleter",
	} {
		got := runIn(t, "", "completion", shell)
		require.Equal(t, 0, got.code, shell)
		require.Contains(t, got.out, want, shell)
	}
	for _, args := range [][]string{{"completion"}, {"completion", "tcsh"}, {"completion", "bash", "zsh"}} {
		got := runIn(t, "", args...)
		require.Equal(t, 1, got.code, args)
		require.Empty(t, got.out)
	}
}

func TestHelp(t *testing.T) {
	got := runIn(t, "", "--help")
	require.Equal(t, 0, got.code)
	for _, command := range []string{"eval", "explain", "resolve", "check", "version", "completion"} {
		require.Contains(t, got.out, "\n  "+command+" ")
		help := runIn(t, "", command, "--help")
		require.Equal(t, 0, help.code)
		require.Contains(t, help.out, "netwicket "+command)
	}
}

// A script that calls the program with nothing must not take it for an allow.
func TestNothingAskedIsNoAllow(t *testing.T) {
	got := runIn(t, "")
	require.Equal(t, 1, got.code)
	require.Empty(t, got.out)
}

func TestStatusOr(t *testing.T) {
	require.Equal(t, undecided, denied.or(undecided), "what could not be decided outranks denials")
	require.Equal(t, undecided, undecided.or(failed))
	require.Equal(t, denied, allGood.or(denied))
	require.Equal(t, allGood, allGood.or(allGood))
}

// Colour and columns are for terminals: a pipe or a file gets neither.
func TestStyle(t *testing.T) {
	file, err := os.Create(filepath.Join(t.TempDir(), "out"))
	require.NoError(t, err)
	defer file.Close()
	c := &commandLine{out: file}
	require.Equal(t, style{}, c.style())
	require.Nil(t, c.inputProgress())

	require.Equal(t, "deny", style{}.verdict(decide.Deny, "deny"))
	require.Equal(t, red+"deny"+plain, style{colour: true}.verdict(decide.Deny, "deny"))
	require.Equal(t, green+"allow"+plain, style{colour: true}.verdict(decide.Allow, "allow"))
	line := decisionLine(decide.Decision{}, admission.Resolution{Err: gate.ErrMissing}, style{person: true})
	require.Equal(t, "deny  -               no_policy error=missing\n", line)
}

// main.go stays a doorway: what is there to test is elsewhere.
func TestMainIsShort(t *testing.T) {
	text, err := os.ReadFile("main.go")
	require.NoError(t, err)
	require.LessOrEqual(t, strings.Count(string(text), "\n"), 20)
}

func TestProgressOfLargeInputs(t *testing.T) {
	tests := []struct {
		name   string
		size   int64
		length int
		shown  bool
	}{
		{"a small file", 1000, 1000, false},
		{"a large file, from its first byte", 2 * largeInput, 1000, true},
		{"a small pipe", -1, 1000, false},
		{"a large pipe", -1, largeInput + 1, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var out bytes.Buffer
			p := &progress{out: &out, size: test.size}
			input := strings.Repeat("x", test.length)
			read, err := io.ReadAll(p.count(strings.NewReader(input)))
			require.NoError(t, err)
			require.Equal(t, input, string(read))
			p.clear()
			p.finish()
			require.Equal(t, test.shown, p.bar != nil)
			require.Equal(t, test.shown, out.Len() > 0)
		})
	}
}
