package decide

import "github.com/netwicket/netwicket/zone"

// threatInsight is Okta's ThreatInsight; the feeds are in the address patterns.
type threatInsight struct {
	action   zone.ThreatAction
	excluded []mask // IP zones whose requests are left alone
}

// addThreatInsight keeps the action and the zones whose requests are left alone.
// See docs/semantics.md, threat-3 and threat-5.
func (c *compiler) addThreatInsight() {
	document := c.config.ThreatInsight
	if document == nil {
		return
	}
	c.warnings = append(c.warnings, document.Warnings...)
	c.p.threat = threatInsight{action: document.Action}
	for _, feed := range c.config.ThreatFeeds {
		c.warnings = append(c.warnings, feed.Warnings...)
	}
	if document.Action != zone.ThreatNone && len(c.config.ThreatFeeds) == 0 {
		c.warn(document.Position, "", "no-feed", "ThreatInsight acts on no address here: Okta's own list is not public, so a threat feed has to be given")
	}
	for _, id := range document.ExcludeZones {
		index, found := c.byID[id.ID]
		if !found {
			c.warn(id.Position, id.ID, "unknown-zone", "excludeZones names a zone that the policy does not have; nothing is exempt through it")
			continue
		}
		if z := c.specs[index]; !z.Walked() {
			c.warn(id.Position, id.ID, "not-an-ip-zone", "excludeZones names zone %q, which is no ACTIVE IP zone of usage POLICY; nothing is exempt through it", z.Name)
			continue
		}
		c.p.threat.excluded = addToMask(c.p.threat.excluded, c.p.zones[index].bit)
	}
}

// threatens says that ThreatInsight objects to the client: it, or the IPv4
// address embedded in it, is in a feed, the exempt zone does not list that
// address, and the request is in no excluded zone.
// See docs/semantics.md, threat-2, threat-3 and embedded-2.
func (p *Policy) threatens(r *request, client *addressPattern) bool {
	if p.threat.action == zone.ThreatNone {
		return false
	}
	hit := client.flags&(threatened|exempted) == threatened
	if !hit && r.hasEmbedded {
		hit = p.addressPatterns[r.embedded.address].flags&(threatened|exempted) == threatened
	}
	if !hit {
		return false
	}
	for _, m := range p.threat.excluded {
		if r.zonesOf(p, m.word)&m.bits != 0 {
			return false
		}
	}
	return true
}

// mask is the zones of one word of a set.
type mask struct {
	word int
	bits uint64
}

func addToMask(masks []mask, bit int) []mask {
	word, value := bit/64, uint64(1)<<(bit%64)
	for i := range masks {
		if masks[i].word == word {
			masks[i].bits |= value
			return masks
		}
	}
	return append(masks, mask{word, value})
}
