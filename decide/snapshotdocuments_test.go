package decide_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
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
		"other zones":           {text(decide.ZonesDocument, `[`+ipZoneJSON("other", "POLICY", "0.0.0.0/0", "")+`]`)},
		"zones of other names":  {text(decide.ZonesDocument, strings.ReplaceAll(snapshotDocuments.zones, `"name":"office"`, `"name":"another"`))},
		"zones of other ids":    {text(decide.ZonesDocument, strings.ReplaceAll(snapshotDocuments.zones, `"id":"office"`, `"id":"another"`))},
		"rules of other names":  {text(decide.RulesDocument, strings.ReplaceAll(snapshotDocuments.rules[0], "not old", "not new"))},
		"rules of two policies": {text(decide.RulesDocument, snapshotDocuments.rules[0]), text(decide.RulesDocument, snapshotDocuments.rules[0])},
		"other rules":           {text(decide.RulesDocument, `[{"name":"other","actions":{"signon":{"access":"ALLOW"}}}]`)},
		"nonsense":              {text(decide.ZonesDocument, "nonsense"), text(decide.OverlayDocument, ""), text(decide.ThreatFeedDocument, "\x00")},
		"an entry that ends":    {text(decide.OverlayDocument, `{"deny":[{"network":"192.0.2.66","until":"2999-01-01T00:00:00Z"}]}`)},
	} {
		var file bytes.Buffer
		require.NoError(t, compiled.WriteSnapshotWith(&file, texts))
		read := readSnapshot(t, file.Bytes())
		for _, chain := range []string{"192.0.2.9", "192.0.2.66", "198.51.100.9", "?", "10.0.0.1 192.0.2.9"} {
			require.Equal(t, plain.Explain(chainOf(chain)...), read.Explain(chainOf(chain)...), "%s: %s", name, chain)
		}
	}
}

// What is no document, and what is too much of one, is refused before anything is written.
func TestSnapshotRefusesDocuments(t *testing.T) {
	compiled := snapshotDocuments.compile(t)
	for kind := range decide.DocumentKind(12) {
		var out bytes.Buffer
		err := compiled.WriteSnapshotWith(&out, []decide.SnapshotDocument{{Kind: decide.OverlayDocument, Name: "first"}, {Kind: kind, Name: "other"}})
		if kind >= decide.ZonesDocument && kind <= decide.OverlayDocument {
			require.NoError(t, err)
			continue
		}
		require.EqualError(t, err, fmt.Sprintf(`document "other" has kind %d, which is none`, kind))
		require.Zero(t, out.Len())
	}
	texts := sectionsOf(openSnapshot(t, snapshotOf(t, compiled)).Body)
	for kind, says := range map[byte]string{0: "a document has kind 0, which is none", 8: "8 stands where a number below 8 is expected", 7: ""} {
		texts[documentsSection] = join(number(1), []byte{kind}, number(0), number(0))
		_, err := decide.ReadBody(bodyOf(texts))
		if says == "" {
			require.NoError(t, err)
			continue
		}
		require.ErrorContains(t, err, says)
	}
	for n, says := range map[uint64]string{1_000_000: "are said to follow", 1_000_001: "the snapshot has 1000001 documents; the limit is 1000000"} {
		texts[documentsSection] = number(n)
		_, err := decide.ReadBody(bodyOf(texts))
		require.ErrorContains(t, err, says)
	}
}

// A policy that is too large with its documents is not written.
func TestSnapshotOfTooManyBytes(t *testing.T) {
	texts := []decide.SnapshotDocument{{Kind: decide.ThreatFeedDocument, Name: "feed.txt", Text: make([]byte, 256<<20)}}
	require.ErrorContains(t, snapshotDocuments.compile(t).WriteSnapshotWith(&bytes.Buffer{}, texts), "the limits are")
}

// A document that does not parse as a whole tells nothing, also of its part that does, and takes
// nothing from the others.
func TestSnapshotWithBrokenDocuments(t *testing.T) {
	of := snapshotDocuments
	broken := map[decide.DocumentKind]string{
		decide.ZonesDocument:         strings.Replace(of.zones, "]", `,{"id":"bad","name":"bad","type":"IP","status":"ACTIVE","usage":"POLICY","gateways":[{"type":"CIDR","value":"nonsense"}]}]`, 1),
		decide.RulesDocument:         `[{"name":"ok","actions":{"signon":{"access":"ALLOW"}}},{"name":"bad"}]`,
		decide.ThreatFeedDocument:    "198.51.100.9\n192.0.2.9\nnonsense\n",
		decide.NetworkConfigDocument: `{"range":["192.0.2.0/24","nonsense"]}`,
		decide.OverlayDocument:       `{"deny":[{"network":"192.0.2.0/24"},{"network":"nonsense"}],"allow":[{"network":"198.51.100.0/24"}]}`,
		decide.ThreatInsightDocument: "nonsense", decide.AuthProfileDocument: "nonsense",
	}
	compiled, texts := of.compile(t), of.texts()
	explain := func(texts []decide.SnapshotDocument) (all []decide.Explanation) {
		var file bytes.Buffer
		require.NoError(t, compiled.WriteSnapshotWith(&file, texts))
		read := readSnapshot(t, file.Bytes())
		for _, chain := range []string{"192.0.2.9", "192.0.2.66", "198.51.100.9", "198.51.100.66", "203.0.113.7", "203.0.113.8", "10.0.0.1 192.0.2.9", "10.0.0.1 ?"} {
			all = append(all, read.Explain(chainOf(chain)...))
		}
		return all
	}
	want := explain(texts)
	require.NotEqual(t, explain(nil), want)
	// Rules of another policy tell nothing beside its own zones either, nor take anything from them.
	beside := slices.DeleteFunc(slices.Clone(texts), func(d decide.SnapshotDocument) bool { return d.Kind == decide.RulesDocument })
	other := decide.SnapshotDocument{Kind: decide.RulesDocument, Name: "other.json", Text: []byte(strings.ReplaceAll(of.rules[0], "not old", "not new"))}
	require.Equal(t, explain(beside), explain(append(slices.Clone(beside), other)))
	for kind, text := range broken {
		bad := decide.SnapshotDocument{Kind: kind, Name: "broken", Text: []byte(text)}
		require.Equal(t, want, explain(append([]decide.SnapshotDocument{bad}, texts...)), "kind %d in front", kind)
		require.Equal(t, want, explain(append(slices.Clone(texts), bad)), "kind %d behind", kind)
	}
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
