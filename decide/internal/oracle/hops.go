package oracle

import (
	"fmt"
	"net/netip"

	"github.com/netwicket/netwicket/geo"
)

// request is one request while it is evaluated.
type request struct {
	*Oracle
	chain    []netip.Addr
	client   int        // index, -1 while unresolved
	embedded netip.Addr // the IPv4 address inside the client's
	quiet    bool       // nobody wants to read why

	openRules geo.Field // what is unknown so that rules of the policy that denies, or of the last, may apply
	answer    Answer
}

// readChain finds the client.
// See docs/semantics.md, address-1, chain-3, chain-5, chain-6, chain-7 and
// chain-8.
func (r *request) readChain(chain []netip.Addr) {
	for _, addr := range chain {
		r.chain = append(r.chain, addr.WithZone("").Unmap())
	}
	for i, addr := range r.chain {
		if !addr.IsValid() {
			return
		}
		if len(r.trustedBy(addr)) == 0 || i == len(r.chain)-1 {
			r.client = i
			break
		}
	}
	if r.client >= 0 {
		r.embedded = embeddedByPrefix(r.chain[r.client])
	}
}

// embeddedByPrefix finds the IPv4 address inside an IPv6 one by the prefixes
// and their texts; the zero Addr if there is none.
// See docs/semantics.md, embedded-1.
func embeddedByPrefix(addr netip.Addr) netip.Addr {
	in := func(prefix string) bool { return netip.MustParsePrefix(prefix).Contains(addr) }
	bytes := addr.AsSlice()
	var four []byte
	switch {
	case in("64:ff9b::/96"), in("64:ff9b:1::/48"):
		four = bytes[len(bytes)-4:]
	case in("2002::/16"):
		four = bytes[2:6]
	case in("2001::/32"):
		for _, b := range bytes[len(bytes)-4:] {
			four = append(four, 0xff-b)
		}
	}
	found, _ := netip.AddrFromSlice(four)
	return found
}

// text is Sprintf, unless nobody reads it.
func (r *request) text(format string, args ...any) string {
	if r.quiet {
		return ""
	}
	return fmt.Sprintf(format, args...)
}

// trustedBy are the zones whose proxies make addr a trusted hop.
// See docs/semantics.md, chain-4.
func (r *request) trustedBy(addr netip.Addr) []int {
	var zones []int
	for i := range r.zones {
		if r.zones[i].proxies.find(addr) != nil {
			zones = append(zones, i)
		}
	}
	return zones
}

// location is the address's own, never that of one embedded in it, and of Teredo
// what corrections and lists say; and what the policy assumes where no source says
// anything.
// See docs/semantics.md, embedded-4, embedded-5 and policy-7.
func (r *request) location(addr netip.Addr) geo.Location {
	_, at := r.geo.Find(addr)
	return at.Assuming(r.assumeNone)
}

// exempt says that the ACTIVE exempt zone lists addr.
// See docs/semantics.md, blocklist-6.
func (r *request) exempt(addr netip.Addr) bool {
	for i := range r.zones {
		z := &r.zones[i]
		if z.Exempt && z.Active && z.gateways.find(addr) != nil {
			return true
		}
	}
	return false
}

// lookAtHops asks of every hop what it is, and of the client also of what is
// embedded in it.
// See docs/semantics.md, blocklist-2, embedded-2 and embedded-3.
func (r *request) lookAtHops() {
	for i, addr := range r.chain {
		hop := Hop{Addr: addr, Client: i == r.client}
		if addr.IsValid() {
			hop.TrustedBy = r.trustedBy(addr)
			hop.Location = r.location(addr)
			hop.Hits = r.hits(addr, hop.Client)
			if hop.Client && r.embedded.IsValid() {
				for _, hit := range r.hits(r.embedded, false) {
					hit.Evidence = r.text("the IPv4 address %s embedded in it: %s", r.embedded, hit.Evidence)
					hop.Hits = append(hop.Hits, hit)
				}
			}
		}
		r.answer.Hops = append(r.answer.Hops, hop)
	}
	if r.client >= 0 {
		around, at := r.geo.Find(r.chain[r.client])
		r.answer.From, r.answer.To, r.answer.Location = around.From(), around.To(), at.Assuming(r.assumeNone)
	}
}
