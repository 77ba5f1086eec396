package folderlock_test

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/folderlock"
)

// holdVariable has the folder that a child of this test locks until it is killed.
const holdVariable = "FOLDERLOCK_TEST_HOLD"

func TestMain(m *testing.M) {
	if folder := os.Getenv(holdVariable); folder != "" {
		if _, err := folderlock.Take(folder, "the child"); err != nil {
			panic(err)
		}
		os.Stdout.WriteString("held\n")
		select {}
	}
	os.Exit(m.Run())
}

func TestOneHolder(t *testing.T) {
	folder := t.TempDir()
	first, err := folderlock.Take(folder, "the first\x1b[31m")
	require.NoError(t, err)
	_, err = folderlock.Take(folder, "the second")
	var held *folderlock.Held
	require.ErrorAs(t, err, &held)
	require.Equal(t, "the first\x1b[31m", held.By)
	require.NotContains(t, err.Error(), "\x1b")
	first.Release()
	first.Release() // which is nothing
	again, err := folderlock.Take(folder, "2")
	require.NoError(t, err)
	_, err = folderlock.Take(folder, "3")
	require.ErrorAs(t, err, &held)
	require.Equal(t, "2", held.By)
	again.Release()
}

// A holder that is killed leaves no lock behind.
func TestKilledHolder(t *testing.T) {
	folder := t.TempDir()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), holdVariable+"="+folder)
	output, err := child.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, child.Start())
	line, err := bufio.NewReader(output).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "held\n", line)
	_, err = folderlock.Take(folder, "the parent")
	require.ErrorContains(t, err, "the child is writing")
	require.NoError(t, child.Process.Kill())
	_ = child.Wait() // killed, as it says
	lock, err := folderlock.Take(folder, "the parent")
	require.NoError(t, err)
	lock.Release()
}

func TestFolderThatCannotBeWritten(t *testing.T) {
	_, err := folderlock.Take(filepath.Join(t.TempDir(), "none"), "x")
	require.ErrorContains(t, err, "none: cannot be written to")
}

// Who holds a folder in turns says so, and turns exclude one another.
func TestTurns(t *testing.T) {
	folder := t.TempDir()
	lock, err := folderlock.TakeInTurns(folder, "the holder")
	require.NoError(t, err)
	defer lock.Release()
	_, err = folderlock.Take(folder, "another")
	var held *folderlock.Held
	require.ErrorAs(t, err, &held)
	require.Equal(t, "the holder", held.By)
	require.True(t, held.InTurns)

	turn, err := folderlock.Turn(folder, 0)
	require.NoError(t, err)
	_, err = folderlock.Turn(folder, 0)
	require.ErrorIs(t, err, folderlock.ErrBusy)
	turn.Release()
	var inside, turns atomic.Int32 // the race detector does not know of the lock
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			for range 25 {
				turn, err := folderlock.Turn(folder, time.Hour)
				if err != nil {
					t.Error(err)
					return
				}
				if inside.Add(1) != 1 {
					t.Error("two at once")
				}
				turns.Add(1)
				time.Sleep(100 * time.Microsecond) // so that the others have to wait
				inside.Add(-1)
				turn.Release()
			}
		})
	}
	wait.Wait()
	require.EqualValues(t, 200, turns.Load())
}
