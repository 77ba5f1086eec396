package decide

import (
	"encoding/json"
	"fmt"
	"io"
	"math/bits"
	"slices"
	"time"

	"github.com/netwicket/netwicket/decide/internal/snapfile"
	"github.com/netwicket/netwicket/internal/addrnum"
	"github.com/netwicket/netwicket/internal/iptable"
	"github.com/netwicket/netwicket/zone"
)

// WriteSnapshot writes the policy as a snapshot, from which [ReadSnapshot] makes one that
// decides the same. Equal policies give equal contents; the time of writing is not in it.
//
// An overlay's entry that ends cannot go into it, since nobody would end it: the error
// holds a finding overlay-expiry. Such entries are given to [Policy.WithOverlay] beside the
// snapshot. A nil policy and one beyond the limits of a snapshot are errors too.
func (p *Policy) WriteSnapshot(w io.Writer) error { return p.WriteSnapshotWith(w, nil) }

// WriteSnapshotWith is [Policy.WriteSnapshot] with texts of documents that the policy was
// compiled from, in the order of the Config, by which [Policy.Explain] names entries and
// their places. They decide nothing, and are not compared with what was compiled.
func (p *Policy) WriteSnapshotWith(w io.Writer, texts []SnapshotDocument) error {
	if p == nil || p.classAt == nil {
		return errNoPolicy
	}
	for _, of := range texts {
		if of.Kind == 0 || of.Kind >= documentKinds {
			return fmt.Errorf("document %q has kind %d, which is none", of.Name, of.Kind)
		}
	}
	if err := p.checkExpiry(); err != nil {
		return err
	}
	if err := p.checkSize(); err != nil {
		return asFindings(err)
	}
	header, err := json.Marshal(p.header(len(texts) > 0))
	if err != nil {
		return err
	}
	return asFindings(snapfile.Write(w, header, p.snapshotBody(texts)))
}

// checkExpiry refuses overlay entries that end: all of them that the documents show.
func (p *Policy) checkExpiry() error {
	if p.info.OverlayUntil.IsZero() {
		return nil
	}
	refuse := func(at zone.Position, text string, until time.Time) *Finding {
		return newFinding(at, text, "overlay-expiry",
			fmt.Errorf("this entry ends at %s, and a snapshot is never changed: the entry would stay in force; keep it in an overlay beside the snapshot", until.Format(time.RFC3339)))
	}
	var all Findings
	if config := &p.documents.config; config.Overlay != nil {
		for _, e := range slices.Concat(config.Overlay.Deny, config.Overlay.Allow) {
			if !e.Until.IsZero() && e.InForce(config.Now) {
				all.Add(refuse(e.Position, e.Text, e.Until))
			}
		}
	}
	if len(all) == 0 {
		all.Add(refuse(zone.Position{}, "", p.info.OverlayUntil))
	}
	return all
}

// snapshotWriter writes the sections of a policy.
type snapshotWriter struct {
	*Policy
	snapfile.Encoder
	texts map[string]uint64
	list  []string
}

func (p *Policy) snapshotBody(texts []SnapshotDocument) []byte {
	w := &snapshotWriter{Policy: p, texts: map[string]uint64{}}
	w.Section(sectionZones, w.writeZones)
	w.Section(sectionPatterns, w.writePatterns)
	w.Section(sectionSets, func() { w.writeSets(p.ipSets); w.writeSets(p.dynamicSets) })
	w.Section(sectionRules, w.writeRules)
	w.Section(sectionSettings, w.writeSettings)
	w.Section(sectionClasses, w.writeClasses)
	w.Section(sectionEdges4, func() { w.writeEdges4(p.classAt, p.info.Intervals4) })
	w.Section(sectionEdges6, w.writeEdges6)
	w.Section(sectionRepeats, w.writeRepeats)
	w.Section(sectionInfo, w.writeInfo)
	w.Section(sectionDocuments, func() { w.writeDocuments(texts) })
	var body snapfile.Encoder
	body.Section(sectionStrings, func() {
		body.Count(len(w.list))
		for _, text := range w.list {
			body.Text(text)
		}
	})
	body.Append(&w.Encoder)
	return body.Bytes()
}

// text writes the number of a text, which stands once in the section of them.
func (w *snapshotWriter) text(text string) {
	number, found := w.texts[text]
	if !found {
		number = uint64(len(w.list))
		w.texts[text] = number
		w.list = append(w.list, text)
	}
	w.Number(number)
}

func (w *snapshotWriter) writeZones() {
	w.Count(len(w.zones))
	for i := range w.zones {
		z := &w.zones[i]
		w.text(z.ref.ID)
		w.text(z.ref.Name)
		w.text(string(z.typ))
		w.Byte(byte(z.use))
	}
}

func (w *snapshotWriter) writePatterns() {
	w.Count(len(w.addressPatterns))
	for i := range w.addressPatterns {
		pattern := &w.addressPatterns[i]
		w.Number(uint64(pattern.gateways))
		w.Number(uint64(pattern.proxies))
		w.Number(uint64(pattern.flags & snapshotFlags))
	}
	w.Count(len(w.geoPatterns))
	for i := range w.geoPatterns {
		pattern := &w.geoPatterns[i]
		w.Number(uint64(pattern.match))
		w.Number(uint64(pattern.unknown))
		w.Byte(byte(slices.Index(truths[:], pattern.country)))
		w.Byte(byte(slices.Index(places[:], pattern.causes.place)))
		for _, zones := range pattern.causes.zones {
			w.Number(uint64(zones))
		}
		w.Number(uint64(pattern.repeats))
	}
}

func (w *snapshotWriter) writeSets(s *sets) {
	if s.stride == 0 {
		return
	}
	w.Count(len(s.words) / s.stride)
	for _, word := range s.words {
		w.Word(word)
	}
	if s.chunks == nil {
		return
	}
	w.Count(s.count())
	for _, chunk := range s.chunks {
		w.Number(uint64(chunk))
	}
}

// writeRules writes the rule sets, and the rules that list each zone by their place among
// all rules.
func (w *snapshotWriter) writeRules() {
	w.Count(len(w.ruleSets))
	places := make([]uint64, 64*len(w.ruleWords.exclude)) // by bit
	next := uint64(0)
	for i := range w.ruleSets {
		set := &w.ruleSets[i]
		w.Count(len(set.rules))
		for r := range set.rules {
			word, bit := set.firstWord+r/64, r%64
			places[64*word+bit] = next
			next++
			w.text(set.rules[r].name)
			w.Byte(w.ruleWords.bitsOf(word, bit))
		}
	}
	for _, listed := range w.ruleWords.byZone {
		var rules []uint64
		for word := range w.ruleWords.exclude {
			for rest := w.ruleSetsOf.word(listed, word); rest != 0; rest &= rest - 1 {
				rules = append(rules, places[64*word+trailingZeros(rest)])
			}
		}
		w.Count(len(rules))
		before := uint64(0)
		for _, place := range rules {
			w.Number(place - before)
			before = place
		}
	}
}

// bitsOf are the bits of a rule in a snapshot.
func (w *ruleWords) bitsOf(word, bit int) (of byte) {
	for i, column := range []*[]uint64{&w.allow, &w.exclude, &w.possibly, &w.always} {
		of |= byte((*column)[word]>>bit&1) << i
	}
	return of
}

func (w *snapshotWriter) writeSettings() {
	w.Byte(byte(w.threat.action))
	count := 0
	for _, m := range w.threat.excluded {
		count += bits.OnesCount64(m.bits)
	}
	w.Count(count)
	for _, m := range w.threat.excluded {
		for rest := m.bits; rest != 0; rest &= rest - 1 {
			w.Number(uint64(64*m.word + trailingZeros(rest)))
		}
	}
	flags := uint64(0)
	for i, flag := range w.sailPoint.flagsOf() {
		if *flag {
			flags |= 1 << i
		}
	}
	w.Number(flags)
}

func (w *snapshotWriter) writeClasses() {
	w.Count(len(w.classes))
	for _, c := range w.classes {
		w.Number(uint64(c.address))
		w.Number(uint64(c.geo))
	}
}

// writeEdges4 writes where the intervals of a table's IPv4 part begin, each by its distance
// from the one before, and their values.
func (w *snapshotWriter) writeEdges4(table *iptable.Table, count int) {
	w.Count(count)
	before := uint32(0)
	for first, value := range table.Edges4() {
		w.Number(uint64(first - before))
		w.Number(uint64(value))
		before = first
	}
}

func (w *snapshotWriter) writeEdges6() {
	w.Count(w.info.Intervals6)
	before := addrnum.Number{}
	for first, value := range w.classAt.Edges6() {
		w.Wide(snapfile.Difference(first, before))
		w.Number(uint64(value))
		before = first
	}
}

func (w *snapshotWriter) writeRepeats() {
	w.Count(len(w.repeats))
	for _, r := range w.repeats {
		w.Number(uint64(r.bits))
		if r.patterns == nil {
			w.Byte(0)
			continue
		}
		w.Byte(1)
		count := 0
		for range r.patterns.Edges4() {
			count++
		}
		w.writeEdges4(r.patterns, count)
	}
}

// writeInfo writes what describes the policy. Where the sources lay is left out: it says
// something of the machine, and nothing of the policy.
func (w *snapshotWriter) writeInfo() {
	w.text(w.info.Fingerprint)
	w.Count(w.info.Rules)
	w.Count(len(w.info.Data))
	for _, dataset := range w.info.Data {
		w.Byte(byte(dataset.Kind))
		w.text(dataset.Type)
		seconds := uint64(0)
		if !dataset.Built.IsZero() {
			seconds = uint64(dataset.Built.Unix())
		}
		w.Number(seconds)
		w.Count(dataset.Networks)
		w.Count(dataset.Networks4)
		w.Byte(byte(dataset.Provides))
	}
}
