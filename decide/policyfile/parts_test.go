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
