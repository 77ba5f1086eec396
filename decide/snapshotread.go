package decide

import (
	"io"
	"time"

	"github.com/netwicket/netwicket/decide/internal/snapfile"
	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/internal/iptable"
	"github.com/netwicket/netwicket/zone"
)

// ReadSnapshot reads a policy that [Policy.WriteSnapshot] wrote, here or on another machine.
// It decides as that one did; [Policy.Explain] has no documents and databases to speak of.
// The cost is that of making the tables: some tens of milliseconds for a hundred zones on
// databases of the whole internet.
//
// The error is [Findings] of one finding, without a file: snapshot-format of a newer format,
// snapshot-truncated of a file that is not whole, snapshot-digest of a damaged one,
// snapshot-limit of one that is too large (memory is bounded: no more is unpacked than the
// limits allow) and snapshot-invalid of any other content that no program wrote; or else
// the reader's error. The digest proves that nothing was damaged, not who wrote the
// snapshot: see docs/releases.md.
func ReadSnapshot(r io.Reader) (*Policy, error) {
	file, err := snapfile.Read(r)
	if err != nil {
		return nil, asFindings(err)
	}
	header, err := headerOf(file)
	if err != nil {
		return nil, err
	}
	content := &snapshotReader{Policy: &Policy{}}
	p, err := content.read(file.Body, header.describes)
	if err != nil {
		return nil, asFindings(err)
	}
	return p, nil
}

// snapshotReader makes a policy of the sections.
type snapshotReader struct {
	*Policy
	texts       []string
	rules       *setInterner
	rulesByZone []uint32
	edges4      iptable.Edges4
	edges6      iptable.Edges6
	known       []SnapshotDocument
}

// read reads the sections, which have to be of the policy that the header describes.
func (r *snapshotReader) read(body []byte, described func(*Policy) bool) (*Policy, error) {
	in := snapfile.NewDecoder(body)
	read := func(tag uint16, content func(*snapfile.Decoder)) error {
		from := in.Section(tag)
		content(from)
		return from.Close()
	}
	for _, step := range []func() error{
		func() error { return read(sectionStrings, r.readTexts) },
		func() error { return read(sectionZones, r.readZones) },
		func() error { return read(sectionPatterns, r.readPatterns) },
		func() error { return read(sectionSets, r.readSets) },
		func() error { return read(sectionRules, r.readRules) },
		func() error { return read(sectionSettings, r.readSettings) },
		func() error { return read(sectionClasses, r.readClasses) },
		func() error { return r.readEdges(in.Section(sectionEdges4), in.Section(sectionEdges6)) },
		func() error { return read(sectionRepeats, r.readRepeats) },
		func() error { return read(sectionInfo, r.readInfo) },
		func() error { return read(sectionDocuments, r.readDocuments) },
		in.Close,
	} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	p := r.Policy
	p.documents = &documents{snapshot: knownDocuments{texts: r.known}}
	p.info.Intervals4, p.info.Intervals6 = len(r.edges4.First), len(r.edges6.First)
	if !described(p) {
		return nil, snapfile.Invalid("the header describes another policy than the content is")
	}
	if err := p.checkSize(); err != nil {
		return nil, err
	}
	p.blockPatterns()
	p.classAt = iptable.BuildAndEmpty(&r.edges4, &r.edges6)
	p.settleRules(r.rules, r.rulesByZone)
	p.finish(nil, nil)
	return p, nil
}

// describes says that a header is that of a policy.
func (h *SnapshotHeader) describes(p *Policy) bool {
	return h.Fingerprint == p.info.Fingerprint && h.Zones == len(p.zones) && h.Classes == len(p.classes) &&
		h.Intervals4 == p.info.Intervals4 && h.Intervals6 == p.info.Intervals6 && len(h.Data) == len(p.info.Data) && h.Documents == (len(p.documents.snapshot.texts) > 0)
}

func (r *snapshotReader) readTexts(in *snapfile.Decoder) {
	r.texts = make([]string, in.Count(maxThings, "texts"))
	for i := range r.texts {
		r.texts[i] = in.Text()
	}
}

func (r *snapshotReader) text(in *snapfile.Decoder) string {
	if n := in.Below(len(r.texts), "text"); in.Err() == nil {
		return r.texts[n]
	}
	return ""
}

func (r *snapshotReader) readZones(in *snapfile.Decoder) {
	for range in.Count(maxThings, "zones") {
		ref := ZoneRef{ID: r.text(in), Name: r.text(in)}
		key := (&zone.Zone{ID: ref.ID, Name: ref.Name}).Key()
		typ, use := zone.Type(r.text(in)), zoneUse(in.Byte(byte(zoneUses)))
		if use != inactiveUse && !typ.Known() || use == exemptUse && typ != zone.IP {
			in.Fail(snapfile.Invalid("zone %q has type %q, which does not go with its use %s", key, typ, use))
		}
		r.addZone(ref, key, typ, use)
	}
	r.settleZones()
}

// readPatterns reads the patterns. Whether there are the sets that they name is seen when
// those are read, and blockPatterns works the blocklists out.
func (r *snapshotReader) readPatterns(in *snapfile.Decoder) {
	r.addressPatterns = make([]addressPattern, in.Count(maxThings, "address patterns"))
	for i := range r.addressPatterns {
		r.addressPatterns[i] = addressPattern{
			gateways: in.Below(maxThings, "set"), proxies: in.Below(maxThings, "set"), flags: flags(in.Below(int(snapshotFlags)+1, "flags")),
		}
		if r.addressPatterns[i].flags&^snapshotFlags != 0 {
			in.Fail(snapfile.Invalid("an address pattern has a flag that there is none of"))
		}
	}
	r.geoPatterns = make([]geoPattern, in.Count(maxThings, "geo patterns"))
	for i := range r.geoPatterns {
		pattern := geoPattern{
			match: in.Below(maxThings, "set"), unknown: in.Below(maxThings, "set"),
			country: truths[in.Byte(byte(len(truths)))],
		}
		pattern.causes.place = places[in.Byte(byte(len(places)))]
		for column := range pattern.causes.zones {
			pattern.causes.zones[column] = in.Below(maxThings, "set")
		}
		pattern.repeats = in.Below(maxThings, "repeat")
		r.geoPatterns[i] = pattern
	}
}

func (r *snapshotReader) readSets(in *snapfile.Decoder) {
	r.ipSets, r.dynamicSets = readSetsOf(in, r.ipBits), readSetsOf(in, r.dynamicBits)
	trusting := make([]uint64, r.ipWords)
	for i := range r.zones {
		if z := &r.zones[i]; z.kind == ipZone {
			setBit(trusting, z.bit, z.use == policyUse)
		}
	}
	for i := range r.addressPatterns {
		pattern := &r.addressPatterns[i]
		if !r.ipSets.has(pattern.gateways) || !r.ipSets.has(pattern.proxies) {
			in.Fail(snapfile.Invalid("address pattern %d names a set of zones that there is none of", i))
			return
		}
		for w, words := range trusting {
			proxies := r.ipSets.word(pattern.proxies, w)
			if proxies&^words != 0 {
				in.Fail(snapfile.Invalid("address pattern %d is a proxy of a zone that trusts none", i))
			}
			if proxies != 0 {
				pattern.flags |= trustedProxy
			}
		}
	}
	for i := range r.geoPatterns {
		pattern := &r.geoPatterns[i]
		for _, set := range append([]uint32{pattern.match, pattern.unknown}, pattern.causes.zones[:]...) {
			if !r.dynamicSets.has(set) {
				in.Fail(snapfile.Invalid("geo pattern %d names a set of zones that there is none of", i))
			}
		}
	}
}

// readSetsOf reads sets over so many bits.
func readSetsOf(in *snapfile.Decoder, width int) *sets {
	none := newSets((width + 63) / 64)
	if none.stride == 0 {
		return none
	}
	s := &sets{stride: none.stride, perSet: none.perSet}
	chunks := in.Count(maxThings*s.perSet, "chunks of sets")
	s.words = in.Words(chunks * s.stride)
	if s.perSet > 1 {
		count := in.Count(maxThings, "sets")
		s.chunks = make([]uint32, 0, min(count*s.perSet, 1<<16))
		for range count * s.perSet {
			if s.chunks = append(s.chunks, in.Below(chunks, "chunk")); in.Err() != nil {
				break
			}
		}
	}
	if in.Err() != nil {
		return none
	}
	if s.count() == 0 || !s.isEmpty(0) {
		in.Fail(snapfile.Invalid("the first set of zones is not the empty one"))
		return none
	}
	for id := range s.count() {
		for w := width / 64; w < s.perSet*s.stride; w++ {
			if behind := s.word(uint32(id), w) >> max(0, width-64*w); behind != 0 {
				in.Fail(snapfile.Invalid("set %d holds a zone behind the last one", id))
			}
		}
	}
	return s
}

// readRules reads the rule sets, and which rules list each zone.
func (r *snapshotReader) readRules(in *snapfile.Decoder) {
	var bits []int // of all rules, by their place
	for range in.Count(maxThings, "policies") {
		set := r.addRuleSet()
		for range in.Count(maxThings-len(bits), "rules") {
			name, of := r.text(in), in.Byte(ruleBits)
			word, bit := set.add(&r.ruleWords, rule{name: name, allow: of&ruleAllows != 0})
			setBit(r.ruleWords.exclude[word:], bit, of&ruleExcludes != 0)
			setBit(r.ruleWords.possibly[word:], bit, of&rulePossibly != 0)
			setBit(r.ruleWords.always[word:], bit, of&ruleAlways != 0)
			bits = append(bits, 64*word+bit)
		}
	}
	words := len(r.ruleWords.exclude)
	row := make([]uint64, words)
	r.rules, r.rulesByZone = newSetInterner(words), make([]uint32, len(r.zones))
	for i := range r.zones {
		count := in.Count(len(bits), "rules of a zone")
		place := uint64(0)
		for n := range count {
			distance := in.Number()
			if distance >= uint64(len(bits))-place || n > 0 && distance == 0 {
				in.Fail(snapfile.Invalid("the rules that list zone %d are not in order, or one is behind the last", i))
				return
			}
			place += distance
			setBit(row, bits[place], true)
		}
		if count == 0 {
			continue
		}
		r.rulesByZone[i] = r.rules.id(row)
		clear(row)
	}
}

func (r *snapshotReader) readSettings(in *snapfile.Decoder) {
	r.threat.action = zone.ThreatAction(in.Byte(byte(zone.ThreatBlock) + 1))
	for range in.Count(r.ipBits, "excluded zones") {
		bit := int(in.Below(r.ipBits, "IP zone"))
		if r.walkable[bit/64]>>(bit%64)&1 == 0 {
			in.Fail(snapfile.Invalid("IP zone %d cannot be excluded from ThreatInsight: it is a blocklist", bit))
		}
		r.threat.excluded = addToMask(r.threat.excluded, bit)
	}
	settings := r.sailPoint.flagsOf()
	flags := in.Below(1<<len(settings), "settings")
	for i, flag := range settings {
		*flag = flags>>i&1 != 0
	}
}

func (r *snapshotReader) readClasses(in *snapfile.Decoder) {
	r.classes = make([]class, in.Count(maxThings, "classes"))
	for i := range r.classes {
		r.classes[i] = class{in.Below(len(r.addressPatterns), "address pattern"), in.Below(len(r.geoPatterns), "geo pattern")}
	}
}

func (r *snapshotReader) readInfo(in *snapfile.Decoder) {
	r.info.Snapshot = true
	r.info.Fingerprint = r.text(in)
	if !isFingerprint(r.info.Fingerprint) {
		in.Fail(snapfile.Invalid("the fingerprint is no hexadecimal number of 16 bytes"))
	}
	r.info.Rules = int(in.Below(maxThings, "rules"))
	for range in.Count(maxThings, "geo sources") {
		dataset := geo.Dataset{Kind: geo.Kind(in.Byte(byte(geo.Netset) + 1)), Type: r.text(in)}
		if seconds := in.Number(); seconds > 0 {
			dataset.Built = time.Unix(int64(min(seconds, 1<<40)), 0).UTC()
		}
		dataset.Networks, dataset.Networks4 = int(in.Below(1<<31-1, "networks")), int(in.Below(1<<31-1, "networks"))
		dataset.Provides = geo.Field(in.Byte(1 << 5))
		r.info.Data = append(r.info.Data, dataset)
	}
}

// blockPatterns works out the blocklists of patterns, which follow from their zones.
func (p *Policy) blockPatterns() {
	blocks := map[zoneKind][]uint64{ipZone: make([]uint64, p.ipWords), dynamicZone: make([]uint64, p.dynamicWords)}
	zoneOf := map[zoneKind][]int32{ipZone: make([]int32, p.ipBits), dynamicZone: make([]int32, p.dynamicBits)}
	for i := range p.zones {
		if z := &p.zones[i]; z.kind != inactiveZone {
			setBit(blocks[z.kind], z.bit, z.blocks)
			zoneOf[z.kind][z.bit] = int32(i)
		}
	}
	first := func(kind zoneKind, of *sets, ids ...uint32) int32 {
		for w, blocking := range blocks[kind] {
			word := uint64(0)
			for _, id := range ids {
				word |= of.word(id, w)
			}
			if word &= blocking; word != 0 {
				return zoneOf[kind][64*w+trailingZeros(word)]
			}
		}
		return none
	}
	for i := range p.addressPatterns {
		p.addressPatterns[i].block = first(ipZone, p.ipSets, p.addressPatterns[i].gateways)
	}
	for i := range p.geoPatterns {
		pattern := &p.geoPatterns[i]
		pattern.block = first(dynamicZone, p.dynamicSets, pattern.match)
		pattern.blockUnknown = first(dynamicZone, p.dynamicSets, pattern.match, pattern.unknown)
	}
}
