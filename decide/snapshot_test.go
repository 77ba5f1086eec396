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
