package gate

import "net/netip"

// LongestWalk is more bytes than any walk visits from the end of a line.
const LongestWalk = maxElements*(maxElementBytes+2) + maxSpaceBytes + 2

// MaxElementBytes is the length of the longest element.
const MaxElementBytes = maxElementBytes

// MaxSpaceBytes is how much white space one walk passes over.
const MaxSpaceBytes = maxSpaceBytes

// ParseElement reads one element; the zero Addr is none.
func ParseElement(s string) netip.Addr {
	a, ok := parseElement(s)
	if !ok {
		return netip.Addr{}
	}
	return a.netip()
}
