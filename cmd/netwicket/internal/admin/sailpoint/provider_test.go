package sailpoint_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/sailpoint"
	"github.com/netwicket/netwicket/internal/jsondoc"
)

// The identity provider is found by its role: here it is the second element.
func TestProviderPatches(t *testing.T) {
	const idp, sp = "/federationProtocolDetails/1", "/federationProtocolDetails/0"
	const content, update, value = "400.1 ", "400.1.1 ", "400.1.3 "
	step := func(op, path, value string) string {
		return `{"op":"` + op + `","path":"` + path + `","value":` + value + `}`
	}
	const mapped = `{"enabled":true,"sourceId":"s1","sourceAttributeMappings":{"firstName":"a","lastName":"b","email":"c","phone":"d"}}`
	for _, c := range []struct {
		title, patch string
		want         string // a code, or what the document then has
	}{
		{"enable", step("replace", "/enabled", "true"), `"enabled":true`},
		{"enable without an entityId", step("replace", idp+"/entityId", "null") + "," + step("replace", "/enabled", "true"), content},
		{"enable with an empty entityId", step("replace", idp+"/entityId", `""`) + "," + step("replace", "/enabled", "true"), content},
		{"enable, then take the entityId away", step("replace", "/enabled", "true") + `,{"op":"remove","path":"` + idp + `/entityId"}`, content},
		{"no entityId while it is off", step("replace", idp+"/entityId", "null"), `"entityId":null`},
		{"enabled as a string", step("replace", "/enabled", `"true"`), value},
		{"bypass", step("replace", "/bypassIdp", "true"), `"bypassIdp":true`},
		{"bypass as exporters write it", step("replace", "/bypassIDP", "true"), update},
		{"an element is added", step("add", "/federationProtocolDetails/-", `{"role":"SAML_IDP","mappingAttribute":"email"}`), update},
		{"an element is removed", `{"op":"remove","path":"` + idp + `"}`, update},
		{"an element is moved", `{"op":"move","from":"` + idp + `","path":"` + sp + `"}`, update},
		{"an element is copied", `{"op":"copy","from":"` + idp + `","path":"/federationProtocolDetails/-"}`, update},
		{"all are removed", step("replace", "/federationProtocolDetails", "[]"), update},
		{"the list is removed", `{"op":"remove","path":"/federationProtocolDetails"}`, update},
		{"the list is null", step("replace", "/federationProtocolDetails", "null"), value},
		{"the same list", step("replace", "/federationProtocolDetails", provider[strings.Index(provider, "["):len(provider)-1]), `"authContext":"x"`},
		{"the service provider's element", step("replace", sp+"/callbackUrl", `"https://evil.example"`), update},
		{"a new member of the service provider's element", step("add", sp+"/alias", `"a"`), update},
		{"the service provider's element as a whole", step("replace", sp, `{"role":"SAML_SP","callbackUrl":"https://evil.example"}`), update},
		{"the service provider's element within the list", step("replace", "/federationProtocolDetails", `[{"role":"SAML_SP"},{"role":"SAML_IDP","mappingAttribute":"email"}]`), update},
		{"a test of the service provider's element", step("test", sp+"/entityId", `"sp"`) + "," + step("replace", "/bypassIdp", "true"), `"bypassIdp":true`},
		{"roles change places", step("replace", idp, `{"role":"SAML_SP","callbackUrl":"x"}`), update},
		{"the role", step("replace", idp+"/role", `"SAML_SP"`), update},
		{"the identity provider's element", step("replace", idp, `{"role":"SAML_IDP","mappingAttribute":"uid","entityId":"new"}`), `{"role":"SAML_IDP","mappingAttribute":"uid","entityId":"new"}`},
		{"no mappingAttribute", `{"op":"remove","path":"` + idp + `/mappingAttribute"}`, content},
		{"an unknown member", step("add", idp+"/x", "1"), update},
		{"an unknown member within the element", step("replace", idp, `{"role":"SAML_IDP","mappingAttribute":"uid","x":1}`), update},
		{"a member of another kind", step("replace", idp+"/entityId", "7"), value},
		{"below a text", step("add", idp+"/entityId/x", "1"), update},
		{"the stored spelling", step("replace", idp+"/authContext", `"y"`), `"authContext":"y"`},
		{"the newer spelling of what is stored", step("replace", idp+"/authnContext", `"y"`), `"authContext":"y"`},
		{"a test in the newer spelling", step("test", idp+"/authnContext", `"x"`) + "," + step("replace", "/bypassIdp", "true"), `"bypassIdp":true`},
		{"a spelling of its own where there is none", step("add", idp+"/includeAuthnContext", "true"), `"includeAuthnContext":true`},
		{"the older spelling where there is none", step("add", idp+"/includeAuthContext", "true"), `"includeAuthContext":true`},
		{"both spellings", step("replace", idp, `{"role":"SAML_IDP","mappingAttribute":"uid","authContext":"x","authnContext":"y"}`), value},
		{"just in time", step("replace", idp+"/jitConfiguration", mapped), `"jitConfiguration":` + mapped},
		{"just in time without a source", step("replace", idp+"/jitConfiguration", strings.Replace(mapped, `"s1"`, "null", 1)), content},
		{"just in time without a first name", step("replace", idp+"/jitConfiguration", strings.Replace(mapped, `"firstName"`, `"first"`, 1)), content},
		{"just in time without a last name", step("replace", idp+"/jitConfiguration", strings.Replace(mapped, `"lastName"`, `"last"`, 1)), content},
		{"just in time without a mail address", step("replace", idp+"/jitConfiguration", strings.Replace(mapped, `"email"`, `"mail"`, 1)), content},
		{"a mapping to null", step("replace", idp+"/jitConfiguration", strings.Replace(mapped, `"c"`, `null`, 1)), value},
		{"just in time, step by step", step("replace", idp+"/jitConfiguration/enabled", "true") + "," + step("add", idp+"/jitConfiguration/sourceId", `"s"`) + "," +
			step("add", idp+"/jitConfiguration/sourceAttributeMappings/firstName", `"a"`) + "," + step("add", idp+"/jitConfiguration/sourceAttributeMappings/lastName", `"b"`) + "," +
			step("add", idp+"/jitConfiguration/sourceAttributeMappings/email", `"c"`), `"sourceAttributeMappings":{"firstName":"a","lastName":"b","email":"c"},"sourceId":"s"}`},
		{"just in time, not enough", step("replace", idp+"/jitConfiguration/enabled", "true"), content},
		{"just in time as a string", step("replace", idp+"/jitConfiguration/enabled", `"true"`), value},
		{"a list for the mappings", step("replace", idp+"/jitConfiguration/sourceAttributeMappings", "[]"), value},
		{"a new member of just in time", step("add", idp+"/jitConfiguration/x", "1"), update},
		{"a member of just in time elsewhere", step("add", idp+"/cert/enabled", "true"), update},
		{"a mapping elsewhere", step("add", idp+"/cert/sourceAttributeMappings/a", `"a"`), update},
		{"below another member of just in time", step("add", idp+"/jitConfiguration/sourceId/a", `"a"`), update},
		{"a copy out of the service provider's element", `{"op":"copy","from":"` + sp + `/entityId","path":"/enabled"}`, update},
		{"a copy of the newer spelling", `{"op":"copy","from":"` + idp + `/authnContext","path":"` + idp + `/cert"}`, `"cert":"x"`},
		{"the service provider becomes an identity provider", step("replace", "/federationProtocolDetails",
			`[{"role":"SAML_IDP","mappingAttribute":"email"},{"role":"SAML_IDP","mappingAttribute":"email"}]`), update},
		{"deeper than a document may be", step("replace", idp+"/jitConfiguration", strings.Repeat("[", jsondoc.MaxDepth-2)+strings.Repeat("]", jsondoc.MaxDepth-2)), value},
		{"a mapping without a name", step("add", idp+"/jitConfiguration/sourceAttributeMappings/", `"a"`), update},
		{"below a mapping", step("add", idp+"/jitConfiguration/sourceAttributeMappings/email/x", `"a"`), update},
		{"an element that there is not", step("replace", "/federationProtocolDetails/2/entityId", `"a"`), update},
		{"an element with a zero in front", step("replace", "/federationProtocolDetails/01/entityId", `"a"`), update},
	} {
		t.Run(c.title, func(t *testing.T) {
			after, failed := sailpoint.Patched("service-provider-config", []byte(provider), []byte("["+c.patch+"]"))
			if strings.HasPrefix(c.want, "4") {
				require.NotNil(t, failed, "%s", after)
				require.Equal(t, 400, failed.Status)
				require.True(t, strings.HasPrefix(errorOf(t, failed.Body).Code, c.want), "%s", failed.Body)
				return
			}
			require.Nil(t, failed)
			require.Contains(t, string(after), c.want)
			require.Contains(t, string(after), `[{"role":"SAML_SP","entityId":"sp","callbackUrl":"https://sp.example/cb"},{`)
		})
	}
}

// A configuration from elsewhere may have both spellings of a name, and more than one identity
// provider: each name is taken for itself, and one provider that is ready is enough.
func TestProvidersFromElsewhere(t *testing.T) {
	const both = `{"enabled":false,"bypassIdp":false,"samlConfigurationValid":true,"federationProtocolDetails":[` +
		`{"role":"SAML_IDP","entityId":"idp","mappingAttribute":"email","authContext":"older","authnContext":"newer"},{"role":"SAML_IDP","mappingAttribute":"email"}]}`
	for name, left := range map[string]string{"authContext": `"authnContext":"newer"`, "authnContext": `"authContext":"older"`} {
		after, failed := sailpoint.Patched("service-provider-config", []byte(both), []byte(`[{"op":"remove","path":"/federationProtocolDetails/0/`+name+`"},{"op":"replace","path":"/enabled","value":true}]`))
		require.Nil(t, failed, name)
		require.Contains(t, string(after), `{"role":"SAML_IDP","entityId":"idp","mappingAttribute":"email",`+left+`}`)
		require.NotContains(t, string(after), `"`+name+`"`)
	}
	for patch, want := range map[string]string{
		`{"op":"replace","path":"/bypassIdp","value":true}`:                                         "authnContext and authContext are two names of one member.",
		`{"op":"remove","path":"/federationProtocolDetails/0"}`:                                     "Operation 1: /federationProtocolDetails/0 cannot be patched.",
		`{"op":"copy","from":"/federationProtocolDetails/0","path":"/federationProtocolDetails/-"}`: "Operation 1: /federationProtocolDetails/- cannot be patched.",
	} {
		_, failed := sailpoint.Patched("service-provider-config", []byte(both), []byte("["+patch+"]"))
		require.NotNil(t, failed)
		require.Equal(t, want, errorOf(t, failed.Body).Messages[0].Text)
	}
	_, failed := sailpoint.Patched("service-provider-config", []byte(provider), []byte(`[{"op":"replace","path":"/federationProtocolDetails/0","value":{"role":"SAML_SP"}}]`))
	require.NotNil(t, failed)
	require.Equal(t, "Operation 1: /federationProtocolDetails/0 cannot be patched.", errorOf(t, failed.Body).Messages[0].Text)
	_, failed = sailpoint.Patched("service-provider-config", []byte(provider), []byte(`[{"op":"replace","path":"/federationProtocolDetails/1/jitConfiguration","value":`+strings.Repeat("[", jsondoc.MaxDepth-2)+strings.Repeat("]", jsondoc.MaxDepth-2)+`}]`))
	require.NotNil(t, failed)
	require.Regexp(t, `^[^:]`, errorOf(t, failed.Body).Messages[0].Text, "there is no place to name")
}

// Limits of lockout and session (sailpoint.md 1.3, 1.4), each member alone.
func TestLimits(t *testing.T) {
	const value, update = "400.1.3 ", "400.1.1 "
	for name, rows := range map[string][][2]string{
		"lockout-config": {
			{"/maximumAttempts 0", value}, {"/maximumAttempts 1", ""}, {"/maximumAttempts 15", ""}, {"/maximumAttempts 16", value},
			{"/lockoutDuration 4", value}, {"/lockoutDuration 5", ""}, {"/lockoutDuration 60", ""}, {"/lockoutDuration 61", value},
			{"/lockoutWindow 4", value}, {"/lockoutWindow 5", ""}, {"/lockoutWindow 60", ""}, {"/lockoutWindow 61", value},
			{"/lockoutWindow 10.0", value}, {"/lockoutWindow 1e1", value}, {`/lockoutWindow "10"`, value}, {"/lockoutWindow null", value},
			{"/lockoutWindow true", value}, {"/lockoutWindow -10", value}, {"/lockoutWindow 99999999999999999999", value},
			{"/maxIdleTime 5", update},
		},
		"session-config": {
			{"/maxIdleTime 0", value}, {"/maxIdleTime 1", ""}, {"/maxIdleTime 719", ""}, {"/maxIdleTime 720", value}, {"/maxIdleTime 1441", value},
			{"/maxSessionTime 15", value}, {"/maxSessionTime 16", ""}, {"/maxSessionTime 10080", ""}, {"/maxSessionTime 10081", value},
			{"/rememberMe true", ""}, {"/rememberMe 1", value}, {`/rememberMe "true"`, value}, {"/rememberMe null", value},
			{"/gotoUrl 1", update},
		},
	} {
		usual := map[string]string{
			"lockout-config": `{"maximumAttempts":5,"lockoutDuration":15,"lockoutWindow":5}`,
			"session-config": `{"maxIdleTime":15,"rememberMe":false,"maxSessionTime":720}`,
		}[name]
		for _, row := range rows {
			path, to, _ := strings.Cut(row[0], " ")
			t.Run(name+row[0], func(t *testing.T) {
				after, failed := sailpoint.Patched(name, []byte(usual), []byte(`[{"op":"replace","path":"`+path+`","value":`+to+`}]`))
				if row[1] == "" {
					require.Nil(t, failed)
					require.Contains(t, string(after), `"`+path[1:]+`":`+to)
					return
				}
				require.NotNil(t, failed, "%s", after)
				require.True(t, strings.HasPrefix(errorOf(t, failed.Body).Code, row[1]), "%s", failed.Body)
			})
		}
		_, failed := sailpoint.Patched(name, []byte(usual), []byte(`[{"op":"remove","path":"/`+strings.Split(usual, `"`)[1]+`"}]`))
		require.NotNil(t, failed)
		require.True(t, strings.HasPrefix(errorOf(t, failed.Body).Code, update))
	}
}
