package policyfile_test

import (
	"net/netip"
	"os"
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

// Warnings are told from errors, and those of zones that every tenant has from others.
func TestWarnings(t *testing.T) {
	require.Empty(t, (*policyfile.Parts)(nil).Warnings())
	failure, warning := &policyfile.Finding{File: "a.json", Path: "/0"}, &policyfile.Finding{File: "a.json", Path: "/1", Warning: true}
	at := func(path string) zone.Position { return zone.Position{File: "a.json", Path: path} }
	parts := &policyfile.Parts{
		Findings: policyfile.Findings{failure, warning},
		Config:   decide.Config{Zones: []zone.Zones{{}, {Zones: []zone.Zone{{Position: at("/0")}, {Position: at("/1"), System: true}}}}},
	}
	require.Equal(t, policyfile.Findings{warning}, parts.Warnings())
	require.Equal(t, policyfile.Findings{failure}, parts.Err())
	require.False(t, parts.AboutSystemZone(failure), "no zone of the system")
	require.True(t, parts.AboutSystemZone(warning))
	require.False(t, parts.AboutSystemZone(&policyfile.Finding{File: "b.json", Path: "/1"}), "of another document")
	require.False(t, parts.AboutSystemZone(&policyfile.Finding{File: "a.json", Path: "/2"}))
}

// Where the keys stand that findings are about.
func TestKeysArePlaced(t *testing.T) {
	folder(t, map[string]string{"netwicket.json": `{"edge":{"trusted":["192.0.2.1"],"source":"x-forwarded-for"},"serve":{"drain":"1s"}}`, "zones.json": zonesText})
	parts := policyfile.Load(policyfile.Options{})
	at := func(column int, path string) zone.Position {
		return zone.Position{File: "netwicket.json", Line: 1, Column: column, Path: path}
	}
	require.Equal(t, at(20, "/edge/trusted"), parts.EdgeAt("trusted"))
	require.Equal(t, at(9, "/edge"), parts.EdgeAt("onMissing"))
	require.Equal(t, at(79, "/serve/drain"), parts.ServeAt("drain"))
	none := policyfile.Load(policyfile.Options{Paths: []string{"zones.json"}})
	require.Equal(t, zone.Position{File: "zones.json", Line: 1, Column: 1}, none.EdgeAt("trusted"))
}

// Who must not be locked out is told why they would be.
func TestLockedOut(t *testing.T) {
	folder(t, map[string]string{
		"netwicket.json": `{"okta":{"zones":["zones.json"]},"edge":{"trusted":["10.0.0.0/8"],"source":"x-forwarded-for"}}`,
		"zones.json":     `[{"type":"IP","id":"nzo1","name":"Bad","usage":"BLOCKLIST","gateways":[{"type":"CIDR","value":"198.51.100.0/24"}]}]`,
	})
	parts, policy, err := policyfile.Open(policyfile.Options{})
	require.NoError(t, err)
	why := func(addr string) string { return parts.LockedOut(policy, netip.MustParseAddr(addr), "which is ours") }
	require.Equal(t, "10.0.0.1, which is ours, is inside edge.trusted: it would be taken for a proxy, and denied", why("10.0.0.1"))
	require.Contains(t, why("198.51.100.7"), "it denies 198.51.100.7, which is ours: deny")
	require.Empty(t, why("192.0.2.1"))
}

// An emergency's overlay takes the place of the policy's own and changes nothing else.
func TestWithOverlay(t *testing.T) {
	expired := `{"deny":[{"network":"198.51.100.7","why":"incident","until":"2020-01-01T00:00:00Z"}]}`
	folder(t, map[string]string{
		"netwicket.json": `{"okta":{"zones":["zones.json"]},"overlay":"overlay.json"}`, "zones.json": zonesText, "overlay.json": expired,
		"now.json": `{"deny":[{"network":"203.0.113.7/24","why":"now","until":"2020-01-01T00:00:00Z"}]}`, "bad.json": `{"deny":1}`, "good.json": overlayText,
	})
	parts := policyfile.Load(policyfile.Options{})
	require.NoError(t, parts.Err())
	before := *parts
	now := time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)
	const about = "overlay.json:1:21 /deny/0/network overlay-expired (warning)"
	compiled := func(p *policyfile.Parts) []string {
		_, err := p.Compile()
		require.NoError(t, err)
		return lines(p.Findings)
	}
	require.Contains(t, compiled(parts), about)

	next, err := parts.WithOverlay(policyfile.Options{Now: now}, "now.json")
	require.NoError(t, err)
	require.Equal(t, "now.json", next.OverlayFile)
	require.Equal(t, "203.0.113.0", next.Config.Overlay.Deny[0].Range.From().String())
	require.Equal(t, now, next.Config.Now)
	require.Equal(t, []string{"netwicket.json", "zones.json", "overlay.json", "now.json"}, next.Files)
	require.Equal(t, before.Files, parts.Files)
	require.Equal(t, before.OverlayFile, parts.OverlayFile)
	const bits = "now.json:1:21 /deny/0/network host-bits (warning)"
	require.Equal(t, []string{bits}, lines(next.Findings), "not what was said of the one that it was")
	again, err := next.WithOverlay(policyfile.Options{Now: now}, "now.json")
	require.NoError(t, err)
	require.Equal(t, next.Files, again.Files)
	require.Equal(t, []string{bits, "now.json:1:21 /deny/0/network overlay-expired (warning)"}, compiled(again))

	same, err := parts.WithOverlay(policyfile.Options{Now: now}, "overlay.json")
	require.NoError(t, err)
	require.Equal(t, []string{about}, compiled(same), "said once")
	_, err = parts.WithOverlay(policyfile.Options{}, "bad.json")
	require.ErrorContains(t, err, "bad.json:1:9")
	_, err = parts.WithOverlay(policyfile.Options{}, "absent.json")
	require.ErrorIs(t, err, os.ErrNotExist)
	good, err := parts.WithOverlay(policyfile.Options{Now: now}, "good.json")
	require.NoError(t, err)
	require.Empty(t, good.Findings)
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
