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
	typ    zone.Type
	use    zoneUse
	kind   zoneKind
	blocks bool // a blocklist in force
	bit    int
}

// zoneUse is what a zone is for.
type zoneUse uint8

const (
	inactiveUse zoneUse = iota
	policyUse
	blocklistUse
	exemptUse
	zoneUses
)

// String is the use in Okta's words.
func (u zoneUse) String() string {
	return [zoneUses]string{inactiveUse: "INACTIVE", policyUse: "POLICY", blocklistUse: "BLOCKLIST", exemptUse: "EXEMPT"}[u]
}

func useOf(spec *zone.Zone) zoneUse {
	switch {
	case !spec.Active:
		return inactiveUse
	case spec.Blocks():
		return blocklistUse
	case spec.Exempts():
		return exemptUse
	default:
		return policyUse
	}
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
			if spec.ID != "" {
				if first, found := seen[spec.ID]; found {
					c.fail(spec.Position, spec.ID, "duplicate-id",
						"this zone id is already that of zone %q (%s)", c.specs[first].Name, positionText(c.specs[first].Position))
					continue
				}
				seen[spec.ID] = len(c.p.zones)
			}
			if spec.Exempts() {
				if exempt >= 0 {
					c.fail(spec.Position, spec.Name, "second-exempt-zone",
						"zone %q is already the exempt zone; an organisation has one", c.specs[exempt].Name)
				}
				exempt = len(c.p.zones)
			}
			c.p.addZone(ZoneRef{ID: spec.ID, Name: spec.Name}, spec.Key(), spec.Type, useOf(spec))
			c.specs = append(c.specs, spec)
		}
	}
	c.byID = seen
	c.p.settleZones()
}

// addZone gives the next zone its place.
func (p *Policy) addZone(ref ZoneRef, key string, typ zone.Type, use zoneUse) {
	z := compiledZone{ref: &ref, key: key, typ: typ, use: use, blocks: use == blocklistUse}
	switch {
	case use == inactiveUse:
	case typ == zone.IP:
		z.kind, z.bit = ipZone, p.ipBits
		p.ipBits++
	default: // dynamic: a zone in force has a known type
		z.kind, z.bit = dynamicZone, p.dynamicBits
		p.dynamicBits++
	}
	p.zones = append(p.zones, z)
}

// settleZones works out what follows from the zones alone, once all have their place.
func (p *Policy) settleZones() {
	p.ipWords = (p.ipBits + 63) / 64
	p.dynamicWords = (p.dynamicBits + 63) / 64
	p.walkable = make([]uint64, p.ipWords)
	for i := range p.zones {
		z := &p.zones[i]
		p.blocklists = p.blocklists || z.blocks
		if z.kind == ipZone {
			setBit(p.walkable, z.bit, !z.blocks)
		}
	}
}
