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
	tells       Sorts  // the sorts of anonymizers that it speaks about
	hides       Sorts  // those of them that the address hides behind
	replaces    bool   // services replace those of earlier sources; else they join them
	services    uint32 // index into vocabulary.sets
}

// places are the country, region and ASN that a statement gives a source the
// right to call provided: to state that one is unknown provides nothing
// (docs/semantics.md, geo-5).
func (s *statement) places() Field {
	provided := s.states & (Country | Region | ASN)
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
	hides       Sorts // the sorts of anonymizers that the address hides behind
	told        Sorts // the sorts of anonymizers that are known to be there or not
	toldService Sorts // the same for services; settled, it is in the set
	chosen      bool  // of addresses that clients choose, until it is settled
}

// anonymizer is what the sorts come to: Tor wins over everything else, and none
// is known only if every sort is (docs/semantics.md, geo-7 and geo-11).
func (f *fact) anonymizer() Anonymizer {
	switch {
	case f.hides.Has(TorSort):
		return Tor
	case f.hides != 0:
		return Anonymous
	case f.told == AllSorts:
		return AnonymizerNone
	default:
		return AnonymizerUnknown
	}
}

// packedFact is a settled fact in 16 bytes, four to a cache line.
type packedFact struct {
	asn     uint32
	regions uint32
	sorted  uint32 // the services, and the sorts that the anonymizer is told of in the highest four bits
	codes   uint32 // three countries of 10 bits each, and the anonymizer in the highest two
}

// servicesBits are those of a services' index: a file of the largest size that is
// read has not half as many records, each with a name of its own.
const servicesBits = 28

// pack needs country codes to have 10 bits, anonymizers 2 and sorts 4.
func (f *fact) pack() packedFact {
	codes := uint32(f.country) | uint32(f.registered)<<10 | uint32(f.represented)<<20 | uint32(f.anonymizer())<<30
	return packedFact{f.asn, f.regions, f.services | uint32(f.told)<<servicesBits, codes}
}

func (f *packedFact) services() uint32 { return f.sorted & (1<<servicesBits - 1) }
func (f *packedFact) told() Sorts      { return Sorts(f.sorted >> servicesBits) }

func (f *packedFact) country() countryCode     { return countryCode(f.codes & 0x3ff) }
func (f *packedFact) registered() countryCode  { return countryCode(f.codes >> 10 & 0x3ff) }
func (f *packedFact) represented() countryCode { return countryCode(f.codes >> 20 & 0x3ff) }
func (f *packedFact) anonymizer() Anonymizer   { return Anonymizer(f.codes >> 30) }

// apply is the joining rule: what f becomes, field by field, when a later source
// makes the statement s; a region goes with its country, and of the anonymizer a
// statement overrides the sorts that it speaks about (docs/semantics.md, join-1,
// join-2 and geo-11).
func (v *vocabulary) apply(f fact, s *statement) fact {
	if s.states.Has(Country) {
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
	if v.regionSets[f.regions].country != f.country {
		f.regions = 0 // they were another country's
	}
	if s.states.Has(ASN) {
		f.asn = s.asn
	}
	f.hides = f.hides&^s.tells | s.hides
	f.told |= s.tells
	if s.states.Has(ServicesField) {
		f.services = v.join(f.services, s)
		if s.replaces {
			f.toldService = AllSorts // the cell lists all that there is
		}
	}
	return f
}

// join adds services to those of earlier sources, or lets a cell replace them
// (docs/semantics.md, join-3).
func (v *vocabulary) join(before uint32, s *statement) uint32 {
	if s.replaces {
		return s.services
	}
	both := append([]Service(nil), v.sets[before].services...)
	return v.set(append(both, v.sets[s.services].services...))
}

// settle is the last step: of the sorts that the sources are complete for in
// the address's family, an address about which none of them says anything is
// known to be of none (docs/semantics.md, geo-4 and geo-11). Of an address that
// its client chose they say nothing (embedded-5).
func (v *vocabulary) settle(f fact, provided *families, v6 bool) fact {
	here, by := &provided.v4, settledByIPv4
	switch {
	case f.chosen:
		here, by = &Provided{}, settledByNobody
	case v6 && !provided.v4.settlesLike(&provided.v6):
		here, by = &provided.v6, settledByIPv6
	}
	f.told |= here.Anonymizer
	told := f.toldService | here.Services
	f.toldService, f.chosen = 0, false
	if told == 0 && len(here.Operators) == 0 { // what is named by a database is of a sort that is told of
		return f
	}
	key := settledSet{f.services, told, by}
	id, known := v.settled[key]
	if !known {
		id = uint32(len(v.sets))
		v.sets = append(v.sets, serviceSet{v.sets[f.services].services, told, here})
		v.settled[key] = id
	}
	f.services = id
	return f
}
