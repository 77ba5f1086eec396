package console

import (
	"fmt"
	"strconv"
	"time"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/replay"
	"github.com/netwicket/netwicket/decide"
)

// The chart's own units: each bar is barWidth wide, the highest is chartHeight high.
const (
	barWidth    = 10
	chartHeight = 200
	// leastHeight is that of a bar that would be too low to be seen.
	leastHeight = 2
	// leastBars are those that there is room for, so that a few are not as wide as the page.
	leastBars = 24
)

// chartView is the decisions over time as bars, denied ones at the bottom.
type chartView struct {
	Width, Height int
	Each          string // how long a bar is
	From, To      string
	Most          uint64 // requests of the highest bar
	Bars          []chartBar
	Allow, Deny   uint64 // of all bars
	Untimed       uint64
}

// chartBar is one bar. Only those with requests are there.
type chartBar struct {
	From             string
	Allow, Deny      uint64
	X, Width         string
	DenyY, DenyHigh  string
	AllowY, AllowTop string // AllowTop is the height
}

// chart is nil where no request that is shown has a time.
func (c *Console) chart(over *replay.Over, filter logFilter) *chartView {
	v := &chartView{Width: max(len(over.Buckets), leastBars) * barWidth, Height: chartHeight, Each: c.widthText(over.Seconds)}
	allow, deny := filtered(&over.Untimed, filter)
	v.Untimed = allow + deny
	for i := range over.Buckets {
		allow, deny := filtered(&over.Buckets[i], filter)
		v.Most = max(v.Most, allow+deny)
		v.Allow += allow
		v.Deny += deny
	}
	if v.Most == 0 {
		return nil
	}
	end := time.Unix(over.Buckets[len(over.Buckets)-1].From.Unix()+over.Seconds, 0)
	v.From, v.To = timeText(over.Buckets[0].From, over.Seconds), timeText(end, over.Seconds)
	for i := range over.Buckets {
		allow, deny := filtered(&over.Buckets[i], filter)
		if allow+deny > 0 {
			v.Bars = append(v.Bars, newBar(i, over, allow, deny, v.Most))
		}
	}
	return v
}

func filtered(b *replay.Bucket, filter logFilter) (allow, deny uint64) {
	for _, count := range b.Outcomes {
		switch {
		case !filter.shows(count.Of):
		case count.Of.Verdict == decide.Allow:
			allow += count.Requests
		default:
			deny += count.Requests
		}
	}
	return allow, deny
}

func newBar(i int, over *replay.Over, allow, deny, most uint64) chartBar {
	high := func(n uint64) float64 {
		if n == 0 {
			return 0
		}
		return max(float64(n)*chartHeight/float64(most), leastHeight)
	}
	denyHigh := min(high(deny), chartHeight)
	allowHigh := min(high(allow), chartHeight-denyHigh)
	if allow > 0 && allowHigh < leastHeight {
		allowHigh, denyHigh = leastHeight, chartHeight-leastHeight
	}
	return chartBar{
		From: timeText(over.Buckets[i].From, over.Seconds), Allow: allow, Deny: deny,
		X: unit(float64(i)*barWidth + 0.5), Width: unit(barWidth - 1),
		DenyY: unit(chartHeight - denyHigh), DenyHigh: unit(denyHigh),
		AllowY: unit(chartHeight - denyHigh - allowHigh), AllowTop: unit(allowHigh),
	}
}

func unit(f float64) string { return strconv.FormatFloat(f, 'f', 2, 64) }

// timeText is a moment in UTC, as exactly as bars of that width need it.
func timeText(at time.Time, seconds int64) string {
	if seconds >= 24*60*60 {
		return at.UTC().Format(time.DateOnly)
	}
	return at.UTC().Format("2006-01-02 15:04")
}

func (c *Console) widthText(seconds int64) string {
	switch minutes := seconds / 60; {
	case minutes < 60:
		return c.english.say("log.width.minutes", minutes)
	case minutes < 24*60:
		return c.english.say("log.width.hours", minutes/60)
	default:
		return c.english.say("log.width.days", minutes/60/24)
	}
}

// momentText is a moment of a log in UTC; empty: it has none.
func momentText(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return fmt.Sprintf("%s UTC", at.UTC().Format("2006-01-02 15:04:05"))
}
