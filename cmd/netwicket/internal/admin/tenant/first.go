package tenant

import (
	"encoding/json"
	"time"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/records"
)

// TimeText is a time as the vendors write it (H8).
func TimeText(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05") + ".000Z" }

// furnish gives documents what every tenant has from the first day: zones unless
// there are any (Z18), and a default policy of each type (P5). It says whether
// anything was missing.
func (s *Store) furnish(d *records.Documents) bool {
	now := TimeText(s.options.Now())
	furnished := false
	if len(d.Zones) == 0 {
		d.Zones = systemZones(now)
		furnished = true
	}
	for _, kind := range []string{records.SignOn, records.Access} {
		if !hasDefault(d.Policies, kind) {
			p := s.defaultPolicy(kind, now)
			if kind == records.SignOn {
				p.Priority = len(d.PoliciesOf(kind)) + 1 // behind those of rules that were found (P12)
			}
			d.Policies = append(d.Policies, p)
			furnished = true
		}
	}
	return furnished
}

func systemZones(now string) []*records.Zone {
	zone := func(kind, name, usage, status string) *records.Zone {
		return &records.Zone{
			Type: kind, ID: records.NewID(records.ZoneID), Name: name, Status: status, Usage: usage,
			Created: now, LastUpdated: now, System: true,
		}
	}
	anonymizers := zone(records.DynamicV2, records.EnhancedDynamicZone, records.Blocklist, records.Inactive)
	anonymizers.ServicesV2.Include = []string{"ALL_ANONYMIZERS"}
	return []*records.Zone{
		zone(records.IP, records.LegacyIPZone, records.ForPolicies, records.Active),
		zone(records.IP, records.BlockedIPZone, records.Blocklist, records.Active),
		zone(records.IP, records.DefaultExemptIPZone, records.ForPolicies, records.Active),
		anonymizers,
	}
}

func hasDefault(policies []*records.Policy, kind string) bool {
	for _, p := range policies {
		if p.System && p.Type == kind {
			return true
		}
	}
	return false
}

// defaultPolicy is the policy that a tenant has of each type. Its rule lets
// everybody in, so that it decides nothing until somebody changes it (D1).
func (s *Store) defaultPolicy(kind, now string) *records.Policy {
	words := "The default policy applies in all situations if no other policy applies."
	p := &records.Policy{
		Status: records.Active, Name: "Default Policy", Type: kind, Description: &words,
		Priority: 1, System: true, Created: now, LastUpdated: now,
	}
	if kind == records.Access {
		p.ID = records.NewID(records.AccessID)
		p.Rules = []*records.Rule{records.CatchAll("ALLOW", now)}
		return p
	}
	p.ID = records.NewID(records.SignOnID)
	p.Conditions = json.RawMessage(`{"people":{"groups":{"include":[]}}}`)
	p.Rules = []*records.Rule{{
		ID: records.NewID(records.SignOnRuleID), Status: records.Active, Name: "Default Rule", Type: records.SignOnRule,
		Priority: 1, System: true, Created: now, LastUpdated: now,
		Conditions: json.RawMessage(`{"people":{"users":{"exclude":[]}},"network":{"connection":"ANYWHERE"}}`),
		Actions:    json.RawMessage(`{"signon":{"access":"ALLOW","primaryFactor":"PASSWORD_IDP_ANY_FACTOR"}}`),
	}}
	return p
}
