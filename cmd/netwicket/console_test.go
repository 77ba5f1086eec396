package main

import (
	"bytes"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// A link that nobody could be told is the end: nobody could come in.
func TestConsoleToAFullDevice(t *testing.T) {
	for _, more := range []string{"", " --json"} {
		var stderr bytes.Buffer
		require.Equal(t, 1, run(strings.Fields("console -c ."+more), strings.NewReader(""), &fullDevice{0}, &stderr))
		require.Contains(t, stderr.String(), syscall.ENOSPC.Error())
	}
}

// A policy to compare with that cannot be is told at once, not to whoever opens the map.
func TestConsoleAgainstWhatDoesNotLoad(t *testing.T) {
	t.Chdir(t.TempDir())
	writeFile(t, "zones.json", "[]")
	writeFile(t, "broken.json", "[\n{]")
	for against, said := range map[string]string{"broken.json": "broken.json:2:", "none.json": "none.json", ".@7": "7"} {
		var stdout, stderr bytes.Buffer
		require.Equal(t, 1, run([]string{"console", "-c", "zones.json", "--against", against}, strings.NewReader(""), &stdout, &stderr), against)
		require.Empty(t, stdout.String())
		require.Contains(t, stderr.String(), said)
	}
}

// Who is not on this machine has no console.
func TestConsoleListensHere(t *testing.T) {
	for _, address := range []string{"0.0.0.0:0", "[::]:0", "192.0.2.1:80", ":0", "nonsense"} {
		var stdout, stderr bytes.Buffer
		require.Equal(t, 1, run([]string{"console", "--listen", address}, strings.NewReader(""), &stdout, &stderr), address)
		require.Empty(t, stdout.String())
		require.Contains(t, stderr.String(), "127.0.0.1:0", address)
	}
}
