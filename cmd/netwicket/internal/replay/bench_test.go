package replay_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/accesslog"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admission"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/replay"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/gate"
)

// proxiedLog is a log of lines with X-Forwarded-For in front of the peer.
func proxiedLog(lines int) string {
	r := rand.New(rand.NewPCG(5, 5))
	var text strings.Builder
	for range lines {
		text.WriteString(line(fmt.Sprintf("203.0.%d.%d, 10.0.0.1", 100+r.IntN(20), r.IntN(256)), r.IntN(60)))
	}
	return text.String()
}

// BenchmarkRun is one worker's time for a line, with and without an edge.
func BenchmarkRun(b *testing.B) {
	edge, err := gate.NewResolver(gate.Config{Trusted: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, Source: gate.XForwardedFor})
	require.NoError(b, err)
	const lines = 10_000
	log := proxiedLog(lines)
	for _, control := range []admission.Control{{Policy: policy(b, blocking)}, {Policy: policy(b, blocking), Edge: edge}} {
		b.Run(fmt.Sprint("edge=", control.Edge != nil), func(b *testing.B) {
			subject := replay.Subject{Control: control}
			b.ReportAllocs()
			for b.Loop() {
				report := replay.Run(replay.Config{Parse: parser(b), Subject: subject}, []replay.Input{input("log", log)})
				require.EqualValues(b, lines, report.Decided)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/lines, "ns/line")
		})
	}
}

// likeReal are lines as a public server's log has them: a client comes with a few
// lines at a time, some are lines of IPv6, and most of a line is what is not read.
func likeReal(lines int) string {
	r := rand.New(rand.NewPCG(6, 6))
	agents := [...]string{
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_9_1) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/32.0.1700.77 Safari/537.36",
		"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
		"UniversalFeedParser/4.2-pre-314-svn +http://feedparser.org/",
	}
	var text strings.Builder
	client := ""
	for i := range lines {
		if i == 0 || r.IntN(5) < 2 {
			client = fmt.Sprintf("203.0.%d.%d", 100+r.IntN(20), r.IntN(256))
			if r.IntN(10) == 0 {
				client = fmt.Sprintf("2001:db8:%x::%x", r.IntN(100), r.IntN(100))
			}
		}
		fmt.Fprintf(&text, "%s - - [17/May/2015:10:%02d:%02d +0000] \"GET /presentations/logstash-monitorama-2013/images/%d.png HTTP/1.1\" 200 %d \"http://semicomplete.com/presentations/logstash-monitorama-2013/\" \"%s\"\n",
			client, r.IntN(60), r.IntN(60), r.IntN(1000), r.IntN(300000), agents[r.IntN(len(agents))])
	}
	return text.String()
}

// BenchmarkReplay is one worker's time for a line of the combined format, read as
// each of the formats that can read it.
func BenchmarkReplay(b *testing.B) {
	const lines = 10_000
	log := likeReal(lines)
	for _, format := range []struct {
		name    string
		options accesslog.Options
	}{
		{"recognised", accesslog.Options{}},
		{"combined", accesslog.Options{Format: "combined"}},
		{"regex-peer", accesslog.Options{Pattern: `^(?P<peer>\S+) `}},
		{"regex-time", accesslog.Options{Pattern: `^(?P<peer>\S+) \S+ \S+ \[(?P<time>[^\]]+)\]`}},
		{"regex-line", accesslog.Options{Pattern: `^(?P<peer>\S+) \S+ \S+ \[(?P<time>[^\]]+)\] "[^"]*" \d{3} (?:\d+|-) "[^"]*" "[^"]*"(?: "(?P<xff>[^"]*)")?$`}},
	} {
		parse, err := accesslog.New(format.options)
		require.NoError(b, err)
		b.Run("format="+format.name, func(b *testing.B) {
			subject := replay.Subject{Control: admission.Control{Policy: policy(b, blocking)}}
			b.ReportAllocs()
			for b.Loop() {
				report := replay.Run(replay.Config{Parse: parse, Subject: subject}, []replay.Input{input("log", log)})
				require.EqualValues(b, lines, report.Decided)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/lines, "ns/line")
		})
	}
}

// BenchmarkReplayCount is the time to count a decision, where a policy gives few and
// where it gives many.
func BenchmarkReplayCount(b *testing.B) {
	for _, zones := range []int{3, 300} {
		b.Run(fmt.Sprint("zones=", zones), func(b *testing.B) {
			asked := policy(b, zonesOfOne(zones))
			r := rand.New(rand.NewPCG(7, 7))
			judgments := make([]decide.Judgment, 4096)
			for i := range judgments {
				n := r.IntN(zones + zones/3 + 1) // some are in no zone
				judgments[i] = asked.Decide(netip.AddrFrom4([4]byte{10, 0, byte(n / 256), byte(n)})).Judgment
			}
			counter := replay.NewCounter()
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				counter.Count(&judgments[i%len(judgments)])
				i++
			}
		})
	}
}
