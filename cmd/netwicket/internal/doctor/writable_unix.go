//go:build unix

package doctor

import (
	"io/fs"

	"golang.org/x/sys/unix"
)

// writable asks the system, which knows of access lists and of read-only mounts.
func writable() func(folder string) error {
	return func(folder string) error {
		if err := unix.Faccessat(unix.AT_FDCWD, folder, unix.W_OK|unix.X_OK, unix.AT_EACCESS); err != nil {
			return &fs.PathError{Op: "access", Path: folder, Err: err}
		}
		return nil
	}
}
