package workload

import (
	"runtime"
	"testing"
	"time"
)

// Clock measures a benchmark's loop in processor time, which says what the work
// costs also where others use the machine: their share of it lengthens ns/op, not this.
type Clock struct {
	b     *testing.B
	start time.Duration
	known bool
}

// StartClock is called right before the loop. It collects garbage first, so that
// none of what was built for the benchmark is collected at the loop's expense.
func StartClock(b *testing.B) Clock {
	runtime.GC()
	start, known := ProcessorTime()
	return Clock{b, start, known}
}

// Report is called right after the loop and reports the processor time of one round
// as cpu-ns/op. Systems that do not tell it get no such figure.
func (c Clock) Report() { c.ReportEach("op", 1) }

// ReportEach is Report for a round that does so many things of a kind.
func (c Clock) ReportEach(thing string, count int) {
	if end, known := ProcessorTime(); known && c.known {
		c.b.ReportMetric(float64(end-c.start)/float64(c.b.N)/float64(count), "cpu-ns/"+thing)
	}
}
