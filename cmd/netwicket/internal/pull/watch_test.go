package pull

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The waits between looks (U14): a tenth more or less, twice as long after each
// failure, and never longer than ten minutes unless it was asked for.
func TestPause(t *testing.T) {
	for _, c := range []struct {
		every    time.Duration
		failures int
		want     time.Duration
	}{
		{time.Minute, 0, time.Minute},
		{time.Minute, 1, 2 * time.Minute},
		{time.Minute, 3, 8 * time.Minute},
		{time.Minute, 4, 10 * time.Minute},
		{time.Minute, 1 << 30, 10 * time.Minute},
		{10 * time.Second, 2, 40 * time.Second},
		{10 * time.Minute, 5, 10 * time.Minute},
		{time.Hour, 5, time.Hour},
	} {
		require.Equal(t, c.want*9/10, pause(c.every, c.failures, 0).Round(time.Millisecond))
		require.Equal(t, c.want, pause(c.every, c.failures, 0.5).Round(time.Millisecond))
		for range 100 {
			got := pause(c.every, c.failures, rand.Float64())
			require.LessOrEqual(t, got, c.want*11/10)
			require.GreaterOrEqual(t, got, c.want*9/10)
		}
	}
}

func TestMetricsAge(t *testing.T) {
	now := time.Date(2026, 11, 25, 8, 0, 0, 0, time.UTC)
	m := NewMetrics(now.Add(-time.Hour), func() time.Time { return now })
	require.Equal(t, time.Hour, m.Age())
	m.Looked(&Refused{})
	require.Equal(t, time.Hour, m.Age())
	m.Looked(nil)
	require.Zero(t, m.Age())
	now = now.Add(time.Minute)
	require.Equal(t, time.Minute, m.Age())
	now = now.Add(-time.Hour)
	require.Zero(t, m.Age(), "a clock that was set back")
	require.Zero(t, NewMetrics(time.Time{}, func() time.Time { return now }).Age(), "nobody knows")
}

func TestRoutedSpace(t *testing.T) {
	require.Equal(t, uint64(3_702_258_432), size(routed()))
}
