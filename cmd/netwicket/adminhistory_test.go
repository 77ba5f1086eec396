package main

import (
	"encoding/json"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/records"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/tenant"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/wire"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/folderlock"
)

func TestAdminHistory(t *testing.T) {
	folder(t, nil)
	require.Empty(t, runIn(t, "", "admin", "log").out, "no history")
	require.Contains(t, runIn(t, "", "admin", "revert", "1").stderr, "there is no history")
	require.NoFileExists(t, "netwicket.json")
	block(t)
	got := runIn(t, "", "admin", "log")
	require.Equal(t, 0, got.code, got.stderr)
	require.Regexp(t, `^3  \S+Z  ci\\x1b\[31m  POST /api/v1/zones\n2  \S+Z  ci\\x1b\[31m  POST /api/v1/zones\n1  \S+Z  - +first start\n$`, got.out)
	log := objects(t, runIn(t, "", "admin", "log", "--json").out)
	require.Len(t, log, 3)
	require.EqualValues(t, 3, log[0]["generation"])
	require.Equal(t, "ci\x1b[31m", log[0]["caller"])
	require.Contains(t, log[0]["changed"], "okta/zones.json")

	got = runIn(t, "", "admin", "show", "2")
	require.Equal(t, 0, got.code, got.stderr)
	require.Regexp(t, `(?s)Generation 2\n  time +\S+Z\n  caller +ci\\x1b\[31m\n  action +POST /api/v1/zones\n  request +-\n  fingerprint +[0-9a-f]+\n`, got.out)
	require.Contains(t, got.out, "  +  okta/zones.json\n")
	require.Contains(t, got.out, "     okta/policies.json\n")
	shown := objects(t, runIn(t, "", "admin", "show", "1", "--json").out)[0]
	require.Contains(t, shown["files"], "netwicket.json")
	got = runIn(t, "", "admin", "show", "2", "okta/zones.json")
	require.Contains(t, got.out, "203.0.113.0/24")
	require.NotContains(t, got.out, "198.51.100.0/25")

	for _, test := range []struct{ args, want string }{
		{"show 4", "the history has the generations 1 to 3"},
		{"show 0", "expected the number of a generation"},
		{"show x", "expected the number of a generation"},
		{"show 2 okta/zone.json", `generation 2 has no file "okta/zone.json"`},
		{"revert 9", "the history has the generations 1 to 3"},
		{"revert 9 -c a -c b", "expected one policy folder"},
		{"log -c absent", ""},
	} {
		got := runIn(t, "", append([]string{"admin"}, strings.Fields(test.args)...)...)
		require.Contains(t, got.stderr, test.want)
		require.Equal(t, test.want != "", got.code == 1, test.args)
	}
}

func TestAdminRevert(t *testing.T) {
	folder(t, nil)
	block(t)
	require.Equal(t, 2, runIn(t, "", "eval", "-c", ".", "198.51.100.7").code)
	got := runIn(t, "", "admin", "revert", "2")
	require.Equal(t, 0, got.code, got.stderr)
	require.Equal(t, "generation 4 has the documents of generation 2\n", got.out)
	var line map[string]any
	require.NoError(t, json.Unmarshal([]byte(got.stderr), &line))
	require.EqualValues(t, 128, line["newlyAllowed"])
	require.EqualValues(t, 4, line["generation"])
	require.Equal(t, userName(), line["caller"])
	require.Equal(t, 0, runIn(t, "", "eval", "-c", ".", "198.51.100.7").code)
	require.Equal(t, 2, runIn(t, "", "eval", "-c", ".", "203.0.113.9").code)

	// While a server holds the folder, it follows; what locks people out is refused.
	server, err := tenant.Open(tenant.Options{Folder: ".", Holder: "test"})
	require.NoError(t, err)
	got = runIn(t, "", "admin", "revert", "1", "--audit", "audit.jsonl")
	require.Equal(t, 0, got.code, got.stderr)
	require.Contains(t, got.stderr, "warning: netwicket.json:1:1: the policy denies nobody")
	audit, err := os.ReadFile("audit.jsonl")
	require.NoError(t, err)
	require.Len(t, objects(t, string(audit)), 1)
	documents, err := server.Documents()
	require.NoError(t, err)
	require.Len(t, documents.Zones, 4)
	policy, err := os.ReadFile("netwicket.json")
	require.NoError(t, err)
	writeFile(t, "netwicket.json", strings.Replace(string(policy), "{", `{"serve": {"guard": ["198.51.100.7"]},`, 1))
	got = runIn(t, "", "admin", "revert", "3", "--audit", "audit.jsonl")
	require.Equal(t, 1, got.code)
	require.Contains(t, got.stderr, "it denies 198.51.100.7, which is in serve.guard")
	server.Close()

	lock, err := folderlock.Take(".", "netwicket pull")
	require.NoError(t, err)
	defer lock.Release()
	got = runIn(t, "", "admin", "revert", "2")
	require.Equal(t, 1, got.code)
	require.Contains(t, got.stderr, "netwicket pull is writing to this folder")
}

// Show marks what a generation changed, in the order of the files' names: + what is new or
// different, and - what is gone.
func TestAdminShowMarks(t *testing.T) {
	folder(t, nil)
	store, err := tenant.Open(tenant.Options{Folder: ".", Holder: "test"})
	require.NoError(t, err)
	request := &wire.Request{Verb: "DELETE", Path: "/api/v1/policies/rst", ID: "req7", Caller: wire.Caller{Name: "ci"}, Time: time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)}
	answer := store.Write(request, func(d *records.Documents) wire.Answer {
		d.Policies = slices.DeleteFunc(d.Policies, func(p *records.Policy) bool { return p.Type != "OKTA_SIGN_ON" })
		return wire.Answer{Status: http.StatusOK}
	}, func(err error) wire.Answer {
		t.Error(err)
		return wire.Answer{Status: http.StatusBadRequest}
	})
	require.Equal(t, http.StatusOK, answer.Status)
	store.Close()
	got := runIn(t, "", "admin", "show", "2")
	require.Zero(t, got.code, got.stderr)
	require.Regexp(t, `^\nGeneration 2\n  time         2026-11-26T12:00:00Z\n  caller       ci\n  action       DELETE /api/v1/policies/rst\n`+
		`  request      req7\n  fingerprint  [0-9a-f]{32}\n\n`+
		`Files\n     netwicket.json\n  \+  okta/policies.json\n     okta/rules/00p\w+.json\n  -  okta/rules/rst\w+.json\n     okta/zones.json\n$`, got.out)
	shown := objects(t, runIn(t, "", "admin", "show", "2", "--json").out)[0]
	require.Len(t, shown["files"], 4)
	require.Equal(t, "req7", shown["request"])
	require.Equal(t, 1, runIn(t, "", "admin", "show").code)
	require.Equal(t, 1, runIn(t, "", "admin", "show", "1", "netwicket.json", "more").code)
	require.Equal(t, 1, runIn(t, "", "admin", "revert").code)
	require.Equal(t, 1, runIn(t, "", "admin", "log", "1").code)

	// A history that cannot be read is said by each command.
	require.NoError(t, os.RemoveAll(".netwicket/history"))
	for _, args := range []string{"log", "show 1", "show 1 netwicket.json", "revert 1"} {
		for _, more := range []string{" -c a -c b", " -c netwicket.json/none"} {
			got := runIn(t, "", strings.Fields("admin "+args+more)...)
			require.Equal(t, 1, got.code, args+more)
			require.NotEmpty(t, got.stderr)
			require.Empty(t, got.out)
		}
	}
}
