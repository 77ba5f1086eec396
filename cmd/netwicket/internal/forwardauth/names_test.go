package forwardauth_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// blocklists is a document of blocklist zones, each of one network.
func blocklists(ids ...string) string {
	var zones []string
	for i, id := range ids {
		zones = append(zones, fmt.Sprintf(`{"type": "IP", "id": %q, "name": "Zone %s", "status": "ACTIVE", "usage": "BLOCKLIST",
			"gateways": [{"type": "CIDR", "value": "10.%d.%d.0/24"}]}`, id, id, i>>8, i&255))
	}
	return "[" + strings.Join(zones, ",") + "]"
}

// TestSeriesFromTheStart: an alarm on an increase sees the first event, too.
func TestSeriesFromTheStart(t *testing.T) {
	for _, mode := range []string{"enforce", "observe"} {
		files := blocking(`, "mode": "` + mode + `"`)
		files["netwicket.json"] = strings.Replace(files["netwicket.json"], `["zones.json"]`, `["zones.json"], "rules": ["rules.json"]`, 1)
		files["rules.json"] = `[{"name": "Everybody", "status": "ACTIVE", "conditions": {"network": {"connection": "ANYWHERE"}}, "actions": {"signon": {"access": "ALLOW"}}}]`
		text := serve(t, files).metrics()
		for _, line := range []string{
			`netwicket_decisions_total{decision="deny",mode="` + mode + `",reason="blocklisted"} 0`,
			`netwicket_decisions_total{decision="deny",mode="` + mode + `",reason="no_policy"} 0`,
			`netwicket_decisions_total{decision="deny",mode="` + mode + `",reason="untrusted_geography"} 0`,
			`netwicket_decisions_total{decision="allow",mode="` + mode + `",reason="permitted"} 0`,
			`netwicket_decisions_total{decision="allow",mode="` + mode + `",reason="unrestricted"} 0`,
			`netwicket_decisions_total{decision="allow",mode="` + mode + `",reason="rule"} 0`,
			`netwicket_decisions_total{decision="deny",mode="` + mode + `",reason="rule"} 0`,
			`netwicket_decisions_total{decision="allow",mode="` + mode + `",reason="overlay"} 0`,
			`netwicket_rule_matches_total{rule="Everybody"} 0`,
			`netwicket_blocklist_matches_total{zone="b"} 0`,
		} {
			require.Contains(t, text, line+"\n")
		}
		require.NotContains(t, text, `decision="allow",mode="`+mode+`",reason="blocklisted"`, "which cannot be")
		require.NotContains(t, text, `reason="reason(`)
		require.Equal(t, 18, strings.Count(text, "netwicket_decisions_total{"))
	}
}

func TestCountersOfZones(t *testing.T) {
	s := newServed(t, "")
	put := func(zones string) {
		files := blocking("")
		files["zones.json"] = zones
		files["netwicket.json"] = strings.Replace(files["netwicket.json"], "10.0.0.0/8", "192.0.2.0/24", 1)
		next, err := snapshot(t, files)
		require.NoError(t, err)
		require.NoError(t, s.Put("", next))
	}
	ask := func(client string) {
		r := request("GET", "/decide", xff, client)
		r.RemoteAddr = "192.0.2.1:1"
		require.Equal(t, 403, s.ask(r).Code)
	}
	matches := func() string {
		var lines []string
		for _, line := range strings.Split(s.metrics(), "\n") {
			if rest, found := strings.CutPrefix(line, "netwicket_blocklist_matches_total"); found {
				lines = append(lines, rest)
			}
		}
		return strings.Join(lines, " ")
	}
	put(blocklists("one", "two"))
	ask("10.0.0.1")
	ask("10.0.1.1")
	ask("10.0.1.2")
	require.Equal(t, `{zone="one"} 1 {zone="two"} 2`, matches())
	put(blocklists("three", "two"))
	ask("10.0.0.1")
	ask("10.0.1.1")
	require.Equal(t, `{zone="three"} 1 {zone="two"} 3`, matches(), "who stays goes on, who goes is gone")

	many := make([]string, 1200)
	for i := range many {
		many[i] = fmt.Sprintf("zone%d", i)
	}
	put(blocklists(many...))
	require.Contains(t, matches(), `{zone="(others)"} 0`)
	ask("10.0.0.1")
	ask("10.4.100.1") // zone 1124
	text := matches()
	require.Contains(t, text, `{zone="zone0"} 1`)
	require.Contains(t, text, `{zone="(others)"} 1`)
	require.Equal(t, 1001, strings.Count(text, "zone="))
	put(strings.Replace(blocklists("one", "two"), "BLOCKLIST", "POLICY", 1))
	require.Equal(t, `{zone="(others)"} 1 {zone="two"} 0`, matches(), "what was counted stays; zones that block nobody have no series")
}
