package geo

// statement is what one source says of a network: the fields that it states,
// each with its value. A stated country, region or ASN may be unknown ("ZZ",
// "-"): that overrides what earlier sources said, where silence does not.
type statement struct {
	states      Field
	country     countryCode
	registered  countryCode
	represented countryCode
	regions     uint32 // index into vocabulary.regionSets; 0: unknown
	asn         uint32 // 0 is reserved (RFC 7607): unknown
	anonymizer  Anonymizer
	replaces    bool   // services replace those of earlier sources; else they join them
	services    uint32 // index into vocabulary.sets
}

// provides are the fields that a statement gives a source the right to call
// provided. To state that a country is unknown provides no countries; to state
// that there is no anonymizer and no service is all that such sources say of
// most addresses (docs/semantics.md, geo-5).
func (s *statement) provides() Field {
	provided := s.states
	if s.country == 0 {
		provided &^= Country
	}
	if s.regions == 0 {
		provided &^= Region
	}
	if s.asn == 0 {
		provided &^= ASN
	}
	return provided
}

// fact is what the sources so far say together of one address: a Location
// without pointers. The zero value is what no source has spoken about.
type fact struct {
	asn         uint32 // 0: unknown
	regions     uint32
	services    uint32 // 0: no source stated them
	country     countryCode
	registered  countryCode
	represented countryCode
	anonymizer  Anonymizer
	chosen      bool // of addresses that clients choose, until it is settled
}

// packedFact is a fact in 16 bytes, four to a cache line.
type packedFact struct {
	asn      uint32
	regions  uint32
	services uint32
	codes    uint32 // three countries of 10 bits each, and the anonymizer in the highest two
}

// pack needs country codes to have 10 bits and anonymizers 2.
func (f *fact) pack() packedFact {
	codes := uint32(f.country) | uint32(f.registered)<<10 | uint32(f.represented)<<20 | uint32(f.anonymizer)<<30
	return packedFact{f.asn, f.regions, f.services, codes}
}

func (f *packedFact) country() countryCode     { return countryCode(f.codes & 0x3ff) }
func (f *packedFact) registered() countryCode  { return countryCode(f.codes >> 10 & 0x3ff) }
func (f *packedFact) represented() countryCode { return countryCode(f.codes >> 20 & 0x3ff) }
func (f *packedFact) anonymizer() Anonymizer   { return Anonymizer(f.codes >> 30) }

// vocabulary interns the texts and sets that statements and facts refer to by
// index. It belongs to one Load and is closed afterwards.
type vocabulary struct {
	regionSets  []regionSet
	regionIndex map[string]uint32
	sets        []serviceSet
	setIndex    map[string]uint32
}

// The sets every vocabulary starts with.
const (
	unstatedServices = 0
	noServices       = 1
)

func newVocabulary() *vocabulary {
	v := &vocabulary{
		regionSets:  make([]regionSet, 1), // 0: unknown
		regionIndex: map[string]uint32{},
		sets:        make([]serviceSet, 1), // 0: not stated
		setIndex:    map[string]uint32{},
	}
	v.set(nil)
	return v
}

// close drops what only interning needs.
func (v *vocabulary) close() { v.regionIndex, v.setIndex = nil, nil }

// set interns a set of services, given in any order. It keeps the slice.
func (v *vocabulary) set(services []Service) uint32 {
	services = sortServices(services)
	var key []byte
	for _, s := range services {
		key = append(key, s.Name...)
		key = append(key, 0)
		key = append(key, s.Operator...)
		key = append(key, 0, byte(s.Type))
		if s.Anonymous {
			key = append(key, 1)
		}
		key = append(key, 0)
	}
	id, known := v.setIndex[string(key)]
	if !known {
		id = uint32(len(v.sets))
		v.sets = append(v.sets, serviceSet{services})
		v.setIndex[string(key)] = id
	}
	return id
}

// apply is the joining rule: what f becomes, field by field, when a later source
// makes the statement s; a region goes with its country (docs/semantics.md,
// join-1 and join-2).
func (v *vocabulary) apply(f fact, s *statement) fact {
	if s.states.Has(Country) {
		if s.country != f.country {
			f.regions = 0 // they were another country's
		}
		f.country, f.registered, f.represented = s.country, s.registered, s.represented
	} else {
		if s.registered != 0 {
			f.registered = s.registered
		}
		if s.represented != 0 {
			f.represented = s.represented
		}
	}
	if s.states.Has(Region) {
		f.regions = s.regions
	}
	if f.regions != 0 && v.regionSets[f.regions].country != f.country {
		f.regions = 0
	}
	if s.states.Has(ASN) {
		f.asn = s.asn
	}
	if s.states.Has(AnonymizerField) {
		f.anonymizer = s.anonymizer
	}
	if s.states.Has(ServicesField) {
		f.services = v.join(f.services, s)
	}
	return f
}

// join adds services to those of earlier sources, or lets a cell replace them
// (docs/semantics.md, join-3).
func (v *vocabulary) join(before uint32, s *statement) uint32 {
	if s.replaces || before <= noServices {
		return s.services
	}
	both := append([]Service(nil), v.sets[before].services...)
	return v.set(append(both, v.sets[s.services].services...))
}

// settle is the last step: where no source stated anonymizer or services, the
// address is known to have none if any source provides the field at all, since
// such sources list only offenders (docs/semantics.md, geo-4). Of an address that
// its client chose they say nothing (embedded-5).
func (f fact) settle(provides Field) fact {
	if f.chosen {
		f.chosen = false
		return f
	}
	if f.anonymizer == AnonymizerUnknown && provides.Has(AnonymizerField) {
		f.anonymizer = AnonymizerNone
	}
	if f.services == unstatedServices && provides.Has(ServicesField) {
		f.services = noServices
	}
	return f
}
