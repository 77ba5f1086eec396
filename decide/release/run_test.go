package release_test

import (
	"context"
	"errors"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide/release"
)

// wallClock is the time of a bubble, as a clock shows it that may be set.
type wallClock struct {
	mutex sync.Mutex
	ahead time.Duration
}

func (c *wallClock) now() time.Time {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return time.Now().Round(0).Add(c.ahead)
}

func (c *wallClock) set(by time.Duration) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.ahead += by
}

// running is a follower that runs in a bubble, whose looks are exactly Every apart.
type running struct {
	*release.Follower
	*gateway
	store *memory
	clock *wallClock
	stop  func()
}

// expiresIn is that of what runs publish: a release good for an hour.
func (r *running) publish(t *testing.T, version uint64, in time.Duration, overlay string) {
	changes := []func(*release.Payload){func(p *release.Payload) { p.Created = r.clock.now() }, expiring(r.clock.now().Add(in))}
	if overlay != "" {
		changes = append(changes, withOverlay(overlay))
	}
	r.store.publish(t, payload(version, changes...), overlay)
}

func (r *running) until(d time.Duration) string {
	return "until " + r.clock.now().Add(d).UTC().Format(time.RFC3339)
}

// after is what is in force a while later.
func (r *running) after(d time.Duration) string {
	time.Sleep(d)
	synctest.Wait()
	return r.now()
}

func (r *running) results(cause release.Cause) (all []release.Result) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	for _, out := range r.outcomes {
		if out.Cause == cause {
			all = append(all, out.Result)
		}
	}
	return all
}

func inBubble(t *testing.T, change func(*release.Options), do func(*testing.T, *running)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := &running{gateway: &gateway{}, store: newMemory(), clock: &wallClock{}}
		o := r.options(t, r.store)
		o.Clock = release.Clock{Now: r.clock.now, Random: func() float64 { return 0.5 }}
		if change != nil {
			change(&o)
		}
		r.Follower = follow(t, o, "")
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			r.Run(ctx)
		}()
		r.stop = func() {
			cancel()
			<-done
		}
		defer r.stop()
		do(t, r)
	})
}

// A change is in force within one wait and one look.
func TestRunTakesWhatIsPublished(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, r *running) {
		synctest.Wait()
		require.Empty(t, r.now())
		require.Equal(t, []release.Result{release.Unreachable}, r.results(release.Looked), "the first look is at once")
		r.publish(t, 5, time.Hour, "")
		require.Equal(t, policy(5), r.after(10*time.Second))
		r.publish(t, 6, time.Hour, "")
		require.Equal(t, policy(6), r.after(5*time.Second))
		r.stop()
		asked := r.store.asked
		r.publish(t, 7, time.Hour, "")
		require.Equal(t, policy(6), r.after(time.Hour), "it has ended")
		require.Equal(t, asked, r.store.asked)
	})
}

// How far apart looks are: a fifth more or less, and twice as far after each failure, up to a
// minute. What costs nothing is asked again as usual.
func TestBackOff(t *testing.T) {
	chance := 0.5
	inBubble(t, func(o *release.Options) { o.Clock.Random = func() float64 { return chance } }, func(t *testing.T, r *running) {
		gap := func() time.Duration {
			r.store.mutex.Lock()
			asked := r.store.asked
			r.store.mutex.Unlock()
			for begun := time.Now(); ; {
				time.Sleep(time.Second)
				synctest.Wait()
				r.store.mutex.Lock()
				now := r.store.asked
				r.store.mutex.Unlock()
				if now > asked {
					return time.Since(begun)
				}
			}
		}
		synctest.Wait()
		for _, want := range []time.Duration{10, 20, 40, 60, 60} {
			require.Equal(t, want*time.Second, gap())
		}
		chance = 0.999999999
		require.Equal(t, 60*time.Second, gap(), "chosen before")
		require.Equal(t, 60*time.Second, gap(), "a minute is the most")
		chance = 0
		gap()
		require.Equal(t, 48*time.Second, gap(), "a fifth less")
		r.publish(t, 5, time.Hour, "")
		gap()
		require.Equal(t, 4*time.Second, gap(), "nothing is wrong any more")
		chance = 1
		gap()
		require.Equal(t, 6*time.Second, gap())
		chance = 0.5
		gap()
		for version, want := range map[uint64]time.Duration{4: 5, 3: 5} { // replayed: the next copy may be right
			r.publish(t, version, time.Hour, "")
			gap()
			require.Equal(t, want*time.Second, gap())
		}
		r.publish(t, 6, time.Hour, "guarded")
		gap()
		require.Equal(t, 10*time.Second, gap(), "what is fetched in vain")
	})
}

// What an overlay lets in ends when it says, also while the store hangs, fails or lies.
func TestOverlayEndsWhateverFails(t *testing.T) {
	for name, trouble := range map[string]func(*testing.T, *running){
		"nothing": func(*testing.T, *running) {},
		"it hangs": func(_ *testing.T, r *running) {
			r.store.fails(nil, func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
		},
		"it fails":   func(_ *testing.T, r *running) { r.store.fails(errors.New("down"), nil) },
		"it is old":  func(t *testing.T, r *running) { r.publish(t, 4, time.Hour, "") },
		"it expires": func(t *testing.T, r *running) { r.publish(t, 6, -time.Hour, "") },
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, nil, func(t *testing.T, r *running) {
				r.publish(t, 5, time.Hour, r.until(20*time.Minute))
				require.Equal(t, policy(5)+" with somebody let in", r.after(time.Minute))
				trouble(t, r)
				require.Equal(t, policy(5)+" with somebody let in", r.after(19*time.Minute-time.Second))
				require.Equal(t, policy(5), r.after(time.Second))
				require.Contains(t, r.results(release.Timed), release.Installed)
			})
		})
	}
}

// The clock is set: forth, and what ends has ended within half a minute; back, and it is as
// it was then.
func TestClockIsSet(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, r *running) {
		r.publish(t, 5, 48*time.Hour, r.until(20*time.Minute))
		require.Equal(t, policy(5)+" with somebody let in", r.after(time.Minute))
		r.clock.set(time.Hour)
		require.Equal(t, policy(5), r.after(30*time.Second))
		r.clock.set(-time.Hour)
		require.Equal(t, policy(5)+" with somebody let in", r.after(30*time.Second))
		require.Equal(t, policy(5), r.after(20*time.Minute))
		r.clock.set(72 * time.Hour)
		require.Equal(t, policy(5), r.after(30*time.Second), "an expired release stays")
		require.True(t, r.Status().Expired)
		require.True(t, r.Ready())
		r.publish(t, 6, time.Hour, "")
		require.Equal(t, policy(6), r.after(time.Minute))
	})
}

// An overlay that cannot be brought up to date lets nobody in at all, until it can be.
func TestOverlayThatDoesNotEnd(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, r *running) {
		r.publish(t, 5, time.Hour, r.until(time.Minute)+" once")
		require.Equal(t, policy(5)+" with somebody let in", r.after(59*time.Second))
		require.Empty(t, r.after(time.Second))
		require.False(t, r.Ready())
		require.True(t, r.Status().Withheld)
		require.Equal(t, release.SnapshotInvalid, r.results(release.Timed)[0])
		r.publish(t, 6, time.Hour, "")
		require.Equal(t, policy(6), r.after(5*time.Second))
		require.True(t, r.Ready())
	})
}

// What becomes of a release whose time is over.
func TestOnExpired(t *testing.T) {
	for how, want := range map[release.OnExpired]struct {
		policy string
		ready  bool
	}{"": {policy(5), true}, release.Keep: {policy(5), true}, release.Unready: {policy(5), false}, release.Deny: {"", false}} {
		t.Run(string(how), func(t *testing.T) {
			var options release.Options
			inBubble(t, func(o *release.Options) {
				o.OnExpired = how
				options = *o
			}, func(t *testing.T, r *running) {
				r.publish(t, 5, time.Hour, "")
				require.Equal(t, policy(5), r.after(time.Hour-time.Second))
				require.True(t, r.Ready())
				require.Equal(t, want.policy, r.after(time.Second))
				require.Equal(t, want.ready, r.Ready())
				require.True(t, r.Status().Expired)

				g := &gateway{}
				options.Prepare, options.Withdraw, options.Report = g.prepare, g.install(""), nil
				started := release.Installed // an expired state only warns
				if how == release.Deny {
					started = release.Expired
				}
				f := follow(t, options, started)
				require.Equal(t, want.policy, g.now())
				require.Equal(t, want.ready, f.Ready())
				require.True(t, f.Status().Last.Expired)

				r.clock.set(-30 * time.Minute)
				require.Equal(t, policy(5), r.after(30*time.Second), "the clock ran ahead")
				require.True(t, r.Ready())
				r.clock.set(30 * time.Minute)
				require.Equal(t, want.policy, r.after(30*time.Second))
				r.publish(t, 6, time.Hour, "")
				require.Equal(t, policy(6), r.after(time.Minute))
				require.True(t, r.Ready())
			})
		})
	}
}

// A disk that does not answer holds up looks, and nothing else.
func TestHangingDisk(t *testing.T) {
	hang := make(chan struct{})
	hanging := false
	inBubble(t, func(o *release.Options) {
		*o = release.WithStep(*o, func(string) error {
			if hanging {
				<-hang
			}
			return nil
		})
	}, func(t *testing.T, r *running) {
		hang = make(chan struct{}) // of the bubble
		r.publish(t, 5, 24*time.Hour, r.until(20*time.Minute))
		require.Equal(t, policy(5)+" with somebody let in", r.after(time.Minute))
		hanging = true
		r.publish(t, 6, 24*time.Hour, "")
		require.Equal(t, policy(5)+" with somebody let in", r.after(18*time.Minute))
		last := r.Status().Last
		require.Equal(t, release.Outcome{Cause: release.Looked, Result: release.StateError, Err: last.Err, Time: last.Time}, last)
		require.EqualError(t, last.Err, "a look takes longer than 5m10s: the disk of the state, or the store's, does not answer")
		require.Equal(t, policy(5), r.after(time.Minute))
		require.WithinRange(t, last.Time, r.clock.now().Add(-20*time.Minute), r.clock.now())
		hanging = false
		close(hang)
		require.Equal(t, policy(6), r.after(2*time.Minute), "what came of it then is asked for again")
	})
}

// Readers of the status and of what is in force run beside it.
func TestStatusBesideRun(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, r *running) {
		ctx, cancel := context.WithCancel(t.Context())
		var readers sync.WaitGroup
		for range 4 {
			readers.Go(func() {
				for ctx.Err() == nil {
					if s := r.Status(); s.InForce != r.Ready() && s.Payload.Version == 0 {
						t.Error("ready without a release")
					}
					time.Sleep(time.Second)
				}
			})
		}
		for version := uint64(1); version <= 20; version++ {
			r.publish(t, version, time.Hour, r.until(7*time.Second))
			r.after(6 * time.Second)
		}
		cancel()
		readers.Wait()
		require.Equal(t, uint64(20), r.Status().Payload.Version)
	})
}

// Many that began at one time have a change within one wait, and do not go on looking at one time.
func TestManyFollowers(t *testing.T) {
	if testing.Short() {
		t.Skip("hundreds of states on the disk take seconds")
	}
	const count = 200
	synctest.Test(t, func(t *testing.T) {
		clock, store, state := &wallClock{}, newMemory(), t.TempDir()
		r := &running{gateway: &gateway{}, store: store, clock: clock}
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		followers := make([]*release.Follower, count)
		r.publish(t, 1, time.Hour, "")
		for i := range followers {
			g := &gateway{}
			o := g.options(t, store)
			o.State, o.Clock = filepath.Join(state, strconv.Itoa(i)), release.Clock{Now: clock.now}
			followers[i] = follow(t, o, "")
			running.Go(func() { followers[i].Run(ctx) })
		}
		time.Sleep(2 * time.Minute)
		busiest := 0
		for range 50 { // tenths of a second
			before := store.looks()
			time.Sleep(100 * time.Millisecond)
			synctest.Wait()
			busiest = max(busiest, store.looks()-before)
		}
		require.Less(t, busiest, count/8, "looks are spread over the five seconds")
		r.publish(t, 2, time.Hour, "")
		time.Sleep(6 * time.Second)
		synctest.Wait()
		for _, f := range followers {
			require.Equal(t, uint64(2), f.Status().Payload.Version)
		}
		cancel()
		running.Wait()
	})
}
