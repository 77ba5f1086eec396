package policyfile_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/zone"
)

func TestTestsEmbedded(t *testing.T) {
	until := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	zones := func(z zone.Zone) decide.Config { return decide.Config{Zones: []zone.Zones{{Zones: []zone.Zone{z}}}} }
	for name, row := range map[string]struct {
		config decide.Config
		want   bool
	}{
		"nothing":                           {decide.Config{}, false},
		"a blocklist":                       {zones(zone.Zone{Type: zone.IP, Active: true, Blocklist: true}), true},
		"a blocklist that is INACTIVE":      {zones(zone.Zone{Type: zone.IP, Blocklist: true}), false},
		"a zone":                            {zones(zone.Zone{Type: zone.IP, Active: true}), false},
		"ThreatInsight":                     {decide.Config{ThreatInsight: &zone.ThreatInsight{Action: zone.ThreatAudit}}, true},
		"ThreatInsight that does nothing":   {decide.Config{ThreatInsight: &zone.ThreatInsight{}}, false},
		"an overlay that denies":            {decide.Config{Overlay: &zone.Overlay{Deny: []zone.OverlayEntry{{}}}, Now: until}, true},
		"an overlay that allows":            {decide.Config{Overlay: &zone.Overlay{Allow: []zone.OverlayEntry{{}}}, Now: until}, false},
		"an overlay of an expired denial":   {decide.Config{Overlay: &zone.Overlay{Deny: []zone.OverlayEntry{{Until: until}}}, Now: until}, false},
		"an overlay with a denial in force": {decide.Config{Overlay: &zone.Overlay{Deny: []zone.OverlayEntry{{Until: until}}}, Now: until.Add(-1)}, true},
	} {
		require.Equal(t, row.want, (&policyfile.Parts{Config: row.config}).TestsEmbedded(), name)
	}
}

// Who says no time means the present.
func TestOpenTakesThePresentTime(t *testing.T) {
	folder(t, map[string]string{
		"netwicket.json": `{"okta": {"zones": ["zones.json"]}, "overlay": "overlay.json"}`,
		"zones.json":     zonesText,
		"overlay.json":   `{"deny":[{"network":"198.51.100.7","why":"incident","until":"2020-01-01T00:00:00Z"}]}`,
	})
	parts, policy, err := policyfile.Open(policyfile.Options{})
	require.NoError(t, err)
	require.Zero(t, policy.Info().OverlayUntil, "the entry has expired")
	require.Contains(t, lines(parts.Findings), "overlay.json:1:21 /deny/0/network overlay-expired (warning)")

	_, policy, err = policyfile.Open(policyfile.Options{Now: time.Date(2019, 1, 1, 0, 0, 0, 0, time.UTC)})
	require.NoError(t, err)
	require.NotZero(t, policy.Info().OverlayUntil)
}
