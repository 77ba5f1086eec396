//go:build unix

package doorway

import "syscall"

// descriptors is how many files and connections the process may have open; zero:
// it does not say.
func descriptors() uint64 {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) != nil {
		return 0
	}
	return uint64(limit.Cur) //nolint:unconvert // it is signed on some systems
}
