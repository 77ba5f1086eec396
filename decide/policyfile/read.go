package policyfile

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/netwicket/netwicket/internal/files"
	"github.com/netwicket/netwicket/internal/finding"
)

// file is what a reference may lead to.
func (l *loader) file(ref reference) files.File {
	return files.File{Path: ref.path, Named: ref.named, Within: l.within}
}

// cleanPaths are contents by the one spelling of their path.
func cleanPaths(contents map[string][]byte) map[string][]byte {
	clean := make(map[string][]byte, len(contents))
	for path, content := range contents {
		clean[filepath.Clean(path)] = content
	}
	return clean
}

// read is the content of a file, or a finding.
func (l *loader) read(ref reference) ([]byte, bool) {
	l.parts.Files = append(l.parts.Files, ref.path)
	if content, instead := l.contents[filepath.Clean(ref.path)]; instead {
		return content, true
	}
	data, err := files.Read(ref.path, l.file(ref).Open, files.DocumentLimit, look(ref.path))
	var large *finding.Finding
	switch {
	case err == nil:
		return data, true
	case errors.As(err, &large), errors.As(l.tooLarge(ref, err), &large):
		l.addSnapshotError(ref.path, large)
	default:
		l.unreadable(ref, err)
	}
	return nil, false
}

// keepInside notes all paths of a policy file that lead out of the folder which
// none may leave, also those that are read later, such as a certificate's.
func (l *loader) keepInside(paths []reference) {
	if l.within == "" {
		return
	}
	for _, ref := range paths {
		if _, err := l.file(ref).Stat(); files.Code(err) == outside {
			l.leadsOutside(ref, err)
		}
	}
}

// unreadable notes a file that is not there or cannot be read, at itself; and one
// that may not be read where it is named, unless that has been said.
func (l *loader) unreadable(ref reference, err error) {
	switch code := files.Code(err); {
	case code != outside:
		l.whole(ref.path, code, fmt.Errorf("cannot be read: %w%s", files.Cause(err), ref.from()))
	case !l.outside[ref.path]:
		l.leadsOutside(ref, err)
	}
}

// outside is the code of what leads out of Options.Within.
const outside = "outside-folder"

func (l *loader) leadsOutside(ref reference, err error) {
	err = files.Cause(err)
	l.outside[ref.path] = true
	if !ref.node.Exists() {
		l.whole(ref.path, outside, fmt.Errorf("is not read: %w", err))
		return
	}
	l.add(ref.node.Finding(outside, fmt.Errorf("%s is not read: %w", ref.path, err)))
}
