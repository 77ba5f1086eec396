package sailpoint_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/sailpoint"
)

const (
	network  = "network-config"
	base     = `{"range":["1.3.7.2","255.255.255.252/30"],"geolocation":["CA","FR","HT"],"whitelisted":true}`
	provider = `{"enabled":false,"bypassIdp":false,"samlConfigurationValid":true,"federationProtocolDetails":[` +
		`{"role":"SAML_SP","entityId":"sp","callbackUrl":"https://sp.example/cb"},` +
		`{"role":"SAML_IDP","entityId":"idp","mappingAttribute":"email","authContext":"x","jitConfiguration":{"enabled":false,"sourceAttributeMappings":{}}}]}`
)

// Each patch against the vendor's own example, by what becomes of it or the code
// that refuses it (sailpoint.md 5.3).
func TestPatches(t *testing.T) {
	with := func(rng, geo, white string) string {
		return `{"range":` + rng + `,"geolocation":` + geo + `,"whitelisted":` + white + `}`
	}
	const rng, geo = `["1.3.7.2","255.255.255.252/30"]`, `["CA","FR","HT"]`
	const syntax, content, update, value, limit = "400.0 ", "400.1 ", "400.1.1 ", "400.1.3 ", "400.1.4 "
	for _, c := range []struct{ title, patch, want string }{
		{"nothing", `[]`, base},
		{"replace a flag", `[{"op":"replace","path":"/whitelisted","value":false}]`, with(rng, geo, "false")},
		{"replace a list", `[{"op":"replace","path":"/geolocation","value":["US"]}]`, with(rng, `["US"]`, "true")},
		{"replace by null", `[{"op":"replace","path":"/geolocation","value":null}]`, with(rng, "null", "true")},
		{"replace by an empty list", `[{"op":"replace","path":"/range","value":[]}]`, with("[]", geo, "true")},
		{"add null", `[{"op":"add","path":"/range","value":null}]`, with("null", geo, "true")},
		{"add what is there replaces it", `[{"op":"add","path":"/range","value":["10.0.0.0/8"]}]`, with(`["10.0.0.0/8"]`, geo, "true")},
		{"add in front", `[{"op":"add","path":"/geolocation/0","value":"US"}]`, with(rng, `["US","CA","FR","HT"]`, "true")},
		{"add behind the last", `[{"op":"add","path":"/geolocation/3","value":"US"}]`, with(rng, `["CA","FR","HT","US"]`, "true")},
		{"append", `[{"op":"add","path":"/range/-","value":"10.1.2.3/8"}]`, with(`["1.3.7.2","255.255.255.252/30","10.1.2.3/8"]`, geo, "true")},
		{"add with a gap", `[{"op":"add","path":"/geolocation/4","value":"US"}]`, content},
		{"remove an element", `[{"op":"remove","path":"/geolocation/1"}]`, with(rng, `["CA","HT"]`, "true")},
		{"remove behind the last", `[{"op":"remove","path":"/geolocation/3"}]`, content},
		{"remove -", `[{"op":"remove","path":"/geolocation/-"}]`, content},
		{"replace -", `[{"op":"replace","path":"/geolocation/-","value":"US"}]`, content},
		{"remove a list", `[{"op":"remove","path":"/range"}]`, with("null", geo, "true")},
		{"remove a list twice", `[{"op":"remove","path":"/range"},{"op":"remove","path":"/range"}]`, content},
		{"replace what was removed", `[{"op":"remove","path":"/range"},{"op":"replace","path":"/range","value":[]}]`, content},
		{"add what was removed", `[{"op":"remove","path":"/range"},{"op":"add","path":"/range","value":["10.0.0.1"]}]`, with(`["10.0.0.1"]`, geo, "true")},
		{"remove ignores a value", `[{"op":"remove","path":"/geolocation/0","value":"ZZ"}]`, with(rng, `["FR","HT"]`, "true")},
		{"move within a list", `[{"op":"move","from":"/geolocation/0","path":"/geolocation/2"}]`, with(rng, `["FR","HT","CA"]`, "true")},
		{"move to the end", `[{"op":"move","from":"/geolocation/0","path":"/geolocation/-"}]`, with(rng, `["FR","HT","CA"]`, "true")},
		{"move to where it is", `[{"op":"move","from":"/range","path":"/range"}]`, base},
		{"move into itself", `[{"op":"move","from":"/range","path":"/range/0"}]`, content},
		{"move null", `[{"op":"replace","path":"/range","value":null},{"op":"move","from":"/range","path":"/geolocation"}]`, with("null", "null", "true")},
		{"copy within a list", `[{"op":"copy","from":"/geolocation/0","path":"/geolocation/3"}]`, with(rng, `["CA","FR","HT","CA"]`, "true")},
		{"copy what is not there", `[{"op":"copy","from":"/geolocation/7","path":"/geolocation/0"}]`, content},
		{"copy without from", `[{"op":"copy","path":"/geolocation/0"}]`, content},
		{"test", `[{"op":"test","path":"/geolocation","value":["CA","FR","HT"]},{"op":"test","path":"/whitelisted","value":true},{"op":"test","path":"/range/0","value":"1.3.7.2"}]`, base},
		{"test, by characters", `[{"op":"test","path":"/geolocation/0","value":"\u0043A"}]`, base},
		{"test of the order", `[{"op":"test","path":"/geolocation","value":["FR","CA","HT"]}]`, content},
		{"test of the whole", `[{"op":"test","path":"","value":{"whitelisted":true,"geolocation":["CA","FR","HT"],"range":["1.3.7.2","255.255.255.252/30"]}}]`, base},
		{"test of what is not there for null", `[{"op":"test","path":"/geolocation/3","value":null}]`, content},
		{"test of what was removed for null", `[{"op":"remove","path":"/range"},{"op":"test","path":"/range","value":null}]`, content},
		{"test for null", `[{"op":"replace","path":"/range","value":null},{"op":"test","path":"/range","value":null}]`, with("null", geo, "true")},
		{"test of true for a string", `[{"op":"test","path":"/whitelisted","value":"true"}]`, content},
		{"test of null in a list", `[{"op":"replace","path":"/range","value":[null]},{"op":"test","path":"/range","value":[null]}]`, value},
		{"test after a change", `[{"op":"replace","path":"/geolocation","value":["US"]},{"op":"test","path":"/geolocation/0","value":"US"}]`, with(rng, `["US"]`, "true")},
		{"a failed test undoes all", `[{"op":"replace","path":"/geolocation","value":["US"]},{"op":"test","path":"/whitelisted","value":false}]`, content},
		{"a step may be illegal if the whole is not", `[{"op":"replace","path":"/whitelisted","value":"no"},{"op":"replace","path":"/whitelisted","value":false}]`, with(rng, geo, "false")},
		{"unknown members are ignored", `[{"op":"replace","path":"/whitelisted","value":false,"from":"/x","note":[{}]}]`, with(rng, geo, "false")},

		{"no list", `{"op":"remove","path":"/range"}`, syntax},
		{"null", `null`, syntax},
		{"no object", `["remove"]`, content},
		{"no op", `[{"path":"/range"}]`, content},
		{"unknown op", `[{"op":"merge","path":"/range","value":[]}]`, content},
		{"op in capitals", `[{"op":"REPLACE","path":"/range","value":[]}]`, content},
		{"op is no string", `[{"op":["replace"],"path":"/range","value":[]}]`, content},
		{"no path", `[{"op":"replace","value":[]}]`, content},
		{"path is null", `[{"op":"replace","path":null,"value":[]}]`, content},
		{"no slash", `[{"op":"replace","path":"range","value":[]}]`, content},
		{"broken escape", `[{"op":"replace","path":"/range~2","value":[]}]`, content},
		{"no value", `[{"op":"replace","path":"/geolocation"}]`, content},
		{"add without a value", `[{"op":"add","path":"/geolocation/-"}]`, content},
		{"test without a value", `[{"op":"test","path":"/geolocation"}]`, content},
		{"no such member", `[{"op":"replace","path":"/description","value":"x"}]`, update},
		{"add another member", `[{"op":"add","path":"/Whitelisted","value":true}]`, update},
		{"test another member", `[{"op":"test","path":"/description","value":null}]`, update},
		{"from another member", `[{"op":"copy","from":"/description","path":"/range"}]`, update},
		{"below an element", `[{"op":"add","path":"/range/0/x","value":1}]`, update},
		{"below a flag", `[{"op":"add","path":"/whitelisted/0","value":1}]`, update},
		{"the whole", `[{"op":"replace","path":"","value":{"whitelisted":true}}]`, update},
		{"remove the whole", `[{"op":"remove","path":""}]`, update},
		{"copy the whole", `[{"op":"copy","from":"","path":"/range"}]`, update},
		{"move to the whole", `[{"op":"move","from":"/range","path":""}]`, update},
		{"remove the flag", `[{"op":"remove","path":"/whitelisted"}]`, update},
		{"move the flag away", `[{"op":"move","from":"/whitelisted","path":"/range"}]`, update},
		{"an empty name", `[{"op":"replace","path":"/","value":1}]`, update},
		{"an element without a name", `[{"op":"replace","path":"/range/","value":"10.0.0.1"}]`, content},
		{"an index with a zero in front", `[{"op":"replace","path":"/range/00","value":"10.0.0.1"}]`, content},
		{"an index with a sign", `[{"op":"replace","path":"/range/+1","value":"10.0.0.1"}]`, content},
		{"a negative index", `[{"op":"remove","path":"/range/-1"}]`, content},
		{"an index that is a fraction", `[{"op":"remove","path":"/range/1.0"}]`, content},
		{"an index beyond all numbers", `[{"op":"remove","path":"/range/18446744073709551616"}]`, content},
		{"an element of null", `[{"op":"replace","path":"/range","value":null},{"op":"add","path":"/range/-","value":"10.0.0.1"}]`, content},

		{"the vendor's example", `[{"op":"replace","path":"/whitelisted","value":"false,"}]`, value},
		{"a flag as a string", `[{"op":"replace","path":"/whitelisted","value":"true"}]`, value},
		{"a flag as a number", `[{"op":"replace","path":"/whitelisted","value":1}]`, value},
		{"a flag as null", `[{"op":"replace","path":"/whitelisted","value":null}]`, value},
		{"a list as a string", `[{"op":"replace","path":"/range","value":"10.0.0.1"}]`, value},
		{"a list as an object", `[{"op":"replace","path":"/range","value":{"0":"10.0.0.1"}}]`, value},
		{"a number in a list", `[{"op":"add","path":"/range/-","value":10}]`, value},
		{"null in a list", `[{"op":"add","path":"/geolocation/-","value":null}]`, value},
		{"no country", `[{"op":"add","path":"/geolocation/-","value":"us"}]`, value},
		{"no network", `[{"op":"add","path":"/range/-","value":"10.0.0.1-10.0.0.9"}]`, value},
		{"countries as networks", `[{"op":"copy","from":"/geolocation","path":"/range"}]`, value},
		{"a list in itself", `[{"op":"copy","from":"/range","path":"/range/-"}]`, value},
		{"too many steps", "[" + strings.Repeat(`{"op":"test","path":"/whitelisted","value":true},`, 1000) + `{"op":"test","path":"/whitelisted","value":true}]`, limit},
		{"as many steps as may be", "[" + strings.Repeat(`{"op":"test","path":"/whitelisted","value":true},`, 999) + `{"op":"test","path":"/whitelisted","value":true}]`, base},
		{"a list that doubles", "[" + strings.Repeat(`{"op":"copy","from":"/range","path":"/range/-"},`, 999) + `{"op":"remove","path":"/range"}]`, limit},
		{"a list that doubles for a while", "[" + strings.Repeat(`{"op":"copy","from":"/range","path":"/range/-"},`, 18) + `{"op":"remove","path":"/range"}]`, limit},
		{"a list that doubles between tests", "[" + strings.Repeat(`{"op":"copy","from":"/range","path":"/range/-"},{"op":"test","path":"/whitelisted","value":true},`, 400) + `{"op":"remove","path":"/range"}]`, limit},
		{"more entries than may be", `[{"op":"replace","path":"/geolocation","value":[` + strings.Repeat(`"CA",`, 10_000) + `"CA"]}]`, limit},
	} {
		t.Run(c.title, func(t *testing.T) {
			after, failed := sailpoint.Patched(network, []byte(base), []byte(c.patch))
			if strings.HasPrefix(c.want, "{") {
				require.Nil(t, failed)
				require.Equal(t, c.want, string(after))
				return
			}
			require.NotNil(t, failed, "%s", after)
			require.Equal(t, 400, failed.Status)
			require.True(t, strings.HasPrefix(errorOf(t, failed.Body).Code, c.want), "%s", failed.Body)
		})
	}
}

// A document of any size is tested and changed by turns, a large one not without end.
func TestPatchesByTurns(t *testing.T) {
	turns := "[" + strings.Repeat(`{"op":"test","path":"/range/0","value":"10.0.0.1"},{"op":"add","path":"/range/0","value":"10.0.0.1"},`, 499) + `{"op":"test","path":"/whitelisted","value":true}]`
	of := func(entries int) string {
		return `{"range":["10.0.0.1"` + strings.Repeat(`,"2001:db8:0:0:0:0:0:1/128"`, entries) + `],"geolocation":null,"whitelisted":true}`
	}
	_, failed := sailpoint.Patched(network, []byte(of(1_500)), []byte(turns))
	require.Nil(t, failed)
	_, failed = sailpoint.Patched(network, []byte(of(9_000)), []byte(turns))
	require.NotNil(t, failed)
	require.Equal(t, "400.1.4 Limit violation", errorOf(t, failed.Body).Code)
	_, failed = sailpoint.Patched(network, []byte(of(9_000)), []byte("["+strings.Repeat(`{"op":"test","path":"/range/9000","value":"2001:db8:0:0:0:0:0:1/128"},`, 499)+`{"op":"remove","path":"/range/9000"}]`))
	require.Nil(t, failed)
}

// A refusal says which step it is about.
func TestPatchRefusalsNameTheStep(t *testing.T) {
	steps := []string{
		`{"op":"add","path":"/range/0","value":"10.0.0.1"}`, `{"op":"test","path":"/whitelisted","value":true}`,
		`{"op":"add","path":"/range/0","value":"10.0.0.2"}`, `{"op":"remove","path":"/range/3"}`, `{"op":"remove","path":"/range/2"}`,
		`{"op":"copy","from":"/range/1","path":"/range/-"}`,
	}
	for _, bad := range []string{
		`{"op":"remove","path":"/range/9"}`, `{"op":"test","path":"/range/9","value":1}`, `{"op":"replace","path":"/range/9","value":1}`,
		`{"op":"copy","from":"/range/9","path":"/range/0"}`, `{"op":"remove","path":"/x"}`, `{"op":"x"}`, `7`,
	} {
		for at := range len(steps) + 1 {
			all := append(append(append([]string{}, steps[:at]...), bad), steps[at:]...)
			_, failed := sailpoint.Patched(network, []byte(base), []byte("["+strings.Join(all, ",")+"]"))
			require.NotNil(t, failed)
			require.Contains(t, errorOf(t, failed.Body).Messages[0].Text, fmt.Sprintf("Operation %d: ", at+1), "%s at %d", bad, at)
		}
	}
}

// What a patch does not touch stays to the letter, and so does what it sends.
func TestPatchesKeepText(t *testing.T) {
	before := `{"range":["\u0031.3.7.2","10.1.2.3/8","10.1.2.3/8"],"geolocation":["UK"],"whitelisted":false}`
	after, failed := sailpoint.Patched(network, []byte(before), []byte(`[{"op":"add","path":"/range/1","value":"\u0032001:DB8::0001"}, {"op":"remove","path":"/range/3"}]`))
	require.Nil(t, failed)
	require.Equal(t, `{"range":["\u0031.3.7.2","\u0032001:DB8::0001","10.1.2.3/8"],"geolocation":["UK"],"whitelisted":false}`, string(after))
	after, failed = sailpoint.Patched("service-provider-config", []byte(provider), []byte(`[{"op":"replace","path":"/federationProtocolDetails/1/cert","value":"a<b>&\u2028\/"}]`))
	require.NotNil(t, failed) // there is none to replace
	require.Nil(t, after)
	after, failed = sailpoint.Patched("service-provider-config", []byte(provider), []byte(`[{"op":"add","path":"/federationProtocolDetails/1/cert","value":"a<b>&\u2028\/"}]`))
	require.Nil(t, failed)
	require.Contains(t, string(after), `"cert":"a<b>&\u2028\/"}`)
}

// Numbers are equal by value, whatever their size and spelling.
func TestNumbers(t *testing.T) {
	for _, same := range [][]string{
		{"0", "-0", "0.0", "0e9", "-0.00E-7", "0e99999999999999999999"},
		{"1", "1.0", "1e0", "10e-1", "0.1e1", "1E+0", "100E-2"},
		{"-1200", "-1.2e3", "-12e2", "-0.0012E6"},
		{"1e400", "10e399", "0.1e401"},
		{"1e99999999999999999999", "10e99999999999999999998"},
		{"9007199254740993", "9007199254740993.0"},
		{"9007199254740992"},
		{"1e-400"},
		{"12"}, {"0.12"}, {"-12"}, {"1.2"},
	} {
		for _, number := range same {
			require.Equal(t, sailpoint.Canonical(same[0]), sailpoint.Canonical(number), "%s and %s", same[0], number)
			require.Equal(t, same[0] == "0", sailpoint.Canonical(number) == sailpoint.Canonical("0"), number)
		}
	}
	require.NotEqual(t, sailpoint.Canonical("9007199254740993"), sailpoint.Canonical("9007199254740992"))
	require.NotEqual(t, sailpoint.Canonical("12"), sailpoint.Canonical("1.2"))
	require.NotEqual(t, sailpoint.Canonical("12"), sailpoint.Canonical("-12"))
	require.NotEqual(t, sailpoint.Canonical("1e400"), sailpoint.Canonical("1e401"))
	_, failed := sailpoint.Patched("lockout-config", []byte(`{"maximumAttempts":5,"lockoutDuration":15,"lockoutWindow":5}`),
		[]byte(`[{"op":"test","path":"/lockoutDuration","value":1.5e1}]`))
	require.Nil(t, failed)
}
