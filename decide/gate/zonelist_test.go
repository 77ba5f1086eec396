package gate_test

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/gate"
	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/zone"
)

// TestZoneList: what a header holds are zones that the request is in for certain, and no
// zone's name can look like two zones.
func TestZoneList(t *testing.T) {
	zones, err := zone.ParseOkta("zones.json", []byte(`[
		{"type": "IP", "id": "", "name": "Büro, Kiel", "status": "ACTIVE", "usage": "POLICY", "gateways": [{"type": "CIDR", "value": "198.51.100.0/24"}]},
		{"type": "IP", "id": "b-1.x~_", "name": "Other", "status": "ACTIVE", "usage": "POLICY", "gateways": [{"type": "RANGE", "value": "198.51.100.0-198.51.100.9"}]},
		{"type": "DYNAMIC", "id": "de", "name": "Germany", "status": "ACTIVE", "usage": "POLICY", "locations": [{"country": "DE"}]}]`))
	require.NoError(t, err)
	table, err := geo.Load(geo.Source{File: "geo.csv", Data: []byte("network,country,region,asn,anonymizer,services\n192.0.2.0/24,DE,,,,\n")})
	require.NoError(t, err)
	policy, err := decide.Compile(decide.Config{Zones: []zone.Zones{zones}, Geo: table})
	require.NoError(t, err)
	for client, want := range map[string]string{
		"198.51.100.7":  "B%C3%BCro%2C%20Kiel, b-1.x~_", // and perhaps in Germany
		"198.51.100.70": "B%C3%BCro%2C%20Kiel",
		"192.0.2.7":     "de",
		"203.0.113.7":   "",
	} {
		membership := policy.Match([]netip.Addr{netip.MustParseAddr(client)})
		require.Equal(t, want, gate.ZoneList(&membership), client)
	}
	require.Empty(t, gate.ZoneList(&decide.Membership{}))
}
