package gate_test

import (
	"runtime/debug"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide/gate"
)

// fencedString is a string of which only the tail may be read: the memory
// before it is fenced off, and reading one byte of it is a fault. The tail fills
// whole pages.
func fencedString(t *testing.T, fenced int, tail string) string {
	t.Helper()
	page := syscall.Getpagesize()
	require.Zero(t, fenced%page)
	require.Zero(t, len(tail)%page)
	memory, err := syscall.Mmap(-1, 0, fenced+len(tail), syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, syscall.Munmap(memory)) })
	copy(memory[fenced:], tail)
	require.NoError(t, syscall.Mprotect(memory[:fenced], syscall.PROT_NONE))
	return unsafe.String(&memory[0], len(memory))
}

// faults says whether f reads memory that is fenced off.
func faults(f func()) (faulted bool) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() { faulted = recover() != nil }()
	f()
	return false
}

// TestBoundedReads: a megabyte that a client sends is not even looked at,
// whatever it and the bytes after it are.
func TestBoundedReads(t *testing.T) {
	const fenced = 1 << 20
	page := syscall.Getpagesize()
	longest := (gate.LongestWalk/page + 1) * page

	beyond := fencedString(t, fenced, strings.Repeat("x", page))
	require.True(t, faults(func() { _ = strings.Count(beyond, "y") }), "the fence itself")

	for _, row := range []struct {
		name, unit string
		size       int // how much of the end may be read
	}{
		{"one endless element", "x", page},
		{"commas", ",", page},
		{"white space", " ", page},
		{"white space in an element", "x" + strings.Repeat("\t", 50), page},
		{"quotes", `"`, page},
		{"a string without a start", `",`, page},
		{"backslashes", `\`, page},
		{"an escape without an end", `\\\\\\\\\\\\\\\"`, page},
		{"semicolons", ";", page},
		{"trusted addresses", "10.0.0.2,", page},
		{"elements of Forwarded of the greatest length", strings.Repeat("x", gate.MaxForwardedBytes) + ",", longest},
		{"elements of the greatest length", strings.Repeat("x", gate.MaxElementBytes) + ",", longest},
		{"long elements and white space", strings.Repeat("x", gate.MaxElementBytes) + strings.Repeat(" ", 32) + ",", longest},
	} {
		t.Run(row.name, func(t *testing.T) {
			tail := strings.Repeat(row.unit, row.size/len(row.unit)+1)
			for _, end := range []string{"", ",203.0.113.7", `"`, `x"`, `""`, ",for=203.0.113.7", ", 10.0.0.2, 10.0.0.3"} {
				text := tail + end
				value := fencedString(t, fenced, text[len(text)-row.size:])
				for _, source := range sources {
					r := sourced(t, source)
					for _, peer := range []string{trustedPeer, "198.51.100.66:1"} {
						h := header(source, value)
						require.False(t, faults(func() { _, _ = r.Client(peer, h) }), "Client, %s, %s, end %q", source, peer, end)
						require.False(t, faults(func() { _, _ = r.Chain(nil, peer, h) }), "Chain, %s, %s, end %q", source, peer, end)
						require.False(t, faults(func() { _, _ = gate.ChainWithoutEdge(nil, peer, h) }), "ChainWithoutEdge, %s, end %q", peer, end)
					}
				}
			}
		})
	}
}

// TestElementReads: of an element that is too long, the bytes that show it are
// read and none before them.
func TestElementReads(t *testing.T) {
	page := syscall.Getpagesize()
	for source, longest := range map[gate.ClientSource]int{
		gate.XForwardedFor: gate.MaxElementBytes,
		gate.Forwarded:     gate.MaxForwardedBytes,
	} {
		t.Run(source.String(), func(t *testing.T) {
			r := sourced(t, source)
			value := fencedString(t, page, strings.Repeat("x", page))
			value = value[:page+longest+1]
			require.False(t, faults(func() { _, _ = r.Client(trustedPeer, header(source, value)) }), "one byte more than the longest is enough")
			space := fencedString(t, page, strings.Repeat(" ", page))
			for end := range 20 { // the rest of it right of an element
				text := space[:page+gate.MaxSpaceBytes+1-end]
				require.False(t, faults(func() { _, _ = r.Client(trustedPeer, header(source, text, strings.Repeat(" ", end))) }), "one byte more of white space than there may be is enough")
			}
			escapes := fencedString(t, page, strings.Repeat(`\`, longest-1)+`""`+strings.Repeat(" ", page-longest-1))
			for end := range gate.MaxSpaceBytes { // white space belongs to no element
				text := escapes[:page+longest+1+end]
				require.False(t, faults(func() { _, _ = r.Client(trustedPeer, header(source, text)) }), "so it is with what escapes a quote")
			}
			value = value[:page+longest]
			require.True(t, faults(func() { _, _ = r.Client(trustedPeer, header(source, value)) }), "the longest is an element if a comma stands before it")
		})
	}
}
