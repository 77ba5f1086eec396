package tenant_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/records"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/tenant"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/wire"
)

// TestAuditOfOtherAnswers: what is answered without a write is a line too, in UTC, on one
// line whatever the request says.
func TestAuditOfOtherAnswers(t *testing.T) {
	var text bytes.Buffer
	audit := tenant.NewAudit(&text)
	r := request("PUT", "/api/v1/zones/x\u2028y")
	r.Time = time.Date(2026, 2, 3, 4, 5, 6, 7, time.FixedZone("x", 3600))
	audit.Write(r, wire.Answer{Status: http.StatusForbidden, ErrorID: "oae1", Causes: []string{"a", "b\nc"}})
	r.Peer = netip.Addr{}
	audit.Write(r, wire.Answer{Status: http.StatusNotFound})
	(*tenant.Audit)(nil).Write(r, wire.Answer{})
	require.Equal(t, 2, strings.Count(text.String(), "\n"))
	require.NotContains(t, text.String(), "\u2028")
	log := lines(t, text.Bytes())
	require.Equal(t, map[string]any{
		"time": "2026-02-03T03:05:06.000000007Z", "caller": "ci", "address": "192.0.2.1", "verb": "PUT", "path": "/api/v1/zones/x\u2028y", "status": 403.0,
		"request": "0123456789abcdef0123456789abcdef", "errorId": "oae1", "causes": []any{"a", "b\nc"},
	}, log[0])
	require.Equal(t, "", log[1]["address"], "the request came from no network")
	require.NotContains(t, log[1], "causes")
}

// TestWarningsOfTheSystemsZones: that they are empty is none, and what is in them is
// looked at as in any zone (D5). Warnings may be about the policy as a whole.
func TestWarningsOfTheSystemsZones(t *testing.T) {
	dir := folder(t, nil)
	store := open(t, dir)
	answer := write(t, store, func(d *records.Documents) wire.Answer {
		for i := range d.Zones {
			if z := *d.Zones[i]; z.Name == records.BlockedIPZone {
				z.Gateways, z.Text = []records.Network{{Type: "CIDR", Value: "198.51.100.7/24"}}, nil
				d.Zones[i] = &z
			}
		}
		return wire.Answer{Status: http.StatusOK}
	})
	require.Equal(t, http.StatusOK, answer.Status)
	require.Len(t, answer.Header.Values("Netwicket-Warning"), 1)
	require.Contains(t, answer.Header.Values("Netwicket-Warning")[0], "198.51.100.0/24")
	answer = write(t, store, changed(func(d *records.Documents) {
		for i, z := range d.Zones {
			if z.Name == records.BlockedIPZone {
				d.Zones[i] = z.WithStatus(records.Inactive, z.LastUpdated)
			}
		}
	}))
	require.Contains(t, strings.Join(answer.Header.Values("Netwicket-Warning"), "|"), "the zone is INACTIVE, so that it blocks none of the addresses it lists", "it is about the zone, and not that it is empty")

	strict := open(t, folder(t, map[string]string{"netwicket.json": `{"sailpoint": {"networkConfig": "n.json"}}`, "n.json": `{"range":["192.0.2.0/24"]}`}), func(o *tenant.Options) { o.Strict = true })
	answer = write(t, strict, addZone(blocklist("All", "192.0.2.0/24")))
	require.Equal(t, http.StatusBadRequest, answer.Status)
	require.Contains(t, string(answer.Body), "no address at all is allowed")
}

// TestGuardOfNobody: a request from no network has nobody to lock out.
func TestGuardOfNobody(t *testing.T) {
	store := open(t, folder(t, nil), func(o *tenant.Options) { o.GuardCaller = true })
	r := request("POST", "/api/v1/zones")
	r.Peer = netip.Addr{}
	require.Equal(t, http.StatusOK, store.Write(r, addZone(blocklist("Bad", "203.0.113.0/24")), refuse).Status)
	answer := store.Write(request("POST", "/api/v1/zones"), addZone(blocklist("Me", "192.0.2.1/32")), refuse)
	require.Equal(t, http.StatusBadRequest, answer.Status)
	require.Contains(t, string(answer.Body), "from which this request comes")
}

// TestHistoryIsAsked for generations that there are, and for those that there are not.
func TestHistoryIsAsked(t *testing.T) {
	dir := folder(t, nil)
	history, err := tenant.OpenHistory(dir)
	require.NoError(t, err)
	_, err = history.Generation(1)
	require.EqualError(t, err, "generation 1: nothing has been written yet, there is no history")
	store := open(t, dir)
	require.Equal(t, http.StatusOK, write(t, store, addZone(blocklist("Bad", "203.0.113.0/24"))).Status)
	history = store.History()
	for _, number := range []int{-1, 0, 3} {
		want := fmt.Sprintf("generation %d: the history has the generations 1 to 2", number)
		_, err = history.Generation(number)
		require.EqualError(t, err, want)
		_, err = history.Names(number)
		require.EqualError(t, err, want)
		_, err = history.Contents(number)
		require.EqualError(t, err, want)
		_, err = history.PolicyContents(number)
		require.EqualError(t, err, want)
	}
	contents, err := history.Contents(2)
	require.NoError(t, err)
	paths, err := history.PolicyContents(2)
	require.NoError(t, err)
	require.Len(t, paths, len(contents))
	listed, err := history.Names(2)
	require.NoError(t, err)
	require.IsIncreasing(t, listed)
	require.Len(t, listed, len(contents))
	for _, name := range listed {
		require.Equal(t, contents[name], paths[filepath.Join(dir, filepath.FromSlash(name))], name)
		require.Equal(t, snapshot(t, dir)[name], string(contents[name]))
	}
}

// TestHistoryOfNoContents: a line that names a content which cannot be one is told of.
func TestHistoryOfNoContents(t *testing.T) {
	dir := folder(t, nil)
	require.NoError(t, os.MkdirAll(filepath.Dir(linesFile(dir)), 0o700))
	require.NoError(t, os.WriteFile(linesFile(dir), []byte(`{"generation":1,"changed":{"netwicket.json":"ab"}}`+"\n"), 0o600))
	history, err := tenant.OpenHistory(dir)
	require.NoError(t, err)
	_, err = history.Contents(1)
	require.EqualError(t, err, "generation 1, netwicket.json: the history has no such content")
}

// TestPoliciesOfRulesThatWereFound come one behind the other, and the default policy
// behind them (P12).
func TestPoliciesOfRulesThatWereFound(t *testing.T) {
	rules := func(name, kind, action string) string {
		return `[{"name":"` + name + `","status":"ACTIVE","type":"` + kind + `","actions":{"` + action + `":{"access":"ALLOW"}},"conditions":{"network":{"connection":"ANYWHERE"}}}]`
	}
	dir := folder(t, map[string]string{
		"netwicket.json": `{"okta": {"rules": ["a.json", "b.json", "c.json", "d.json"]}}`, "a.json": rules("A", "SIGN_ON", "signon"), "b.json": rules("B", "ACCESS_POLICY", "appSignOn"),
		"c.json": rules("C", "SIGN_ON", "signon"), "d.json": rules("D", "ACCESS_POLICY", "appSignOn"),
	})
	documents, err := open(t, dir).Documents()
	require.NoError(t, err)
	got := names(documents.Policies, func(p *records.Policy) string {
		return fmt.Sprint(p.Type, " ", p.Priority, " ", p.Name, " ", p.System, " ", len(p.Rules))
	})
	for _, p := range documents.Policies {
		require.Equal(t, map[string]string{records.SignOn: "00p", records.Access: "rst"}[p.Type], p.ID[:3])
	}
	require.ElementsMatch(t, []string{
		"OKTA_SIGN_ON 1 Rules of a.json false 1", "OKTA_SIGN_ON 2 Rules of c.json false 1", "OKTA_SIGN_ON 3 Default Policy true 1",
		"ACCESS_POLICY 1 Rules of b.json false 1", "ACCESS_POLICY 2 Rules of d.json false 1", "ACCESS_POLICY 1 Default Policy true 1",
	}, got)
}

// TestFirstZonesAndPolicies are those that Okta gives every organisation (Z18, P5).
func TestFirstZonesAndPolicies(t *testing.T) {
	now := time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC)
	dir := folder(t, nil)
	documents, err := open(t, dir, func(o *tenant.Options) { o.Now = func() time.Time { return now } }).Documents()
	require.NoError(t, err)
	var zones []string
	for _, z := range documents.Zones {
		require.Equal(t, "2026-02-03T04:05:06.000Z", z.Created)
		require.True(t, z.System)
		zones = append(zones, fmt.Sprint(z.Type, " ", z.Name, " ", z.Usage, " ", z.Status, " ", z.ServicesV2.Include))
	}
	require.Equal(t, []string{
		"IP LegacyIpZone POLICY ACTIVE []", "IP BlockedIpZone BLOCKLIST ACTIVE []", "IP DefaultExemptIpZone POLICY ACTIVE []", "DYNAMIC_V2 DefaultEnhancedDynamicZone BLOCKLIST INACTIVE [ALL_ANONYMIZERS]",
	}, zones)
	require.Len(t, documents.Policies, 2)
	for _, p := range documents.Policies {
		require.Equal(t, 1, p.Priority)
		require.Len(t, p.Rules, 1)
		require.True(t, p.System)
	}
	require.JSONEq(t, `{"people":{"groups":{"include":[]}}}`, string(documents.Policies[0].Conditions))
	require.Equal(t, 1, documents.Policies[0].Rules[0].Priority)
	require.Equal(t, "rul", documents.Policies[1].Rules[0].ID[:3])
}

// TestTextsOfHeaders are ASCII without what could end a header, and not too long.
func TestTextsOfHeaders(t *testing.T) {
	for text, want := range map[string]string{
		strings.Repeat("x", 400):      strings.Repeat("x", 400),
		strings.Repeat("x", 401):      strings.Repeat("x", 397) + "...",
		"\u00e4\r\nSet-Cookie: \"x\"": `u00e4rnSet-Cookie: "x"`,
		"":                            "",
	} {
		require.Equal(t, want, tenant.HeaderText(text, 400))
	}
	warning := strings.Repeat("y", 500)
	var answer wire.Answer
	tenant.AddWarnings(&answer, []string{warning})
	require.Equal(t, []string{strings.Repeat("y", 397) + "..."}, answer.Header.Values("Netwicket-Warning"))
	for many, want := range map[int]int{0: 0, 1: 1, 8: 8, 9: 9, 40: 9} {
		var answer wire.Answer
		tenant.AddWarnings(&answer, slices.Repeat([]string{"w"}, many))
		values := answer.Header.Values("Netwicket-Warning")
		require.Len(t, values, want)
		if many > 8 {
			require.Equal(t, fmt.Sprintf("and %d more; the log has them", many-8), values[8])
		}
	}
}
