package release_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide/release"
)

// Looks of a follower that looks seldom are as far apart as it says, a fifth more or less, and after a
// failure no further.
func TestSeldomLooks(t *testing.T) {
	inBubble(t, func(o *release.Options) {
		o.Every = 2 * time.Minute
		o.Clock.Random = func() float64 { return 1 }
	}, func(t *testing.T, r *running) {
		apart := func() time.Duration {
			looks, begun := r.store.looks(), time.Now()
			for r.store.looks() == looks {
				time.Sleep(time.Second)
				synctest.Wait()
			}
			return time.Since(begun)
		}
		synctest.Wait()
		require.Equal(t, 2*time.Minute, apart(), "nothing is published")
		r.publish(t, 5, time.Hour, "")
		apart()
		require.Equal(t, 144*time.Second, apart())
		require.Equal(t, 144*time.Second, apart())
	})
}

// An overlay that cannot be brought up to date is tried again with every look, and that is told each time; when it can be
// again, the release is back.
func TestOverlayThatFailsForAWhile(t *testing.T) {
	fails := false
	inBubble(t, func(o *release.Options) {
		prepare := o.Prepare
		o.Prepare = func(c release.Candidate) (release.Prepared, error) {
			p, err := prepare(c)
			again := p.Again
			p.Again = func(now time.Time) (release.Prepared, error) {
				if fails {
					return release.Prepared{}, errors.New("not now")
				}
				return again(now)
			}
			return p, err
		}
	}, func(t *testing.T, r *running) {
		r.publish(t, 5, time.Hour, r.until(time.Minute))
		fails = true
		require.Equal(t, policy(5)+" with somebody let in", r.after(59*time.Second))
		require.Empty(t, r.after(time.Second))
		require.Contains(t, r.results(release.Timed), release.SnapshotInvalid)
		require.Empty(t, r.after(20*time.Second))
		told := r.results(release.Timed)
		require.NotContains(t, told, release.Installed)
		require.Greater(t, len(told), 4)
		fails = false
		require.Equal(t, policy(5), r.after(30*time.Second))
		require.True(t, r.Ready())
		told = r.results(release.Timed)
		require.Equal(t, release.Installed, told[len(told)-1])
		require.Equal(t, told, func() []release.Result { r.after(time.Minute); return r.results(release.Timed) }())
	})
}

// What comes of a look that was given up is thrown away, whatever it is: the next look, as long after it as after
// any failure, finds what is right by then.
func TestLateLook(t *testing.T) {
	var hang chan struct{}
	inBubble(t, func(o *release.Options) {
		*o = release.WithStep(*o, func(string) error {
			if hang != nil {
				<-hang
			}
			return nil
		})
	}, func(t *testing.T, r *running) {
		r.publish(t, 5, 24*time.Hour, "")
		require.Equal(t, policy(5), r.after(time.Minute))
		hang = make(chan struct{})
		r.publish(t, 6, 24*time.Hour, "")
		require.Equal(t, policy(5), r.after(10*time.Minute))
		require.Equal(t, release.StateError, r.Status().Last.Result)
		looks := r.store.looks()
		require.Equal(t, policy(5), r.after(time.Hour))
		require.Equal(t, looks, r.store.looks(), "one that hangs is enough")
		close(hang)
		hang = nil
		synctest.Wait()
		require.Equal(t, policy(5), r.after(10*time.Second-1))
		require.Equal(t, looks, r.store.looks())
		require.Equal(t, policy(6), r.after(1))
		require.Equal(t, looks+1, r.store.looks())
	})
}
