package decide_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide"
)

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
