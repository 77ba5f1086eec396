package main

import (
	"os"
	"os/exec"
	"runtime/debug"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/internal/keepertest"
)

// Whether a policy is a snapshot is told without a descriptor that stays open, and of a pipe
// without a byte that whoever reads it would miss.
func TestSnapshotSizeTakesNothing(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // which closes files that nobody knows any more
	folder(t, map[string]string{"policy.nws": decide.SnapshotMagic})
	c := &commandLine{}
	before := descriptors(t)
	require.EqualValues(t, len(decide.SnapshotMagic), c.snapshotSize([]string{"policy.nws"}))
	require.Equal(t, before, descriptors(t))

	require.NoError(t, syscall.Mkfifo("pipe", 0o600))
	pipe, err := os.OpenFile("pipe", os.O_RDWR|syscall.O_NONBLOCK, 0)
	require.NoError(t, err)
	defer pipe.Close()
	_, err = pipe.WriteString(decide.SnapshotMagic)
	require.NoError(t, err)
	require.Zero(t, c.snapshotSize([]string{"pipe"}))
	require.NoError(t, pipe.SetReadDeadline(time.Now().Add(10*time.Second)))
	text := make([]byte, 2*len(decide.SnapshotMagic))
	n, err := pipe.Read(text)
	require.NoError(t, err)
	require.Equal(t, decide.SnapshotMagic, string(text[:n]))
}

// A command that waits for what nobody ends, such as a pipe that somebody holds open, is ended by
// the second signal.
func TestSecondSignalEndsCommands(t *testing.T) {
	publisher(t)
	require.NoError(t, os.Mkdir("policy", 0o700))
	require.NoError(t, syscall.Mkfifo("pipe", 0o600))
	self, err := os.Executable()
	require.NoError(t, err)
	for _, args := range []string{
		"pull -c policy --okta https://acme.example --ca-file pipe", "fetch --from public --channel prod --state state --once --trust pipe", "publish --to public --channel prod --key pipe first.nws",
	} {
		child := exec.Command(self, words(args)...)
		child.Env = append(os.Environ(), programChild+"=1")
		require.NoError(t, child.Start())
		ended := make(chan error, 1)
		go func() { ended <- child.Wait() }()
		pipe, err := os.OpenFile("pipe", os.O_WRONLY, 0) // when the command has it open
		require.NoError(t, err)
		for patience := time.After(keepertest.Patience); err == nil; {
			_ = child.Process.Signal(syscall.SIGTERM) // it may have ended
			select {
			case err = <-ended:
				require.EqualError(t, err, "signal: terminated", args)
			case <-patience:
				_ = child.Process.Kill() // as said
				require.FailNow(t, "it goes on", args)
			case <-time.After(time.Millisecond):
			}
		}
		require.NoError(t, pipe.Close())
	}
}

// What is written to a file that is a device without room is an error, packed or not, and so is a map.
func TestFilesOnAFullDevice(t *testing.T) {
	folder(t, map[string]string{"net.json": `{"range":["192.0.2.0/25"],"whitelisted":true}`})
	for _, args := range []string{
		"export -c net.json --format cidr -o full.txt", "export -c net.json --format cidr -o full.gz", "export -c net.json --format table --family 4 --no-buckets -o full.csv.gz", "map -c net.json -o full.html",
	} {
		name := args[strings.LastIndex(args, " ")+1:]
		require.NoError(t, os.Symlink("/dev/full", name))
		got := runIn(t, "", words(args)...)
		require.Equal(t, 1, got.code, args)
		require.Contains(t, got.stderr, syscall.ENOSPC.Error(), args)
		require.NoError(t, os.Remove(name))
		require.Equal(t, 0, runIn(t, "", words(args)...).code, args)
		require.NotEmpty(t, readFile(t, name))
	}
}
