package sailpoint_test

import (
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/sailpoint"
)

// patched is what a patch of one step makes of a document; empty: it is refused, with why.
func patched(t *testing.T, name, before, patch string) (after, why string) {
	t.Helper()
	text, failed := sailpoint.Patched(name, []byte(before), []byte(patch))
	if failed != nil {
		return "", failed.Causes[0]
	}
	return string(text), ""
}

// TestLimitsOfNumbers: each number at its edges, and what is no whole number (S6).
func TestLimitsOfNumbers(t *testing.T) {
	for _, test := range []struct {
		document, before, member string
		least, most              int
	}{
		{"lockout-config", `{"maximumAttempts":5,"lockoutDuration":15,"lockoutWindow":5}`, "maximumAttempts", 1, 15},
		{"lockout-config", `{"maximumAttempts":5,"lockoutDuration":15,"lockoutWindow":5}`, "lockoutDuration", 5, 60},
		{"lockout-config", `{"maximumAttempts":5,"lockoutDuration":15,"lockoutWindow":5}`, "lockoutWindow", 5, 60},
		{"session-config", `{"maxIdleTime":15,"rememberMe":false,"maxSessionTime":10080}`, "maxIdleTime", 1, 1440},
		{"session-config", `{"maxIdleTime":1,"rememberMe":false,"maxSessionTime":720}`, "maxSessionTime", 1, 10080},
	} {
		for value, good := range map[string]bool{
			fmt.Sprint(test.least): test.member != "maxSessionTime", fmt.Sprint(test.least - 1): false, fmt.Sprint(test.most): true, fmt.Sprint(test.most + 1): false,
			"7.0": false, "7.5": false, "1e1": false, "-7": false, `"7"`: false, "null": false, "99999999999999999999": false, "true": false,
		} {
			_, why := patched(t, test.document, test.before, fmt.Sprintf(`[{"op":"replace","path":"/%s","value":%s}]`, test.member, value))
			require.Equal(t, good, why == "", "%s %s: %s", test.member, value, why)
			if !good && value != "1" {
				require.Contains(t, why, fmt.Sprintf("%s: %s: expected an integer from %d to %d", test.member, value, test.least, test.most))
			}
		}
	}
	for idle, good := range map[int]bool{719: true, 720: false, 721: false} {
		_, why := patched(t, "session-config", `{"maxIdleTime":15,"rememberMe":false,"maxSessionTime":720}`, fmt.Sprintf(`[{"op":"replace","path":"/maxIdleTime","value":%d}]`, idle))
		require.Equal(t, good, why == "")
		if !good {
			require.Contains(t, why, fmt.Sprintf("maxSessionTime: 720: expected more than maxIdleTime, which is %d", idle))
		}
	}
	_, why := patched(t, "session-config", `{"maxIdleTime":15,"rememberMe":false,"maxSessionTime":720}`, `[{"op":"replace","path":"/rememberMe","value":"a\u2028"}]`)
	require.Contains(t, why, `rememberMe: "a\u2028": expected`)
}

// TestEqualValues: test compares as RFC 6902 section 4.6 says.
func TestEqualValues(t *testing.T) {
	groups := []string{ // of each line all are equal, and nothing of two lines
		`5 5.0 5e0 50e-1 0.5E1 0.5e+1 500E-2 5.000`,
		`-5 -5.0 -0.5e1`,
		`50 5e1 5E+1 50.0`,
		`0 0.0 -0 0e5 -0.0e-7`,
		`0.5 5e-1 0.50 50e-2`,
		`0.05 5e-2 0.0500`,
		`1e400 10e399 1E+400 1000e397`,
		`1e-400 0.1e-399`,
		`100000000000000000000000000001`,
		`100000000000000000000000000002 100000000000000000000000000002.0`,
		`"5"`, `""`, `"a" "\u0061"`, `true`, `false`, `null`,
		`[] `, `[1] [1.0]`, `[1,2]`, `[2,1]`, `[1,[2]]`, `[1,null]`, `[null]`,
		`{}`, `{"a":1} {"\u0061":1.0}`, `{"a":2}`, `{"b":1}`, `{"a":1,"b":2} {"b":2,"a":1}`, `{"a":1,"b":3}`, `{"a":null}`, `{"a":{"b":[1]}}`, `{"a":{"b":[2]}}`,
	}
	for i, one := range groups {
		for j, other := range groups {
			for _, a := range strings.Fields(one) {
				for _, b := range strings.Fields(other) {
					before := fmt.Sprintf(`{"range":[%s],"geolocation":null,"whitelisted":true}`, a)
					_, why := patched(t, "network-config", before, fmt.Sprintf(`[{"op":"test","path":"/range","value":[%s]}]`, b))
					same := !strings.Contains(why, "Operation 1") // what else is wrong comes behind it
					require.Equal(t, i == j, same, "%s %s: %s", a, b, why)
				}
			}
		}
	}
}

// TestCanonicalNumbers have one spelling for each value, by the value itself.
func TestCanonicalNumbers(t *testing.T) {
	numbers := []string{"0", "-0", "0.0", "1", "-1", "10", "1e1", "100e-1", "1.0", "0.1", "1e-1", "10e-2", "12.50", "1250e-2", "-12.5", "0.0125e3", "12.5", "1e+2", "1E2", "100", "00.5e1"[1:], "5", "120", "12e1", "0.012e4", "1.2e2"}
	for _, a := range numbers {
		for _, b := range numbers {
			x, _ := new(big.Rat).SetString(a)
			y, _ := new(big.Rat).SetString(b)
			require.Equal(t, x.Cmp(y) == 0, sailpoint.Canonical(a) == sailpoint.Canonical(b), "%s %s", a, b)
		}
	}
}

// TestWhatIsWrongIsSaid: the first place with what is wrong there, and all for the audit.
func TestWhatIsWrongIsSaid(t *testing.T) {
	_, failed := sailpoint.Patched("network-config", []byte(`{"range":null,"geolocation":null,"whitelisted":true}`),
		[]byte(`[{"op":"replace","path":"/range","value":["1.2.3.999","192.0.2.1","x"]},{"op":"replace","path":"/geolocation","value":["ca"]}]`))
	require.NotNil(t, failed)
	require.Len(t, failed.Causes, 3)
	var body struct {
		Code     string `json:"detailCode"`
		Messages []struct{ Text string }
	}
	require.NoError(t, json.Unmarshal(failed.Body, &body))
	require.Equal(t, "400.1.3 Illegal value", body.Code)
	require.Regexp(t, `^/range/0: .*1\.2\.3\.999`, body.Messages[0].Text)
	require.Contains(t, failed.Causes[1], "/range/2")
	require.Contains(t, failed.Causes[2], "/geolocation/0")

	for kind, good := range map[string]bool{`"BLOCK"`: true, `"MFA"`: true, `"NON_PTA"`: true, `"PTA"`: true, `"block"`: false, `7`: false, `null`: false, `""`: false, `["BLOCK"]`: false} {
		_, why := patched(t, "auth-profile", `{"id":"p1","name":"N","offNetwork":false,"untrustedGeography":false,"type":"PTA"}`, `[{"op":"replace","path":"/type","value":`+kind+`}]`)
		require.Equal(t, good, why == "", kind)
		if !good {
			require.Contains(t, why, "type: "+kind+": expected BLOCK, MFA, NON_PTA or PTA")
		}
	}
}

// TestProfileWithoutAName: a profile whose file says no id, or none that is one, has one of
// ours, always the same, and so has its tenant.
func TestProfileWithoutAName(t *testing.T) {
	const id = "CqhSl4Q58ZmB9qGaG"
	for _, text := range []string{`{"offNetwork": false}`, `{"offNetwork": false, "id": 7, "tenant": 7}`, `{"offNetwork": false, "id": null, "tenant": null}`} {
		o := openOrg(t, map[string]string{"netwicket.json": `{"sailpoint": {"authProfile": "profile.json"}}`, "profile.json": text})
		require.Equal(t, `[{"tenant":"netwicket","id":"`+id+`"}]`, o.must("GET", "/beta/auth-profiles", ""), text)
	}
}

// TestSizesOfPatches: a thousand steps, a document of 1 MiB, and 64 MiB of documents that
// are read on the way; and of none of them one more.
func TestSizesOfPatches(t *testing.T) {
	const small = `{"range":null,"geolocation":null,"whitelisted":true}`
	steps := func(many int, each ...string) string {
		return "[" + strings.Join(slices.Repeat(each, many)[:many], ",") + "]"
	}
	const same, set = `{"op":"test","path":"/whitelisted","value":true}`, `{"op":"replace","path":"/whitelisted","value":true}`
	refused := func(before, patch string) string {
		t.Helper()
		_, failed := sailpoint.Patched("network-config", []byte(before), []byte(patch))
		if failed == nil {
			return ""
		}
		require.Equal(t, http.StatusBadRequest, failed.Status)
		return failed.Causes[0]
	}
	require.Empty(t, refused(small, steps(1000, same)))
	require.Equal(t, "400.1.4 Limit violation: No more than 1000 operations are allowed.", refused(small, steps(1001, same)))

	value := func(length int) string { // so that the document has this length
		return strings.Repeat("x", length-len(`{"range":[""],"geolocation":null,"whitelisted":true}`))
	}
	replace := func(length int) string { return `[{"op":"replace","path":"/range","value":["` + value(length) + `"]}]` }
	const large = "400.1.4 Limit violation: The document would become larger than 1 MiB."
	require.NotEqual(t, large, refused(small, replace(1<<20)))
	require.Equal(t, large, refused(small, replace(1<<20+1)))

	copies := func(more string) string { // of 64 KiB, and one more byte
		document := `{"range":["` + strings.Repeat("x", 1<<16-2) + `","` + strings.Repeat("x", 1<<16-2) + more + `"],"geolocation":null,"whitelisted":true}`
		return refused(document, "["+strings.Repeat(`{"op":"copy","from":"/range/0","path":"/geolocation"},`, 15)+`{"op":"copy","from":"/range/1","path":"/geolocation"}]`)
	}
	require.NotEqual(t, large, copies(""))
	require.Equal(t, large, copies("x"))

	document := `{"range":["` + value(1<<17) + `"],"geolocation":null,"whitelisted":true}`
	const turns = "400.1.4 Limit violation: The patch tests and changes a document of this size by turns too often."
	require.NotEqual(t, turns, refused(document, steps(1000, same)))
	require.NotEqual(t, turns, refused(document, steps(512, same, set)))
	require.Equal(t, turns, refused(document, steps(513, same, set)))
}
