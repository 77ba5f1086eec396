package asking

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Clock is the time that everything goes by here. What is nil is the machine's.
type Clock struct {
	Now   func() time.Time
	Sleep func(context.Context, time.Duration) error // until the time is over or the context ends
	Float func() float64                             // in [0, 1), so that many do not ask at once
}

// Complete is the clock with the machine's in place of what is nil.
func (c Clock) Complete() Clock {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Sleep == nil {
		c.Sleep = sleep
	}
	if c.Float == nil {
		c.Float = rand.Float64
	}
	return c
}

// quota is what a tenant said of a family's rate limit.
type quota struct {
	limit, remaining int64
	reset, date      time.Time // both by the tenant's clock
	seen             time.Time // by ours
}

// readQuota reads the headers of a rate limit. Without all of them, Date included,
// nobody knows how long there is to wait: our clock may be another.
func readQuota(header http.Header, now time.Time) (quota, bool) {
	limit, known := number(header, "X-Rate-Limit-Limit")
	remaining, counted := number(header, "X-Rate-Limit-Remaining")
	reset, ends := number(header, "X-Rate-Limit-Reset")
	date, err := http.ParseTime(header.Get("Date"))
	if !known || !counted || !ends || err != nil {
		return quota{}, false
	}
	return quota{limit, remaining, time.Unix(reset, 0), date, now}, true
}

// number is a header's number; of several fields, the largest, so that a wait is
// never too short.
func number(header http.Header, name string) (largest int64, found bool) {
	const most = 1 << 40 // beyond any time in seconds; a sum of two of them fits
	for _, value := range header.Values(name) {
		n, err := strconv.ParseInt(strings.TrimSpace(value), 10, 64)
		if err != nil || n < 0 || n > most {
			return 0, false
		}
		largest, found = max(largest, n), true
	}
	return largest, found
}

// low says that the tenant's other callers need what is left (U6).
func (q quota) low() bool { return q.limit > 0 && q.remaining <= q.limit/10 }

// wait is how long it is to the end of the window, with a second for good measure.
// The window may be over by the tenant's own clock.
func (q quota) wait() time.Duration { return q.reset.Sub(q.date) + time.Second }

// refused is how long to wait after a 429, and until when by the tenant's clock (U6).
// What is not above zero is none that it told.
func refused(header http.Header, now time.Time) (time.Duration, string) {
	if len(header.Values("X-Rate-Limit-Limit")) == 0 {
		return retryAfter(header.Get("Retry-After"), header.Get("Date"))
	}
	q, _ := readQuota(header, now)
	if q.limit == 0 { // also if nobody knows
		return 0, ""
	}
	return q.wait(), untilText(q.reset)
}

// retryAfter is SailPoint's way: seconds, or a time beside the answer's own.
func retryAfter(text, date string) (time.Duration, string) {
	const most = 1 << 32 // seconds, which a Duration holds
	from, dated := http.ParseTime(date)
	if seconds, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64); err == nil {
		wait := time.Duration(min(max(seconds, 0), most)) * time.Second
		if dated != nil {
			return wait, "for " + wait.String()
		}
		return wait, untilText(from.Add(wait))
	}
	until, err := http.ParseTime(text)
	if err != nil || dated != nil {
		return 0, ""
	}
	return until.Sub(from), untilText(until)
}

func untilText(t time.Time) string { return "until " + t.UTC().Format(time.RFC3339) }

// backOff is how long to wait where nobody says: 1, 2, 4, 8 seconds and up to a
// quarter more.
func (c *Client) backOff(attempt int) time.Duration {
	return time.Duration(float64(time.Second<<(attempt-1)) * (1 + c.clock.Float()/4))
}

// leave waits for the end of the window of a family of which little is left.
func (c *Client) leave(ctx context.Context, q Question) error {
	known := c.quotas[q.Family]
	if !known.low() {
		return nil
	}
	left := known.wait() - c.clock.Now().Sub(known.seen)
	if left <= 0 {
		return nil
	}
	if left > c.maxWait {
		return c.tooLong(q, fmt.Sprintf("%d of %d requests are left", known.remaining, known.limit), untilText(known.reset))
	}
	return c.pause(ctx, q, left)
}

// tooLong says until when a tenant would have to be waited for.
func (c *Client) tooLong(q Question, why, until string) error {
	return fmt.Errorf("%s, %s: %s, and the tenant asks to wait %s, which is longer than --max-wait %s", c.vendor, q.What, why, until, c.maxWait)
}

func (c *Client) pause(ctx context.Context, q Question, d time.Duration) error {
	c.progress(fmt.Sprintf("%s, %s: waiting for %s", c.vendor, q.What, d.Round(time.Second)))
	return c.clock.Sleep(ctx, d)
}

// sleep waits by the machine's clock.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
