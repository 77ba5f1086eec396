package decide

import (
	"slices"

	"github.com/netwicket/netwicket/zone"
)

// compiledZone is one zone with its place in the policy's bit sets. Every
// ACTIVE IP zone has a bit in the IP space, every ACTIVE dynamic zone one in
// the dynamic space; an INACTIVE zone has none and is in no set.
type compiledZone struct {
	ref  *ZoneRef
	spec zone.Zone // the model, for Explain; its slices are the policy's own
	kind zoneKind
	bit  int
}

type zoneKind uint8

const (
	inactiveZone zoneKind = iota
	ipZone
	dynamicZone
)

// ownCopy is the zone's model with slices that the caller of Compile cannot reach.
func ownCopy(z zone.Zone) zone.Zone {
	z.Gateways = slices.Clone(z.Gateways)
	z.Proxies = slices.Clone(z.Proxies)
	z.Locations = cloneTerms(z.Locations)
	z.ASNs = cloneTerms(z.ASNs)
	z.Categories = cloneTerms(z.Categories)
	z.Text = nil // what the vendor wrote is not needed to decide
	return z
}

func cloneTerms[T any](t zone.Terms[T]) zone.Terms[T] {
	return zone.Terms[T]{Include: slices.Clone(t.Include), Exclude: slices.Clone(t.Exclude)}
}

// addZones gives every zone its bit, in document order, and reports what no
// single document could know: ids and exempt zones that clash across documents.
func (c *compiler) addZones() {
	seen := map[string]int{}
	exempt := -1
	for _, document := range c.config.Zones {
		c.warnings = append(c.warnings, document.Warnings...)
		for i := range document.Zones {
			z := compiledZone{spec: ownCopy(document.Zones[i])}
			z.ref = &ZoneRef{ID: z.spec.ID, Name: z.spec.Name}
			if z.spec.ID != "" {
				if first, found := seen[z.spec.ID]; found {
					c.fail(z.spec.Position, z.spec.ID, "duplicate-id",
						"this zone id is already that of zone %q (%s)", c.p.zones[first].ref.Name, positionText(c.p.zones[first].spec.Position))
					continue
				}
				seen[z.spec.ID] = len(c.p.zones)
			}
			if z.spec.Active {
				c.place(&z)
			}
			if z.spec.Exempts() {
				if exempt >= 0 {
					c.fail(z.spec.Position, z.spec.Name, "second-exempt-zone",
						"zone %q is already the exempt zone; an organisation has one", c.p.zones[exempt].ref.Name)
				}
				exempt = len(c.p.zones)
			}
			c.p.zones = append(c.p.zones, z)
		}
	}
	c.byID = seen
	c.p.ipWords = (c.p.ipBits + 63) / 64
	c.p.dynamicWords = (c.p.dynamicBits + 63) / 64
}

// sourceOfExplain hands the copied models of the zones on, with their names.
func (c *compiler) sourceOfExplain() naive {
	models, refs := make([]*zone.Zone, len(c.p.zones)), make([]*ZoneRef, len(c.p.zones))
	for i := range c.p.zones {
		models[i], refs[i] = &c.p.zones[i].spec, c.p.zones[i].ref
	}
	return newNaive(c.config, models, refs)
}

// place gives an ACTIVE zone its bit.
func (c *compiler) place(z *compiledZone) {
	c.checkZone(&z.spec)
	switch {
	case z.spec.Type == zone.IP:
		z.kind, z.bit = ipZone, c.p.ipBits
		c.p.ipBits++
	case z.spec.Dynamic():
		z.kind, z.bit = dynamicZone, c.p.dynamicBits
		c.p.dynamicBits++
	}
}
