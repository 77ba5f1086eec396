package console

import (
	"fmt"
	"iter"

	"go4.org/netipx"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/impact"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/geo"
)

// What an effect shows of its countries, autonomous systems and ranges.
const (
	effectPlaces = 10
	effectRanges = 50
)

// effect is what one policy decides otherwise than another, as netwicket diff says it.
type effect struct {
	Total     []effectSize // those directions that there are
	Countries []effectPlace
	ASNs      []effectPlace
	// Ranges are the first of those that are let in or turned away, or if there are none,
	// of those of which only the reason changes.
	Ranges []effectRange
	Count  int // of such ranges
	// MoreCountries, MoreASNs and MoreRanges are how many are not listed.
	MoreCountries, MoreASNs, MoreRanges int
}

// effectSize is how much of the address space goes in one direction.
type effectSize struct {
	Direction string // newly-denied, newly-allowed or other-reason
	IPv4      string // addresses
	IPv6      string // networks of /64
}

type effectPlace struct {
	Name  string // empty: unknown
	Sizes []effectSize
}

type effectRange struct {
	Text      string // as people write it
	Ask       string // what to ask about it
	Direction string
	Before    decide.Outcome
	After     decide.Outcome
}

// Nothing says that no address is decided otherwise, and none for another reason.
func (e effect) Nothing() bool { return e.Count == 0 }

// ReasonsOnly says that everybody is let in or turned away as before.
func (e effect) ReasonsOnly() bool {
	return len(e.Total) == 1 && e.Total[0].Direction == directionName(impact.OtherReason)
}

// effectOf adds up what two policies decide differently, as decide.Diff lists it. The
// places are those of a geo table, which may be nil.
func effectOf(changes iter.Seq[decide.Change], table *geo.Table) effect {
	var e effect
	var reasons effect // of those of which only the reason changes
	counter := impact.NewCounter(table)
	for change := range changes {
		counter.Add(change)
		if direction := impact.DirectionOf(change); direction == impact.OtherReason {
			reasons.list(change, direction)
		} else {
			e.list(change, direction)
		}
	}
	if e.Count == 0 {
		e = reasons
	}
	e.MoreRanges = e.Count - len(e.Ranges)
	e.Total = effectSizes(counter.Total)
	e.Countries, e.MoreCountries = effectPlacesOf(counter.Countries(), func(country string) string { return country })
	e.ASNs, e.MoreASNs = effectPlacesOf(counter.ASNs(), func(asn uint32) string { return fmt.Sprintf("AS%d", asn) })
	return e
}

func (e *effect) list(change decide.Change, direction impact.Direction) {
	if e.Count++; e.Count <= effectRanges {
		e.Ranges = append(e.Ranges, effectRange{impact.RangeText(change.Range), rangeQuestion(change.Range), directionName(direction), change.Before, change.After})
	}
}

func effectSizes(sizes impact.Sizes) []effectSize {
	var list []effectSize
	for direction, size := range sizes {
		if !size.IsZero() {
			list = append(list, effectSize{directionName(impact.Direction(direction)), fmt.Sprint(size.IPv4), size.Networks6().String()})
		}
	}
	return list
}

// effectPlacesOf are the largest groups. A single group of unknown addresses says nothing
// that the totals do not.
func effectPlacesOf[K string | uint32](groups []impact.Group[K], name func(K) string) (list []effectPlace, more int) {
	if len(groups) == 1 && !groups[0].Known {
		return nil, 0
	}
	for i, group := range groups {
		if i == effectPlaces {
			return list, len(groups) - i
		}
		place := effectPlace{Sizes: effectSizes(group.Sizes)}
		if group.Known {
			place.Name = name(group.Key)
		}
		list = append(list, place)
	}
	return list, 0
}

func directionName(direction impact.Direction) string {
	return [...]string{
		impact.NewlyDenied:  "newly-denied",
		impact.NewlyAllowed: "newly-allowed",
		impact.OtherReason:  "other-reason",
	}[direction]
}

// rangeQuestion is what the page Ask takes of a range: its network, or its first address.
func rangeQuestion(r netipx.IPRange) string {
	if _, ok := r.Prefix(); ok {
		return impact.RangeText(r)
	}
	return r.From().String()
}

// grouped is a number with its digits in groups of three.
func grouped(value any) string {
	digits := fmt.Sprint(value)
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return digits
}
