package keeper_test

import (
	"context"
	"errors"
	"os"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide/keeper"
	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/internal/keepertest"
)

// hung is a Keeper whose files hang and were given up, but for the overlay, which says nothing.
func hung(t *testing.T, change ...func(*keeper.Options)) *keepertest.Kept {
	t.Helper()
	m := newMount(brief)
	k := keepertest.Keep(t, map[string]string{
		"netwicket.json": withOverlay, "zones.json": keepertest.Blocklist("203.0.113.0/24"), "overlay.json": quietOverlay,
	}, append([]func(*keeper.Options){m.options}, change...)...)
	m.hang(k)
	k.Fails("does not answer")
	t.Cleanup(m.answer)
	return k
}

// aboutOverlay is a report of the overlay alone.
func aboutOverlay(r keeper.Report) bool { return r.Cause == keeper.OverlayAlone }

// TestBrokenOverlayAlone: an overlay that comes alone and is none is told of, and leaves the one before
// in force.
func TestBrokenOverlayAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := hung(t)
		k.Move("overlay.json", denying("198.51.100.7"))
		require.NoError(t, k.Reported("the overlay", aboutOverlay).Err)
		require.False(t, k.Allows("198.51.100.7"))
		in := k.Keeper.Status()
		for text, says := range map[string]string{"{": "overlay.json:1:2", `{"deny": [{"network": "192.0.2.9"}]}`: "serve.guard"} {
			k.Move("overlay.json", text)
			r := k.Reported("the overlay", aboutOverlay)
			require.ErrorContains(t, r.Err, says)
			require.ErrorContains(t, k.Keeper.Err(), "nor is the overlay: ")
			require.ErrorContains(t, k.Keeper.Err(), says)
			require.False(t, k.Allows("198.51.100.7"))
			require.True(t, k.Allows("192.0.2.9"))
			require.Equal(t, in.Overlay, k.Keeper.Status().Overlay)
			require.Same(t, in.Parts, k.Keeper.Status().Parts)
		}
		k.Move("overlay.json", denying("198.51.100.8"))
		require.NoError(t, k.Reported("the overlay", aboutOverlay).Err)
		require.True(t, k.Allows("198.51.100.7"))
		require.False(t, k.Allows("198.51.100.8"))
		require.NoError(t, k.Keeper.Status().OverlayErr)
	})
}

// TestOverlayAloneIsReadOnce: while nothing else answers, an overlay is read when it looks otherwise, and
// not at every look.
func TestOverlayAloneIsReadOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := hung(t)
		k.Move("overlay.json", denying("198.51.100.7"))
		require.NoError(t, k.Reported("the overlay", aboutOverlay).Err)
		inForce := k.Keeper.Live().Policy()
		time.Sleep(time.Second)
		require.Empty(t, k.Reports)
		require.Same(t, inForce, k.Keeper.Live().Policy())
		k.Move("overlay.json", denying("198.51.100.7")+" ") // which says the same
		time.Sleep(time.Second)
		require.Empty(t, k.Reports)
		require.Same(t, inForce, k.Keeper.Live().Policy())
	})
}

// TestEntryThatCameAloneEnds when it says, and not when somebody looks by chance.
func TestEntryThatCameAloneEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := hung(t, func(o *keeper.Options) { keeper.WithClock(o, time.Now, 0) })
		until := time.Now().Add(5 * time.Second)
		k.Move("overlay.json", `{"allow": [{"network": "203.0.113.7", "until": "`+until.Format(time.RFC3339Nano)+`"}]}`)
		require.NoError(t, k.Reported("the overlay", aboutOverlay).Err)
		require.True(t, k.Allows("203.0.113.7"))
		time.Sleep(time.Until(until) - 1)
		require.True(t, k.Allows("203.0.113.7"))
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		require.False(t, k.Allows("203.0.113.7"))
		require.Equal(t, keeper.Expiry, k.Succeeds().Cause)
		require.ErrorIs(t, k.Keeper.Err(), keeper.ErrHanging)
	})
}

// TestRefreshThatIsLeftAlone: whoever waits for files that hang waits no longer than it likes, or than
// anybody keeps them.
func TestRefreshThatIsLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMount(time.Hour)
		k := keepertest.New(t)
		for name, text := range keepertest.PlainPolicy() {
			k.Write(name, text)
		}
		o := keeper.Options{Policy: policyfile.Options{Paths: []string{k.Folder}}, Asked: k.Asked}
		m.options(&o)
		kept, err := keeper.OpenWith(o)
		require.NoError(t, err)
		running, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- kept.Run(running) }()
		m.hang(k)
		enough := errors.New("enough")
		waiting, leave := context.WithCancelCause(t.Context())
		refreshed := make(chan error, 2)
		go func() { refreshed <- kept.Refresh(waiting) }()
		synctest.Wait()
		require.Empty(t, refreshed)
		leave(enough)
		require.ErrorIs(t, <-refreshed, enough)
		go func() { refreshed <- kept.Refresh(t.Context()) }()
		synctest.Wait()
		require.Empty(t, refreshed)
		stop()
		require.NoError(t, <-ended)
		require.ErrorContains(t, <-refreshed, "nobody keeps the policy up to date")
		m.answer()
	})
}

// TestGivenUpOnce: a load that learns how long it may take when it has taken longer is given up once.
func TestGivenUpOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		silence, goOn, reads := make(chan struct{}), make(chan struct{}), 0
		k := keepertest.Keep(t, keepertest.PlainPolicy(), func(o *keeper.Options) {
			o.Around = func(load func()) { <-goOn; load() }
			keeper.WithReading(o, func(string) {
				if reads++; reads == 2 { // the first one is that of the start
					<-silence
				}
			})
		})
		k.Asked <- struct{}{}
		time.Sleep(2 * time.Minute)
		require.ErrorIs(t, k.Fails("does not answer").Err, keeper.ErrHanging)
		require.Empty(t, k.Reports)
		close(goOn)
		time.Sleep(time.Minute)
		require.Empty(t, k.Reports)
		close(silence)
		k.Succeeds()
	})
}

// TestAskedDuringALoad: who asks while files are loaded has them read anew afterwards, databases too, although looks that
// found nothing came in between.
func TestAskedDuringALoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var holds atomic.Bool
		goOn := make(chan struct{})
		files := german(t, "geo.csv", monday, 1)
		blocked := func(country string) string {
			return "network,country,region,asn,anonymizer,services\n198.51.100.0/24," + country + ",,,,\n"
		}
		files["geo.csv"] = blocked("FR")
		k := keepertest.Keep(t, files, func(o *keeper.Options) {
			o.Around = func(load func()) {
				load()
				if holds.Load() {
					<-goOn
				}
			}
		})
		holds.Store(true)
		k.Asked <- struct{}{}
		synctest.Wait()
		before, err := os.Stat(k.Path("geo.csv"))
		require.NoError(t, err)
		k.Write("geo.csv", blocked("DE"))
		require.NoError(t, os.Chtimes(k.Path("geo.csv"), before.ModTime(), before.ModTime()))
		k.Asked <- struct{}{}
		time.Sleep(time.Second)
		require.Empty(t, k.Reports)
		holds.Store(false)
		close(goOn)
		require.Equal(t, keeper.Asked, k.Succeeds().Cause)
		require.Equal(t, keeper.Asked, k.Succeeds().Cause)
		require.False(t, k.Allows("198.51.100.7"))
		time.Sleep(time.Second)
		require.Empty(t, k.Reports)
	})
}

// TestClockIsSetBackDuringALoad: what is loaded is in force as of the time when it gets there.
func TestClockIsSetBackDuringALoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMount(time.Hour)
		m.ahead.Store(70)
		k := keepertest.Keep(t, brokenGlass(), m.options, func(o *keeper.Options) {
			keeper.WithClock(o, func() time.Time { return epoch.Add(time.Duration(m.ahead.Load()) * time.Second) }, 0)
		})
		require.True(t, k.Allows("198.51.100.7"), "the entry has ended")
		m.hang(k)
		m.ahead.Store(0)
		m.answer()
		require.Equal(t, keeper.Asked, k.Succeeds().Cause)
		require.False(t, k.Allows("198.51.100.7"))
	})
}

// TestOverlayAloneChangesWhileItIsRead: what was read then is thrown away, and it is read again; so it is where its own time
// says that it was written meanwhile.
func TestOverlayAloneChangesWhileItIsRead(t *testing.T) {
	for name, during := range map[string]func(*keepertest.Kept){
		"another file":     func(k *keepertest.Kept) { k.Move("overlay.json", denying("198.51.100.8")) },
		"a time that came": func(*keepertest.Kept) { time.Sleep(200 * time.Millisecond) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := newMount(brief)
				var reads atomic.Int32
				var k *keepertest.Kept
				k = keepertest.Keep(t, map[string]string{
					"netwicket.json": withOverlay, "zones.json": keepertest.Blocklist("203.0.113.0/24"), "overlay.json": quietOverlay,
				}, m.options, func(o *keeper.Options) {
					keeper.WithReading(o, func(file string) {
						if silence := m.silence.Load(); file == "" && silence != nil {
							m.begun.Add(1)
							<-*silence
						}
						if file != "" {
							if reads.Add(1) == 2 { // the first was when the others were given up
								during(k)
							}
						}
					})
				})
				m.hang(k)
				k.Fails("does not answer")
				t.Cleanup(m.answer)
				synctest.Wait()
				require.EqualValues(t, 1, reads.Load())
				k.Move("overlay.json", denying("198.51.100.8"))
				soon := time.Now().Add(150 * time.Millisecond)
				require.NoError(t, os.Chtimes(k.Path("overlay.json"), soon, soon))
				require.NoError(t, k.Reported("the overlay", aboutOverlay).Err)
				require.EqualValues(t, 3, reads.Load())
				require.False(t, k.Allows("198.51.100.8"))
			})
		})
	}
}
