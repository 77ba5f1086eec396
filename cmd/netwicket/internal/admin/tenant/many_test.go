package tenant_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/records"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/tenant"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/wire"
)

// Many write and read at once, 200 where all is proved: each write is in the history once, none is lost that
// says what it is based on, and the end is what the audit log says, one line after
// the other.
func TestManyAtOnce(t *testing.T) {
	writers, counters := 40, 4
	if proving() {
		writers = 200
	}
	dir := folder(t, nil)
	var audit bytes.Buffer
	store := open(t, dir, audited(&audit), func(o *tenant.Options) { o.Patience = time.Hour })
	for i := range counters {
		z := blocklist(fmt.Sprintf("counter-%d:0", i), fmt.Sprintf("203.0.113.%d/32", i))
		z.ID = fmt.Sprintf("nzoCounter%010d", i)
		require.Equal(t, http.StatusOK, write(t, store, addZone(z)).Status)
	}
	audit.Reset()
	first := len(store.History().Generations())

	var wait sync.WaitGroup
	for i := range writers {
		wait.Go(func() {
			id := fmt.Sprintf("nzoCounter%010d", i%counters)
			for done := false; !done; {
				documents, err := store.Documents()
				if err != nil {
					t.Error(err)
					return
				}
				z, _ := documents.Zone(id)
				done = store.Write(request("PUT", fmt.Sprintf("/%d/%s", i, id)), countUp(id, z.ETag()), refuse).Status == http.StatusOK
			}
		})
	}
	wait.Wait()

	// What the audit tells, replayed by itself.
	counts := make(map[string]int)
	writes := make(map[string]int)
	generation := first
	var fingerprints []string
	for _, line := range lines(t, audit.Bytes()) {
		if line["status"].(float64) != http.StatusOK {
			require.Equal(t, float64(http.StatusPreconditionFailed), line["status"])
			continue
		}
		generation++
		require.EqualValues(t, generation, line["generation"])
		_, id, _ := strings.Cut(line["path"].(string)[1:], "/")
		counts[id]++
		writes["PUT "+line["path"].(string)]++
		if len(fingerprints) > 0 {
			require.Equal(t, fingerprints[len(fingerprints)-1], line["before"])
		}
		fingerprints = append(fingerprints, line["after"].(string))
	}
	require.Len(t, writes, writers)
	documents, err := store.Documents()
	require.NoError(t, err)
	for i := range counters {
		z, _ := documents.Zone(fmt.Sprintf("nzoCounter%010d", i))
		require.Equal(t, writers/counters, counts[z.ID])
		require.Equal(t, fmt.Sprintf("counter-%d:%d", i, writers/counters), z.Name)
	}
	require.Equal(t, fingerprints[len(fingerprints)-1], fingerprint(t, dir))

	again, err := tenant.OpenHistory(dir)
	require.NoError(t, err)
	inHistory := make(map[string]int)
	for _, g := range again.Generations()[first:] {
		inHistory[g.Action]++
	}
	require.Equal(t, writes, inHistory)
	contents, err := again.Contents(len(again.Generations()))
	require.NoError(t, err)
	for name, text := range snapshot(t, dir) {
		require.Equal(t, text, string(contents[name]), name)
	}
}

// countUp is a write that names a zone after one more, if it is still the one that
// was read.
func countUp(id, tag string) func(*records.Documents) wire.Answer {
	return func(d *records.Documents) wire.Answer {
		z, i := d.Zone(id)
		if z.ETag() != tag {
			return wire.Answer{Status: http.StatusPreconditionFailed}
		}
		name, text, _ := strings.Cut(z.Name, ":")
		var n int
		_, _ = fmt.Sscan(text, &n)
		next := *z
		next.Name, next.Text = fmt.Sprintf("%s:%d", name, n+1), nil
		d.Zones[i] = &next
		return wire.Answer{Status: http.StatusOK}
	}
}

// Whoever waits too long for others is told so, and whoever comes after the store
// was closed as well (R3, D8).
func TestWritesThatWait(t *testing.T) {
	dir := folder(t, nil)
	var audit bytes.Buffer
	store := open(t, dir, audited(&audit), func(o *tenant.Options) { o.Patience = time.Millisecond })
	var closing sync.WaitGroup
	answer := write(t, store, func(d *records.Documents) wire.Answer {
		late := write(t, store, addZone(blocklist("Late", "203.0.113.0/24")))
		require.Equal(t, http.StatusTooManyRequests, late.Status)
		require.True(t, late.Audited)
		closing.Go(store.Close) // which waits for this write
		return addZone(blocklist("First", "203.0.113.0/24"))(d)
	})
	require.Equal(t, http.StatusOK, answer.Status)
	closing.Wait()
	require.Contains(t, decision(t, dir, "203.0.113.9"), `zone="First"`)
	require.Equal(t, http.StatusConflict, write(t, store, addZone(blocklist("After", "203.0.113.0/24"))).Status)
	require.Len(t, lines(t, audit.Bytes()), 3)
	_, err := store.Documents()
	require.NoError(t, err)
	open(t, dir)
}

// Who lists zones goes on behind one that is gone, whoever deleted it, also after a
// restart (G3).
func TestBehindZonesThatAreGone(t *testing.T) {
	dir := folder(t, nil)
	store := open(t, dir)
	for i := range 6 {
		z := blocklist(fmt.Sprint(i), fmt.Sprintf("203.0.113.%d/32", i))
		z.ID = fmt.Sprintf("nzo%d", i)
		require.Equal(t, http.StatusOK, write(t, store, addZone(z)).Status)
	}
	remove := func(ids ...string) {
		require.Equal(t, http.StatusOK, write(t, store, func(d *records.Documents) wire.Answer {
			d.Zones = slices.DeleteFunc(d.Zones, func(z *records.Zone) bool { return slices.Contains(ids, z.ID) })
			return wire.Answer{Status: http.StatusOK}
		}).Status)
	}
	behind := func(id string) string {
		t.Helper()
		documents, err := store.Documents()
		require.NoError(t, err)
		place, known := store.Behind(documents.ZonePlace, id)
		require.True(t, known, id)
		return fmt.Sprint(names(documents.Zones[place:], func(z *records.Zone) string { return z.ID }))
	}
	require.Equal(t, "[nzo3 nzo4 nzo5]", behind("nzo2"))
	remove("nzo2")
	require.Equal(t, "[nzo3 nzo4 nzo5]", behind("nzo2"))
	remove("nzo3", "nzo1")
	require.Equal(t, "[nzo4 nzo5]", behind("nzo3"))
	require.Equal(t, "[nzo4 nzo5]", behind("nzo2"))
	require.Equal(t, "[nzo4 nzo5]", behind("nzo1"))

	documents, err := store.Documents()
	require.NoError(t, err)
	place, known := store.Behind(documents.ZonePlace, documents.Zones[0].ID)
	require.Equal(t, []any{1, true}, []any{place, known}, "the first is one as any")
	first := blocklist("first", "203.0.113.99/32")
	first.ID = "nzoFirst"
	require.Equal(t, http.StatusOK, write(t, store, changed(func(d *records.Documents) { d.Zones = slices.Insert(d.Zones, 0, first) })).Status)
	remove("nzoFirst")
	place, known = store.Behind(documents.ZonePlace, "nzoFirst")
	require.Equal(t, []any{0, true}, []any{place, known}, "behind what was in front of all, all come")

	text := snapshot(t, dir)["okta/zones.json"]
	documents, err = store.Documents()
	require.NoError(t, err)
	kept := slices.DeleteFunc(slices.Clone(documents.Zones), func(z *records.Zone) bool { return z.ID == "nzo4" || z.Name == "0" })
	put(t, dir, "okta/zones.json", string(records.WriteZones(kept)))
	require.Equal(t, "[nzo5]", behind("nzo4"))
	require.Equal(t, "[nzo5]", behind("nzo3"))
	require.Equal(t, "[nzo5]", behind("nzo0"))
	store.Close()
	store = open(t, dir)
	require.Equal(t, "[nzo5]", behind("nzo4"))
	require.Equal(t, http.StatusOK, write(t, store, addZone(blocklist("7", "203.0.113.7/32"))).Status)
	store.Close()
	store = open(t, dir)
	require.Regexp(t, `^\[nzo5 nzo\w{17}\]$`, behind("nzo4"))
	documents, err = store.Documents()
	require.NoError(t, err)
	for _, id := range []string{"nzo", "", "nzo77"} {
		_, known := store.Behind(documents.ZonePlace, id)
		require.False(t, known, id)
	}
	put(t, dir, "okta/zones.json", text)
}

// TestWhatIsGone: a generation has each zone and policy that it took away, with the one
// that was in front of it in its list: of zones, and of the policies of its type.
func TestWhatIsGone(t *testing.T) {
	dir := folder(t, nil)
	store := open(t, dir)
	first, err := store.Documents()
	require.NoError(t, err)
	app := func(id string, priority int) *records.Policy {
		p := policyOf(id, priority, records.CatchAll("ALLOW", ""))
		p.Type = records.Access
		return p
	}
	require.Equal(t, http.StatusOK, write(t, store, changed(func(d *records.Documents) {
		d.Zones = append(d.Zones, office("nzoA", "192.0.2.0/24"), office("nzoB", "192.0.2.0/24"), office("nzoC", "192.0.2.0/24"))
		d.Policies = append(d.Policies, app("rstB", 2), app("rstA", 1), policyOf("00pB", 2), policyOf("00pA", 1), policyOf("00pC", 3))
	})).Status)
	require.Empty(t, history(t, dir)[1].Gone)
	require.Equal(t, http.StatusOK, write(t, store, changed(func(d *records.Documents) {
		d.Zones = slices.DeleteFunc(d.Zones, func(z *records.Zone) bool { return z.ID == "nzoB" || z.ID == "nzoC" })
		d.Policies = slices.DeleteFunc(d.Policies, func(p *records.Policy) bool { return slices.Contains([]string{"rstA", "rstB", "00pC"}, p.ID) })
	})).Status)
	require.Equal(t, []tenant.Gone{{ID: "nzoB", After: "nzoA"}, {ID: "nzoC", After: "nzoB"}, {ID: "00pC", After: "00pB"}, {ID: "rstA", After: ""}, {ID: "rstB", After: "rstA"}}, history(t, dir)[2].Gone)
	documents, err := store.Documents()
	require.NoError(t, err)
	of := documents.PoliciesOf(records.SignOn)
	at := func(id string) int { return slices.IndexFunc(of, func(p *records.Policy) bool { return p.ID == id }) }
	place, known := store.Behind(at, "00pC")
	require.Equal(t, []any{2, true}, []any{place, known})
	require.Equal(t, first.Zones[3].ID, documents.Zones[3].ID)
	require.Equal(t, http.StatusOK, write(t, store, changed(func(d *records.Documents) { d.Zones = d.Zones[:4:4] })).Status)
	require.Equal(t, []tenant.Gone{{ID: "nzoA", After: first.Zones[3].ID}}, history(t, dir)[3].Gone)
}

// Documents that somebody edited into nonsense do not start, and while the server
// runs nothing is served or written until they are mended; the files stay as they
// are, and what decides is not touched by it.
func TestNonsense(t *testing.T) {
	good := crowded(t)
	writable := open(t, good)
	require.Equal(t, http.StatusOK, write(t, writable, func(d *records.Documents) wire.Answer {
		d.NetworkConfig = json.RawMessage(`{"range":["192.0.2.0/24"],"geolocation":null,"whitelisted":true}`)
		d.SessionConfig = json.RawMessage(`{"maxIdleTime":15}`)
		d.Threat = &records.ThreatInsight{Action: "none"}
		idle := policyOf("00pIdle00000000000001", 3, inZone("nzoOffice000000000001"))
		idle.Status = records.Inactive
		d.Policies = append(d.Policies, idle)
		return wire.Answer{Status: http.StatusOK}
	}).Status)
	writable.Close()
	files := snapshot(t, good)
	find := func(part string) string {
		for name := range files {
			if strings.Contains(name, part) {
				return name
			}
		}
		t.Fatal(part)
		return ""
	}
	zones, staff, idle := find("okta/zones"), find("00pStaff"), find("00pIdle")
	tests := map[string]struct{ file, text, want string }{
		"half a file":              {zones, files[zones][:len(files[zones])/2], `zones`},
		"an empty file":            {zones, "", `zones`},
		"another document":         {zones, files["okta/policies.json"], `zones`},
		"a number":                 {zones, "7", `zones`},
		"a member twice":           {zones, `[{"type":"IP","type":"IP","name":"x"}]`, `:1:\d+`},
		"rules that name no zone":  {zones, "[]", `nzoOffice`},
		"no list of policies":      {"okta/policies.json", `{"a":1}`, `policies.json:1:1`},
		"a policy of no type":      {"okta/policies.json", `[{"id":"00p1","name":"x","type":"MFA_ENROLL"}]`, `policies.json:1:\d+ /0/type`},
		"rules of an idle policy":  {idle, `{"a":`, `00pIdle`},
		"one that is no rule":      {idle, `[{"name":"x","actions":{"signon":{"access":"MAYBE"}}}]`, `00pIdle.*access`},
		"a rule that is no rule":   {staff, `[7]`, `00pStaff`},
		"no policy file":           {"netwicket.json", `{"okta": `, `netwicket.json:1:`},
		"two files of zones":       {"netwicket.json", `{"okta": {"zones": ["a.json", "b.json"]}}`, `okta.zones names 2 files`},
		"a file that is not there": {"netwicket.json", `{"okta": {"zones": ["gone.json"]}}`, `gone.json`},
		"an unknown key":           {"netwicket.json", `{"okta": {"zone": []}, "geo": []}`, `netwicket.json:1:11`},
		"SailPoint's document":     {find("network-config"), `{"range": 7}`, `network-config.json:1:`},
		"SailPoint's session":      {"sailpoint/session-config.json", `[]`, `session-config.json:1:1`},
		"ThreatInsight":            {find("threat-insight"), `{"action":"maybe"}`, `threat-insight.json:1:`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			dir := copied(t, good)
			store := open(t, dir)
			before := documentsOf(t, store)
			put(t, dir, test.file, test.text)
			edited := snapshot(t, dir)
			for range 2 {
				_, err := store.Documents()
				var unavailable *tenant.Unavailable
				require.ErrorAs(t, err, &unavailable)
				require.Regexp(t, test.want, err.Error())
			}
			answer := write(t, store, addZone(blocklist("X", "192.0.2.0/24")))
			require.Equal(t, http.StatusConflict, answer.Status)
			require.Equal(t, edited, snapshot(t, dir))
			store.Close()
			_, err := tenant.Open(tenant.Options{Folder: dir, Holder: "again"})
			require.Error(t, err)
			require.Regexp(t, test.want, err.Error())
			require.Equal(t, edited, snapshot(t, dir))

			put(t, dir, test.file, files[test.file])
			again := open(t, dir)
			require.Equal(t, before, documentsOf(t, again))
		})
	}
}
