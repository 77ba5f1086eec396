package zone_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/zone"
)

// TestRoundTrip: what was parsed marshals to the bytes it was given.
func TestRoundTrip(t *testing.T) {
	first := "{ \"type\":\"IP\" , \"name\":\"\\u0061\",\n\t\"gateways\":[{\"type\":\"CIDR\",\"value\":\"1.2.3.4/24\"}],\"created\":null, \"n\":1.0e2}"
	text := "\n[ " + first + ",{\"type\":\"IP\",\"name\":\"b\",\"proxies\":[{\"type\":\"RANGE\",\"value\":\" ::1\"}]}\n]\n"
	zones, err := zone.ParseOkta("", []byte(text))
	require.NoError(t, err)
	require.Equal(t, text, string(zones.Text))
	require.Equal(t, first, string(zones.Zones[0].Text))
	require.Equal(t, text, marshalled(t, zones))
	require.Equal(t, first, marshalled(t, zones.Zones[0]))
	compact, err := json.Marshal(zones)
	require.NoError(t, err, "also inside of other values")
	require.JSONEq(t, text, string(compact))

	text = ` {"whitelisted":true,"geolocation":["CA"],  "range":["10.1.2.3/8"]}`
	config, err := zone.ParseSailPoint("", []byte(text))
	require.NoError(t, err)
	require.Equal(t, text, marshalled(t, config))

	text = `[{"actions":{"signon":{"access":"DENY"}}, "x":1 }]`
	rules, err := zone.ParseOktaRules("", []byte(text))
	require.NoError(t, err)
	require.Equal(t, text, marshalled(t, rules))
	require.Equal(t, text[1:len(text)-1], string(rules.Rules[0].Text))
}

// TestByteOrderMark: Windows PowerShell writes one; it is no part of the JSON.
func TestByteOrderMark(t *testing.T) {
	zones, err := zone.ParseOkta("", []byte("\ufeff[]"))
	require.NoError(t, err)
	require.Equal(t, "\ufeff[]", string(zones.Text))
	require.Equal(t, "[]", marshalled(t, zones))
}

func TestMarshalZeroValues(t *testing.T) {
	require.Equal(t, "[]", marshalled(t, zone.Zones{}))
	require.Equal(t, "[]", marshalled(t, zone.RuleSet{}))
	require.Equal(t, "{}", marshalled(t, zone.NetworkConfig{}))
	for _, made := range []json.Marshaler{
		zone.Zone{}, zone.Zones{Zones: []zone.Zone{{}}}, zone.RuleSet{Rules: []zone.Rule{{}}}, zone.NetworkConfig{Allowlist: true},
	} {
		_, err := made.MarshalJSON()
		require.Error(t, err, "%T: what was not parsed has no text, and must not pass for an empty document", made)
	}
}

// TestInputIsCopied: the caller may reuse its buffer.
func TestInputIsCopied(t *testing.T) {
	text := []byte(`{"type":"IP","name":"a","gateways":[{"type":"CIDR","value":"1.2.3.4/24"}]}`)
	zones, err := zone.ParseOkta("", text)
	require.NoError(t, err)
	want := string(text)
	clear(text)
	require.Equal(t, want, string(zones.Text))
	require.Equal(t, want, string(zones.Zones[0].Text))
	require.Equal(t, "1.2.3.4/24", zones.Zones[0].Gateways[0].Text)

	text = []byte("1.2.3.4\n")
	feed, err := zone.ParseFeed("", text)
	require.NoError(t, err)
	clear(text)
	require.Equal(t, "1.2.3.4", feed.Entries[0].Text)

	text = []byte(`{"deny":[{"network":"1.2.3.4","why":"incident"}],"Allow":[]}`)
	overlay, err := zone.ParseOverlay("", text)
	clear(text)
	require.ErrorContains(t, err, `/Allow: "Allow": unknown key`)
	require.Equal(t, "1.2.3.4", overlay.Deny[0].Text)
	require.Equal(t, "incident", overlay.Deny[0].Why)

	text = []byte(`{"action":"block","excludeZones":["nzo1"]}`)
	threat, err := zone.ParseThreatInsight("", text)
	require.NoError(t, err)
	clear(text)
	require.Equal(t, "nzo1", threat.ExcludeZones[0].ID)
}

func marshalled(t *testing.T, value json.Marshaler) string {
	t.Helper()
	text, err := value.MarshalJSON()
	require.NoError(t, err)
	return string(text)
}
