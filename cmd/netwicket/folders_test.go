package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Which folder a command writes to, of those that -c may name.
func TestFoldersOfThePolicy(t *testing.T) {
	for _, row := range []struct {
		paths []string
		want  string
		bad   bool
	}{
		{nil, ".", false}, {[]string{"a/b"}, "a/b", false}, {[]string{"a/netwicket.json"}, "a", false}, {[]string{"netwicket.json"}, ".", false},
		{[]string{"a", "b"}, "", true}, {[]string{"a/netwicket.json", "b"}, "", true},
	} {
		c := &commandLine{paths: row.paths}
		for _, of := range []func() (string, error){c.policyFolder, c.pulledFolder} {
			got, err := of()
			require.Equal(t, row.bad, err != nil)
			require.Equal(t, row.want, got)
		}
	}
}

// The command that a refused pull names can be pasted into a shell: what a shell would take
// apart is quoted.
func TestDryRunCommand(t *testing.T) {
	c := &commandLine{paths: []string{"a b", "it's"}}
	require.Equal(t, `netwicket pull -c 'a b' -c 'it'\''s' --okta https://acme.okta.com --policy 'P*' --policy p2 --sailpoint https://x --profile 'a;b' --ca-file '~ca' --dry-run`,
		c.dryRunCommand(pullFlags{okta: "https://acme.okta.com", policies: []string{"P*", "p2"}, sailpoint: "https://x", profile: "a;b", caFile: "~ca"}))
	require.Equal(t, "netwicket pull --dry-run", (&commandLine{}).dryRunCommand(pullFlags{}))
	for _, special := range " '\"\\$`&|;<>()*?[]#~!\t\n" {
		got := (&commandLine{}).dryRunCommand(pullFlags{okta: "x" + string(special)})
		require.True(t, strings.HasPrefix(got, "netwicket pull --okta 'x"), got)
	}
}
