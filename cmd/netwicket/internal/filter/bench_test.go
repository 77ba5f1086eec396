package filter_test

import (
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/bench/workload"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/filter"
)

// BenchmarkFilter is what one line costs with the policy of 100 zones on three
// databases of the whole internet.
func BenchmarkFilter(b *testing.B) {
	var suite workload.Suite
	asked := filter.Policies{Policy: suite.Policy(b, 100)}
	for name, families := range map[string][]workload.Family{"v4": {workload.IPv4}, "v6": {workload.IPv6}, "both": {workload.IPv4, workload.IPv6}} {
		var lines, binary strings.Builder
		count := 0
		for _, family := range families {
			for _, addr := range suite.Addresses(b, family) {
				lines.WriteString(addr.String() + "\n")
				sixteen := addr.As16()
				binary.Write(sixteen[:])
				count++
			}
		}
		for format, run := range map[string]func() error{
			"tsv":       func() error { return filter.TSV(strings.NewReader(lines.String()), io.Discard, asked) },
			"rowbinary": func() error { return filter.RowBinary(strings.NewReader(binary.String()), io.Discard, asked) },
		} {
			b.Run(format+"/"+name, func(b *testing.B) {
				b.ReportAllocs()
				clock := workload.StartClock(b)
				for b.Loop() {
					require.NoError(b, run())
				}
				clock.ReportEach("line", count)
			})
		}
	}
}
