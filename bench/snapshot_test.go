package bench

import (
	"bytes"
	"fmt"
	"io"
	"testing"

	"github.com/netwicket/netwicket/bench/workload"
	"github.com/netwicket/netwicket/decide"
)

var snapshotZones = []int{workload.ChainZones, 1000}

// BenchmarkSnapshotWrite writes a compiled policy as a file.
func BenchmarkSnapshotWrite(b *testing.B) {
	for _, zones := range snapshotZones {
		b.Run(fmt.Sprintf("zones=%d", zones), func(b *testing.B) {
			policy := suite.Policy(b, zones)
			b.ReportAllocs()
			clock := workload.StartClock(b)
			for b.Loop() {
				if err := policy.WriteSnapshot(io.Discard); err != nil {
					b.Fatal(err)
				}
			}
			clock.Report()
		})
	}
}

// BenchmarkSnapshotRead makes a policy of a file, as a gateway does at its start instead
// of what BenchmarkCompile/full measures.
func BenchmarkSnapshotRead(b *testing.B) {
	for _, zones := range snapshotZones {
		b.Run(fmt.Sprintf("zones=%d", zones), func(b *testing.B) {
			file := snapshot(b, zones)
			b.ReportAllocs()
			clock := workload.StartClock(b)
			for b.Loop() {
				if _, err := decide.ReadSnapshot(bytes.NewReader(file)); err != nil {
					b.Fatal(err)
				}
			}
			clock.Report()
			b.ReportMetric(float64(len(file)), "file-bytes")
		})
	}
}

// BenchmarkSnapshotDecide is BenchmarkDecide at 100 zones for a policy that was read.
func BenchmarkSnapshotDecide(b *testing.B) {
	for _, f := range families {
		b.Run(f.name, func(b *testing.B) {
			policy, err := decide.ReadSnapshot(bytes.NewReader(snapshot(b, workload.ChainZones)))
			if err != nil {
				b.Fatal(err)
			}
			benchmarkDecide(b, policy, suite.Addresses(b, f.family))
		})
	}
}

func snapshot(b *testing.B, zones int) []byte {
	var file bytes.Buffer
	if err := suite.Policy(b, zones).WriteSnapshot(&file); err != nil {
		b.Fatal(err)
	}
	return file.Bytes()
}
