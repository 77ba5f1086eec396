package pull

import (
	"context"
	"time"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/pull/asking"
)

// LeastWatch is the shortest time between two looks, and longestWait the longest
// that failures may stretch it to (U14).
const (
	LeastWatch  = 10 * time.Second
	longestWait = 10 * time.Minute
)

// Watch pulls again and again until the context ends. Whatever fails keeps what is
// in force, and the next look comes later (U14). report is told of every look, and
// how long it is to the next.
func (p *Puller) Watch(ctx context.Context, every time.Duration, clock asking.Clock, report func(*Look, error, time.Duration)) {
	clock = clock.Complete()
	failures := 0
	for {
		look, err := p.Pull(ctx)
		if ctx.Err() != nil {
			return
		}
		if failures++; err == nil {
			failures = 0
		}
		wait := pause(every, failures, clock.Float())
		report(look, err, wait)
		if clock.Sleep(ctx, wait) != nil {
			return
		}
	}
}

// pause is how long it is to the next look: a tenth more or less, so that many
// pullers do not ask at once, and twice as long after each failure in a row.
func pause(every time.Duration, failures int, random float64) time.Duration {
	wait := every
	for range failures {
		if wait >= longestWait {
			break
		}
		wait = min(2*wait, longestWait)
	}
	return time.Duration(float64(wait) * (0.9 + 0.2*random))
}
