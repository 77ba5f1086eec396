package okta

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/records"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/tenant"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/wire"
	"github.com/netwicket/netwicket/internal/shown"
)

const zonesPath = "/api/v1/zones"

func (a *api) zoneRoutes() []wire.Route {
	route := func(verb, path, scope string, body wire.Body, handle func(*wire.Request) wire.Answer) wire.Route {
		return wire.Route{Verb: verb, Path: zonesPath + path, Scope: scope, Body: body, Handle: handle}
	}
	return []wire.Route{
		route(http.MethodGet, "", readZones, wire.NoBody, a.read(a.listZones)),
		route(http.MethodPost, "", manageZones, wire.Object, a.changeZone(createZone)),
		route(http.MethodGet, "/{id}", readZones, wire.NoBody, a.read(getZone)),
		route(http.MethodPut, "/{id}", manageZones, wire.Object, a.changeZone(replaceZone)),
		route(http.MethodDelete, "/{id}", manageZones, wire.NoBody, a.change(deleteZone)),
		route(http.MethodPost, "/{id}/lifecycle/activate", manageZones, wire.NoBody, a.change(setZoneStatus(records.Active))),
		route(http.MethodPost, "/{id}/lifecycle/deactivate", manageZones, wire.NoBody, a.change(setZoneStatus(records.Inactive))),
	}
}

// zoneLinks are the links of a zone (Z10).
func zoneLinks(base string, z *records.Zone) []byte {
	self := base + zonesPath + "/" + url.PathEscape(z.ID)
	var l links
	add := func(name string) {
		if name == "self" {
			l.add(name, self, http.MethodGet, http.MethodPut, http.MethodDelete)
		} else {
			l.add(name, self+"/lifecycle/"+name, http.MethodPost)
		}
	}
	if z.Status == records.Active {
		add("self")
		add("deactivate")
	} else {
		add("activate")
		add("self")
	}
	return l.end()
}

func zoneAnswer(r *wire.Request, z *records.Zone) wire.Answer {
	return record(z.Append(nil, zoneLinks(r.Base, z)), z.ETag())
}

func noZone(r *wire.Request) wire.Answer { return notFound(r.Params["id"], "NetworkZone") }

func getZone(r *wire.Request, d *records.Documents) wire.Answer {
	z, _ := d.Zone(r.Params["id"])
	if z == nil {
		return noZone(r)
	}
	return zoneAnswer(r, z)
}

func createZone(r *wire.Request, d *records.Documents, z *records.Zone, body *body) wire.Answer {
	z.ID, z.Status, z.System = records.NewID(records.ZoneID), records.Active, false // whatever the body says (Z4, Z6)
	z.Created = tenant.TimeText(r.Time)
	z.LastUpdated = z.Created
	if z.Usage == "" {
		z.Usage = records.ForPolicies
	}
	z.ExemptList = false // it has no effect here (Z19)
	body.checkZone(z, nil, d)
	if answer, failed := body.answer(); failed {
		return answer
	}
	d.Zones = append(d.Zones, z)
	return zoneAnswer(r, z)
}

// replaceZone puts what the body says in the place of a zone (Z17). What is left
// out is unset, but for what only silence would change: a block is not lifted by
// leaving out usage.
func replaceZone(r *wire.Request, d *records.Documents, z *records.Zone, body *body) wire.Answer {
	old, i := d.Zone(r.Params["id"])
	switch {
	case old == nil:
		return noZone(r)
	case !r.Matches(old.ETag()):
		return notMatched()
	}
	z.ID, z.System, z.ExemptList = old.ID, old.System, old.ExemptList
	z.Created, z.LastUpdated = old.Created, tenant.TimeText(r.Time)
	if z.Usage == "" {
		z.Usage = old.Usage
	}
	if z.Status == "" {
		z.Status = old.Status
	}
	body.checkZone(z, old, d)
	if answer, failed := body.answer(); failed {
		return answer
	}
	d.Zones[i] = z
	return record(z.AppendReplaced(nil, zoneLinks(r.Base, z)), z.ETag())
}

// setZoneStatus activates or deactivates a zone, also one that is so already
// (Z20). Zones that rules use can be deactivated: what that means, decisions say.
func setZoneStatus(status string) func(*wire.Request, *records.Documents) wire.Answer {
	return func(r *wire.Request, d *records.Documents) wire.Answer {
		old, i := d.Zone(r.Params["id"])
		switch {
		case old == nil:
			return noZone(r)
		case !r.Matches(old.ETag()):
			return notMatched()
		}
		z := old.WithStatus(status, tenant.TimeText(r.Time))
		d.Zones[i] = z
		return zoneAnswer(r, z)
	}
}

func deleteZone(r *wire.Request, d *records.Documents) wire.Answer {
	z, i := d.Zone(r.Params["id"])
	switch {
	case z == nil:
		return noZone(r)
	case !r.Matches(z.ETag()):
		return notMatched()
	}
	var f faults
	switch {
	case z.System: // before Z21 (Z18)
		f.add("id", "The zone: "+z.ID+" is a system zone. System zones cannot be deleted.")
	case z.Status == records.Active: // Okta's texts (Z21)
		const active = " is an active zone. Active zones cannot be deleted."
		f.add("id", "The zone: "+z.ID+active)
		f.summary = "The zone: " + shown.Text(z.Name) + active
	default: // to drop a zone from a rule's exclude would let more people in (Z22)
		for _, user := range usersOf(z.ID, d) {
			f.add("id", "The zone: "+z.ID+" is used by "+user+" and cannot be deleted.")
		}
	}
	if answer, failed := f.answer(); failed {
		return answer
	}
	d.Zones = slices.Delete(d.Zones, i, i+1)
	return nothing()
}

// usersOf are the rules, of whatever status, and the ThreatInsight configuration
// that name a zone (Z22).
func usersOf(id string, d *records.Documents) []string {
	var users []string
	for _, p := range d.Policies {
		for _, rule := range p.Rules {
			if slices.Contains(rule.Zones(), id) {
				users = append(users, "the rule "+shown.Text(rule.ID+" ("+rule.Name+") of the policy "+p.ID+" ("+p.Name+")"))
			}
		}
	}
	if d.Threat != nil && slices.Contains(d.Threat.ExcludeZones, id) {
		users = append(users, "excludeZones of the ThreatInsight configuration")
	}
	return users
}
