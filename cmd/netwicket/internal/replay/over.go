package replay

import (
	"slices"
	"time"

	"github.com/netwicket/netwicket/decide"
)

// MaxBuckets is how many buckets decisions over time have at most.
const MaxBuckets = 240

// Over is the decisions over time, in buckets of one width: the narrowest that takes no
// more than MaxBuckets of them. Widths are minutes, hours, days and weeks, and begin at
// full ones of UTC.
type Over struct {
	Seconds int64    // the width; zero: no request had a time
	Buckets []Bucket // one behind the other, empty ones as well, from the first request to the last
	Untimed Bucket   // of requests without a time
}

// Bucket is the decisions of some time.
type Bucket struct {
	From        time.Time
	Allow, Deny uint64
	Outcomes    []Count[decide.Outcome]
}

// reasonRoom is more than the reasons there are.
const reasonRoom = 16

const _ = uint(1<<reasonRoom - 1 - decide.AllReasons) // they have room

// bucket counts by verdict and reason.
type bucket [2][reasonRoom]uint64

func (b *bucket) add(other *bucket) {
	for verdict := range other {
		for reason, n := range other[verdict] {
			b[verdict][reason] += n
		}
	}
}

// monday is the first one of the time that Unix counts: weeks begin there.
const monday = 4 * 24 * 60 * 60

// widths are those in use one after the other, in seconds. Each is some of the one
// before; behind the last, each is four.
func widthAt(level int) int64 {
	widths := [...]int64{60, 5 * 60, 15 * 60, 30 * 60, 3600, 3 * 3600, 6 * 3600, 12 * 3600, 24 * 3600, 7 * 24 * 3600}
	if level < len(widths) {
		return widths[level]
	}
	return widths[len(widths)-1] << (2 * (level - len(widths) + 1))
}

// over counts over time. Its size is bounded, and does not depend on the order: a span
// of time that has too many buckets has too many whatever comes beside it.
type over struct {
	level   int
	first   int64 // number of the first bucket: 0 begins at monday
	buckets []bucket
	untimed bucket

	// from and to are the time of the bucket that was asked for before: requests come
	// mostly in the order of time.
	from, to int64
	last     int // of buckets
}

// at is the bucket of a time, of which 0 is none.
func (o *over) at(seconds int64) *bucket {
	switch {
	case seconds == 0:
		return &o.untimed
	case seconds >= o.from && seconds < o.to:
		return &o.buckets[o.last]
	}
	return o.find(seconds)
}

// find is the bucket of a time, which there is from then on.
func (o *over) find(seconds int64) *bucket {
	const far = 1 << 60 // what a log says beyond that, it says of no time
	seconds = min(max(seconds, -far), far)
	for {
		width := widthAt(o.level)
		number := floorDivide(seconds-monday, width)
		if o.reach(number) {
			o.last = int(number - o.first)
			o.from = number*width + monday
			o.to = o.from + width
			return &o.buckets[o.last]
		}
		o.widen()
	}
}

// reach has the buckets go on to this one; false: they would be too many.
func (o *over) reach(number int64) bool {
	if len(o.buckets) == 0 {
		o.first = number
	}
	before, behind := o.first-number, number-o.first-int64(len(o.buckets))+1
	switch {
	case before > 0:
		if before+int64(len(o.buckets)) > MaxBuckets {
			return false
		}
		o.buckets = slices.Concat(make([]bucket, before), o.buckets)
		o.first = number
	case behind > 0:
		if behind+int64(len(o.buckets)) > MaxBuckets {
			return false
		}
		o.buckets = append(o.buckets, make([]bucket, behind)...)
	}
	return true
}

// widen counts by the next width.
func (o *over) widen() {
	old := *o
	factor := widthAt(o.level+1) / widthAt(o.level)
	o.level++
	o.first, o.buckets, o.from, o.to = floorDivide(old.first, factor), nil, 0, 0
	for i := range old.buckets {
		number := floorDivide(old.first+int64(i), factor)
		o.reach(number)
		o.buckets[number-o.first].add(&old.buckets[i])
	}
}

// merge adds another count.
func (o *over) merge(other *over) {
	o.untimed.add(&other.untimed)
	for o.level < other.level {
		o.widen()
	}
	width := widthAt(other.level)
	for i := range other.buckets {
		if other.buckets[i] != (bucket{}) {
			o.find((other.first+int64(i))*width + monday).add(&other.buckets[i])
		}
	}
}

func floorDivide(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

func (o *over) report() Over {
	out := Over{Untimed: o.untimed.report()}
	if len(o.buckets) == 0 {
		return out
	}
	out.Seconds = widthAt(o.level)
	for i := range o.buckets {
		one := o.buckets[i].report()
		one.From = time.Unix((o.first+int64(i))*out.Seconds+monday, 0).UTC()
		out.Buckets = append(out.Buckets, one)
	}
	return out
}

func (b *bucket) report() Bucket {
	var out Bucket
	numbers := make(map[decide.Outcome]uint64)
	for verdict := range b {
		for reason, n := range b[verdict] {
			if n == 0 {
				continue
			}
			outcome := decide.Outcome{Verdict: decide.Verdict(verdict), Reason: decide.Reason(reason)}
			numbers[outcome] = n
			if outcome.Verdict == decide.Allow {
				out.Allow += n
			} else {
				out.Deny += n
			}
		}
	}
	out.Outcomes = counts(numbers, compareOutcomes)
	return out
}
