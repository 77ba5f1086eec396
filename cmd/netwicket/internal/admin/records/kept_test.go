package records_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/records"
	"github.com/netwicket/netwicket/internal/jsondoc"
)

func readZones(t *testing.T, text string) []*records.Zone {
	t.Helper()
	zones, err := records.ReadZones("z.json", []byte(text))
	require.NoError(t, err)
	return zones
}

// TestWithStatus: a zone that is switched on or off keeps all else that its text has, in
// its order; what it lacks comes behind.
func TestWithStatus(t *testing.T) {
	for text, want := range map[string]string{
		`{"type":"IP","id":"nzo1","name":"A","status":"ACTIVE","lastUpdated":"x","new":[1.50]}`: `{"type":"IP","id":"nzo1","name":"A","status":"INACTIVE","lastUpdated":"now","new":[1.50]}`,
		`{"lastUpdated":null,"id":"nzo1","new":{"status":"ACTIVE"}}`:                            `{"lastUpdated":"now","id":"nzo1","new":{"status":"ACTIVE"},"status":"INACTIVE"}`,
		`{"id":"nzo1"}`: `{"id":"nzo1","lastUpdated":"now","status":"INACTIVE"}`,
	} {
		zone := readZones(t, text)[0]
		before := *zone
		off := zone.WithStatus(records.Inactive, "now")
		require.Equal(t, want, string(off.Text))
		require.Equal(t, before, *zone, "the zone itself stays")
		require.Equal(t, []string{"INACTIVE", "now", "nzo1"}, []string{off.Status, off.LastUpdated, off.ID})
	}
	unnamed := readZones(t, `{"type":"IP","name":"A"}`)[0]
	off := unnamed.WithStatus(records.Inactive, "now")
	require.True(t, unnamed.Unnamed)
	require.False(t, off.Unnamed, "its text has the id now")
	require.Equal(t, off.ID, readZones(t, string(records.WriteZones([]*records.Zone{off})))[0].ID)
	made := &records.Zone{Type: records.IP, ID: "nzo1", Status: records.Active}
	require.Nil(t, made.WithStatus(records.Inactive, "now").Text)
	require.Equal(t, records.Inactive, made.WithStatus(records.Inactive, "now").Status)
}

// TestWhatAZoneLeavesOut is what Okta would answer.
func TestWhatAZoneLeavesOut(t *testing.T) {
	for text, want := range map[string]string{
		`{"type":"IP","name":"A"}`: "ACTIVE POLICY",
		`{"type":"IP","name":"A","status":"INACTIVE","usage":"BLOCKLIST"}`:               "INACTIVE BLOCKLIST",
		`{"type":"IP","name":"BlockedIpZone","system":true}`:                             "ACTIVE BLOCKLIST",
		`{"type":"IP","name":"BlockedIpZone","system":true,"usage":"POLICY"}`:            "ACTIVE POLICY",
		`{"type":"IP","name":"BlockedIpZone"}`:                                           "ACTIVE POLICY",
		`{"type":"IP","name":"LegacyIpZone","system":true}`:                              "ACTIVE POLICY",
		`{"type":"IP","name":7,"status":7,"usage":7,"id":7,"created":7,"lastUpdated":7}`: "ACTIVE POLICY",
	} {
		z := readZones(t, text)[0]
		require.Equal(t, want, z.Status+" "+z.Usage, text)
		require.NotEqual(t, "7", z.Name)
	}
}

// TestZonesComeBack: of each type, with lists that are null, empty and full, what a zone
// says is read as it was written; what is of another type is not kept.
func TestZonesComeBack(t *testing.T) {
	for _, text := range []string{
		`{"type":"IP","id":"nzo1","name":"A","status":"ACTIVE","usage":"POLICY","created":"c","lastUpdated":"l","system":true,"gateways":null,"proxies":null}`,
		`{"type":"IP","id":"nzo1","name":"A","status":"ACTIVE","usage":"POLICY","created":null,"lastUpdated":null,"system":false,"gateways":[],"proxies":[{"type":"RANGE","value":"a-b"}]}`,
		`{"type":"DYNAMIC","id":"nzo1","name":"A","status":"ACTIVE","usage":"POLICY","created":null,"lastUpdated":null,"system":false,"locations":null,"proxyType":null}`,
		`{"type":"DYNAMIC","id":"nzo1","name":"A","status":"ACTIVE","usage":"POLICY","created":null,"lastUpdated":null,"system":false,"locations":[{"country":null,"region":"US-CA"},{"country":"US","region":null}],"proxyType":"Tor","asns":["1","2"]}`,
		`{"type":"DYNAMIC","id":"nzo1","name":"A","status":"ACTIVE","usage":"POLICY","created":null,"lastUpdated":null,"system":false,"locations":[],"proxyType":"","asns":[]}`,
		`{"type":"DYNAMIC_V2","id":"nzo1","name":"A","status":"ACTIVE","usage":"POLICY","created":null,"lastUpdated":null,"system":false,"locations":{"include":[{"country":"US","region":null}],"exclude":[{"country":"DE","region":"DE-BE"}]},"ipServiceCategories":{"include":["X"],"exclude":["Y"]},"asns":{"include":["1"],"exclude":["2"]}}`,
	} {
		z := readZones(t, text)[0]
		require.Equal(t, text, string(z.Append(nil, nil)))
		require.Equal(t, records.ETag([]byte(text)), z.ETag())
	}
	z := readZones(t, `{"type":"DYNAMIC_V2","asns":{"include":[64496],"exclude":null},"locations":7,"gateways":[{"type":"CIDR","value":"a"}]}`)[0]
	require.Equal(t, []string{"64496"}, z.ASNsV2.Include)
	require.Equal(t, []string{}, z.ASNsV2.Exclude)
	require.Equal(t, []records.Location{}, z.PlacesV2.Include)
	require.Nil(t, z.Gateways)
	for text, want := range map[string]string{`7`: "z.json:1:1", `[7]`: "z.json:1:2", `{"a":1,"a":2}`: "z.json:1:8", `[{}`: "z.json:1:4", `null`: "z.json:1:1"} {
		zones, err := records.ReadZones("z.json", []byte(text))
		require.ErrorContains(t, err, want, text)
		require.NotContains(t, err.Error(), "\n", "said once")
		require.Nil(t, zones)
	}
}

// TestExemptZone: which zone is the exempt one, and how it says so (Z19).
func TestExemptZone(t *testing.T) {
	for text, want := range map[string]bool{
		`{"type":"IP","system":true,"name":"DefaultExemptIpZone"}`:              true,
		`{"type":"IP","system":true,"name":"Other","useAsExemptList":true}`:     true,
		`{"type":"IP","system":true,"name":"Other"}`:                            false,
		`{"type":"IP","name":"DefaultExemptIpZone"}`:                            false,
		`{"type":"IP","name":"Other","useAsExemptList":true}`:                   false,
		`{"type":"DYNAMIC","system":true,"name":"DefaultExemptIpZone"}`:         false,
		`{"type":"IP","system":true,"name":"Other","useAsExemptList":"true"}`:   false,
		`{"type":"DYNAMIC_V2","system":true,"name":"X","useAsExemptList":true}`: false,
	} {
		z := readZones(t, text)[0]
		require.Equal(t, want, z.Exempt(), text)
		const flags = `"useAsBlackList":false,"useAsExemptList":true,`
		require.Equal(t, want, strings.Contains(string(z.AppendReplaced(nil, []byte("{}"))), flags), text)
		require.NotContains(t, string(z.Append(nil, []byte("{}"))), flags, "a list says nothing of it")
		require.Equal(t, strings.Contains(text, `"useAsExemptList":true`), strings.Contains(string(z.Append(nil, nil)), flags), "a file says it of those that have no other name for it")
	}
}

// TestPolicyFiles: what a policy leaves out, and ids that are files' names.
func TestPolicyFiles(t *testing.T) {
	read := func(text string) *records.Policy {
		t.Helper()
		policies, err := records.ReadPolicies("p.json", []byte("["+text+"]"))
		require.NoError(t, err, text)
		return policies[0]
	}
	p := read(`{"name":"A","type":"ACCESS_POLICY"}`)
	require.Equal(t, records.Active, p.Status)
	require.Zero(t, p.Priority)
	require.Nil(t, p.Description)
	require.Nil(t, p.Conditions)
	require.Regexp(t, `^rst\w{17}$`, p.ID)
	require.Regexp(t, `^00p\w{17}$`, read(`{"name":"A","type":"OKTA_SIGN_ON"}`).ID)
	p = read(`{"id":"a_B-9","name":"A","type":"OKTA_SIGN_ON","status":"INACTIVE","priority":7,"description":"","system":true,"conditions":{"x":[1, 2]},"created":"c","lastUpdated":"l","new":{"y":1},"_links":{}}`)
	const want = `{"id":"a_B-9","status":"INACTIVE","name":"A","description":"","priority":7,"system":true,"conditions":{"x":[1,2]},"created":"c","lastUpdated":"l","new":{"y":1},"type":"OKTA_SIGN_ON"}`
	require.Equal(t, want, string(p.Append(nil, nil)))
	require.Equal(t, records.ETag([]byte(want)), p.ETag())
	changed := p.Changed()
	require.Nil(t, changed.Text)
	require.Equal(t, want, string(changed.Append(nil, nil)), "a change keeps what it does not know")
	require.Equal(t, want, string(changed.Changed().Append(nil, nil)))
	require.Equal(t, `{"y":1}`, string(must(t, changed.Other)["new"]))
	require.Contains(t, string(records.WritePolicies([]*records.Policy{p})), `"new"`)
	require.NotContains(t, string(records.WritePolicies([]*records.Policy{p})), `_links`)
	require.Regexp(t, `(?s)^\[\n  \{\n    "id": "a_B-9",\n    "name": "A",\n    "type": "OKTA_SIGN_ON".*"new": \{\n      "y": 1\n    \}\n  \}\n\]\n$`, string(records.WritePolicies([]*records.Policy{p})), "as it stood there")
	require.Equal(t, "[\n  {\n    \"id\": \"a_B-9\",\n    \"status\": \"INACTIVE\",\n", string(records.WritePolicies([]*records.Policy{changed}))[:51], "as the vendor has it")
	require.Equal(t, `{"id":"p","status":"","name":"","priority":117,"system":false,"conditions":null,"created":null,"lastUpdated":null,"type":"X"}`, string((&records.Policy{ID: "p", Type: "X", Priority: 117}).Append(nil, nil)))

	for id, good := range map[string]bool{strings.Repeat("a", 100): true, strings.Repeat("a", 101): false, "a.b": false, "a/b": false, "ä": false, "a b": false, "0": true, "Zz_-": true} {
		_, err := records.ReadPolicies("p.json", fmt.Appendf(nil, `[{"id":%q,"name":"A","type":"ACCESS_POLICY"}]`, id))
		require.Equal(t, good, err == nil, id)
	}
	for text, where := range map[string]string{
		`[{"id":"a","name":"A","type":"ACCESS_POLICY","status":7}]`:     `p.json:1:55 /0/status`,
		`[{"id":"a","name":"A"}]`:                                       `p.json:1:2 /0`,
		`[{"id":"a","name":"A","type":null}]`:                           `p.json:1:30 /0/type`,
		`[{"id":"a","name":7,"type":"ACCESS_POLICY"}]`:                  `p.json:1:19 /0/name`,
		`[{"id":"a","name":"A","type":"ACCESS_POLICY","priority":1e9}]`: `whole number`,
	} {
		_, err := records.ReadPolicies("p.json", []byte(text))
		require.ErrorContains(t, err, where, text)
	}
	require.NotNil(t, read(`{"name":"A","type":"ACCESS_POLICY","status":null,"priority":null,"description":null,"id":null}`))
	require.Nil(t, read(`{"name":"A","type":"ACCESS_POLICY","conditions":null}`).Conditions)
	require.Equal(t, 17, read(`{"name":"A","type":"ACCESS_POLICY","priority":17}`).Priority)
	_, err := records.ReadPolicies("p.json", []byte(`{`))
	require.NotContains(t, err.Error(), "\n", "said once")
}

func must(t *testing.T, text []byte) map[string]json.RawMessage {
	t.Helper()
	var members map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(text, &members))
	return members
}

// TestRuleFiles: what a rule leaves out, what a change keeps of it, and which zones it
// names.
func TestRuleFiles(t *testing.T) {
	rules, err := records.ReadRules("r.json", []byte(`[
		{"name":"S","actions":{"signon":{"access":"ALLOW"}},"conditions":{"network":{"connection":"ZONE","include":["nzo1","nzo2"],"exclude":["nzo3"]}},"new":1},
		{"name":"A","actions":{"appSignOn":{"access":"ALLOW"}},"status":"INACTIVE","system":true,"created":"c","lastUpdated":"l","priority":5,"_links":{}},
		{"name":"T","type":"ACCESS_POLICY","id":"rulX"},
		{"name":"T"}, {"name":"T","priority":null}, {"priority":1.5}]`))
	require.NoError(t, err)
	require.Equal(t, []string{"SIGN_ON", "ACCESS_POLICY", "ACCESS_POLICY", "SIGN_ON", "SIGN_ON", "SIGN_ON"}, []string{rules[0].Type, rules[1].Type, rules[2].Type, rules[3].Type, rules[4].Type, rules[5].Type})
	require.Equal(t, []int{6, 5, 7, 8, 9, 10}, []int{rules[0].Priority, rules[1].Priority, rules[2].Priority, rules[3].Priority, rules[4].Priority, rules[5].Priority}, "behind those that have one")
	for i, prefix := range []string{"0pr", "rul", "rul", "0pr", "0pr", "0pr"} {
		require.Equal(t, prefix, rules[i].ID[:3])
	}
	require.NotEqual(t, rules[3].ID, rules[4].ID)
	require.Contains(t, string(rules[0].Append(nil, nil)), `"new":1`)
	written := string(records.WriteRules(rules[:1]))
	require.True(t, strings.HasPrefix(written, "[\n  {\n    \"id\": \""+rules[0].ID+"\",\n    \"name\": \"S\",\n    \"actions\""), "as it stood there: %s", written)
	require.True(t, strings.HasSuffix(written, ",\n    \"new\": 1,\n    \"priority\": 6\n  }\n]\n"), "so that none that comes behind it overtakes it: %s", written)
	written = string(records.WriteRules([]*records.Rule{rules[0].Changed()}))
	require.Contains(t, written, "\"id\": \""+rules[0].ID+"\",\n    \"status\": \"ACTIVE\",\n    \"name\": \"S\",\n    \"priority\": 6,")
	none, err := records.ReadRules("r.json", []byte(`[{},{}]`))
	require.NoError(t, err)
	require.Equal(t, []int{1, 2}, []int{none[0].Priority, none[1].Priority})
	require.Contains(t, string((&records.Rule{Priority: 117}).Append(nil, nil)), `"priority":117,`)
	require.Equal(t, []string{"nzo1", "nzo2", "nzo3"}, rules[0].Zones())
	require.Empty(t, rules[1].Zones())
	const want = `"status":"INACTIVE","name":"A","priority":5,"created":"c","lastUpdated":"l","system":true,"conditions":null,"actions":{"appSignOn":{"access":"ALLOW"}},"type":"ACCESS_POLICY"}`
	require.Equal(t, `{"id":"`+rules[1].ID+`",`+want, string(rules[1].Append(nil, nil)))
	require.Equal(t, records.ETag(rules[1].Append(nil, nil)), rules[1].ETag())
	for _, rule := range rules {
		changed := rule.Changed()
		require.Nil(t, changed.Text)
		require.NotNil(t, rule.Text)
		require.Equal(t, string(rule.Append(nil, nil)), string(changed.Append(nil, nil)))
		require.Equal(t, string(rule.Append(nil, nil)), string(changed.Changed().Append(nil, nil)))
	}
	require.Equal(t, "1", string(must(t, rules[0].Changed().Other)["new"]))
	again, err := records.ReadRules("r.json", records.WriteRules(rules))
	require.NoError(t, err)
	for i, rule := range records.ByPriority(rules) {
		require.Equal(t, rule.ID, again[i].ID)
		require.Equal(t, rule.Priority, again[i].Priority)
	}
	for text, want := range map[string]string{`{`: "r.json:1:2", `[7]`: "r.json:1:2", `7`: "r.json:1:1"} {
		_, err = records.ReadRules("r.json", []byte(text))
		require.ErrorContains(t, err, want)
		require.NotContains(t, err.Error(), "\n", "said once")
	}
}

// TestThreatFile: it comes back as it was, but for where it came from.
func TestThreatFile(t *testing.T) {
	threat, err := records.ReadThreat("t.json", []byte(`{"new":1,"action":"block","excludeZones":["nzo1"],"created":"c","lastUpdated":"l","_links":{}}`))
	require.NoError(t, err)
	require.Equal(t, "{\n  \"new\": 1,\n  \"action\": \"block\",\n  \"excludeZones\": [\n    \"nzo1\"\n  ],\n  \"created\": \"c\",\n  \"lastUpdated\": \"l\"\n}\n", string(records.WriteThreat(threat)))
	const want = `{"action":"block","excludeZones":["nzo1"],"created":"c","lastUpdated":"l"}`
	require.Equal(t, want, string(threat.Append(nil, nil)))
	require.Equal(t, records.ETag([]byte(want)), threat.ETag())
	threat.Text = nil
	require.Equal(t, "{\n  \"action\": \"block\",\n  \"excludeZones\": [\n    \"nzo1\"\n  ],\n  \"created\": \"c\",\n  \"lastUpdated\": \"l\"\n}\n", string(records.WriteThreat(threat)))
	_, err = records.ReadThreat("t.json", []byte(`{`))
	require.ErrorContains(t, err, "t.json:1:2")
}

// TestDocuments: a copy's lists are its own, and what is looked for is found where it
// stands.
func TestDocuments(t *testing.T) {
	d := &records.Documents{
		Zones:    []*records.Zone{{ID: "a"}, {ID: "b"}},
		Policies: []*records.Policy{{ID: "p", Type: records.Access, Priority: 2}, {ID: "q", Type: records.SignOn}, {ID: "r", Type: records.Access, Priority: 1}, {ID: "s", Type: records.Access, Priority: 1, System: true}},
		Threat:   &records.ThreatInsight{},
	}
	clone := d.Clone()
	clone.Zones[0], clone.Policies[0], clone.Threat = nil, nil, nil
	require.Equal(t, "a", d.Zones[0].ID)
	require.Equal(t, "p", d.Policies[0].ID)
	require.NotNil(t, d.Threat)
	z, i := d.Zone("b")
	require.Same(t, d.Zones[1], z)
	require.Equal(t, []int{1, 1, 0, -1}, []int{i, d.ZonePlace("b"), d.ZonePlace("a"), d.ZonePlace("c")})
	none, i := d.Zone("c")
	require.Nil(t, none)
	require.Equal(t, -1, i)
	p, i := d.Policy("p")
	require.Same(t, d.Policies[0], p)
	require.Equal(t, 0, i)
	p, i = d.Policy("r")
	require.Same(t, d.Policies[2], p)
	require.Equal(t, 2, i)
	missing, i := d.Policy("x")
	require.Nil(t, missing)
	require.Equal(t, -1, i)
	order := ""
	for _, p := range d.PoliciesOf(records.Access) {
		order += p.ID
	}
	require.Equal(t, "rps", order)
	require.Len(t, d.PoliciesOf(records.SignOn), 1)
}

// TestMembersBesideSome keep their order and their text.
func TestMembersBesideSome(t *testing.T) {
	root, err := jsondoc.Parse("x", []byte(`{"b": 1.50, "a": {"c" : [ ]}, "known": 1}`))
	require.NoError(t, err)
	require.Equal(t, `{"b":1.50,"a":{"c":[]}}`, string(records.OtherMembers(root, []string{"known"})))
	require.Nil(t, records.OtherMembers(root, []string{"a", "b", "known"}))
	require.Equal(t, `{"b":1.50,"a":{"c":[]},"known":1}`, string(records.PolicyOther(root)))
	require.Equal(t, `{"b":1.50,"a":{"c":[]},"known":1}`, string(records.RuleOther(root)))
	require.Equal(t, `{"b":1.50}`, string(records.Compact([]byte(" { \"b\" : 1.50 } "))))
}

// TestIDsStay: who made an id known to somebody, such as a Terraform state, finds the
// record again after every update of netwicket.
func TestIDsStay(t *testing.T) {
	require.Equal(t, "nzoDXgf0UcJtjHLvzbc2", records.HashID(records.ZoneID, "A"))
	require.Equal(t, "00ptUOvn8igKstFJ2DRT", records.HashID(records.SignOnID, "my/r.json"))
	require.Equal(t, `"44136fa355b3678a1146ad16f7e8649e"`, records.ETag([]byte("{}")))
}
