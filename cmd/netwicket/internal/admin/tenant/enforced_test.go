package tenant_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/records"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/tenant"
)

// TestPoliciesOfNoRules have no file; and one whose empty file is named, which denies
// everybody, does so until it is not to decide any more.
func TestPoliciesOfNoRules(t *testing.T) {
	dir := folder(t, map[string]string{"netwicket.json": `{"okta": {"rules": ["nobody.json"]}}`, "nobody.json": "[]"})
	var log bytes.Buffer
	store := open(t, dir, func(o *tenant.Options) { o.Log = slog.New(slog.NewTextHandler(&log, nil)) })
	require.Equal(t, http.StatusOK, write(t, store, changed(func(d *records.Documents) { d.Policies = append(d.Policies, policyOf("00pEmpty0000000000001", 1)) })).Status)
	require.NotContains(t, snapshot(t, dir), "okta/rules/00pEmpty0000000000001.json")
	require.Contains(t, decision(t, dir, "192.0.2.1"), "no_rule")
	require.Equal(t, http.StatusOK, write(t, store, changed(func(d *records.Documents) {
		for i, p := range d.Policies {
			if p.Name == "Rules of nobody.json" {
				d.Policies[i] = p.Changed()
				d.Policies[i].Status = records.Inactive
			}
		}
	})).Status)
	require.Contains(t, decision(t, dir, "192.0.2.1"), "allow")
	require.Equal(t, "[]", snapshot(t, dir)["nobody.json"], "somebody else's stays where it lies")
	require.NotContains(t, log.String(), "okta.rules", "it named what follows from the policies")
}

// TestRulesOfWhichPolicy: each policy gets the rules of its own file, whatever the others
// lack; and rules that come to a folder with policies come in front of the default one.
func TestRulesOfWhichPolicy(t *testing.T) {
	dir := folder(t, nil)
	store := open(t, dir)
	require.Equal(t, http.StatusOK, write(t, store, changed(func(d *records.Documents) {
		d.Zones = append(d.Zones, office("nzoOffice000000000001", "192.0.2.0/24"))
		d.Policies = slices.Concat([]*records.Policy{policyOf("00pEmpty0000000000001", 5)}, d.Policies, []*records.Policy{policyOf("00pStaff0000000000001", 6, inZone("nzoOffice000000000001"))})
	})).Status)
	answer := write(t, store, changed(func(d *records.Documents) {
		d.Policies = append(d.Policies, policyOf("00pNamelessness000001", 7))
		d.Policies[len(d.Policies)-1].Name = ""
	}))
	require.Equal(t, http.StatusBadRequest, answer.Status, "it could not be read again")
	require.Contains(t, string(answer.Body), "okta/policies.json:")
	require.Contains(t, string(answer.Body), "expected a name")
	store.Close()
	text := snapshot(t, dir)["netwicket.json"]
	put(t, dir, "new.json", `[{"name":"N","type":"SIGN_ON","conditions":{"network":{"connection":"ANYWHERE"}},"actions":{"signon":{"access":"ALLOW"}}}]`)
	put(t, dir, "app.json", `[{"name":"N","type":"ACCESS_POLICY","conditions":{"network":{"connection":"ANYWHERE"}},"actions":{"appSignOn":{"access":"ALLOW"}}}]`)
	put(t, dir, "netwicket.json", strings.Replace(text, `Staff0000000000001.json"`, `Staff0000000000001.json", "new.json", "app.json"`, 1))
	documents, err := open(t, dir).Documents()
	require.NoError(t, err)
	rules := make(map[string]string)
	for _, p := range documents.Policies {
		if !p.System {
			rules[p.Name] = fmt.Sprint(p.Priority, " ", names(p.Rules, func(r *records.Rule) string { return r.Name }))
		}
	}
	require.Equal(t, map[string]string{
		"Policy 00pEmpty0000000000001": "5 []", "Policy 00pStaff0000000000001": "6 [In nzoOffice000000000001]", "Rules of new.json": "7 [N]", "Rules of app.json": "1 [N]",
	}, rules)
}

// TestWhenTheDefaultPolicyDecides: as soon as it has more than the rule it came with,
// wherever that stands; not for that one alone, though its file may have been named.
func TestWhenTheDefaultPolicyDecides(t *testing.T) {
	dir := folder(t, nil)
	store := open(t, dir)
	documents, err := store.Documents()
	require.NoError(t, err)
	id := documents.Policies[1].ID
	rules := func(rules ...*records.Rule) {
		t.Helper()
		answer := write(t, store, changed(func(d *records.Documents) {
			p, i := d.Policy(id)
			d.Policies[i] = p.Changed()
			d.Policies[i].Rules = rules
		}))
		require.Equal(t, http.StatusOK, answer.Status, string(answer.Body))
	}
	denies := records.CatchAll("DENY", "")
	denies.System, denies.Priority = false, 1
	rules(records.CatchAll("ALLOW", ""), denies)
	require.Equal(t, "okta/rules/"+id+".json", namesIn(t, dir)["rules 1"])
	require.Contains(t, decision(t, dir, "192.0.2.1"), "deny")
	rules(records.CatchAll("ALLOW", ""))
	require.Empty(t, namesIn(t, dir)["rules 1"])
	require.Contains(t, decision(t, dir, "192.0.2.1"), "allow")
	put(t, dir, "okta/rules/"+id+".json", "[]")
	text := snapshot(t, dir)["netwicket.json"]
	put(t, dir, "netwicket.json", strings.Replace(text, `"zones"`, `"rules": ["okta/rules/`+id+`.json"], "zones"`, 1))
	require.Contains(t, decision(t, dir, "192.0.2.1"), "no_rule")
	rules(records.CatchAll("ALLOW", ""))
	require.Empty(t, namesIn(t, dir)["rules 1"])
	require.Contains(t, decision(t, dir, "192.0.2.1"), "allow")
}
