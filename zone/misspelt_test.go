package zone_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/zone"
)

// TestMisspelt: a name that is hardly anything but a slip for one that decides is
// an error, whatever the status: dropped, it would change who comes in.
func TestMisspelt(t *testing.T) {
	const (
		inZone    = `{"name":"r","conditions":{"network":{"connection":"ZONE","include":["a"]}},"actions":{"signon":{"access":"ALLOW"}}}`
		otherForm = `{"name":"r","actions":{"appSignOn":{"access":"ALLOW"}}}`
		blocklist = `{"id":"z","name":"z","type":"IP","usage":"BLOCKLIST","gateways":[{"type":"CIDR","value":"192.0.2.0/24"}]}`
		threat    = `{"action":"block","excludeZones":[]}`
	)
	rules := func(text string) error { _, err := zone.ParseOktaRules("d.json", []byte(text)); return err }
	zones := func(text string) error { _, err := zone.ParseOkta("d.json", []byte(text)); return err }
	insight := func(text string) error { _, err := zone.ParseThreatInsight("d.json", []byte(text)); return err }
	for _, row := range []struct {
		name  string
		parse func(string) error
		text  string
		key   string
		slips []string
	}{
		{"a rule's conditions", rules, inZone, "conditions", []string{"condition", "Conditions", "conditons", "сonditions", "ｃonditions", "cond_itions", "condititions"}},
		{"a rule's network", rules, inZone, "network", []string{"networks", "nettwork", "Network", "nеtwоrk"}},
		{"a rule's include", rules, inZone, "include", []string{"includes", "included", "inlcude"}},
		{"a rule's connection", rules, inZone, "connection", []string{"connecttion", "connections"}},
		{"a rule's action", rules, otherForm, "appSignOn", []string{"appSignon", "appSingOn", "app_sign_on"}},
		{"a rule's access", rules, inZone, "access", []string{"acess", "axcess", "аccess"}},
		{"a zone's usage", zones, blocklist, "usage", []string{"usge", "Usage", "uѕage", "usag", "uasge"}},
		{"a zone's gateways", zones, blocklist, "gateways", []string{"gateway", "gatways", "GATEWAYS", "gate_ways"}},
		{"a zone's id", zones, blocklist, "id", []string{"Id", "_id", "іd"}},
		{"ThreatInsight's excludeZones", insight, threat, "excludeZones", []string{"excludeZone", "exclude_zones", "excludezones"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			require.NoError(t, row.parse(row.text))
			key := `"` + row.key + `":`
			require.Contains(t, row.text, key)
			for _, slip := range row.slips {
				for _, status := range []string{"", `"status":"INACTIVE",`} {
					text := "{" + status + strings.Replace(row.text, key, `"`+slip+`":`, 1)[1:]
					require.Contains(t, strings.Join(report(nil, row.parse(text)), "\n"), " error unknown-key /", "%s", text)
					require.ErrorContains(t, row.parse(text), `did you mean "`+row.key+`"?`)
				}
			}
		})
	}
	for _, text := range []string{`"statsu":"INACTIVE"`, `"Status":"INACTIVE"`, `"stаtus":"INACTIVE"`} {
		for name, parse := range map[string]func(string) error{"rule": rules, "zone": zones} {
			document := map[string]string{"rule": inZone, "zone": blocklist}[name]
			require.ErrorContains(t, parse("{"+text+","+document[1:]), `did you mean "status"?`, name)
		}
	}
}

// TestKnownMembers: what Okta's answers hold is no slip for anything.
func TestKnownMembers(t *testing.T) {
	rule := map[string]any{
		"id": "0pr1", "status": "ACTIVE", "name": "r", "priority": 1, "created": "2026-01-01T00:00:00.000Z", "lastUpdated": "2026-01-01T00:00:00.000Z",
		"system": false, "type": "SIGN_ON", "_links": map[string]any{"self": map[string]any{"href": "https://example.okta.com"}},
		"conditions": map[string]any{
			"people": nil, "app": nil, "apps": nil, "authContext": map[string]any{"authType": "ANY"}, "authProvider": nil, "beforeScheduledAction": nil,
			"clients": nil, "context": nil, "device": nil, "elCondition": nil, "grantTypes": nil, "groups": nil, "identityProvider": nil,
			"mdmEnrollment": nil, "network": map[string]any{"connection": "ANYWHERE"}, "platform": nil, "risk": map[string]any{"behaviors": []any{}},
			"riskScore": map[string]any{"level": "ANY"}, "scopes": nil, "userIdentifier": nil, "userLifecycleAttribute": nil, "userStatus": nil, "users": nil, "userType": nil,
		},
		"actions": map[string]any{
			"enroll": nil, "idp": nil, "passwordChange": nil, "selfServicePasswordReset": nil, "selfServiceUnlock": nil, "singleSignOn": nil,
			"signon": map[string]any{
				"access": "ALLOW", "requireFactor": false, "factorPromptMode": "ALWAYS", "primaryFactor": "PASSWORD_IDP", "rememberDeviceByDefault": false,
				"factorLifetime": 15, "challenge": nil, "session": map[string]any{"usePersistentCookie": false, "maxSessionIdleMinutes": 120, "maxSessionLifetimeMinutes": 0},
			},
			"appSignOn": map[string]any{"access": "ALLOW", "verificationMethod": map[string]any{"factorMode": "1FA", "type": "ASSURANCE"}, "keepMeSignedIn": nil},
		},
	}
	text, err := json.Marshal(rule)
	require.NoError(t, err)
	set, err := zone.ParseOktaRules("r.json", text)
	require.Empty(t, report(set.Warnings, err))
	require.Empty(t, set.Rules[0].Narrowed)
}
