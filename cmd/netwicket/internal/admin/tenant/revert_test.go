package tenant_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/records"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/tenant"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/wire"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/folderlock"
)

// Every generation can be had again, as a write of its own; what the policy file
// says of other things stays as it is now.
func TestRevert(t *testing.T) {
	dir := crowded(t)
	var audit bytes.Buffer
	store := open(t, dir, audited(&audit))
	states := map[int]string{}
	prints := map[int]string{}
	note := func() {
		number := len(store.History().Generations())
		states[number], prints[number] = documentsOf(t, store), fingerprint(t, dir)
	}
	note()
	for _, change := range moves() {
		require.Equal(t, http.StatusOK, write(t, store, func(d *records.Documents) wire.Answer {
			change(d)
			return wire.Answer{Status: http.StatusOK}
		}).Status)
		note()
		_, err := store.Revert(request("", ""), 2)
		require.NoError(t, err)
		note()
		require.Equal(t, states[2], states[len(states)+1])
	}
	policy := snapshot(t, dir)["netwicket.json"]
	put(t, dir, "netwicket.json", strings.Replace(policy, "{", `{"mode": "enforce", // new
`, 1))
	for number, want := range states {
		answer, err := store.Revert(request("", ""), number)
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, answer.Status)
		require.Equal(t, want, documentsOf(t, store), "generation %d", number)
		require.Equal(t, prints[number], fingerprint(t, dir), "generation %d", number)
		require.Contains(t, snapshot(t, dir)["netwicket.json"], "// new")
		require.Empty(t, litter(t, dir))
	}
	for _, number := range []int{0, -1, 1000} {
		_, err := store.Revert(request("", ""), number)
		require.ErrorContains(t, err, "the history has the generations 1 to")
	}
	all := lines(t, audit.Bytes())
	require.EqualValues(t, len(store.History().Generations()), all[len(all)-1]["generation"])
}

// A generation that the guard does not let come back is refused like any write.
func TestRevertIsGuarded(t *testing.T) {
	dir := folder(t, nil)
	var audit bytes.Buffer
	store := open(t, dir, audited(&audit))
	require.Equal(t, http.StatusOK, write(t, store, addZone(blocklist("Bad", "203.0.113.0/24"))).Status)
	since := store.Since()
	require.Equal(t, store.History().Generations()[0].Time, since, "the first start")
	_, err := store.Revert(request("", ""), 1)
	require.NoError(t, err)
	policy := snapshot(t, dir)["netwicket.json"]
	put(t, dir, "netwicket.json", strings.Replace(policy, "{", `{"serve": {"guard": ["203.0.113.9", "203.0.113.10"]},`, 1))
	before := snapshot(t, dir)
	_, err = store.Revert(request("", ""), 2)
	var refused *tenant.Refused
	require.ErrorAs(t, err, &refused)
	require.Contains(t, refused.Causes[0], "203.0.113.9")
	require.Equal(t, before, snapshot(t, dir))
	all := lines(t, audit.Bytes())
	require.EqualValues(t, http.StatusBadRequest, all[len(all)-1]["status"])
	require.Len(t, all[len(all)-1]["causes"], 2)
	require.Len(t, refused.Causes, 2)
}

// While a server holds the folder, others write between its writes: it reads what
// they wrote, counts on from their generation, and loses none of it.
func TestWritesBetween(t *testing.T) {
	dir := folder(t, nil)
	var log bytes.Buffer
	server := open(t, dir, func(o *tenant.Options) { o.Log = slog.New(slog.NewTextHandler(&log, nil)) })
	require.Equal(t, http.StatusOK, write(t, server, addZone(blocklist("One", "203.0.113.0/24"))).Status)
	between := open(t, dir, func(o *tenant.Options) { o.Between = true })
	_, err := between.Revert(request("", ""), 1)
	require.NoError(t, err)
	between.Close()
	require.Contains(t, decision(t, dir, "203.0.113.9"), "allow")
	documents, err := server.Documents()
	require.NoError(t, err)
	require.Len(t, documents.Zones, 4)
	require.Contains(t, log.String(), `msg="another program has written to the folder" generation=3 caller=ci action="revert 1"`)
	require.Equal(t, http.StatusOK, write(t, server, addZone(blocklist("Two", "198.51.100.0/24"))).Status)
	require.Equal(t, []string{"first start", "POST /api/v1/zones", "revert 1", "POST /api/v1/zones"},
		names(server.History().Generations(), func(g tenant.Generation) string { return g.Action }))
	require.Contains(t, decision(t, dir, "203.0.113.9"), "allow")
	require.Contains(t, decision(t, dir, "198.51.100.9"), "blocklisted")

	// A server that is in the middle of a write makes others wait.
	turn, err := folderlock.Turn(dir, 0)
	require.NoError(t, err)
	_, err = tenant.Open(tenant.Options{Folder: dir, Between: true, Patience: 1})
	require.ErrorIs(t, err, tenant.ErrBusy)
	turn.Release()
	server.Close()

	// Nobody writes beside one that does not take turns.
	lock, err := folderlock.Take(dir, "netwicket pull")
	require.NoError(t, err)
	_, err = tenant.Open(tenant.Options{Folder: dir, Between: true})
	require.ErrorContains(t, err, "netwicket pull is writing to this folder")
	lock.Release()

	// And what came between while a change was worked out makes it begin anew.
	server = open(t, dir)
	tries := 0
	answer := write(t, server, func(d *records.Documents) wire.Answer {
		if tries++; tries == 1 {
			other := open(t, dir, func(o *tenant.Options) { o.Between = true })
			_, err := other.Revert(request("", ""), 2)
			require.NoError(t, err)
		}
		return addZone(blocklist("Three", "192.0.2.0/24"))(d)
	})
	require.Equal(t, http.StatusOK, answer.Status)
	require.Equal(t, 2, tries)
	for _, address := range []string{"203.0.113.9", "192.0.2.9"} {
		require.Contains(t, decision(t, dir, address), "blocklisted")
	}
	require.Contains(t, decision(t, dir, "198.51.100.9"), "allow")
}

// What a policy enforces follows from its documents (D1).
func TestWhatIsEnforced(t *testing.T) {
	dir := folder(t, nil)
	store := open(t, dir)
	change := func(f func(*records.Documents)) {
		t.Helper()
		answer := write(t, store, func(d *records.Documents) wire.Answer {
			f(d)
			return wire.Answer{Status: http.StatusOK}
		})
		require.Equal(t, http.StatusOK, answer.Status, string(answer.Body))
	}
	rules := func() []string {
		var file struct{ Okta struct{ Rules []string } }
		require.NoError(t, json.Unmarshal([]byte(snapshot(t, dir)["netwicket.json"]), &file))
		return file.Okta.Rules
	}
	put := func(id string, f func(*records.Policy)) func(*records.Documents) {
		return func(d *records.Documents) {
			p, i := d.Policy(id)
			changed := *p
			changed.Text = nil
			f(&changed)
			d.Policies[i] = &changed
		}
	}
	documents, err := store.Documents()
	require.NoError(t, err)
	signOn, access := documents.Policies[0].ID, documents.Policies[1].ID
	require.Empty(t, rules(), "the default policies' rules are untouched")

	zone := office("nzoOffice000000000001", "192.0.2.0/24")
	change(func(d *records.Documents) {
		d.Zones = append(d.Zones, zone)
		d.Policies = append(d.Policies, policyOf("00pStaff0000000000001", 1))
	})
	require.Empty(t, rules(), "a policy without rules is not considered")
	require.Contains(t, decision(t, dir, "203.0.113.1"), "allow")
	change(put("00pStaff0000000000001", func(p *records.Policy) { p.Rules = []*records.Rule{inZone(zone.ID)} }))
	require.Equal(t, []string{"okta/rules/00pStaff0000000000001.json"}, rules())
	require.Contains(t, decision(t, dir, "203.0.113.1"), "no_rule")

	app := policyOf("rstApp000000000000001", 1, records.CatchAll("ALLOW", ""))
	app.Type = records.Access
	change(func(d *records.Documents) {
		d.Policies = append([]*records.Policy{app}, d.Policies...)
		d.Policies = append(d.Policies, policyOf("00pFirst0000000000001", 0, inZone(zone.ID)))
	})
	require.Equal(t, []string{"okta/rules/00pFirst0000000000001.json", "okta/rules/00pStaff0000000000001.json", "okta/rules/rstApp000000000000001.json"}, rules(), "sign-on first, then by priority")

	change(put("00pStaff0000000000001", func(p *records.Policy) { p.Status = records.Inactive }))
	change(put("00pFirst0000000000001", func(p *records.Policy) { p.Rules = nil }))
	require.Equal(t, []string{"okta/rules/rstApp000000000000001.json"}, rules())
	require.Contains(t, decision(t, dir, "203.0.113.1"), "allow")
	documents, err = store.Documents()
	require.NoError(t, err)
	staff, _ := documents.Policy("00pStaff0000000000001")
	require.Len(t, staff.Rules, 1, "an inactive policy keeps its rules")

	change(put(access, func(p *records.Policy) { p.Rules = []*records.Rule{records.CatchAll("DENY", "")} }))
	require.Equal(t, []string{"okta/rules/rstApp000000000000001.json", "okta/rules/" + access + ".json"}, rules(), "the default policy denies")
	require.Contains(t, decision(t, dir, "192.0.2.1"), "deny")
	change(put(signOn, func(p *records.Policy) {
		p.Rules = append([]*records.Rule{inZone(zone.ID)}, p.Rules...)
	}))
	require.Equal(t, "okta/rules/"+signOn+".json", rules()[0], "the default policy has more than its rule")
	store.Close()
	again := open(t, dir)
	require.Equal(t, documentsOf(t, store), documentsOf(t, again))
}

// A rules file that is named though it is empty denies everybody; a write of
// something else does not change that.
func TestEmptyRulesFileStays(t *testing.T) {
	dir := folder(t, map[string]string{"netwicket.json": `{"okta": {"rules": ["nobody.json"]}}`, "nobody.json": "[]"})
	store := open(t, dir)
	require.Contains(t, decision(t, dir, "192.0.2.1"), "no_rule")
	require.Equal(t, http.StatusOK, write(t, store, func(d *records.Documents) wire.Answer {
		d.Zones = append(d.Zones, office("nzoOffice000000000001", "192.0.2.0/24"))
		d.Policies = append(d.Policies, policyOf("00pStaff0000000000001", 1, inZone("nzoOffice000000000001")))
		return wire.Answer{Status: http.StatusOK}
	}).Status)
	require.Contains(t, decision(t, dir, "192.0.2.1"), "no_rule")
}

// A policy file may name files in many ways; each is one file all the same.
func TestNamesOfFiles(t *testing.T) {
	dir := crowded(t)
	policy := snapshot(t, dir)["netwicket.json"]
	put(t, dir, "netwicket.json", strings.ReplaceAll(policy, `"okta/`, `"./okta/../okta/`))
	store := open(t, dir)
	before := documentsOf(t, store)
	require.Equal(t, http.StatusOK, write(t, store, func(d *records.Documents) wire.Answer {
		moves()["two policies change"](d)
		return wire.Answer{Status: http.StatusOK}
	}).Status)
	after := documentsOf(t, store)
	require.NotEqual(t, before, after)
	store.Close()
	store = open(t, dir)
	require.Equal(t, after, documentsOf(t, store))
	require.Equal(t, []string{"first start", "POST /api/v1/zones", "found", "POST /api/v1/zones"},
		names(store.History().Generations(), func(g tenant.Generation) string { return g.Action }))
	_, err := store.Revert(request("", ""), 2)
	require.NoError(t, err)
	require.Equal(t, before, documentsOf(t, store))
	require.Len(t, snapshot(t, dir), 7, "no file is left behind")
}

// A file of rules that somebody else made stays where it lies when its policy does
// not decide any more.
func TestRulesOfOthersStay(t *testing.T) {
	rules := `[{"name": "R", "actions": {"signon": {"access": "DENY"}}}]`
	dir := folder(t, map[string]string{"netwicket.json": `{"okta": {"rules": ["r.json"]}}`, "r.json": rules})
	store := open(t, dir)
	require.Contains(t, decision(t, dir, "192.0.2.1"), "deny")
	require.Equal(t, http.StatusOK, write(t, store, func(d *records.Documents) wire.Answer {
		for i, p := range d.Policies {
			if !p.System {
				d.Policies[i] = p.Changed()
				d.Policies[i].Status = records.Inactive
			}
		}
		return wire.Answer{Status: http.StatusOK}
	}).Status)
	require.Contains(t, decision(t, dir, "192.0.2.1"), "allow")
	require.Equal(t, rules, snapshot(t, dir)["r.json"])
	store.Close()
	documents, err := open(t, dir).Documents()
	require.NoError(t, err)
	i := slices.IndexFunc(documents.Policies, func(p *records.Policy) bool { return p.Name == "Rules of r.json" })
	require.Equal(t, "R", documents.Policies[i].Rules[0].Name)
}

// Where somebody edited okta.rules so that it is not what the policies say, the log
// tells: what it names decides until a policy is written.
func TestRulesThatDoNotFollow(t *testing.T) {
	dir := crowded(t)
	policy := snapshot(t, dir)["netwicket.json"]
	var log bytes.Buffer
	store := open(t, dir, func(o *tenant.Options) { o.Log = slog.New(slog.NewTextHandler(&log, nil)) })
	require.NotContains(t, log.String(), "okta.rules")
	put(t, dir, "netwicket.json", strings.Replace(policy, `"okta/rules/00pStaff0000000000001.json",`, "", 1))
	documents, err := store.Documents()
	require.NoError(t, err)
	require.Contains(t, log.String(), "okta.rules does not name the rules of a policy that is to decide")
	put(t, dir, "netwicket.json", policy)
	text := strings.Replace(snapshot(t, dir)["okta/policies.json"], "ACTIVE", "INACTIVE", -1)
	put(t, dir, "okta/policies.json", text)
	_, err = store.Documents()
	require.NoError(t, err)
	require.Contains(t, log.String(), "okta.rules names rules of a policy that is not to decide")
	require.Contains(t, decision(t, dir, "203.0.113.1"), "no_rule")
	require.Equal(t, http.StatusOK, write(t, store, addZone(blocklist("A", "198.51.100.0/24"))).Status)
	require.Contains(t, decision(t, dir, "203.0.113.1"), "no_rule", "a write of a zone lets nobody in")
	require.Len(t, documents.Policies, 4)
}
