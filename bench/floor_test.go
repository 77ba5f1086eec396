package bench

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"math/rand/v2"
	"net/netip"
	"runtime"
	"testing"

	"github.com/netwicket/netwicket/bench/workload"
	"github.com/netwicket/netwicket/decide"
)

// BenchmarkFloor is what no engine that keeps its answers in memory can go
// below: the loop of BenchmarkDecide with one load from anywhere in an array as
// large as the family's part of the policy's table, and the load of the judgment
// that it names.
func BenchmarkFloor(b *testing.B) {
	for _, f := range families {
		b.Run(f.name, func(b *testing.B) {
			info := suite.Policy(b, workload.ChainZones).Info()
			addresses := suite.Addresses(b, f.family)
			b.ReportAllocs()
			if f.family == workload.IPv4 {
				benchmarkFloor4(b, newFloor(info.TableBytes4, info.Decisions), addresses)
			} else {
				benchmarkFloor6(b, newFloor(info.TableBytes6, info.Decisions), addresses)
			}
		})
	}
}

// floor is a table of indices of judgments.
type floor struct {
	table     []uint32
	judgments []decide.Judgment
}

func newFloor(tableBytes, decisions int) *floor {
	random := rand.New(rand.NewPCG(1, 6))
	f := &floor{table: make([]uint32, tableBytes/4), judgments: make([]decide.Judgment, decisions)}
	for i := range f.table {
		f.table[i] = random.Uint32N(uint32(decisions))
	}
	for i := range f.judgments {
		f.judgments[i].Verdict = decide.Verdict(random.IntN(2))
	}
	return f
}

// golden is 2^64 divided by the golden ratio: its multiples are spread evenly
// (Knuth, The Art of Computer Programming, section 6.4).
const golden = 0x9e3779b97f4a7c15

func (f *floor) verdict(address uint64) int {
	at, _ := bits.Mul64(address*golden, uint64(len(f.table)))
	return int(f.judgments[f.table[at]].Verdict)
}

// BenchmarkFloorBySize is Floor/v4 for tables of other sizes: what the processor's
// caches make of them.
func BenchmarkFloorBySize(b *testing.B) {
	for size := 64 << 10; size <= 16<<20; size *= 4 {
		b.Run(fmt.Sprintf("KiB=%d", size>>10), func(b *testing.B) {
			decisions := suite.Policy(b, workload.ChainZones).Info().Decisions
			benchmarkFloor4(b, newFloor(size, decisions), suite.Addresses(b, workload.IPv4))
		})
	}
}

func benchmarkFloor4(b *testing.B, f *floor, addresses []netip.Addr) {
	allowed, i := 0, 0
	clock := workload.StartClock(b)
	for b.Loop() {
		bytes := addresses[i&(workload.AddressCount-1)].As4()
		allowed += f.verdict(uint64(binary.BigEndian.Uint32(bytes[:])))
		i++
	}
	clock.Report()
	runtime.KeepAlive(allowed)
}

func benchmarkFloor6(b *testing.B, f *floor, addresses []netip.Addr) {
	allowed, i := 0, 0
	clock := workload.StartClock(b)
	for b.Loop() {
		bytes := addresses[i&(workload.AddressCount-1)].AsSlice()
		allowed += f.verdict(binary.BigEndian.Uint64(bytes) ^ binary.BigEndian.Uint64(bytes[8:]))
		i++
	}
	clock.Report()
	runtime.KeepAlive(allowed)
}
