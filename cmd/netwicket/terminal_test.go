package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admission"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/gate"
)

// Colour and columns are for terminals: a pipe or a file gets neither.
func TestStyle(t *testing.T) {
	file, err := os.Create(filepath.Join(t.TempDir(), "out"))
	require.NoError(t, err)
	defer file.Close()
	c := &commandLine{out: file}
	require.Equal(t, style{}, c.style())
	require.Nil(t, c.inputProgress())

	require.Equal(t, "deny", style{}.verdict(decide.Deny, "deny"))
	require.Equal(t, red+"deny"+reset, style{colour: true}.verdict(decide.Deny, "deny"))
	require.Equal(t, green+"allow"+reset, style{colour: true}.verdict(decide.Allow, "allow"))
	line := decisionLine(decide.Decision{}, admission.Resolution{Err: gate.ErrMissing}, style{person: true})
	require.Equal(t, "deny  -               no_policy error=missing\n", line)
}
