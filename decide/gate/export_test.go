package gate

import (
	"context"
	"net"
	"net/netip"

	"github.com/netwicket/netwicket/decide"
)

// LongestWalk is more bytes than any walk visits from the end of a line.
const LongestWalk = maxElements*(maxForwardedBytes+2) + maxSpaceBytes + 2

// MaxElementBytes is the length of the longest element of all headers but Forwarded.
const MaxElementBytes = maxElementBytes

// MaxForwardedBytes is the length of the longest element of Forwarded.
const MaxForwardedBytes = maxForwardedBytes

// MaxSpaceBytes is how much white space one walk passes over.
const MaxSpaceBytes = maxSpaceBytes

// ParseWithPort reads CloudFront-Viewer-Address; the zero Addr is none.
func ParseWithPort(s string) netip.Addr {
	a, ok := parseWithPort(s)
	if !ok {
		return netip.Addr{}
	}
	return a.netip()
}

// Quad reads a dotted quad at the start of s and gives the bytes that it has; 0 is none.
func Quad(s string) (netip.Addr, int) {
	bits, n := parse4(s)
	return address4(bits).netip(), n
}

// QuadBackward reads a dotted quad at the end of s and gives where it begins; -1 is none.
func QuadBackward(s string) (netip.Addr, int) {
	bits, first := parse4Backward(s)
	return address4(bits).netip(), first
}

// IPv6 reads an IPv6 address at the start of s and gives the bytes that it has; 0 is none.
func IPv6(s string) (netip.Addr, int) {
	hi, lo, n := parse6(s)
	return address6(hi, lo).netip(), n
}

// BeginSwap is the first half of Swap, and gives the second one.
func (r *Resolver) BeginSwap(next *Resolver) (end func(*decide.Live, *decide.Policy)) {
	r.swaps.Add(1)
	r.swapped.Store(next)
	return func(live *decide.Live, policy *decide.Policy) {
		live.Swap(policy)
		r.swaps.Add(1)
	}
}

// IsFlat says that the client of the line is found without a walk.
func (r *Resolver) IsFlat(line string) bool {
	_, _, ok := r.flat([]string{line})
	return ok
}

// ParseElement reads one element; the zero Addr is none.
func ParseElement(s string) netip.Addr {
	a, ok := parseElement(s)
	if !ok {
		return netip.Addr{}
	}
	return a.netip()
}

// SharedNetworks are the prefixes of one owner.
func SharedNetworks(owner string) []netip.Prefix {
	for _, network := range sharedNetworks() {
		if network.owner == owner {
			return network.prefixes
		}
	}
	return nil
}

// Admits decides about a connection of a listener that Listen made, as its Accept does.
func Admits(l net.Listener, connection net.Conn) bool {
	return l.(*listener).admits(connection, connection.RemoteAddr())
}

// Below is the connection that Listen made one of.
func Below(connection net.Conn) net.Conn { return connection.(*guarded).Conn }

// Look is what Run does after a swap.
func (r *Recheck) Look() { r.look(context.Background()) }

// Open is how many things a Recheck holds, and for how many it has room.
func (r *Recheck) Open() (held, room int) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return len(r.places) - len(r.free), len(r.places)
}

// Slice is how many things one look takes at a time.
const Slice = slice
