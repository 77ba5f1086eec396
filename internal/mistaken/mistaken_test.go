package mistaken_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/internal/jsondoc"
	"github.com/netwicket/netwicket/internal/mistaken"
)

func TestWhat(t *testing.T) {
	const zone = `{"type":"IP","name":"x","gateways":[{"type":"CIDR","value":"192.0.2.0/24"}]}`
	for _, row := range []struct{ name, text, want string }{
		{"an error of Okta's", `{"errorCode":"E0000011","errorSummary":"Invalid token provided","errorLink":"E0000011","errorId":"oae1","errorCauses":[]}`, "an error answer of Okta's API (E0000011: Invalid token provided)"},
		{"an error of Okta's in an array", `[{"errorCode":"E0000011","errorId":"x"}]`, "an error answer of Okta's API (E0000011)"},
		{"an error that would steer a terminal", `{"errorCode":"E0","errorSummary":"\u001b[2J"}`, `an error answer of Okta's API (E0: \x1b[2J)`},
		{"an error of SailPoint's", `{"detailCode":"403 Forbidden","trackingId":"1","messages":[{"text":"no"}],"causes":[]}`, "an error answer of SailPoint's API (403 Forbidden)"},
		{"a token that has expired", `{"error":"JWT validation failed: JWT is expired"}`, "an error answer of an API (JWT validation failed: JWT is expired)"},
		{"too many requests", `{"message":" Rate Limit Exceeded "}`, "an error answer of an API ( Rate Limit Exceeded )"},
		{"an error with its status", `{"timestamp":"x","status":404,"error":"Not Found","path":"/x"}`, "an error answer of an API (Not Found)"},
		{"a state of Terraform's", `{"format_version":"1.0","terraform_version":"1.9.0","values":{"root_module":{"resources":[]}}}`, "Terraform's state or plan"},
		{"a state file of Terraform's", `{"version":4,"terraform_version":"1.9.0","serial":1,"lineage":"x","outputs":{},"resources":[]}`, "Terraform's state or plan"},
		{"a policy", `{"id":"00p1","type":"OKTA_SIGN_ON","name":"Default","status":"INACTIVE","conditions":{"people":{"groups":{"include":["g"]}}}}`, "an Okta policy (Default), which does not hold its rules"},
		{"policies", `[{"id":"00p1","type":"ACCESS_POLICY","name":"App"},{}]`, "an Okta policy (App)"},
		{"a policy of a type to come", `{"type":"NEW","_links":{"rules":{"href":"x"}}}`, "an Okta policy"},
		{"an array of arrays", `[[` + zone + `],[]]`, "an array of arrays"},
		{"a wrapper", `{"value":[` + zone + `],"Count":1}`, `a wrapper around the document, which is what its key "value" holds; jq .value takes it out`},
		{"a wrapper around an object", `{"data":` + zone + `}`, `what its key "data" holds`},
		{"an overlay", `{"deny":[{"network":"192.0.2.1"}],"allow":[]}`, "an overlay of netwicket's own"},

		{"a zone", zone, ""},
		{"zones", `[` + zone + `]`, ""},
		{"a rule", `{"type":"ACCESS_POLICY","name":"r","_links":{"rules":{}},"actions":{"signon":{"access":"ALLOW"}}}`, ""},
		{"nothing", `{}`, ""},
		{"no zones", `[]`, ""},
		{"a network configuration", `{"range":["192.0.2.1"],"geolocation":null,"whitelisted":true}`, ""},
		{"a profile", `{"name":"x","offNetwork":true,"type":"BLOCK"}`, ""},
		{"a ThreatInsight configuration", `{"action":"none","excludeZones":[],"_links":{"self":{"href":"x"}}}`, ""},
		{"a policy file", `{"okta":{"zones":["z.json"],"rules":["r.json"]},"services":{"NORD_VPN":["x"]}}`, ""},
		{"two keys that hold objects", `{"data":[{}],"items":[{}]}`, ""},
		{"a text", `"x"`, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			root, err := jsondoc.Parse("x.json", []byte(row.text))
			require.NoError(t, err)
			got := mistaken.What(root)
			if row.want == "" {
				require.Empty(t, got)
				return
			}
			require.Contains(t, got, row.want)
		})
	}
	require.Empty(t, mistaken.What(jsondoc.Node{}))
}
