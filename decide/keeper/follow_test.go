package keeper_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/keeper"
	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/decide/release"
	"github.com/netwicket/netwicket/internal/keepertest"
)

// followed is a Keeper that has the first release of a channel in force, which blocks
// 203.0.113.0/24, and a policy file with more in it.
func followed(t *testing.T, more string, change ...func(*keeper.Options)) (*keepertest.Kept, *keepertest.Channel) {
	t.Helper()
	c := keepertest.NewChannel(t)
	c.Publish(blocking(t, "203.0.113.0/24"), "")
	k := keepertest.Keep(t, c.Files(more), change...)
	k.Becomes("198.51.100.7", true)
	require.False(t, k.Allows("203.0.113.7"))
	return k, c
}

// opening are options that open what is kept in a folder.
func opening(k *keepertest.Kept, install func(*decide.Policy) error) keeper.Options {
	return keeper.Options{
		Policy: policyfile.Options{Paths: []string{k.Folder}}, Timing: keepertest.Brisk(),
		Install: func(_ *policyfile.Parts, policy *decide.Policy) error { return install(policy) },
	}
}

// What keeps a channel from being followed at all is said where it stands.
func TestChannelThatCannotBeFollowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := keepertest.NewChannel(t)
		k := keepertest.New(t)
		for name, text := range c.FilesAt("ftp://127.0.0.1/prod.json", `}}`) {
			k.Write(name, text)
		}
		_, err := keeper.Open(k.Folder)
		require.EqualError(t, err, k.Path("netwicket.json")+`:1:18 /from/url: "ftp://127.0.0.1/prod.json": "ftp://": expected https`)

		o := opening(k, func(*decide.Policy) error { return nil })
		o.OpenStore = func(from *policyfile.From) (release.Store, error) {
			return nil, fmt.Errorf("no way to %s", from.URL)
		}
		_, err = keeper.OpenWith(o)
		require.EqualError(t, err, k.Path("netwicket.json")+`:1:18 /from/url: "ftp://127.0.0.1/prod.json": no way to ftp://127.0.0.1/prod.json`)

		o.OpenStore = func(*policyfile.From) (release.Store, error) { return nil, nil }
		_, err = keeper.OpenWith(o)
		require.ErrorContains(t, err, "no store to read from")

		o.OpenStore = func(from *policyfile.From) (release.Store, error) {
			return release.OpenStore(c.Folder, from.Channel, release.StoreOptions{})
		}
		c.Publish(blocking(t, "203.0.113.0/24"), "")
		k.Start(func(kept *keeper.Options) { kept.OpenStore = o.OpenStore })
		k.Becomes("198.51.100.7", true)
		require.False(t, k.Allows("203.0.113.7"))
	})
}

// A start from the state takes no longer than the program or the policy file lets it.
func TestStartFromAStateGivesUp(t *testing.T) {
	for name, row := range map[string]struct {
		serve    string
		patience time.Duration
		want     time.Duration
	}{
		"as usual":                 {``, 0, policyfile.DefaultServe().LoadTimeout},
		"less than nothing":        {``, -1, policyfile.DefaultServe().LoadTimeout},
		"as the policy file says":  {`, "serve": {"loadTimeout": "3s"}`, 0, 3 * time.Second},
		"as the program says":      {``, 7 * time.Second, 7 * time.Second},
		"the program has the word": {`, "serve": {"loadTimeout": "3s"}`, 7 * time.Second, 7 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := keepertest.NewChannel(t)
				c.Publish(blocking(t, "203.0.113.0/24"), "")
				files := c.Files(`}` + row.serve + `}`)
				files["netwicket.json"] = strings.Replace(files["netwicket.json"], "20ms", "1h", 1)
				k := keepertest.Keep(t, files, func(o *keeper.Options) { o.Timing.Poll = time.Hour })
				k.Becomes("198.51.100.7", true)
				silence := make(chan struct{})
				o := opening(k, func(policy *decide.Policy) error {
					if policy != nil {
						<-silence
					}
					return nil
				})
				o.Timing.Load = row.patience
				begun := time.Now()
				opened, err := keeper.OpenWith(o)
				require.ErrorIs(t, err, keeper.ErrHanging)
				require.ErrorContains(t, err, "loading since "+begun.Format(time.RFC3339))
				require.Nil(t, opened)
				require.Equal(t, row.want, time.Since(begun))
				close(silence)
			})
		})
	}
}

// What a health check learns of a channel, word for word.
func TestErrOfReleases(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := keepertest.NewChannel(t)
		answers := make(chan error)
		var ahead atomic.Int64
		k := keepertest.Keep(t, c.Files(`, "onExpired": "unready"}}`), func(o *keeper.Options) {
			open := func(from *policyfile.From) (release.Store, error) {
				store, err := from.Store("test")
				return waited{store, answers}, err
			}
			o.OpenStore = open
			keeper.WithClock(o, func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }, time.Hour)
		})
		says := func(format string, args ...any) {
			t.Helper()
			synctest.Wait()
			require.EqualError(t, k.Keeper.Err(), fmt.Sprintf(format, args...))
		}
		says("netwicket: no release is in force, and everything is denied")
		answers <- errors.New("nobody is there")
		says("netwicket: no release is in force, and everything is denied: nobody is there")
		require.False(t, k.Allows("198.51.100.7"))

		c.Publish(blocking(t, "203.0.113.0/24"), "")
		answers <- nil
		k.Becomes("198.51.100.7", true)
		synctest.Wait()
		require.NoError(t, k.Keeper.Err())

		answers <- errors.New("nobody is there")
		says("netwicket: version 1 of the policy stays in force; a newer one may not have come: nobody is there")
		answers <- nil
		synctest.Wait()
		require.NoError(t, k.Keeper.Err(), "there is no newer one")

		expires := k.Keeper.Status().Release.Payload.Expires
		ahead.Store(int64(time.Until(expires) - 1))
		require.NoError(t, k.Keeper.Err())
		ahead.Add(1)
		says("netwicket: version 1 of the policy expired at %s", expires.Format(time.RFC3339))
		require.True(t, k.Allows("198.51.100.7"))
	})
}

// waited is a store that answers when the test says.
type waited struct {
	release.Store
	answers chan error // nil: what the store has
}

func (w waited) Pointer(ctx context.Context) ([]byte, error) {
	select {
	case err := <-w.answers:
		if err != nil {
			return nil, err
		}
		return w.Store.Pointer(ctx)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// A policy file with an error beside the channel is not in force, and takes no release along.
func TestPolicyFileOfAChannelWithAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k, c := followed(t, `}, "edge": {}}`)
		k.Move("netwicket.json", c.Following(`}, "edge": {"trusted": ["10.0.0.300"]}}`))
		k.Fails("10.0.0.300")
		require.ErrorContains(t, k.Keeper.Err(), "10.0.0.300")
		require.False(t, k.Allows("203.0.113.7"))
		require.True(t, k.Allows("198.51.100.7"))
		require.Empty(t, k.Keeper.Status().Parts.Edge.Trusted)
		c.Publish(blocking(t, "198.51.100.0/24"), "")
		k.Becomes("198.51.100.7", false)
		require.ErrorContains(t, k.Keeper.Err(), "10.0.0.300", "a release mends no policy file")
		k.Move("netwicket.json", c.Following(`}, "edge": {"trusted": ["10.0.0.1"]}}`))
		k.Succeeds()
		require.Eventually(t, func() bool { return k.Keeper.Err() == nil }, keepertest.Patience, 5*time.Millisecond)
	})
}

// Where no release has come, neither a clock that is set back nor another policy file makes a policy.
func TestClockWithoutRelease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ahead atomic.Int64
		c := keepertest.NewChannel(t)
		k := keepertest.Keep(t, c.Files(`}, "edge": {}, "serve": {"guard": ["198.51.100.7"]}}`), func(o *keeper.Options) {
			keeper.WithClock(o, func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }, 0)
		})
		ahead.Store(int64(-time.Hour))
		k.Move("netwicket.json", c.Following(`}, "edge": {"trusted": ["10.0.0.1"]}, "serve": {"guard": ["198.51.100.7"]}}`))
		r := k.Succeeds()
		require.NotNil(t, r.Parts.Edge)
		require.Nil(t, k.Keeper.Live().Policy())
		require.Empty(t, k.Keeper.Status().LockedOut, "everybody is, and no other policy is there")
		k.Move("netwicket.json", c.Following(`}, "serve": {"guard": ["198.51.100.7"]}}`))
		k.Fails(`no "edge" any more`)
		require.ErrorContains(t, k.Keeper.Err(), `no "edge" any more`)
	})
}
