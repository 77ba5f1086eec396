package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestExplainFromLog(t *testing.T) {
	tests := []struct {
		name   string
		args   []string
		client any
		chain  []any
		reason string
		code   int
	}{
		{"combined", []string{"192.0.2.1" + combinedTail}, "192.0.2.1", []any{"192.0.2.1"}, "permitted", 0},
		{"a line with its ending", []string{"192.0.2.1" + combinedTail + "\r\n"}, "192.0.2.1", []any{"192.0.2.1"}, "permitted", 0},
		{"the proxies in front", []string{"203.0.113.9, 192.0.2.1, 10.0.0.1" + combinedTail}, "192.0.2.1", []any{"10.0.0.1", "192.0.2.1", "203.0.113.9"}, "blocklisted", 2},
		{"X-Forwarded-For behind the agent", []string{"10.0.0.1" + combinedTail + ` "192.0.2.1"`}, "192.0.2.1", []any{"10.0.0.1", "192.0.2.1"}, "permitted", 0},
		{"a name in the peer's place", []string{"localhost" + combinedTail}, nil, []any{nil}, "client_unresolved", 2},
		{"an Okta event", []string{`{"request":{"ipChain":[{"ip":"192.0.2.1"},{"ip":"10.0.0.1"}]}}`}, "192.0.2.1", []any{"10.0.0.1", "192.0.2.1"}, "permitted", 0},
		{"an Okta event over several lines", []string{"{\n\"request\": {\"ipChain\": [{\"ip\": \"192.0.2.1\"}]}\n}\n", "--format", "okta"}, "192.0.2.1", []any{"192.0.2.1"}, "permitted", 0},
		{"a field", []string{`{"from":"192.0.2.1"}`, "--field", "addr=from"}, "192.0.2.1", []any{"192.0.2.1"}, "permitted", 0},
		{"a pattern", []string{`from 192.0.2.1`, "--pattern", `from (?P<addr>\S+)`}, "192.0.2.1", []any{"192.0.2.1"}, "permitted", 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			acme(t)
			got := runIn(t, "", append([]string{"explain", "--json", "--from-log"}, test.args...)...)
			require.Equal(t, test.code, got.code, got.stderr)
			explained := objects(t, got.out)[0]
			require.Equal(t, test.client, explained["client"])
			require.Equal(t, test.chain, explained["chain"])
			require.Equal(t, test.reason, explained["reason"])
		})
	}
}

func TestExplainFromLogErrors(t *testing.T) {
	tests := []struct {
		name string
		args []string
		want string
	}{
		{"no record", []string{"--from-log", "rubbish"}, `--from-log: no record: expected an address at the start of the line, then the identity and the user: "rubbish"`},
		{"an empty line", []string{"--from-log", ""}, "--from-log: no record"},
		{"an address, too", []string{"--from-log", "192.0.2.1" + combinedTail, "192.0.2.1"}, "a request of its own"},
		{"a request, too", []string{"--from-log", "192.0.2.1" + combinedTail, "--remote", "192.0.2.1"}, "a request of its own"},
		{"an unknown format", []string{"--from-log", "x", "--format", "iis"}, "unknown format"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			acme(t)
			got := runIn(t, "", append([]string{"explain"}, test.args...)...)
			require.Equal(t, 1, got.code)
			require.Empty(t, got.out)
			require.Contains(t, got.stderr, test.want)
		})
	}
}

// An Okta event passed Okta's edge and not ours, whose rules are not for it.
func TestExplainFromLogBehindAnEdge(t *testing.T) {
	folder(t, map[string]string{
		"netwicket.json": `{"sailpoint":{"networkConfig":"net.json"},"edge":{"trusted":["10.0.0.0/8"],"source":"x-forwarded-for"}}`,
		"net.json":       `{"range":["192.0.2.0/24","10.0.0.0/8"]}`,
	})
	require.Contains(t, runIn(t, "", "explain", "--from-log", `{"request":{"ipChain":[{"ip":"192.0.2.1"},{"ip":"10.0.0.1"}]}}`).out, "allow 10.0.0.1 permitted")
	require.Contains(t, runIn(t, "", "explain", "--from-log", "203.0.113.9, 10.0.0.1"+combinedTail).out, "deny 203.0.113.9 off_network")
	require.Contains(t, runIn(t, "", "explain", "--from-log", "10.0.0.1"+combinedTail).out, "deny - client_unresolved error=missing")
}

func TestDiffWithLog(t *testing.T) {
	folder(t, twoNetworks)
	writeFile(t, "access.log", "192.0.2.1"+combinedTail+"\n192.0.2.1"+combinedTail+"\n2001:db8::7"+combinedTail+"\n192.0.2.200"+combinedTail+"\nrubbish\n")
	got := runIn(t, "", "diff", "-g", "geo.csv", "--json", "--log", "access.log", "old.json", "new.json", "--exit-code")
	require.Equal(t, 2, got.code)
	require.Equal(t, `{"first":"192.0.2.0","last":"192.0.2.127","before":{"decision":"deny","reason":"untrusted_geography"},"after":{"decision":"allow","reason":"permitted"},"requests":2}`+"\n"+
		`{"first":"2001:db8::","last":"2001:db8:0:ffff:ffff:ffff:ffff:ffff","before":{"decision":"deny","reason":"off_network"},"after":{"decision":"allow","reason":"permitted"},"requests":1}`+"\n", got.out)
	require.Contains(t, got.stderr, "access.log:5: no record")

	got = runIn(t, "", "diff", "-g", "geo.csv", "--log", "access.log", "new.json", "old.json")
	require.Equal(t, 0, got.code)
	require.Contains(t, got.out, "192.0.2.0/25 allow permitted -> deny untrusted_geography, 2 requests\n2001:db8::/48 allow permitted -> deny off_network, 1 request\n")
	require.Contains(t, got.out, "\nOf 4 requests in access.log, through their proxies\n  newly denied         3 requests  75.0%\n  newly allowed        0 requests  0.0%\n  clients that change  2           \n")
	require.Contains(t, got.out, "\nClients newly denied\n  192.0.2.1    DE  2 of 2")

	require.Equal(t, 1, runIn(t, "", "diff", "-g", "geo.csv", "--log", "absent.log", "new.json", "old.json", "--exit-code").code)
}
