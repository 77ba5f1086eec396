package policyfile_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide/policyfile"
)

// Comments and commas at the end are for the policy file, by whichever name; a
// document of a vendor or an overlay that has them is refused.
func TestCommentsInThePolicyFileAlone(t *testing.T) {
	const commented = "{\n  // ours\n  \"$schema\": \"policy-file.schema.json\",\n  \"okta\": {\"zones\": [\"zones.json\"],}, /* no rules */\n}"
	withComment := func(text string) string { return text[:1] + "// x\n" + text[1:] }
	withComma := func(text string) string { return text[:len(text)-1] + "," + text[len(text)-1:] }
	tests := []struct {
		name, path string
		files      map[string]string
		want       []string
	}{
		{"netwicket.json", "netwicket.json", map[string]string{"netwicket.json": commented, "zones.json": zonesText}, []string{}},
		{"another name", "ours.json", map[string]string{"ours.json": commented, "zones.json": zonesText}, []string{}},
		{"another name, a key twice", "ours.json", map[string]string{"ours.json": "{\"geo\":[], // x\n\"geo\":[]}"}, []string{"ours.json:2:1 /geo duplicate-key"}},
		{"zones alone", "zones.json", map[string]string{"zones.json": withComment(zonesText)}, []string{"zones.json:1:2  bad-json"}},
		{"zones alone, a comma", "zones.json", map[string]string{"zones.json": withComma(zonesText)}, []string{"zones.json:1:111  bad-json"}},
		{"rules alone", "rules.json", map[string]string{"rules.json": withComment(rulesText)}, []string{"rules.json:1:2  bad-json"}},
		{"configuration alone", "network.json", map[string]string{"network.json": withComment(networkText)}, []string{"network.json:1:2  bad-json"}},
		{"zones that are named", "netwicket.json", map[string]string{"netwicket.json": `{"okta":{"zones":["zones.json"]}}`, "zones.json": withComment(zonesText)}, []string{"zones.json:1:2  bad-json"}},
		{"overlay", "netwicket.json", map[string]string{"netwicket.json": `{"overlay":"o.json"}`, "o.json": withComma(overlayText)}, []string{"o.json:1:66  bad-json"}},
		{"profile", "netwicket.json", map[string]string{"netwicket.json": `{"sailpoint":{"authProfile":"p.json"}}`, "p.json": withComment(profileText)}, []string{"p.json:1:2  bad-json"}},
		{"ThreatInsight", "netwicket.json", map[string]string{"netwicket.json": `{"okta":{"threatInsight":"t.json"}}`, "t.json": withComment(threatText)}, []string{"t.json:1:2  bad-json"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			folder(t, test.files)
			require.Equal(t, test.want, lines(policyfile.Load(policyfile.Options{Paths: []string{test.path}}).Findings))
		})
	}
}
