package keeper_test

import (
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide/keeper"
	"github.com/netwicket/netwicket/internal/keepertest"
)

const (
	withOverlay  = `{"okta": {"zones": ["zones.json"]}, "overlay": "overlay.json", "serve": {"guard": ["192.0.2.9"]}}`
	quietOverlay = `{"deny": []}`
)

func denying(network string) string { return `{"deny": [{"network": "` + network + `"}]}` }

// emergency is a policy with an overlay that says nothing, and a mistake in another
// file.
func emergency(t *testing.T, spoil func(*keepertest.Kept)) *keepertest.Kept {
	t.Helper()
	k := keepertest.Keep(t, map[string]string{
		"netwicket.json": withOverlay, "zones.json": keepertest.Blocklist("203.0.113.0/24"), "overlay.json": quietOverlay,
	})
	spoil(k)
	return k
}

func alone(r keeper.Report) bool { return r.Cause == keeper.OverlayAlone && r.Err == nil }

// TestEmergencyDoesNotWait: whatever is wrong with other files, what the overlay says
// is in force at once, and so is what it says no more.
func TestEmergencyDoesNotWait(t *testing.T) {
	for name, spoil := range map[string]func(*keepertest.Kept){
		"a zone document with an error": func(k *keepertest.Kept) { k.Move("zones.json", "nonsense"); k.Fails("zones.json") },
		"a zone document that is gone": func(k *keepertest.Kept) {
			require.NoError(k.T, os.Remove(k.Path("zones.json")))
			k.Fails("no such file")
		},
		"zones that deny the guard": func(k *keepertest.Kept) {
			k.Move("zones.json", keepertest.Blocklist("192.0.2.0/24"))
			k.Fails("serve.guard")
		},
		"a policy file with an error": func(k *keepertest.Kept) { k.Move("netwicket.json", "{"); k.Fails("netwicket.json") },
		"a policy file that is gone": func(k *keepertest.Kept) {
			require.NoError(k.T, os.Remove(k.Path("netwicket.json")))
			k.Fails("no such file")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				k := emergency(t, spoil)
				before := k.Keeper.Status()
				require.Zero(t, before.Overlay)
				k.Move("overlay.json", denying("198.51.100.7"))
				r := k.Reported("the overlay alone", alone)
				require.Equal(t, before.Err.Error(), r.Failing.Error())
				require.False(t, k.Allows("198.51.100.7"))
				require.False(t, k.Allows("203.0.113.7"), "the other documents stay")
				require.True(t, k.Allows("192.0.2.9"))
				s := k.Keeper.Status()
				require.NotZero(t, s.Overlay)
				require.Equal(t, before.Loaded, s.Loaded)
				require.Equal(t, before.Failing, s.Failing)
				require.ErrorContains(t, k.Keeper.Err(), "stays in force, with the overlay of "+s.Overlay.Format(time.RFC3339))

				k.Move("overlay.json", denying("198.51.100.8"))
				k.Reported("the overlay alone", alone)
				require.True(t, k.Allows("198.51.100.7"))
				require.False(t, k.Allows("198.51.100.8"))

				k.Move("netwicket.json", withOverlay)
				k.Move("zones.json", keepertest.Blocklist("198.51.100.7/32"))
				k.Becomes("198.51.100.7", false)
				require.False(t, k.Allows("198.51.100.8"))
				require.Eventually(t, func() bool { return k.Keeper.Err() == nil }, keepertest.Patience, time.Millisecond)
				require.Zero(t, k.Keeper.Status().Overlay)
			})
		})
	}
}

// TestEmergencyKeepsTheRules: an overlay alone is held to what holds for all of them.
func TestEmergencyKeepsTheRules(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := emergency(t, func(k *keepertest.Kept) { k.Move("zones.json", "nonsense"); k.Fails("zones.json") })
		k.Move("overlay.json", denying("198.51.100.7"))
		k.Reported("the overlay alone", alone)

		k.Move("overlay.json", `{"deny": [{"network": "192.0.2.9"}]}`)
		r := k.Reported("a refusal", func(r keeper.Report) bool { return r.Cause == keeper.OverlayAlone && r.Err != nil })
		require.ErrorContains(t, r.Err, "serve.guard")
		require.ErrorContains(t, k.Keeper.Err(), "nor is the overlay: it denies 192.0.2.9")
		require.True(t, k.Allows("192.0.2.9"))
		require.False(t, k.Allows("198.51.100.7"), "the one before stays")

		k.Move("overlay.json", `{"deny": [{"network": "192.0.2"`)
		k.Fails("overlay.json")
		require.False(t, k.Allows("198.51.100.7"))
		require.NoError(t, os.Remove(k.Path("overlay.json")))
		k.Fails("no such file")
		require.False(t, k.Allows("198.51.100.7"))

		k.Move("overlay.json", quietOverlay)
		k.Becomes("198.51.100.7", true)
		require.NoError(t, k.Keeper.Status().OverlayErr)
	})
}

// TestFirstOverlay: an emergency may be the first one, which the policy file names
// only now.
func TestFirstOverlay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := keepertest.Keep(t, keepertest.PlainPolicy())
		k.Move("zones.json", "nonsense")
		k.Fails("zones.json")
		k.Move("first.json", denying("198.51.100.7"))
		k.Move("netwicket.json", `{"okta": {"zones": ["zones.json"]}, "overlay": "first.json"}`)
		k.Becomes("198.51.100.7", false)
		k.Move("first.json", denying("198.51.100.8"))
		k.Becomes("198.51.100.7", true)
		require.False(t, k.Allows("198.51.100.8"))
	})
}

// TestEmergencyWhileFilesHang: nothing else can be loaded then.
func TestEmergencyWhileFilesHang(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMount(brief)
		k := keepertest.Keep(t, map[string]string{
			"netwicket.json": withOverlay, "zones.json": keepertest.Blocklist("203.0.113.0/24"), "overlay.json": quietOverlay,
		}, m.options)
		m.hang(k)
		k.Fails("does not answer")
		for _, denied := range []string{"198.51.100.7", "198.51.100.8"} {
			k.Move("overlay.json", denying(denied))
			r := k.Reported("the overlay alone", alone)
			require.ErrorIs(t, r.Failing, keeper.ErrHanging)
			require.False(t, k.Allows(denied))
		}
		require.True(t, k.Allows("198.51.100.7"))
		require.ErrorIs(t, k.Keeper.Err(), keeper.ErrHanging)
		m.answer()
		k.Succeeds()
		require.False(t, k.Allows("198.51.100.8"))
	})
}

// TestOverlayAloneExpires: an entry that came alone ends like any other.
func TestOverlayAloneExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMount(time.Hour)
		k := keepertest.Keep(t, brokenGlass(), m.options)
		k.Move("zones.json", "nonsense")
		k.Fails("zones.json")
		k.Move("overlay.json", `{"deny": [{"network": "192.0.2.7", "until": "2026-01-02T03:05:05Z"}]}`)
		k.Becomes("192.0.2.7", false)
		require.False(t, k.Allows("203.0.113.7"), "the overlay is replaced as a whole")
		m.ahead.Store(60)
		k.Becomes("192.0.2.7", true)
		require.ErrorContains(t, k.Keeper.Err(), "zones.json")
	})
}
