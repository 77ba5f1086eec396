package decide

import (
	"github.com/netwicket/netwicket/zone"
)

// compiledZone is one zone with its place in the policy's bit sets. Every
// ACTIVE IP zone has a bit in the IP space, every ACTIVE dynamic zone one in
// the dynamic space; an INACTIVE zone has none and is in no set.
type compiledZone struct {
	ref    *ZoneRef
	key    string // the model's
	kind   zoneKind
	blocks bool // a blocklist in force
	bit    int
}

type zoneKind uint8

const (
	inactiveZone zoneKind = iota
	ipZone
	dynamicZone
)

// addZones gives every zone its bit, in document order, and reports what no
// single document could know: ids and exempt zones that clash across documents.
func (c *compiler) addZones() {
	seen := map[string]int{}
	exempt := -1
	for _, document := range c.config.Zones {
		c.warnings = append(c.warnings, document.Warnings...)
		for i := range document.Zones {
			spec := &document.Zones[i]
			z := compiledZone{ref: &ZoneRef{ID: spec.ID, Name: spec.Name}, key: spec.Key(), blocks: spec.Blocks()}
			if spec.ID != "" {
				if first, found := seen[spec.ID]; found {
					c.fail(spec.Position, spec.ID, "duplicate-id",
						"this zone id is already that of zone %q (%s)", c.specs[first].Name, positionText(c.specs[first].Position))
					continue
				}
				seen[spec.ID] = len(c.p.zones)
			}
			if spec.Active {
				c.place(&z, spec)
			}
			if spec.Exempts() {
				if exempt >= 0 {
					c.fail(spec.Position, spec.Name, "second-exempt-zone",
						"zone %q is already the exempt zone; an organisation has one", c.specs[exempt].Name)
				}
				exempt = len(c.p.zones)
			}
			c.p.zones, c.specs = append(c.p.zones, z), append(c.specs, spec)
		}
	}
	c.byID = seen
	c.p.ipWords = (c.p.ipBits + 63) / 64
	c.p.dynamicWords = (c.p.dynamicBits + 63) / 64
}

// place gives an ACTIVE zone its bit.
func (c *compiler) place(z *compiledZone, spec *zone.Zone) {
	switch {
	case spec.Type == zone.IP:
		z.kind, z.bit = ipZone, c.p.ipBits
		c.p.ipBits++
	case spec.IsDynamic():
		z.kind, z.bit = dynamicZone, c.p.dynamicBits
		c.p.dynamicBits++
	}
}
