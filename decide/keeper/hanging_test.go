package keeper_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide/keeper"
	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/internal/keepertest"
)

// mount is what files are read from: it answers, or it does not.
type mount struct {
	silence  atomic.Pointer[chan struct{}] // closed when it answers again; nil: it answers
	begun    atomic.Int64
	ahead    atomic.Int64 // of the clock, in seconds
	patience time.Duration
}

// brief is longer than a small policy takes to load, and short enough to wait for.
const brief = time.Second

var epoch = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func newMount(patience time.Duration) *mount {
	return &mount{patience: patience}
}

func (m *mount) options(o *keeper.Options) {
	o.Timing.Load = m.patience
	keeper.WithReading(o, func(file string) {
		if file != "" {
			return
		}
		m.begun.Add(1)
		if silence := m.silence.Load(); silence != nil {
			<-*silence
		}
	})
	keeper.WithClock(o, func() time.Time { return epoch.Add(time.Duration(m.ahead.Load()) * time.Second) }, 10*time.Millisecond)
}

// fallSilent lets the loads that begin from now on hang.
func (m *mount) fallSilent() {
	silence := make(chan struct{})
	m.silence.Store(&silence)
}

// hang lets the next load hang, and waits until it does.
func (m *mount) hang(k *keepertest.Kept) {
	before := m.begun.Load()
	m.fallSilent()
	k.Asked <- struct{}{}
	require.Eventually(k.T, func() bool { return m.begun.Load() == before+1 }, keepertest.Patience, time.Millisecond)
}

// answer lets the load that hangs go on, and those after it. It waits for nobody: a
// load that was given up may not have come to where it would hang.
func (m *mount) answer() { close(*m.silence.Swap(nil)) }

// brokenGlass is a policy with an overlay that denies 198.51.100.7 for a minute and lets
// 203.0.113.7 in for two.
func brokenGlass() map[string]string {
	files := keepertest.PlainPolicy()
	files["netwicket.json"] = `{"okta": {"zones": ["zones.json"]}, "overlay": "overlay.json"}`
	files["overlay.json"] = `{"deny": [{"network": "198.51.100.7", "until": "2026-01-02T03:05:05Z"}],
		"allow": [{"network": "203.0.113.7", "until": "2026-01-02T03:06:05Z"}]}`
	return files
}

// TestExpiryWaitsForNoLoad: entries end when they say, whatever is being loaded, and
// whether or not it was given up.
func TestExpiryWaitsForNoLoad(t *testing.T) {
	for name, patience := range map[string]time.Duration{"while it may still answer": time.Hour, "after it was given up": brief} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := newMount(patience)
				k := keepertest.Keep(t, brokenGlass(), m.options)
				require.True(t, k.Allows("203.0.113.7"))
				m.hang(k)
				if patience != time.Hour {
					k.Fails("does not answer")
				}
				m.ahead.Store(60)
				k.Becomes("198.51.100.7", true)
				require.True(t, k.Allows("203.0.113.7"))
				m.ahead.Store(120)
				k.Becomes("203.0.113.7", false)
				m.answer()
				k.Reported("the files again", func(r keeper.Report) bool {
					return r.Err == nil && r.Cause == keeper.Asked || r.Cause == keeper.Retried
				})
				require.False(t, k.Allows("203.0.113.7"))
			})
		})
	}
}

// TestLateLoadPutsNothingBack: a load that began before an entry expired ends after it.
func TestLateLoadPutsNothingBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMount(time.Hour)
		k := keepertest.Keep(t, brokenGlass(), m.options)
		m.hang(k)
		m.ahead.Store(120)
		k.Becomes("203.0.113.7", false)
		k.Install.Store(func() error {
			if k.Keeper != nil && k.Allows("203.0.113.7") {
				t.Error("it is back")
			}
			return nil
		})
		m.answer()
		for range 3 {
			k.Asked <- struct{}{} // which is heard once the one before is in force
			k.Reported("the files again", func(r keeper.Report) bool { return r.Err == nil && r.Cause == keeper.Asked })
			require.False(t, k.Allows("203.0.113.7"))
		}
	})
}

// TestHangingLoadIsGivenUp: it is said, nothing else is begun beside it, and when it
// ends at last, what it gives is thrown away and everything is loaded anew.
func TestHangingLoadIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMount(brief)
		k := keepertest.Keep(t, keepertest.PlainPolicy(), m.options)
		m.hang(k)
		first := k.Fails("does not answer")
		require.ErrorIs(t, first.Err, keeper.ErrHanging)
		require.Equal(t, keeper.Asked, first.Cause)
		require.ErrorIs(t, k.Keeper.Err(), keeper.ErrHanging)
		require.ErrorContains(t, k.Keeper.Err(), "stays in force")
		require.False(t, k.Allows("203.0.113.7"))

		k.Write("zones.json", keepertest.Blocklist("198.51.100.0/24"))
		begun := m.begun.Load()
		for range 3 {
			k.Asked <- struct{}{}
			require.ErrorIs(t, k.Fails("does not answer").Err, keeper.ErrHanging)
		}
		require.Equal(t, begun, m.begun.Load(), "one that hangs is enough")

		m.answer()
		k.Succeeds()
		require.Greater(t, m.begun.Load(), begun, "loaded anew")
		require.NoError(t, k.Keeper.Err())
		require.True(t, k.Allows("203.0.113.7"))
	})
}

// What a load that was given up was begun for is not forgotten: a database that was said to
// have changed looks as the one in force does, and is read by the load behind it.
func TestHangingLoadOfADatabase(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, changed := newMount(brief), make(chan string)
		files := keepertest.PlainPolicy()
		files["netwicket.json"] = `{"okta": {"zones": ["zones.json"]}, "geo": ["geo.csv"]}`
		files["zones.json"] = `[{"type":"DYNAMIC","id":"d","name":"d","status":"ACTIVE","usage":"BLOCKLIST","locations":[{"country":"DE"}]}]`
		country := func(code string) string {
			return "network,country,region,asn,anonymizer,services\n203.0.113.0/24," + code + ",,,,\n"
		}
		files["geo.csv"] = country("FR")
		k := keepertest.New(t)
		long := time.Now().Add(-time.Hour)
		for name, text := range files {
			k.Write(name, text)
			require.NoError(t, os.Chtimes(k.Path(name), long, long))
		}
		k.Start(m.options, func(o *keeper.Options) { o.Changed, o.Timing.Poll = changed, time.Hour })
		require.True(t, k.Allows("203.0.113.7"))

		k.Write("geo.csv", country("DE")) // as large and as old
		require.NoError(t, os.Chtimes(k.Path("geo.csv"), long, long))
		m.fallSilent()
		changed <- k.Path("geo.csv")
		require.Equal(t, keeper.Changed, k.Fails("does not answer").Cause)
		require.True(t, k.Allows("203.0.113.7"))
		m.answer()
		require.Equal(t, keeper.Retried, k.Succeeds().Cause)
		require.False(t, k.Allows("203.0.113.7"))
	})
}

// TestRunEndsWhileLoading: nobody waits for a load.
func TestRunEndsWhileLoading(t *testing.T) {
	for name, patience := range map[string]time.Duration{"while it may still answer": time.Hour, "after it was given up": brief} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := newMount(patience)
				k := keepertest.New(t)
				for file, content := range keepertest.PlainPolicy() {
					k.Write(file, content)
				}
				o := keeper.Options{Policy: policyfile.Options{Paths: []string{k.Folder}}, Asked: k.Asked, Report: func(r keeper.Report) { k.Reports <- r }}
				m.options(&o)
				kept, err := keeper.OpenWith(o)
				require.NoError(t, err)
				ctx, cancel := context.WithCancel(t.Context())
				ended := make(chan error)
				go func() { ended <- kept.Run(ctx) }()
				m.hang(k)
				if patience != time.Hour {
					k.Fails("does not answer")
				}
				cancel()
				require.NoError(t, <-ended)
				m.answer()
			})
		})
	}
}

// TestStartGivesUp: there is no policy to stay with.
func TestStartGivesUp(t *testing.T) {
	for name, row := range map[string]struct {
		serve    string
		patience time.Duration
	}{
		"as the program says":  {`{}`, time.Millisecond},
		"the program is asked": {`{"loadTimeout": "1h"}`, time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				k := keepertest.New(t)
				k.Write("netwicket.json", `{"okta": {"zones": ["zones.json"]}, "serve": `+row.serve+`}`)
				k.Write("zones.json", keepertest.Blocklist("203.0.113.0/24"))
				m := newMount(row.patience)
				o := keeper.Options{Policy: policyfile.Options{Paths: []string{k.Folder}}}
				m.options(&o)
				m.fallSilent()
				kept, err := keeper.OpenWith(o)
				require.ErrorIs(t, err, keeper.ErrHanging)
				require.Nil(t, kept)
				m.answer()
			})
		})
	}
}

// TestThePolicyFileSaysHowLong: what it says is shorter or longer than what is taken
// without it. Time is the bubble's: it stands still until nothing else happens.
func TestThePolicyFileSaysHowLong(t *testing.T) {
	for serve, want := range map[string]time.Duration{
		`{"loadTimeout": "7s"}`: 7 * time.Second, `{"loadTimeout": "2h"}`: 2 * time.Hour, `{}`: policyfile.DefaultServe().LoadTimeout,
	} {
		t.Run(serve, func(t *testing.T) {
			folder := t.TempDir()
			for name, text := range map[string]string{
				"netwicket.json": `{"okta": {"zones": ["zones.json"]}, "serve": ` + serve + `}`, "zones.json": keepertest.Blocklist("203.0.113.0/24"),
			} {
				require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600))
			}
			synctest.Test(t, func(t *testing.T) {
				m := newMount(0)
				o := keeper.Options{Policy: policyfile.Options{Paths: []string{folder}}}
				m.options(&o)
				m.fallSilent()
				begun := time.Now()
				_, err := keeper.OpenWith(o)
				require.ErrorIs(t, err, keeper.ErrHanging)
				require.Equal(t, want, time.Since(begun))
				m.answer()
			})
		})
	}
}

// TestFollowMayHang: to watch a folder is to touch it.
func TestFollowMayHang(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		var calls atomic.Int64
		k := keepertest.Keep(t, keepertest.PlainPolicy(), func(o *keeper.Options) {
			o.Timing.Load = brief
			o.Changed = make(chan string)
			o.Follow = func([]string) error {
				if calls.Add(1) == 1 {
					<-release
					return errors.New("late")
				}
				return nil
			}
		})
		require.ErrorIs(t, k.Fails("does not answer").Err, keeper.ErrHanging)
		close(release)
		k.Succeeds()
		require.NoError(t, k.Keeper.Err())
	})
}
