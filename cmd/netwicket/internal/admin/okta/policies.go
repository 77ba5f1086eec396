package okta

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/records"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/tenant"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/wire"
)

const policiesPath = "/api/v1/policies"

func (a *api) policyRoutes() []wire.Route {
	route := func(verb, path, scope string, body wire.Body, handle func(*wire.Request) wire.Answer) wire.Route {
		return wire.Route{Verb: verb, Path: policiesPath + path, Scope: scope, Body: body, Handle: handle}
	}
	return []wire.Route{
		route(http.MethodGet, "", readPolicies, wire.NoBody, a.read(a.listPolicies)),
		route(http.MethodPost, "", managePolicies, wire.Object, shaped(policyShape(), a.change(a.createPolicy))),
		route(http.MethodGet, "/{id}", readPolicies, wire.NoBody, a.read(getPolicy)),
		route(http.MethodPut, "/{id}", managePolicies, wire.Object, shaped(policyShape(), a.change(replacePolicy))),
		route(http.MethodDelete, "/{id}", managePolicies, wire.NoBody, a.change(deletePolicy)),
		route(http.MethodPost, "/{id}/lifecycle/activate", managePolicies, wire.NoBody, a.change(setPolicyStatus(records.Active))),
		route(http.MethodPost, "/{id}/lifecycle/deactivate", managePolicies, wire.NoBody, a.change(setPolicyStatus(records.Inactive))),
		route(http.MethodGet, "/{id}/mappings", readPolicies, wire.NoBody, a.read(listMappings)),
		route(http.MethodGet, "/{id}/rules", readPolicies, wire.NoBody, a.read(listRules)),
		route(http.MethodPost, "/{id}/rules", managePolicies, wire.Object, shaped(ruleShape(), a.change(createRule))),
		route(http.MethodGet, "/{id}/rules/{rule}", readPolicies, wire.NoBody, a.read(getRule)),
		route(http.MethodPut, "/{id}/rules/{rule}", managePolicies, wire.Object, shaped(ruleShape(), a.change(replaceRule))),
		route(http.MethodDelete, "/{id}/rules/{rule}", managePolicies, wire.NoBody, a.change(deleteRule)),
		route(http.MethodPost, "/{id}/rules/{rule}/lifecycle/activate", managePolicies, wire.NoBody, a.change(setRuleStatus(records.Active))),
		route(http.MethodPost, "/{id}/rules/{rule}/lifecycle/deactivate", managePolicies, wire.NoBody, a.change(setRuleStatus(records.Inactive))),
	}
}

// shaped refuses a body with a member of the wrong kind before anything else is
// looked at (H5, H10).
func shaped(s *shape, handle func(*wire.Request) wire.Answer) func(*wire.Request) wire.Answer {
	return func(r *wire.Request) wire.Answer {
		if wrong := s.misfit(r.Body); wrong != "" {
			return malformed(wrong)
		}
		return handle(r)
	}
}

// policyLinks are the links of a policy (P3, P5).
func policyLinks(base string, p *records.Policy) []byte {
	self := base + policiesPath + "/" + url.PathEscape(p.ID)
	var l links
	if p.System {
		l.add("self", self, http.MethodGet, http.MethodPut)
	} else {
		l.add("mappings", self+"/mappings", http.MethodGet, http.MethodPost)
		l.add("self", self, http.MethodGet, http.MethodPut, http.MethodDelete)
	}
	l.add("rules", self+"/rules", http.MethodGet, http.MethodPost)
	if !p.System {
		name := lifecycleLink(p.Status)
		l.add(name, self+"/lifecycle/"+name, http.MethodPost)
	}
	return l.end()
}

func policyAnswer(r *wire.Request, p *records.Policy) wire.Answer {
	return record(p.Append(nil, policyLinks(r.Base, p)), p.ETag())
}

func noPolicy(r *wire.Request) wire.Answer { return notFound(r.Params["id"], "Policy") }

func getPolicy(r *wire.Request, d *records.Documents) wire.Answer {
	p, _ := d.Policy(r.Params["id"])
	if p == nil {
		return noPolicy(r)
	}
	return policyAnswer(r, p)
}

// listMappings answers that no app has the policy: there are no apps here (P1).
func listMappings(r *wire.Request, d *records.Documents) wire.Answer {
	if p, _ := d.Policy(r.Params["id"]); p == nil {
		return noPolicy(r)
	}
	return emptyList()
}

// otherPolicyTypes are the types of policies that Okta has beside those that have
// network conditions here: there are none of them (P4).
func otherPolicyTypes() []string {
	return []string{
		"CLIENT_UPDATE", "DEVICE_SIGNAL_COLLECTION", "ENTITY_RISK", "IDENTITY_CLAIM_SOURCING", "IDP_DISCOVERY", "MFA_ENROLL",
		"OAUTH_AUTHORIZATION_POLICY", "PASSWORD", "POST_AUTH_SESSION", "PROFILE_ENROLLMENT", "SELF_SERVICE_REGISTRATION", "SESSION_VIOLATION_DETECTION",
	}
}

// listPolicies answers with the policies of a type by priority, all of them unless
// a limit asks for pages (P4).
func (a *api) listPolicies(r *wire.Request, d *records.Documents) wire.Answer {
	kind, status, prefix := r.Query.Get("type"), r.Query.Get("status"), r.Query.Get("q")
	var f faults
	switch known := kind == records.SignOn || kind == records.Access || slices.Contains(otherPolicyTypes(), kind); {
	case kind == "":
		f.blank("type")
	case !known:
		f.invalid("type")
	}
	if status != "" && status != records.Active && status != records.Inactive {
		f.invalid("status")
	}
	limit, ok := limitOf(r.Query, usualLimit)
	if !ok {
		f.invalid("limit")
	}
	if answer, failed := f.answer(); failed {
		return answer
	}
	all := d.PoliciesOf(kind)
	if r.Query.Has("after") {
		from, ok := a.behindOf(all, r.Query.Get("after"))
		if !ok {
			return badCursor()
		}
		all = all[from:]
	}
	all = slices.DeleteFunc(all, func(p *records.Policy) bool {
		return status != "" && p.Status != status || !strings.HasPrefix(p.Name, prefix)
	})
	size := ""
	more := false
	if r.Query.Has("limit") {
		size = strconv.Itoa(limit)
		if more = len(all) > limit; more {
			all = all[:limit]
		}
	}
	link := func(after, relation string) string {
		return "<" + pageLink(r.Base+policiesPath, [2]string{"after", url.QueryEscape(after)}, [2]string{"limit", size},
			[2]string{"q", url.QueryEscape(prefix)}, [2]string{"status", status}, [2]string{"type", kind}) + `>; rel="` + relation + `"`
	}
	header := http.Header{"Link": {link(r.Query.Get("after"), "self")}}
	if more {
		header.Add("Link", link(cursorOf(policiesCursor, all[len(all)-1].ID), "next"))
	}
	return wire.Answer{Status: http.StatusOK, Header: header, Body: listOf(all, func(p *records.Policy, to []byte) []byte {
		return p.Append(to, policyLinks(r.Base, p))
	})}
}

// behindOf is where the policies begin that follow the one that a cursor names, be
// it gone since.
func (a *api) behindOf(all []*records.Policy, cursor string) (int, bool) {
	return a.store.Behind(func(id string) int {
		return slices.IndexFunc(all, func(p *records.Policy) bool { return p.ID == id })
	}, idOfCursor(policiesCursor, cursor))
}

// listOf is a list of records as JSON.
func listOf[T any](all []T, text func(one T, to []byte) []byte) []byte {
	body := []byte{'['}
	for i, one := range all {
		if i > 0 {
			body = append(body, ',')
		}
		body = text(one, body)
	}
	return append(body, ']')
}

// emptyList is the answer of a list of which there is nothing.
func emptyList() wire.Answer { return wire.Answer{Status: http.StatusOK, Body: []byte("[]")} }

func (a *api) createPolicy(r *wire.Request, d *records.Documents) wire.Answer {
	p, body := readPolicy(r.Body)
	p.Status = body.statusOf(r.Query)
	p.Created = tenant.TimeText(r.Time)
	p.LastUpdated = p.Created
	body.check(p, nil, d)
	if answer, failed := body.answer(); failed {
		return answer
	}
	p.ID = records.NewID(records.SignOnID)
	if p.Type == records.Access {
		p.ID = records.NewID(records.AccessID)
		p.Rules = []*records.Rule{records.CatchAll(cmp.Or(a.options.CatchAll, "ALLOW"), p.Created)}
	}
	d.Policies = append(d.Policies, p)
	p = placePolicy(d, p, body.priority)
	return policyAnswer(r, p)
}

// replacePolicy puts what the body says in the place of a policy. Rules and status
// stay, and so does a priority that it does not give (P13).
func replacePolicy(r *wire.Request, d *records.Documents) wire.Answer {
	old, i := d.Policy(r.Params["id"])
	switch {
	case old == nil:
		return noPolicy(r)
	case !r.Matches(old.ETag()):
		return notMatched()
	}
	p, body := readPolicy(r.Body)
	p.ID, p.Status, p.System, p.Priority, p.Rules = old.ID, old.Status, old.System, old.Priority, old.Rules
	p.Created, p.LastUpdated = old.Created, tenant.TimeText(r.Time)
	body.check(p, old, d)
	if answer, failed := body.answer(); failed {
		return answer
	}
	d.Policies[i] = p
	if body.priority != nil && *body.priority != old.Priority && !old.System {
		p = placePolicy(d, p, body.priority)
	}
	return policyAnswer(r, p)
}

// deletePolicy deletes a policy with its rules (P8).
func deletePolicy(r *wire.Request, d *records.Documents) wire.Answer {
	p, i := d.Policy(r.Params["id"])
	switch {
	case p == nil:
		return noPolicy(r)
	case !r.Matches(p.ETag()):
		return notMatched()
	case p.System:
		return ofSystem("The policy: " + p.ID + " is a system policy. System policies cannot be deleted.")
	}
	d.Policies = slices.Delete(d.Policies, i, i+1)
	if p.Type == records.SignOn {
		setPolicyPriorities(d, sequential(signOnPlaces(d, -1), nil, nil))
	}
	return nothing()
}

// setPolicyStatus activates or deactivates a policy, also one that is so already.
func setPolicyStatus(status string) func(*wire.Request, *records.Documents) wire.Answer {
	return func(r *wire.Request, d *records.Documents) wire.Answer {
		old, i := d.Policy(r.Params["id"])
		switch {
		case old == nil:
			return noPolicy(r)
		case !r.Matches(old.ETag()):
			return notMatched()
		case old.System:
			return ofSystem("The policy: " + old.ID + " is a system policy. System policies cannot be activated or deactivated.")
		}
		p := old.Changed()
		p.Status, p.LastUpdated = status, tenant.TimeText(r.Time)
		d.Policies[i] = p
		return nothing()
	}
}

// ofSystem is the answer to what nobody can do to the system's own.
func ofSystem(text string) wire.Answer {
	var f faults
	f.add("id", text)
	answer, _ := f.answer()
	return answer
}

// placePolicy gives a policy its place among those of its type (P12), and returns
// it as it stands in the documents. App sign-in policies have no order: each app
// has one policy, and Okta gives all of them the priority that they are sent with,
// 1 if none.
func placePolicy(d *records.Documents, p *records.Policy, wanted *int) *records.Policy {
	_, i := d.Policy(p.ID)
	if p.Type == records.SignOn {
		setPolicyPriorities(d, sequential(signOnPlaces(d, i), &place{at: i}, wanted))
	} else {
		priority := 1
		if wanted != nil {
			priority = *wanted
		}
		setPolicyPriorities(d, []place{{at: i, priority: priority}})
	}
	return d.Policies[i]
}

// signOnPlaces are the places of the sign-on policies, but for the one at an index,
// -1 for none.
func signOnPlaces(d *records.Documents, without int) []place {
	var places []place
	for i, p := range d.Policies {
		if p.Type == records.SignOn && i != without {
			places = append(places, place{i, p.Priority, p.System})
		}
	}
	slices.SortStableFunc(places, func(a, b place) int { return records.ComparePolicies(d.Policies[a.at], d.Policies[b.at]) })
	return places
}

// setPolicyPriorities gives policies the priorities of their places; those that keep
// theirs stay as they are.
func setPolicyPriorities(d *records.Documents, places []place) {
	for _, to := range places {
		if p := d.Policies[to.at]; p.Priority != to.priority {
			p = p.Changed()
			p.Priority = to.priority
			d.Policies[to.at] = p
		}
	}
}
