package files

import (
	"io/fs"
	"os"
	"time"
)

// State is what a set of files looked like: nil where there is none.
type State map[string]fs.FileInfo

// Look takes the state of files and folders.
func Look(paths []string) State {
	s := make(State, len(paths))
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			info = nil
		}
		s[path] = info
	}
	return s
}

// Differs says that a path which both states know is not the same file any more.
func (s State) Differs(other State) bool {
	for path, info := range s {
		if before, known := other[path]; known && !sameFile(info, before) {
			return true
		}
	}
	return false
}

// TouchedSince says that a file was written after begun, by its own time. A time
// in the future is somebody's wrong clock.
func (s State) TouchedSince(begun, now time.Time) bool {
	for _, info := range s {
		if info != nil && info.ModTime().After(begun) && !info.ModTime().After(now) {
			return true
		}
	}
	return false
}

// AsOf is the state as far as it is known for the moment that the files began
// to be read. A file that was not known then and was written since is unknown,
// which differs from every state.
func (s State) AsOf(before State, begun time.Time) State {
	then := make(State, len(s))
	for path, info := range s {
		if earlier, known := before[path]; known {
			info = earlier
		} else if info != nil && info.ModTime().After(begun) {
			info = nil
		}
		then[path] = info
	}
	return then
}

func sameFile(a, b fs.FileInfo) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	return os.SameFile(a, b) && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime())
}
