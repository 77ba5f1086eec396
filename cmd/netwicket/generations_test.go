package main

import (
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/records"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/tenant"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/wire"
	"github.com/netwicket/netwicket/decide/policyfile"
)

// block makes a policy folder with three generations: the second blocks one network,
// the third another besides.
func block(t *testing.T) {
	t.Helper()
	store, err := tenant.Open(tenant.Options{Folder: ".", Holder: "test"})
	require.NoError(t, err)
	defer store.Close()
	for _, network := range []string{"203.0.113.0/24", "198.51.100.0/25"} {
		answer := store.Write(&wire.Request{Verb: "POST", Path: "/api/v1/zones", Caller: wire.Caller{Name: "ci\x1b[31m"}, Time: time.Now()}, func(d *records.Documents) wire.Answer {
			d.Zones = append(d.Zones, &records.Zone{
				Type: records.IP, ID: records.HashID(records.ZoneID, network), Name: network, Status: records.Active, Usage: records.Blocklist,
				Gateways: []records.Network{{Type: "CIDR", Value: network}},
			})
			return wire.Answer{Status: http.StatusOK}
		}, func(err error) wire.Answer {
			t.Error(err)
			return wire.Answer{Status: http.StatusBadRequest}
		})
		require.Equal(t, http.StatusOK, answer.Status)
	}
}

// managed is block in a folder of that name, beside what else there is.
func managed(t *testing.T) {
	t.Helper()
	here, err := os.Getwd()
	require.NoError(t, err)
	require.NoError(t, os.Mkdir("managed", 0o755))
	t.Chdir("managed")
	block(t)
	t.Chdir(here)
}

func TestGenerations(t *testing.T) {
	folder(t, nil)
	block(t)
	got := runIn(t, "", "diff", ".@1", ".@3", "--json")
	require.Equal(t, `{"first":"198.51.100.0","last":"198.51.100.127","before":{"decision":"allow","reason":"permitted"},"after":{"decision":"deny","reason":"blocklisted"}}`+"\n"+
		`{"first":"203.0.113.0","last":"203.0.113.255","before":{"decision":"allow","reason":"permitted"},"after":{"decision":"deny","reason":"blocklisted"}}`+"\n", onlyIPv4(got.out))
	got = runIn(t, "", "diff", "@2", ".", "--only", "newly-denied", "--json")
	require.Equal(t, `{"first":"198.51.100.0","last":"198.51.100.127","before":{"decision":"allow","reason":"permitted"},"after":{"decision":"deny","reason":"blocklisted"}}`+"\n", onlyIPv4(got.out))
	require.Equal(t, 0, runIn(t, "", "diff", "@3", ".", "--exit-code").code)
	require.Equal(t, 0, runIn(t, "", "eval", "-c", "@1", "203.0.113.9").code)
	require.Equal(t, 2, runIn(t, "", "eval", "-c", ".@2", "203.0.113.9").code)

	for _, args := range [][]string{{"diff", "@4", "."}, {"eval", "-c", "@0", "203.0.113.9"}} {
		got = runIn(t, "", args...)
		require.Equal(t, 1, got.code)
		require.Contains(t, got.stderr, "the history has the generations 1 to 3")
	}
	got = runIn(t, "", "diff", "-c", "@1", "@2", "@3")
	require.Equal(t, 1, got.code)
	require.Contains(t, got.stderr, "one generation of a folder")
	got = runIn(t, "", "diff", "@x", ".")
	require.Equal(t, 1, got.code)
	require.Contains(t, got.stderr, "@x")
	writeFile(t, "zones@7", `[{"type":"IP","name":"Z","usage":"BLOCKLIST","gateways":[{"type":"CIDR","value":"192.0.2.1/32"}]}]`)
	require.Equal(t, 2, runIn(t, "", "eval", "-c", "zones@7", "192.0.2.1").code, "a file of that very name")
}

// Which paths name a generation of a folder, and which are paths as they stand.
func TestGenerationNames(t *testing.T) {
	folder(t, map[string]string{"there@3": ""})
	for path, want := range map[string]struct {
		folder string
		number int
		named  bool
	}{
		"a@3": {"a", 3, true}, "@3": {".", 3, true}, "a@b@12": {"a@b", 12, true}, "a@0": {"a", 0, true},
		"a": {}, "there@3": {}, "a@": {"a", 0, false}, "a@x": {"a", 0, false}, "@": {".", 0, false},
	} {
		folder, number, named := generationOf(path)
		require.Equal(t, []any{want.folder, want.number, want.named}, []any{folder, number, named}, path)
	}
	block(t)
	for paths, want := range map[string]string{"b @2": "b .", "@2 b": ". b", "@2 @2": ". .", "b": "b"} {
		options := policyfile.Options{Paths: strings.Fields(paths)}
		require.NoError(t, atGenerations(&options), paths)
		require.Equal(t, strings.Fields(want), options.Paths)
	}
	require.ErrorContains(t, atGenerations(&policyfile.Options{Paths: []string{"@1", "@2"}}), "one generation of a folder")
	require.ErrorContains(t, atGenerations(&policyfile.Options{Paths: []string{"none@1"}}), "history")
	require.NoError(t, os.MkdirAll("torn/.netwicket/history/generations.jsonl", 0o700)) // a folder where its lines should be
	err := atGenerations(&policyfile.Options{Paths: []string{"torn@1"}})
	require.ErrorContains(t, err, "generations.jsonl")
	require.NotContains(t, err.Error(), "the history has")
}

// onlyIPv4 is diff's JSON without the IPv6 addresses that embed IPv4 ones.
func onlyIPv4(text string) string {
	var kept string
	for line := range strings.Lines(text) {
		if !strings.Contains(line, ":ff9b:") && !strings.Contains(line, `"2002:`) {
			kept += line
		}
	}
	return kept
}
