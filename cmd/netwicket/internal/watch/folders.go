package watch

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// maxLinks is how many symbolic links are followed on the way to one file, as
// many as Linux follows.
const maxLinks = 40

// Folders are all folders in which a change can make one of the paths another
// file: its own, that of every symbolic link that leads to it, and theirs. Of a
// folder that is not there it is the nearest one above it.
func Folders(paths []string) []string {
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
