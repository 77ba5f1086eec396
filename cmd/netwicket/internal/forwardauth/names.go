package forwardauth

import (
	"cmp"
	"sync/atomic"

	"github.com/netwicket/netwicket/decide"
)

const (
	// maxNames is how many rules, and how many zones, of a policy have a series of
	// their own. Documents may name a hundred times as many.
	maxNames = 1000

	// others is the label of what has no series of its own.
	others = "(others)"
)

// names are what decisions of a policy can name, in the order of its documents.
type names struct{ rules, zones []string }

// zoneLabel names a zone as the command line does.
func zoneLabel(z *decide.ZoneRef) string { return cmp.Or(z.ID, z.Name) }

// namesOf are the names of a policy. A snapshot has no documents; its policy tells them.
func namesOf(c *decide.Config, policy *decide.Policy) (n names) {
	if policy.Info().Snapshot {
		e := policy.Explain()
		for i := range e.Zones {
			if z := &e.Zones[i]; z.Use == "BLOCKLIST" {
				n.zones = append(n.zones, zoneLabel(z.Zone))
			}
		}
		for i := range e.Rules {
			n.rules = append(n.rules, e.Rules[i].Rule)
		}
		return n
	}
	for _, document := range c.Zones {
		for i := range document.Zones {
			if z := &document.Zones[i]; z.Blocks() {
				n.zones = append(n.zones, cmp.Or(z.ID, z.Name))
			}
		}
	}
	for i := range c.Rules {
		for _, rule := range c.Rules[i].InOrder() {
			n.rules = append(n.rules, rule.Label())
		}
	}
	return n
}

// counters counts by name. The names are known beforehand, so that every series is
// there from the start, and a name that is none of the policy's costs nothing.
type counters struct {
	byName atomic.Pointer[map[string]*atomic.Uint64]
	others atomic.Uint64
}

// know replaces the names. Those that stay go on counting; the others' counters go,
// so that policies that come and go leave nothing behind.
func (c *counters) know(names []string) {
	known := c.all()
	next := make(map[string]*atomic.Uint64)
	for _, name := range names {
		if len(next) == maxNames {
			break
		}
		if count := known[name]; count != nil {
			next[name] = count
		} else {
			next[name] = new(atomic.Uint64)
		}
	}
	c.byName.Store(&next)
}

// count counts a name. One that is not known is that of a policy that has just been
// replaced, or beyond the limit.
func (c *counters) count(name string) {
	if count := c.all()[name]; count != nil {
		count.Add(1)
		return
	}
	c.others.Add(1)
}

func (c *counters) all() map[string]*atomic.Uint64 {
	if known := c.byName.Load(); known != nil {
		return *known
	}
	return nil
}

// each calls yield for every name, and for the rest if there can be any.
func (c *counters) each(yield func(name string, count uint64)) {
	known := c.all()
	for name, count := range known {
		yield(name, count.Load())
	}
	if rest := c.others.Load(); rest > 0 || len(known) == maxNames {
		yield(others, rest)
	}
}
