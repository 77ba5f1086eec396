package decide

import "github.com/netwicket/netwicket/zone"

// The table of classes gives an address the number of its class, and that of
// judgments the number of its judgment about a chain of one. There are thousands
// of classes where there are tens of judgments, so the second table is small, and
// Decide reads no other.

// secondLook is the number of no judgment. Its addresses are looked up in the
// classes, because they lie inside NAT64, 6to4 or Teredo or where the geo table
// repeats IPv4. In the list of judgments stands one there that denies.
const secondLook = 0

// The values of the table of verdicts. What it does not say, the table of
// judgments has to.
const (
	verdictOpen = iota
	verdictDeny
	verdictAllow
)

// verdicts are the verdicts of judgments, as the table of verdicts has them.
func (p *Policy) verdicts() []uint32 {
	verdicts := []uint32{secondLook: verdictOpen}
	for _, j := range p.judgments[len(verdicts):] {
		if j.Allowed() {
			verdicts = append(verdicts, verdictAllow)
		} else {
			verdicts = append(verdicts, verdictDeny)
		}
	}
	return verdicts
}

// settle works out the judgment about a chain of one for every class, and numbers
// the judgments in the order of the classes.
func (p *Policy) settle() {
	p.judgmentOf = make([]uint32, len(p.classes))
	p.judgments = []Judgment{secondLook: {}}
	numbers := map[Judgment]uint32{}
	for i, c := range p.classes {
		if p.looksAgain(c) {
			continue
		}
		r := requestOf(c)
		judgment := p.judgeOne(&r)
		number, found := numbers[judgment]
		if !found {
			number = uint32(len(p.judgments))
			numbers[judgment] = number
			p.judgments = append(p.judgments, judgment)
		}
		p.judgmentOf[i] = number
	}
	p.info.Decisions = len(numbers)
}

// looksAgain says that the addresses of a class need a second look.
func (p *Policy) looksAgain(c class) bool {
	looksInside := p.addressPatterns[c.address].flags&embedsIPv4 != 0 && (p.everyHop || p.threat.action != zone.ThreatNone)
	return looksInside || p.geoPatterns[c.geo].repeats > 0
}

// requestOf is a request of one hop of that class.
func requestOf(c class) request {
	r := request{address: c.address, geo: c.geo, walked: 1}
	r.walk[0] = c.address
	return r
}
