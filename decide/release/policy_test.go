package release_test

import (
	"bytes"
	"errors"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/release"
	"github.com/netwicket/netwicket/zone"
)

// aSnapshot is the snapshot of a policy that blocks 203.0.113.0/24.
func aSnapshot(t *testing.T) []byte {
	t.Helper()
	zones, err := zone.ParseOkta("zones.json", []byte(`[{"type": "IP", "id": "b", "name": "Blocked", "status": "ACTIVE", "usage": "BLOCKLIST",
"gateways": [{"type": "CIDR", "value": "203.0.113.0/24"}]}]`))
	require.NoError(t, err)
	policy, err := decide.Compile(decide.Config{Zones: []zone.Zones{zones}})
	require.NoError(t, err)
	var out bytes.Buffer
	require.NoError(t, policy.WriteSnapshot(&out))
	return out.Bytes()
}

// A policy is prepared of the snapshot that the release names, with its overlay, whose
// entries end; what is not that snapshot, or no overlay, is none.
func TestPreparePolicy(t *testing.T) {
	snapshot := aSnapshot(t)
	chosen, err := release.SnapshotOf(snapshot)
	require.NoError(t, err)
	require.NoError(t, chosen.Holds(snapshot))
	require.Error(t, chosen.Holds(snapshot[1:]))
	overlay := []byte(`{"allow": [{"network": "203.0.113.7", "why": "test", "until": "` + noon.Add(time.Hour).Format(time.RFC3339) + `"}]}`)
	good := release.Candidate{Chosen: chosen, Snapshot: snapshot, Overlay: overlay, Now: noon}
	var live decide.Live
	install := func(p *decide.Policy) { live.Swap(p) }
	allows := func(text string) bool { return live.Allows(netip.MustParseAddr(text)) }

	prepared, err := release.PreparePolicy(good, nil, install)
	require.NoError(t, err)
	require.Nil(t, live.Policy(), "nothing is in force before it is installed")
	prepared.Install()
	require.True(t, allows("203.0.113.7"))
	require.False(t, allows("203.0.113.8"))
	require.Equal(t, noon.Add(time.Hour), prepared.Until.UTC())
	later, err := prepared.Again(prepared.Until)
	require.NoError(t, err)
	later.Install()
	require.False(t, allows("203.0.113.7"), "the entry has ended")
	require.Zero(t, later.Until)
	before, err := later.Again(noon)
	require.NoError(t, err)
	before.Install()
	require.True(t, allows("203.0.113.7"), "the clock was set back")

	good.Overlay = nil
	plain, err := release.PreparePolicy(good, func(*decide.Policy) error { return nil }, install)
	require.NoError(t, err)
	require.Nil(t, plain.Again)
	locked := errors.New("locked out")
	_, err = release.PreparePolicy(good, func(*decide.Policy) error { return locked }, install)
	_, refused := errors.AsType[*release.Refusal](err)
	require.True(t, refused, "%v", err)
	require.ErrorIs(t, err, locked)

	for name, change := range map[string]func(*release.Candidate){
		"another policy": func(c *release.Candidate) { c.Chosen.Fingerprint = "00112233445566778899aabbccddeeff" },
		"no snapshot":    func(c *release.Candidate) { c.Snapshot = snapshot[:100] },
		"no overlay":     func(c *release.Candidate) { c.Overlay = []byte(`{"deny": [{}]}`) },
	} {
		bad := good
		change(&bad)
		_, err := release.PreparePolicy(bad, nil, install)
		require.Error(t, err, name)
		_, refused := errors.AsType[*release.Refusal](err)
		require.False(t, refused, name)
	}
}
