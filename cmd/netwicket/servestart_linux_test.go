package main

import (
	"bytes"
	"context"
	"os"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// Serve that is told to end while its files are still being read ends, and has not begun.
func TestServeEndsWhileItOpens(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, syscall.Mkfifo("pipe.json", 0o600))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out, log bytes.Buffer
	c := &commandLine{paths: []string{"pipe.json"}, out: &out, err: &log}
	require.NoError(t, c.serve(ctx, serveFlags{}, nil))
	require.Empty(t, out.String()+log.String())
	writer, err := os.OpenFile("pipe.json", os.O_RDWR, 0) // who reads it is not to wait for ever
	require.NoError(t, err)
	require.NoError(t, writer.Close())
}
