package release_test

import (
	"errors"
	"sync/atomic"
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
	var fails atomic.Bool
	inBubble(t, func(o *release.Options) {
		prepare := o.Prepare
		o.Prepare = func(c release.Candidate) (release.Prepared, error) {
			p, err := prepare(c)
			again := p.Again
			p.Again = func(now time.Time) (release.Prepared, error) {
				if fails.Load() {
					return release.Prepared{}, errors.New("not now")
				}
				return again(now)
			}
			return p, err
		}
	}, func(t *testing.T, r *running) {
		r.publish(t, 5, time.Hour, r.until(time.Minute))
		fails.Store(true)
		require.Equal(t, policy(5)+" with somebody let in", r.after(59*time.Second))
		require.Empty(t, r.after(time.Second))
		require.Contains(t, r.results(release.Timed), release.SnapshotInvalid)
		require.Empty(t, r.after(20*time.Second))
		told := r.results(release.Timed)
		require.NotContains(t, told, release.Installed)
		require.Greater(t, len(told), 4)
		fails.Store(false)
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
	var hang atomic.Pointer[chan struct{}]
	inBubble(t, func(o *release.Options) {
		*o = release.WithStep(*o, func(string) error {
			if until := hang.Load(); until != nil {
				<-*until
			}
			return nil
		})
	}, func(t *testing.T, r *running) {
		r.publish(t, 5, 24*time.Hour, "")
		require.Equal(t, policy(5), r.after(time.Minute))
		until := make(chan struct{})
		hang.Store(&until)
		r.publish(t, 6, 24*time.Hour, "")
		require.Equal(t, policy(5), r.after(10*time.Minute))
		require.Equal(t, release.StateError, r.Status().Last.Result)
		looks := r.store.looks()
		require.Equal(t, policy(5), r.after(time.Hour))
		require.Equal(t, looks, r.store.looks(), "one that hangs is enough")
		hang.Store(nil)
		close(until)
		synctest.Wait()
		require.Equal(t, policy(5), r.after(10*time.Second-1))
		require.Equal(t, looks, r.store.looks())
		require.Equal(t, policy(6), r.after(1))
		require.Equal(t, looks+1, r.store.looks())
	})
}

// A clock that is set back is nothing to a release without an overlay.
func TestClockWithoutOverlay(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, r *running) {
		r.publish(t, 5, time.Hour, "")
		require.Equal(t, policy(5), r.after(time.Minute))
		r.clock.set(-30 * time.Minute)
		require.Equal(t, policy(5), r.after(time.Minute))
		require.Empty(t, r.results(release.Timed))
		require.True(t, r.Ready())
	})
}

// What is made when an entry ends, and still has it, is not put in force: nothing is.
func TestEntryThatStays(t *testing.T) {
	inBubble(t, func(o *release.Options) {
		prepare := o.Prepare
		o.Prepare = func(c release.Candidate) (release.Prepared, error) {
			p, err := prepare(c)
			p.Again = func(now time.Time) (release.Prepared, error) {
				return release.Prepared{Install: p.Install, Until: now, Again: p.Again}, nil
			}
			return p, err
		}
	}, func(t *testing.T, r *running) {
		r.publish(t, 5, time.Hour, r.until(time.Minute))
		require.Equal(t, policy(5)+" with somebody let in", r.after(59*time.Second))
		require.Empty(t, r.after(time.Second))
		require.False(t, r.Ready())
		r.mutex.Lock()
		defer r.mutex.Unlock()
		last := r.outcomes[len(r.outcomes)-1]
		require.EqualError(t, last.Err, "an entry of the overlay that has ended is still in the policy")
		require.Equal(t, release.SnapshotInvalid, last.Result)
	})
}

// A release that expires while it is fetched takes the one before along, where that is so wanted: it is the newest.
func TestReleaseExpiresDuringALook(t *testing.T) {
	store, g := newMemory(), &gateway{}
	now := noon
	o := g.options(t, store)
	o.OnExpired, o.Clock.Now = release.Deny, func() time.Time { return now }
	o.Prepare = func(c release.Candidate) (release.Prepared, error) {
		if c.Payload.Version == 6 {
			now = c.Payload.Expires
		}
		return g.prepare(c)
	}
	store.publish(t, payload(5))
	f := follow(t, o, "")
	look(t, f, release.Installed)
	require.Equal(t, policy(5), g.now())
	store.publish(t, payload(6, expiring(noon.Add(time.Minute))))
	require.ErrorContains(t, look(t, f, release.Expired).Err, "version 6 expired at 2026-11-26T12:01:00Z; everything is denied")
	require.Empty(t, g.now())
	require.False(t, f.Ready())
	require.True(t, f.Status().Withheld)
	look(t, f, release.Expired)
	store.publish(t, payload(7))
	look(t, f, release.Installed)
	require.Equal(t, policy(7), g.now())
}

// Since when a release is in force: what its overlay does with time is no other release.
func TestSince(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, r *running) {
		synctest.Wait() // it has looked in vain
		begun := r.clock.now()
		r.publish(t, 5, time.Hour, r.until(time.Minute))
		require.Equal(t, policy(5)+" with somebody let in", r.after(30*time.Second))
		since := r.Status().Since
		require.Equal(t, begun.Add(10*time.Second), since)
		require.Equal(t, policy(5), r.after(time.Minute))
		require.Equal(t, since, r.Status().Since)
		published := r.clock.now()
		r.publish(t, 6, time.Hour, "")
		require.Equal(t, policy(6), r.after(30*time.Second))
		require.True(t, r.Status().Since.After(published))
		require.True(t, r.Status().Since.Before(published.Add(6*time.Second)))
	})
}
