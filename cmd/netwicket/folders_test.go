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
// apart is quoted. It asks the same tenant and makes the same policy: read by the program it
// gives every flag that pull was called with.
func TestDryRunCommand(t *testing.T) {
	c := &commandLine{paths: []string{"a b", "it's"}}
	require.Equal(t, `netwicket pull -c 'a b' -c 'it'\''s' --okta https://acme.okta.com --policy 'P*' --policy p2 --sailpoint https://x --profile 'a;b' --ca-file '~ca' --dry-run`,
		c.dryRunCommand(pullFlags{okta: "https://acme.okta.com", policies: []string{"P*", "p2"}, sailpoint: "https://x", profile: "a;b", caFile: "~ca"}))
	require.Equal(t, "netwicket pull --dry-run", (&commandLine{}).dryRunCommand(pullFlags{}))
	for _, special := range " '\"\\$`&|;<>()*?[]{}#~!^\t\n" {
		got := (&commandLine{}).dryRunCommand(pullFlags{okta: "x" + string(special)})
		require.True(t, strings.HasPrefix(got, "netwicket pull --okta 'x"), got)
	}

	asked := &commandLine{paths: []string{"p"}, geo: []string{"g.csv", "h"}, services: []string{"MY_VPN=list"}, threats: []string{"t", "u"}, unknownCountry: "trust", within: ".", assumeNone: []string{"tor,vpn", "all"}}
	command := strings.Fields(asked.dryRunCommand(pullFlags{okta: "https://o", policies: []string{"p1", "p2"}, sailpoint: "https://s", profile: "q", caFile: "ca.pem"}))
	require.Equal(t, []string{"netwicket", "pull"}, command[:2])
	again := &commandLine{}
	pull, flags, err := again.rootCommand().Find(command[1:])
	require.NoError(t, err)
	require.NoError(t, pull.ParseFlags(flags))
	again.in, again.out, again.err = nil, nil, nil
	require.Equal(t, asked, again)
	for name, want := range map[string]string{"okta": "https://o", "policy": "[p1,p2]", "sailpoint": "https://s", "profile": "q", "ca-file": "ca.pem", "dry-run": "true"} {
		require.Equal(t, want, pull.Flags().Lookup(name).Value.String(), name)
	}
}

// Whom pull asks, and what of: flags name tenants in place of those of the policy file, and the
// rest one by one; what is for a tenant that is not asked is a mistake if a flag says it.
func TestTenantsOfFlagsAndFile(t *testing.T) {
	folder(t, map[string]string{
		"both/netwicket.json": `{"pull": {"okta": {"url": "https://o.example", "policies": ["p"]}, "sailpoint": {"url": "https://s.example", "profile": "q"}}}`, "none/x": "",
		"broken/netwicket.json": `{"pull": 1}`,
	})
	type asked struct{ okta, policies, sailpoint, profile string }
	for _, row := range []struct {
		folder string
		flags  pullFlags
		want   asked
		bad    string
	}{
		{"both", pullFlags{}, asked{"https://o.example", "p", "https://s.example", "q"}, ""},
		{"both", pullFlags{okta: "https://x"}, asked{"https://x", "p", "", "q"}, ""},
		{"both", pullFlags{sailpoint: "https://y"}, asked{"", "p", "https://y", "q"}, ""},
		{"both", pullFlags{policies: []string{"r", "t"}, profile: "u"}, asked{"https://o.example", "r t", "https://s.example", "u"}, ""},
		{"both", pullFlags{okta: "https://x", policies: []string{"r"}}, asked{"https://x", "r", "", "q"}, ""},
		{"both", pullFlags{sailpoint: "https://y", profile: "u"}, asked{"", "p", "https://y", "u"}, ""},
		{"none", pullFlags{okta: "https://x", sailpoint: "https://y"}, asked{"https://x", "", "https://y", ""}, ""},
		{"none", pullFlags{}, asked{}, "nobody to ask"},
		{"none", pullFlags{policies: []string{"r"}, profile: "u"}, asked{}, "nobody to ask"},
		{"both", pullFlags{sailpoint: "https://y", policies: []string{"r"}}, asked{}, "--policy: Okta is not asked"},
		{"both", pullFlags{okta: "https://x", profile: "u"}, asked{}, "--profile: SailPoint is not asked"},
		{"broken", pullFlags{okta: "https://x"}, asked{}, "netwicket.json:1:"},
	} {
		got, err := (&commandLine{}).tenants(row.folder, row.flags)
		if row.bad != "" {
			require.ErrorContains(t, err, row.bad)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, row.want, asked{got.Okta.URL, strings.Join(got.Okta.Policies, " "), got.SailPoint.URL, got.SailPoint.Profile})
	}
}
