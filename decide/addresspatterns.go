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
// zone, or a flag.
type feature struct {
	kind featureKind
	bit  int32 // zone bit, or the flag itself
}

type featureKind uint8

const (
	gatewayFeature featureKind = iota
	proxyFeature
	flagFeature
)

func flagOf(f flags) feature { return feature{flagFeature, int32(f)} }

// addressPattern is all that lists say of an address: addresses that no list
// tells apart share one.
type addressPattern struct {
	gateways uint32 // set of IP zones that list it as gateway
	proxies  uint32 // set of IP zones whose proxies list it and count
	rules    uint32 // set of rules that list one of the zones of gateways; for a request of one hop
	flags    flags
	block    int32 // first blocklist zone that lists it, or none
}

// none stands for "no zone" where a zone index is kept.
const none = int32(-1)

// patternState is the address pattern at the sweep's current position.
type patternState struct {
	gateways, proxies *setCursor
	proxyCount        int // proxies that list the address: any makes it trusted
	flags             flags
	changed           bool
	current           uint32

	sets     *setInterner
	patterns []addressPattern
	ids      map[addressPattern]uint32
	blocks   []uint64 // the IP zones that are blocklists
	zoneOf   []int32  // IP bit -> zone index
}

func newPatternState(p *Policy) *patternState {
	interner := newSetInterner(p.ipWords)
	s := &patternState{
		gateways: newSetCursor(interner, p.ipWords), proxies: newSetCursor(interner, p.ipWords),
		sets: interner, ids: map[addressPattern]uint32{}, changed: true,
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

// reset goes back to an address that no list holds. A range that ends with the
// address space is never switched off, so each family starts afresh.
func (s *patternState) reset() {
	s.gateways.clear()
	s.proxies.clear()
	s.proxyCount, s.flags, s.changed = 0, 0, true
}

func (s *patternState) set(f feature, on bool) {
	s.changed = true
	switch f.kind {
	case gatewayFeature:
		s.gateways.set(int(f.bit), on)
	case proxyFeature:
		s.proxies.set(int(f.bit), on)
		if on {
			s.proxyCount++
		} else {
			s.proxyCount--
		}
	case flagFeature:
		if on {
			s.flags |= flags(f.bit)
		} else {
			s.flags &^= flags(f.bit)
		}
	}
}

// id is the id of the current pattern.
func (s *patternState) id() uint32 {
	if !s.changed {
		return s.current
	}
	s.changed = false
	pattern := addressPattern{gateways: s.gateways.id(), proxies: s.proxies.id(), flags: s.flags, block: none}
	if s.proxyCount > 0 {
		pattern.flags |= trustedProxy
	}
	// Bits are given in document order, so the lowest one is the first zone.
	for w, word := range s.gateways.words {
		if blocking := word & s.blocks[w]; blocking != 0 {
			pattern.block = s.zoneOf[64*w+trailingZeros(blocking)]
			break
		}
	}
	id, found := s.ids[pattern]
	if !found {
		id = uint32(len(s.patterns))
		s.patterns = append(s.patterns, pattern)
		s.ids[pattern] = id
	}
	s.current = id
	return id
}
