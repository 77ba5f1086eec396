package ramdisk

import "syscall"

// least is the room that tests may need, of several packages at the same time. Containers
// often have less.
const least = 1 << 30

// hasRoom says that there is enough where Linux keeps files in memory.
func hasRoom() bool {
	var of syscall.Statfs_t
	if err := syscall.Statfs(shared, &of); err != nil {
		return false
	}
	return uint64(of.Bavail)*uint64(of.Bsize) >= least //nolint:gosec,unconvert // sizes, of types that differ by architecture
}
