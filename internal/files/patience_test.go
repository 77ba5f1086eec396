package files_test

import (
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/internal/files"
)

// What gets on is waited for as long as it does, and given up when for the patience it has
// not: by the clock of the test, which moves only when everybody waits.
func TestPatienceBeginsAnew(t *testing.T) {
	const patience = 10 * time.Second
	for name, test := range map[string]struct {
		pauses []time.Duration // in front of each step
		ends   bool            // behind the last one; else it hangs there
		want   time.Duration
	}{
		"hangs at once":              {nil, false, patience},
		"gets on once":               {[]time.Duration{patience / 2}, false, 2 * patience},
		"gets on and hangs":          {[]time.Duration{patience / 2, patience, patience}, false, 4 * patience},
		"gets on to its end":         {[]time.Duration{9 * time.Second, 9 * time.Second, 9 * time.Second, 9 * time.Second, 9 * time.Second}, true, 45 * time.Second},
		"gets on twice in one round": {[]time.Duration{time.Second, time.Second}, false, 2 * patience},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				release, begun := make(chan struct{}), time.Now()
				err := files.GuardProgress(name, patience, func(progress func()) error {
					for _, pause := range test.pauses {
						time.Sleep(pause)
						progress()
					}
					if !test.ends {
						<-release
					}
					return nil
				})
				require.Equal(t, test.want, time.Since(begun))
				if test.ends {
					require.NoError(t, err)
				} else {
					require.ErrorIs(t, err, files.ErrGivenUp)
				}
				close(release)
				synctest.Wait()
			})
		})
	}
}

// What is read is given up after the patience of everybody, and who reads the log learns of
// which file nothing came, since when, and for how long. Other files are read meanwhile, the
// one only when what was given up has returned.
func TestReadIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Hour + 17*time.Minute) // the clock begins at midnight, as that of no time at all
		hangs := make(chan struct{})
		open := func() (*os.File, error) { <-hangs; return nil, os.ErrClosed }
		begun := time.Now()
		_, err := files.Read("/mnt/nfs/zones.json", open, 1, nil)
		require.Equal(t, 30*time.Second, time.Since(begun))
		want := "read /mnt/nfs/zones.json: given up: nothing has come of it for 30s since " + begun.Format(time.TimeOnly) +
			"; nobody writes to the pipe, or the server of its mount does not answer"
		require.EqualError(t, err, want)

		_, err = files.Read("/mnt/nfs/zones.json", open, 1, nil)
		require.EqualError(t, err, want, "of what hangs since")
		require.Equal(t, 30*time.Second, time.Since(begun), "at once")
		other := func() (*os.File, error) { return nil, os.ErrNotExist }
		_, err = files.Read("/mnt/nfs/lists.json", other, 1, nil)
		require.ErrorIs(t, err, os.ErrNotExist, "another file")

		close(hangs)
		synctest.Wait()
		_, err = files.Read("/mnt/nfs/zones.json", other, 1, nil)
		require.ErrorIs(t, err, os.ErrNotExist, "asked anew")
	})
}

// The error for what is packed names the file, as every error of a file does.
func TestUnpackedNamesTheFile(t *testing.T) {
	err := files.Unpacked("zones.json", strings.NewReader("\x1f\x8b\x08"), 3)
	require.EqualError(t, err, "read zones.json: it is compressed with gzip, which is not read; make it readable with: gunzip < zones.json > zones.json.unpacked")
}
