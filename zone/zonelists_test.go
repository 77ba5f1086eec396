package zone_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/zone"
)

// TestNeighboursInAList: what one zone of a list is says nothing of the next.
func TestNeighboursInAList(t *testing.T) {
	const (
		exempt   = `{"type":"IP","name":"x","system":true,"useAsExemptList":true,"gateways":[{"type":"RANGE","value":"1.2.3.4"}]}`
		ordinary = `{"type":"IP","name":"y","gateways":[{"type":"RANGE","value":"1.2.3.4"}]}`
	)
	zones, err := zone.ParseOkta("", []byte("["+exempt+",\n"+ordinary+",\n"+strings.Replace(ordinary, `"y"`, `"z"`, 1)+"]"))
	require.Empty(t, report(zones.Warnings, err), "none has an id, and one is exempt")
	_, err = zone.ParseOkta("", []byte("["+exempt+",\n"+ordinary+",\n"+exempt+"]"))
	require.Equal(t, []string{"3:1 error second-exempt-zone /2"}, report(nil, err))
}

// TestIgnoredMembers: what is ignored is said where it stands, and only there.
func TestIgnoredMembers(t *testing.T) {
	const proxies = `,"gateways":[{"type":"RANGE","value":"1.2.3.4"}],"proxies":[{"type":"RANGE","value":"1.2.3.5"}]`
	zones, err := okta("ACTIVE", `"type":"IP","name":"a","usage":"BLOCKLIST"`+proxies)
	require.Contains(t, message(t, "ignored-proxies", zones.Warnings, err), "a blocklist has no trusted proxies")
	zones, err = okta("ACTIVE", `"type":"IP","name":"DefaultExemptIpZone","system":true`+proxies)
	require.Contains(t, message(t, "ignored-proxies", zones.Warnings, err), "an exempt zone has no trusted proxies")
	zones, err = okta("INACTIVE", `"type":"DYNAMIC","name":"a","asns":["1"],"usage":"BLOCKLIST"`+proxies)
	require.NotContains(t, strings.Join(report(zones.Warnings, err), " "), "ignored-proxies", "a dynamic zone has none")
	for usage, ignored := range map[string]bool{"BLOCKLIST": false, "POLICY": true} {
		zones, err = okta("ACTIVE", filled+`,"useAsBlackList":true,"usage":"`+usage+`"`)
		require.Equal(t, ignored, strings.Contains(strings.Join(report(zones.Warnings, err), " "), "ignored-member /useAsBlackList"), usage)
	}
	zones, err = okta("ACTIVE", filled+`,"_links":{"self":{"href":"x"}},"created":["x"]`)
	require.Empty(t, report(zones.Warnings, err))
	_, err = okta("ACTIVE", filled+`,"_links":{"self":{"href":"x"}},"usge":"BLOCKLIST"`)
	require.ErrorContains(t, err, `did you mean "usage"?`, "what is known hides nothing behind it")
}

// TestShapesOfWords: what is no text is none of the words that decide.
func TestShapesOfWords(t *testing.T) {
	for _, value := range []string{`[]`, `{}`, `7`, `true`} {
		zones, err := okta("INACTIVE", `"name":"a","type":`+value)
		require.Contains(t, strings.Join(report(zones.Warnings, err), " "), "bad-type /type", value)
	}
	for _, value := range []string{`["POLICY"]`, `["BLOCKLIST"]`, `{"BLOCKLIST":1}`, `true`, `""`, `7`} {
		zones, err := okta("INACTIVE", filled+`,"usage":`+value)
		require.Contains(t, strings.Join(report(zones.Warnings, err), " "), "error unknown-usage /usage", value)
	}
	for _, value := range []string{`["block"]`, `{"none":1}`, `true`, `""`, `7`} {
		_, err := zone.ParseThreatInsight("t.json", []byte(`{"action":`+value+`}`))
		require.Equal(t, []string{"1:11 error unknown-action /action"}, report(nil, err), value)
	}
	_, err := zone.ParseOktaRules("r.json", []byte(`{"name":"r","actions":{"signon":{"access":"DENY"}},"conditions":{"network":{"connection":"ZONE","include":[""]}}}`))
	require.Len(t, report(nil, err), 1, "which zones are meant is not known, so that nothing is said of the list")
}

// TestLimitsOfADocument: over all zones of it, with Okta's numbers.
func TestLimitsOfADocument(t *testing.T) {
	one := `{"type":"IP","name":"NAME","gateways":[` + strings.Repeat(`{"type":"CIDR","value":"::/128"},`, 4999) + `{"type":"CIDR","value":"::/128"}]}`
	text := func(zones int) []byte {
		return []byte("[" + strings.TrimSuffix(strings.Repeat(one+",", zones), ",") + `,{"type":"IP","name":"` + strings.Repeat("n", 128+zones-5) + `","gateways":[]}]`)
	}
	zones, err := zone.ParseOkta("z.json", text(5))
	require.NoError(t, err)
	require.NotContains(t, findings(zones.Warnings), "over all IP zones")
	require.NotContains(t, findings(zones.Warnings), "characters")
	zones, err = zone.ParseOkta("z.json", text(6))
	require.NoError(t, err)
	require.Contains(t, findings(zones.Warnings), "30000 gateways and proxies over all IP zones; Okta allows 25000")
	require.Contains(t, findings(zones.Warnings), "the name has 129 characters; Okta allows 128")
}

// findings are the texts of all findings.
func findings(all zone.Findings) string {
	var b strings.Builder
	for _, f := range all {
		b.WriteString(f.Message() + "\n")
	}
	return b.String()
}
