package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

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
