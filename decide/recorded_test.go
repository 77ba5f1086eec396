package decide_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/internal/realdata"
	"github.com/netwicket/netwicket/zone"
)

// Zones as live organisations returned them compile with databases of the whole
// internet; two of them ask for regions, which only a City database has.
func TestRecordedZonesCompile(t *testing.T) {
	if raceEnabled {
		t.Skip("takes a minute under the race detector, of one goroutine")
	}
	text, err := os.ReadFile(realdata.Path(t, "okta/zones-recorded.json"))
	require.NoError(t, err)
	zones, err := zone.ParseOkta("zones-recorded.json", text)
	require.NoError(t, err)
	sources := []geo.Source{
		{File: realdata.Path(t, "mmdb/country-2025.mmdb")},
		{File: realdata.Path(t, "mmdb/asn-2024.mmdb")},
		{File: realdata.Path(t, "mmdb/anonymous-2026.mmdb")},
	}
	compile := func(sources []geo.Source) (*decide.Policy, error) {
		table, err := geo.Load(sources...)
		require.NoError(t, err)
		return decide.Compile(decide.Config{Zones: []zone.Zones{zones}, Geo: table})
	}
	_, err = compile(sources)
	var findings decide.Findings
	require.True(t, errors.As(err, &findings), "%v", err)
	require.ErrorIs(t, err, decide.ErrNoData)
	asking := map[string]bool{}
	for _, z := range zones.Zones {
		for _, place := range zone.ValuesOf(append(z.Locations.Include, z.Locations.Exclude...)) {
			if z.Active && place.Region != "" {
				asking[z.Name] = true
			}
		}
	}
	require.Len(t, findings, len(asking))
	for _, f := range findings {
		require.True(t, asking[f.Value], "%s asks for no region", f.Value)
		require.True(t, strings.Contains(f.Error(), "region"), f.Error())
	}

	policy, err := compile(append(sources, geo.Source{File: realdata.Path(t, "maxmind/test-data/GeoIP2-City-Test.mmdb")}))
	require.NoError(t, err)
	require.Equal(t, len(zones.Zones), policy.Info().Zones)
}
