package decide_test

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/zone"
)

// documents is a policy written down as the vendors' texts.
type documents struct {
	zones, threat, sailPoint, profile, overlay, csv string
	rules                                           []string
	feeds                                           []string
	unknown                                         decide.UnknownCountry
}

func (d documents) config(t testing.TB) decide.Config {
	t.Helper()
	config := decide.Config{UnknownCountry: d.unknown, Now: overlayNow}
	if d.zones != "" {
		zones, err := zone.ParseOkta("zones.json", []byte(d.zones))
		require.NoError(t, err)
		config.Zones = []zone.Zones{zones}
	}
	for _, text := range d.rules {
		rules, err := zone.ParseOktaRules("rules.json", []byte(text))
		require.NoError(t, err)
		config.Rules = append(config.Rules, rules)
	}
	if d.threat != "" {
		threat, err := zone.ParseThreatInsight("threat.json", []byte(d.threat))
		require.NoError(t, err)
		config.ThreatInsight = &threat
	}
	for _, text := range d.feeds {
		feed, err := zone.ParseFeed("feed.txt", []byte(text))
		require.NoError(t, err)
		config.ThreatFeeds = append(config.ThreatFeeds, feed)
	}
	if d.sailPoint != "" {
		document, err := zone.ParseSailPoint("network.json", []byte(d.sailPoint))
		require.NoError(t, err)
		config.SailPoint = &document
	}
	if d.profile != "" {
		profile, err := zone.ParseAuthProfile("profile.json", []byte(d.profile))
		require.NoError(t, err)
		config.AuthProfile = &profile
	}
	if d.overlay != "" {
		overlay, err := zone.ParseOverlay("overlay.json", []byte(d.overlay))
		require.NoError(t, err)
		config.Overlay = &overlay
	}
	if d.csv != "" {
		table, err := geo.Load(geo.Source{File: "geo.csv", Data: []byte("network,country,region,asn,anonymizer,services\n" + d.csv), Kind: geo.CSV})
		require.NoError(t, err)
		config.Geo = table
	}
	return config
}

func (d documents) compile(t testing.TB) *decide.Policy {
	t.Helper()
	policy, err := decide.Compile(d.config(t))
	require.NoError(t, err)
	return policy
}

// chainOf reads "nearest, ..., farthest"; "?" is an unreadable hop.
func chainOf(text string) []netip.Addr {
	var chain []netip.Addr
	for _, hop := range strings.Fields(strings.ReplaceAll(text, ",", " ")) {
		if hop == "?" {
			chain = append(chain, netip.Addr{})
			continue
		}
		chain = append(chain, netip.MustParseAddr(hop))
	}
	return chain
}

// ipZoneJSON is an ACTIVE zone of one gateway list and one proxy list.
func ipZoneJSON(id, usage, gateways, proxies string) string {
	list := func(text string) string {
		var entries []string
		for _, value := range strings.Fields(text) {
			kind := "RANGE"
			if strings.Contains(value, "/") {
				kind = "CIDR"
			}
			entries = append(entries, `{"type":"`+kind+`","value":"`+value+`"}`)
		}
		return "[" + strings.Join(entries, ",") + "]"
	}
	return `{"type":"IP","id":"` + id + `","name":"` + id + `","status":"ACTIVE","usage":"` + usage +
		`","system":false,"gateways":` + list(gateways) + `,"proxies":` + list(proxies) + `}`
}

func exemptZoneJSON(gateways string) string {
	text := ipZoneJSON("DefaultExemptIpZone", "POLICY", gateways, "")
	return strings.Replace(text, `"system":false`, `"system":true`, 1)
}
