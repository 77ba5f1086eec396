package decide_test

import (
	"bytes"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide"
)

func snapshotOf(t testing.TB, policy *decide.Policy) []byte {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, policy.WriteSnapshot(&out))
	return out.Bytes()
}

func readSnapshot(t testing.TB, file []byte) *decide.Policy {
	t.Helper()
	policy, err := decide.ReadSnapshot(bytes.NewReader(file))
	require.NoError(t, err)
	return policy
}

// What is read is what was written, field by field and table by table, and it decides the
// same about every address and about chains.
func TestSnapshotIsThePolicy(t *testing.T) {
	for seed := range uint64(500) {
		random := newRandomPolicy(seed)
		random.large = seed%10 == 0
		config := random.config(t)
		compiled, err := decide.Compile(config)
		if err != nil {
			continue
		}
		if !compiled.Info().OverlayUntil.IsZero() {
			require.ErrorContains(t, compiled.WriteSnapshot(&bytes.Buffer{}), "a snapshot is never changed")
			for i := range config.Overlay.Deny {
				config.Overlay.Deny[i].Until = config.Overlay.Deny[i].Until.AddDate(-9000, 0, 0)
			}
			continue
		}
		file := snapshotOf(t, compiled)
		read := readSnapshot(t, file)
		require.Empty(t, decide.SameAsRead(compiled, read), "seed %d", seed)
		require.Equal(t, file, snapshotOf(t, read), "seed %d", seed)
		for change := range decide.Diff(compiled, read) {
			require.Fail(t, "they differ", "seed %d: %v", seed, change)
		}
		for range 30 {
			chain := random.chain()
			want, got := compiled.DecideChain(chain), read.DecideChain(chain)
			require.Equal(t, want.String(), got.String(), "seed %d: %v", seed, chain)
		}
	}
}

// An overlay that is laid over a policy decides as if it had been compiled into it.
func TestWithOverlay(t *testing.T) {
	overlays := 0
	for seed := range uint64(400) {
		random := newRandomPolicy(seed)
		config := random.config(t)
		if config.Overlay == nil {
			continue
		}
		want, err := decide.Compile(config)
		if err != nil {
			continue
		}
		overlays++
		overlay := config.Overlay
		config.Overlay = nil
		compiled, err := decide.Compile(config)
		require.NoError(t, err)
		file := snapshotOf(t, compiled)
		read := readSnapshot(t, file)
		for name, base := range map[string]*decide.Policy{"compiled": compiled, "read": read} {
			got, err := base.WithOverlay(overlay, overlayNow)
			require.NoError(t, err)
			for change := range decide.Diff(want, got) {
				require.Fail(t, "they differ", "seed %d, %s: %v", seed, name, change)
			}
			for range 20 {
				chain := random.chain()
				require.Equal(t, want.DecideChain(chain).String(), got.DecideChain(chain).String(), "seed %d, %s: %v", seed, name, chain)
			}
			require.Equal(t, want.Info().OverlayUntil, got.Info().OverlayUntil)
			require.NotEqual(t, base.Info().Fingerprint, got.Info().Fingerprint)
			require.Equal(t, file, snapshotOf(t, base), "seed %d: the policy has changed", seed)
			if later := got.Info().OverlayUntil; !later.IsZero() {
				ended, err := base.WithOverlay(overlay, later)
				require.NoError(t, err)
				config.Overlay, config.Now = overlay, later
				want, err := decide.Compile(config)
				require.NoError(t, err)
				for change := range decide.Diff(want, ended) {
					require.Fail(t, "they differ later", "seed %d, %s: %v", seed, name, change)
				}
				config.Overlay, config.Now = nil, overlayNow
			}
		}
	}
	require.Greater(t, overlays, 50)
}

// What a snapshot says of a request is what the documents say, as far as it says it.
func TestExplainSnapshot(t *testing.T) {
	for seed := range uint64(300) {
		random := newRandomPolicy(seed)
		config := random.config(t)
		compiled, err := decide.Compile(config)
		if err != nil || !compiled.Info().OverlayUntil.IsZero() {
			continue
		}
		read := readSnapshot(t, snapshotOf(t, compiled))
		for range 12 {
			chain := random.chain()
			want, got := compiled.Explain(chain...), read.Explain(chain...)
			at := fmt.Sprintf("seed %d: %v", seed, chain)
			require.Equal(t, want.Decision.String(), got.Decision.String(), at)
			require.Equal(t, want.ClientIndex, got.ClientIndex, at)
			require.Equal(t, "compiled snapshot; the databases are not in it", got.Steps[0])
			require.Equal(t, hopTexts(&want), hopTexts(&got), at)
			require.Equal(t, zoneTexts(&want), zoneTexts(&got), at)
			require.Equal(t, ruleTexts(&want), ruleTexts(&got), at)
			require.Equal(t, layerTexts(&want), layerTexts(&got), at)
			if got.ClientIndex < 0 {
				require.False(t, got.Range.IsValid(), at)
				continue
			}
			client := got.Decision.Client
			require.True(t, got.Range.Contains(client), at)
			for _, addr := range []netip.Addr{got.Range.From(), got.Range.To()} {
				if !got.Range.From().Is4() { // an IPv4 address inside may count
					break
				}
				require.Equal(t, read.Decide(client).Judgment, read.Decide(addr).Judgment, at)
			}
		}
	}
}

func hopTexts(e *decide.Explanation) (texts []string) {
	for _, hop := range e.Hops {
		text := fmt.Sprint(hop.Addr, hop.Client)
		for _, z := range hop.TrustedBy {
			text += " proxy of " + z.Name
		}
		var hits []string
		for _, hit := range hop.Hits {
			hits = append(hits, fmt.Sprint(hit.Zone.Name, hit.Addr, hit.Unknown, hit.Exempt))
		}
		slices.Sort(hits)
		texts = append(texts, text+strings.Join(hits, " "))
	}
	return texts
}

func zoneTexts(e *decide.Explanation) (texts []string) {
	for _, z := range e.Zones {
		texts = append(texts, fmt.Sprint(z.Key, z.Type, z.Use, z.State))
	}
	return texts
}

func ruleTexts(e *decide.Explanation) (texts []string) {
	for _, r := range e.Rules {
		if r.Applied {
			texts = append(texts, fmt.Sprint(r.Rule, r.Allow))
		}
	}
	return texts
}

func layerTexts(e *decide.Explanation) (texts []string) {
	for _, l := range e.Layers {
		texts = append(texts, fmt.Sprint(l.Layer, l.Consulted, l.Denied, l.Reasons))
	}
	return texts
}
