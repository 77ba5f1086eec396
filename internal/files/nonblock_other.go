//go:build !unix

package files

// nonblock is nothing where pipes do not stand among files.
const nonblock = 0
