package replay_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admission"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/replay"
	"github.com/netwicket/netwicket/decide"
)

// moment is a decision, and when; 0: at no time.
type moment struct {
	at      int64
	outcome decide.Outcome
}

// naiveOver tries one width after the other, and counts the moments of each bucket.
func naiveOver(moments []moment) replay.Over {
	count := func(inside func(at int64) bool) replay.Bucket {
		var b replay.Bucket
		numbers := map[decide.Outcome]uint64{}
		for _, one := range moments {
			if !inside(one.at) {
				continue
			}
			numbers[one.outcome]++
			if one.outcome.Verdict == decide.Allow {
				b.Allow++
			} else {
				b.Deny++
			}
		}
		b.Outcomes = sorted(numbers, func(o decide.Outcome) string { return fmt.Sprint(uint8(o.Verdict), o.Reason) })
		return b
	}
	out := replay.Over{Untimed: count(func(at int64) bool { return at == 0 })}
	var times []int64
	for _, one := range moments {
		if one.at != 0 {
			times = append(times, one.at)
		}
	}
	if len(times) == 0 {
		return out
	}
	first, last := times[0], times[0]
	for _, at := range times {
		first, last = min(first, at), max(last, at)
	}
	minutes := []int64{1, 5, 15, 30, 60, 180, 360, 720, 1440, 7 * 1440}
	for len(minutes) < 30 {
		minutes = append(minutes, minutes[len(minutes)-1]*4)
	}
	week := time.Date(1970, 1, 5, 0, 0, 0, 0, time.UTC).Unix() // a Monday
	for _, width := range minutes {
		width *= 60
		begin := week
		for begin > first { // step by step, in strides that are some widths each
			begin -= width * max(1, (begin-first)/width)
		}
		begin += (first - begin) / width * width
		n := (last-begin)/width + 1
		if n > 240 {
			continue
		}
		out.Seconds = width
		for i := range n {
			from := begin + i*width
			b := count(func(at int64) bool { return at != 0 && at >= from && at < from+width })
			b.From = time.Unix(from, 0).UTC()
			out.Buckets = append(out.Buckets, b)
		}
		return out
	}
	return out
}

// Decisions over time against those of the slow count, for spans of minutes to
// millennia, in any order, by one worker and by several.
func TestRunOverTime(t *testing.T) {
	permitted := decide.Outcome{Verdict: decide.Allow, Reason: decide.Permitted}
	blocked := decide.Outcome{Verdict: decide.Deny, Reason: decide.Blocklisted}
	random := rand.New(rand.NewPCG(3, 1))
	spans := []int64{1, 60, 239 * 60, 240 * 60, 241 * 60, 3600, 86400, 3 * 86400, 239 * 86400, 241 * 86400, 400 * 86400, 20 * 366 * 86400, 1 << 32, 1 << 37}
	widths := map[int64]bool{}
	config := replay.Config{Parse: parser(t), Subject: replay.Subject{Control: admission.Control{Policy: policy(t, blocking)}}}
	rounds := 40
	if testing.Short() {
		rounds = 8
	}
	for round := range rounds * len(spans) {
		span := spans[round%len(spans)]
		begin := int64(1431857103) + random.Int64N(1<<30)
		if round%3 == 0 {
			begin = -random.Int64N(1 << 31)
		}
		var moments []moment
		var logs [3]strings.Builder
		for range 1 + random.IntN(40) {
			one, addr, when := moment{outcome: permitted}, "192.0.2.7", ""
			if random.IntN(3) == 0 {
				one.outcome, addr = blocked, "203.0.113.9"
			}
			if random.IntN(5) > 0 {
				one.at = begin + random.Int64N(span+1)
				when = `,"time":"` + time.Unix(one.at, 0).UTC().Format(time.RFC3339) + `"`
			}
			moments = append(moments, one)
			fmt.Fprintf(&logs[random.IntN(3)], "{\"client_ip\":\"%s\"%s}\n", addr, when)
		}
		config.Workers = 1 + round%3
		report := replay.Run(config, []replay.Input{input("a", logs[0].String()), input("b", logs[1].String()), input("c", logs[2].String())})
		require.Equal(t, naiveOver(moments), report.Over, "span %d", span)
		require.LessOrEqual(t, len(report.Over.Buckets), replay.MaxBuckets)
		widths[report.Over.Seconds] = true
	}
	require.Greater(t, len(widths), 8)
}

// BenchmarkReplayOver is the time to count a request in its bucket, where requests come in
// order and where they do not.
func BenchmarkReplayOver(b *testing.B) {
	random := rand.New(rand.NewPCG(8, 8))
	for _, order := range []string{"sorted", "shuffled"} {
		b.Run("order="+order, func(b *testing.B) {
			times := make([]int64, 4096)
			for i := range times {
				times[i] = 1431857103 + int64(i)*20
			}
			if order == "shuffled" {
				random.Shuffle(len(times), func(i, j int) { times[i], times[j] = times[j], times[i] })
			}
			var clock replay.Clock
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				clock.Count(times[i%len(times)])
				i++
			}
		})
	}
}
