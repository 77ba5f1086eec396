package okta

import (
	"encoding/json"
	"testing"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/records"
	"github.com/netwicket/netwicket/internal/jsondoc"
	"github.com/netwicket/netwicket/zone"
)

// FuzzRule: whatever a client sends as a rule is refused, or is a rule that the
// loader takes, that says ALLOW or DENY as the client did, and that is read again
// as it was written.
func FuzzRule(f *testing.F) {
	for _, seed := range []string{
		`{"type":"SIGN_ON","name":"r","actions":{"signon":{"access":"ALLOW"}},"conditions":{"network":{"connection":"ZONE","include":["nzo1"]}}}`,
		`{"type":"ACCESS_POLICY","name":"r","actions":{"appSignOn":{"access":"DENY","keepMeSignedIn":null}},"conditions":{"people":null,"userType":{"include":["a"]}}}`,
		`{"type":"SIGN_ON","name":"r","priority":3,"actions":{"signon":{"access":"DENY"}},"conditions":null,"x":{"y":[1.50]}}`,
		`{"type":"SIGN_ON","name":"r","actions":{"signon":{"access":"DENY"}},"conditions":{"network":{"connection":"ON_NETWORK"},"people":{"users":{"exclude":null}}}}`,
		`{"type":"SIGN_ON","name":"r","actions":{"signon":{"access":"DENY"},"appSignOn":{"access":"ALLOW"}},"condition":{}}`,
	} {
		f.Add([]byte(seed), true)
		f.Add([]byte(seed), false)
	}
	d := &records.Documents{Zones: []*records.Zone{{
		Type: records.IP, ID: "nzo1", Name: "Office", Status: records.Active, Usage: records.ForPolicies, Gateways: []records.Network{{Type: "CIDR", Value: "192.0.2.0/24"}},
	}}}
	f.Fuzz(func(t *testing.T, text []byte, app bool) {
		node, err := jsondoc.Parse("", text)
		if err != nil || node.Kind() != jsondoc.Object {
			return // the front refuses it
		}
		p := &records.Policy{ID: "00p1", Type: records.SignOn, Status: records.Active}
		form := "signon"
		if app {
			p.Type, form = records.Access, "appSignOn"
		}
		if ruleShape().misfit(node) != "" {
			return
		}
		rule, body := readRule(node, p)
		body.checkRule(rule, nil, p, d)
		if answer, failed := body.answer(); failed {
			if answer.Status != 400 || !json.Valid(answer.Body) {
				t.Fatalf("%d %s", answer.Status, answer.Body)
			}
			return
		}
		rule.ID, rule.Status, rule.Priority = "0pr1", records.Active, 1
		file := records.WriteRules([]*records.Rule{rule})
		set, err := zone.ParseOktaRules("f", file)
		if err != nil || len(set.Rules) != 1 {
			t.Fatalf("the loader: %v\n%s", err, file)
		}
		if sent := node.Get("actions").Get(form).Get("access").String() == "ALLOW"; set.Rules[0].Allow != sent {
			t.Fatalf("sent %t, stored %t", sent, set.Rules[0].Allow)
		}
		again, err := records.ReadRules("f", file)
		if err != nil || again[0].ETag() != rule.ETag() {
			t.Fatalf("written and read: %v\n%s\n%s", err, again[0].Append(nil, nil), rule.Append(nil, nil))
		}
		if moved := again[0].Changed(); moved.ETag() != rule.ETag() {
			t.Fatalf("changed by nothing: %s", moved.Append(nil, nil))
		}
	})
}
