package geo

import "maps"

// vocabulary interns the texts and sets that statements and facts refer to by
// index. It belongs to one Load and is closed afterwards.
type vocabulary struct {
	regionSets  []regionSet
	regionIndex map[string]uint32
	sets        []serviceSet
	setIndex    map[string]uint32
	settled     map[settledSet]uint32
}

// settledSet is a set of services together with what is known besides them.
type settledSet struct {
	services uint32
	told     Sorts
	by       settledBy
}

// settledBy says what of the sources is known of an address.
type settledBy uint8

const (
	settledByIPv4 settledBy = iota // also for IPv6, if they provide the same for it
	settledByIPv6
	settledByNobody
)

// noServices is the number of the set without any, stated or not: what is known besides tells the two apart.
const noServices = 0

func newVocabulary() *vocabulary {
	return &vocabulary{
		regionSets:  make([]regionSet, 1), // 0: unknown
		regionIndex: map[string]uint32{},
		sets:        make([]serviceSet, 1), // noServices
		setIndex:    map[string]uint32{"": noServices},
		settled:     map[settledSet]uint32{},
	}
}

// close drops what only interning needs.
func (v *vocabulary) close() { v.regionIndex, v.setIndex, v.settled = nil, nil, nil }

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
	}
	id, known := v.setIndex[string(key)]
	if !known {
		id = uint32(len(v.sets))
		v.sets = append(v.sets, serviceSet{services: services})
		v.setIndex[string(key)] = id
	}
	return id
}

// renumbering gives the numbers that one vocabulary has for the texts and sets of
// another.
type renumbering struct{ regions, services []uint32 }

// adopt takes over what another vocabulary holds, in its order. It has settled
// nothing yet.
func (v *vocabulary) adopt(other *vocabulary) renumbering {
	r := renumbering{make([]uint32, len(other.regionSets)), make([]uint32, len(other.sets))}
	for i, set := range other.regionSets {
		r.regions[i] = v.regionSet(set)
	}
	for i, set := range other.sets {
		r.services[i] = v.set(set.services)
	}
	return r
}

func (r *renumbering) apply(statements []statement) {
	for i := range statements {
		s := &statements[i]
		s.regions, s.services = r.regions[s.regions], r.services[s.services]
	}
}

// fork is a vocabulary that goes on from what v holds, beside v: neither sees what
// the other adds. It shares what is there already. Of regions it can add none.
func (v *vocabulary) fork() *vocabulary {
	return &vocabulary{
		regionSets: v.regionSets, sets: v.sets[:len(v.sets):len(v.sets)], setIndex: maps.Clone(v.setIndex),
	}
}

// rejoin takes over what a fork has added since v held so many sets of services,
// and renumbers the facts that use it.
func (v *vocabulary) rejoin(fork *vocabulary, held int, facts []fact) {
	added := make([]uint32, len(fork.sets)-held)
	for i := range added {
		added[i] = v.set(fork.sets[held+i].services)
	}
	for i := range facts {
		if s := &facts[i].services; int(*s) >= held {
			*s = added[int(*s)-held]
		}
	}
}
