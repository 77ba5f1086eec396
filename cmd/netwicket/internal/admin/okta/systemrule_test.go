package okta_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// openRules is a folder of one global session policy, /00p0, whose rules came from elsewhere,
// and a zone, nzo1.
func openRules(t testing.TB, rules string) (o *org, at string) {
	t.Helper()
	return openWith(t, map[string]string{
		"netwicket.json":       `{"okta":{"zones":["z.json"],"rules":["okta/rules/00p0.json"]}}`,
		"z.json":               `[{"type":"IP","id":"nzo1","name":"Office","status":"ACTIVE","usage":"POLICY","gateways":[{"type":"CIDR","value":"192.0.2.0/24"}]}]`,
		"okta/policies.json":   `[{"id":"00p0","name":"p","type":"OKTA_SIGN_ON","status":"ACTIVE","priority":1,"system":false}]`,
		"okta/rules/00p0.json": rules,
	}), policies + "/00p0/rules/"
}

// The conditions of a rule of the system's stay what they are, whoever wrote them: to take
// another one and leave them would let everybody in where somebody believes they hold (P6).
func TestConditionsOfSystemRules(t *testing.T) {
	const where, odd = `{"people":{"users":{"exclude":[]}},"network":{"connection":"ZONE","include":["nzo1"]}}`, `{"network":{"connection":"ANYWHERE"}}`
	o, at := openRules(t, `[{"id":"0pr1","name":"Office only","status":"ACTIVE","priority":1,"system":true,"type":"SIGN_ON","actions":{"signon":{"access":"ALLOW"}},"conditions":`+where+`},
		{"id":"0pr2","name":"Broken","status":"INACTIVE","priority":2,"system":true,"type":"SIGN_ON","actions":{"signon":{"access":"MAYBE"}},"conditions":`+odd+`},
		{"id":"0pr3","name":"Anybody","status":"ACTIVE","priority":3,"system":true,"type":"SIGN_ON","actions":{"signon":{"access":"ALLOW"}},"conditions":`+odd+`}]`)
	put := func(rule, name, access, conditions string) reply {
		return o.call("PUT", at+rule, `{"name":"`+name+`","type":"SIGN_ON","actions":{"signon":{"access":"`+access+`"}},"conditions":`+conditions+`}`)
	}
	fixed := func(name string) string {
		return "conditions: The conditions of the system rule " + name + " cannot be changed."
	}
	files := o.files()
	for _, anywhere := range []string{"null", odd, `{"network":{"connection":"ZONE","exclude":["nzo1"]}}`} {
		put("0pr1", "Office only", "DENY", anywhere).invalid("conditions", fixed("Office only"))
		put("0pr2", "Broken", "DENY", anywhere).invalid("conditions", fixed("Broken"))
	}
	put("0pr1", "Mine", "DENY", where).invalid("name", "name: The name of the system rule Office only cannot be changed.")
	put("0pr3", "Anybody", "DENY", where).invalid("conditions", fixed("Anybody"))
	require.Equal(t, files, o.files())
	require.Equal(t, 200, put("0pr1", "Office only", "DENY", where).status)
	require.Equal(t, 200, put("0pr3", "Anybody", "DENY", "null").status, "nobody is left out by either")
	require.Contains(t, o.must("GET", at+"0pr1", "").body, `"conditions":`+where)
	require.Contains(t, o.must("GET", at+"0pr3", "").body, `"conditions":`+odd)
}

// A rule that is wrong is told what is wrong with it, and not that there is no place for it as
// well; a rule without a policy is none of a policy (E4).
func TestRulesWithoutAPlace(t *testing.T) {
	o := openOrg(t)
	app := o.access()
	x, y := o.denies(app, "x", `"priority":98,`), o.denies(app, "y", `"priority":0,`)
	wrong := strings.Replace(deniesBody(app, " ", ""), `"type"`, `"priority":98,"type"`, 1)
	o.call("POST", app+"/rules", deniesBody(app, "z", "")).invalid("priority", "priority: There is no free priority for the rule in front of the catch-all rule's, which is 99.")
	o.call("POST", app+"/rules", wrong).invalid("name", "name: "+blank)
	o.call("PUT", y, wrong).invalid("name", "name: "+blank)
	o.must("PUT", x, deniesBody(app, "x", `"priority":98,`))
	catchAll := app + "/rules/" + o.rules(app)[2]["id"].(string)
	o.must("PUT", catchAll, deniesBody(app, "Catch-all Rule", `"priority":0,`))
	require.Equal(t, "y 0, x 98, Catch-all Rule 99, ", listed(o.rules(app)))
	for _, request := range [][2]string{{"GET", ""}, {"PUT", ""}, {"DELETE", ""}, {"POST", "/lifecycle/activate"}} {
		o.call(request[0], policies+"/00pnone/rules/0pr1"+request[1], `{}`).refused(404, "E0000007", "Not found: Resource not found: 00pnone (Policy)")
	}
}

// Rules that keep their priority stay as they are, to what was written of them, and so do gaps
// until somebody asks for another place.
func TestGapsOfRules(t *testing.T) {
	o, at := openRules(t, `[{"id":"0pr1","name":"a","status":"ACTIVE","priority":1,"system":null,"created":null,"type":"SIGN_ON","actions":{"signon":{"access":"DENY"}}},
		{"id":"0pr2","name":"b","status":"ACTIVE","priority":5,"type":"SIGN_ON","actions":{"signon":{"access":"DENY"}}},
		{"id":"0pr3","name":"c","status":"ACTIVE","priority":7,"type":"SIGN_ON","actions":{"signon":{"access":"DENY"}}}]`)
	for _, same := range []string{"", `"priority":null,`, `"priority":5,`} {
		require.Equal(t, 5.0, o.must("PUT", at+"0pr2", deniesBody("00p", "b", same)).at("priority"))
		require.Equal(t, "a 1, b 5, c 7, ", listed(o.rules(policies+"/00p0")))
	}
	o.denies(policies+"/00p0", "d", "")
	require.Equal(t, "a 1, b 2, c 3, d 4, ", listed(o.rules(policies+"/00p0")))
	require.Regexp(t, `"system": ?null`, o.files()["okta/rules/00p0.json"])
	o.must("PUT", at+"0pr2", deniesBody("00p", "b", `"priority":1,`))
	require.Equal(t, "b 1, a 2, c 3, d 4, ", listed(o.rules(policies+"/00p0")))
}

// A network condition may name what stands for many zones; what the loader says of it, and
// of other members, is said once and whole.
func TestWhatTheLoaderSaysOfRules(t *testing.T) {
	o, at := openRules(t, `[]`)
	rule := func(more string) reply {
		return o.call("POST", at[:len(at)-1], `{"type":"SIGN_ON","name":"r","actions":{"signon":{"access":"DENY"}},`+more+`}`)
	}
	for _, all := range []string{"ALL_ZONES", "ALL_IP_ZONES"} {
		require.Equal(t, 200, rule(`"conditions":{"network":{"connection":"ZONE","include":["`+all+`"]}}`).status, all)
	}
	rule(`"condition":7`).invalid("condition", `condition: condition: unknown key; did you mean "conditions"?`)
	rule(`"conditions":{"network":{"connection":"ZONE","include":["nzo1","nzo2"]},"networks":1,"x":"y"}`).invalid("conditions.networks",
		`conditions.networks: networks: unknown key; did you mean "network"?`)
	rule(`"conditions":{"network":{"connection":"ZONE","include":["nzo1","nzo2"]},"x":"y"}`).invalid("conditions.network", "conditions.network: There is no network zone nzo2.")
}
