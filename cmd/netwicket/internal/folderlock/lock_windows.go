package folderlock

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// lockedAt is far behind what the file says, which others must be able to read.
const lockedAt = 1 << 20

func lock(file *os.File) error {
	err := windows.LockFileEx(windows.Handle(file.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY,
		0, 1, 0, &windows.Overlapped{Offset: lockedAt})
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
		return errHeld
	}
	return err
}
