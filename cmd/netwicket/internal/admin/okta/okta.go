package okta

import (
	"encoding/json"
	"net/http"
	"slices"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/records"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/tenant"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/wire"
)

// Options say what the vendor leaves open.
type Options struct {
	CatchAll string // ALLOW or DENY: what the catch-all rule of a new policy does; empty: ALLOW (P6)
}

// api is the API over one tenant.
type api struct {
	store   *tenant.Store
	options Options
}

// New is Okta's API over a tenant.
func New(store *tenant.Store, options Options) wire.Vendor {
	a := &api{store, options}
	return wire.Vendor{
		Routes: slices.Concat(a.zoneRoutes(), a.threatRoutes(), a.policyRoutes(), a.besideRoutes()),
		Fail:   fail,
	}
}

// The scopes of Okta's API (A3).
const (
	readZones      = "okta.networkZones.read"
	manageZones    = "okta.networkZones.manage"
	readThreats    = "okta.threatInsights.read"
	manageThreats  = "okta.threatInsights.manage"
	readPolicies   = "okta.policies.read"
	managePolicies = "okta.policies.manage"
)

// read answers from the documents as they are.
func (a *api) read(answer func(*wire.Request, *records.Documents) wire.Answer) func(*wire.Request) wire.Answer {
	return func(r *wire.Request) wire.Answer {
		documents, err := a.store.Documents()
		if err != nil {
			return refuse(err)
		}
		return answer(r, documents)
	}
}

// change answers with what a write made of the documents.
func (a *api) change(change func(*wire.Request, *records.Documents) wire.Answer) func(*wire.Request) wire.Answer {
	return func(r *wire.Request) wire.Answer {
		return a.store.Write(r, func(d *records.Documents) wire.Answer { return change(r, d) }, refuse)
	}
}

// record answers with one record and its entity tag (H9).
func record(text []byte, etag string) wire.Answer {
	return wire.Answer{Status: http.StatusOK, Header: http.Header{"Etag": {etag}}, Body: text}
}

// nothing is the answer of an operation that has none.
func nothing() wire.Answer { return wire.Answer{Status: http.StatusNoContent} }

// links are the links of a record.
type links struct{ text []byte }

// add adds a link that takes verbs.
func (l *links) add(name, href string, verbs ...string) {
	between := byte(',')
	if l.text == nil {
		between = '{'
	}
	l.text = append(l.text, between)
	l.text = append(l.text, `"`+name+`":{"href":`...)
	l.text = appendJSON(l.text, href)
	l.text = append(l.text, `,"hints":{"allow":`...)
	l.text = append(appendJSON(l.text, verbs), "}}"...)
}

func (l *links) end() []byte { return append(l.text, '}') }

func appendJSON(to []byte, value any) []byte {
	text, err := json.Marshal(value)
	if err != nil {
		panic("okta: " + err.Error()) // strings do not fail
	}
	return append(to, text...)
}

// lifecycleLink is the one of the two that a record can take: what is ACTIVE can
// be deactivated (Z10).
func lifecycleLink(status string) string {
	if status == records.Active {
		return "deactivate"
	}
	return "activate"
}
