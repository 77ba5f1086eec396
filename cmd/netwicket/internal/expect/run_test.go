package expect_test

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admission"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/expect"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/internal/files"
	"github.com/netwicket/netwicket/zone"
)

// Files of expectations are read and held against a policy, all of them or those that
// are chosen; what they touch is noted where it is wanted.
func TestRun(t *testing.T) {
	folder := t.TempDir()
	read := func(name, text string) *expect.File {
		path := filepath.Join(folder, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		file, err := expect.Read(files.File{Path: path}, false)
		require.NoError(t, err)
		return file
	}
	one := read("one.json", `[{"name":"good","remote":"192.0.2.7","want":{"decision":"allow"}},{"name":"bad","remote":"203.0.113.9","want":{"decision":"allow"}},{"name":"bad too","remote":"203.0.113.10","want":{"decision":"allow"}}]`)
	two := read("two.json", `[{"name":"good","remote":"203.0.113.9","want":{"decision":"deny"}}]`)
	_, err := expect.Read(files.File{Path: filepath.Join(folder, "absent.json")}, false)
	require.ErrorContains(t, err, "absent.json:1:1: cannot be read: no such file or directory")
	unfinished, err := expect.Read(files.File{Path: filepath.Join(folder, "two.json")}, true)
	require.NoError(t, err)
	require.Equal(t, two.Expectations, unfinished.Expectations)

	zones, err := zone.ParseOkta("zones.json", []byte(`[{"type":"IP","id":"b","name":"B","usage":"BLOCKLIST","gateways":[{"type":"CIDR","value":"203.0.113.0/24"}]},{"type":"IP","id":"o","name":"Other","usage":"BLOCKLIST","gateways":[{"type":"CIDR","value":"198.51.100.0/24"}]}]`))
	require.NoError(t, err)
	rules, err := zone.ParseOktaRules("rules.json", []byte(`[{"id":"1","name":"all","priority":1,"conditions":{"network":{"connection":"ANYWHERE"}},"actions":{"signon":{"access":"ALLOW"}}}]`))
	require.NoError(t, err)
	config := decide.Config{Zones: []zone.Zones{zones}, Rules: []zone.RuleSet{rules}}
	policy, err := decide.Compile(config)
	require.NoError(t, err)
	control := admission.Control{Policy: policy}
	run := expect.Run{Policy: policy, Control: control}
	tested := run.All([]*expect.File{one, two}, nil)
	require.Len(t, tested, 2)
	require.Same(t, one, tested[0].File)
	require.Len(t, tested[0].Results, 3)
	require.Equal(t, 2, tested[0].Failed())
	require.Equal(t, []string{"decision"}, tested[0].Results[1].Failures)
	require.Equal(t, one.Name, tested[0].Results[0].File)
	require.Zero(t, tested[1].Failed())

	chosen := run.All([]*expect.File{one, two}, regexp.MustCompile("^bad"))
	require.Len(t, chosen[0].Results, 2)
	require.Empty(t, chosen[1].Results)

	touched := func(chosen *regexp.Regexp) (zones int) {
		run.Cover = expect.NewCoverage(config)
		run.All([]*expect.File{one}, chosen)
		report := run.Cover.Report()
		require.Equal(t, 1, report.Rules.Total, "rules are listed, whatever is asked")
		return report.Zones.Total - len(report.Zones.Untouched)
	}
	require.Equal(t, 1, touched(nil))
	require.Zero(t, touched(regexp.MustCompile("good")))
	require.Zero(t, touched(regexp.MustCompile("nobody")))
}
