package policyfile_test

import (
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/internal/mmdbtest"
)

// The texts of documents are kept where they are asked for, in the order of the policy, by
// the names of their files alone.
func TestKeptTexts(t *testing.T) {
	folder(t, map[string]string{
		"org/netwicket.json": `{"okta": {"zones": ["okta/zones.json"], "rules": ["okta/rules.json"], "threatInsight": "okta/threat.json", "threatFeeds": ["okta/feed.txt"]},
"sailpoint": {"networkConfig": "network.json", "authProfile": "profile.json"}, "overlay": "overlay.json"}`,
		"org/okta/zones.json": zonesText, "org/okta/rules.json": rulesText, "org/okta/threat.json": threatText, "org/okta/feed.txt": feedText,
		"org/network.json": networkText, "org/profile.json": profileText, "org/overlay.json": overlayText,
	})
	parts := policyfile.Load(policyfile.Options{Paths: []string{"org"}, KeepTexts: true})
	require.NoError(t, parts.Err())
	text := func(kind decide.DocumentKind, name, text string) decide.SnapshotDocument {
		return decide.SnapshotDocument{Kind: kind, Name: name, Text: []byte(text)}
	}
	require.Equal(t, []decide.SnapshotDocument{
		text(decide.ZonesDocument, "zones.json", zonesText), text(decide.RulesDocument, "rules.json", rulesText),
		text(decide.ThreatInsightDocument, "threat.json", threatText), text(decide.ThreatFeedDocument, "feed.txt", feedText),
		text(decide.NetworkConfigDocument, "network.json", networkText), text(decide.AuthProfileDocument, "profile.json", profileText),
		text(decide.OverlayDocument, "overlay.json", overlayText),
	}, parts.Texts)
	require.Empty(t, policyfile.Load(policyfile.Options{Paths: []string{"org"}}).Texts)
}

// The name of a snapshot that a policy file names is known, whether it is there or not; of
// two it is the first.
func TestNamedSnapshot(t *testing.T) {
	_, snapshot := compiled(t)
	write(t, "names.json", `{"snapshot": "missing.nws"}`)
	write(t, "policy.nws", snapshot)
	parts := policyfile.Load(policyfile.Options{Paths: []string{"names.json"}})
	require.Equal(t, []any{"missing.nws", false}, []any{parts.SnapshotFile, parts.Compiled()})
	write(t, "missing.nws", snapshot)
	parts = policyfile.Load(policyfile.Options{Paths: []string{"names.json"}})
	require.Equal(t, []any{"missing.nws", true}, []any{parts.SnapshotFile, parts.Compiled()})
	parts = policyfile.Load(policyfile.Options{Paths: []string{"policy.nws", "names.json"}})
	require.Equal(t, []string{"names.json:1:14 /snapshot conflict"}, lines(parts.Findings))
	require.Equal(t, "policy.nws", parts.SnapshotFile)
}

// Who asks for the edge alone gets it, whatever snapshots lie beside it.
func TestEdgeBesideABadSnapshot(t *testing.T) {
	folder(t, map[string]string{"a.nws": decide.SnapshotMagic + "nothing", "b.nws": decide.SnapshotMagic + "nothing", "edge.json": `{"edge": {"source": "peer"}}`})
	edge, err := policyfile.LoadEdge(policyfile.Options{Paths: []string{"a.nws", "b.nws", "edge.json"}})
	require.NoError(t, err)
	require.NotNil(t, edge)
}

// Files of the size of a snapshot, and larger ones: what is too large as a snapshot is read
// as anything else, what is too large as anything is read as nothing, and none stays open.
func TestLargeFiles(t *testing.T) {
	const most = 64 << 20
	_, snapshot := compiled(t)
	before, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("no /proc on this system")
	}
	for _, row := range []struct {
		content string
		size    int64
		want    string
	}{
		{snapshot, most, "there are bytes behind"},
		{snapshot, most + 1, "the snapshot has 67108865 bytes; the limit is 67108864"},
		{snapshot, 3 << 30, "the snapshot has 3221225472 bytes; the limit is 67108864"},
		{"{", 256<<20 + 1, "larger than the limit of 256 MiB"},
	} {
		write(t, "large", row.content)
		require.NoError(t, os.Truncate("large", row.size))
		err := policyfile.Load(policyfile.Options{Paths: []string{"large"}}).Err()
		require.ErrorContains(t, err, row.want)
	}
	after, err := os.ReadDir("/proc/self/fd")
	require.NoError(t, err)
	require.Len(t, after, len(before))

	write(t, "large", "192.0.2.1\n"+strings.Repeat("\n", most))
	parts := policyfile.Load(policyfile.Options{Paths: []string{"zones.json"}, Threats: []string{"large"}})
	require.NoError(t, parts.Err())
	require.Len(t, parts.Config.ThreatFeeds[0].Entries, 1)
}

// A document that is compressed is told from one that is wrong, before it is read whole.
func TestPackedDocument(t *testing.T) {
	folder(t, nil)
	var packed bytes.Buffer
	out := gzip.NewWriter(&packed)
	_, err := out.Write([]byte(zonesText))
	require.NoError(t, err)
	require.NoError(t, out.Close())
	write(t, "zones.json", packed.String())
	require.NoError(t, os.Truncate("zones.json", 200<<20))
	begun := allocatedBytes()
	require.Equal(t, []string{"zones.json:1:1  bad-encoding"}, lines(policyfile.Load(policyfile.Options{Paths: []string{"zones.json"}}).Findings))
	require.Less(t, allocatedBytes()-begun, uint64(8<<20))
}

// What leads outside is told once, where it is named, with the reason and not the system
// call.
func TestOutsideIsToldWhereItIsNamed(t *testing.T) {
	folder(t, map[string]string{"secret.json": zonesText, "in/names.json": `{"okta": {"zones": ["../secret.json"]}}`})
	load := func(path string) error {
		return policyfile.Load(policyfile.Options{Paths: []string{path}, Within: "in"}).Err()
	}
	require.EqualError(t, load("secret.json"), `secret.json:1:1: is not read: it leads outside of the folder in, by itself or by a symbolic link`)
	require.EqualError(t, load(filepath.Join("in", "names.json")),
		`in/names.json:1:21 /okta/zones/0: "../secret.json": secret.json is not read: it leads outside of the folder in, by itself or by a symbolic link`)
}

// Documents are compiled for any time, and overlays' entries end by then.
func TestCompileAt(t *testing.T) {
	folder(t, map[string]string{"netwicket.json": `{"okta": {"zones": ["zones.json"]}, "overlay": "overlay.json"}`, "zones.json": zonesText,
		"overlay.json": `{"deny": [{"network": "192.0.2.7", "until": "2026-01-01T00:00:00Z"}]}`})
	end := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	parts := policyfile.Load(policyfile.Options{Now: end.Add(-time.Hour)})
	require.NoError(t, parts.Err())
	for at, until := range map[time.Time]time.Time{end.Add(-time.Second): end, end: {}} {
		policy, err := parts.CompileAt(at, nil)
		require.NoError(t, err)
		require.Equal(t, until, policy.Info().OverlayUntil.UTC())
	}
}

// Warnings of the compiler have a place each, and each is said once.
func TestWarningsOfTheCompiler(t *testing.T) {
	vpn := mmdbtest.Map{"is_vpn": true}
	database := mmdbtest.File{Type: "Test-Anonymous-IP", Networks: []mmdbtest.Network{{Prefix: "192.0.2.0/24", Record: vpn}}}
	text, err := database.Bytes()
	require.NoError(t, err)
	folder(t, map[string]string{
		"netwicket.json": `{"okta": {"zones": ["zones.json"], "rules": ["rules.json", "rules.json"]}, "geo": ["a.mmdb"], "assumeNone": ["tor", "public_proxy", "residential_proxy"]}`,
		"zones.json":     `[{"type":"DYNAMIC_V2","id":"z","name":"Z","ipServiceCategories":{"include":["ALL_ANONYMIZERS"]}},{"type":"IP","id":"old","name":"Old","status":"INACTIVE","gateways":null,"proxies":null}]`,
		"rules.json":     `[{"name":"In","conditions":{"network":{"connection":"ZONE","include":["old"]}},"actions":{"signon":{"access":"ALLOW"}}}]`,
		"a.mmdb":         string(text),
	})
	parts, _, err := policyfile.Open(policyfile.Options{})
	require.NoError(t, err)
	found := lines(parts.Warnings())
	require.Contains(t, found, "rules.json:1:71 /0/conditions/network/include/0 inactive-zone (warning)")
	require.Contains(t, found, "netwicket.json:1:109 /assumeNone assumed-none (warning)")
	seen := map[string]bool{}
	for _, f := range parts.Findings {
		require.NotEmpty(t, f.File, f.Code)
		require.False(t, seen[f.Code+f.Error()], "%v", f)
		seen[f.Code+f.Error()] = true
	}
}

// What is wrong with an edge says what is expected, of a source by what was probably
// meant.
func TestWrongEdges(t *testing.T) {
	for text, want := range map[string]string{
		`{"source": "hops:x"}`:          "not a number of hops; expected hops:N with N from 1 to",
		`{"source": "header:a b"}`:      "not the name of a header; expected header:NAME",
		`{"source": "x-forwarded-fro"}`: `did you mean "x-forwarded-for"?`,
		`{"source": ""}`:                "expected peer, x-forwarded-for",
		`{"trusted": ["10.0.0.0/33"]}`:  "not a prefix such as 10.0.0.0/8 or 2001:db8::/32",
		`{"trusted": ["10.0.0"]}`:       "not an address or prefix such as 192.0.2.1 or 10.0.0.0/8",
	} {
		folder(t, map[string]string{"netwicket.json": `{"edge": ` + text + `}`})
		err := policyfile.Load(policyfile.Options{}).Err()
		require.ErrorContains(t, err, want, text)
		findings, ok := err.(policyfile.Findings) //nolint:errorlint // it is not wrapped
		require.True(t, ok)
		require.Len(t, findings, 1, text)
	}
}
