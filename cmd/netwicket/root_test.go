package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

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

// Who mistypes is told what there is near, and where all is listed.
func TestWhatIsMistyped(t *testing.T) {
	folder(t, nil)
	for args, want := range map[string]string{
		"evl":             `unknown command "evl"; did you mean eval?; netwicket --help lists the commands`,
		"ex":              `unknown command "ex"; did you mean explain or export or key?; netwicket --help lists the commands`,
		"chexxx":          `unknown command "chexxx"; netwicket --help lists the commands`,
		"eval --jsno":     `unknown flag: --jsno; netwicket eval --help shows what there is`,
		"admin token --x": `unknown flag: --x; netwicket admin token --help shows what there is`,
		"--top x":         `unknown flag: --top; netwicket --help shows what there is`,
	} {
		got := runIn(t, "", words(args)...)
		require.Equal(t, 1, got.code, args)
		require.Empty(t, got.out, args)
		require.Equal(t, "netwicket: "+want+"\n", got.stderr)
	}
	// What a shell asks for completions is answered on the streams of the program, too.
	got := runIn(t, "", "__complete", "ver")
	require.Equal(t, "version\tPrint the version, and with -c what a policy is made of\n:4\n", got.out)
	require.Contains(t, got.stderr, "Completion ended")
}
