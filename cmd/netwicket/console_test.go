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

// Who is not on this machine has no console.
func TestConsoleListensHere(t *testing.T) {
	for _, address := range []string{"0.0.0.0:0", "[::]:0", "192.0.2.1:80", ":0", "nonsense"} {
		var stdout, stderr bytes.Buffer
		require.Equal(t, 1, run([]string{"console", "--listen", address}, strings.NewReader(""), &stdout, &stderr), address)
		require.Empty(t, stdout.String())
		require.Contains(t, stderr.String(), "127.0.0.1:0", address)
	}
}
