package replay

import "github.com/netwicket/netwicket/decide"

// decisions counts by decision, whoever it is about. There are as many as a policy
// can give, whatever the logs hold, and mostly few that come again and again: each
// has a number, and that of one that was given lately is found without hashing all
// of it, which would take longer than deciding.
type decisions struct {
	numbers map[decide.Judgment]int
	counts  []decisionCount      // by number
	recent  [recentDecisions]int // by place: the number from 1 of the last one there
}

const recentDecisions = 256

type decisionCount struct {
	judgment decide.Judgment
	requests uint64
}

func newDecisions() decisions {
	return decisions{numbers: make(map[decide.Judgment]int)}
}

// number is the number of a decision, which is new if it was not given yet.
func (d *decisions) number(judgment *decide.Judgment) int {
	recent := &d.recent[placeOf(judgment)]
	if number := *recent - 1; number >= 0 && d.counts[number].judgment == *judgment {
		return number
	}
	number, found := d.numbers[*judgment]
	if !found {
		number = len(d.counts)
		d.numbers[*judgment] = number
		d.counts = append(d.counts, decisionCount{judgment: *judgment})
	}
	*recent = number + 1
	return number
}

// placeOf is a place for a decision among the recent ones: nothing but speed
// depends on how well it tells them apart. What differs most are the names of
// zones and rules, and these mostly at the end.
func placeOf(d *decide.Judgment) uint8 {
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
