// Package request reads the requests that the command line decides about: an
// address, or a RemoteAddr with header lines as a server would have seen them.
// On a stream each stands on a line of its own, either as address text or as
// {"remote":"...","headers":[["Name","value"],...]}; blank lines and lines that
// start with # are skipped.
//
// Nothing here decides what an address is. Any text becomes a [Request]; whether
// it can be read is the resolver's answer, and what cannot be read is denied.
package request
