package okta

import (
	"net/http"
	"slices"
	"strings"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/records"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/tenant"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/wire"
	"github.com/netwicket/netwicket/internal/finding"
	"github.com/netwicket/netwicket/internal/shown"
	"github.com/netwicket/netwicket/zone"
)

const threatPath = "/api/v1/threats/configuration"

func (a *api) threatRoutes() []wire.Route {
	return []wire.Route{
		{Verb: http.MethodGet, Path: threatPath, Scope: readThreats, Handle: a.read(a.getThreat)},
		{Verb: http.MethodPost, Path: threatPath, Scope: manageThreats, Body: wire.Object, Handle: shaped(threatShape(), a.change(a.replaceThreat))},
	}
}

// threatOf is the configuration of a tenant; one that was never set does nothing
// (T1).
func (a *api) threatOf(d *records.Documents) *records.ThreatInsight {
	if d.Threat != nil {
		return d.Threat
	}
	first := tenant.TimeText(a.store.Since())
	return &records.ThreatInsight{Action: "none", Created: first, LastUpdated: first}
}

func threatAnswer(r *wire.Request, t *records.ThreatInsight) wire.Answer {
	var l links
	l.add("self", r.Base+threatPath, http.MethodGet, http.MethodPost)
	return record(t.Append(nil, l.end()), t.ETag())
}

func (a *api) getThreat(r *wire.Request, d *records.Documents) wire.Answer {
	return threatAnswer(r, a.threatOf(d))
}

// replaceThreat replaces the configuration: zones that are left out are excluded
// no more (T2). Only zones of type IP can be (T3).
func (a *api) replaceThreat(r *wire.Request, d *records.Documents) wire.Answer {
	old := a.threatOf(d)
	if !r.Matches(old.ETag()) {
		return notMatched()
	}
	b := &body{node: r.Body}
	t := &records.ThreatInsight{Action: b.text("action"), Created: old.Created, LastUpdated: tenant.TimeText(r.Time)}
	switch t.Action {
	case "":
		b.blank("action")
	case "none", "audit", "block":
	default:
		b.invalid("action")
	}
	for _, node := range r.Body.Get("excludeZones").Elements() {
		id := node.String()
		z, _ := d.Zone(id)
		switch {
		case z == nil:
			b.add("excludeZones", "There is no network zone "+inline(id)+".")
		case z.Type != records.IP:
			b.add("excludeZones", "The network zone "+shown.Text(id)+" is of type "+z.Type+"; only zones of type IP can be excluded.")
		case !slices.Contains(t.ExcludeZones, id):
			t.ExcludeZones = append(t.ExcludeZones, id)
		}
	}
	b.loadThreat()
	b.inOrder(r.Body)
	if answer, failed := b.answer(); failed {
		return answer
	}
	d.Threat = t
	return threatAnswer(r, t)
}

// loadThreat notes what only the loader knows to be wrong: slips for the members that
// are read. What it says of those this package has said.
func (b *body) loadThreat() {
	_, err := zone.ParseThreatInsight("", b.node.Raw())
	list, _ := err.(finding.List) //nolint:errorlint // the parser's error is one, as its documentation says
	for _, found := range list {
		if name := dotted(found.Path); name != "" && name != "action" && !strings.HasPrefix(name, "excludeZones") {
			b.add(shown.Text(name), sentence(found))
		}
	}
}

// threatShape is what kinds the members of the configuration have.
func threatShape() *shape {
	return objectShape(map[string]*shape{
		"action": textShape(), "excludeZones": listShape(textShape()),
		"created": textShape(), "lastUpdated": textShape(), "_links": objectShape(nil),
	})
}
