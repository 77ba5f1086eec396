package tenant_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/records"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/tenant"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/wire"
)

// wanderer changes a folder at random and knows what it must hold.
type wanderer struct {
	t     *testing.T
	rand  *rand.Rand
	dir   string
	store *tenant.Store
	next  int
	// snapshots are the folder's files by generation.
	snapshots map[int]map[string]string
}

// TestRandomWrites makes changes of every kind, several at once, reverts, edits by
// hand and restarts: whatever is stored is read again as it was, the folder has the
// files of its documents and no others, okta.rules is what follows from the policies,
// and each generation is what the folder held.
func TestRandomWrites(t *testing.T) {
	steps := 60
	if proving() {
		steps = 600
	}
	w := &wanderer{t: t, rand: rand.New(rand.NewPCG(7, 7)), dir: folder(t, nil), snapshots: make(map[int]map[string]string)}
	w.store = open(t, w.dir)
	stored, refused := 0, 0
	for range steps {
		before, files := w.documents(), snapshot(t, w.dir)
		number := len(w.store.History().Generations())
		switch kind := w.rand.IntN(20); {
		case kind == 0:
			w.store.Close()
			w.store = open(t, w.dir)
			require.Equal(t, before, w.documents(), "after a restart")
		case kind == 1:
			w.editByHand()
		case kind == 2:
			if _, err := w.store.Revert(request("", ""), 1+w.rand.IntN(number)); err != nil {
				require.ErrorAs(t, err, new(*tenant.Refused))
			}
		default:
			answer := write(t, w.store, w.change)
			if answer.Status == http.StatusOK {
				stored++
			} else {
				refused++
				require.Equal(t, http.StatusBadRequest, answer.Status, string(answer.Body))
				require.Equal(t, before, w.documents())
				require.Equal(t, files, snapshot(t, w.dir))
			}
		}
		w.holds()
	}
	t.Log(stored, "stored,", refused, "refused")
	require.Greater(t, stored, steps/3)
	require.Positive(t, refused)
	for number, files := range w.snapshots {
		contents, err := w.store.History().Contents(number)
		require.NoError(t, err)
		require.Len(t, contents, len(files))
		for name, text := range files {
			require.Equal(t, text, string(contents[name]), "generation %d, %s", number, name)
		}
	}
}

func (w *wanderer) documents() string { return documentsOf(w.t, w.store) }

// change makes one to four changes at once.
func (w *wanderer) change(d *records.Documents) wire.Answer {
	for range 1 + w.rand.IntN(4) {
		w.changeOne(d)
	}
	return wire.Answer{Status: http.StatusOK}
}

func (w *wanderer) changeOne(d *records.Documents) {
	w.next++
	id := func(prefix string) string { return fmt.Sprintf("%s%017d", prefix, w.next) }
	network := fmt.Sprintf("10.%d.%d.0/24", w.rand.IntN(4), w.rand.IntN(256))
	switch w.rand.IntN(10) {
	case 0:
		z := office(id("nzo"), network+"x") // no network
		if w.rand.IntN(3) > 0 {
			z.Gateways[0].Value = network
		}
		d.Zones = append(d.Zones, z)
	case 1:
		d.Zones = append(d.Zones, office(id("nzo"), network))
	case 2:
		z := blocklist("Block "+id(""), network)
		z.ID = id("nzo")
		d.Zones = append(d.Zones, z)
	case 3: // a zone that rules may name: then it is refused
		if i := w.rand.IntN(len(d.Zones)); !d.Zones[i].System {
			d.Zones = slices.Delete(d.Zones, i, i+1)
		}
	case 4:
		p := policyOf(id(records.SignOnID), w.next)
		if w.rand.IntN(2) == 0 {
			p = policyOf(id(records.AccessID), w.next, records.CatchAll("ALLOW", ""))
			p.Type = records.Access
		}
		d.Policies = append(d.Policies, p)
	case 5:
		if i := w.rand.IntN(len(d.Policies)); !d.Policies[i].System {
			d.Policies = slices.Delete(d.Policies, i, i+1)
		}
	case 6, 7:
		w.changePolicy(d)
	case 8:
		d.Threat = &records.ThreatInsight{Action: []string{"none", "none", "audit"}[w.rand.IntN(3)]}
		d.NetworkConfig = json.RawMessage(fmt.Sprintf(`{"range":["%s"],"geolocation":null,"whitelisted":%t}`, network, w.rand.IntN(2) == 0))
	default:
		d.SessionConfig = json.RawMessage(fmt.Sprintf(`{"maxIdleTime":%d}`, w.rand.IntN(100)))
	}
}

func (w *wanderer) changePolicy(d *records.Documents) {
	i := w.rand.IntN(len(d.Policies))
	p := d.Policies[i].Changed()
	d.Policies[i] = p
	switch w.rand.IntN(4) {
	case 0:
		if !p.System {
			p.Status = []string{records.Active, records.Inactive}[w.rand.IntN(2)]
		}
	case 1:
		p.Priority = w.rand.IntN(20)
	case 2:
		p.Rules = nil
	default:
		rule := inZone(d.Zones[w.rand.IntN(len(d.Zones))].ID)
		rule.ID, rule.Priority = fmt.Sprintf("0pr%017d", w.next), w.rand.IntN(90)
		if p.Type == records.Access {
			rule.Type, rule.Actions = records.Access, json.RawMessage(`{"appSignOn":{"access":"ALLOW"}}`)
		}
		p.Rules = append(slices.Clone(p.Rules), rule)
	}
}

// editByHand puts a zone without an id into the file of zones, in a line of its own.
func (w *wanderer) editByHand() {
	w.next++
	name := w.policyFile().Okta.Zones[0]
	text := strings.TrimSuffix(strings.TrimRight(snapshot(w.t, w.dir)[name], "\n"), "]")
	put(w.t, w.dir, name, fmt.Sprintf("%s, {\"type\":\"IP\",  \"name\":\"By hand %d\",\"usage\":\"BLOCKLIST\",\"gateways\":[{\"type\":\"RANGE\",\"value\":\"192.0.2.%d\"}]}]", text, w.next, w.rand.IntN(256)))
}

type policyFileOf struct {
	Okta struct {
		Zones, Rules  []string
		ThreatInsight string
	}
	SailPoint struct{ NetworkConfig string }
}

func (w *wanderer) policyFile() policyFileOf {
	var file policyFileOf
	require.NoError(w.t, json.Unmarshal([]byte(snapshot(w.t, w.dir)["netwicket.json"]), &file))
	return file
}

// holds checks the folder against its documents.
func (w *wanderer) holds() {
	w.t.Helper()
	d, err := w.store.Documents()
	require.NoError(w.t, err)
	files, file := snapshot(w.t, w.dir), w.policyFile()
	want := []string{"netwicket.json", "okta/policies.json", file.Okta.Zones[0]}
	var enforced []string
	for _, p := range slices.SortedStableFunc(slices.Values(d.Policies), records.ComparePolicies) {
		active := p.Status == records.Active && len(p.Rules) > 0 && (!p.System || len(p.Rules) > 1 || !p.Rules[0].AllowsEverybody())
		at := slices.IndexFunc(file.Okta.Rules, func(name string) bool { return path.Base(name) == p.ID+".json" })
		require.Equal(w.t, active, at >= 0, "%s %s", p.ID, p.Status)
		switch {
		case active:
			enforced = append(enforced, file.Okta.Rules[at])
			want = append(want, file.Okta.Rules[at])
		case len(p.Rules) > 0:
			want = append(want, "okta/rules/"+p.ID+".json")
		}
	}
	require.Equal(w.t, enforced, file.Okta.Rules)
	if d.Threat != nil {
		want = append(want, file.Okta.ThreatInsight)
	}
	if d.NetworkConfig != nil {
		want = append(want, file.SailPoint.NetworkConfig)
	}
	if d.SessionConfig != nil {
		want = append(want, "sailpoint/session-config.json")
	}
	var got []string
	for name := range files {
		got = append(got, name)
	}
	slices.Sort(got)
	slices.Sort(want)
	require.Equal(w.t, want, got)
	generations := w.store.History().Generations()
	if last := generations[len(generations)-1]; last.Fingerprint == w.store.Fingerprint() {
		if _, known := w.snapshots[last.Number]; !known {
			w.snapshots[last.Number] = files
		}
	}
}
