package expect

import (
	"fmt"
	"net/netip"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/zone"
)

// Coverage notes which parts of a policy requests have touched. It is for one
// goroutine.
type Coverage struct {
	zones  []zoneCover // as in an explanation
	ranges []rangeCover
	rules  []ruleCover // filled by the first request: explanations list all rules
}

type zoneCover struct {
	zone    *zone.Zone
	touched bool
}

type rangeCover struct {
	entry   *zone.Entry
	zone    int // index; -1: of another document
	touched bool
}

type ruleCover struct {
	policy, name    string
	active, touched bool
}

// NewCoverage lists the ACTIVE zones, those of their entries that have an effect,
// the networks of SailPoint's document, and the overlay's that are in force. Threat
// feeds are left out: nobody writes them by hand.
func NewCoverage(config decide.Config) *Coverage {
	c := &Coverage{}
	for d := range config.Zones {
		for i := range config.Zones[d].Zones {
			z := &config.Zones[d].Zones[i]
			if z.Active {
				c.addRanges(len(c.zones), z.Gateways)
			}
			if z.TrustsProxies() {
				c.addRanges(len(c.zones), z.Proxies)
			}
			c.zones = append(c.zones, zoneCover{zone: z})
		}
	}
	if config.SailPoint != nil {
		c.addRanges(-1, config.SailPoint.Range)
	}
	if config.Overlay != nil {
		for _, list := range [][]zone.OverlayEntry{config.Overlay.Deny, config.Overlay.Allow} {
			for i := range list {
				if list[i].InForce(config.Now) {
					c.ranges = append(c.ranges, rangeCover{entry: &list[i].Entry, zone: -1})
				}
			}
		}
	}
	return c
}

func (c *Coverage) addRanges(zone int, entries []zone.Entry) {
	for i := range entries {
		c.ranges = append(c.ranges, rangeCover{entry: &entries[i], zone: zone})
	}
}

// Add notes what a request touched: the ranges that hold an address of its chain,
// the zones that it was in or that list such an address, and the rules that
// decided.
func (c *Coverage) Add(e *decide.Explanation) {
	at := make(map[*decide.ZoneRef]int, len(e.Zones))
	for i, z := range e.Zones {
		at[z.Zone] = i
		c.zones[i].touched = c.zones[i].touched || z.State == decide.Match
	}
	for _, hop := range e.Hops {
		c.touchRanges(hop.Addr)
		for _, hit := range hop.Hits {
			if !hit.Unknown {
				c.zones[at[hit.Zone]].touched = true
			}
			c.touchRanges(hit.Addr)
		}
	}
	if c.rules == nil {
		c.rules = make([]ruleCover, len(e.Rules))
	}
	for i, r := range e.Rules {
		c.rules[i].policy, c.rules[i].name, c.rules[i].active = r.Policy, r.Rule, r.Active
		c.rules[i].touched = c.rules[i].touched || r.Applied
	}
}

func (c *Coverage) touchRanges(addr netip.Addr) {
	for i := range c.ranges {
		if r := &c.ranges[i]; r.entry.Range.Contains(addr) { // which no range does of what is no address
			r.touched = true
			if r.zone >= 0 {
				c.zones[r.zone].touched = true
			}
		}
	}
}

// Part is what one kind of a policy's parts comes to.
type Part struct {
	Total     int
	Untouched []string // with their places
}

// Report is what no request touched.
type Report struct{ Zones, Ranges, Rules Part }

// Report lists the parts in the order of the documents.
func (c *Coverage) Report() Report {
	var r Report
	r.Ranges.Total = len(c.ranges)
	for _, z := range c.zones {
		if !z.zone.Active {
			continue
		}
		r.Zones.Total++
		if !z.touched {
			r.Zones.Untouched = append(r.Zones.Untouched, fmt.Sprintf("%s: zone %q", place(z.zone.Position), z.zone.Name))
		}
	}
	for _, entry := range c.ranges {
		if !entry.touched {
			r.Ranges.Untouched = append(r.Ranges.Untouched, fmt.Sprintf("%s: %s", place(entry.entry.Position), entry.entry.Text))
		}
	}
	for _, rule := range c.rules {
		if !rule.active {
			continue
		}
		r.Rules.Total++
		if !rule.touched {
			r.Rules.Untouched = append(r.Rules.Untouched, fmt.Sprintf("%s: rule %q", rule.policy, rule.name))
		}
	}
	return r
}

func place(at zone.Position) string { return fmt.Sprintf("%s:%d:%d", at.File, at.Line, at.Column) }
