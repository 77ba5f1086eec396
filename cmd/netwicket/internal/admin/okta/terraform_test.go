package okta_test

import (
	"path"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestTerraform replays what Terraform's provider 6.12.0 was seen to send for its
// resources of policies and rules, and looks at what it reads of the answers:
// without some of it the provider fails, or crashes.
func TestTerraform(t *testing.T) {
	o := openOrg(t)
	office := o.office("Office", "192.0.2.0/24")

	// The start, with an API token.
	for range 2 { // one for each of its two SDKs
		require.NotEmpty(t, o.must("GET", "/api/v1/users/me", "").id())
	}

	// okta_policy_signon
	signOn := policies + "/" + o.must("POST", policies,
		`{"conditions":{"people":{"groups":{"include":["00gEveryone0000000001"]}}},"description":"d","name":"tf","status":"ACTIVE","type":"OKTA_SIGN_ON"}`+"\n").id()
	require.Equal(t, 204, o.must("POST", signOn+"/lifecycle/activate", "").status)
	read := o.must("GET", signOn, "")
	require.Equal(t, "tf", read.at("name"))
	require.Equal(t, "d", read.at("description"))
	require.Equal(t, "ACTIVE", read.at("status"))
	require.Equal(t, 1.0, read.at("priority"))
	require.Equal(t, []any{"00gEveryone0000000001"}, read.at("conditions.people.groups.include"))

	// okta_policy_rule_signon
	o.must("GET", signOn, "")
	const actions = `"actions":{"signon":{"access":"DENY","rememberDeviceByDefault":false,"requireFactor":false,"session":{"maxSessionIdleMinutes":120,"maxSessionLifetimeMinutes":120,"usePersistentCookie":false}}}`
	rule := signOn + "/rules/" + o.must("POST", signOn+"/rules",
		`{"type":"SIGN_ON","name":"tf rule","status":"ACTIVE","conditions":{"authContext":{"authType":"ANY"},"identityProvider":{"provider":"ANY"},"network":{"connection":"ZONE","include":["`+office+`"]}},`+actions+`}`).id()
	readRule := func(rule, form string) reply {
		t.Helper()
		r := o.must("GET", rule, "")
		require.IsType(t, []any{}, r.at("conditions.people.users.exclude"), "without it the provider crashes")
		require.NotEmpty(t, r.at("conditions.network.connection"), "without it the provider crashes")
		require.NotEmpty(t, r.at("actions."+form+".access"))
		require.Equal(t, "ACTIVE", r.at("status"))
		require.Equal(t, false, r.at("system"))
		return r
	}
	r := readRule(rule, "signon")
	require.Equal(t, 1.0, r.at("priority"))
	require.Equal(t, "ZONE", r.at("conditions.network.connection"))
	require.Equal(t, []any{office}, r.at("conditions.network.include"))
	require.NotContains(t, r.at("conditions.network"), "exclude")
	require.Equal(t, "ANY", r.at("conditions.authContext.authType"))
	require.Equal(t, 120.0, r.at("actions.signon.session.maxSessionIdleMinutes"))
	require.Equal(t, `deny 192.0.2.7 rule rule="tf rule"`, o.decision("192.0.2.7"), "conditions that say ANY narrow nothing")
	o.must("PUT", rule, `{"type":"SIGN_ON","name":"tf rule","status":"ACTIVE","priority":1,"conditions":{"authContext":{"authType":"ANY"},"network":{"connection":"ANYWHERE"}},`+actions+`}`)
	require.Equal(t, "ANYWHERE", readRule(rule, "signon").at("conditions.network.connection"))

	// okta_app_signon_policy, two of them: the provider sends priority 1 for each, and
	// plans a change if it reads another.
	require.Equal(t, "idx", o.must("GET", "/.well-known/okta-organization", "").at("pipeline"))
	var apps []string
	for _, name := range []string{"tf app", "tf app 2"} {
		app := policies + "/" + o.must("POST", policies, `{"description":"d","name":"`+name+`","priority":1,"type":"ACCESS_POLICY"}`).id()
		require.Equal(t, true, o.rules(app)[0]["system"], "the provider looks for a system rule")
		apps = append(apps, app)
	}
	for _, app := range apps {
		require.Equal(t, 1.0, o.must("GET", app, "").at("priority"))
	}
	app := apps[0]
	// catch_all = false: the provider echoes the system rule with DENY.
	catchAll := app + "/rules/" + o.rules(app)[0]["id"].(string)
	o.must("PUT", catchAll, `{"actions":{"appSignOn":{"access":"DENY","keepMeSignedIn":{"postAuth":"NOT_ALLOWED"}}},"id":"`+path.Base(catchAll)+
		`","name":"Catch-all Rule","priority":99,"status":"ACTIVE","system":true,"type":"ACCESS_POLICY","created":"2026-02-18T08:28:53Z","lastUpdated":"2026-02-18T08:28:53Z"}`)
	require.Equal(t, "DENY", o.must("GET", catchAll, "").at("actions.appSignOn.access"))

	// okta_app_signon_policy_rule
	appRule := app + "/rules/" + o.must("POST", app+"/rules",
		`{"actions":{"appSignOn":{"access":"DENY","verificationMethod":{"factorMode":"2FA","reauthenticateIn":"PT2H","type":"ASSURANCE"}}},`+
			`"conditions":{"network":{"connection":"ZONE","exclude":["`+office+`"]},"platform":{}},"name":"tf app rule","priority":1,"type":"ACCESS_POLICY"}`).id()
	r = readRule(appRule, "appSignOn")
	require.Equal(t, 1.0, r.at("priority"))
	require.Equal(t, []any{office}, r.at("conditions.network.exclude"))
	require.Equal(t, "ANY", r.at("conditions.riskScore.level"))
	require.IsType(t, []any{}, r.at("conditions.userType.include"))
	require.Equal(t, "NOT_ALLOWED", r.at("actions.appSignOn.keepMeSignedIn.postAuth"))
	require.Equal(t, "2FA", r.at("actions.appSignOn.verificationMethod.factorMode"))

	// A second plan reads the same.
	for _, one := range []string{signOn, rule, app, catchAll, appRule} {
		require.Equal(t, o.must("GET", one, "").body, o.must("GET", one, "").body)
	}

	// destroy
	o.must("DELETE", appRule, "")
	systems := 0
	for _, p := range o.must("GET", policies+"?type=ACCESS_POLICY", "").list() {
		if p["system"] == true {
			systems++
		}
	}
	require.Equal(t, 1, systems, "the provider looks for exactly one")
	require.Equal(t, "[]", o.must("GET", "/api/v1/apps?limit=200", "").body)
	for _, one := range []string{app, apps[1], rule, signOn} {
		require.Equal(t, 204, o.must("DELETE", one, "").status)
	}
	require.Equal(t, "allow 192.0.2.7 permitted", o.decision("192.0.2.7"))
}
