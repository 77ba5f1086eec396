package console

import (
	"bytes"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/folderlock"
	"github.com/netwicket/netwicket/decide/policyfile"
	fileset "github.com/netwicket/netwicket/internal/files"
)

// editable is a document that a page may change: one of the files that the policy was
// made of, whose text people write.
type editable struct {
	Name   string // relative to the policy folder, with slashes; without such a folder the path
	Path   string // as the policy has it
	Inside bool   // of the policy folder
}

// maxEditable is how large a document may be that is edited in a page.
const maxEditable = 8 << 20

// editables are the documents of a policy that may be edited, in the order in which they
// were read. Geo data is none: databases are no text, and corrections and service lists
// are read with them.
func (c *Console) editables(on *subject) []editable {
	var all []editable
	geo := on.Parts.GeoFiles()
	for _, path := range on.Parts.Files {
		path = filepath.Clean(path)
		known := slices.ContainsFunc(all, func(e editable) bool { return e.Path == path })
		data := slices.ContainsFunc(geo, func(file string) bool { return filepath.Clean(file) == path }) || slices.Contains([]string{".mmdb", ".csv"}, filepath.Ext(path))
		confined := c.options.Confined && filepath.Base(path) == policyfile.FileName
		if known || data || confined || secretFile(on.Parts, path) || path == filepath.Clean(on.Parts.SnapshotFile) {
			continue
		}
		one := editable{Name: filepath.ToSlash(path), Path: path}
		if c.options.Folder != "" {
			name, _ := filepath.Rel(c.options.Folder, path) // empty if there is no way, which is not local
			if filepath.IsLocal(name) && !strings.HasPrefix(name, folderlock.State) {
				one.Name, one.Inside = filepath.ToSlash(name), true
			}
		}
		if info, err := c.inside(one).Stat(); err == nil && info.Mode().IsRegular() {
			all = append(all, one)
		}
	}
	return all
}

// editable is the document of a name, be it relative to the folder or the whole path.
func (c *Console) editable(on *subject, name string) (editable, bool) {
	for _, one := range c.editables(on) {
		if name == one.Name || name == filepath.ToSlash(one.Path) {
			return one, true
		}
	}
	return editable{}, false
}

// inside is the file of a document: no link leads from the folder to what is somebody
// else's.
func (c *Console) inside(one editable) fileset.File {
	file := c.file(one.Path)
	if one.Inside {
		file.Within = c.options.Folder
	}
	return file
}

// Why a document cannot be edited in a page.
var (
	errTooLarge = errors.New("change.large")
	errNoText   = errors.New("change.binary")
)

// text is what a document holds.
func (c *Console) text(one editable) ([]byte, error) {
	text, err := c.inside(one).Read(maxEditable)
	switch {
	case errors.Is(err, fileset.ErrTooLarge):
		return nil, errTooLarge
	case err != nil:
		return nil, err
	case !isText(text):
		return nil, errNoText
	}
	return text, nil
}

// isText says that a page can show it to the letter.
func isText(text []byte) bool { return utf8.Valid(text) && bytes.IndexByte(text, 0) < 0 }
