package decide_test

import (
	"bytes"
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
