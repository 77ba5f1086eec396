package files

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// Set is what somebody depends on. The zero Set is nothing.
type Set struct {
	Files   []string // missing ones included
	Folders []string // whose files are read

	// Reads says which names in a folder are read: others may come and go. Nil: all.
	Reads func(name string) bool
}

// Paths are the files and folders.
func (s Set) Paths() []string { return slices.Concat(s.Files, s.Folders) }

// Names are the absolute names of the files and folders, as they are written and as
// they really are.
func (s Set) Names() map[string]bool {
	names := make(map[string]bool, len(s.Files)+len(s.Folders))
	for _, path := range s.Paths() {
		if absolute, err := filepath.Abs(path); err == nil {
			names[absolute] = true
			if real, err := filepath.EvalSymlinks(absolute); err == nil {
				names[real] = true
			}
		}
	}
	return names
}

// State is what a set of files looked like.
type State map[string]sight

// sight is what one path looked like.
type sight struct {
	info   fs.FileInfo // nil: there was nothing
	folder bool        // what counts is what it holds
	names  []string    // of a folder: what of it is read
}

// Look takes the state of files and folders.
func (s Set) Look() State {
	state := make(State, len(s.Files)+len(s.Folders))
	for _, path := range s.Files {
		info, _ := os.Stat(path) // nil where there is nothing
		state[path] = sight{info: info}
	}
	for _, path := range s.Folders {
		state[path] = s.lookInto(path)
	}
	return state
}

// lookInto is what a folder holds. A file that is replaced is a path of its own.
func (s Set) lookInto(path string) sight {
	seen := sight{folder: true}
	info, err := os.Stat(path)
	if err != nil {
		return seen
	}
	seen.info = info
	entries, err := File{Path: path}.ReadDir()
	if err != nil {
		return seen
	}
	for _, entry := range entries {
		if s.Reads == nil || s.Reads(entry.Name()) {
			seen.names = append(seen.names, entry.Name())
		}
	}
	return seen
}

// Differs says that a path which both states know is not the same any more.
func (s State) Differs(other State) bool {
	for path, now := range s {
		if before, known := other[path]; known && !now.same(before) {
			return true
		}
	}
	return false
}

// TouchedSince says that a file was written after begun, by its own time. A time
// in the future is somebody's wrong clock. What a folder holds tells of itself.
func (s State) TouchedSince(begun, now time.Time) bool {
	for _, seen := range s {
		if !seen.folder && seen.writtenAfter(begun) && !seen.writtenAfter(now) {
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
	for path, seen := range s {
		if earlier, known := before[path]; known && earlier.folder == seen.folder {
			seen = earlier
		} else if seen.writtenAfter(begun) {
			seen = sight{folder: seen.folder}
		}
		then[path] = seen
	}
	return then
}

// Size is that of all files together, in bytes.
func (s State) Size() int64 {
	size := int64(0)
	for path := range s {
		size += s.SizeOf(path)
	}
	return size
}

// SizeOf is that of one file, in bytes; zero of what is none.
func (s State) SizeOf(path string) int64 {
	if seen := s[path]; seen.info != nil && seen.info.Mode().IsRegular() {
		return seen.info.Size()
	}
	return 0
}

// Deleted are the files of which no name is left although their paths lead to
// them: a file that is mounted by itself is another than the one that took its
// place where it came from.
func (s State) Deleted() []string {
	var paths []string
	for path, seen := range s {
		if seen.info != nil && seen.info.Mode().IsRegular() && unlinked(seen.info) {
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	return paths
}

func (s sight) writtenAfter(moment time.Time) bool {
	return s.info != nil && s.info.ModTime().After(moment)
}

func (s sight) same(other sight) bool {
	switch {
	case s.info == nil || other.info == nil:
		return s.info == nil && other.info == nil
	case s.folder != other.folder: // a folder that was not there has no names yet
		return os.SameFile(s.info, other.info)
	case s.folder:
		return slices.Equal(s.names, other.names)
	default:
		return os.SameFile(s.info, other.info) && s.info.Size() == other.info.Size() &&
			s.info.ModTime().Equal(other.info.ModTime()) && s.info.Mode() == other.info.Mode() &&
			owner(s.info) == owner(other.info) && unlinked(s.info) == unlinked(other.info)
	}
}
