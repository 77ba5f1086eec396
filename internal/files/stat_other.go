//go:build !unix

package files

import "io/fs"

// unlinked is not to be seen here.
func unlinked(fs.FileInfo) bool { return false }

// owner is not to be seen here.
func owner(fs.FileInfo) [2]uint32 { return [2]uint32{} }
