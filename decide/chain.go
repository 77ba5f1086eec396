package decide

import "net/netip"

// walkLimit is how many hops Okta looks at for an IP zone. ("Five IPs in the
// chain are checked.")
// See docs/semantics.md, zone-1.
const walkLimit = 5

// cachedWords is how many words of the request's IP zones are worked out once;
// policies with more than 64 times as many IP zones work out the rest on demand.
const cachedWords = 4

// request is what a chain comes down to. It lives on the stack.
type request struct {
	address     uint32 // address pattern of the client
	geo         uint32 // geo pattern of the client
	embedded    class  // of the IPv4 address embedded in the client's
	hasEmbedded bool
	walk        [walkLimit]uint32 // address patterns of the first hops, up to the client
	walked      int
	zones       [cachedWords]uint64 // IP zones that hold the request
	judgment    uint32              // number of the judgment that the client's class has for the whole chain, or secondLook

	overlayDenied bool
	blocked       bool
	mayBlock      bool  // the zone may hold the client, and surely holds nothing of the hop
	blockedBy     int32 // zone index
}

// normal is the one form of an address: unmapped, without a zone. Any valid
// address is as good as another here; the edge alone refuses some
// (docs/semantics.md, address-1 and address-2).
func normal(addr netip.Addr) netip.Addr { return addr.Unmap().WithZone("") }

// inZones fills the cache of IP zones that hold the request.
func (r *request) inZones(p *Policy) {
	for w := range min(p.ipWords, cachedWords) {
		r.zones[w] = r.walkWord(p, w)
	}
}

// zonesOf is one word of the IP zones that hold the request.
func (r *request) zonesOf(p *Policy, word int) uint64 {
	if word < cachedWords {
		return r.zones[word]
	}
	return r.walkWord(p, word)
}

// walkWord follows the chain from the nearest hop for 64 zones at once: a
// gateway of the zone means in, a proxy of the same zone means look at the hop
// behind it, anything else means out. The gateway test comes first, so an
// address in both lists is in.
// See docs/semantics.md, zone-1, zone-2, zone-3, zone-4, zone-5 and zone-6.
func (r *request) walkWord(p *Policy, word int) uint64 {
	in, alive := uint64(0), p.walkable[word]
	for _, address := range r.walk[:r.walked] {
		pattern := &p.addressPatterns[address]
		gateways := p.ipSets.word(pattern.gateways, word)
		in |= alive & gateways
		alive &= p.ipSets.word(pattern.proxies, word) &^ gateways
		if alive == 0 {
			break
		}
	}
	return in
}

// block notes a blocklist hit of the nearest blocked hop.
// See docs/semantics.md, order-5.
func (r *request) block(by int32, mayBlock bool) {
	if !r.blocked {
		r.blocked, r.blockedBy, r.mayBlock = true, by, mayBlock
	}
}

// hop takes the blocklists and the overlay of a hop that is not the client.
// See docs/semantics.md, overlay-1, blocklist-2, blocklist-3 and blocklist-5.
func (r *request) hop(address *addressPattern, at *geoPattern) {
	if address.flags&overlayDenied != 0 {
		r.overlayDenied = true
	}
	if address.flags&exempted == 0 {
		if by := firstZone(address.block, at.block); by != none {
			r.block(by, false)
		}
	}
}

// clientHop is hop for the client, for whom an unknown dynamic blocklist
// counts as well, and definite hits of the IPv4 address embedded in it. The
// exempt zone must list the address that was hit.
// See docs/semantics.md, blocklist-3, blocklist-5, embedded-2, embedded-3 and
// embedded-4.
func (r *request) clientHop(p *Policy, address *addressPattern, at *geoPattern) {
	by, mayBlock := none, false
	if address.flags&overlayDenied != 0 {
		r.overlayDenied = true
	}
	if address.flags&exempted == 0 {
		by = firstZone(address.block, at.blockUnknown)
		mayBlock = by != address.block && by != at.block
	}
	if r.hasEmbedded {
		embedded := &p.addressPatterns[r.embedded.address]
		if embedded.flags&overlayDenied != 0 {
			r.overlayDenied = true
		}
		if embedded.flags&exempted == 0 {
			inside := firstZone(embedded.block, p.geoPatterns[r.embedded.geo].block)
			by = firstZone(by, inside)
			mayBlock = mayBlock && by != inside
		}
	}
	if by != none {
		r.block(by, mayBlock)
	}
}

// firstZone is the earlier of two zones in document order; none is no zone.
// See docs/semantics.md, order-5.
func firstZone(a, b int32) int32 {
	if a == none || (b != none && b < a) {
		return b
	}
	return a
}

// follow looks up the hops of a chain and finds the client; -1 if there is none.
// See docs/semantics.md, chain-3, chain-5, chain-6, chain-7 and chain-8.
func (p *Policy) follow(r *request, chain []netip.Addr) (client int) {
	for i, addr := range chain {
		if !addr.IsValid() {
			return -1
		}
		number, location := p.lookup(addr)
		c := p.classes[number]
		// No zone's walk goes on behind the client, who is no zone's proxy.
		if i < walkLimit {
			r.walk[i] = c.address
			r.walked = i + 1
		}
		address, at := &p.addressPatterns[c.address], &p.geoPatterns[location]
		if address.flags&trustedProxy != 0 && i+1 < len(chain) {
			r.hop(address, at)
			continue
		}
		r.address, r.geo = c.address, location
		if i == 0 && !p.everyHop {
			// Nothing looks at the hops behind, so they could as well not be there.
			if r.judgment = p.judgmentOf[number]; r.judgment != secondLook {
				return 0
			}
		}
		if address.flags&embedsIPv4 != 0 {
			r.embedded, r.hasEmbedded = p.classes[p.classAt.Lookup(embeddedIPv4(addr))], true
		}
		r.clientHop(p, address, at)
		if p.everyHop {
			p.lookBehind(r, chain[i+1:])
		}
		return i
	}
	return -1
}

// lookBehind takes the blocklists and the overlay of the hops behind the client.
// See docs/semantics.md, overlay-1 and blocklist-2.
func (p *Policy) lookBehind(r *request, hops []netip.Addr) {
	for _, addr := range hops {
		if addr.IsValid() {
			number, location := p.lookup(addr)
			c := p.classes[number]
			r.hop(&p.addressPatterns[c.address], &p.geoPatterns[location])
		}
	}
}

// lookup is the number of an address's class, and its geo pattern, which where
// the geo table repeats IPv4 is not the class's own. The address may be in any
// form: the table minds neither mapping nor zone.
func (p *Policy) lookup(addr netip.Addr) (number, location uint32) {
	number = p.classAt.Lookup(addr)
	location = p.classes[number].geo
	if p.judgmentOf[number] == secondLook {
		location = p.unrepeated(location, addr)
	}
	return number, location
}
