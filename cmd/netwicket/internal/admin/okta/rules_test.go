package okta_test

import (
	"fmt"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// rules are those of a policy by priority.
func (o *org) rules(policy string) []map[string]any {
	o.t.Helper()
	r := o.must("GET", policy+"/rules", "")
	require.Empty(o.t, r.header["Link"])
	return r.list()
}

// denies makes a rule that denies, and returns its path.
func (o *org) denies(policy, name, more string) string {
	o.t.Helper()
	return policy + "/rules/" + o.must("POST", policy+"/rules", deniesBody(policy, name, more)).id()
}

// deniesBody is a rule for a policy; more are members in front, each with a comma behind it.
func deniesBody(policy, name, more string) string {
	kind, form := "SIGN_ON", "signon"
	if path.Base(policy)[:3] == "rst" {
		kind, form = "ACCESS_POLICY", "appSignOn"
	}
	return `{` + more + `"type":"` + kind + `","name":"` + name + `","actions":{"` + form + `":{"access":"DENY"}}}`
}

func TestCreateRule(t *testing.T) {
	o := openOrg(t)
	office := o.office("Office", "192.0.2.0/24")
	p, a := o.signOn("Staff"), o.access()
	r := o.must("POST", p+"/rules", `{"type":"SIGN_ON","name":"Office","actions":{"signon":{"access":"ALLOW", "rememberDeviceByDefault":false}},
		"conditions":{"network":{"connection":"ZONE","include":["`+office+`"],"exclude":[]}},"status":"INACTIVE","system":true,"id":"0prX","_links":{"self":{"href":"x"}}}`)
	require.Equal(t, http.StatusOK, r.status)
	require.Regexp(t, `^0pr[0-9A-Za-z]{17}$`, r.id())
	self := base + p + "/rules/" + r.id()
	created := r.at("created").(string)
	require.Equal(t, `{"id":"`+r.id()+`","status":"ACTIVE","name":"Office","priority":1,"created":"`+created+`","lastUpdated":"`+created+`","system":false,`+
		`"conditions":{"people":{"users":{"exclude":[]}},"network":{"connection":"ZONE","include":["`+office+`"]}},`+
		`"actions":{"signon":{"access":"ALLOW","rememberDeviceByDefault":false,"primaryFactor":"PASSWORD_IDP_ANY_FACTOR"}},`+
		`"_links":{"self":{"href":"`+self+`","hints":{"allow":["GET","PUT","DELETE"]}},"deactivate":{"href":"`+self+`/lifecycle/deactivate","hints":{"allow":["POST"]}}},`+
		`"type":"SIGN_ON"}`, r.body)
	require.Equal(t, r.body, o.must("GET", p+"/rules/"+r.id(), "").body)

	r = o.must("POST", a+"/rules?activate=false", deniesBody(a, "App", ""))
	require.Regexp(t, `^rul[0-9A-Za-z]{17}$`, r.id())
	require.Equal(t, "INACTIVE", r.at("status"))
	require.NotNil(t, r.at("_links.activate"))
	require.Contains(t, r.body, `"conditions":{"people":{"users":{"exclude":[]}},"network":{"connection":"ANYWHERE"},"riskScore":{"level":"ANY"},"userType":{"include":[],"exclude":[]}},`+
		`"actions":{"appSignOn":{"access":"DENY","keepMeSignedIn":{"postAuth":"NOT_ALLOWED"}}}`)
}

// What netwicket does not evaluate comes back as it was sent, but for what is
// filled in where there is nothing.
func TestVerbatim(t *testing.T) {
	o := openOrg(t)
	a := o.access()
	r := o.must("POST", a+"/rules", `{"name":"mac","type":"ACCESS_POLICY",
		"conditions":{"platform":{"include":[{"os":{"type":"MACOS"},"type":"DESKTOP"}]},"elCondition":{"condition":"user.name == \"\u00e9\\n\/\" && 1 < 2"},
			"people":{"groups":{"include":["00g1"]},"users":{"include":["00u1"],"exclude":null}},"riskScore":{"level":"LOW"},"userType":null,"x":1.50e3},
		"actions":{"appSignOn":{"verificationMethod":{"type":"ASSURANCE","constraints":[{"a":1E2}]},"access":"ALLOW","keepMeSignedIn":{"postAuth":"ALLOWED"}},"other":null},
		"custom":{"z":[1,2.0]}}`)
	require.Contains(t, r.body, `"conditions":{`+
		`"platform":{"include":[{"os":{"type":"MACOS"},"type":"DESKTOP"}]},"network":{"connection":"ANYWHERE"},"elCondition":{"condition":"user.name == \"\u00e9\\n\/\" && 1 < 2"},`+
		`"people":{"groups":{"include":["00g1"]},"users":{"include":["00u1"],"exclude":[]}},"riskScore":{"level":"LOW"},"userType":{"include":[],"exclude":[]},"x":1.50e3},`+
		`"actions":{"appSignOn":{"verificationMethod":{"type":"ASSURANCE","constraints":[{"a":1E2}]},"access":"ALLOW","keepMeSignedIn":{"postAuth":"ALLOWED"}},"other":null},`)
	require.Contains(t, r.body, `"custom":{"z":[1,2.0]},"type":"ACCESS_POLICY"}`)
	file := filepath.Join(o.dir, "okta", "rules", path.Base(a)+".json")
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Contains(t, string(text), `"condition": "user.name == \"\u00e9\\n\/\" && 1 < 2"`)
	require.NotContains(t, string(text), "_links")
	require.Equal(t, `allow 198.51.100.1 rule rule="Catch-all Rule"`, o.decision("198.51.100.1"), "a narrowed ALLOW never applies")
	require.Contains(t, strings.Join(r.header["Netwicket-Warning"], "\n"), "this ALLOW rule never applies")

	o.denies(a, "first", `"priority":0,`)
	shifted := o.must("PUT", a+"/rules/"+r.id(), r.body)
	require.Contains(t, shifted.body, `"custom":{"z":[1,2.0]},"type":"ACCESS_POLICY"}`)
	require.Contains(t, shifted.body, `"x":1.50e3`)
}

func TestRefusedRules(t *testing.T) {
	o := openOrg(t)
	office, branch := o.office("Office", "192.0.2.0/24"), o.office("Branch", "198.51.100.0/24")
	p, a := o.signOn("Staff"), o.access()
	before := o.files()
	const v6 = "conditions.network: You should either include or exclude network zones when you use zones in the policy rule."
	for _, query := range []string{"", "?activate=false"} { // what is refused is refused ACTIVE or not
		network := func(condition string) reply {
			return o.call("POST", p+"/rules"+query, `{"type":"SIGN_ON","name":"r","actions":{"signon":{"access":"ALLOW"}},"conditions":{"network":`+condition+`}}`)
		}
		network(`{"connection":"ZONE"}`).invalid("conditions.network", v6)
		network(`{"connection":"ZONE","include":[],"exclude":null}`).invalid("conditions.network", v6)
		network(`{"connection":"ZONE","include":["`+office+`"],"exclude":["`+branch+`"]}`).invalid("conditions.network", v6)
		network(`{"connection":"ZONE","include":["nzo00000000000000000"]}`).invalid("conditions.network", "conditions.network: There is no network zone nzo00000000000000000.")
		network(`{"connection":"ZONE","exclude":["`+office+`","x","y"]}`).invalid("conditions.network",
			"conditions.network: There is no network zone x.", "conditions.network: There is no network zone y.")
		for _, condition := range []string{
			`{}`, `{"include":["` + office + `"]}`, `{"connection":"DISABLED"}`, `{"connection":"NOWHERE"}`, `{"connection":"anywhere"}`,
			`{"connection":"ANYWHERE","include":["` + office + `"]}`, `{"connection":"ANYWHERE","exclude":["ALL_ZONES"]}`,
			`{"connection":"ON_NETWORK","include":["` + office + `"]}`, `{"connection":"ZONE","includes":["` + office + `"]}`,
			`{"connection":"ZONE","include":["ALL_ZONES","` + office + `"]}`, `{"connection":"ZONE","exclude":["ALL_ZONES","ALL_IP_ZONES"]}`,
			`{"connection":"ZONE","include":["` + office + `"],"exlude":["` + branch + `"]}`, `{"connection":"ZONE","include":[""]}`,
		} {
			network(condition).invalid("conditions.network")
		}
		post := func(body string) reply { return o.call("POST", p+"/rules"+query, body) }
		post(`{}`).invalid("name", "name: "+blank, "type: "+blank, "actions.signon.access: "+blank)
		post(`{"actions":{"signon":{"access":"CHALLENGE"}},"type":"ACCESS_POLICY","name":""}`).invalid("actions.signon.access",
			"actions.signon.access: The field actions.signon.access is not valid.", "type: The field type is not valid.", "name: "+blank)
		post(`{"type":"SIGN_ON","name":"r","actions":{"appSignOn":{"access":"ALLOW"}}}`).invalid("actions.signon.access", "actions.signon.access: "+blank)
		post(`{"type":"SIGN_ON","name":"r","actions":{"signon":{"access":"ALLOW"},"appSignOn":{"access":"DENY"}}}`).invalid("actions.appSignOn.access")
		post(`{"type":"SIGN_ON","name":"r","actions":{"signon":{"access":"ALLOW"}},"condition":{"network":{"connection":"ZONE"}}}`).invalid("condition")
		post(`{"type":"SIGN_ON","name":"r","actions":{"signon":{"access":"ALLOW"}},"conditions":{"networks":{"connection":"ZONE"}}}`).invalid("conditions.networks")
		for _, priority := range []string{"0", "-1", "1.0", "1e2", "4294967296"} {
			post(deniesBody(p, "r", `"priority":`+priority+`,`)).invalid("priority", "priority: The field priority is not valid.")
		}
		for _, priority := range []string{"-1", "99", "100", "2147483647", "1.5"} {
			o.call("POST", a+"/rules"+query, deniesBody(a, "r", `"priority":`+priority+`,`)).invalid("priority")
		}
		for _, wrong := range []string{
			`"name":5`, `"name":"r","conditions":[]`, `"name":"r","conditions":{"network":"ANYWHERE"}`,
			`"name":"r","conditions":{"network":{"connection":"ZONE","include":{}}}`, `"name":"r","conditions":{"network":{"connection":"ZONE","include":{"0":"` + office + `"}}}`,
			`"name":"r","conditions":{"network":{"connection":"ZONE","include":"` + office + `"}}`, `"name":"r","conditions":{"network":{"connection":"ZONE","include":[null]}}`,
			`"name":"r","conditions":{"network":{"connection":["ZONE"]}}`, `"name":"r","conditions":{"people":{"users":{"exclude":{}}}}`,
			`"name":"r","priority":"1"`, `"name":"r","system":0`, `"name":"r","conditions":{"userType":[]}`,
		} {
			post(`{`+wrong+`,"type":"SIGN_ON","actions":{"signon":{"access":"DENY"}}}`).refused(http.StatusBadRequest, "E0000003", "The request body was not well-formed.")
		}
		post(`{"type":"SIGN_ON","name":"r","actions":{"signon":[]}}`).refused(http.StatusBadRequest, "E0000003", "The request body was not well-formed.")
	}
	require.Equal(t, before, o.files())
}

// ON_NETWORK and OFF_NETWORK mean the system's IP zone, as long as there is one
// (okta.md R40).
func TestSystemZoneConditions(t *testing.T) {
	o := openOrg(t)
	p := o.signOn("Staff")
	var legacy string
	for _, z := range o.must("GET", "/api/v1/zones", "").list() {
		if z["name"] == "LegacyIpZone" {
			legacy = z["id"].(string)
		}
	}
	o.must("PUT", "/api/v1/zones/"+legacy, `{"type":"IP","name":"LegacyIpZone","gateways":[{"type":"CIDR","value":"192.0.2.0/24"}]}`)
	body := func(connection string) string {
		return `{"type":"SIGN_ON","name":"` + connection + `","actions":{"signon":{"access":"DENY"}},"conditions":{"network":{"connection":"` + connection + `"}}}`
	}
	off := p + "/rules/" + o.must("POST", p+"/rules", body("OFF_NETWORK")).id()
	o.must("POST", p+"/rules", body("ANYWHERE"))
	require.Equal(t, `deny 192.0.2.7 rule rule="ANYWHERE"`, o.decision("192.0.2.7"))
	require.Equal(t, `deny 198.51.100.1 rule rule="OFF_NETWORK"`, o.decision("198.51.100.1"))
	o.must("PUT", off, body("ON_NETWORK"))
	require.Equal(t, `deny 192.0.2.7 rule rule="ON_NETWORK"`, o.decision("192.0.2.7"))

	o.must("POST", off+"/lifecycle/deactivate", "")
	o.must("POST", "/api/v1/zones/"+legacy+"/lifecycle/deactivate", "")
	o.call("POST", p+"/rules?activate=false", body("ON_NETWORK")).invalid("conditions.network")
	o.call("POST", off+"/lifecycle/activate", "").refused(http.StatusBadRequest, "E0000001", "Api validation failed: policy")
}

func TestReplaceRule(t *testing.T) {
	o := openOrg(t)
	office := o.office("Office", "192.0.2.0/24")
	p, other := o.signOn("Staff"), o.signOn("Other")
	o.denies(p, "first", "")
	rule := p + "/rules/" + o.must("POST", p+"/rules",
		`{"type":"SIGN_ON","name":"r","actions":{"signon":{"access":"DENY","x":1}},"conditions":{"network":{"connection":"ZONE","include":["`+office+`"]},"y":2},"more":3}`).id()
	o.must("POST", rule+"/lifecycle/deactivate", "")
	before := o.must("GET", rule, "")
	r := o.must("PUT", rule, `{"id":"`+path.Base(rule)+`","type":"SIGN_ON","name":"r2","status":"ACTIVE","actions":{"signon":{"access":"ALLOW"}}}`)
	require.Equal(t, "r2", r.at("name"))
	require.Equal(t, "INACTIVE", r.at("status"), "status changes by lifecycle only")
	require.Equal(t, 2.0, r.at("priority"), "an absent priority stays")
	require.Equal(t, before.at("created"), r.at("created"))
	require.NotEqual(t, before.at("lastUpdated"), r.at("lastUpdated"))
	require.Contains(t, r.body, `"conditions":{"people":{"users":{"exclude":[]}},"network":{"connection":"ANYWHERE"}},"actions":{"signon":{"access":"ALLOW","primaryFactor":"PASSWORD_IDP_ANY_FACTOR"}}`)
	require.NotContains(t, r.body, "more", "PUT replaces")
	o.call("PUT", rule, `{"id":"0prother","type":"SIGN_ON","name":"r","actions":{"signon":{"access":"ALLOW"}}}`).invalid("id")
	o.call("PUT", rule, `{"type":"ACCESS_POLICY","name":"r","actions":{"appSignOn":{"access":"ALLOW"}}}`).invalid("type")
	o.call("PUT", rule, `{"type":"SIGN_ON","actions":{"signon":{"access":"ALLOW"}}}`).invalid("name", "name: "+blank)

	missing := other + "/rules/" + path.Base(rule)
	for _, request := range [][2]string{{"GET", ""}, {"PUT", ""}, {"DELETE", ""}, {"POST", "/lifecycle/activate"}} {
		o.call(request[0], missing+request[1], `{}`).refused(http.StatusNotFound, "E0000007", "Not found: Resource not found: "+path.Base(rule)+" (PolicyRule)")
	}
}

// The names of rules and their priorities, as a list that is read easily.
func listed(rules []map[string]any) string {
	text := ""
	for _, rule := range rules {
		text += fmt.Sprintf("%v %v, ", rule["name"], rule["priority"])
	}
	return text
}

func TestRulePriorities(t *testing.T) {
	o := openOrg(t)
	p := o.system("OKTA_SIGN_ON")
	a, b := o.denies(p, "a", ""), o.denies(p, "b", `"priority":999,`)
	require.Equal(t, "a 1, b 2, Default Rule 3, ", listed(o.rules(p)))
	o.denies(p, "c", `"priority":1,`)
	require.Equal(t, "c 1, a 2, b 3, Default Rule 4, ", listed(o.rules(p)))
	require.Equal(t, 1.0, o.must("PUT", b, deniesBody(p, "b", `"priority":1,`)).at("priority"))
	require.Equal(t, "b 1, c 2, a 3, Default Rule 4, ", listed(o.rules(p)))
	o.must("PUT", b, deniesBody(p, "b", `"priority":1,`))
	o.must("PUT", b, deniesBody(p, "b", `"priority":null,`))
	require.Equal(t, "b 1, c 2, a 3, Default Rule 4, ", listed(o.rules(p)))
	require.Equal(t, 3.0, o.must("PUT", b, deniesBody(p, "b", `"priority":50,`)).at("priority"))
	r := o.must("DELETE", a, "")
	require.Equal(t, http.StatusNoContent, r.status)
	require.Equal(t, "c 1, b 2, Default Rule 3, ", listed(o.rules(p)))

	app := o.access()
	x, y := o.denies(app, "x", `"priority":0,`), o.denies(app, "y", "")
	require.Equal(t, "x 0, y 1, Catch-all Rule 99, ", listed(o.rules(app)))
	z := o.denies(app, "z", `"priority":4,`)
	w := o.denies(app, "w", `"priority":0,`)
	require.Equal(t, "w 0, x 1, y 2, z 4, Catch-all Rule 99, ", listed(o.rules(app)))
	o.must("DELETE", x, "")
	require.Equal(t, "w 0, y 2, z 4, Catch-all Rule 99, ", listed(o.rules(app)))
	o.must("PUT", w, deniesBody(app, "w", `"priority":2,`))
	require.Equal(t, "w 2, y 3, z 4, Catch-all Rule 99, ", listed(o.rules(app)), "its own place is a gap then")
	o.must("PUT", z, deniesBody(app, "z", `"priority":98,`))
	o.must("PUT", y, deniesBody(app, "y", `"priority":97,`))
	before := o.files()
	o.call("PUT", w, deniesBody(app, "w", `"priority":97,`)).invalid("priority")
	o.call("PUT", w, deniesBody(app, "w", `"priority":99,`)).invalid("priority")
	o.call("POST", app+"/rules", deniesBody(app, "v", "")).invalid("priority")
	require.Equal(t, before, o.files())
}

// Of the rules that a policy comes with only the actions change (P6).
func TestSystemRules(t *testing.T) {
	o := openOrg(t)
	office := o.office("Office", "192.0.2.0/24")
	app := o.access()
	signOn := o.system("OKTA_SIGN_ON")
	for _, test := range []struct{ policy, name, kind, form string }{
		{app, "Catch-all Rule", "ACCESS_POLICY", "appSignOn"},
		{signOn, "Default Rule", "SIGN_ON", "signon"},
	} {
		rule := test.policy + "/rules/" + o.rules(test.policy)[0]["id"].(string)
		before := o.must("GET", rule, "")
		require.NotNil(t, before.at("_links.self"))
		require.Nil(t, before.at("_links.deactivate"))
		body := func(more string) string {
			return `{` + more + `"type":"` + test.kind + `","actions":{"` + test.form + `":{"access":"DENY"}}}`
		}
		named := `"name":"` + test.name + `",`
		files := o.files()
		o.call("PUT", rule, body(`"name":"Mine",`)).invalid("name")
		o.call("PUT", rule, body(named+`"conditions":{"network":{"connection":"ZONE","include":["`+office+`"]}},`)).invalid("conditions")
		o.call("PUT", rule, body(named+`"conditions":{"elCondition":{"condition":"x"}},`)).invalid("conditions")
		o.call("PUT", rule, body(named+`"conditions":{"network":{"connection":"ZONE"}},`)).invalid("conditions.network")
		require.Equal(t, files, o.files())
		require.Equal(t, before.body, o.must("GET", rule, "").body)
		for _, same := range []string{"", `"priority":0,`, `"conditions":null,`, `"conditions":{},`, `"system":true,"status":"INACTIVE",`,
			`"conditions":{"people":{"users":{"exclude":[]}},"network":{"connection":"ANYWHERE"}},`} {
			r := o.must("PUT", rule, body(named+same))
			require.Equal(t, "DENY", r.at("actions."+test.form+".access"))
			require.Equal(t, before.at("conditions"), r.at("conditions"))
			require.Equal(t, before.at("priority"), r.at("priority"))
			require.Equal(t, "ACTIVE", r.at("status"))
			require.Equal(t, true, r.at("system"))
		}
		o.must("PUT", rule, before.body) // as SDKs echo it
		require.Equal(t, "ALLOW", o.must("GET", rule, "").at("actions."+test.form+".access"))
	}
}

// Documents that came from elsewhere: what netwicket does not know narrows a rule,
// and a write to another rule must not lose it. Neither may it change the order of
// rules that have no priority.
func TestRulesFromElsewhere(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "okta"), 0o755))
	for name, text := range map[string]string{
		"netwicket.json":  `{"okta": {"zones": ["okta/zones.json"], "rules": ["okta/r.json"]}}`,
		"okta/zones.json": `[{"type":"IP","id":"nzo1","name":"Office","status":"ACTIVE","usage":"POLICY","gateways":[{"type":"CIDR","value":"192.0.2.0/24"}]}]`,
		"okta/r.json": `[
			{"name":"last but one","type":"SIGN_ON","actions":{"signon":{"access":"DENY"}},"conditions":{"network":{"connection":"ZONE","include":["nzo1"]}}},
			{"name":"last","type":"SIGN_ON","actions":{"signon":{"access":"ALLOW"}}},
			{"id":"0pr1","name":"narrowed","priority":1,"type":"SIGN_ON","actions":{"signon":{"access":"ALLOW"}},"when":{"it":"rains"},"_links":{"self":{"href":"x"}}}
		]`,
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	o := openFolder(t, dir)
	decides := func(step string) {
		t.Helper()
		require.Equal(t, `deny 192.0.2.7 rule rule="last but one"`, o.decision("192.0.2.7"), step)
		require.Equal(t, `allow 198.51.100.1 rule rule="last"`, o.decision("198.51.100.1"), step)
	}
	decides("as they are")
	found := o.must("GET", policies+"?type=OKTA_SIGN_ON", "").list()
	require.Equal(t, map[string]float64{"Rules of okta/r.json": 1, "Default Policy": 2}, order(found))
	p := policies + "/" + found[0]["id"].(string)
	require.Equal(t, []string{"narrowed", "last but one", "last"}, names(o.rules(p)))
	o.denies(p, "behind all", "")
	decides("a rule behind all of them")
	o.must("POST", p+"/rules?activate=false", `{"type":"SIGN_ON","name":"in front","priority":1,"actions":{"signon":{"access":"ALLOW"}}}`)
	decides("a rule in front of all of them")
	require.Equal(t, "in front 1, narrowed 2, last but one 3, last 4, behind all 5, ", listed(o.rules(p)))
	narrowed := o.must("GET", p+"/rules/0pr1", "")
	require.Equal(t, map[string]any{"it": "rains"}, narrowed.at("when"))
	o.must("PUT", p+"/rules/0pr1", narrowed.body)
	decides("a rule that was echoed")
	o.must("POST", p+"/rules/0pr1/lifecycle/deactivate", "")
	o.must("POST", p+"/rules/0pr1/lifecycle/activate", "")
	decides("a rule that was switched off and on")
	text, err := os.ReadFile(filepath.Join(dir, "okta", "r.json"))
	require.NoError(t, err)
	require.Contains(t, string(text), "rains")
	require.NotContains(t, string(text), "_links")
}

// Rules of one id, which a file of somebody else's may hold, stay two.
func TestRulesOfOneID(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"netwicket.json": `{"okta": {"rules": ["r.json"]}}`,
		"r.json": `[
			{"id":"0pr1","name":"a","priority":4,"type":"SIGN_ON","actions":{"signon":{"access":"ALLOW"}},"when":1},
			{"id":"0pr1","name":"b","priority":7,"type":"SIGN_ON","actions":{"signon":{"access":"DENY"}}}]`,
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	o := openFolder(t, dir)
	p := policies + "/" + o.must("GET", policies+"?type=OKTA_SIGN_ON", "").list()[0]["id"].(string)
	c := o.denies(p, "c", "")
	require.Equal(t, "a 1, b 2, c 3, ", listed(o.rules(p)))
	o.must("DELETE", c, "")
	require.Equal(t, "a 1, b 2, ", listed(o.rules(p)))
	require.Equal(t, `deny 198.51.100.1 rule rule="b"`, o.decision("198.51.100.1"))
}

// What nobody reads yet is refused as what decides: the folder would not load any
// more.
func TestRulesThatDoNotDecide(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "okta", "rules"), 0o755))
	for name, text := range map[string]string{
		"netwicket.json":       `{"okta": {}}`,
		"okta/policies.json":   `[{"id":"00p1","name":"Off","type":"OKTA_SIGN_ON","status":"INACTIVE","priority":1,"system":false}]`,
		"okta/rules/00p1.json": `[{"id":"0pr1","name":"r","status":"INACTIVE","priority":1,"type":"SIGN_ON","actions":{"signon":{"access":"MAYBE"}}}]`,
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	o := openFolder(t, dir)
	before := o.files()
	r := o.call("POST", policies+"/00p1/rules/0pr1/lifecycle/activate", "")
	r.invalid("policy")
	require.Contains(t, r.body, "MAYBE")
	require.Equal(t, before, o.files())
	require.Len(t, o.rules(policies+"/00p1"), 1)
}
