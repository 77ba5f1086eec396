package decide

import (
	"net/netip"
	"slices"
	"sync"

	"github.com/netwicket/netwicket/decide/internal/snapfile"
	"github.com/netwicket/netwicket/zone"
)

// DocumentKind is what a document in a snapshot is.
type DocumentKind uint8

// The kinds of documents. Zero is none of them.
const (
	ZonesDocument DocumentKind = iota + 1
	RulesDocument
	ThreatInsightDocument
	ThreatFeedDocument
	NetworkConfigDocument
	AuthProfileDocument
	OverlayDocument
	documentKinds
)

// SnapshotDocument is the text of a document that a policy was compiled from, for whoever
// asks a snapshot of the policy to explain a decision. It never decides.
type SnapshotDocument struct {
	Kind DocumentKind
	Name string // of its file, without folders
	Text []byte
}

// knownDocuments are the documents of a snapshot, read when they are first asked for.
// Nothing that they say counts where the policy says otherwise.
type knownDocuments struct {
	texts  []SnapshotDocument
	once   sync.Once
	parsed parsedDocuments
}

// parsedDocuments are documents as an explanation asks for them.
type parsedDocuments struct {
	zones       []*zone.Zone   // those of the policy, each in its place; none if they are others
	rules       [][]*zone.Rule // those that can apply, by policy and in the order of evaluation; none if they are others
	feeds       []zone.Entry   // of all threat feeds
	network     []zone.Entry   // SailPoint's
	deny, allow []zone.OverlayEntry
}

// known reads the documents for a policy. A text that cannot be read tells nothing.
func (d *documents) known(p *Policy) *parsedDocuments {
	k := &d.snapshot
	k.once.Do(func() {
		for _, text := range k.texts {
			k.parsed.add(text)
		}
		k.parsed.keepThoseOf(p)
	})
	return &k.parsed
}

func (d *parsedDocuments) add(from SnapshotDocument) {
	switch from.Kind {
	case ZonesDocument:
		if document, err := zone.ParseOkta(from.Name, from.Text); err == nil {
			for i := range document.Zones {
				d.zones = append(d.zones, &document.Zones[i])
			}
		}
	case RulesDocument:
		if document, err := zone.ParseOktaRules(from.Name, from.Text); err == nil {
			var rules []*zone.Rule
			for _, rule := range document.InOrder() {
				if rule.CanApply() {
					rules = append(rules, rule)
				}
			}
			d.rules = append(d.rules, rules)
		}
	case ThreatFeedDocument:
		if feed, err := zone.ParseFeed(from.Name, from.Text); err == nil {
			d.feeds = append(d.feeds, feed.Entries...)
		}
	case NetworkConfigDocument:
		if document, err := zone.ParseSailPoint(from.Name, from.Text); err == nil {
			d.network = document.Range
		}
	case OverlayDocument:
		if overlay, err := zone.ParseOverlay(from.Name, from.Text); err == nil {
			ends := func(e zone.OverlayEntry) bool { return !e.Until.IsZero() } // which is in no snapshot
			d.deny, d.allow = slices.DeleteFunc(overlay.Deny, ends), slices.DeleteFunc(overlay.Allow, ends)
		}
	case ThreatInsightDocument, AuthProfileDocument, documentKinds: // which list no addresses
	}
}

// keepThoseOf leaves out zones and rules that are not those of the policy.
func (d *parsedDocuments) keepThoseOf(p *Policy) {
	same := slices.EqualFunc(d.zones, p.zones, func(z *zone.Zone, of compiledZone) bool { return z.ID == of.ref.ID && z.Name == of.ref.Name })
	if !same {
		d.zones = nil
	}
	same = slices.EqualFunc(d.rules, p.ruleSets, func(rules []*zone.Rule, set ruleSet) bool {
		return slices.EqualFunc(rules, set.rules, func(r *zone.Rule, of rule) bool { return r.Label() == of.name })
	})
	if !same {
		d.rules = nil
	}
}

// entryThatHolds is the first entry that holds an address; nil if none does, as of no address.
func entryThatHolds(entries []zone.Entry, addr netip.Addr) *zone.Entry {
	for i := range entries {
		if entries[i].Range.Contains(addr) {
			return &entries[i]
		}
	}
	return nil
}

func overlayEntryThatHolds(entries []zone.OverlayEntry, addr netip.Addr) *zone.OverlayEntry {
	for i := range entries {
		if entries[i].Range.Contains(addr) {
			return &entries[i]
		}
	}
	return nil
}

// readDocuments reads the texts of the documents.
func (r *snapshotReader) readDocuments(in *snapfile.Decoder) {
	for range in.Count(maxThings, "documents") {
		kind := DocumentKind(in.Byte(byte(documentKinds)))
		if kind == 0 {
			in.Fail(snapfile.Invalid("a document has kind 0, which is none"))
		}
		r.known = append(r.known, SnapshotDocument{Kind: kind, Name: r.text(in), Text: []byte(in.Text())})
	}
}

// writeDocuments writes the texts of the documents.
func (w *snapshotWriter) writeDocuments(texts []SnapshotDocument) {
	w.Count(len(texts))
	for _, of := range texts {
		w.Byte(byte(of.Kind))
		w.text(of.Name)
		w.Text(string(of.Text))
	}
}
