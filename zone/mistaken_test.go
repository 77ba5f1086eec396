package zone_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/zone"
)

// TestMistakenDocuments: whichever document was meant, one that is another is one
// error, which says what it is and what to fetch.
func TestMistakenDocuments(t *testing.T) {
	parsers := map[string]func(text string) (zone.Findings, error){
		"GET /api/v1/zones": func(text string) (zone.Findings, error) {
			z, err := zone.ParseOkta("d.json", []byte(text))
			return z.Warnings, err
		},
		"GET /api/v1/policies/{id}/rules": func(text string) (zone.Findings, error) {
			r, err := zone.ParseOktaRules("d.json", []byte(text))
			return r.Warnings, err
		},
		"GET /api/v1/threats/configuration": func(text string) (zone.Findings, error) {
			threat, err := zone.ParseThreatInsight("d.json", []byte(text))
			return threat.Warnings, err
		},
		"GET /auth-org/network-config": func(text string) (zone.Findings, error) {
			c, err := zone.ParseSailPoint("d.json", []byte(text))
			return c.Warnings, err
		},
		"GET /auth-profiles/{id}": func(text string) (zone.Findings, error) {
			p, err := zone.ParseAuthProfile("d.json", []byte(text))
			return p.Warnings, err
		},
	}
	parsers["an overlay"] = func(text string) (zone.Findings, error) {
		o, err := zone.ParseOverlay("d.json", []byte(text))
		return o.Warnings, err
	}
	for _, row := range []struct{ name, text, what string }{
		{"an error of Okta's", `{"errorCode":"E0000011","errorSummary":"Invalid token provided"}`, "an error answer of Okta's API (E0000011: Invalid token provided)"},
		{"an error of SailPoint's", `{"detailCode":"403 Forbidden","messages":[]}`, "an error answer of SailPoint's API (403 Forbidden)"},
		{"an INACTIVE policy", `{"type":"OKTA_SIGN_ON","name":"Default","status":"INACTIVE","conditions":null}`, "an Okta policy (Default)"},
		{"policies", `[{"type":"ACCESS_POLICY","name":"App","status":"INACTIVE"}]`, "an Okta policy (App)"},
		{"a wrapper", `{"value":[{"a":1}],"Count":1}`, "a wrapper around the document"},
		{"an array of arrays", `[[{"type":"IP"}]]`, "an array of arrays"},
		{"Terraform", `{"format_version":"1.0","terraform_version":"1.9.0"}`, "Terraform's state or plan"},
	} {
		t.Run(row.name, func(t *testing.T) {
			for path, parse := range parsers {
				warnings, err := parse(row.text)
				require.Equal(t, []string{"1:1 error wrong-document"}, report(warnings, err), path)
				require.ErrorContains(t, err, "this is "+row.what)
				require.ErrorContains(t, err, path)
				require.Equal(t, 1, strings.Count(err.Error(), "\n")+1)
			}
		})
	}
}
