package decide_test

import (
	"net/netip"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/zone"
)

// Layers say where the entries stand that they went by.
func TestLayersNameTheirEntries(t *testing.T) {
	overlay, err := zone.ParseOverlay("overlay.json", []byte("{\"deny\":[\n{\"network\":\"203.0.113.7\",\"why\":\"test\"}],\n\"allow\":[\n{\"network\":\"203.0.113.0/28\",\"why\":\"test\"}]}"))
	require.NoError(t, err)
	network, err := zone.ParseSailPoint("network.json", []byte("{\"range\":[\n\"192.0.2.0/24\"],\n\"geolocation\":[\n\"DE\"],\"whitelisted\":true}"))
	require.NoError(t, err)
	threat, err := zone.ParseThreatInsight("threat.json", []byte(`{"action":"block","excludeZones":[]}`))
	require.NoError(t, err)
	feed, err := zone.ParseFeed("feed.txt", []byte("# bad\n198.51.100.9\n"))
	require.NoError(t, err)
	table, err := geo.Load(geo.Source{File: "rows.csv", Data: []byte("network,country,region,asn,anonymizer,services\n192.0.2.0/24,DE,,,,\n")})
	require.NoError(t, err)
	p, err := decide.Compile(decide.Config{Overlay: &overlay, SailPoint: &network, ThreatInsight: &threat, ThreatFeeds: []zone.Feed{feed}, Geo: table})
	require.NoError(t, err)
	for addr, want := range map[string][]string{
		"203.0.113.7": {"overlay.json:2"}, "203.0.113.8": {"overlay.json:4"}, "192.0.2.1": {"network.json:2", "network.json:4"}, "198.51.100.9": {"feed.txt:2"}, "9.9.9.9": nil,
	} {
		var got []string
		for _, layer := range p.Explain(netip.MustParseAddr(addr)).Layers {
			for _, at := range layer.Entries {
				got = append(got, at.File+":"+strconv.Itoa(at.Line))
			}
		}
		require.Equal(t, want, got, addr)
	}
}
