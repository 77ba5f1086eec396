package keeper

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// state is what a set of files looked like: nil where there is none.
type state map[string]fs.FileInfo

// look takes the state of files and folders.
func look(paths []string) state {
	s := make(state, len(paths))
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			info = nil
		}
		s[path] = info
	}
	return s
}

// differs says that a path which both states know is not the same file any more.
func (s state) differs(other state) bool {
	for path, info := range s {
		if before, known := other[path]; known && !sameFile(info, before) {
			return true
		}
	}
	return false
}

// touchedSince says that a file was written after begun, by its own time. A time
// in the future is somebody's wrong clock.
func (s state) touchedSince(begun, now time.Time) bool {
	for _, info := range s {
		if info != nil && info.ModTime().After(begun) && !info.ModTime().After(now) {
			return true
		}
	}
	return false
}

// asOf is the state as far as it is known for the moment that the files began
// to be read. A file that was not known then and was written since is unknown,
// which differs from every state.
func (s state) asOf(before state, begun time.Time) state {
	then := make(state, len(s))
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

// maxLinks is how many symbolic links are followed on the way to one file, as
// many as Linux follows.
const maxLinks = 40

// folders are all folders in which a change can make one of the paths another
// file: its own, that of every symbolic link that leads to it, and theirs. Of a
// folder that is not there it is the nearest one above it.
func folders(paths []string) []string {
	var found []string
	for _, path := range paths {
		if absolute, err := filepath.Abs(path); err == nil {
			found = append(found, wayTo(absolute)...)
			if info, err := os.Stat(absolute); err == nil && info.IsDir() {
				found = append(found, absolute)
			}
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// wayTo follows a path link by link.
func wayTo(path string) []string {
	found := []string{existing(filepath.Dir(path))}
	for links := 0; links < maxLinks; links++ {
		link, target := firstLink(path)
		if link == "" {
			return found
		}
		found = append(found, existing(filepath.Dir(link)))
		path = filepath.Join(target, strings.TrimPrefix(path, link))
		found = append(found, existing(filepath.Dir(path)))
	}
	return found
}

// firstLink is the first symbolic link on a path and where it leads; empty if
// there is none.
func firstLink(path string) (link, target string) {
	for end := 1; end <= len(path); end++ {
		if end < len(path) && path[end] != filepath.Separator {
			continue
		}
		prefix := path[:end]
		target, err := os.Readlink(prefix)
		if err != nil {
			continue // no link, or not there
		}
		if !filepath.IsAbs(target) {
			target = filepath.Join(filepath.Dir(prefix), target)
		}
		return prefix, target
	}
	return "", ""
}

// existing is the nearest folder above that is there.
func existing(folder string) string {
	for {
		if info, err := os.Stat(folder); err == nil && info.IsDir() {
			return folder
		}
		above := filepath.Dir(folder)
		if above == folder {
			return folder
		}
		folder = above
	}
}
