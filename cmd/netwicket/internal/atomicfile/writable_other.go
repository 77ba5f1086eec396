//go:build !unix

package atomicfile

// Writable is nil: only a file that is made there would tell.
func Writable() func(folder string) error { return nil }
