package accesslog_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/accesslog"
)

// The time of the common log format against the standard library's calendar, for
// the ends of all months of all years, and days that run over into the next one.
func TestTimesOfTheCommonFormat(t *testing.T) {
	parse := parser(t, accesslog.Options{Format: "common"})
	step := 1
	if testing.Short() {
		step = 23
	}
	for year := 0; year < 10_000; year += step {
		for month := time.January; month <= time.December; month++ {
			for _, day := range [...]int{0, 1, 28, 29, 31, 99} {
				hour, offset := day%24, "+0130"
				ahead := 90 * time.Minute
				if year%2 == 0 {
					offset, ahead = "-1100", -11*time.Hour
				}
				want := time.Date(year, month, day, hour, 59, 60, 0, time.UTC).Add(-ahead).Unix()
				text := fmt.Sprintf("%02d/%s/%04d:%02d:59:60 %s", day, month.String()[:3], year, hour, offset)
				entry, err := parse(`192.0.2.7 - - [` + text + `] "GET / HTTP/1.1" 200 203`)
				if want == 0 {
					continue // a time at the start of 1970 is none
				}
				if err != nil || entry.Time != want {
					t.Fatalf("%s: %d, %v; want %d", text, entry.Time, err, want)
				}
			}
		}
	}
	for _, text := range []string{"17/MAY/2015:10:05:03 +0000", "17/ay/2015:10:05:03 +00000", "1a/May/2015:10:05:03 +0000", "17/May/2015:10:05:03 0000+", "17/anF/2015:10:05:03 +0000"} {
		_, err := parse(`192.0.2.7 - - [` + text + `] "GET / HTTP/1.1" 200 203`)
		require.Error(t, err, text)
	}
}
