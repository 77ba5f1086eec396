package files_test

import (
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
