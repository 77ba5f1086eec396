package policyfile_test

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/zone"
)

// compiled is a policy of all that a snapshot holds, and the snapshot.
func compiled(t *testing.T) (*decide.Policy, string) {
	t.Helper()
	folder(t, map[string]string{
		"source/netwicket.json": `{"okta": {"zones": ["zones.json"], "rules": ["rules.json"], "threatInsight": "threat.json", "threatFeeds": ["feed.txt"]}, "geo": ["geo.csv"]}`,
		"source/zones.json":     zonesText, "source/rules.json": rulesText, "source/threat.json": threatText,
		"source/feed.txt": "192.0.2.128/25\n", "source/geo.csv": geoText,
		"zones.json": zonesText, "feed.txt": feedText, "geo.csv": geoText,
	})
	_, policy, err := policyfile.Open(policyfile.Options{Paths: []string{"source"}})
	require.NoError(t, err)
	var out bytes.Buffer
	require.NoError(t, policy.WriteSnapshot(&out))
	return policy, out.String()
}

func write(t *testing.T, name, content string) {
	t.Helper()
	require.NoError(t, os.WriteFile(name, []byte(content), 0o600))
}

// A snapshot is a policy wherever a path is, whatever its name, and beside a policy file
// that says what is not of the policy.
func TestSnapshotIsAPolicy(t *testing.T) {
	want, snapshot := compiled(t)
	write(t, "policy.nws", snapshot)
	write(t, "policy.json", snapshot)
	write(t, "settings.json", `{"edge": {"source": "peer"}, "mode": "observe"}`)
	write(t, "names.json", `{"snapshot": "policy.nws", "edge": {"trusted": ["10.0.0.0/8"]}, "serve": {"guard": ["192.0.2.9"]}}`)
	require.NoError(t, os.Mkdir("folder", 0o700))
	write(t, "folder/netwicket.json", snapshot)
	for name, row := range map[string]struct {
		paths []string
		edge  bool
	}{
		"the file":                    {[]string{"policy.nws"}, false},
		"the file by another name":    {[]string{"policy.json"}, false},
		"the policy file of a folder": {[]string{"folder"}, false},
		"beside a policy file":        {[]string{"policy.nws", "settings.json"}, true},
		"named in a policy file":      {[]string{"names.json"}, true},
		"behind a policy file":        {[]string{"settings.json", "policy.nws"}, true},
	} {
		parts, policy, err := policyfile.Open(policyfile.Options{Paths: row.paths})
		require.NoError(t, err, name)
		require.Equal(t, want.Info().Fingerprint, policy.Info().Fingerprint, name)
		require.True(t, policy.Info().Snapshot, name)
		require.Equal(t, row.edge, parts.Edge != nil, name)
		require.NotEmpty(t, parts.SnapshotFile, name)
		require.Contains(t, parts.Files, parts.SnapshotFile, name)
		require.Equal(t, policyfile.Unknown, parts.Document(), name)
		require.True(t, parts.TestsEmbedded(), name)
		require.Equal(t, "csv", parts.Datasets()[0].Type, name)
		for change := range decide.Diff(want, policy) {
			require.Fail(t, "they differ", "%s: %v", name, change)
		}
		checked := policyfile.Check(policyfile.Options{Paths: row.paths}, false)
		require.Empty(t, lines(checked.Findings), name)
		require.NotNil(t, checked.Policy, name)
	}
	kind, err := policyfile.Recognise("zones.json", []byte(snapshot))
	require.NoError(t, err)
	require.Equal(t, policyfile.Snapshot, kind)
	edge, err := policyfile.LoadEdge(policyfile.Options{Paths: []string{"names.json"}})
	require.NoError(t, err)
	require.Len(t, edge.Trusted, 1)
}

// What would have to be compiled is refused beside a snapshot, where it is named.
func TestBesideASnapshot(t *testing.T) {
	_, snapshot := compiled(t)
	write(t, "policy.nws", snapshot)
	write(t, "other.nws", snapshot)
	write(t, "more.json", `{"sailpoint": {"unknownCountry": "trust"}, "assumeNone": ["vpn"]}`)
	write(t, "names.json", `{"snapshot": "policy.nws"}`)
	of := func(paths ...string) policyfile.Options { return policyfile.Options{Paths: paths} }
	with := func(change func(*policyfile.Options)) policyfile.Options {
		o := of("policy.nws")
		change(&o)
		return o
	}
	all := `{"snapshot": "policy.nws",
"okta": {"zones": ["zones.json", "missing.json"], "rules": ["missing.json"], "threatInsight": "missing.json", "threatFeeds": ["missing.txt"]},
"sailpoint": {"unknownCountry": "trust", "networkConfig": "missing.json", "authProfile": "missing.json"},
"geo": ["geo.csv"],
"services": {"NORD_VPN": ["feed.txt"]},
"assumeNone": ["tor"],
"pull": {}, "mode": "enforce", "serve": {}, "edge": {}}`
	write(t, "all.json", all)
	write(t, "behind.json", `{"geo": [], "snapshot": "policy.nws"}`)
	for name, row := range map[string]struct {
		options policyfile.Options
		want    []string
	}{
		"--geo":                 {with(func(o *policyfile.Options) { o.Geo = []string{"geo.csv"} }), []string{"policy.nws:1:1  conflict"}},
		"--geo that is not":     {with(func(o *policyfile.Options) { o.Geo = []string{"missing.csv"} }), []string{"policy.nws:1:1  conflict"}},
		"--service that is not": {with(func(o *policyfile.Options) { o.Services = []policyfile.ServiceList{{Name: "A", Path: "missing.txt"}} }), []string{"policy.nws:1:1  conflict"}},
		"--service":             {with(func(o *policyfile.Options) { o.Services = []policyfile.ServiceList{{Name: "A", Path: "feed.txt"}} }), []string{"policy.nws:1:1  conflict"}},
		"--threat":              {with(func(o *policyfile.Options) { o.Threats = []string{"feed.txt"} }), []string{"feed.txt:1:1  conflict"}},
		"--unknown-country":     {with(func(o *policyfile.Options) { o.UnknownCountry = "deny" }), []string{"policy.nws:1:1  conflict"}},
		"--assume-none":         {with(func(o *policyfile.Options) { o.AssumeNone = geo.TorSort }), []string{"policy.nws:1:1  conflict"}},
		"a document":            {of("policy.nws", "zones.json"), []string{"zones.json:1:1  conflict"}},
		"before it":             {of("zones.json", "names.json"), []string{"zones.json:1:1  conflict"}},
		"another snapshot":      {of("policy.nws", "other.nws"), []string{"other.nws:1:1  conflict"}},
		"one that is named":     {of("names.json", "policy.nws"), []string{"policy.nws:1:1  conflict"}},
		"other settings":        {of("policy.nws", "more.json"), []string{"more.json:1:34 /sailpoint/unknownCountry conflict", "more.json:1:58 /assumeNone conflict"}},
		"keys of one file":      {of("all.json"), []string{"all.json:2:9 /okta conflict", "all.json:3:14 /sailpoint conflict", "all.json:4:8 /geo conflict", "all.json:5:13 /services conflict", "all.json:6:15 /assumeNone conflict"}},
		"a key before it":       {of("behind.json"), []string{"behind.json:1:9 /geo conflict"}},
	} {
		_, policy, err := policyfile.Open(row.options)
		require.Error(t, err, name)
		require.Nil(t, policy, name)
		require.Equal(t, row.want, lines(policyfile.Check(row.options, false).Findings), name)
		require.ErrorContains(t, err, map[bool]string{true: "the policy has one already", false: "beside a snapshot, which is compiled already"}[strings.Contains(name, "another") || strings.Contains(name, "one that")], name)
	}
	write(t, "wrong.json", `{"okta": {"zones": ["policy.nws"]}}`)
	require.Equal(t, []string{"policy.nws:1:1  wrong-document"}, lines(policyfile.Load(of("wrong.json")).Findings))
}

// Each way in which a snapshot is none is said of its file, and makes no policy.
func TestBadSnapshots(t *testing.T) {
	_, snapshot := compiled(t)
	changed := func(at int, to string) string { return snapshot[:at] + to + snapshot[at+len(to):] }
	write(t, "names.json", `{"snapshot": "policy.nws"}`)
	for name, row := range map[string]struct{ content, code string }{
		"a newer format": {changed(8, "\x02\x00"), "snapshot-format"},
		"cut off":        {snapshot[:len(snapshot)-1], "snapshot-truncated"},
		"cut off early":  {snapshot[:9], "snapshot-truncated"},
		"another digest": {changed(40, "damaged"), "snapshot-digest"},
		"too large":      {changed(16, string(binary.LittleEndian.AppendUint64(nil, 64<<20+1))), "snapshot-limit"},
		"bytes behind":   {snapshot + "\n", "snapshot-invalid"},
	} {
		write(t, "policy.nws", row.content)
		for _, path := range []string{"policy.nws", "names.json"} {
			require.Equal(t, []string{"policy.nws:1:1  " + row.code}, lines(policyfile.Check(policyfile.Options{Paths: []string{path}}, false).Findings), "%s: %s", name, path)
			_, policy, err := policyfile.Open(policyfile.Options{Paths: []string{path}})
			require.ErrorContains(t, err, "policy.nws:1:1", name)
			require.Nil(t, policy, name)
		}
	}
	write(t, "policy.nws", "{}")
	require.Equal(t, []string{"policy.nws:1:1  snapshot-invalid"}, lines(policyfile.Load(policyfile.Options{Paths: []string{"names.json"}}).Findings))
	require.NoError(t, os.Remove("policy.nws"))
	require.Equal(t, []string{"policy.nws:1:1  missing-file"}, lines(policyfile.Load(policyfile.Options{Paths: []string{"names.json"}}).Findings))
}

// A file that is larger than a snapshot may be is not read.
func TestLargeSnapshotIsNotRead(t *testing.T) {
	_, snapshot := compiled(t)
	for _, size := range []int64{64<<20 + 1, 256<<20 + 1} {
		write(t, "policy.nws", snapshot)
		require.NoError(t, os.Truncate("policy.nws", size))
		begun := allocatedBytes()
		require.Equal(t, []string{"policy.nws:1:1  snapshot-limit"}, lines(policyfile.Load(policyfile.Options{Paths: []string{"policy.nws"}}).Findings), size)
		require.Less(t, allocatedBytes()-begun, uint64(8<<20))
	}
}

// An overlay beside a snapshot is laid over it, and swept again when an entry has ended.
func TestOverlayBesideASnapshot(t *testing.T) {
	_, snapshot := compiled(t)
	write(t, "policy.nws", snapshot)
	write(t, "names.json", `{"snapshot": "policy.nws", "overlay": "overlay.json"}`)
	write(t, "overlay.json", `{"deny": [{"network": "192.0.2.7"}, {"network": "192.0.2.8", "until": "2026-01-01T00:00:00Z"}]}`)
	parts, policy, err := policyfile.Open(policyfile.Options{Paths: []string{"names.json"}, Now: time.Date(2025, 12, 31, 0, 0, 0, 0, time.UTC)})
	require.NoError(t, err)
	allows := func(p *decide.Policy, addr string) bool { return p.Decide(netip.MustParseAddr(addr)).Allowed() }
	require.True(t, allows(policy, "192.0.2.9"))
	require.False(t, allows(policy, "192.0.2.7"))
	require.False(t, allows(policy, "192.0.2.8"))
	until := policy.Info().OverlayUntil
	require.Equal(t, 2026, until.Year())
	later, err := parts.CompileAt(until, policy)
	require.NoError(t, err)
	require.False(t, allows(later, "192.0.2.7"))
	require.True(t, allows(later, "192.0.2.8"))

	write(t, "overlay.json", `{"deny": [{"network": "192.0.2.9"}]}`)
	other, err := parts.WithOverlay(policyfile.Options{Now: until}, "overlay.json")
	require.NoError(t, err)
	alone, err := other.Compile()
	require.NoError(t, err)
	require.True(t, allows(alone, "192.0.2.7"))
	require.False(t, allows(alone, "192.0.2.9"))
}

// What was read from the same bytes is not read again, and anything else is.
func TestSnapshotIsTakenOver(t *testing.T) {
	_, snapshot := compiled(t)
	write(t, "policy.nws", snapshot)
	options := policyfile.Options{Paths: []string{"policy.nws"}}
	before, first, err := policyfile.Open(options)
	require.NoError(t, err)
	options.Before, options.Anew = before, true
	_, second, err := policyfile.Open(options)
	require.NoError(t, err)
	require.Same(t, first, second)

	zones, err := zone.ParseOkta("zones.json", []byte(strings.ReplaceAll(zonesText, "192.0.2.0", "192.0.3.0")))
	require.NoError(t, err)
	other, err := decide.Compile(decide.Config{Zones: []zone.Zones{zones}})
	require.NoError(t, err)
	var out bytes.Buffer
	require.NoError(t, other.WriteSnapshot(&out))
	write(t, "policy.nws", out.String())
	_, third, err := policyfile.Open(options)
	require.NoError(t, err)
	require.Equal(t, other.Info().Fingerprint, third.Info().Fingerprint)
}

func allocatedBytes() uint64 {
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.TotalAlloc
}
