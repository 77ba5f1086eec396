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
