package lint

import "github.com/netwicket/netwicket/zone"

// Okta's own zones. LegacyIpZone alone may be renamed (docs/semantics.md,
// blocklist-6, rule-7 and oktadoc-11).
const (
	legacyZone   = "LegacyIpZone"
	blockedZone  = "BlockedIpZone"
	exemptZone   = "DefaultExemptIpZone"
	enhancedZone = "DefaultEnhancedDynamicZone"
)

// systemZone compares what claims to be one of Okta's own zones with what Okta
// makes of it.
func (l *linter) systemZone(z *zone.Zone) {
	if wrong := systemZoneFault(z); wrong != "" {
		at := z.Position
		l.warn(at, z.Name, "system-zone", "%s", wrong)
	}
}

func systemZoneFault(z *zone.Zone) string {
	if !z.System {
		return impostorFault(z)
	}
	switch z.Name {
	case blockedZone:
		switch {
		case z.Type != zone.IP || !z.Blocklist:
			return "Okta's own zone of this name is an IP zone of usage BLOCKLIST; as it stands here it blocks nobody; export the zones again, or write type IP and usage BLOCKLIST"
		case !z.Active && len(z.Gateways) > 0:
			return "the zone is INACTIVE, so that it blocks none of the addresses it lists; activate it, or empty it"
		}
	case exemptZone:
		switch {
		case z.Type != zone.IP || z.Blocklist:
			return "Okta's own zone of this name is an IP zone of usage POLICY; as it stands here it exempts nobody; export the zones again, or write type IP and usage POLICY"
		case !z.Active && len(z.Gateways) > 0:
			return "the zone is INACTIVE, so that it exempts none of the addresses it lists; activate it, or empty it"
		}
	case enhancedZone:
		switch {
		case z.Type != zone.DynamicV2 || !z.Blocklist:
			return "Okta's own zone of this name is a DYNAMIC_V2 zone of usage BLOCKLIST; as it stands here it blocks nobody; export the zones again, or write type DYNAMIC_V2 and usage BLOCKLIST"
		case z.Locations.Defined() || z.ASNs.Defined():
			return "Okta's own zone of this name has no locations and no asns, and they narrow what it blocks; put them into a zone of your own"
		}
	default: // LegacyIpZone under any name
		if z.Type != zone.IP || z.Blocklist {
			return "Okta's only system zone of another name than BlockedIpZone, DefaultExemptIpZone and DefaultEnhancedDynamicZone is the IP zone of usage POLICY that ON_NETWORK means (LegacyIpZone); " +
				"write system false for a zone of your own, or type IP and usage POLICY"
		}
	}
	return ""
}

// impostorFault is about a zone that has the name of a system zone alone.
func impostorFault(z *zone.Zone) string {
	effect := ""
	switch z.Name {
	case blockedZone:
		if z.Blocklist {
			return "" // it does what the name says
		}
		effect = "it blocks nobody"
	case exemptZone:
		effect = "it exempts nobody"
	case legacyZone:
		effect = "ON_NETWORK and OFF_NETWORK do not mean it"
	default:
		return ""
	}
	return "the zone has the name of one of Okta's own zones but is not marked as such, so that " + effect + `; write "system": true as Okta exports it, or give the zone another name`
}
