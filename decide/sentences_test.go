package decide_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/zone"
)

var update = flag.Bool("update", false, "write testdata/sentences.txt, which then has to be read") //nolint:gochecknoglobals // flags are registered before tests run

// told are policies of which each layer is asked once in each way, and chains that do so.
// Every name says by which of the two explanations: of documents, of a snapshot, or of a
// snapshot with the documents in it.
func told() []struct {
	name      string
	documents documents
	asked     []string // "from: chain"
} {
	office, bad := ipZoneJSON("office", "POLICY", "192.0.2.0/24", "10.0.0.1 10.0.0.2"), ipZoneJSON("bad", "BLOCKLIST", "203.0.113.0/24 203.0.113.0/25", "")
	us := `{"id":"us","name":"US","type":"DYNAMIC","status":"ACTIVE","usage":"POLICY","locations":[{"country":"US"}]}`
	de := `{"id":"de","name":"DE","type":"DYNAMIC","status":"ACTIVE","usage":"BLOCKLIST","locations":[{"country":"DE"}]}`
	places := "192.0.2.0/24,US,,,,\n198.51.100.0/24,FR,,,,\n203.0.113.0/24,FR,,,,\n100.64.0.0/10,DE,,,,\n64:ff9b::/96,FR,,,,\n"
	rule := func(name, access, network string) string {
		return fmt.Sprintf(`{"name":%q,"conditions":{"network":{"connection":"ZONE",%s}},"actions":{"signon":{"access":%q}}}`, name, network, access)
	}
	all := documents{
		zones: "[" + office + "," + bad + "," + exemptZoneJSON("203.0.113.7 198.51.100.7") + "," + us + "," + de + "," +
			`{"id":"old","name":"OLD","type":"IP","status":"INACTIVE","usage":"POLICY","gateways":[{"type":"CIDR","value":"192.0.2.0/24"}],"proxies":[{"type":"CIDR","value":"192.0.2.0/24"}]}]`,
		rules: []string{
			"[" + rule("from here", "ALLOW", `"include":["office","us"]`) + "," + rule("from France", "ALLOW", `"exclude":["us"]`) + `,{"name":"rest","status":"INACTIVE","actions":{"signon":{"access":"DENY"}}}]`,
			"[" + rule("not the office", "ALLOW", `"exclude":["office"]`) + "," + rule("the office", "DENY", `"include":["office"]`) + "]",
		},
		threat: `{"action":"block","excludeZones":["office"]}`, feeds: []string{"# a feed\n198.51.100.9\n198.51.100.7\n192.0.2.9\n", "198.51.100.8/31"},
		sailPoint: `{"range":["198.51.100.0/24"],"geolocation":["FR"],"whitelisted":true}`, profile: `{"offNetwork":true,"untrustedGeography":true}`,
		overlay: `{"deny":[{"network":"198.51.100.66","why":"test"},{"network":"198.51.100.64/30"}],"allow":[{"network":"198.51.100.99","why":"on call"},{"network":"198.51.100.96/28"}]}`,
		csv:     places,
	}
	audit := all
	audit.threat, audit.overlay = `{"action":"audit","excludeZones":[]}`, ""
	audit.profile, audit.rules = `{"offNetwork":false,"untrustedGeography":true}`, []string{"[" + rule("here", "ALLOW", `"include":["office"]`) + "]"}
	return []struct {
		name      string
		documents documents
		asked     []string
	}{
		{"every layer", all, []string{
			"documents: 10.0.0.1 10.0.0.2 192.0.2.9 203.0.113.9", "documents: 10.0.0.1 ? 192.0.2.9", "documents: 64:ff9b::203.0.113.7", "documents: 192.168.0.1",
			"snapshot: 10.0.0.1 10.0.0.2 192.0.2.9 203.0.113.9", "snapshot: 198.51.100.66", "snapshot: 10.0.0.2 198.51.100.99", "snapshot: 100.64.0.1", "snapshot: 192.168.0.1",
			"both: 10.0.0.1 10.0.0.2 192.0.2.9 203.0.113.9", "both: 10.0.0.1 10.0.0.2", "both: 10.0.0.1 ? 192.0.2.9", "both: ", "both: 192.168.0.1",
			"both: 203.0.113.7", "both: 64:ff9b::203.0.113.9", "both: 100.64.0.1", "both: 198.51.100.1",
			"both: 198.51.100.9", "both: 198.51.100.8", "both: 198.51.100.7", "both: 64:ff9b::198.51.100.9", "both: 64:ff9b::198.51.100.7",
			"both: 198.51.100.66", "both: 198.51.100.65", "both: 64:ff9b::198.51.100.66", "both: 198.51.100.1 198.51.100.66", "both: 198.51.100.1 64:ff9b::198.51.100.66",
			"both: 198.51.100.99", "both: 198.51.100.97", "both: ::ffff:198.51.100.99",
		}},
		{"audit, and one check of SailPoint", audit, []string{"both: 198.51.100.9", "both: 10.0.0.1 192.0.2.9", "both: 192.168.0.1", "both: ?"}},
		{"no layer", documents{zones: office}, []string{"documents: 192.0.2.1", "both: 192.0.2.1", "both: ?"}},
		{"SailPoint without a check", documents{sailPoint: `{"range":["192.0.2.0/24"]}`, profile: `{"offNetwork":false,"untrustedGeography":false}`}, []string{"both: 192.0.2.1", "both: ?"}},
		{"SailPoint's network", documents{sailPoint: `{"range":["203.0.113.1","192.0.2.0/24"]}`}, []string{"both: 192.0.2.1", "both: 198.51.100.1", "both: ?", "snapshot: 192.0.2.1"}},
		{"an overlay of denials", documents{sailPoint: "{}", overlay: `{"deny":[{"network":"192.0.2.1"}],"allow":[]}`}, []string{"both: 192.0.2.1", "both: 192.0.2.2"}},
		{"an overlay of everybody", documents{sailPoint: "{}", overlay: `{"deny":[],"allow":[{"network":"0.0.0.0/0"},{"network":"::/0"}]}`}, []string{"both: 192.0.2.1", "both: ?"}},
		{"an overlay of what is inside and of what is not", documents{zones: "[" + office + "]", overlay: `{"deny":[{"network":"255.255.255.254"},{"network":"198.51.100.1"},{"network":"64:ff9b::/97"},{"network":"1.0.0.0/24"}],"allow":[]}`},
			[]string{"both: 2001:db8::1 198.51.100.1", "both: 10.0.0.1 64:ff9b::198.51.100.1", "both: 10.0.0.1 64:ff9b::1.0.0.1 198.51.100.1", "both: 2001:db8::1"}},
		{"a proxy behind the client", documents{zones: "[" + office + "]"}, []string{"documents: 192.0.2.9 10.0.0.1 10.0.0.2", "both: 192.0.2.9 10.0.0.1 10.0.0.2", "documents: 10.0.0.1 192.0.2.9 10.0.0.2"}},
		{"an overlay of addresses that are let in", documents{sailPoint: "{}", overlay: `{"deny":[],"allow":[{"network":"192.0.2.1"}]}`}, []string{"both: 192.0.2.1", "both: 192.0.2.2"}},
	}
}

// texts are those of the documents, for a snapshot.
func (d documents) texts() (all []decide.SnapshotDocument) {
	add := func(kind decide.DocumentKind, name string, texts ...string) {
		for _, text := range texts {
			if text != "" {
				all = append(all, decide.SnapshotDocument{Kind: kind, Name: name, Text: []byte(text)})
			}
		}
	}
	add(decide.ZonesDocument, "zones.json", d.zones)
	add(decide.RulesDocument, "rules.json", d.rules...)
	add(decide.ThreatInsightDocument, "threat.json", d.threat)
	add(decide.ThreatFeedDocument, "feed.txt", d.feeds...)
	add(decide.NetworkConfigDocument, "network.json", d.sailPoint)
	add(decide.AuthProfileDocument, "profile.json", d.profile)
	add(decide.OverlayDocument, "overlay.json", d.overlay)
	return all
}

// What an explanation says of a request, word for word, with the places that it names. The
// decision among it is that of the policy. Of chains after the first it is written down
// what that of the first does not say.
func TestSentences(t *testing.T) {
	var out strings.Builder
	for _, of := range told() {
		fmt.Fprintf(&out, "== %s\n", of.name)
		compiled := of.documents.compile(t)
		var with bytes.Buffer
		require.NoError(t, compiled.WriteSnapshotWith(&with, of.documents.texts()))
		policies := map[string]*decide.Policy{"documents": compiled, "snapshot": readSnapshot(t, snapshotOf(t, compiled)), "both": readSnapshot(t, with.Bytes())}
		first := map[string][]string{}
		for _, asked := range of.asked {
			from, text, _ := strings.Cut(asked, ": ")
			e := policies[from].Explain(chainOf(text)...)
			require.Equal(t, compiled.DecideChain(chainOf(text)).String(), e.Decision.String(), asked)
			lines := e.Steps
			if from != "documents" { // whose places the second evaluator's tests have
				lines = slices.Concat(lines, placesOf(&e))
			}
			fmt.Fprintf(&out, "\n-- %s\n", asked)
			for _, line := range lines {
				if !slices.Contains(first[from], line) {
					out.WriteString(line + "\n")
				}
			}
			if first[from] == nil {
				first[from] = lines
			}
		}
		out.WriteString("\n")
	}
	golden := filepath.Join("testdata", "sentences.txt")
	if *update {
		require.NoError(t, os.WriteFile(golden, []byte(out.String()), 0o644))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	require.Equal(t, string(want), out.String())
}

// placesOf are the range around the client, and what an explanation knows of where in the
// documents everything stands.
func placesOf(e *decide.Explanation) (lines []string) {
	add := func(of string, places ...zone.Position) {
		for _, place := range places {
			if place != (zone.Position{}) {
				lines = append(lines, fmt.Sprintf("%s: %s:%d:%d", of, place.File, place.Line, place.Column))
			}
		}
	}
	if e.Range.IsValid() {
		lines = append(lines, "range "+e.Range.String())
	}
	for _, z := range e.Zones {
		add("zone "+z.Key, z.Position, z.Entry)
	}
	for _, r := range e.Rules {
		add("rule "+r.Rule+" of "+r.Policy, r.Position)
	}
	for _, l := range e.Layers {
		add("layer "+l.Layer, l.Entries...)
	}
	return lines
}
