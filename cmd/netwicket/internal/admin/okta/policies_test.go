package okta_test

import (
	"net/http"
	"net/url"
	"path"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/okta"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/wire"
)

const (
	taken    = "An object with this field already exists in the current organization"
	blank    = "The field cannot be left blank"
	policies = "/api/v1/policies"
)

// signOn and access make a policy, and return its path.
func (o *org) signOn(name string) string {
	o.t.Helper()
	return policies + "/" + o.must("POST", policies, `{"type":"OKTA_SIGN_ON","name":"`+name+`"}`).id()
}

func (o *org) access() string {
	o.t.Helper()
	return policies + "/" + o.must("POST", policies, `{"type":"ACCESS_POLICY","name":"App","description":"d"}`).id()
}

// system is the path of the default policy of a type.
func (o *org) system(kind string) string {
	o.t.Helper()
	for _, p := range o.must("GET", policies+"?type="+kind, "").list() {
		if p["system"] == true {
			return policies + "/" + p["id"].(string)
		}
	}
	require.Fail(o.t, "no default policy", kind)
	return ""
}

// order are the names of a list with the priorities.
func order(list []map[string]any) map[string]float64 {
	all := make(map[string]float64)
	for _, one := range list {
		all[one["name"].(string)] = one["priority"].(float64)
	}
	return all
}

func names(list []map[string]any) []string {
	var all []string
	for _, one := range list {
		all = append(all, one["name"].(string))
	}
	return all
}

func TestCreatePolicy(t *testing.T) {
	o := openOrg(t)
	r := o.must("POST", policies, `{"type":"OKTA_SIGN_ON","name":"Staff","description":"d","status":"INACTIVE","system":true,"id":"00pX","priority":null,
		"conditions":{"people":{"groups":{"include":[ "00g1" ]}}},"_embedded":{"a":1},"_links":{"self":{"href":"x"}},"settings":{"b":1.50}}`)
	require.Equal(t, http.StatusOK, r.status)
	self := base + policies + "/" + r.id()
	require.Regexp(t, `^00p[0-9A-Za-z]{17}$`, r.id())
	require.Equal(t, `{"id":"`+r.id()+`","status":"ACTIVE","name":"Staff","description":"d","priority":1,"system":false,`+
		`"conditions":{"people":{"groups":{"include":["00g1"]}}},"created":"2026-02-18T08:28:53.000Z","lastUpdated":"2026-02-18T08:28:53.000Z",`+
		`"_links":{"mappings":{"href":"`+self+`/mappings","hints":{"allow":["GET","POST"]}},"self":{"href":"`+self+`","hints":{"allow":["GET","PUT","DELETE"]}},`+
		`"rules":{"href":"`+self+`/rules","hints":{"allow":["GET","POST"]}},"deactivate":{"href":"`+self+`/lifecycle/deactivate","hints":{"allow":["POST"]}}},`+
		`"settings":{"b":1.50},"type":"OKTA_SIGN_ON"}`, r.body)
	require.Equal(t, r.body, o.must("GET", policies+"/"+r.id(), "").body)

	r = o.must("POST", policies+"?activate=false", `{"type":"ACCESS_POLICY","name":"Staff","conditions":{"people":{"groups":{"include":["00g1"]}}}}`)
	require.Regexp(t, `^rst[0-9A-Za-z]{17}$`, r.id())
	require.Equal(t, []string{"id", "status", "name", "priority", "system", "conditions", "created", "lastUpdated", "_links", "type"}, r.keys(), "recorded: no description, no member")
	require.Equal(t, "INACTIVE", r.at("status"))
	require.Nil(t, r.at("conditions"))
	require.NotNil(t, r.at("_links.activate"))
	require.Nil(t, r.at("_links.deactivate"))
	require.JSONEq(t, "[]", o.must("GET", policies+"/"+r.id()+"/mappings", "").body)
}

func TestRefusedPolicies(t *testing.T) {
	o := openOrg(t)
	o.signOn("Staff")
	before := o.files()
	post := func(body string) reply { return o.call("POST", policies, body) }
	post(`{"type":"OKTA_SIGN_ON","name":"Staff"}`).invalid("name", "name: "+taken)
	post(`{"type":"ACCESS_POLICY","name":"Default Policy"}`).invalid("name", "name: "+taken)
	post(`{}`).invalid("type", "type: "+blank, "name: "+blank)
	post(`{"name":" ","priority":0,"type":"PASSWORD"}`).invalid("name", "name: "+blank, "priority: The field priority is not valid.", "type: The field type is not valid.")
	post(`{"type":null,"name":"x"}`).invalid("type", "type: "+blank)
	post(`{"type":"OKTA_SIGN_ON","name":"x","priority":1.5}`).invalid("priority")
	post(`{"type":"OKTA_SIGN_ON","name":"x","priority":-1}`).invalid("priority")
	post(`{"type":"ACCESS_POLICY","name":"x","priority":-1}`).invalid("priority")
	post(`{"type":"OKTA_SIGN_ON","name":"x","priority":99999999999}`).invalid("priority")
	o.call("POST", policies+"?activate=maybe", `{"type":"OKTA_SIGN_ON","name":"x"}`).invalid("activate")
	for _, body := range []string{
		`{"type":1,"name":"x"}`, `{"type":"OKTA_SIGN_ON","name":["x"]}`, `{"type":"OKTA_SIGN_ON","name":"x","priority":"1"}`,
		`{"type":"OKTA_SIGN_ON","name":"x","conditions":[]}`, `{"type":"OKTA_SIGN_ON","name":"x","system":"true"}`,
		`{"type":"OKTA_SIGN_ON","name":"x","conditions":{"people":{"groups":{"include":{}}}}}`,
		`{"type":"OKTA_SIGN_ON","name":"x","conditions":{"people":{"groups":{"include":[null]}}}}`,
		`{"type":"OKTA_SIGN_ON","name":"x","description":false}`, `{"type":"OKTA_SIGN_ON","name":"x","_links":[]}`,
	} {
		post(body).refused(http.StatusBadRequest, "E0000003", "The request body was not well-formed.")
	}
	o.call("PUT", policies+"/00pnone", `{"type":1}`).refused(http.StatusBadRequest, "E0000003", "The request body was not well-formed.")
	for _, verb := range []string{"GET", "PUT", "DELETE"} {
		o.call(verb, policies+"/00pnone", `{}`).refused(http.StatusNotFound, "E0000007", "Not found: Resource not found: 00pnone (Policy)")
	}
	o.call("POST", policies+"/00pnone/lifecycle/activate", "").refused(http.StatusNotFound, "E0000007", "Not found: Resource not found: 00pnone (Policy)")
	o.call("GET", policies+"/00pnone/rules", "").refused(http.StatusNotFound, "E0000007", "Not found: Resource not found: 00pnone (Policy)")
	o.call("POST", policies+"/00pnone/rules", "{}").refused(http.StatusNotFound, "E0000007", "Not found: Resource not found: 00pnone (Policy)")
	o.call("GET", policies+"/00pnone/mappings", "").refused(http.StatusNotFound, "E0000007", "Not found: Resource not found: 00pnone (Policy)")
	require.Equal(t, before, o.files())
}

func TestReplacePolicy(t *testing.T) {
	o := openOrg(t)
	p := o.signOn("Staff")
	id := path.Base(p)
	o.must("POST", p+"/rules", `{"type":"SIGN_ON","name":"r","actions":{"signon":{"access":"DENY"}}}`)
	o.must("POST", p+"/lifecycle/deactivate", "")
	before := o.must("GET", p, "")
	r := o.must("PUT", p, `{"id":"`+id+`","type":"OKTA_SIGN_ON","name":"Other","status":"ACTIVE","created":"2000-01-01T00:00:00Z","system":true}`)
	require.Equal(t, "INACTIVE", r.at("status"), "status changes by lifecycle only")
	require.Equal(t, before.at("created"), r.at("created"))
	require.NotEqual(t, before.at("lastUpdated"), r.at("lastUpdated"))
	require.Equal(t, false, r.at("system"))
	require.Equal(t, 1.0, r.at("priority"), "an absent priority stays")
	require.Contains(t, r.body, `"conditions":{"people":{"groups":{"include":[]}}}`, "PUT replaces, and Terraform's provider crashes without these")
	require.Len(t, o.must("GET", p+"/rules", "").list(), 1, "rules stay")
	o.must("PUT", p, `{"type":"OKTA_SIGN_ON","name":"Other"}`) // its own name is not taken

	o.signOn("Second")
	o.call("PUT", p, `{"type":"OKTA_SIGN_ON","name":"Second"}`).invalid("name", "name: "+taken)
	o.call("PUT", p, `{"type":"ACCESS_POLICY","name":"x"}`).invalid("type", "type: The type of a policy cannot be changed.")
	o.call("PUT", p, `{"name":"x"}`).invalid("type", "type: "+blank)
	o.call("PUT", p, `{"id":"00pother","type":"OKTA_SIGN_ON","name":"x"}`).invalid("id")
}

func TestPolicyPriorities(t *testing.T) {
	o := openOrg(t)
	list := func() []map[string]any { return o.must("GET", policies+"?type=OKTA_SIGN_ON", "").list() }
	a, b := o.signOn("a"), o.signOn("b")
	require.Equal(t, map[string]float64{"a": 1, "b": 2, "Default Policy": 3}, order(list()))
	o.must("POST", policies, `{"type":"OKTA_SIGN_ON","name":"c","priority":1}`)
	require.Equal(t, []string{"c", "a", "b", "Default Policy"}, names(list()))
	require.Equal(t, 1.0, o.must("PUT", b, `{"type":"OKTA_SIGN_ON","name":"b","priority":1}`).at("priority"))
	require.Equal(t, []string{"b", "c", "a", "Default Policy"}, names(list()))
	require.Equal(t, 3.0, o.must("PUT", b, `{"type":"OKTA_SIGN_ON","name":"b","priority":999}`).at("priority"))
	o.must("DELETE", a, "")
	require.Equal(t, map[string]float64{"c": 1, "b": 2, "Default Policy": 3}, order(list()))
	before := o.must("GET", o.system("OKTA_SIGN_ON"), "").object()
	o.must("PUT", o.system("OKTA_SIGN_ON"), `{"type":"OKTA_SIGN_ON","name":"Default Policy","priority":1}`)
	require.Equal(t, before["priority"], o.must("GET", o.system("OKTA_SIGN_ON"), "").at("priority"), "the system's stays behind all others")

	// Okta gives every app sign-in policy the priority that it is sent with: Terraform
	// sends 1 for each, and finds a change to make if it gets another one.
	for _, name := range []string{"x", "y"} {
		require.Equal(t, 1.0, o.must("POST", policies, `{"type":"ACCESS_POLICY","name":"`+name+`","priority":1}`).at("priority"))
	}
	require.Equal(t, []string{"x", "y", "Default Policy"}, names(o.must("GET", policies+"?type=ACCESS_POLICY", "").list()))
}

func TestSystemPolicies(t *testing.T) {
	o := openOrg(t)
	for _, kind := range []string{"OKTA_SIGN_ON", "ACCESS_POLICY"} {
		p := o.system(kind)
		r := o.must("GET", p, "")
		require.Equal(t, map[string]any{
			"self":  map[string]any{"href": base + p, "hints": map[string]any{"allow": []any{"GET", "PUT"}}},
			"rules": map[string]any{"href": base + p + "/rules", "hints": map[string]any{"allow": []any{"GET", "POST"}}},
		}, r.at("_links"))
		before := o.files()
		id := path.Base(p)
		o.call("DELETE", p, "").invalid("id", "id: The policy: "+id+" is a system policy. System policies cannot be deleted.")
		o.call("POST", p+"/lifecycle/deactivate", "").invalid("id")
		o.call("POST", p+"/lifecycle/activate", "").invalid("id")
		rules := o.must("GET", p+"/rules", "").list()
		require.Len(t, rules, 1)
		rule := p + "/rules/" + rules[0]["id"].(string)
		require.Equal(t, true, rules[0]["system"])
		o.call("DELETE", rule, "").invalid("id")
		o.call("POST", rule+"/lifecycle/deactivate", "").invalid("id")
		o.call("POST", rule+"/lifecycle/activate", "").invalid("id")
		require.Equal(t, before, o.files())
		require.Equal(t, "Renamed", o.must("PUT", p, `{"type":"`+kind+`","name":"Renamed"}`).at("name"))
	}
}

func TestListPolicies(t *testing.T) {
	o := openOrg(t)
	for _, name := range []string{"Ab", "Ac", "B"} {
		o.signOn(name)
	}
	o.must("POST", policies+"?activate=false", `{"type":"OKTA_SIGN_ON","name":"Ad"}`)
	get := func(query string) reply { return o.must("GET", policies+"?"+query, "") }
	all := get("type=OKTA_SIGN_ON")
	require.Equal(t, []string{"Ab", "Ac", "B", "Ad", "Default Policy"}, names(all.list()))
	require.Equal(t, []string{"<" + base + policies + `?type=OKTA_SIGN_ON>; rel="self"`}, all.header["Link"])
	require.Equal(t, []string{"Ab", "Ac", "Ad"}, names(get("type=OKTA_SIGN_ON&q=A").list()))
	require.Empty(t, get("type=OKTA_SIGN_ON&q=b").list())
	require.Empty(t, get("type=OKTA_SIGN_ON&q=Policy").list(), "it begins with another word")
	require.Equal(t, []string{"Ad"}, names(get("type=OKTA_SIGN_ON&status=INACTIVE").list()))
	require.Empty(t, get("type=MFA_ENROLL").list())
	require.Equal(t, "[]", get("type=PASSWORD").body)
	o.call("GET", policies, "").invalid("type", "type: "+blank)
	o.call("GET", policies+"?type=NOPE", "").invalid("type", "type: The field type is not valid.")
	o.call("GET", policies+"?type=OKTA_SIGN_ON&status=OFF", "").invalid("status")
	o.call("GET", policies+"?type=OKTA_SIGN_ON&limit=0", "").invalid("limit")
	o.call("GET", policies+"?type=OKTA_SIGN_ON&after=nothing", "").refused(http.StatusBadRequest, "E0000029", "Invalid paging request.", "Invalid cursor.")

	var seen []string
	next := policies + "?type=OKTA_SIGN_ON&limit=2&q=&status=ACTIVE"
	for pages := 0; next != "" && pages < 9; pages++ {
		r := o.must("GET", next, "")
		seen = append(seen, names(r.list())...)
		next = r.next()
		if pages == 0 { // what was listed goes, and whatever is in front of the rest moves up
			require.Len(t, r.header["Link"], 2)
			for _, p := range r.list() {
				o.must("DELETE", policies+"/"+p["id"].(string), "")
			}
		}
	}
	require.Equal(t, []string{"Ab", "Ac", "B", "Default Policy"}, seen)
}

// next is the target of the link to the next page; empty: there is none.
func (r reply) next() string {
	r.t.Helper()
	for _, link := range r.header["Link"] {
		if target, found := strings.CutSuffix(link, `>; rel="next"`); found {
			at, err := url.Parse(strings.TrimPrefix(target, "<"))
			require.NoError(r.t, err)
			return at.RequestURI()
		}
	}
	return ""
}

func TestPolicyLifecycle(t *testing.T) {
	o := openOrg(t)
	p := o.signOn("Staff")
	o.must("POST", p+"/rules", `{"type":"SIGN_ON","name":"Nobody","actions":{"signon":{"access":"DENY"}}}`)
	require.Equal(t, `deny 198.51.100.1 rule rule="Nobody"`, o.decision("198.51.100.1"))
	for _, step := range []struct{ verb, status, decision string }{
		{"deactivate", "INACTIVE", "allow 198.51.100.1 permitted"},
		{"deactivate", "INACTIVE", "allow 198.51.100.1 permitted"},
		{"activate", "ACTIVE", `deny 198.51.100.1 rule rule="Nobody"`},
	} {
		before := o.must("GET", p, "")
		r := o.must("POST", p+"/lifecycle/"+step.verb, "")
		require.Equal(t, http.StatusNoContent, r.status)
		require.Empty(t, r.body)
		after := o.must("GET", p, "")
		require.Equal(t, step.status, after.at("status"))
		require.NotEqual(t, before.at("lastUpdated"), after.at("lastUpdated"))
		require.Equal(t, step.decision, o.decision("198.51.100.1"))
	}
	r := o.must("DELETE", p, "")
	require.Equal(t, http.StatusNoContent, r.status)
	require.Empty(t, r.body)
	o.call("GET", p+"/rules", "").refused(http.StatusNotFound, "E0000007", "Not found: Resource not found: "+path.Base(p)+" (Policy)")
	require.Equal(t, "allow 198.51.100.1 permitted", o.decision("198.51.100.1"))
	for name := range o.files() {
		require.NotContains(t, name, path.Base(p), "its rules go with it")
	}
}

// Which policies decide (D1), by what they decide.
func TestEnforcedPolicies(t *testing.T) {
	const anyone, permitted = "198.51.100.1", "allow 198.51.100.1 permitted"
	o := openOrg(t)
	require.Equal(t, permitted, o.decision(anyone), "default policies with their own rule alone")
	o.signOn("Empty")
	require.Equal(t, permitted, o.decision(anyone), "a policy without rules")
	rule := `{"type":"SIGN_ON","name":"No","actions":{"signon":{"access":"DENY"}},"conditions":{"network":{"connection":"ZONE","include":["` + o.office("Bad", "203.0.113.0/24") + `"]}}}`
	p := o.system("OKTA_SIGN_ON")
	no := p + "/rules/" + o.must("POST", p+"/rules", rule).id()
	require.Equal(t, `deny 203.0.113.9 rule rule="No"`, o.decision("203.0.113.9"), "the default policy with a rule of ours")
	require.Equal(t, `allow 198.51.100.1 rule rule="Default Rule"`, o.decision(anyone))
	o.must("DELETE", no, "")
	require.Equal(t, permitted, o.decision(anyone))

	a := o.access()
	require.Equal(t, `allow 198.51.100.1 rule rule="Catch-all Rule"`, o.decision(anyone))
	catchAll := a + "/rules/" + o.must("GET", a+"/rules", "").list()[0]["id"].(string)
	o.must("PUT", catchAll, `{"type":"ACCESS_POLICY","name":"Catch-all Rule","actions":{"appSignOn":{"access":"DENY"}}}`)
	require.Equal(t, `deny 198.51.100.1 rule rule="Catch-all Rule"`, o.decision(anyone))
	o.must("POST", a+"/lifecycle/deactivate", "")
	require.Equal(t, permitted, o.decision(anyone))

	d := o.system("ACCESS_POLICY")
	own := d + "/rules/" + o.must("GET", d+"/rules", "").list()[0]["id"].(string)
	o.must("PUT", own, `{"type":"ACCESS_POLICY","name":"Catch-all Rule","actions":{"appSignOn":{"access":"DENY"}}}`)
	require.Equal(t, `deny 198.51.100.1 rule rule="Catch-all Rule"`, o.decision(anyone), "the default policy whose rule denies")
}

func TestCatchAllOption(t *testing.T) {
	o := openOrg(t, func(options *okta.Options) { options.CatchAll = "DENY" })
	o.access()
	require.Equal(t, `deny 198.51.100.1 rule rule="Catch-all Rule"`, o.decision("198.51.100.1"))
}

func TestPolicyETags(t *testing.T) {
	o := openOrg(t)
	p := o.signOn("Staff")
	rule := p + "/rules/" + o.must("POST", p+"/rules", `{"type":"SIGN_ON","name":"r","actions":{"signon":{"access":"DENY"}}}`).id()
	for _, test := range []struct{ path, body string }{
		{p, `{"type":"OKTA_SIGN_ON","name":"Staff 2"}`},
		{rule, `{"type":"SIGN_ON","name":"r2","actions":{"signon":{"access":"DENY"}}}`},
	} {
		old := o.must("GET", test.path, "").header.Get("Etag")
		require.Regexp(t, `^"[0-9a-f]{32}"$`, old)
		changed := o.must("PUT", test.path, test.body, "If-Match", `"other", `+old)
		require.NotEqual(t, old, changed.header.Get("Etag"))
		require.Equal(t, changed.header.Get("Etag"), o.must("GET", test.path, "").header.Get("Etag"))
		before := o.files()
		for _, stale := range []string{old, `"other"`, "W/" + changed.header.Get("Etag")} {
			for _, request := range [][2]string{{"PUT", ""}, {"DELETE", ""}, {"POST", "/lifecycle/activate"}} {
				body := "" // an invalid one: If-Match comes first
				if request[0] == "PUT" {
					body = "{}"
				}
				o.call(request[0], test.path+request[1], body, "If-Match", stale).refused(http.StatusPreconditionFailed, "E0000231", "ETag value doesn't match.")
			}
		}
		o.call("PUT", test.path+"none", "{}", "If-Match", `"other"`).refused(http.StatusNotFound, "E0000007",
			"Not found: Resource not found: "+path.Base(test.path)+"none ("+map[bool]string{true: "Policy", false: "PolicyRule"}[test.path == p]+")")
		require.Equal(t, before, o.files())
		o.must("POST", test.path+"/lifecycle/deactivate", "", "If-Match", "*")
	}
	o.must("DELETE", rule, "", "If-Match", o.must("GET", rule, "").header.Get("Etag"))
}

// The paths of policies and rules (P1), who may use them (A3) and what they count for
// (R1). There are no others: nothing is cloned or simulated.
func TestPolicyRoutes(t *testing.T) {
	o := openOrg(t)
	got := map[string][]string{}
	for _, route := range o.vendor.Routes {
		place, found := strings.CutPrefix(route.Path, policies)
		if !found {
			continue
		}
		got[place] = append(got[place], route.Verb)
		scope, body := "okta.policies.manage", wire.NoBody
		if route.Verb == "GET" {
			scope = "okta.policies.read"
		}
		if route.Verb == "PUT" || route.Verb == "POST" && !strings.Contains(place, "lifecycle") {
			body = wire.Object
		}
		require.Equal(t, scope, route.Scope, "%s %s", route.Verb, place)
		require.Equal(t, body, route.Body, "%s %s", route.Verb, place)
		require.False(t, route.Public)
	}
	require.Equal(t, map[string][]string{
		"": {"GET", "POST"}, "/{id}": {"GET", "PUT", "DELETE"}, "/{id}/mappings": {"GET"},
		"/{id}/lifecycle/activate": {"POST"}, "/{id}/lifecycle/deactivate": {"POST"},
		"/{id}/rules": {"GET", "POST"}, "/{id}/rules/{rule}": {"GET", "PUT", "DELETE"},
		"/{id}/rules/{rule}/lifecycle/activate": {"POST"}, "/{id}/rules/{rule}/lifecycle/deactivate": {"POST"},
	}, got)
}
