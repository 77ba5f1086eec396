package policyfile_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide/policyfile"
)

// TestTrustedLists: proxies from lists beside those of the policy file.
func TestTrustedLists(t *testing.T) {
	folder(t, map[string]string{
		"policy/netwicket.json": `{"edge":{"trusted":[{"file":"cdn.txt"},"192.0.2.1",{"file":"more/own.txt"}],"source":"x-forwarded-for"}}`,
		"policy/cdn.txt":        "# published 2026-11-01\n198.51.100.0/24\n2001:db8::/32\n198.51.101.1-198.51.101.2\r\n",
		"policy/more/own.txt":   "::ffff:203.0.113.7",
	})
	parts := policyfile.Load(policyfile.Options{Paths: []string{"policy"}})
	require.Empty(t, parts.Findings)
	require.Equal(t, "[192.0.2.1/32 198.51.100.0/24 2001:db8::/32 198.51.101.1/32 198.51.101.2/32 203.0.113.7/32]", fmt.Sprint(parts.Edge.Trusted))
	require.Equal(t, []string{"policy/netwicket.json", "policy/cdn.txt", "policy/more/own.txt"}, parts.Files, "they are watched")

	edge, err := policyfile.LoadEdge(policyfile.Options{Paths: []string{"policy"}})
	require.NoError(t, err)
	require.Equal(t, parts.Edge, edge)
}

// TestTrustedListFindings: whatever is wrong with a list of proxies is an error, and
// stands where the list is wrong.
func TestTrustedListFindings(t *testing.T) {
	const edge = `{"edge":{"trusted":[{"file":"cdn.txt"}],"source":"x-forwarded-for"}}`
	for _, test := range []struct {
		name, list string
		want       []string
		fails      bool
	}{
		{"empty", "", []string{"cdn.txt:1:1  no-networks"}, true},
		{"comments alone", "# nothing\n", []string{"cdn.txt:1:1  no-networks"}, true},
		{"a line that is no network", "198.51.100.0/24\n<html>\n", []string{"cdn.txt:2:1  not-a-list"}, true},
		{"everything", "0.0.0.0/0\n", []string{"netwicket.json:1:20 /edge/trusted trust-all"}, true},
		{"private networks, where proxies are", "10.0.0.0/8\nfd00:1::/32\n", nil, false},
		{"wide", "10.0.0.0/8\n128.0.0.0/7\n", []string{"cdn.txt:2:1  wide-prefix (warning)"}, false},
		{"wide, twice", "10.0.0.0/8\n128.0.0.0/7\n130.0.0.0/7\n", []string{"cdn.txt:2:1  wide-prefix (warning)", "cdn.txt:3:1  wide-prefix (warning)"}, false},
		{"host bits", "198.51.100.1/24\n", []string{"cdn.txt:1:1  host-bits (warning)"}, false},
		{"a shared network, once for each owner", "104.16.0.0/13\n172.64.0.0/13\n151.101.0.0/16\n", []string{"cdn.txt:1:1  shared-cdn (warning)", "cdn.txt:3:1  shared-cdn (warning)"}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			folder(t, map[string]string{"netwicket.json": edge, "cdn.txt": test.list})
			parts := policyfile.Load(policyfile.Options{})
			require.Equal(t, test.fails, parts.Err() != nil)
			got := lines(parts.Findings)
			for _, want := range test.want {
				require.Contains(t, got, want)
			}
			if test.want == nil {
				require.Empty(t, got)
			}
			require.NotContains(t, strings.Join(got, "\n"), "wide-network", "which the edge says in its own words")
			_, err := policyfile.LoadEdge(policyfile.Options{})
			require.Equal(t, test.fails, err != nil)
		})
	}
	// What is said of the edge as a whole, once for the networks of a list and at each of the policy file.
	folder(t, map[string]string{
		"netwicket.json": `{"edge":{"trusted":["104.16.0.0/13","172.64.0.0/13",{"file":"cdn.txt"},{"file":"more.txt"}],"source":"x-forwarded-for"}}`,
		"cdn.txt":        "198.51.100.0/24\n104.16.0.0/14\n172.64.0.0/14\n", "more.txt": "172.64.0.0/15\n",
	})
	parts := policyfile.Load(policyfile.Options{})
	require.NoError(t, parts.Err())
	require.Equal(t, []string{
		"netwicket.json:1:21 /edge/trusted/0 shared-cdn (warning)", "netwicket.json:1:37 /edge/trusted/1 shared-cdn (warning)",
		"cdn.txt:2:1  shared-cdn (warning)", "more.txt:1:1  shared-cdn (warning)",
	}, lines(parts.Findings))
	folder(t, map[string]string{"netwicket.json": edge, "cdn.txt": strings.Repeat("198.51.100.1\n", 100_001)})
	require.Contains(t, lines(policyfile.Load(policyfile.Options{}).Findings), "cdn.txt:100001:1  too-many-entries")
	folder(t, map[string]string{"netwicket.json": edge})
	parts = policyfile.Load(policyfile.Options{})
	require.Equal(t, []string{"cdn.txt:1:1  missing-file"}, lines(parts.Findings))
	require.Contains(t, parts.Files, "cdn.txt", "it is waited for")
}
