//go:build !linux

package doctor

// listens is nil: no table says it.
func listens(string) func(port uint16) (program string, found bool) { return nil }
