package decide_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/zone"
)

// A policy is to be asked again when the first of its entries ends, wherever that stands; every
// entry without a time is told, and a time before 1970 was never meant.
func TestOverlayEnds(t *testing.T) {
	entry := func(second int) zone.OverlayEntry {
		e := documents{sailPoint: "{}", overlay: `{"deny":[{"network":"192.0.2.1"}]}`}.config(t).Overlay.Deny[0]
		if second > 0 {
			e.Until = overlayNow.Add(time.Duration(second) * time.Second)
		}
		return e
	}
	for _, seconds := range [][]int{{5, 9, 7}, {9, 5, 7}, {9, 7, 5}, {0, 5, 9}, {5, 0, 0}, {9, 0, 5}} {
		for split := range 4 {
			config := documents{sailPoint: "{}"}.config(t)
			config.Overlay = &zone.Overlay{}
			for i, second := range seconds {
				if i < split {
					config.Overlay.Deny = append(config.Overlay.Deny, entry(second))
				} else {
					config.Overlay.Allow = append(config.Overlay.Allow, entry(second))
				}
			}
			policy, err := decide.Compile(config)
			require.NoError(t, err)
			require.Equal(t, overlayNow.Add(5*time.Second), policy.Info().OverlayUntil, "%v", seconds)
			config.Now = time.Time{}
			_, err = decide.Compile(config)
			require.Equal(t, len(slices.DeleteFunc(slices.Clone(seconds), func(s int) bool { return s == 0 })), strings.Count(err.Error(), "Config.Now is zero"))
		}
	}
	for second, refused := range map[int64]bool{-1: true, 0: false, 1: false} {
		config := documents{sailPoint: "{}", overlay: `{"deny":[{"network":"192.0.2.1"}],"allow":[]}`}.config(t)
		config.Overlay.Deny[0].Until = time.Unix(second, 0).UTC()
		_, err := decide.Compile(config)
		require.Equal(t, refused, err != nil && strings.Contains(err.Error(), "expected a time since 1970"), "%d: %v", second, err)
	}
}

// A policy reads no clock: whoever has entries that end has to say what time it is.
func TestOverlayNeedsATime(t *testing.T) {
	for _, list := range []string{"deny", "allow"} {
		config := documents{sailPoint: "{}", overlay: `{"` + list + `":[
{"network":"192.0.2.1","why":"for good"},
{"network":"192.0.2.2","why":"for a while","until":"2030-01-01T00:00:00Z"}]}`}.config(t)
		config.Now = time.Time{}
		policy, err := decide.Compile(config)
		require.Nil(t, policy)
		findings, ok := errors.AsType[decide.Findings](err)
		require.True(t, ok, "%v", err)
		require.Len(t, findings, 1)
		require.Equal(t, "no-time", findings[0].Code)
		require.EqualError(t, findings, `overlay.json:3:12 /`+list+`/1/network: "192.0.2.2": this entry ends at 2030-01-01T00:00:00Z, and Config.Now is zero; set it to the present time`)

		config.Now = overlayNow
		_, err = decide.Compile(config)
		require.NoError(t, err)

		config = documents{sailPoint: "{}", overlay: `{"` + list + `":[{"network":"192.0.2.1","why":"for good"}]}`}.config(t)
		config.Now = time.Time{}
		_, err = decide.Compile(config)
		require.NoError(t, err, "what never ends needs no time")
	}
}
