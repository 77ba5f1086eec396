package decide

import (
	"fmt"

	"github.com/netwicket/netwicket/zone"
)

// checkLimits refuses what is more than a policy may hold, before anything is
// made of it. The parsers have refused a single document of that size; here all
// of them count together, and models made in code.
// See docs/semantics.md, policy-9.
func (c *compiler) checkLimits() error {
	var over Findings
	// more counts one more; the first beyond the limit is reported.
	more := func(count *int, limit int, at zone.Position, code, what string) {
		if *count++; *count == limit+1 {
			over.Add(newFinding(at, "", code, fmt.Errorf("the policy has more than %d %s", limit, what)))
		}
	}
	zones, rules, references := 0, 0, 0
	for d := range c.config.Zones {
		for i := range c.config.Zones[d].Zones {
			more(&zones, zone.MaxZones, c.config.Zones[d].Zones[i].Position, "too-many-zones", "zones")
		}
	}
	refer := func(ids []zone.ZoneID) {
		for i := range ids {
			more(&references, zone.MaxReferences, ids[i].Position, "too-many-references", "references to zones")
		}
	}
	for d := range c.config.Rules {
		for i := range c.config.Rules[d].Rules {
			r := &c.config.Rules[d].Rules[i]
			more(&rules, zone.MaxRules, r.Position, "too-many-rules", "rules")
			refer(r.Network.Include)
			refer(r.Network.Exclude)
		}
	}
	if threat := c.config.ThreatInsight; threat != nil {
		refer(threat.ExcludeZones)
	}
	return over.Err()
}
