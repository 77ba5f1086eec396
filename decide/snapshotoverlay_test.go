package decide_test

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/zone"
)

func overlayOf(t *testing.T, text string) *zone.Overlay {
	t.Helper()
	overlay, err := zone.ParseOverlay("overlay.json", []byte(text))
	require.NoError(t, err)
	return &overlay
}

// What keeps a policy out of a snapshot is told entry by entry: those that end, and have not
// ended yet. A policy that was read knows no more than when the first one ends.
func TestSnapshotRefusesWhatEnds(t *testing.T) {
	text := `{"deny":[{"network":"192.0.2.1"},
{"network":"192.0.2.2","until":"2026-02-01T00:00:00Z"},
{"network":"192.0.2.3","until":"2025-02-01T00:00:00Z"}],"allow":[{"network":"192.0.2.4"},
{"network":"192.0.2.5","until":"2026-01-02T03:04:06Z"}]}`
	compiled := documents{sailPoint: "{}", overlay: text}.compile(t)
	read, err := readSnapshot(t, snapshotOf(t, documents{sailPoint: "{}"}.compile(t))).WithOverlay(overlayOf(t, text), overlayNow)
	require.NoError(t, err)
	const ends = "%sthis entry ends at %s, and a snapshot is never changed: the entry would stay in force; keep it in an overlay beside the snapshot"
	for _, c := range []struct {
		policy *decide.Policy
		says   []string
	}{
		{compiled, []string{fmt.Sprintf(ends, `overlay.json:2:12 /deny/1/network: "192.0.2.2": `, "2026-02-01T00:00:00Z"), fmt.Sprintf(ends, `overlay.json:4:12 /allow/1/network: "192.0.2.5": `, "2026-01-02T03:04:06Z")}},
		{read, []string{fmt.Sprintf(ends, "1:1: ", "2026-01-02T03:04:06Z")}},
	} {
		err := c.policy.WriteSnapshot(io.Discard)
		findings, ok := errors.AsType[decide.Findings](err)
		require.True(t, ok, "%v", err)
		var says []string
		for _, f := range findings {
			require.Equal(t, "overlay-expiry", f.Code)
			says = append(says, f.Error())
		}
		require.Equal(t, c.says, says)
	}
	// Once the last has ended, nothing does.
	config := documents{sailPoint: "{}", overlay: text}.config(t)
	config.Now = time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)
	later, err := decide.Compile(config)
	require.NoError(t, err)
	require.NoError(t, later.WriteSnapshot(io.Discard))
}

// A policy that was read and got an overlay is described as it is then: the numbers are those of
// the policy compiled with the overlay, the fingerprint is one of both, warnings are of both.
func TestWithOverlayDescribes(t *testing.T) {
	base, other := snapshotDocuments, snapshotDocuments
	base.overlay, other.overlay, other.csv = "", "", other.csv+"192.0.3.0/24,US,,,,\n"
	text := `{"deny":[{"network":"192.0.2.66"},{"network":"203.0.113.128/25"},{"network":"64:ff9b::192.0.2.1"}],"allow":[{"network":"198.51.100.66"},{"network":"203.0.113.200"},{"network":"2001:db8::/33"}]}`
	compiled := base
	compiled.overlay = text
	want, read := compiled.compile(t), readSnapshot(t, snapshotOf(t, base.compile(t)))
	got, err := read.WithOverlay(overlayOf(t, text), overlayNow)
	require.NoError(t, err)
	require.Empty(t, decide.KeptTwice(got))
	a, b := want.Info(), got.Info()
	require.Equal(t, []int{5, 4}, []int{b.Zones, b.ActiveZones})
	require.Equal(t, []int{a.Zones, a.ActiveZones, a.Rules, a.Classes, a.Intervals4, a.Intervals6, a.Decisions, a.TableBytes4, a.TableBytes6},
		[]int{b.Zones, b.ActiveZones, b.Rules, b.Classes, b.Intervals4, b.Intervals6, b.Decisions, b.TableBytes4, b.TableBytes6})
	require.Positive(t, b.TableBytes4)
	require.Positive(t, b.TableBytes6)
	require.Equal(t, snapshotOf(t, got), snapshotOf(t, readSnapshot(t, snapshotOf(t, got))), "nothing of it ends, so that it is written as any other")

	// What the one overlay says already, another that says it of more addresses says by the same patterns.
	more, err := got.WithOverlay(overlayOf(t, `{"deny":[{"network":"192.0.2.67"},{"network":"100.64.0.0/10"}],"allow":[{"network":"198.51.100.67"}]}`), overlayNow)
	require.NoError(t, err)
	require.Empty(t, decide.KeptTwice(more))

	seen := map[string]string{read.Info().Fingerprint: "the policy", want.Info().Fingerprint: "compiled"}
	readOther := readSnapshot(t, snapshotOf(t, other.compile(t)))
	for name, c := range map[string]struct {
		policy *decide.Policy
		text   string
	}{
		"laid over": {read, text}, "another policy": {readOther, text}, "another overlay": {read, `{"deny":[{"network":"192.0.2.67"}]}`}, "none": {read, `{"deny":[]}`},
	} {
		policy, err := c.policy.WithOverlay(overlayOf(t, c.text), overlayNow)
		require.NoError(t, err)
		mark := policy.Info().Fingerprint
		require.Regexp(t, "^[0-9a-f]{32}$", mark, name)
		require.Empty(t, seen[mark], name)
		seen[mark] = name
	}

	// Expired entries do nothing and are warned of, with the warnings of what was laid over before.
	expired := overlayOf(t, `{"deny":[{"network":"192.0.2.0/24","until":"2025-01-01T00:00:00Z"}]}`)
	once, err := read.WithOverlay(expired, overlayNow)
	require.NoError(t, err)
	twice, err := once.WithOverlay(expired, overlayNow)
	require.NoError(t, err)
	require.Len(t, once.Info().Warnings, 2) // nobody says why it is there either
	require.Len(t, twice.Info().Warnings, 4)
	require.Equal(t, "overlay-expired", twice.Info().Warnings[3].Code)
	for change := range decide.Diff(read, twice) {
		require.Fail(t, "they differ", "%v", change)
	}
}

// The overlay of a compiled policy and one that is given beside it count together.
func TestWithOverlayBesideItsOwn(t *testing.T) {
	compiled := documents{sailPoint: "{}", overlay: `{"deny":[{"network":"192.0.2.1"}],"allow":[{"network":"192.0.2.2"},{"network":"192.0.2.9","until":"2025-01-01T00:00:00Z"}]}`}.compile(t)
	plain := documents{sailPoint: "{}"}.compile(t)
	more := overlayOf(t, `{"deny":[{"network":"192.0.2.3"}],"allow":[{"network":"192.0.2.4"},{"network":"192.0.2.8","until":"2025-01-01T00:00:00Z"}]}`)
	for policy, want := range map[*decide.Policy][4]string{
		compiled: {"deny overlay", "allow overlay", "deny overlay", "allow overlay"}, plain: {"allow not_enforced", "allow not_enforced", "deny overlay", "allow overlay"},
	} {
		got, err := policy.WithOverlay(more, overlayNow)
		require.NoError(t, err)
		for i, says := range want {
			d := got.Decide(netip.AddrFrom4([4]byte{192, 0, 2, byte(i + 1)}))
			if policy == plain && i < 2 {
				require.True(t, d.Allowed())
				continue
			}
			require.Equal(t, says, d.Verdict.String()+" "+d.Reason.String(), "192.0.2.%d", i+1)
		}
		require.Len(t, got.Info().Warnings, len(policy.Info().Warnings)+4)
	}
}
