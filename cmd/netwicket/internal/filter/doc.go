// Package filter decides about a stream of addresses and chains, one answer for
// each, in order: what the pool of a warehouse's executable functions and the pipes
// of a shell ask. It answers all that it was given before it waits for more, since
// whoever asks may wait, too.
package filter
