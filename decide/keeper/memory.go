package keeper

import (
	"fmt"
	"runtime/debug"
	"runtime/metrics"

	"github.com/netwicket/netwicket/internal/files"
)

// loadFactor is how many bytes of memory a load takes at its peak for each byte of
// its files: 3.3 to 3.7 for country databases of the whole internet, what is garbage left
// out (TestLoadFactor measures it), and about so many for a feed of a million addresses,
// of which the documents alone take 110 bytes each (bench/README.md).
const loadFactor = 8

// snapshotFactor is the same of a snapshot, which is packed: 24 for a hundred zones on databases
// of the whole internet (TestSnapshotFactor measures it).
const snapshotFactor = 32

// fits refuses to load what would not fit into the memory that the process may have
// (GOMEMLIMIT) beside the policy in force: a reload that kills the process takes that
// along. It is an estimate by the sizes of the files that were followed so far, of which one
// may be the snapshot; empty: none is.
func fits(state files.State, snapshot string) error {
	limit := debug.SetMemoryLimit(-1) // without one as large as can be
	packed := state.SizeOf(snapshot)
	need := (state.Size()-packed)*loadFactor + packed*snapshotFactor
	if int64(liveHeap())+need <= limit {
		return nil
	}
	const mib = 1 << 20
	return fmt.Errorf("not loaded, for want of memory: files of %d MiB take about %d MiB to load, which with what is in use would exceed GOMEMLIMIT, %d MiB; "+
		"give the process more memory, or leave databases out", state.Size()/mib, need/mib, limit/mib)
}

// liveHeap is the memory that the last collection of garbage left.
func liveHeap() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	if sample[0].Value.Kind() != metrics.KindUint64 {
		return 0
	}
	return sample[0].Value.Uint64()
}
