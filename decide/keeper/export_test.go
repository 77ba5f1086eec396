package keeper

import "time"

// WithClock makes a Keeper read another clock, and look at it that often.
func WithClock(o *Options, clock func() time.Time, sleep time.Duration) {
	o.clock, o.sleep = clock, sleep
}
