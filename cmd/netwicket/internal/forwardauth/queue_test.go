package forwardauth_test

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/forwardauth"
)

// full is a device without space, until it has some.
type full struct {
	logged
	broken atomic.Bool
}

func (f *full) Write(line []byte) (int, error) {
	if f.broken.Load() {
		return 0, errors.New("no space left on device")
	}
	return f.logged.Write(line)
}

func TestFullDeviceCostsLinesOnly(t *testing.T) {
	device := &full{}
	device.broken.Store(true)
	journal := forwardauth.NewJournal(device)
	for range 10 {
		journal.Logger().Info("lost")
	}
	require.Eventually(t, func() bool { return forwardauth.Lost(journal) == 10 }, 10*time.Second, time.Millisecond)
	device.broken.Store(false)
	journal.Logger().Info("kept")
	journal.Logger().Info("kept, too")
	require.Eventually(t, func() bool { return len(device.lines(t)) == 3 }, 10*time.Second, time.Millisecond)
	device.broken.Store(true)
	for range 3 {
		journal.Logger().Info("lost")
	}
	require.Eventually(t, func() bool { return forwardauth.Lost(journal) == 13 }, 10*time.Second, time.Millisecond)
	device.broken.Store(false)
	journal.Logger().Info("kept at last")
	journal.Close()
	var said []string
	for _, line := range device.lines(t) {
		said = append(said, fmt.Sprint(line["msg"], " ", line["count"]))
	}
	require.Equal(t, []string{"log lines lost 10", "kept <nil>", "kept, too <nil>", "log lines lost 3", "kept at last <nil>"}, said)
}

// stuck is a pipe that nobody reads.
type stuck struct{ release chan struct{} }

func (s stuck) Write(line []byte) (int, error) {
	<-s.release
	return len(line), nil
}

// TestStuckOutputMakesNobodyWait: so many lines wait as docs/operations.md says, the
// one that is being written aside, and the end waits for two seconds.
func TestStuckOutputMakesNobodyWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pipe := stuck{make(chan struct{})}
		journal := forwardauth.NewJournal(pipe)
		service, err := forwardauth.New(journal, forwardauth.Build{}, "")
		require.NoError(t, err)
		first, err := snapshot(t, blocking(`, "serve": {"logLevel": "debug"}`))
		require.NoError(t, err)
		require.NoError(t, service.Put("", first))
		s := &served{Service: service, journal: journal, handler: service.Handler(true)}
		ask := func() { require.Equal(t, 204, s.ask(request("GET", "/decide", xff, "198.51.100.7")).Code) }
		ask()
		synctest.Wait() // until it is being written
		for range 3000 {
			ask()
		}
		require.EqualValues(t, 3000-1024, forwardauth.Lost(journal))
		require.Contains(t, s.metrics(), "netwicket_log_lines_dropped_total{cause=\"output\"} 1976\n")
		begun := time.Now()
		journal.Close()
		require.Equal(t, 2*time.Second, time.Since(begun))
		close(pipe.release)
	})
}
