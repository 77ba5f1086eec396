package decide

import (
	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/zone"
)

// judge goes through the layers in order; the first denial is the decision. It
// fills a zero Judgment.
// See docs/semantics.md, order-1, order-4, order-5, order-6, overlay-2,
// blocklist-1, threat-1, threat-4 and rule-9.
func (p *Policy) judge(r *request, d *Judgment) {
	address, at := &p.addressPatterns[r.address], &p.geoPatterns[r.geo]
	threatens := p.threatens(r, address)
	d.Audit = threatens && p.threat.action == zone.ThreatAudit
	switch {
	case r.overlayDenied:
		d.set(Deny, Overlay)
		return
	case address.flags&overlayAllowed != 0:
		d.set(Allow, Overlay)
		return
	case r.blocked:
		d.Zone = p.zones[r.blockedBy].ref
		if r.mayBlock {
			d.Unknown = p.unknownOf(at, &p.zones[r.blockedBy])
		}
		d.set(Deny, Blocklisted)
		return
	case threatens && p.threat.action == zone.ThreatBlock:
		d.set(Deny, Threat)
		return
	}
	var applied *rule
	for i := range p.ruleSets {
		applied = p.ruleSets[i].apply(p, r)
		if applied == nil {
			d.Unknown = p.ruleSets[i].unknown(p, r)
			d.set(Deny, NoRule)
			return
		}
		if !applied.allow {
			d.Unknown = p.ruleSets[i].unknown(p, r)
			d.Rule = applied.name
			d.set(Deny, RuleMatched)
			return
		}
	}
	if p.sailPoint.turnsOnUnknown(at.country) {
		d.Unknown = geo.Country
	}
	if failed := p.sailPoint.failures(address.flags&onNetwork != 0, at.country); failed != 0 {
		d.Reasons = failed
		d.Reason = Reason(trailingZeros(uint64(failed)))
		return
	}
	if applied != nil {
		d.Rule = applied.name
	}
	d.set(Allow, p.allowReason())
}

// judgeOne settles a request of one hop whose patterns are known.
func (p *Policy) judgeOne(r *request) (d Judgment) {
	r.clientHop(p, &p.addressPatterns[r.address], &p.geoPatterns[r.geo])
	r.inZones(p)
	p.judge(r, &d)
	return d
}

func (d *Judgment) set(v Verdict, r Reason) { d.Verdict, d.Reason, d.Reasons = v, r, reasonsOf(r) }

// allowReason is the reason of an allow, which depends on what the policy
// consults, not on the request.
// See docs/semantics.md, order-3.
func (p *Policy) allowReason() Reason {
	switch {
	case p.sailPoint.enforced():
		return Permitted
	case len(p.ruleSets) > 0:
		return RuleMatched
	case p.blocklists || p.threat.action != zone.ThreatNone:
		return Permitted
	case p.sailPoint.profile:
		return NotEnforced
	default:
		return Unrestricted
	}
}

// unknownOf is what is unknown of a location so that a zone may hold it.
// See docs/semantics.md, order-7.
func (p *Policy) unknownOf(at *geoPattern, z *compiledZone) geo.Field {
	unknown := geo.Field(0)
	for column, zones := range at.causes.zones {
		if zones != 0 && p.dynamicSets.word(zones, z.bit/64)&(1<<(z.bit%64)) != 0 {
			unknown |= at.causes.field(column)
		}
	}
	return unknown
}
