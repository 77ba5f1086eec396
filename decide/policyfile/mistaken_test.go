package policyfile_test

import (
	"bytes"
	"compress/gzip"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/internal/finding"
)

// TestMistakenDocuments: what is no document that is read says so under any name
// and wherever it is named, INACTIVE or not, and says what to fetch.
func TestMistakenDocuments(t *testing.T) {
	for _, row := range []struct{ name, text, what string }{
		{"an INACTIVE policy", `{"id":"00p1","type":"OKTA_SIGN_ON","name":"Default","status":"INACTIVE","conditions":{"people":null}}`, "an Okta policy (Default)"},
		{"an error of Okta's", `{"errorCode":"E0000011","errorSummary":"Invalid token provided"}`, "an error answer of Okta's API"},
		{"an error of SailPoint's", `{"detailCode":"403 Forbidden","messages":[],"causes":[]}`, "an error answer of SailPoint's API"},
		{"a wrapper", `{"value":` + zonesText + `,"Count":1}`, "a wrapper around the document"},
		{"an array of arrays", `[` + zonesText + `]`, "an array of arrays"},
		{"Terraform", `{"format_version":"1.0","terraform_version":"1.9.0","values":{}}`, "Terraform's state"},
	} {
		for place, policy := range map[string]string{
			"GET /api/v1/zones":                 `{"okta":{"zones":["x.json"]}}`,
			"GET /api/v1/policies/{id}/rules":   `{"okta":{"rules":["x.json"]}}`,
			"GET /api/v1/threats/configuration": `{"okta":{"threatInsight":"x.json"}}`,
			"GET /auth-org/network-config":      `{"sailpoint":{"networkConfig":"x.json"}}`,
			"GET /auth-profiles/{id}":           `{"sailpoint":{"authProfile":"x.json"}}`,
		} {
			t.Run(row.name+" for "+place, func(t *testing.T) {
				folder(t, map[string]string{"x.json": row.text, "netwicket.json": policy, "other/netwicket.json": row.text})
				for path, want := range map[string]string{"netwicket.json": "x.json:1:1  wrong-document", "x.json": "x.json:1:1  unknown-document", "other": "other/netwicket.json:1:1  unknown-document"} {
					found := policyfile.Check(policyfile.Options{Paths: []string{path}}, false).Findings
					require.Equal(t, []string{want}, lines(found))
					require.ErrorContains(t, found[0], "this is "+row.what)
					require.ErrorContains(t, found[0], place)
				}
			})
		}
	}
}

// TestListsAreNoDocuments: a list that stands where a document does says where it
// belongs.
func TestListsAreNoDocuments(t *testing.T) {
	for _, list := range []string{"# ipsum\n198.51.100.7\t3\n", "198.51.100.0/24\n", `{"addresses":["198.51.100.0/24"]}`, "{\"cidr\":\"198.51.100.0/24\"}\n{\"type\":\"metadata\"}\n"} {
		folder(t, map[string]string{"x.txt": list})
		found := policyfile.Check(policyfile.Options{Paths: []string{"x.txt"}}, false).Findings
		require.Equal(t, []string{"x.txt:1:1  wrong-document"}, lines(found), "%q", list)
		require.ErrorContains(t, found[0], "this is a list of networks")
		require.ErrorContains(t, found[0], "--threat")
	}
}

// A document of another kind is one error, though everything in it be INACTIVE.
func TestDocumentsOfOtherKinds(t *testing.T) {
	const inactive = `[{"type":"IP","id":"nzo1","name":"Office","status":"INACTIVE","gateways":[]}]`
	for _, row := range []struct{ name, policy, text, want string }{
		{"zones for rules", `{"okta":{"rules":["x.json"]}}`, inactive, "this looks like Okta zones; expected Okta policy rules, as GET /api/v1/policies/{id}/rules answers"},
		{"rules for zones", `{"okta":{"zones":["x.json"]}}`, `[{"name":"r","type":"ACCESS_POLICY","status":"INACTIVE","actions":{}}]`, "this looks like Okta policy rules; expected Okta zones, as GET /api/v1/zones answers"},
		{"a profile for a network configuration", `{"sailpoint":{"networkConfig":"x.json"}}`, profileText, "this looks like SailPoint auth profile; expected SailPoint network configuration"},
		{"a policy file for zones", `{"okta":{"zones":["x.json"]}}`, `{"okta":{"zones":[]}}`, "this looks like policy file; expected Okta zones"},
	} {
		t.Run(row.name, func(t *testing.T) {
			folder(t, map[string]string{"x.json": row.text, "netwicket.json": row.policy})
			found := policyfile.Load(policyfile.Options{}).Findings
			require.Equal(t, []string{"x.json:1:1  wrong-document"}, lines(found))
			require.ErrorContains(t, found[0], row.want)
		})
	}
	folder(t, map[string]string{"x.json": `[{"type":"IP","name":"x","actions":{},"gateways":{}}]`, "netwicket.json": `{"okta":{"zones":["x.json"]}}`})
	require.NotContains(t, lines(policyfile.Load(policyfile.Options{}).Findings), "x.json:1:1  wrong-document", "it has what zones are known by")
}

// Whatever is read by a policy says how it becomes readable.
func TestPackedFiles(t *testing.T) {
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	_, err := w.Write([]byte(zonesText))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	for _, policy := range []string{
		`{"okta":{"zones":["x"]}}`, `{"okta":{"rules":["x"]}}`, `{"okta":{"threatInsight":"x"}}`, `{"okta":{"threatFeeds":["x"]}}`, `{"sailpoint":{"networkConfig":"x"}}`,
		`{"sailpoint":{"authProfile":"x"}}`, `{"overlay":"x"}`, `{"geo":["x"]}`, `{"services":{"NORD_VPN":["x"]}}`,
	} {
		folder(t, map[string]string{"netwicket.json": policy, "x": zipped.String(), "other/netwicket.json": zipped.String()})
		for _, path := range []string{"netwicket.json", "x", "other"} {
			found := errorsOf(policyfile.Load(policyfile.Options{Paths: []string{path}}).Findings)
			require.Len(t, found, 1, "%s: %v", policy, found)
			require.ErrorContains(t, found[0], "compressed with gzip, which is not read; make it readable with: gunzip < ", policy)
		}
	}
	folder(t, map[string]string{"country.mmdb": zipped.String(), "zones.json": "\xff\xfe[\x00]\x00"})
	for path, want := range map[string]string{"country.mmdb": "gunzip < country.mmdb > country.mmdb.unpacked", "zones.json": "iconv -f UTF-16 -t UTF-8 zones.json > zones.json.utf8"} {
		found := errorsOf(policyfile.Check(policyfile.Options{Paths: []string{path}}, false).Findings)
		require.Len(t, found, 1)
		require.ErrorContains(t, found[0], want)
	}
}

func errorsOf(findings finding.List) finding.List {
	failures, _ := findings.Divide()
	return failures
}
