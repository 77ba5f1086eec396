package decide_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go4.org/netipx"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/zone"
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
	policies := uint64(0)
	for seed := uint64(0); policies < seeds(500); seed++ {
		random := newRandomPolicy(seed)
		random.large = seed%10 == 0
		config := random.config(t)
		compiled, err := decide.Compile(config)
		if err != nil {
			continue
		}
		if !compiled.Info().OverlayUntil.IsZero() {
			require.ErrorContains(t, compiled.WriteSnapshot(io.Discard), "a snapshot is never changed")
			for _, entries := range [][]zone.OverlayEntry{config.Overlay.Deny, config.Overlay.Allow} {
				for i := range entries {
					entries[i].Until = time.Time{}
				}
			}
			compiled, err = decide.Compile(config)
			require.NoError(t, err)
		}
		policies++
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
	for seed := range seeds(400) {
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
		// What never ends is compiled in, what ends is laid over.
		all, own, overlay := config.Overlay, &zone.Overlay{}, &zone.Overlay{}
		for _, part := range []struct{ from, own, laid *[]zone.OverlayEntry }{{&all.Deny, &own.Deny, &overlay.Deny}, {&all.Allow, &own.Allow, &overlay.Allow}} {
			for _, entry := range *part.from {
				if to := part.own; entry.Until.IsZero() && seed%2 == 0 {
					*to = append(*to, entry)
				} else {
					*part.laid = append(*part.laid, entry)
				}
			}
		}
		config.Overlay = own
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
			if len(overlay.Deny)+len(overlay.Allow) > 0 {
				require.NotEqual(t, base.Info().Fingerprint, got.Info().Fingerprint)
			}
			require.Equal(t, file, snapshotOf(t, base), "seed %d: the policy has changed", seed)
			if later := got.Info().OverlayUntil; !later.IsZero() {
				ended, err := base.WithOverlay(overlay, later)
				require.NoError(t, err)
				config.Overlay, config.Now = all, later
				want, err := decide.Compile(config)
				require.NoError(t, err)
				for change := range decide.Diff(want, ended) {
					require.Fail(t, "they differ later", "seed %d, %s: %v", seed, name, change)
				}
				config.Overlay, config.Now = own, overlayNow
			}
		}
	}
	require.Greater(t, overlays, int(seeds(400)/8))
}

// What an overlay cannot be laid over, and what is no overlay.
func TestWithOverlayRefuses(t *testing.T) {
	overlay := snapshotDocuments.config(t).Overlay
	var none *decide.Policy
	for _, policy := range []*decide.Policy{none, {}} {
		_, err := policy.WithOverlay(overlay, overlayNow)
		require.ErrorIs(t, err, decide.ErrEmptyPolicy)
		require.ErrorIs(t, policy.WriteSnapshot(io.Discard), decide.ErrEmptyPolicy)
	}
	config := snapshotDocuments.config(t)
	compiled, err := decide.Compile(config)
	require.NoError(t, err)
	read := readSnapshot(t, snapshotOf(t, compiled))
	for _, policy := range []*decide.Policy{compiled, read} {
		same, err := policy.WithOverlay(nil, overlayNow)
		require.NoError(t, err)
		require.Same(t, policy, same)
		ending := &zone.Overlay{Deny: []zone.OverlayEntry{{Entry: overlay.Deny[0].Entry, Until: overlayNow.Add(time.Hour)}}}
		_, err = policy.WithOverlay(ending, time.Time{})
		require.ErrorContains(t, err, "Config.Now is zero")
		_, err = policy.WithOverlay(&zone.Overlay{Allow: make([]zone.OverlayEntry, 1)}, overlayNow)
		require.ErrorContains(t, err, "Overlay.Allow")
		laidOver, err := policy.WithOverlay(ending, overlayNow)
		require.NoError(t, err)
		err = laidOver.WriteSnapshot(io.Discard)
		findings, ok := errors.AsType[decide.Findings](err)
		require.True(t, ok, "%v", err)
		require.Equal(t, "overlay-expiry", findings[0].Code)
	}
	config.Zones[0].Zones[0].Gateways = nil
	_, err = compiled.WithOverlay(overlay, overlayNow)
	require.ErrorContains(t, err, "the documents were changed after the policy was compiled")
}

// What a snapshot says of a request is what the documents say, as far as it says it.
func TestExplainSnapshot(t *testing.T) {
	for seed := range seeds(300) {
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
			if got.ClientIndex >= 0 {
				requireConditions(t, &want, &got, at)
			}
			require.Equal(t, layerTexts(&want), layerTexts(&got), at)
			if got.ClientIndex < 0 {
				require.False(t, got.Range.IsValid(), at)
				continue
			}
			client := got.Decision.Client
			for first, last := range read.Intervals() {
				if first.Compare(client) <= 0 && client.Compare(last) <= 0 {
					require.Equal(t, netipx.IPRangeFrom(first, last), got.Range, at)
				}
			}
		}
	}
}

// The rules of a snapshot are those that can apply, and as many conditions hold of them.
func TestExplainSnapshotOfManyRules(t *testing.T) {
	var rules []string
	for i := range 150 {
		rules = append(rules, fmt.Sprintf(`{"name":"%d","conditions":{"network":{"connection":"ZONE","%s":["z%d"]}},"actions":{"signon":{"access":"ALLOW"}}}`, i, []string{"include", "exclude"}[i/3%2], i%7))
	}
	var zones []string
	for i := range 7 {
		zones = append(zones, ipZoneJSON(fmt.Sprint("z", i), "POLICY", fmt.Sprintf("192.0.2.%d-192.0.2.%d", i, i+2), ""))
	}
	zones[3] = `{"id":"z3","name":"US","type":"DYNAMIC","status":"ACTIVE","usage":"POLICY","locations":[{"country":"US"}]}`
	documents := documents{zones: "[" + strings.Join(zones, ",") + "]", csv: "192.0.2.0/30,US,,,,\n192.0.2.4,FR,,,,\n"}
	for _, list := range [][]string{rules[:70], rules} {
		documents.rules = append(documents.rules, "["+strings.Join(list, ",")+"]")
	}
	compiled := documents.compile(t)
	read := readSnapshot(t, snapshotOf(t, compiled))
	for i := range 10 {
		chain := chainOf(fmt.Sprint("192.0.2.", i))
		want, got := compiled.Explain(chain...), read.Explain(chain...)
		require.Len(t, got.Rules, 220)
		requireConditions(t, &want, &got, chain[0].String())
	}
}

// requireConditions sees that the conditions of the rules that a snapshot knows are what
// the documents say.
func requireConditions(t testing.TB, want, got *decide.Explanation, at string) {
	t.Helper()
	rest := want.Rules
	for _, rule := range got.Rules {
		i := slices.IndexFunc(rest, func(r decide.RuleTrace) bool { return r.Rule == rule.Rule && r.Active })
		require.GreaterOrEqual(t, i, 0, at)
		require.Equal(t, rest[i].Condition, rule.Condition, "%s: rule %s", at, rule.Rule)
		require.Equal(t, rest[i].Applied, rule.Applied, "%s: rule %s", at, rule.Rule)
		rest = rest[i+1:]
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
