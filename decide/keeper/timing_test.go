package keeper_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide/keeper"
	"github.com/netwicket/netwicket/internal/keepertest"
)

// TestUsualTiming: how long a Keeper waits that is not told, and how long one that is.
func TestUsualTiming(t *testing.T) {
	const ms = time.Millisecond
	for name, row := range map[string]struct {
		watched                              bool
		timing                               keeper.Timing
		quiet, latest, poll, retry, retryMax time.Duration
	}{
		"nobody tells of changes":  {false, keeper.Timing{}, 200 * ms, 2 * time.Second, 2 * time.Second, time.Second, time.Minute},
		"a watcher tells of them":  {true, keeper.Timing{}, 200 * ms, 2 * time.Second, 10 * time.Second, time.Second, time.Minute},
		"less than nothing":        {true, keeper.Timing{Quiet: -1, Latest: -1, Poll: -1, Retry: -1, RetryMax: -1}, 200 * ms, 2 * time.Second, 10 * time.Second, time.Second, time.Minute},
		"as short as can be":       {false, keeper.Timing{Quiet: 1}, 1, 2 * time.Second, 2 * time.Second, time.Second, time.Minute},
		"as it is told, by itself": {false, keeper.Timing{Quiet: 100 * ms, Latest: 3 * time.Second, Poll: 5 * time.Second, Retry: 700 * ms, RetryMax: 5 * time.Second}, 100 * ms, 3 * time.Second, 5 * time.Second, 700 * ms, 5 * time.Second},
		"as it is told":            {true, keeper.Timing{Quiet: 100 * ms, Latest: 3 * time.Second, Poll: 5 * time.Second, Retry: 700 * ms, RetryMax: 5 * time.Second}, 100 * ms, 3 * time.Second, 5 * time.Second, 700 * ms, 5 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				changed, looks := make(chan string), make(chan time.Time, 1000)
				k := keepertest.Keep(t, keepertest.PlainPolicy(), func(o *keeper.Options) {
					o.Timing = row.timing
					o.Follow = func([]string) error { looks <- time.Now(); return nil }
					if row.watched {
						o.Changed = changed
					}
				})
				begun := time.Now()
				look := func() time.Duration {
					select {
					case at := <-looks:
						return at.Sub(begun)
					case <-time.After(time.Minute):
						return -1
					}
				}
				require.Zero(t, look(), "it has the files watched")
				require.Equal(t, row.quiet, look(), "and looks whether they have changed before")
				require.Equal(t, row.poll+row.quiet, look())
				require.Equal(t, 2*row.poll+row.quiet, look())
				if row.watched {
					changed <- ""
					require.Equal(t, 2*row.poll+2*row.quiet, look(), "as soon as it is quiet")
					begun = time.Now()
					for range 3 * row.latest / row.quiet {
						changed <- ""
						time.Sleep(row.quiet / 2)
					}
					require.Equal(t, row.latest, look(), "it never is")
				}

				k.Install.Store(func() error { return errors.New("not this one") })
				k.Move("zones.json", keepertest.Blocklist("198.51.100.0/24"))
				fails := func() {
					t.Helper()
					select {
					case r := <-k.Reports:
						require.Error(t, r.Err)
					case <-time.After(3 * time.Minute):
						t.Fatal("it is not tried again")
					}
				}
				fails()
				pause := row.retry
				for range 8 {
					failed := time.Now()
					fails()
					require.Equal(t, pause, time.Since(failed))
					pause = min(2*pause, row.retryMax)
				}
			})
		})
	}
}

// TestMistakesAreGivenUp: what is wrong with the files is tried again until that would be as seldom as can be, and from then
// on when they have changed.
func TestMistakesAreGivenUp(t *testing.T) {
	for longest, want := range map[time.Duration][]time.Duration{
		7 * time.Second: {1, 2, 4}, 8 * time.Second: {1, 2, 4}, 9 * time.Second: {1, 2, 4, 8}, time.Second: {1},
	} {
		synctest.Test(t, func(t *testing.T) {
			k := keepertest.Keep(t, keepertest.PlainPolicy(), func(o *keeper.Options) {
				o.Timing = keeper.Timing{Poll: time.Hour, Retry: time.Second, RetryMax: longest}
			})
			k.Move("zones.json", "[")
			k.Asked <- struct{}{}
			synctest.Wait()
			require.Error(t, (<-k.Reports).Err)
			var pauses []time.Duration
			for failed := time.Now(); ; failed = time.Now() {
				select {
				case r := <-k.Reports:
					require.Error(t, r.Err)
					pauses = append(pauses, time.Since(failed)/time.Second)
					continue
				case <-time.After(50 * time.Minute):
				}
				break
			}
			require.Equal(t, want, pauses, longest)
		})
	}
}
