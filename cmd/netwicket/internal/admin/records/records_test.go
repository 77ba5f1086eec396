package records_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/records"
	"github.com/netwicket/netwicket/zone"
)

const moment = "2026-02-18T08:28:53.000Z"

// The members of answers and files come in the vendor's order, unset ones as the
// vendor writes them (Z8, Z9, P3, P10, T1).
func TestOrderOfMembers(t *testing.T) {
	country, sort, words := "US", "", "d"
	tests := map[string]struct {
		record interface{ Append(to, links []byte) []byte }
		want   string // LINKS stands for the links
	}{
		"IP zone": {
			&records.Zone{Type: records.IP, ID: "nzo1", Name: "<a&b>", Status: "ACTIVE", Usage: "POLICY", Created: moment, LastUpdated: moment, Gateways: []records.Network{{Type: "CIDR", Value: "192.0.2.1/24"}}},
			`{"type":"IP","id":"nzo1","name":"<a&b>","status":"ACTIVE","usage":"POLICY","created":"2026-02-18T08:28:53.000Z","lastUpdated":"2026-02-18T08:28:53.000Z","system":false,"gateways":[{"type":"CIDR","value":"192.0.2.1/24"}],"proxies":nullLINKS}`,
		},
		"DYNAMIC zone": {
			&records.Zone{Type: records.Dynamic, ID: "nzo2", Name: "d", Status: "INACTIVE", Usage: "BLOCKLIST", System: true, Locations: []records.Location{{Country: &country}}, ProxyType: &sort},
			`{"type":"DYNAMIC","id":"nzo2","name":"d","status":"INACTIVE","usage":"BLOCKLIST","created":null,"lastUpdated":null,"system":true,"locations":[{"country":"US","region":null}],"proxyType":""LINKS}`,
		},
		"DYNAMIC zone of ASNs": {
			&records.Zone{Type: records.Dynamic, ID: "nzo2", Name: "d", Status: "ACTIVE", Usage: "POLICY", ASNs: []string{"64496"}},
			`{"type":"DYNAMIC","id":"nzo2","name":"d","status":"ACTIVE","usage":"POLICY","created":null,"lastUpdated":null,"system":false,"locations":null,"proxyType":null,"asns":["64496"]LINKS}`,
		},
		"DYNAMIC_V2 zone": {
			&records.Zone{Type: records.DynamicV2, ID: "nzo3", Name: "v", Status: "ACTIVE", Usage: "POLICY", ASNsV2: records.Sides[string]{Include: []string{"64496"}}},
			`{"type":"DYNAMIC_V2","id":"nzo3","name":"v","status":"ACTIVE","usage":"POLICY","created":null,"lastUpdated":null,"system":false,"locations":{"include":[],"exclude":[]},"ipServiceCategories":{"include":[],"exclude":[]},"asns":{"include":["64496"],"exclude":[]}LINKS}`,
		},
		"ThreatInsight": {
			&records.ThreatInsight{Action: "none"},
			`{"action":"none","excludeZones":[],"created":null,"lastUpdated":nullLINKS}`,
		},
		"policy": {
			&records.Policy{ID: "00p1", Status: "ACTIVE", Name: "Staff", Type: records.SignOn, Description: &words, Priority: 1, Created: moment, LastUpdated: moment},
			`{"id":"00p1","status":"ACTIVE","name":"Staff","description":"d","priority":1,"system":false,"conditions":null,"created":"2026-02-18T08:28:53.000Z","lastUpdated":"2026-02-18T08:28:53.000Z"LINKS,"type":"OKTA_SIGN_ON"}`,
		},
		"rule": {
			&records.Rule{ID: "0pr1", Status: "ACTIVE", Name: "R", Type: records.SignOnRule, Priority: 2, Conditions: json.RawMessage(`{"x":1}`), Actions: json.RawMessage(`{"y":2}`)},
			`{"id":"0pr1","status":"ACTIVE","name":"R","priority":2,"created":null,"lastUpdated":null,"system":false,"conditions":{"x":1},"actions":{"y":2}LINKS,"type":"SIGN_ON"}`,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, strings.Replace(test.want, "LINKS", "", 1), string(test.record.Append(nil, nil)))
			require.Equal(t, "x"+strings.Replace(test.want, "LINKS", `,"_links":{"self":{}}`, 1), string(test.record.Append([]byte("x"), []byte(`{"self":{}}`))))
		})
	}
}

// What was written is read again as it was, and written again to the letter: in
// two spaces a level, without links, with a newline at the end (D1).
func TestFilesComeBack(t *testing.T) {
	zones := []*records.Zone{
		{Type: records.IP, ID: "nzo1", Name: "ä\u2028<", Status: "ACTIVE", Usage: "POLICY", Gateways: []records.Network{{Type: "RANGE", Value: "a-b"}}, Proxies: []records.Network{}},
		{Type: records.DynamicV2, ID: "nzo3", Name: "v", Status: "INACTIVE", Usage: "BLOCKLIST", ServicesV2: records.Sides[string]{Include: []string{"ALL_ANONYMIZERS"}}},
	}
	text := records.WriteZones(zones)
	require.True(t, strings.HasPrefix(string(text), "[\n  {\n    \"type\": \"IP\",\n    \"id\": \"nzo1\",\n"))
	require.True(t, strings.HasSuffix(string(text), "\n  }\n]\n"))
	again, err := records.ReadZones("z.json", text)
	require.NoError(t, err)
	for i, z := range again {
		require.JSONEq(t, string(zones[i].Append(nil, nil)), string(z.Append(nil, nil)))
		require.Equal(t, zones[i].ETag(), z.ETag())
	}
	require.Equal(t, string(text), string(records.WriteZones(again)))
	require.Equal(t, "[]\n", string(records.WriteZones(nil)))
}

// A record that nobody touched keeps what netwicket does not know of, and a file
// that holds one object holds one record.
func TestTextStays(t *testing.T) {
	zones, err := records.ReadZones("z.json", []byte(`{"newByOkta": {"a": [1.50]}, "type": "IP", "name": "N", "_links": {"self": 1}, "id": "nzo1"}`))
	require.NoError(t, err)
	require.Equal(t, "[\n  {\n    \"newByOkta\": {\n      \"a\": [\n        1.50\n      ]\n    },\n    \"type\": \"IP\",\n    \"name\": \"N\",\n    \"id\": \"nzo1\"\n  }\n]\n", string(records.WriteZones(zones)))
	rules, err := records.ReadRules("r.json", []byte(`{"name": "R", "actions": {"signon": {"access": "DENY"}}}`))
	require.NoError(t, err)
	require.Len(t, rules, 1)
}

// Records without an id get one, always the same, each its own, and keep it once
// their file is written.
func TestIDsOfTheNameless(t *testing.T) {
	text := []byte(`[{"type":"IP","name":"A"},{"type":"IP","name":"A","id":null},{"type":"IP","name":"B","id":"nzoB"}]`)
	first, err := records.ReadZones("z.json", text)
	require.NoError(t, err)
	second, err := records.ReadZones("elsewhere.json", text)
	require.NoError(t, err)
	written, err := records.ReadZones("z.json", records.WriteZones(first))
	require.NoError(t, err)
	for i, z := range first {
		require.Equal(t, z.ID, second[i].ID)
		require.Equal(t, z.ID, written[i].ID)
		require.Equal(t, i < 2, z.Unnamed)
		require.False(t, written[i].Unnamed)
	}
	require.NotEqual(t, first[0].ID, first[1].ID)
	require.Regexp(t, `^nzo[0-9A-Za-z]{17}$`, first[0].ID)
	require.Regexp(t, `^nzo[0-9A-Za-z]{17}$`, records.NewID(records.ZoneID))
	require.NotEqual(t, records.NewID(records.ZoneID), records.NewID(records.ZoneID))
}

// Rules stand in the order in which they are tried, whatever of priorities they
// have, and writing them changes nothing of it.
func TestRulesInOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 500 {
		var rules []string
		for i := range 1 + r.IntN(6) {
			priority := ""
			if r.IntN(2) == 0 {
				priority = fmt.Sprintf(`"priority":%d,`, r.IntN(5))
			}
			rules = append(rules, fmt.Sprintf(`{"name":"%d",%s"actions":{"signon":{"access":"DENY"}}}`, i, priority))
		}
		text := []byte("[" + strings.Join(rules, ",") + "]")
		read, err := records.ReadRules("r.json", text)
		require.NoError(t, err)
		names := func(text []byte) []string {
			set, err := zone.ParseOktaRules("r.json", text)
			require.NoError(t, err)
			var all []string
			for _, rule := range set.InOrder() {
				all = append(all, rule.Name)
			}
			return all
		}
		var got []string
		for _, rule := range records.ByPriority(read) {
			got = append(got, rule.Name)
		}
		require.Equal(t, names(text), got, "%s", text)
		require.Equal(t, got, names(records.WriteRules(read)), "%s", text)
		for _, rule := range read {
			rule.Text = nil // as if a request had made each of them
		}
		require.Equal(t, got, names(records.WriteRules(read)), "%s", text)
	}
}

func TestNonsensePolicies(t *testing.T) {
	tests := map[string]string{
		`{"id":"00p1","name":"A","type":"ACCESS_POLICY"}`: `p.json:1:1.*expected an array of policies`,
		`[1]`:                                   `1:2 /0: .*a policy object`,
		`[{"id":"00p1","type":"OKTA_SIGN_ON"}]`: `expected a name`,
		`[{"id":"00p1","name":"A"}]`:            `type: .*OKTA_SIGN_ON`,
		`[{"id":"00p1","name":"A","type":"PASSWORD"}]`:                                                `type: .*OKTA_SIGN_ON`,
		`[{"id":"00p1","name":"A","type":"ACCESS_POLICY","status":"active"}]`:                         `status: .*ACTIVE`,
		`[{"id":"00p1","name":"A","type":"ACCESS_POLICY","priority":"1"}]`:                            `expected a number`,
		`[{"id":"00p1","name":"A","type":"ACCESS_POLICY","priority":1.5}]`:                            `expected a whole number`,
		`[{"id":"../../x","name":"A","type":"ACCESS_POLICY"}]`:                                        `expected letters and digits`,
		`[{"id":"a","name":"A","type":"ACCESS_POLICY"},{"id":"a","name":"B","type":"ACCESS_POLICY"}]`: `1:53 .*has this id already`,
		`[{"id":"a","name":"A","type":"ACCESS_POLICY","system":"yes"}]`:                               `expected true or false`,
		`[{"id":"a","name":"A","type":"ACCESS_POLICY","id":"b"}]`:                                     `p.json:1:`,
		`[{"id":"a","name":"A","type":"ACCESS_POLICY"}`:                                               `p.json:1:`,
		`null`: `an array of policies`,
	}
	for text, want := range tests {
		_, err := records.ReadPolicies("p.json", []byte(text))
		require.Error(t, err, text)
		require.Regexp(t, want, err.Error(), text)
	}
}

// The rule that a policy comes with is untouched only as long as it lets everybody
// in.
func TestAllowsEverybody(t *testing.T) {
	catchAll := records.CatchAll("ALLOW", moment)
	require.Regexp(t, `^\{"id":"rul\w{17}","status":"ACTIVE","name":"Catch-all Rule","priority":99,"created":"2026-02-18T08:28:53.000Z","lastUpdated":"2026-02-18T08:28:53.000Z","system":true,`+
		`"conditions":null,"actions":\{"appSignOn":\{"access":"ALLOW","keepMeSignedIn":\{"postAuth":"NOT_ALLOWED"\}\}\},"type":"ACCESS_POLICY"\}$`, string(catchAll.Append(nil, nil)))
	require.True(t, catchAll.AllowsEverybody())
	for name, change := range map[string]func(*records.Rule){
		"denies":     func(r *records.Rule) { r.Actions = json.RawMessage(`{"appSignOn":{"access":"DENY"}}`) },
		"no action":  func(r *records.Rule) { r.Actions = nil },
		"inactive":   func(r *records.Rule) { r.Status = records.Inactive },
		"somebody's": func(r *records.Rule) { r.System = false },
		"from a zone": func(r *records.Rule) {
			r.Conditions = json.RawMessage(`{"network":{"connection":"ZONE","include":["nzo1"]}}`)
		},
		"for somebody":   func(r *records.Rule) { r.Conditions = json.RawMessage(`{"people":{"users":{"include":["00u1"]}}}`) },
		"no such status": func(r *records.Rule) { r.Status = "MAYBE" },
		"no such member": func(r *records.Rule) { r.Other = json.RawMessage(`{"unless":{"it":"rains"}}`) },
		"what is this?":  func(r *records.Rule) { r.Conditions = json.RawMessage(`{"network":{"connection":"MARS"}}`) },
	} {
		rule := *catchAll
		change(&rule)
		require.False(t, rule.AllowsEverybody(), name)
	}
	rule := *catchAll
	rule.Conditions = json.RawMessage(`{"people":{"users":{"exclude":[]}},"network":{"connection":"ANYWHERE"},"riskScore":{"level":"ANY"}}`)
	require.True(t, rule.AllowsEverybody())
}

func TestPoliciesInOrder(t *testing.T) {
	policies := []*records.Policy{
		{ID: "d", Type: records.Access, System: true, Priority: 1},
		{ID: "c", Type: records.Access, Priority: 7},
		{ID: "b", Type: records.SignOn, System: true, Priority: 1},
		{ID: "a", Type: records.SignOn, Priority: 3},
	}
	require.Negative(t, records.ComparePolicies(policies[0], &records.Policy{Type: records.Access, System: true, Priority: 2}), "also of the system's")
	require.Zero(t, records.ComparePolicies(policies[0], policies[0]))
	slices.SortFunc(policies, records.ComparePolicies)
	var order string
	for _, p := range policies {
		order += p.ID
	}
	require.Equal(t, "abcd", order)
}

// Texts come as encoding/json writes them, letter for letter.
func TestTexts(t *testing.T) {
	for r := range rune(2 * 0x184) {
		last := []rune{0, 0x2028, 0x2029, 0xfffd, 0x1f600}
		one := string(r / 2)
		if r/2 >= 0x180 {
			one = string(last[r/2-0x17f])
		}
		name := []string{one, "a" + one + "b"}[r%2]
		var want bytes.Buffer
		encoder := json.NewEncoder(&want)
		encoder.SetEscapeHTML(false)
		require.NoError(t, encoder.Encode(name))
		got := string((&records.Zone{Type: records.IP, Name: name, Gateways: []records.Network{{Value: name}}}).Append(nil, nil))
		require.Contains(t, got, `"name":`+strings.TrimSuffix(want.String(), "\n")+`,`)
		require.Contains(t, got, `"value":`+strings.TrimSuffix(want.String(), "\n")+`}`)
	}
}
