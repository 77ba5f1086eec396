// Package sailpoint serves SailPoint's API for what decides from which networks
// people may sign in: the network configuration, the authentication profile that
// switches its checks on, and the lockout, session and service provider
// configurations that stand beside it.
//
// All versions of the API are one store. Strings and their order are kept to the
// letter: Terraform compares what it reads with what it sent.
//
// # The files
//
// sailpoint.go has the routes and what can be done with a document, document.go
// the documents one by one, provider.go that of the service provider, patch.go JSON
// Patch, errors.go how failures are worded.
package sailpoint

import (
	"encoding/json"
	"net/http"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/records"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/tenant"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/wire"
)

// The scopes of SailPoint's API (A3).
const (
	readOrg       = "sp:auth-org:read"
	manageOrg     = "sp:auth-org:manage"
	readProfile   = "sp:auth-profile:read"
	updateProfile = "sp:auth-profile:update"
)

// api is the API over one tenant.
type api struct{ store *tenant.Store }

// New is SailPoint's API over a tenant.
func New(store *tenant.Store) wire.Vendor {
	a := &api{store}
	return wire.Vendor{Routes: a.routes(), Fail: fail}
}

// routes are those of all versions of the API (S1, S12).
func (a *api) routes() []wire.Route {
	var routes []wire.Route
	for _, base := range []string{"/v3/auth-org/", "/v2024/auth-org/", "/v2025/auth-org/", "/v2026/auth-org/", "/beta/auth-org/", "/auth-org/v1/"} {
		for _, doc := range documents() {
			path := base + doc.name
			routes = append(routes, wire.Route{Verb: http.MethodGet, Path: path, Scope: readOrg, Handle: a.get(doc)})
			if doc.post {
				routes = append(routes, wire.Route{Verb: http.MethodPost, Path: path, Scope: manageOrg, Body: wire.Object, Handle: a.post(doc)})
			}
			routes = append(routes, wire.Route{Verb: http.MethodPatch, Path: path, Scope: manageOrg, Body: wire.JSONPatch, Handle: a.patch(doc)})
		}
	}
	profile := authProfile()
	for _, base := range []string{"/beta/auth-profiles", "/v2024/auth-profiles", "/v2025/auth-profiles", "/v2026/auth-profiles", "/auth-profiles/v1"} {
		routes = append(routes,
			wire.Route{Verb: http.MethodGet, Path: base, Scope: readProfile, Handle: a.listProfiles},
			wire.Route{Verb: http.MethodGet, Path: base + "/{id}", Scope: readProfile, Handle: a.get(profile)},
			wire.Route{Verb: http.MethodPatch, Path: base + "/{id}", Scope: updateProfile, Body: wire.JSONPatch, Handle: a.patch(profile)},
		)
	}
	return routes
}

// answer answers with a document and its entity tag (H9).
func answer(text []byte) wire.Answer {
	return wire.Answer{Status: http.StatusOK, Header: http.Header{"Etag": {records.ETag(text)}}, Body: text}
}

// asked is the document that a request asks for, as it stands; nil: there is none,
// or none of the id in the path.
func (doc *document) asked(r *wire.Request, d *records.Documents) json.RawMessage {
	if id, given := r.Params["id"]; given && id != profileID(*doc.in(d)) {
		return nil
	}
	return doc.current(d)
}

func (a *api) get(doc *document) func(*wire.Request) wire.Answer {
	return func(r *wire.Request) wire.Answer {
		d, err := a.store.Documents()
		if err != nil {
			return refuse(err)
		}
		text := doc.asked(r, d)
		if text == nil {
			return notFound()
		}
		return answer(text)
	}
}

// post replaces a document as a whole (S2).
func (a *api) post(doc *document) func(*wire.Request) wire.Answer {
	return a.change(doc, func(r *wire.Request, _ json.RawMessage) (json.RawMessage, *wire.Answer) {
		return doc.complete(r.Body), nil
	})
}

// patch changes a document by JSON Patch (S5): as a whole or not at all.
func (a *api) patch(doc *document) func(*wire.Request) wire.Answer {
	return a.change(doc, func(r *wire.Request, before json.RawMessage) (json.RawMessage, *wire.Answer) {
		if before == nil {
			none := notFound()
			return nil, &none
		}
		return doc.apply(r.Body, before)
	})
}

// change makes a document of the one that there is, nil if there is none, and
// stores it if it is valid.
func (a *api) change(doc *document, make func(*wire.Request, json.RawMessage) (json.RawMessage, *wire.Answer)) func(*wire.Request) wire.Answer {
	return func(r *wire.Request) wire.Answer {
		return a.store.Write(r, func(d *records.Documents) wire.Answer {
			before := doc.asked(r, d)
			if len(r.Body.Raw()) > maxBody {
				return problem(http.StatusBadRequest, codeLimit, "The request is larger than 1 MiB.")
			}
			if _, conditional := r.Header["If-Match"]; conditional && (before == nil || !r.Matches(records.ETag(before))) {
				if before == nil && r.Verb == http.MethodPatch {
					return notFound()
				}
				return notMatched()
			}
			text, failed := make(r, before)
			if failed != nil {
				return *failed
			}
			if failed := doc.check(before, text); failed != nil {
				return *failed
			}
			*doc.in(d) = text
			return answer(text)
		}, refuse)
	}
}

// listProfiles answers with the one profile, or none (S12).
func (a *api) listProfiles(*wire.Request) wire.Answer {
	d, err := a.store.Documents()
	if err != nil {
		return refuse(err)
	}
	type summary struct {
		Tenant string `json:"tenant"`
		ID     string `json:"id"`
	}
	list := []summary{}
	if d.AuthProfile != nil {
		list = append(list, summary{profileTenant(d.AuthProfile), profileID(d.AuthProfile)})
	}
	return wire.Answer{Status: http.StatusOK, Body: appendJSON(nil, list)}
}
