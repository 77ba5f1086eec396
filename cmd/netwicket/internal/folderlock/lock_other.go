//go:build (!unix && !windows) || solaris || illumos || aix

package folderlock

import (
	"errors"
	"os"
)

func lock(*os.File) error { return errors.ErrUnsupported }
