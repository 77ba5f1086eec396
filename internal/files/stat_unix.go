//go:build unix

package files

import (
	"io/fs"
	"syscall"
)

// unlinked says that a file has no name left.
func unlinked(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && stat.Nlink == 0
}

// owner is who owns a file: with its mode, who may read it.
func owner(info fs.FileInfo) [2]uint32 {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		return [2]uint32{stat.Uid, stat.Gid}
	}
	return [2]uint32{}
}
