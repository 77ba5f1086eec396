package replay_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admission"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/replay"
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
