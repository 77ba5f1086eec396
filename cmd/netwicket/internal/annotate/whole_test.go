package annotate_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/annotate"
	"github.com/netwicket/netwicket/internal/finding"
)

// A log from its first member to its last: rules once each and in order, results as they
// came.
func TestSARIFWhole(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "a.json"), []byte("äb\n"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "b.json"), []byte("abc\n"), 0o600))
	at := func(name string, column int, code string) *finding.Finding {
		return &finding.Finding{File: filepath.Join(dir, name), Line: 1, Column: column, Code: code, Err: errors.New("why")}
	}
	warning := at("a.json", 3, "nonsense")
	warning.Warning, warning.Path = true, "/0/name\n"
	text, err := json.Marshal(annotate.SARIF(finding.List{warning, at("b.json", 3, "bad-cidr"), at("a.json", 3, "bad-cidr"), {Code: "bad-json", Err: errors.New("nowhere")}}, "v1.2.3", dir, ""))
	require.NoError(t, err)
	var log map[string]any
	require.NoError(t, json.Unmarshal(text, &log))
	run := log["runs"].([]any)[0].(map[string]any)
	driver := run["tool"].(map[string]any)["driver"].(map[string]any)
	for i, id := range []string{"bad-cidr", "bad-json", "nonsense"} {
		rule := driver["rules"].([]any)[i].(map[string]any)
		require.Equal(t, id, rule["id"])
		if id == "nonsense" {
			require.Len(t, rule, 1, "what no page describes")
			continue
		}
		require.Equal(t, "https://github.com/netwicket/netwicket/blob/main/docs/lints.md#errors", rule["helpUri"])
		full := rule["fullDescription"].(map[string]any)["text"].(string)
		require.Equal(t, full+" See https://github.com/netwicket/netwicket/blob/main/docs/lints.md#errors", rule["help"].(map[string]any)["text"])
		require.Regexp(t, `^([^.]|\.[^ ])+\.$`, rule["shortDescription"].(map[string]any)["text"], "one sentence")
	}
	require.Len(t, driver["rules"], 3)
	delete(driver, "rules")
	rest, err := json.Marshal(log)
	require.NoError(t, err)
	require.JSONEq(t, `{"$schema":"https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json","version":"2.1.0","runs":[{
		"tool":{"driver":{"name":"netwicket","version":"v1.2.3","informationUri":"https://github.com/netwicket/netwicket/"}},"columnKind":"utf16CodeUnits",
		"originalUriBaseIds":{"%SRCROOT%":{"description":{"text":"The folder that netwicket ran in."}}},
		"results":[
			{"ruleId":"nonsense","ruleIndex":2,"level":"warning","message":{"text":"why"},"locations":[{"physicalLocation":{"artifactLocation":{"uri":"a.json","uriBaseId":"%SRCROOT%"},"region":{"startLine":1,"startColumn":2}},"logicalLocations":[{"fullyQualifiedName":"/0/name\\n"}]}]},
			{"ruleId":"bad-cidr","ruleIndex":0,"level":"error","message":{"text":"why"},"locations":[{"physicalLocation":{"artifactLocation":{"uri":"b.json","uriBaseId":"%SRCROOT%"},"region":{"startLine":1,"startColumn":3}}}]},
			{"ruleId":"bad-cidr","ruleIndex":0,"level":"error","message":{"text":"why"},"locations":[{"physicalLocation":{"artifactLocation":{"uri":"a.json","uriBaseId":"%SRCROOT%"},"region":{"startLine":1,"startColumn":2}}}]},
			{"ruleId":"bad-json","ruleIndex":1,"level":"error","message":{"text":"nowhere"}}]}]}`, string(rest))
}
