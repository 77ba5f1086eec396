package zone_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/zone"
)

// rule parses one rule whose status stands alone in line 1. body begins in
// line 2, column 1.
func rule(status, body string) (zone.RuleSet, error) {
	return zone.ParseOktaRules("r.json", []byte(`{"status":"`+status+"\",\n"+body+"}"))
}

const (
	allow = `"actions":{"signon":{"access":"ALLOW"}}`
	deny  = `"actions":{"signon":{"access":"DENY"}}`
)

func network(condition string) string {
	return allow + ",\n" + `"conditions":{"network":` + condition + `}`
}

// TestRuleErrors: what is wrong with a rule is an error while it is ACTIVE and
// the same finding as a warning while it is INACTIVE.
// Okta, Policies API: https://developer.okta.com/docs/api/openapi/okta-management/management/tag/Policy/
func TestRuleErrors(t *testing.T) {
	for _, row := range []struct {
		name, body string
		want       string // position, code and path
	}{
		{"no actions", `"name":"r"`, "1:1 not-access-rule"},
		{"null actions", `"actions":null`, "2:11 not-access-rule /actions"},
		{"other action", `"actions":{"enroll":{"self":"LOGIN"}}`, "2:11 not-access-rule /actions"},
		{"action without access", `"actions":{"signon":{}}`, "2:11 not-access-rule /actions"},
		{"null access", `"actions":{"signon":{"access":null},"appSignOn":null}`, "2:11 not-access-rule /actions"},
		{"string as actions", `"actions":"ALLOW"`, "2:11 bad-type /actions"},
		{"string as signon", `"actions":{"signon":"ALLOW"}`, "2:21 bad-type /actions/signon"},
		{"unknown access", `"actions":{"signon":{"access":"CHALLENGE"}}`, "2:31 bad-access /actions/signon/access"},
		{"access in lower case", `"actions":{"appSignOn":{"access":"allow"}}`, "2:34 bad-access /actions/appSignOn/access"},
		{"boolean as access", `"actions":{"signon":{"access":true}}`, "2:31 bad-access /actions/signon/access"},
		{"two that differ", `"actions":{"signon":{"access":"ALLOW"},` + "\n" + `"appSignOn":{"access":"DENY"}}`, "3:23 bad-access /actions/appSignOn/access"},
		{"string as priority", allow + `,` + "\n" + `"priority":"1"`, "3:12 bad-priority /priority"},
		{"fraction as priority", allow + `,` + "\n" + `"priority":1.5`, "3:12 bad-priority /priority"},
		{"huge priority", allow + `,` + "\n" + `"priority":99999999999`, "3:12 bad-priority /priority"},
		{"number as name", allow + `,` + "\n" + `"name":1`, "3:8 bad-type /name"},
		{"number as id", allow + `,` + "\n" + `"id":1`, "3:6 bad-type /id"},
		{"array as conditions", allow + `,` + "\n" + `"conditions":[]`, "3:14 bad-type /conditions"},
		{"string as network", network(`"ZONE"`), "3:25 bad-type /conditions/network"},
		{"no connection", network(`{"include":["z"]}`), "3:25 unknown-connection /conditions/network"},
		{"empty network", network(`{}`), "3:25 unknown-connection /conditions/network"},
		{"null connection", network(`{"connection":null}`), "3:39 unknown-connection /conditions/network/connection"},
		{"unknown connection", network(`{"connection":"zone"}`), "3:39 unknown-connection /conditions/network/connection"},
		{"number as connection", network(`{"connection":1}`), "3:39 bad-type /conditions/network/connection"},
		{"neither include nor exclude", network(`{"connection":"ZONE"}`), "3:25 include-exclude /conditions/network"},
		{"empty include and exclude", network(`{"connection":"ZONE","include":[],"exclude":null}`), "3:25 include-exclude /conditions/network"},
		{"both include and exclude", network(`{"connection":"ZONE","include":["a"],"exclude":["b"]}`), "3:25 include-exclude /conditions/network"},
		{"string as include", network(`{"connection":"ZONE","include":"a"}`), "3:56 bad-type /conditions/network/include"},
		{"number as zone", network(`{"connection":"ZONE","exclude":[1]}`), "3:57 bad-type /conditions/network/exclude/0"},
		{"empty zone", network(`{"connection":"ZONE","include":["a",""]}`), "3:61 missing-value /conditions/network/include/1"},
		{"ANYWHERE with include", network(`{"connection":"ANYWHERE","include":["a"]}`), "3:60 ignored-zones /conditions/network/include"},
		{"ANYWHERE with exclude", network(`{"connection":"ANYWHERE","exclude":["a"]}`), "3:60 ignored-zones /conditions/network/exclude"},
		{"ON_NETWORK with include", network(`{"connection":"ON_NETWORK","include":["a"]}`), "3:62 ignored-zones /conditions/network/include"},
		{"OFF_NETWORK with include", network(`{"connection":"OFF_NETWORK","include":["a"]}`), "3:63 ignored-zones /conditions/network/include"},
		{"DISABLED with include", network(`{"connection":"DISABLED","include":["a"]}`), "3:60 ignored-zones /conditions/network/include"},
		{"ALL_ZONES and another", network(`{"connection":"ZONE","include":["a","ALL_ZONES"]}`), "3:61 all-zones-not-alone /conditions/network/include/1"},
		{"ALL_IP_ZONES and another", network(`{"connection":"ZONE","exclude":["ALL_IP_ZONES","a"]}`), "3:57 all-zones-not-alone /conditions/network/exclude/0"},
		{"ALL_ZONES and ALL_IP_ZONES", network(`{"connection":"ZONE","exclude":["ALL_ZONES","ALL_IP_ZONES"]}`), "3:57 all-zones-not-alone /conditions/network/exclude/0"},
	} {
		t.Run(row.name, func(t *testing.T) {
			position, rest, _ := strings.Cut(row.want, " ")
			set, err := rule("ACTIVE", row.body)
			require.Equal(t, []string{position + " error " + rest}, report(set.Warnings, err))

			set, err = rule("INACTIVE", row.body)
			require.NoError(t, err)
			require.Equal(t, []string{position + " warning " + rest}, report(set.Warnings, nil))
			require.Len(t, set.Rules, 1)
			require.False(t, set.Rules[0].Active)
		})
	}
}

// TestRuleText: Okta's own words for the condition that nobody can read.
func TestRuleText(t *testing.T) {
	const text = "conditions.network: You should either include or exclude network zones when you use zones in the policy rule."
	for _, condition := range []string{`{"connection":"ZONE"}`, `{"connection":"ZONE","include":["a"],"exclude":["b"]}`} {
		set, err := rule("ACTIVE", network(condition))
		require.Contains(t, message(t, "include-exclude", set.Warnings, err), text)
	}
	set, err := rule("ACTIVE", `"name":"r"`)
	require.Contains(t, message(t, "not-access-rule", set.Warnings, err), "not an access rule")
	set, err = rule("ACTIVE", network(`{"connection":"ANYWHERE","include":["a"]}`))
	require.Contains(t, message(t, "ignored-zones", set.Warnings, err), "would be ignored")
}

func TestRuleDocuments(t *testing.T) {
	for _, row := range []struct {
		name, text string
		want       []string
	}{
		{"empty array", `[]`, nil},
		{"one object", `{` + allow + `}`, nil},
		{"string among rules", "[\n\"r\",{" + allow + "}]", []string{"2:1 error bad-type /0"}},
		{"string", `"r"`, []string{"1:1 error bad-type"}},
		{"null", `null`, []string{"1:1 error bad-type"}},
		{"nothing", ``, []string{"1:1 error bad-json"}},
		{"unknown status", `{"status":"PAUSED",` + allow + `}`, []string{"1:11 error unknown-status /status"}},
		{"duplicate key in an INACTIVE rule", `{"status":"INACTIVE",` + allow + `,"name":"a","name":"b"}`, []string{"1:73 error duplicate-key /name"}},
		{"same priority", `[{"priority":1,` + allow + `},` + "\n" + `{"priority":1,` + deny + `}]`, []string{"2:13 warning same-priority /1/priority"}},
		{"same priority, one INACTIVE", `[{"priority":1,` + allow + `},{"priority":1,"status":"INACTIVE",` + deny + `}]`, nil},
		{"two without priority", `[{` + allow + `},{` + deny + `}]`, nil},
		{"same id", `[{"id":"x",` + allow + `},` + "\n" + `{"id":"x",` + deny + `}]`, []string{"2:7 warning duplicate-id /1/id"}},
		{"unknown members", `{"system":true,"type":"SIGN_ON","created":"x","lastUpdated":"y","_links":{"self":{"href":"x"}},"_embedded":{"x":1},"new":[],` + allow + `}`, nil},
		{"unknown member", `{"new":1,` + allow + `}`, []string{"1:8 warning narrowed-rule /new"}},
		{"unknown member of an INACTIVE rule", `{"new":1,"status":"INACTIVE",` + allow + `}`, nil},
		{"two unknown members and a condition", `{"new":1,"newer":{"a":"b"},"conditions":{"x":1},` + allow + `}`, []string{"1:8 warning narrowed-rule /new"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			set, err := zone.ParseOktaRules("r.json", []byte(row.text))
			require.Equal(t, row.want, report(set.Warnings, err))
		})
	}
}

func TestRuleFields(t *testing.T) {
	set, err := zone.ParseOktaRules("r.json", []byte(`[
{"id":"0pr1","name":"office","priority":2,"status":"ACTIVE","conditions":{"network":{"connection":"ZONE","include":["nzo1","nzo2"],"exclude":[]}},"actions":{"signon":{"access":"ALLOW"}}},
{"id":"0pr2","priority":0,"conditions":null,"actions":{"appSignOn":{"access":"DENY"}}},
{"priority":null,"status":"INACTIVE","actions":{"signon":{"access":"ALLOW"},"appSignOn":{"access":"ALLOW"}},"conditions":{"network":{"connection":"ZONE","exclude":["ALL_ZONES","ALL_ZONES"]}}}]`))
	require.NoError(t, err)
	require.Empty(t, set.Warnings)
	require.Equal(t, "r.json", set.File)
	require.Len(t, set.Rules, 3)

	first := set.Rules[0]
	require.Equal(t, zone.Position{File: "r.json", Line: 2, Column: 1, Path: "/0"}, first.Position)
	require.Equal(t, "0pr1", first.ID)
	require.Equal(t, "office", first.Name)
	require.True(t, first.HasPriority)
	require.Equal(t, 2, first.Priority)
	require.True(t, first.Active)
	require.True(t, first.Allow)
	require.Equal(t, zone.InZones, first.Network.Connection)
	require.Equal(t, []zone.ZoneID{
		{Position: zone.Position{File: "r.json", Line: 2, Column: 117, Path: "/0/conditions/network/include/0"}, ID: "nzo1"},
		{Position: zone.Position{File: "r.json", Line: 2, Column: 124, Path: "/0/conditions/network/include/1"}, ID: "nzo2"},
	}, first.Network.Include)
	require.Empty(t, first.Network.Exclude)

	second := set.Rules[1]
	require.Equal(t, "", second.Name)
	require.True(t, second.HasPriority)
	require.True(t, second.Active, "an absent status is ACTIVE")
	require.False(t, second.Allow)
	require.Equal(t, zone.NetworkCondition{}, second.Network)

	third := set.Rules[2]
	require.False(t, third.HasPriority)
	require.False(t, third.Active)
	require.True(t, third.Allow)
	require.Len(t, third.Network.Exclude, 2)
}

func TestConnections(t *testing.T) {
	for condition, want := range map[string]zone.Connection{
		`null`:                      zone.Anywhere,
		`{"connection":"ANYWHERE"}`: zone.Anywhere,
		`{"connection":"ANYWHERE","include":[],"exclude":null}`: zone.Anywhere,
		`{"connection":"ZONE","include":["ALL_IP_ZONES"]}`:      zone.InZones,
		`{"connection":"ON_NETWORK"}`:                           zone.InSystemZone,
		`{"connection":"OFF_NETWORK"}`:                          zone.OutsideSystemZone,
		`{"connection":"DISABLED"}`:                             zone.Disabled,
	} {
		set, err := rule("ACTIVE", network(condition))
		require.NoError(t, err, condition)
		require.Empty(t, set.Warnings, condition)
		require.Equal(t, want, set.Rules[0].Network.Connection, condition)
	}
}

// TestNarrowed: a condition that cannot be evaluated here may only deny more.
func TestNarrowed(t *testing.T) {
	for _, row := range []struct {
		name, conditions string
		want             []string
	}{
		{"nothing", `{}`, nil},
		{"null", `{"people":null,"riskScore":null}`, nil},
		{"empty", `{"people":{"users":{"include":[],"exclude":[]}},"device":{},"os":""}`, nil},
		{"everybody", `{"people":{"groups":{"include":["EVERYONE"]}},"authContext":{"authType":"ANY"},"risk":{"level":"ANYWHERE"}}`, nil},
		{"any platform", `{"platform":{"include":[{"type":"ANY","os":{"type":"ANY"}}],"exclude":[]}}`, nil},
		{"group", `{"people":{"groups":{"include":["00g1"]}}}`, []string{"/conditions/people"}},
		{"excluded user", `{"people":{"users":{"exclude":["00u1"]}}}`, []string{"/conditions/people"}},
		{"everybody excluded", `{"people":{"groups":{"exclude":["EVERYONE"]}}}`, []string{"/conditions/people"}},
		{"platform", `{"platform":{"include":[{"type":"MOBILE","os":{"type":"ANY"}}]}}`, []string{"/conditions/platform"}},
		{"boolean", `{"device":{"registered":false}}`, []string{"/conditions/device"}},
		{"number", `{"x":0}`, []string{"/conditions/x"}},
		{"two", `{"a/b":"x","network":{"connection":"ANYWHERE"},"userType":{"include":["t"]}}`, []string{"/conditions/a~1b", "/conditions/userType"}},
		{"lower case is no word", `{"x":"any"}`, []string{"/conditions/x"}},
		{"unknown part of the network", `{"network":{"connection":"ZONE","include":["a"],"except":["b"]}}`, []string{"/conditions/network/except"}},
		{"unknown part of the network, empty", `{"network":{"connection":"ZONE","include":["a"],"except":[]}}`, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			for access, effect := range map[string]string{allow: "this ALLOW rule never applies", deny: "this DENY rule applies wherever its network condition is not definitely false"} {
				set, err := rule("ACTIVE", access+`,"conditions":`+row.conditions)
				require.NoError(t, err)
				require.Equal(t, row.want, set.Rules[0].Narrowed)
				if row.want == nil {
					require.Empty(t, set.Warnings)
				} else {
					require.Len(t, set.Warnings, 1, "one warning a rule")
					require.Equal(t, row.want[0], set.Warnings[0].Path)
					require.Contains(t, message(t, "narrowed-rule", set.Warnings, nil), effect)
				}

				set, err = rule("INACTIVE", access+`,"conditions":`+row.conditions)
				require.NoError(t, err)
				require.Equal(t, row.want, set.Rules[0].Narrowed)
				require.Empty(t, set.Warnings, "an INACTIVE rule never applies anyway")
			}
		})
	}
}

func TestThreatInsight(t *testing.T) {
	for _, row := range []struct {
		text   string
		action zone.ThreatAction
		zones  []string
	}{
		{`{"action":"none","excludeZones":[]}`, zone.ThreatNone, nil},
		{`{"action":"audit"}`, zone.ThreatAudit, nil},
		{`{"action":"block","excludeZones":null,"created":"x","_links":{},"new":{"a":1}}`, zone.ThreatBlock, nil},
		{`{"excludeZones":["nzo2","nzo1","nzo2"],"action":"block"}`, zone.ThreatBlock, []string{"nzo2", "nzo1", "nzo2"}},
	} {
		threat, err := zone.ParseThreatInsight("t.json", []byte(row.text))
		require.NoError(t, err, row.text)
		require.Empty(t, threat.Warnings, row.text)
		require.Equal(t, row.action, threat.Action, row.text)
		var ids []string
		for _, id := range threat.ExcludeZones {
			ids = append(ids, id.ID)
		}
		require.Equal(t, row.zones, ids, row.text)
		require.Equal(t, zone.Position{File: "t.json", Line: 1, Column: 1}, threat.Position)
	}
	for text, want := range map[string][]string{
		`{}`:                           {"1:1 error missing-action"},
		`{"action":null}`:              {"1:11 error missing-action /action"},
		`{"action":"BLOCK"}`:           {"1:11 error unknown-action /action"},
		`{"action":""}`:                {"1:11 error unknown-action /action"},
		`{"action":true}`:              {"1:11 error unknown-action /action"},
		`{"action":"none","action":1}`: {"1:18 error duplicate-key /action"},
		"{\"action\":\"none\",\n\"excludeZones\":\"z\"}":       {"2:16 error bad-type /excludeZones"},
		"{\"action\":\"x\",\n\"excludeZones\":[1,\"\",\"a\"]}": {"1:11 error unknown-action /action", "2:17 error bad-type /excludeZones/0", "2:19 error missing-value /excludeZones/1"},
		`[]`: {"1:1 error bad-type"},
		``:   {"1:1 error bad-json"},
	} {
		threat, err := zone.ParseThreatInsight("", []byte(text))
		require.Equal(t, want, report(threat.Warnings, err), text)
	}
}
