package spacemap

import (
	"fmt"
	"image/color"
	"iter"
	"net/netip"

	"go4.org/netipx"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/internal/addrnum"
)

// By is what the tiles of a map are coloured by.
type By string

// The ways to colour. ByChange is the one of two policies that are compared.
const (
	ByDecision By = "decision"
	ByReason   By = "reason"
	ByZone     By = "zone"
	ByCountry  By = "country"
	BySource   By = "source"
	ByChange   By = "change"
)

// Ways are those that one policy has.
func Ways() []By { return []By{ByDecision, ByReason, ByZone, ByCountry, BySource} }

// Colour is one of a legend. Key says what it stands for, and Name which one of them:
// what a document or a source wrote, be it hostile.
//
//	allow, deny                    Name is the reason, by reason
//	zone, otherZones, noZone       Name is the zone's name
//	country, unknownCountry        Name is the country's code
//	source, noSource               Name is the source's file
//	newlyAllowed, newlyDenied, otherReason, stillAllowed, stillDenied
//	reserved, unnamed              what is not counted
type Colour struct {
	Key   string
	Name  string
	Paint color.RGBA // unnamed has none: it is seen through
	rank  int        // order in the legend, where amounts do not tell
	// stands says on which side of the line that must stay visible it stands, as that of
	// a category.
	stands bool
}

// Hex is the colour as markup has it.
func (c Colour) Hex() string {
	if c.Paint.A == 0 {
		return "none"
	}
	return fmt.Sprintf("#%02x%02x%02x", c.Paint.R, c.Paint.G, c.Paint.B)
}

// painter says what is where, by the index of a colour.
type painter struct {
	colours []Colour
	blends  bool // colours of one pixel are mixed; else the largest share has it
	in      func(within netipx.IPRange) iter.Seq2[netipx.IPRange, int]
}

// The colours behind all others of a painter.
var (
	paintReserved = rgb(0x9b9b9b)
	paintNothing  = rgb(0xd9dde2) // of what is known to have nothing: no zone, no country
)

// reserved and unnamed are the indexes of the two colours that all painters end with.
func (p *painter) ground(g ground) int {
	if g == reserved {
		return len(p.colours) - 2
	}
	return len(p.colours) - 1
}

func (p *painter) counts(colour int) bool { return colour < len(p.colours)-2 }

func (p *painter) close() *painter {
	p.colours = append(p.colours, Colour{Key: "reserved", Paint: paintReserved, rank: 90}, Colour{Key: "unnamed", rank: 100})
	return p
}

// verdictKeys are the keys of decisions, by verdict.
var verdictKeys = [...]string{decide.Deny: "deny", decide.Allow: "allow"}

// byDecision paints what is decided, or by which reason.
func byDecision(policy *decide.Policy, reasons bool) *painter {
	p := &painter{blends: true}
	numbers := make(map[decide.Outcome]int)
	for _, verdict := range []decide.Verdict{decide.Allow, decide.Deny} {
		for reason := range decide.AllReasons.All() {
			if o := (decide.Outcome{Verdict: verdict, Reason: reason}); reasons {
				c := categoryOf(outcome{after: decisionOf(o)}, false)
				numbers[o] = len(p.colours)
				p.colours = append(p.colours, Colour{Key: verdictKeys[verdict], Name: reason.String(), Paint: c.paint, rank: c.rank, stands: c.stands})
			} else {
				numbers[o] = int(decide.Allow - verdict)
			}
		}
	}
	if !reasons {
		p.colours = []Colour{{Key: "allow", Paint: rgb(0x2f7cc0), rank: 1, stands: true}, {Key: "deny", Paint: rgb(0xb8492f), rank: 2}}
	}
	p.in = func(within netipx.IPRange) iter.Seq2[netipx.IPRange, int] {
		return func(yield func(netipx.IPRange, int) bool) {
			for r, d := range policy.RangesIn(within) {
				if !yield(r, numbers[decide.Outcome{Verdict: d.Verdict, Reason: d.Reason}]) {
					return
				}
			}
		}
	}
	return p.close()
}

func decisionOf(o decide.Outcome) decide.Decision {
	return decide.Decision{Judgment: decide.Judgment{Verdict: o.Verdict, Reason: o.Reason}}
}

// byChange paints what differs between two policies, as a map that compares them.
func byChange(before, after *decide.Policy) *painter {
	p := &painter{blends: true}
	for _, one := range []struct {
		key           string
		before, after decide.Outcome
	}{
		{"newlyAllowed", decide.Outcome{}, decide.Outcome{Verdict: decide.Allow}},
		{"newlyDenied", decide.Outcome{Verdict: decide.Allow}, decide.Outcome{}},
		{"otherReason", decide.Outcome{}, decide.Outcome{Reason: decide.NoRule}},
		{"stillAllowed", decide.Outcome{Verdict: decide.Allow}, decide.Outcome{Verdict: decide.Allow}},
		{"stillDenied", decide.Outcome{}, decide.Outcome{}},
	} {
		c := categoryOf(outcome{after: decisionOf(one.after), before: decisionOf(one.before)}, true)
		p.colours = append(p.colours, Colour{Key: one.key, Paint: c.paint, rank: c.rank, stands: c.stands})
	}
	p.in = func(within netipx.IPRange) iter.Seq2[netipx.IPRange, int] {
		return func(yield func(netipx.IPRange, int) bool) { changesIn(before, after, within, yield) }
	}
	return p.close()
}

// stretch is a range up to its last address, and what is decided about it.
type stretch struct {
	to netip.Addr
	decide.Outcome
}

// changesIn are the colours of byChange. It says what decide.SideBySideIn says, in half
// the time, as it can hold all that one of the policies says of a tile.
func changesIn(before, after *decide.Policy, within netipx.IPRange, yield func(netipx.IPRange, int) bool) {
	var was []stretch
	for r, d := range before.RangesIn(within) {
		was = append(was, stretch{r.To(), decide.Outcome{Verdict: d.Verdict, Reason: d.Reason}})
	}
	i := 0
	for r, d := range after.RangesIn(within) {
		from := r.From()
		for ; was[i].to.Less(r.To()); i++ {
			if !yield(netipx.IPRangeFrom(from, was[i].to), changeOf(was[i].Outcome, &d)) {
				return
			}
			from = was[i].to.Next()
		}
		if !yield(netipx.IPRangeFrom(from, r.To()), changeOf(was[i].Outcome, &d)) {
			return
		}
		if was[i].to == r.To() {
			i++
		}
	}
}

// changeOf is the index of the colour of byChange.
func changeOf(before decide.Outcome, after *decide.Decision) int {
	allowed := before.Verdict == decide.Allow
	switch {
	case after.Allowed() && !allowed:
		return 0
	case !after.Allowed() && allowed:
		return 1
	case after.Reason != before.Reason:
		return 2
	case allowed:
		return 3
	default:
		return 4
	}
}

// byCountry paints where the databases say that addresses are.
func byCountry(config *decide.Config) *painter {
	p := &painter{colours: []Colour{{Key: "unknownCountry", Paint: paintNothing, rank: 80}}}
	table := config.Geo
	numbers, byCode := make([]int, table.Locations()), map[string]int{"": 0}
	for i := range numbers {
		code := table.Location(uint32(i)).Country
		number, known := byCode[code]
		if !known {
			number = len(p.colours)
			byCode[code] = number
			p.colours = append(p.colours, Colour{Key: "country", Name: code, Paint: paintOfCountry(code), stands: true})
		}
		numbers[i] = number
	}
	p.in = func(within netipx.IPRange) iter.Seq2[netipx.IPRange, int] {
		if within.From().Is4() {
			return spaced(addrnum.IPv4, within, wide(table.Edges4In(addrnum.From4(within.From()), addrnum.From4(within.To()))), numbers)
		}
		from, to := addrnum.From6(within.From()), addrnum.From6(within.To())
		return spaced(addrnum.IPv6, within, halved(table.Edges6In([2]uint64{from.Hi, from.Lo}, [2]uint64{to.Hi, to.Lo})), numbers)
	}
	return p.close()
}

// spaced are edges as ranges, up to the end of one.
func spaced(family addrnum.Family, within netipx.IPRange, edges iter.Seq2[addrnum.Number, uint32], numbers []int) iter.Seq2[netipx.IPRange, int] {
	return func(yield func(netipx.IPRange, int) bool) {
		first, number, begun := within.From(), 0, false
		for edge, id := range edges {
			if next := numbers[id]; !begun || next != number {
				at := family.Addr(edge)
				if begun && !yield(netipx.IPRangeFrom(first, at.Prev()), number) {
					return
				}
				first, number, begun = at, next, true
			}
		}
		yield(netipx.IPRangeFrom(first, within.To()), number)
	}
}

// bySource paints which source's word on the country counts.
func bySource(sources Sources) *painter {
	p := &painter{colours: []Colour{{Key: "noSource", Paint: paintNothing, rank: 80}}}
	for i, name := range sources.Names {
		p.colours = append(p.colours, Colour{Key: "source", Name: name, Paint: distinct(i), stands: true})
	}
	p.in = func(within netipx.IPRange) iter.Seq2[netipx.IPRange, int] {
		return func(yield func(netipx.IPRange, int) bool) {
			for r, source := range sources.Stating.In(within) {
				if !yield(r, source+1) {
					return
				}
			}
		}
	}
	return p.close()
}
