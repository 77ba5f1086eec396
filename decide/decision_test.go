package decide_test

import (
	"encoding/json"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/geo"
)

// What a decision looks like on a line, in JSON and in a log: each part where it is there,
// and nothing where it is not.
func TestDecisionTexts(t *testing.T) {
	client := netip.MustParseAddr("192.0.2.1")
	both := decide.Reasons(1<<decide.OffNetwork | 1<<decide.UntrustedGeography)
	for _, test := range []struct {
		decision        decide.Decision
		line, json, log string
	}{
		{
			decide.Decision{}, "deny - no_policy",
			`{"decision":"deny","reason":"no_policy","reasons":[],"client":null,"zone":null,"rule":null,"audit":false,"unknown":[]}`,
			"decision=deny reason=no_policy",
		},
		{
			decide.Decision{Client: client, Judgment: decide.Judgment{Verdict: decide.Allow, Reason: decide.RuleMatched, Reasons: 1 << decide.RuleMatched, Rule: "In", Audit: true}},
			`allow 192.0.2.1 rule rule="In" audit`,
			`{"decision":"allow","reason":"rule","reasons":["rule"],"client":"192.0.2.1","zone":null,"rule":"In","audit":true,"unknown":[]}`,
			"decision=allow reason=rule client_ip=192.0.2.1 rule=In audit=true",
		},
		{
			decide.Decision{Client: client, Judgment: decide.Judgment{Reason: decide.Blocklisted, Reasons: 1 << decide.Blocklisted, Zone: &decide.ZoneRef{ID: "z", Name: "Bad"}, Unknown: geo.Country | geo.ASN}},
			`deny 192.0.2.1 blocklisted zone="Bad" unknown=country,asn`,
			`{"decision":"deny","reason":"blocklisted","reasons":["blocklisted"],"client":"192.0.2.1","zone":{"id":"z","name":"Bad"},"rule":null,"audit":false,"unknown":["country","asn"]}`,
			"decision=deny reason=blocklisted client_ip=192.0.2.1 zone=Bad unknown=[country asn]",
		},
		{
			decide.Decision{Client: client, Judgment: decide.Judgment{Reason: decide.OffNetwork, Reasons: both}},
			"deny 192.0.2.1 off_network,untrusted_geography",
			`{"decision":"deny","reason":"off_network","reasons":["off_network","untrusted_geography"],"client":"192.0.2.1","zone":null,"rule":null,"audit":false,"unknown":[]}`,
			"decision=deny reason=off_network client_ip=192.0.2.1",
		},
	} {
		require.Equal(t, test.line, test.decision.String())
		text, err := json.Marshal(test.decision)
		require.NoError(t, err)
		require.Equal(t, test.json, string(text))
		var attrs []string
		for _, attr := range test.decision.LogValue().Group() {
			attrs = append(attrs, attr.String())
		}
		require.Equal(t, test.log, strings.Join(attrs, " "))
		require.Equal(t, slog.KindGroup, test.decision.LogValue().Kind())
	}
	require.True(t, both.Has(decide.OffNetwork))
	require.False(t, both.Has(decide.NoRule))
	require.Equal(t, []decide.Reason{decide.OffNetwork, decide.UntrustedGeography}, slices.Collect(both.All()))
	next := decide.NoPolicy
	for r := range decide.AllReasons.All() {
		require.Equal(t, next, r)
		next++
	}
	require.Equal(t, decide.Unrestricted+1, next)
	for range both.All() {
		break
	}
	require.Equal(t, "reason(16)", (decide.Unrestricted + 1).String())
	require.Equal(t, "unrestricted", decide.Unrestricted.String())
}
