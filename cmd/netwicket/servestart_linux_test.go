package main

import (
	"bytes"
	"context"
	"os"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide/policyfile"
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

// A policy that cannot be opened leaves no watch behind.
func TestServeLeavesNoWatch(t *testing.T) {
	folder(t, nil)
	s, _ := aService(t)
	before := descriptors(t)
	for range 3 {
		require.ErrorContains(t, s.open(servedPolicy{options: policyfile.Options{Paths: []string{"absent.json"}}}), "absent.json")
	}
	require.Equal(t, before, descriptors(t))
	require.Empty(t, s.keepers)
}
