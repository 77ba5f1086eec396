package main

import (
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide/release"
)

func TestKey(t *testing.T) {
	folder(t, nil)
	got := runIn(t, "", "key", "-o", "release", "--json")
	require.Zero(t, got.code, got.stderr)
	var made map[string]string
	require.NoError(t, json.Unmarshal([]byte(got.out), &made))
	text, err := os.ReadFile("release.pub")
	require.NoError(t, err)
	public, err := release.ParsePublicKey(text)
	require.NoError(t, err)
	require.Equal(t, map[string]string{"keyid": release.KeyID(public), "private": "release", "public": "release.pub"}, made)
	text, err = os.ReadFile("release")
	require.NoError(t, err)
	private, err := release.ParsePrivateKey(text)
	require.NoError(t, err)
	require.Equal(t, public, private.Public())
	info, err := os.Stat("release")
	require.NoError(t, err)
	if runtime.GOOS != "windows" {
		require.Equal(t, fs.FileMode(0o600), info.Mode().Perm())
	}

	for _, there := range []string{"release", "other.pub"} { // nothing is written over, and half a pair is none
		writeFile(t, there, "x")
		got := runIn(t, "", "key", "-o", strings.TrimSuffix(there, ".pub"))
		require.Equal(t, 1, got.code)
		require.Contains(t, got.stderr, "exists")
		text, err := os.ReadFile(there)
		require.NoError(t, err)
		require.Equal(t, "x", string(text))
	}
	require.NoFileExists(t, "other")
	require.Contains(t, runIn(t, "", "key").stderr, "-o NAME is missing")
	told := runIn(t, "", "key", "-o", "third")
	require.Zero(t, told.code, told.stderr)
	text, err = os.ReadFile("third.pub")
	require.NoError(t, err)
	public, err = release.ParsePublicKey(text)
	require.NoError(t, err)
	require.Equal(t, release.KeyID(public)+" third.pub\n", told.out)
	require.Contains(t, runIn(t, "", "key", "-o", "none/key").stderr, "none/key: no such file")
}

// A key that finds no room leaves no file that would stand in the way of the next.
func TestKeyWithoutRoom(t *testing.T) {
	folder(t, nil)
	self, err := os.Executable()
	require.NoError(t, err)
	child := exec.Command("sh", "-c", `ulimit -f 0 && exec "$0" key -o release`, self)
	child.Env = append(os.Environ(), programChild+"=1")
	output, err := child.CombinedOutput()
	require.Error(t, err)
	require.Equal(t, 1, child.ProcessState.ExitCode(), "%s", output)
	require.Contains(t, string(output), syscall.EFBIG.Error())
	require.Empty(t, names(t))
	require.Zero(t, runIn(t, "", "key", "-o", "release").code)
	require.Equal(t, []string{"release", "release.pub"}, names(t))
}
