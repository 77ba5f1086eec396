package keeper

import (
	"time"

	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/decide/release"
	"github.com/netwicket/netwicket/internal/files"
)

// WithClock makes a Keeper read another clock, and look at it that often.
func WithClock(o *Options, clock func() time.Time, sleep time.Duration) {
	o.clock, o.sleep = clock, sleep
}

// WithReading has a function called when all files are about to be read, or with its
// name the overlay alone.
func WithReading(o *Options, reading func(file string)) { o.reading = reading }

// What the memory of a load is estimated by.
const (
	LoadFactor     = loadFactor
	SnapshotFactor = snapshotFactor
)

func LiveHeap() uint64 { return liveHeap() }

// Fits says whether files would fit into memory, one of which may be a snapshot.
func Fits(state files.State, snapshot string) error { return fits(state, snapshot) }

// PrepareRelease is what a follower has prepared of a release.
func (k *Keeper) PrepareRelease(c release.Candidate) (release.Prepared, error) { return k.prepare(c) }

// Shrunk says what a policy has less of than the one before.
func Shrunk(before, after *policyfile.Parts) []string { return shrunk(before, after) }
