package replay_test

import "testing"

// Days that are too many are weeks, even where the weeks begin closer to each other, and
// whoever asks for a time eight days before finds its own bucket.
func TestWeeksAndDays(t *testing.T) {
	const day, monday = 86400, 345600 + 2000*7*86400
	clocks(t, []int64{monday, monday + 244*day})
	clocks(t, []int64{monday + 244*day}, []int64{monday})
	clocks(t, []int64{monday}, []int64{monday, monday + 244*day})
	for _, apart := range []int64{8 * day, 4 * day, 3600} {
		clocks(t, []int64{monday + 5, monday + 5 - apart, monday + 5, monday + 5 - apart})
		clocks(t, []int64{monday + 5, monday + 5 + apart, monday + 5})
	}
}
