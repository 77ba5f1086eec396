package tenant_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/internal/ramdisk"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/records"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/tenant"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/wire"
	"github.com/netwicket/netwicket/decide/policyfile"
)

// crowded is a folder with several policies, whose documents name one another.
func crowded(t *testing.T) string {
	t.Helper()
	dir := folder(t, nil)
	store := open(t, dir)
	defer store.Close()
	require.Equal(t, http.StatusOK, write(t, store, func(d *records.Documents) wire.Answer {
		d.Zones = append(d.Zones, office("nzoOffice000000000001", "192.0.2.0/24"))
		d.Policies = append(d.Policies, policyOf("00pStaff0000000000001", 1, inZone("nzoOffice000000000001")), policyOf("00pGuests000000000001", 2, inZone("nzoOffice000000000001")))
		return wire.Answer{Status: http.StatusOK}
	}).Status)
	return dir
}

func office(id string, networks ...string) *records.Zone {
	z := blocklist("Office "+id, networks...)
	z.ID, z.Usage = id, records.ForPolicies
	return z
}

// inZone is a rule that lets in who is in a zone.
func inZone(zone string) *records.Rule {
	return &records.Rule{
		ID: records.HashID(records.SignOnRuleID, zone), Status: records.Active, Name: "In " + zone, Type: records.SignOnRule, Priority: 1,
		Conditions: json.RawMessage(`{"network":{"connection":"ZONE","include":["` + zone + `"]}}`),
		Actions:    json.RawMessage(`{"signon":{"access":"ALLOW"}}`),
	}
}

func policyOf(id string, priority int, rules ...*records.Rule) *records.Policy {
	return &records.Policy{ID: id, Status: records.Active, Name: "Policy " + id, Type: records.SignOn, Priority: priority, Rules: rules}
}

// moves are changes that touch several files at once.
func moves() map[string]func(*records.Documents) {
	rule := func(d *records.Documents, id string, rules ...*records.Rule) {
		p, i := d.Policy(id)
		changed := *p
		changed.Rules, changed.Text = rules, nil
		d.Policies[i] = &changed
	}
	return map[string]func(*records.Documents){
		"one zone": func(d *records.Documents) {
			d.Zones = append(d.Zones, office("nzoBad00000000000001", "203.0.113.0/24"))
		},
		"a zone takes the place of another": func(d *records.Documents) {
			d.Zones = append(d.Zones[:4:4], office("nzoOffice000000000002", "198.51.100.0/24"))
			rule(d, "00pStaff0000000000001", inZone("nzoOffice000000000002"))
			rule(d, "00pGuests000000000001", inZone("nzoOffice000000000002"))
		},
		"two policies change": func(d *records.Documents) {
			d.Zones = append(d.Zones, office("nzoOffice000000000002", "198.51.100.0/24"))
			rule(d, "00pStaff0000000000001", inZone("nzoOffice000000000002"))
			rule(d, "00pGuests000000000001", inZone("nzoOffice000000000001"), inZone("nzoOffice000000000002"))
		},
		"a policy goes": func(d *records.Documents) {
			_, i := d.Policy("00pStaff0000000000001")
			d.Policies = append(d.Policies[:i:i], d.Policies[i+1:]...)
			rule(d, "00pGuests000000000001", inZone("ALL_ZONES"))
		},
		"everything goes, other vendors come": func(d *records.Documents) {
			d.Policies = d.Policies[:2:2]
			d.NetworkConfig = json.RawMessage(`{"range":["192.0.2.7"],"geolocation":null,"whitelisted":true}`)
			d.SessionConfig = json.RawMessage(`{"maxIdleTime":15}`)
			d.Threat = &records.ThreatInsight{Action: "audit"}
		},
	}
}

// A write that breaks off after any of its files leaves a policy that decides as
// before or as after, never a mixture; the next start finishes it.
func TestWriteThatBreaksOff(t *testing.T) {
	start := crowded(t)
	for name, change := range moves() {
		t.Run(name, func(t *testing.T) {
			whole := copied(t, start)
			before := fingerprint(t, whole)
			store := open(t, whole)
			require.Equal(t, http.StatusOK, write(t, store, func(d *records.Documents) wire.Answer {
				change(d)
				return wire.Answer{Status: http.StatusOK}
			}).Status)
			after, end, files := fingerprint(t, whole), documentsOf(t, store), snapshot(t, whole)
			require.NotEqual(t, before, after)
			for done, all := 0, 1; done <= all; done++ {
				dir := copied(t, start)
				broken := open(t, dir)
				var err error
				all, err = broken.BreakOff(change, done)
				require.NoError(t, err)
				require.Contains(t, []string{before, after}, fingerprint(t, dir), "after %d of %d files", done, all)
				broken.Close()
				next := open(t, dir)
				require.Equal(t, files, snapshot(t, dir), "after %d of %d files", done, all)
				require.Equal(t, end, documentsOf(t, next))
				generations := next.History().Generations()
				require.Equal(t, "broken off", generations[len(generations)-1].Action)
				require.Len(t, generations, 3)
				if done == all {
					require.Equal(t, http.StatusOK, write(t, next, addZone(blocklist("Next", "198.51.100.7/32"))).Status)
				}
				next.Close()
			}
		})
	}
}

// Files that somebody wrote after a write had broken off stay as they are.
func TestOthersAfterWriteThatBrokeOff(t *testing.T) {
	dir := crowded(t)
	store := open(t, dir)
	_, err := store.BreakOff(moves()["two policies change"], 1)
	require.NoError(t, err)
	store.Close()
	theirs := `[{"type":"IP","id":"nzoOffice000000000001","name":"Theirs","gateways":[{"type":"CIDR","value":"192.0.2.9/32"}]}]`
	for name := range snapshot(t, dir) {
		if strings.HasPrefix(name, "okta/zones") {
			put(t, dir, name, theirs)
		}
	}
	again := open(t, dir)
	documents, err := again.Documents()
	require.NoError(t, err)
	require.Equal(t, "Theirs", documents.Zones[0].Name)
}

func fingerprint(t *testing.T, dir string) string {
	t.Helper()
	_, policy, err := policyfile.Open(policyfile.Options{Paths: []string{dir}})
	require.NoError(t, err)
	return policy.Info().Fingerprint
}

// documentsOf are all documents as text, but for ids that chance gave them.
func documentsOf(t *testing.T, store *tenant.Store) string {
	t.Helper()
	d, err := store.Documents()
	require.NoError(t, err)
	text := records.WriteZones(d.Zones)
	for _, p := range d.Policies {
		text = append(text, p.Append(nil, nil)...)
		for _, r := range records.ByPriority(p.Rules) {
			text = fmt.Appendf(text, "%s %s %s", r.Name, r.Conditions, r.Actions)
		}
	}
	return fmt.Sprintf("%s %s %s", withoutIDs(text), d.NetworkConfig, d.SessionConfig)
}

// litter are files that no document is.
func litter(t *testing.T, dir string) []string {
	t.Helper()
	var found []string
	for name := range snapshot(t, dir) {
		if strings.HasPrefix(filepath.Base(name), ".") {
			found = append(found, name)
		}
	}
	return found
}

// killVariable has the folder in which a child of this test writes until it is
// killed.
const killVariable = "TENANT_TEST_WRITE"

func TestMain(m *testing.M) {
	if dir := os.Getenv(killVariable); dir != "" {
		writeForEver(dir)
	}
	os.Exit(ramdisk.Run(m))
}

// writeForEver changes a folder to and fro between two states.
func writeForEver(dir string) {
	store, err := tenant.Open(tenant.Options{Folder: dir, Holder: "child"})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("open")
	for {
		answer := store.Write(request("PUT", "/"), func(d *records.Documents) wire.Answer {
			to, other := "nzoOffice000000000001", "nzoOffice000000000002"
			if _, i := d.Zone(to); i >= 0 {
				to, other = other, to
			}
			_, i := d.Zone(other)
			d.Zones[i] = office(to, "192.0.2.0/24")
			for i, p := range d.Policies {
				if !p.System {
					changed := *p
					changed.Rules = []*records.Rule{inZone(to)}
					d.Policies[i] = &changed
				}
			}
			return wire.Answer{Status: http.StatusOK}
		}, func(err error) wire.Answer {
			return wire.Answer{Status: http.StatusConflict, Body: []byte(err.Error())}
		})
		if answer.Status != http.StatusOK {
			fmt.Println(string(answer.Body))
			os.Exit(1)
		}
	}
}

// A server that is killed in the midst of writes leaves one of the states that it
// wrote, and no mixture, which would name a zone that is not there and not load.
func TestKilledWhileWriting(t *testing.T) {
	rounds := 10
	if proving() {
		rounds = 60
	}
	dir := crowded(t)
	r := rand.New(rand.NewPCG(1, 2))
	for round := range rounds {
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), killVariable+"="+dir)
		output, err := child.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, child.Start())
		said := make([]byte, 5)
		_, err = output.Read(said)
		require.NoError(t, err)
		require.Equal(t, "open\n", string(said), "round %d", round)
		time.Sleep(time.Duration(r.IntN(60_000)) * time.Microsecond)
		require.NoError(t, child.Process.Kill())
		err = child.Wait()
		var exit *exec.ExitError
		require.True(t, errors.As(err, &exit) && exit.Sys().(syscall.WaitStatus).Signaled(), "round %d: %v", round, err)
		require.Contains(t, decision(t, dir, "192.0.2.1"), "allow", "round %d", round)
		store := open(t, dir)
		generations := store.History().Generations()
		require.Equal(t, fingerprint(t, dir), generations[len(generations)-1].Fingerprint, "round %d", round)
		require.Empty(t, litter(t, dir), "round %d", round)
		store.Close()
	}
}
