package okta

import (
	"net/http"
	"strings"
	"time"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/records"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/tenant"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/wire"
)

// besideRoutes are what clients ask beside the subject (A9): who they are, what the
// organization is, which apps and groups there are. Nothing of it can be changed.
func (a *api) besideRoutes() []wire.Route {
	get := func(path string, handle func(*wire.Request) wire.Answer) wire.Route {
		return wire.Route{Verb: http.MethodGet, Path: path, Handle: handle}
	}
	organization := get("/.well-known/okta-organization", a.getOrganization)
	organization.Public = true
	return []wire.Route{
		organization,
		get("/api/v1/users/me", a.getMe),
		get("/api/v1/apps", func(*wire.Request) wire.Answer { return emptyList() }),
		get("/api/v1/groups", a.listGroups),
	}
}

// tenantID is an id that this tenant always has, and others do not.
func (a *api) tenantID(prefix string) string {
	return records.HashID(prefix, a.store.Since().Format(time.RFC3339Nano))
}

type profile struct {
	Login       string `json:"login,omitempty"`
	Email       string `json:"email,omitempty"`
	FirstName   string `json:"firstName,omitempty"`
	LastName    string `json:"lastName,omitempty"`
	Name        string `json:"name,omitempty"`
	Description string `json:"description,omitempty"`
}

// getMe answers with the caller as a user, whom Terraform's provider asks for before
// anything else.
func (a *api) getMe(r *wire.Request) wire.Answer {
	return wire.Answer{Status: http.StatusOK, Body: appendJSON(nil, struct {
		ID      string  `json:"id"`
		Status  string  `json:"status"`
		Profile profile `json:"profile"`
	}{
		records.HashID("00u", r.Caller.Name), records.Active,
		profile{Login: r.Caller.Name, Email: r.Caller.Name, FirstName: r.Caller.Name, LastName: "netwicket"},
	})}
}

// getOrganization says that this is an organization of the Identity Engine, which
// Terraform's provider wants to know before it makes an app sign-in policy.
func (a *api) getOrganization(r *wire.Request) wire.Answer {
	type link struct {
		Href string `json:"href"`
	}
	return wire.Answer{Status: http.StatusOK, Body: appendJSON(nil, struct {
		ID       string          `json:"id"`
		Pipeline string          `json:"pipeline"`
		Links    map[string]link `json:"_links"`
	}{a.tenantID("00o"), "idx", map[string]link{"organization": {r.Base}}})}
}

// listGroups answers with the one group that every tenant has, unless q asks for
// another.
func (a *api) listGroups(r *wire.Request) wire.Answer {
	const everyone = "Everyone"
	if q := r.Query.Get("q"); !strings.HasPrefix(strings.ToLower(everyone), strings.ToLower(q)) {
		return emptyList()
	}
	type group struct {
		ID          string  `json:"id"`
		Created     string  `json:"created"`
		LastUpdated string  `json:"lastUpdated"`
		Type        string  `json:"type"`
		Profile     profile `json:"profile"`
	}
	since := tenant.TimeText(a.store.Since())
	return wire.Answer{Status: http.StatusOK, Body: appendJSON(nil, []group{{
		a.tenantID("00g"), since, since, "BUILT_IN",
		profile{Name: everyone, Description: "All users in your organization"},
	}})}
}
