package main

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/forwardauth"
	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/decide/release"
	"github.com/netwicket/netwicket/internal/keepertest"
)

// A service that follows a channel is ready once a release is in force, and where the policy
// file says so only until that expires.
func TestServeIsReadyWithARelease(t *testing.T) {
	for onExpired, ready := range map[string]bool{"keep": true, "unready": false} {
		synctest.Test(t, func(t *testing.T) {
			c := keepertest.NewChannel(t)
			folder := t.TempDir()
			writeFile(t, folder+"/zones.json", keepertest.Blocklist("203.0.113.0/24"))
			k := keepertest.Keep(t, c.Files(`, "onExpired": "`+onExpired+`"}}`))
			kept := &keptPolicy{Keeper: k.Keeper}
			f := kept.fares()
			require.Equal(t, []bool{true, false, false}, []bool{f.Follows, f.Release.InForce, f.Ready})

			c.Publish(keepertest.Snapshot(t, folder+"/zones.json"), "", func(p *release.Payload) { p.Expires = c.Now().Add(time.Second) })
			k.Becomes("198.51.100.7", true)
			synctest.Wait()
			f = kept.fares()
			require.Equal(t, []bool{true, true, false, true}, []bool{f.Follows, f.Release.InForce, f.Release.Expired, f.Ready})
			require.Equal(t, forwardauth.Success, f.LastResult)

			time.Sleep(2 * time.Second) // of the bubble
			synctest.Wait()
			f = kept.fares()
			require.Equal(t, []bool{true, true, true, ready}, []bool{f.Follows, f.Release.InForce, f.Release.Expired, f.Ready}, onExpired)
		})
	}
}

// A service without a channel tells of its files alone: since when they are in force, and why
// what they hold now is not.
func TestServeTellsHowFilesFare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := keepertest.Keep(t, keepertest.PlainPolicy())
		kept := &keptPolicy{Keeper: k.Keeper}
		since := time.Now()
		require.Equal(t, forwardauth.Fare{Since: since, LastResult: forwardauth.Success}, kept.fares())
		time.Sleep(time.Minute) // of the bubble
		k.Write("zones.json", "[{")
		k.Fails("zones.json:1:")
		f := kept.fares()
		require.Equal(t, since, f.Since)
		require.Equal(t, forwardauth.Failure, f.LastResult)
		require.ErrorContains(t, f.LastErr, "zones.json:1:")
		require.False(t, f.Follows)
	})
}

// The channel that a service follows is the one of its start: another one takes a restart, and
// one that is as it was does not.
func TestServeFollowsTheChannelOfItsStart(t *testing.T) {
	c := keepertest.NewChannel(t)
	folder := t.TempDir()
	parts := func(text string) *policyfile.Parts {
		for name, content := range c.Files(`}}`) {
			writeFile(t, folder+"/"+name, content)
		}
		if text != "" {
			writeFile(t, folder+"/netwicket.json", text)
		}
		p := policyfile.Load(policyfile.Options{Paths: []string{folder}})
		require.NoError(t, p.Err())
		return p
	}
	k := &keptPolicy{}
	require.False(t, k.followsAnother(parts("")), "the first one")
	require.False(t, k.followsAnother(parts("")))
	other := strings.Replace(c.Following(`}}`), `"prod"`, `"test"`, 1)
	for range 2 {
		require.True(t, k.followsAnother(parts(other)), "as long as it is another")
	}
	require.False(t, k.followsAnother(parts("")))
}
