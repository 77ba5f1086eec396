package replay

import (
	"net/netip"

	"github.com/netwicket/netwicket/decide"
)

// decisions counts by decision. There are as many as a policy can give, whatever
// the logs hold, and mostly few that come again and again: each has a number, and
// the number of one that was seen lately is found without hashing all of it, which
// would take as long as deciding.
type decisions struct {
	numbers map[decide.Decision]uint32 // by everything but the client
	counts  []decisionCount            // by number
	recent  [recentDecisions]uint32    // by place: the number from 1 of the last one there
}

// recentDecisions is a power of two.
const recentDecisions = 256

type decisionCount struct {
	decision decide.Decision
	requests uint64
}

func newDecisions() decisions {
	return decisions{numbers: make(map[decide.Decision]uint32)}
}

// add counts requests that were decided so. Whose they are does not matter.
func (d *decisions) add(decision *decide.Decision, requests uint64) {
	key := *decision
	key.Client = netip.Addr{}
	recent := &d.recent[placeOf(&key)]
	if *recent > 0 {
		if count := &d.counts[*recent-1]; count.decision == key {
			count.requests += requests
			return
		}
	}
	number, found := d.numbers[key]
	if !found {
		number = uint32(len(d.counts))
		d.numbers[key] = number
		d.counts = append(d.counts, decisionCount{decision: key})
	}
	d.counts[number].requests += requests
	*recent = number + 1
}

// placeOf is a place for a decision among the recent ones: nothing but speed
// depends on how well it tells them apart. What differs most are the names of
// zones and rules, and these mostly at the end.
func placeOf(d *decide.Decision) uint8 {
	place := uint(d.Reason)*17 + uint(d.Reasons) + uint(d.Unknown)*5
	if d.Zone != nil {
		place += ending(d.Zone.ID) + ending(d.Zone.Name)
	}
	return uint8(place + ending(d.Rule))
}

// ending is a number for the last two characters of a text.
func ending(text string) uint {
	n := len(text)
	if n < 2 {
		return 0
	}
	return uint(text[n-1]) + uint(text[n-2])*10
}
