package console_test

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/console"
	"github.com/netwicket/netwicket/decide/policyfile"
)

// A finding about a snapshot leads nowhere, since there is no line to see.
func TestFindingsOfASnapshot(t *testing.T) {
	files := maps.Clone(small)
	database, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "examples", "acme", "geo", "country.mmdb"))
	require.NoError(t, err)
	files["country.mmdb"], files["netwicket.json"] = string(database), strings.Replace(files["netwicket.json"], `["rows.csv"]`, `["rows.csv","country.mmdb"]`, 1)
	_, policy, err := policyfile.Open(policyfile.Options{Paths: []string{folderOf(t, files)}})
	require.NoError(t, err)
	var snapshot bytes.Buffer
	require.NoError(t, policy.WriteSnapshot(&snapshot))
	const settings = `{"snapshot": "policy.nws"}`
	r := readAt(t, folderOf(t, map[string]string{"netwicket.json": settings, "policy.nws": snapshot.String()}), func(o *console.Options) { o.Now = func() time.Time { return today.AddDate(3, 0, 0) } })
	require.Contains(t, r.send("change", "check", r.draft("netwicket.json", settings, settings+"\n")).Body.String(), "<code><bdi>policy.nws:1:1</bdi></code>\n<span><bdi>the database was built on 2026-11-01")
	require.Contains(t, r.page("map?at=192.0.2.0/24"), "A snapshot does not tell which networks its policy names")
}
