package decide

// flags are what an address is to the policy apart from zones.
type flags uint16

const (
	trustedProxy flags = 1 << iota // listed in the proxies of a zone that counts
	exempted                       // a gateway of the exempt zone
	threatened                     // in a threat feed
	onNetwork                      // inside SailPoint's network definition
	overlayDenied
	overlayAllowed
	embedsIPv4 // in 64:ff9b::/96, 64:ff9b:1::/48, 2002::/16 or 2001::/32
)

// A feature is one bit of an address pattern: a gateway or proxy bit of an IP
// zone, or a flag. The numbers of features depend on how many IP zones there are.
type feature uint32

// features numbers the features: the gateway bits, the proxy bits, the flags.
type features struct{ ipBits int }

func (f features) gateway(bit int) feature { return feature(bit) }

func (f features) proxy(bit int) feature { return feature(f.ipBits + bit) }

func (f features) flag(of flags) feature { return feature(2*f.ipBits + trailingZeros(uint64(of))) }

// count is the number of all features.
func (f features) count() int { return int(f.flag(embedsIPv4)) + 1 }

// addressPattern is all that lists say of an address: addresses that no list
// tells apart share one.
type addressPattern struct {
	gateways uint32 // set of IP zones that list it as gateway
	proxies  uint32 // set of IP zones whose proxies list it and count
	rules    uint32 // set of rules that list one of the zones of gateways; for a request of one hop
	flags    flags
	block    int32 // first blocklist zone that lists it, or none
}

// patternKey is what the rest of an address pattern follows from.
type patternKey struct {
	gateways, proxies uint32
	flags             flags
}

func (a *addressPattern) key() patternKey { return patternKey{a.gateways, a.proxies, a.flags} }

type patternID struct {
	key patternKey
	id  uint32
	met bool // else there is none
}

// none stands for "no zone" where a zone index is kept.
const none = int32(-1)

// patternState is the address pattern at the sweep's current position.
type patternState struct {
	features
	counts            []uint32 // by feature: ranges that hold the address
	gateways, proxies *setCursor
	proxyCount        int // zones whose proxies list the address: any makes it trusted
	flags             flags
	changed           bool
	current, before   patternID

	sets     *setInterner
	patterns []addressPattern
	ids      map[patternKey]uint32
	blocks   []uint64 // the IP zones that are blocklists
	zoneOf   []int32  // IP bit -> zone index
}

func newPatternState(p *Policy) *patternState {
	interner := newSetInterner(p.ipWords)
	numbered := features{p.ipBits}
	s := &patternState{
		features: numbered, counts: make([]uint32, numbered.count()),
		gateways: newSetCursor(interner, p.ipWords), proxies: newSetCursor(interner, p.ipWords),
		sets: interner, ids: map[patternKey]uint32{}, changed: true,
		blocks: make([]uint64, p.ipWords), zoneOf: make([]int32, p.ipBits),
	}
	for i := range p.zones {
		z := &p.zones[i]
		if z.kind != ipZone {
			continue
		}
		s.zoneOf[z.bit] = int32(i)
		if z.blocks {
			s.blocks[z.bit/64] |= 1 << (z.bit % 64)
		}
	}
	return s
}

// apply takes a change in. Only the first range that begins and the last one that
// ends make a difference: those of one list may overlap.
func (s *patternState) apply(c change) {
	count := &s.counts[c.feature()]
	if c.more() {
		*count++
		if *count == 1 {
			s.set(int(c.feature()), true)
		}
		return
	}
	*count--
	if *count == 0 {
		s.set(int(c.feature()), false)
	}
}

func (s *patternState) set(number int, on bool) {
	s.changed = true
	switch flag := number - 2*s.ipBits; {
	case flag >= 0 && on:
		s.flags |= 1 << flag
	case flag >= 0:
		s.flags &^= 1 << flag
	case number < s.ipBits:
		s.gateways.set(number, on)
	default:
		s.proxies.set(number-s.ipBits, on)
		if on {
			s.proxyCount++
		} else {
			s.proxyCount--
		}
	}
}

// id is the id of the current pattern.
func (s *patternState) id() uint32 {
	if !s.changed {
		return s.current.id
	}
	s.changed = false
	key := patternKey{s.gateways.id(), s.proxies.id(), s.flags}
	if s.proxyCount > 0 {
		key.flags |= trustedProxy
	}
	switch {
	case s.current.met && key == s.current.key:
	case s.before.met && key == s.before.key: // where a range ends it often is as before the range
		s.current, s.before = s.before, s.current
	default:
		s.current, s.before = patternID{key, s.intern(key), true}, s.current
	}
	return s.current.id
}

func (s *patternState) intern(key patternKey) uint32 {
	id, found := s.ids[key]
	if !found {
		id = uint32(len(s.patterns))
		s.patterns = append(s.patterns, addressPattern{gateways: key.gateways, proxies: key.proxies, flags: key.flags, block: s.firstBlock()})
		s.ids[key] = id
	}
	return id
}

// firstBlock is the first blocklist that lists the address, or none. Bits are given in
// document order, so the lowest one is the first zone.
func (s *patternState) firstBlock() int32 {
	for w, word := range s.gateways.words {
		if blocking := word & s.blocks[w]; blocking != 0 {
			return s.zoneOf[64*w+trailingZeros(blocking)]
		}
	}
	return none
}

// patternAdoption gives the patterns of another state, or of a policy with the same
// zones, numbers of a state. Those that are new come behind all that it has. Rules are
// not settled.
type patternAdoption struct {
	to       *patternState
	sets     *adoption
	patterns []addressPattern
	numbers  []uint32 // 1 + number; 0: not met yet
}

func (s *patternState) adoption(patterns []addressPattern, of *sets) *patternAdoption {
	return &patternAdoption{s, newAdoption(s.sets, of), patterns, make([]uint32, len(patterns))}
}

func (a *patternAdoption) id(number uint32) uint32 {
	if a.numbers[number] == 0 {
		pattern := a.patterns[number]
		pattern.gateways, pattern.proxies = a.sets.id(pattern.gateways), a.sets.id(pattern.proxies)
		key := pattern.key()
		id, found := a.to.ids[key]
		if !found {
			id = uint32(len(a.to.patterns))
			a.to.patterns = append(a.to.patterns, pattern)
			a.to.ids[key] = id
		}
		a.numbers[number] = 1 + id
	}
	return a.numbers[number] - 1
}
