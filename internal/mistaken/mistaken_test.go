package mistaken_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/internal/jsondoc"
	"github.com/netwicket/netwicket/internal/mistaken"
)

func TestWhat(t *testing.T) {
	const zone = `{"type":"IP","name":"x","gateways":[{"type":"CIDR","value":"192.0.2.0/24"}]}`
	const terraform = "Terraform's state or plan, which is not the document that the vendor's API answers"
	for _, row := range []struct{ name, text, want string }{
		{"an error of Okta's", `{"errorCode":"E0000011","errorSummary":"Invalid token provided","errorLink":"E0000011","errorId":"oae1","errorCauses":[]}`, "an error answer of Okta's API (E0000011: Invalid token provided)"},
		{"an error of Okta's in an array", `[{"errorCode":"E0000011","errorId":"x"}]`, "an error answer of Okta's API (E0000011)"},
		{"an error that would steer a terminal", `{"errorCode":"E0","errorSummary":"\u001b[2J"}`, `an error answer of Okta's API (E0: \x1b[2J)`},
		{"an error of Okta's with its causes alone", `{"errorCode":"E0","errorCauses":[{"errorSummary":"no"}]}`, "an error answer of Okta's API (E0)"},
		{"an error of Okta's without a text", `{"errorCode":11,"errorId":"x"}`, "an error answer of Okta's API"},
		{"an error of SailPoint's with its messages alone", `{"detailCode":"400.1","messages":[]}`, "an error answer of SailPoint's API (400.1)"},
		{"an error of SailPoint's with its number alone", `{"detailCode":"400.1","trackingId":"1"}`, "an error answer of SailPoint's API (400.1)"},
		{"an error of SailPoint's with its causes alone", `{"detailCode":"400.1","causes":[]}`, "an error answer of SailPoint's API (400.1)"},
		{"an error of SailPoint's", `{"detailCode":"403 Forbidden","trackingId":"1","messages":[{"text":"no"}],"causes":[]}`, "an error answer of SailPoint's API (403 Forbidden)"},
		{"a token that has expired", `{"error":"JWT validation failed: JWT is expired"}`, "an error answer of an API (JWT validation failed: JWT is expired)"},
		{"too many requests", `{"message":" Rate Limit Exceeded "}`, "an error answer of an API ( Rate Limit Exceeded )"},
		{"an error with its status", `{"timestamp":"x","status":404,"error":"Not Found","path":"/x"}`, "an error answer of an API (Not Found)"},
		{"a text and an object about it", `{"message":"no","error":{"code":1}}`, "an error answer of an API (no)"},
		{"a state of Terraform's", `{"format_version":"1.0","terraform_version":"1.9.0"}`, terraform},
		{"values of Terraform's", `{"format_version":"1.0","values":{"root_module":{"resources":[]}}}`, terraform},
		{"a plan of Terraform's", `{"format_version":"1.0","planned_values":{}}`, terraform},
		{"a state file of Terraform's", `{"version":4,"terraform_version":"1.9.0","serial":1,"lineage":"x","outputs":{},"resources":[]}`, terraform},
		{"a policy", `{"id":"00p1","type":"OKTA_SIGN_ON","name":"Default","status":"INACTIVE","conditions":{"people":{"groups":{"include":["g"]}}}}`, "an Okta policy (Default), which does not hold its rules"},
		{"policies", `[{"id":"00p1","type":"ACCESS_POLICY","name":"App"},{}]`, "an Okta policy (App), which does not hold its rules"},
		{"a policy behind what may be anything", `[{},{"id":"00p1","type":"ACCESS_POLICY","name":"App"}]`, "an Okta policy (App), which does not hold its rules"},
		{"a policy of a type to come", `{"type":"NEW","_links":{"rules":{"href":"x"}}}`, "an Okta policy, which does not hold its rules"},
		{"an array of arrays", `[[` + zone + `],[]]`, "an array of arrays, such as pages put together by jq -s; jq add makes one array of them"},
		{"a wrapper", `{"value":[` + zone + `],"Count":1}`, `a wrapper around the document, which is what its key "value" holds; jq .value takes it out`},
		{"a wrapper around an object", `{"data":` + zone + `}`, `a wrapper around the document, which is what its key "data" holds; jq .data takes it out`},
		{"a wrapper with what an answer has beside it", `{"_links":{"self":{}},"meta":{"page":1},"headers":[],"result":[` + zone + `],"success":true}`, `a wrapper around the document, which is what its key "result" holds; jq .result takes it out`},
		{"an overlay", `{"deny":[{"network":"192.0.2.1"}],"allow":[]}`, `an overlay of netwicket's own; name it in a policy file, {"overlay": "overlay.json"}`},

		{"a zone", zone, ""},
		{"zones", `[` + zone + `]`, ""},
		{"a rule", `{"type":"ACCESS_POLICY","name":"r","_links":{"rules":{}},"actions":{"signon":{"access":"ALLOW"}}}`, ""},
		{"nothing", `{}`, ""},
		{"no zones", `[]`, ""},
		{"a network configuration", `{"range":["192.0.2.1"],"geolocation":null,"whitelisted":true}`, ""},
		{"a profile", `{"name":"x","offNetwork":true,"type":"BLOCK"}`, ""},
		{"a ThreatInsight configuration", `{"action":"none","excludeZones":[],"_links":{"self":{"href":"x"}}}`, ""},
		{"a policy file", `{"okta":{"zones":["z.json"],"rules":["r.json"]},"services":{"NORD_VPN":["x"]}}`, ""},
		{"gateways, whatever else is there", `{"gateways":[],"_links":{"rules":{}}}`, ""},
		{"locations, whatever else are there", `{"locations":[],"_links":{"rules":{}}}`, ""},
		{"a code of an error and nothing of it", `{"errorCode":"E0"}`, ""},
		{"what belongs to an error of Okta's", `{"errorId":"E0"}`, ""},
		{"a code of a detail and nothing of it", `{"detailCode":"400"}`, ""},
		{"what belongs to an error of SailPoint's", `{"trackingId":"1"}`, ""},
		{"an error that is no text", `{"error":{"code":1}}`, ""},
		{"what is beside an error", `{"status":404,"path":"/x"}`, ""},
		{"a message of something else", `{"message":"x","networks":[]}`, ""},
		{"denials without allowances", `{"deny":[]}`, ""},
		{"allowances without denials", `{"allow":[]}`, ""},
		{"a key of no wrapper", `{"networks":[{}]}`, ""},
		{"a key of a wrapper that holds texts", `{"values":["192.0.2.1"]}`, ""},
		{"a key of a wrapper that holds nothing", `{"data":{}}`, ""},
		{"a key of a wrapper that holds an empty list", `{"data":[]}`, ""},
		{"a key of a wrapper that holds a text", `{"data":"x"}`, ""},
		{"a document that has a name", `{"name":"x","data":[{}]}`, ""},
		{"a document with another list", `{"data":[{}],"networks":[]}`, ""},
		{"a document with another object", `{"data":[{}],"network":{}}`, ""},
		{"two keys that hold objects", `{"data":[{}],"items":[{}]}`, ""},
		{"a text", `"x"`, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			root, err := jsondoc.Parse("x.json", []byte(row.text))
			require.NoError(t, err)
			require.Equal(t, row.want, mistaken.What(root))
		})
	}
	require.Empty(t, mistaken.What(jsondoc.Node{}))
}
