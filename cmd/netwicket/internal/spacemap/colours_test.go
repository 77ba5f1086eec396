package spacemap_test

import (
	"fmt"
	"image/color"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/spacemap"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/zone"
)

// shade is a colour by hue in degrees, saturation and lightness, as CSS Color 4 works
// them out of red, green and blue.
func shade(c color.RGBA) (hue, saturation, lightness float64) {
	r, g, b := float64(c.R)/255, float64(c.G)/255, float64(c.B)/255
	most, least := max(r, g, b), min(r, g, b)
	lightness = (most + least) / 2
	if most == least {
		return 0, 0, lightness
	}
	saturation = (most - lightness) / min(lightness, 1-lightness)
	switch most {
	case r:
		hue = (g - b) / (most - least)
	case g:
		hue = (b-r)/(most-least) + 2
	default:
		hue = (r-g)/(most-least) + 4
	}
	return math.Mod(hue*60+360, 360), saturation, lightness
}

// Countries have the same colours on every map. From one code to the next it goes on by
// the golden angle, and by a step of saturation and at times of lightness, so that those
// that are close by in the alphabet do not look alike.
func TestColoursOfCountries(t *testing.T) {
	seen := make(map[color.RGBA]string)
	for i := range 26 * 26 {
		code := string([]byte{byte('A' + i/26), byte('A' + i%26)})
		paint := spacemap.PaintOfCountry(code)
		require.Equal(t, uint8(255), paint.A)
		require.Empty(t, seen[paint], code)
		seen[paint] = code
		hue, saturation, lightness := shade(paint)
		turned := math.Mod(hue-float64(i)*222.49223594996215+360*1000, 360)
		require.True(t, turned < 1.5 || turned > 358.5, "%s: %.1f", code, turned)
		require.InDelta(t, []float64{0.45, 0.6, 0.75}[i%3], saturation, 0.02, code)
		require.InDelta(t, []float64{0.38, 0.48, 0.58, 0.68}[i/3%4], lightness, 0.003, code)
	}
}

// What has no colour of its own has one of twelve, which repeat.
func TestColoursOfSources(t *testing.T) {
	subject, _ := crowded(t, 1)
	var sources []geo.Source
	for i := range 14 {
		sources = append(sources, geo.Source{File: fmt.Sprintf("%d.csv", i), Data: fmt.Appendf(nil, "network,country,region,asn,anonymizer,services\n%d.0.0.0/8,DE,,,,\n", 20+i)})
	}
	whole, err := tilesOf(t, subject, sources...).View(spacemap.IPv4, spacemap.BySource, spacemap.Place{})
	require.NoError(t, err)
	paint, seen := paints(whole.Legend), make(map[color.RGBA]bool)
	for i := range 14 {
		seen[paint[fmt.Sprintf("source %d.csv", i)]] = true
	}
	require.Len(t, seen, 12)
	require.Equal(t, paint["source 0.csv"], paint["source 12.csv"])
	require.Equal(t, paint["source 1.csv"], paint["source 13.csv"])
}

// The tiles have the colours of the sheet.
func TestColoursOfDecisions(t *testing.T) {
	subject, sources := crowded(t, 1)
	tiles := tilesOf(t, subject, sources...)
	whole, err := tiles.View(spacemap.IPv4, spacemap.ByDecision, spacemap.Place{})
	require.NoError(t, err)
	paint := paints(whole.Legend)
	require.Equal(t, spacemap.PaintOf(decide.Decision{Judgment: decide.Judgment{Verdict: decide.Allow, Reason: decide.Permitted}}), paint["allow "])
	require.Equal(t, spacemap.PaintOf(decide.Decision{Judgment: decide.Judgment{Reason: decide.Blocklisted}}), paint["deny "])
	require.Equal(t, "allow", whole.Legend[0].Key)
	require.Equal(t, "#2f7cc0", whole.Legend[0].Hex())
	require.Equal(t, "deny", whole.Legend[1].Key)
	require.Equal(t, "reserved", whole.Legend[2].Key)
	six, err := tiles.View(spacemap.IPv6, spacemap.ByDecision, spacemap.Place{})
	require.NoError(t, err)
	last := six.Legend[len(six.Legend)-1]
	require.Equal(t, "unnamed none", last.Key+" "+last.Hex(), "what is seen through is the last of all")
	require.Equal(t, "reserved", six.Legend[len(six.Legend)-2].Key)
}

// A legend has what is allowed before what is denied, each by its reasons in their order.
func TestLegendsAreInOrder(t *testing.T) {
	subject, sources := crowded(t, 1)
	whole, err := tilesOf(t, subject, sources...).View(spacemap.IPv4, spacemap.ByReason, spacemap.Place{})
	require.NoError(t, err)
	place := make(map[string]int)
	for _, verdict := range []string{"allow", "deny"} {
		for reason := range decide.AllReasons.All() {
			place[verdict+" "+reason.String()] = len(place)
		}
	}
	require.Greater(t, len(whole.Legend), 3)
	for i := 1; i < len(whole.Legend); i++ {
		before, one := whole.Legend[i-1], whole.Legend[i]
		require.True(t, !one.Counted || place[before.Key+" "+before.Name] < place[one.Key+" "+one.Name], "%v %v", before, one)
	}
}

// What changes comes before what does not, and what is allowed before what is denied.
func TestLegendsOfChangesAreInOrder(t *testing.T) {
	overlay, err := zone.ParseOverlay("overlay.json", []byte(`{"deny":[{"network":"12.0.0.0/8","why":"test"}]}`))
	require.NoError(t, err)
	subject := spacemap.Subject{
		Compare: true, OldConfig: decide.Config{SailPoint: &zone.NetworkConfig{Range: entriesOf("8.0.0.0/8", "9.0.0.0/8")}},
		Config: decide.Config{SailPoint: &zone.NetworkConfig{Range: entriesOf("8.0.0.0/8", "11.0.0.0/8")}, Overlay: &overlay},
	}
	subject.Old, err = decide.Compile(subject.OldConfig)
	require.NoError(t, err)
	subject.Policy, err = decide.Compile(subject.Config)
	require.NoError(t, err)
	whole, err := tilesOf(t, subject).View(spacemap.IPv4, spacemap.ByChange, spacemap.Place{})
	require.NoError(t, err)
	var keys []string
	for _, a := range whole.Legend {
		keys = append(keys, a.Key)
	}
	require.Equal(t, []string{"newlyAllowed", "newlyDenied", "otherReason", "stillAllowed", "stillDenied", "reserved"}, keys)
}
