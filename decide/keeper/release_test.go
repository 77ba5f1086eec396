package keeper_test

import (
	"net/netip"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/keeper"
	"github.com/netwicket/netwicket/decide/release"
	"github.com/netwicket/netwicket/internal/keepertest"
)

// result waits until a look ends so.
func result(k *keepertest.Kept, want release.Result) {
	k.T.Helper()
	require.Eventually(k.T, func() bool { return k.Keeper.Status().Release.Last.Result == want }, keepertest.Patience, 5*time.Millisecond, "%+v", k.Keeper.Status().Release.Last)
}

// A Keeper follows a channel: what is published is in force if it passes every check, and
// what does not leaves the policy before. The policy file goes on being kept beside it.
func TestFollowsReleases(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := keepertest.NewChannel(t)
		k := keepertest.Keep(t, c.Files(`}, "serve": {"guard": ["192.0.2.200"]}}`))
		require.Nil(t, k.Keeper.Live().Policy(), "nothing was published")
		fails := func(text string) {
			t.Helper()
			require.Eventually(t, func() bool { err := k.Keeper.Err(); return err != nil && strings.Contains(err.Error(), text) }, keepertest.Patience, 5*time.Millisecond)
		}
		fails("no release is in force, and everything is denied")
		require.False(t, k.Allows("198.51.100.7"))

		c.Publish(blocking(t, "203.0.113.0/24"), "")
		k.Becomes("198.51.100.7", true)
		require.False(t, k.Allows("203.0.113.7"))
		require.Equal(t, keeper.Released, k.Succeeds().Cause)
		require.Eventually(t, func() bool { return k.Keeper.Err() == nil }, keepertest.Patience, 5*time.Millisecond)
		require.EqualValues(t, 1, k.Keeper.Status().Parts.Release())

		c.Publish(blocking(t, "198.51.100.0/24"), `{"deny": [{"network": "192.0.2.1", "why": "test"}]}`)
		k.Becomes("198.51.100.7", false)
		require.False(t, k.Allows("192.0.2.1"))
		require.True(t, k.Allows("203.0.113.7"))

		c.Publish(blocking(t, "192.0.2.0/24"), "")
		result(k, release.Refused)
		fails("serve.guard")
		require.False(t, k.Allows("198.51.100.7"))
		require.EqualValues(t, 2, k.Keeper.Status().Parts.Release())

		c.Publish(blocking(t, "198.51.100.0/25"), "", func(p *release.Payload) { p.Channel = "test" })
		result(k, release.WrongChannel)
		c.Publish(blocking(t, "198.51.100.0/25"), "", func(p *release.Payload) { p.Snapshots[0].Fingerprint = "00112233445566778899aabbccddeeff" })
		result(k, release.SnapshotInvalid)
		fails("not 00112233445566778899aabbccddeeff, as the release says")

		k.Move("netwicket.json", c.Following(`}, "edge": {"trusted": ["10.0.0.1"]}, "serve": {"guard": ["192.0.2.200"]}}`))
		require.Eventually(t, func() bool { return k.Keeper.Status().Parts.Edge != nil }, keepertest.Patience, 5*time.Millisecond)
		require.EqualValues(t, 2, k.Keeper.Status().Parts.Release(), "the release stays")
		require.False(t, k.Allows("198.51.100.7"))
		require.True(t, k.Allows("203.0.113.7"))

		c.Publish(blocking(t, "203.0.113.0/24"), "")
		k.Becomes("203.0.113.7", false)
		require.NotNil(t, k.Keeper.Status().Parts.Edge, "the edge stays")

		k.Write("zones.json", keepertest.Blocklist("1.2.3.0/24"))
		k.Move("netwicket.json", `{"okta": {"zones": ["zones.json"]}, "edge": {}, "serve": {}}`)
		k.Fails("the policy file follows no channel of releases any more (from), which takes effect at a restart")
		require.False(t, k.Allows("203.0.113.7"))
	})
}

// A policy of files cannot become one of a channel while it is kept.
func TestFollowsFromTheStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := keepertest.NewChannel(t)
		k := keepertest.Keep(t, keepertest.PlainPolicy())
		k.Write("prod.pub", c.PublicKey())
		k.Move("netwicket.json", c.Following(`}}`))
		k.Fails("the policy file follows a channel of releases now (from), which takes effect at a restart")
		require.False(t, k.Allows("203.0.113.7"))
		require.True(t, k.Allows("198.51.100.7"))
	})
}

// The state is in force before anybody is asked, also if nobody answers; and it is never
// older than what was accepted before.
func TestStartsFromTheState(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := keepertest.NewChannel(t)
		k := keepertest.Keep(t, c.Files(`}}`))
		c.Publish(blocking(t, "203.0.113.0/24"), "")
		k.Becomes("198.51.100.7", true)
		require.NoError(t, os.RemoveAll(c.Folder))
		result(k, release.Unreachable)

		opened, err := keeper.Open(k.Folder)
		require.NoError(t, err)
		require.Equal(t, release.FromState, opened.Status().Release.Source)
		require.False(t, opened.Live().Decide(netip.MustParseAddr("203.0.113.7")).Allowed())
		require.True(t, opened.Live().Decide(netip.MustParseAddr("198.51.100.7")).Allowed())
	})
}

// An entry of a release's overlay ends when it says so, whatever else goes on; and a release
// whose time is over is withdrawn where the policy file says so.
func TestReleasesEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
		var ahead atomic.Int64
		now := func() time.Time { return start.Add(time.Duration(ahead.Load())) }
		c := keepertest.NewChannel(t)
		c.Now = func() time.Time { return start }
		c.Publish(blocking(t, "203.0.113.0/24"), `{"allow": [{"network": "203.0.113.7", "until": "2026-01-02T03:34:05Z", "why": "test"}]}`)
		k := keepertest.Keep(t, c.Files(`, "onExpired": "deny"}}`), func(o *keeper.Options) { keeper.WithClock(o, now, 10*time.Millisecond) })
		k.Becomes("203.0.113.7", true)
		require.False(t, k.Allows("203.0.113.8"))
		ahead.Store(int64(40 * time.Minute))
		k.Becomes("203.0.113.7", false)
		require.True(t, k.Allows("198.51.100.7"))
		ahead.Store(int64(2 * time.Hour))
		k.Becomes("198.51.100.7", false)
		require.Nil(t, k.Keeper.Live().Policy())
		k.Fails("everything is denied until another one comes")
		c.Now = now
		c.Publish(blocking(t, "203.0.113.0/24"), "")
		k.Becomes("198.51.100.7", true)
		require.False(t, k.Allows("203.0.113.7"))
	})
}

// What a clock that runs ahead ended comes back when it is set right: also where the release came
// meanwhile, and where the policy file changed meanwhile (docs/semantics.md, overlay-4).
func TestClockIsSetBackUnderARelease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
		var ahead atomic.Int64
		now := func() time.Time { return start.Add(time.Duration(ahead.Load())) }
		c := keepertest.NewChannel(t)
		c.Now = func() time.Time { return start }
		ahead.Store(int64(40 * time.Minute))
		c.Publish(blocking(t, "203.0.113.0/24"), `{"deny": [{"network": "198.51.100.7", "until": "2026-01-02T03:34:05Z", "why": "test"}]}`)
		k := keepertest.Keep(t, c.Files(`}}`), func(o *keeper.Options) { keeper.WithClock(o, now, 10*time.Millisecond) })
		k.Becomes("198.51.100.7", true)
		ahead.Store(0)
		k.Becomes("198.51.100.7", false)
		ahead.Store(int64(40 * time.Minute))
		k.Becomes("198.51.100.7", true)
		k.Move("netwicket.json", c.Following(`}, "edge": {"trusted": ["10.0.0.1"]}}`))
		require.Eventually(t, func() bool { return k.Keeper.Status().Parts.Edge != nil }, keepertest.Patience, 5*time.Millisecond)
		require.True(t, k.Allows("198.51.100.7"))
		ahead.Store(0)
		k.Becomes("198.51.100.7", false)
	})
}

// A channel never goes below the version that the policy file asks for, and whoever wants to
// hear of each look does.
func TestChannelBelowTheVersionThatIsWanted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := keepertest.NewChannel(t)
		c.Publish(blocking(t, "203.0.113.0/24"), "")
		looks := make(chan release.Result, 1000)
		k := keepertest.Keep(t, c.Files(`, "minVersion": 2}}`), func(o *keeper.Options) {
			o.Released = func(look release.Outcome) { looks <- look.Result }
		})
		result(k, release.OldVersion)
		require.Eventually(t, func() bool { return <-looks == release.OldVersion }, keepertest.Patience, time.Millisecond)
		require.False(t, k.Allows("198.51.100.7"))
		c.Publish(blocking(t, "203.0.113.0/24"), "")
		k.Becomes("198.51.100.7", true)
		require.Eventually(t, func() bool { return <-looks == release.Installed }, keepertest.Patience, time.Millisecond)
	})
}

// A policy file that changes while a release is fetched is in force beside that release.
func TestReleaseBesideAPolicyFileThatChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := keepertest.NewChannel(t)
		k := keepertest.Keep(t, c.Files(`}}`))
		c.Publish(blocking(t, "203.0.113.0/24"), "")
		k.Becomes("198.51.100.7", true)
		snapshot := blocking(t, "198.51.100.0/24")
		header, err := decide.ReadSnapshotHeader(strings.NewReader(snapshot))
		require.NoError(t, err)
		prepared, err := k.Keeper.PrepareRelease(release.Candidate{
			Payload: release.Payload{Channel: "prod", Version: 2}, Chosen: release.Snapshot{Fingerprint: header.Fingerprint}, Snapshot: []byte(snapshot), Now: time.Now(),
		})
		require.NoError(t, err)
		k.Move("netwicket.json", c.Following(`}, "edge": {"trusted": ["10.0.0.1"]}}`))
		require.Eventually(t, func() bool { return k.Keeper.Status().Parts.Edge != nil }, keepertest.Patience, 5*time.Millisecond)
		prepared.Install()
		require.False(t, k.Allows("198.51.100.7"))
		require.NotNil(t, k.Keeper.Status().Parts.Edge)
		require.EqualValues(t, 2, k.Keeper.Status().Parts.Release())
	})
}
