package decide_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide"
)

// With the documents in it, a snapshot names the entries and places that the documents'
// own explanation names, and decides as before.
func TestExplainSnapshotWithDocuments(t *testing.T) {
	entries := 0
	for seed := range seeds(300) {
		random := newRandomPolicy(seed)
		compiled, err := decide.Compile(random.config(t))
		if err != nil || !compiled.Info().OverlayUntil.IsZero() {
			continue
		}
		var file, again bytes.Buffer
		require.NoError(t, compiled.WriteSnapshotWith(&file, random.texts))
		require.NoError(t, compiled.WriteSnapshotWith(&again, random.texts))
		require.Equal(t, file.Bytes(), again.Bytes())
		header, err := decide.ReadSnapshotHeader(bytes.NewReader(file.Bytes()))
		require.NoError(t, err)
		require.True(t, header.Documents)
		read := readSnapshot(t, file.Bytes())
		require.Empty(t, decide.SameAsRead(compiled, read))
		plain := readSnapshot(t, snapshotOf(t, compiled))
		for range 12 {
			chain := random.chain()
			want, got, without := compiled.Explain(chain...), read.Explain(chain...), plain.Explain(chain...)
			at := fmt.Sprintf("seed %d: %v", seed, chain)
			require.Equal(t, want.Decision.String(), got.Decision.String(), at)
			require.Equal(t, zoneTexts(&without), zoneTexts(&got), at)
			require.Equal(t, layerTexts(&without), layerTexts(&got), at)
			for i := range want.Zones {
				require.Equal(t, want.Zones[i].Position, got.Zones[i].Position, at)
				require.Equal(t, want.Zones[i].Entry, got.Zones[i].Entry, at)
				require.Zero(t, without.Zones[i].Position, at)
				if got.Zones[i].Entry.Line > 0 {
					entries++
				}
			}
			for i, layer := range want.Layers {
				require.Zero(t, without.Layers[i].Entries, at)
				if layer.Layer == "sailpoint" { // whose countries are not known
					require.Subset(t, layer.Entries, got.Layers[i].Entries, at)
					continue
				}
				require.Equal(t, layer.Entries, got.Layers[i].Entries, at)
				entries += len(layer.Entries)
			}
			placed := map[string]bool{}
			for _, rule := range want.Rules {
				placed[fmt.Sprint(rule.Rule, rule.Position)] = true
			}
			for _, rule := range got.Rules {
				require.True(t, placed[fmt.Sprint(rule.Rule, rule.Position)], at)
			}
		}
	}
	require.Greater(t, entries, int(seeds(500)))
}

// Documents of another policy, and texts that are none, tell nothing and change nothing.
func TestSnapshotWithOtherDocuments(t *testing.T) {
	compiled := snapshotDocuments.compile(t)
	text := func(kind decide.DocumentKind, text string) decide.SnapshotDocument {
		return decide.SnapshotDocument{Kind: kind, Name: "other.json", Text: []byte(text)}
	}
	plain := readSnapshot(t, snapshotOf(t, compiled))
	for name, texts := range map[string][]decide.SnapshotDocument{
		"other zones":        {text(decide.ZonesDocument, `[`+ipZoneJSON("other", "POLICY", "0.0.0.0/0", "")+`]`)},
		"other rules":        {text(decide.RulesDocument, `[{"name":"other","actions":{"signon":{"access":"ALLOW"}}}]`)},
		"nonsense":           {text(decide.ZonesDocument, "nonsense"), text(decide.OverlayDocument, ""), text(decide.ThreatFeedDocument, "\x00")},
		"an entry that ends": {text(decide.OverlayDocument, `{"deny":[{"network":"192.0.2.66","until":"2999-01-01T00:00:00Z"}]}`)},
	} {
		var file bytes.Buffer
		require.NoError(t, compiled.WriteSnapshotWith(&file, texts))
		read := readSnapshot(t, file.Bytes())
		for _, chain := range []string{"192.0.2.9", "192.0.2.66", "198.51.100.9", "?", "10.0.0.1 192.0.2.9"} {
			require.Equal(t, plain.Explain(chainOf(chain)...), read.Explain(chainOf(chain)...), "%s: %s", name, chain)
		}
	}
	require.ErrorContains(t, compiled.WriteSnapshotWith(&bytes.Buffer{}, []decide.SnapshotDocument{text(0, "")}), "kind 0")
	require.ErrorContains(t, compiled.WriteSnapshotWith(&bytes.Buffer{}, []decide.SnapshotDocument{text(decide.ThreatFeedDocument, string(make([]byte, 256<<20)))}), "the limits are")
}

// A header may not say that there are documents where there are none, nor the other way
// round.
func TestSnapshotHeaderTellsOfDocuments(t *testing.T) {
	compiled := snapshotDocuments.compile(t)
	var with bytes.Buffer
	require.NoError(t, compiled.WriteSnapshotWith(&with, []decide.SnapshotDocument{{Kind: decide.ThreatFeedDocument, Name: "feed.txt"}}))
	plain, whole := openSnapshot(t, snapshotOf(t, compiled)), openSnapshot(t, with.Bytes())
	for _, file := range [][]byte{fileOf(t, plain.Header, whole.Body), fileOf(t, whole.Header, plain.Body)} {
		_, err := decide.ReadSnapshot(bytes.NewReader(file))
		require.ErrorContains(t, err, "the header describes another policy")
	}
}
