package tenant

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"strings"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/records"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/wire"
	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/internal/files"
)

// Replacement is a text that a file of the folder is to get, as somebody wrote it.
type Replacement struct {
	Name  string // of the file, which is there, relative to the folder and with slashes
	Text  []byte
	Begun string // [HashOf] the text that this one was made from
}

// Replaced is what a replacement did. The zero Replaced is none.
type Replaced struct {
	Generation, Before int // the one that has the new text, and the one that has the old
	Warnings           []string
}

// Changed says that a file does not hold the text that a replacement was made from:
// somebody else has written it meanwhile.
type Changed struct {
	Name string
	Text []byte // what it holds
}

func (c *Changed) Error() string {
	return fmt.Sprintf("%s was changed by somebody else meanwhile; nothing was written", c.Name)
}

// HashOf tells texts apart.
func HashOf(text []byte) string { return hashOf(text) }

// Replace gives a file its new text, to the letter, as a write like any other: the
// policy is compiled whole with it and held against the guard, the generation before
// is kept, and whatever fails leaves the folder as it was. The file may be any that
// the policy is made of, also one that no vendor's API has; the history has it from
// then on. A text may mend a folder that does not load. The error is that of Write as
// it is, or Changed.
func (s *Store) Replace(r *wire.Request, with Replacement) (Replaced, error) {
	var out Replaced
	failed := func(err error) { s.failed(r, err) }
	err := s.inTurn(func() error {
		done, err := s.attempt(func() (*written, error) { return s.tryReplace(r, with) })
		if err != nil {
			s.include(nil) // the history goes on without what it did not get
			failed(err)
			return err
		}
		out = Replaced{Generation: done.Generation, Before: done.Generation - 1, Warnings: done.Warnings}
		s.options.Audit.note(r, wire.Answer{Status: http.StatusOK}, done)
		return nil
	}, failed)
	return out, err
}

// tryReplace is Replace, once. The error may be errChanging besides.
func (s *Store) tryReplace(r *wire.Request, with Replacement) (*written, error) {
	now, name, err := s.holding(with.Name, s.willName(with))
	if err != nil {
		return nil, err
	}
	old := now.read.texts[name]
	if hashOf(old) != with.Begun {
		return nil, &Changed{Name: with.Name, Text: old}
	}
	if bytes.Equal(old, with.Text) {
		return nil, &Refused{[]string{fmt.Sprintf("%s: the text is what the file holds; there is nothing to save", with.Name)}}
	}
	after := maps.Clone(now.read.texts)
	after[name] = with.Text
	documents, err := s.documentsOf(after)
	if err != nil {
		if !s.options.AsFound || s.history.served() {
			return nil, &Refused{s.causesOf(err)}
		}
		documents = new(records.Documents) // no API has to read them
	}
	return s.put(r, "save "+name, name, now, documents, after)
}

// holding is the folder as it is now, with a file and with others, and what the file is
// called there.
func (s *Store) holding(file string, others []string) (now state, name string, err error) {
	for range 2 {
		if now = s.currentPolicy(); now.read == nil || now.read.texts == nil {
			return now, "", cmpError(now.err, errChanging)
		}
		name, there := s.called(now.read.texts, file)
		more := slices.DeleteFunc(slices.Clone(others), func(other string) bool {
			_, read := s.called(now.read.texts, other)
			return read
		})
		if !there {
			if err := s.replaceable(file); err != nil {
				return now, "", &Refused{[]string{err.Error()}}
			}
			more = append(more, file)
		}
		if len(more) == 0 {
			return now, name, nil
		}
		s.include(more)
	}
	return now, "", errChanging
}

// called is the name that a file has among those of the folder, if it is one.
func (s *Store) called(texts folderFiles, file string) (name string, there bool) {
	for name := range texts {
		if at(s.options.Folder, name) == at(s.options.Folder, file) {
			return name, true
		}
	}
	return "", false
}

// willName are the files of the folder that a new text of the policy file names.
func (s *Store) willName(with Replacement) []string {
	if at(s.options.Folder, with.Name) != at(s.options.Folder, policyfile.FileName) {
		return nil
	}
	n, _ := readNamed(policyfile.FileName, with.Text) // what is wrong with it is said when it is compiled
	return slices.DeleteFunc(n.deciding(), func(name string) bool { return s.replaceable(name) != nil })
}

// cmpError is the first of two that is one.
func cmpError(first, second error) error {
	if first != nil {
		return first
	}
	return second
}

// replaceable says that a name is that of a file inside the folder.
func (s *Store) replaceable(name string) error {
	local := filepath.FromSlash(name)
	if !filepath.IsLocal(local) || slices.ContainsFunc(strings.Split(filepath.ToSlash(filepath.Clean(local)), "/"), func(part string) bool { return strings.HasPrefix(part, ".") }) {
		return fmt.Errorf("%s: expected a file of the policy folder", name)
	}
	info, err := files.File{Path: at(s.options.Folder, name), Within: s.options.Folder}.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return &fs.PathError{Op: "open", Path: name, Err: errors.New("expected a regular file")}
	}
	return nil
}

// include has files read with those of the folder, which no API has.
func (s *Store) include(names []string) {
	s.loading.Lock()
	defer s.loading.Unlock()
	if slices.Equal(s.beside, names) {
		return
	}
	s.beside = names
	s.mu.Lock()
	s.now.read = nil // it is read again
	s.mu.Unlock()
}

// besides are those of a generation's files that no API has, but that somebody saved.
func (s *Store) besides(contents folderFiles) folderFiles {
	n, err := readNamed(policyfile.FileName, contents.policyFile())
	if err != nil {
		return nil // documents were read of it
	}
	others := make(folderFiles)
	for _, name := range s.history.saved() {
		text, there := contents[name]
		document := name == policyfile.FileName || slices.Contains(n.deciding(), name) || isOwn(name)
		if there && !document {
			others[name] = text
		}
	}
	return others
}

// saved are the files that ever got a text as it was written: the history has them
// from then on, be they documents of a vendor or not.
func (h *History) saved() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	var names []string
	for i := range h.generations {
		if name := h.generations[i].Saved; name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// served says that the vendors' APIs have written to the folder.
func (h *History) served() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.ContainsFunc(h.generations, func(g Generation) bool { return g.Saved == "" && g.Action != foundAction })
}
