package keeper_test

import (
	"errors"
	"os"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/keeper"
	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/internal/keepertest"
)

// A release that the program refuses to put in force is told of until it is, or another one is, though the
// follower takes it for one that is in force; and it is tried again.
func TestReleaseThatTheProgramRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k, c := followed(t, `}}`)
		not := errors.New("not this one")
		refuse := func(do func() error) { k.Install.Store(do) }
		refuse(func() error { return not })
		c.Publish(blocking(t, "198.51.100.0/24"), "")
		require.Equal(t, keeper.Released, k.Fails("not this one").Cause)
		require.Equal(t, keeper.Retried, k.Fails("not this one").Cause)
		time.Sleep(time.Second)
		require.ErrorIs(t, k.Keeper.Err(), not)
		require.EqualValues(t, 1, k.Keeper.Status().Parts.Release())
		require.False(t, k.Allows("203.0.113.7"), "the one before stays")

		// Files that change mend nothing.
		k.Move("netwicket.json", c.Following(`}, "edge": {}}`))
		time.Sleep(time.Second)
		require.ErrorIs(t, k.Keeper.Err(), not)
		require.Nil(t, k.Keeper.Status().Parts.Edge)

		refuse(func() error { return nil })
		k.Becomes("203.0.113.7", true)
		require.False(t, k.Allows("198.51.100.7"))
		require.NoError(t, k.Keeper.Err())
		require.EqualValues(t, 2, k.Keeper.Status().Parts.Release())
		require.NotNil(t, k.Keeper.Status().Parts.Edge)
		for len(k.Reports) > 0 {
			<-k.Reports
		}
		c.Publish(blocking(t, "203.0.113.0/25"), "")
		require.Equal(t, keeper.Released, k.Succeeds().Cause)
		time.Sleep(time.Second)
		require.Empty(t, k.Reports, "nothing waits any more")
	})
}

// The next release takes the place of one that waits, and files that change do not bring that back.
func TestReleaseAfterOneThatIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k, c := followed(t, `}}`, func(o *keeper.Options) {
			o.Install = func(parts *policyfile.Parts, _ *decide.Policy) error {
				if parts.Release() == 2 {
					return &keeper.Refusal{Causes: []string{"not this one"}} // which is not tried for ever
				}
				return nil
			}
		})
		time.Sleep(time.Second)
		for len(k.Reports) > 0 {
			require.Equal(t, keeper.Released, (<-k.Reports).Cause, "a release alone is no reason to load files")
		}
		c.Publish(blocking(t, "198.51.100.0/24"), "")
		k.Fails("not this one")
		time.Sleep(5 * time.Second)
		require.ErrorContains(t, k.Keeper.Err(), "not this one")
		c.Publish(blocking(t, "203.0.113.128/25"), "")
		k.Becomes("203.0.113.7", true)
		time.Sleep(time.Second)
		require.NoError(t, k.Keeper.Err())
		k.Move("netwicket.json", c.Following(`}, "edge": {}}`))
		time.Sleep(time.Second)
		require.NotNil(t, k.Keeper.Status().Parts.Edge)
		require.EqualValues(t, 3, k.Keeper.Status().Parts.Release())
		require.True(t, k.Allows("203.0.113.7"))
		require.False(t, k.Allows("203.0.113.200"))
		require.NoError(t, k.Keeper.Err())
	})
}

// A program that does not agree to a withdrawal is asked again.
func TestWithdrawalThatIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ahead, refusals atomic.Int64
		k, _ := followed(t, `, "onExpired": "deny"}}`, func(o *keeper.Options) {
			keeper.WithClock(o, func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }, 0)
			o.Install = func(_ *policyfile.Parts, policy *decide.Policy) error {
				if policy == nil && ahead.Load() > 0 && refusals.Add(1) < 3 {
					return errors.New("not now")
				}
				return nil
			}
		})
		ahead.Store(int64(2 * time.Hour))
		require.Equal(t, keeper.Withdrawn, k.Fails("not now").Cause)
		require.ErrorContains(t, k.Keeper.Err(), "not now")
		k.Becomes("198.51.100.7", false)
		require.Nil(t, k.Keeper.Live().Policy())
		require.EqualValues(t, 3, refusals.Load())
		k.Fails("everything is denied until another one comes")
	})
}

// What was withdrawn does not come back with an entry of its overlay that ends, nor with a start; the next
// release does away with all that is told of it.
func TestWithdrawnStaysAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ahead atomic.Int64
		clock := func(o *keeper.Options) {
			keeper.WithClock(o, func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }, 10*time.Millisecond)
		}
		c := keepertest.NewChannel(t)
		until := time.Now().Add(2 * time.Hour).UTC().Format(time.RFC3339)
		c.Publish(blocking(t, "203.0.113.0/24"), `{"allow": [{"network": "203.0.113.7", "why": "test", "until": "`+until+`"}]}`)
		k := keepertest.Keep(t, c.Files(`, "onExpired": "deny"}}`), clock)
		k.Becomes("203.0.113.7", true)
		require.EqualValues(t, 1, k.Succeeds().Parts.Release())
		ahead.Store(int64(time.Hour))
		r := k.Fails("the release has expired, and from.onExpired is deny")
		require.Equal(t, keeper.Withdrawn, r.Cause)
		require.Zero(t, r.Parts.Release())
		require.Zero(t, r.Info)
		ahead.Store(int64(3 * time.Hour))
		time.Sleep(time.Second)
		require.Nil(t, k.Keeper.Live().Policy())
		require.Empty(t, k.Reports, "it is told once")

		o := opening(k, func(*decide.Policy) error { return nil })
		clock(&o)
		opened, err := keeper.OpenWith(o)
		require.NoError(t, err)
		require.Nil(t, opened.Live().Policy())
		go func() { _ = opened.Run(t.Context()) }()
		time.Sleep(time.Second)
		require.ErrorContains(t, opened.Err(), "netwicket: no release is in force, and everything is denied: version 1 expired at ")
		c.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
		c.Publish(blocking(t, "203.0.113.0/24"), "")
		time.Sleep(time.Second)
		for _, kept := range []*keeper.Keeper{k.Keeper, opened} {
			require.NotNil(t, kept.Live().Policy())
			require.NoError(t, kept.Err())
			require.Zero(t, kept.Status().Failing)
		}
	})
}

// So is one of the state, which was in force before the program was started anew; and a guard
// that it denies is told of.
func TestReleaseThatTheProgramRefusesAtStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k, _ := followed(t, `}, "serve": {"guard": ["203.0.113.7"]}}`)
		var refuses atomic.Bool
		refuses.Store(true)
		o := opening(k, func(policy *decide.Policy) error {
			if policy != nil && refuses.Load() {
				return errors.New("not this one")
			}
			return nil
		})
		begun := time.Now()
		opened, err := keeper.OpenWith(o)
		require.NoError(t, err)
		require.Nil(t, opened.Live().Policy())
		require.ErrorContains(t, opened.Err(), "not this one")
		status := opened.Status()
		require.Equal(t, begun, status.Failing)
		require.Empty(t, status.LockedOut, "nobody is let in")
		go func() { _ = opened.Run(t.Context()) }()
		time.Sleep(time.Second)
		require.Nil(t, opened.Live().Policy())
		require.ErrorContains(t, opened.Err(), "not this one")
		refuses.Store(false)
		time.Sleep(time.Second)
		require.NoError(t, opened.Err())
		require.NotNil(t, opened.Live().Policy())
		require.Len(t, opened.Status().LockedOut, 1)
	})
}

// A release that is refused while its policy file is broken, and one that expires while it waits.
func TestRefusedReleaseExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ahead atomic.Int64
		var refuses atomic.Bool
		k, c := followed(t, `, "onExpired": "deny"}}`, func(o *keeper.Options) {
			keeper.WithClock(o, func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }, 0)
			o.Install = func(_ *policyfile.Parts, policy *decide.Policy) error {
				if policy != nil && ahead.Load() > 0 {
					t.Error("what has expired is back")
				}
				if refuses.Load() {
					return errors.New("not this one")
				}
				return nil
			}
		})
		refuses.Store(true)
		c.Publish(blocking(t, "198.51.100.0/24"), "")
		k.Fails("not this one")
		require.NoError(t, os.RemoveAll(c.Folder))
		refuses.Store(false)
		k.Move("netwicket.json", "{")
		k.Fails("netwicket.json")
		require.True(t, k.Allows("198.51.100.7"))
		ahead.Store(int64(2 * time.Hour))
		time.Sleep(time.Second)
		require.False(t, k.Allows("198.51.100.7"))
		require.Nil(t, k.Keeper.Live().Policy())
		k.Move("netwicket.json", c.Following(`, "onExpired": "deny"}}`))
		time.Sleep(time.Second)
		require.Nil(t, k.Keeper.Live().Policy(), "it waits no more")
		require.False(t, k.Allows("203.0.113.7"))
	})
}
