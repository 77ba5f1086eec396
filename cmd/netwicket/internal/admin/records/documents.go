package records

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
)

// Documents are everything that the vendors' APIs manage. The zero Documents
// are an empty folder's.
type Documents struct {
	Zones    []*Zone // in order of creation (G3)
	Threat   *ThreatInsight
	Policies []*Policy // in no order that means anything: see Policy.Priority

	// SailPoint's documents as they stand in their files; nil: there is none.
	NetworkConfig, LockoutConfig, SessionConfig, ServiceProviderConfig, AuthProfile json.RawMessage
}

// Clone is a copy whose lists may be changed.
func (d *Documents) Clone() *Documents {
	clone := *d
	clone.Zones = slices.Clone(d.Zones)
	clone.Policies = slices.Clone(d.Policies)
	return &clone
}

// Zone is the zone with an id, and where it stands; nil and -1 if there is none.
func (d *Documents) Zone(id string) (*Zone, int) {
	i := slices.IndexFunc(d.Zones, func(z *Zone) bool { return z.ID == id })
	if i < 0 {
		return nil, -1
	}
	return d.Zones[i], i
}

// ZonePlace is where the zone with an id stands; negative if there is none.
func (d *Documents) ZonePlace(id string) int {
	_, i := d.Zone(id)
	return i
}

// Policy is the policy with an id, and where it stands; nil and -1 if there is
// none.
func (d *Documents) Policy(id string) (*Policy, int) {
	i := slices.IndexFunc(d.Policies, func(p *Policy) bool { return p.ID == id })
	if i < 0 {
		return nil, -1
	}
	return d.Policies[i], i
}

// PoliciesOf are the policies of a type in their order, a list of its own.
func (d *Documents) PoliciesOf(kind string) []*Policy {
	var all []*Policy
	for _, p := range d.Policies {
		if p.Type == kind {
			all = append(all, p)
		}
	}
	slices.SortStableFunc(all, ComparePolicies)
	return all
}

// ComparePolicies puts policies in their order: by type, sign-on first, then by
// priority, the system's last (D1, P5).
func ComparePolicies(a, b *Policy) int {
	return cmp.Or(
		strings.Compare(b.Type, a.Type), // OKTA_SIGN_ON before ACCESS_POLICY
		compareBool(a.System, b.System),
		cmp.Compare(a.Priority, b.Priority),
	)
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	default:
		return -1
	}
}

// Compact is JSON without the space between values, in its own memory.
func Compact(text []byte) json.RawMessage { return compact(text) }
