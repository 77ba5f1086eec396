//go:build unix

package atomicfile

import (
	"io/fs"

	"golang.org/x/sys/unix"
)

// Writable asks the system, which knows of access lists and of read-only mounts.
func Writable() func(folder string) error {
	return func(folder string) error {
		if err := unix.Faccessat(unix.AT_FDCWD, folder, unix.W_OK|unix.X_OK, unix.AT_EACCESS); err != nil {
			return &fs.PathError{Op: "access", Path: folder, Err: err}
		}
		return nil
	}
}
