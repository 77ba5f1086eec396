package tenant

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/atomicfile"
	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/internal/files"
)

// pending is a write that has begun: what it takes to finish it.
type pending struct {
	Generation Generation        `json:"generation"`
	Before     map[string]string `json:"before"` // hashes of the files that it changes; empty: there was none
}

// commit brings files to the disk as a generation. The history ends with before. What
// can fail comes first: once the first file gets its new content, the others only
// need their names changed. What fails leaves the files as they were. The caller has
// its turn.
func (s *Store) commit(g Generation, before, after folderFiles) error {
	number, hashes := s.history.last()
	g.Number = number + 1
	var err error
	if g.Changed, err = s.keep(hashes, after); err != nil {
		return err
	}
	intent := pending{Generation: g, Before: make(map[string]string, len(g.Changed))}
	for name := range g.Changed {
		intent.Before[name] = hashes[name]
	}
	if err := s.history.begin(intent); err != nil {
		return err
	}
	if err := s.carryOut(g, before, after); err != nil {
		return errors.Join(err, s.history.finish())
	}
	return nil
}

// carryOut does what commit has begun, and forgets the note of it. What fails leaves the
// files and the history as they were, and the note.
func (s *Store) carryOut(g Generation, before, after folderFiles) error {
	changed := changes(before, after)
	staged, err := s.stage(changed, after)
	if err == nil {
		err = s.history.add(g)
	}
	if err != nil {
		discard(staged)
		return err
	}
	for i, name := range changed {
		if staged[i] == nil { // it goes
			err = remove(at(s.options.Folder, name))
		} else {
			err = staged[i].Replace()
		}
		if err != nil {
			discard(staged[i+1:])
			return errors.Join(err, s.undo(changed[:i], before), s.history.dropLast())
		}
	}
	return s.history.finish()
}

// keepFound adds what was found as a generation of its own, unless the history ends
// with it. lost are the zones that are not there any more, fingerprint is that of its
// policy.
func (s *Store) keepFound(found folderFiles, lost []Gone, fingerprint string) error {
	number, hashes := s.history.last()
	if sameFiles(hashes, found) {
		return nil
	}
	changed, err := s.keep(hashes, found)
	if err != nil {
		return err
	}
	return s.history.add(Generation{
		Number: number + 1, Time: s.options.Now().UTC(), Action: foundAction, Fingerprint: fingerprint, Changed: changed, Gone: lost,
	})
}

// foundAction is the action of a generation that somebody else has made.
const foundAction = "found"

// keep keeps the contents that the last generation does not have, and gives their
// hashes, and empty ones for files that are gone.
func (s *Store) keep(last map[string]string, texts folderFiles) (map[string]string, error) {
	changed := make(map[string]string)
	for name, text := range texts {
		if last[name] == hashOf(text) {
			continue
		}
		hash, err := s.history.keep(text)
		if err != nil {
			return nil, err
		}
		changed[name] = hash
	}
	for name := range last {
		if !texts.has(name) {
			changed[name] = ""
		}
	}
	return changed, nil
}

func sameFiles(hashes map[string]string, texts folderFiles) bool {
	if len(hashes) != len(texts) {
		return false
	}
	for name, text := range texts {
		if hashes[name] != hashOf(text) {
			return false
		}
	}
	return true
}

func (f folderFiles) has(name string) bool { _, there := f[name]; return there }

// changes are the names of the files that differ, in the order in which they are
// written: documents, the policy file that names them, and then what is named no
// more and goes.
func changes(before, after folderFiles) []string {
	differs := func(name string) bool {
		old, there := before[name]
		return !there || !bytes.Equal(old, after[name])
	}
	var changed []string
	for _, name := range slices.Sorted(maps.Keys(after)) {
		if name != policyfile.FileName && differs(name) {
			changed = append(changed, name)
		}
	}
	if after.has(policyfile.FileName) && differs(policyfile.FileName) {
		changed = append(changed, policyfile.FileName)
	}
	for _, name := range slices.Sorted(maps.Keys(before)) {
		if !after.has(name) {
			changed = append(changed, name)
		}
	}
	return changed
}

// stage writes new files beside those that they will replace; nil for files that go.
func (s *Store) stage(names []string, texts folderFiles) ([]*atomicfile.Staged, error) {
	staged := make([]*atomicfile.Staged, len(names))
	for i, name := range names {
		if !texts.has(name) {
			continue
		}
		file := at(s.options.Folder, name)
		if err := atomicfile.Folder(filepath.Dir(file), documentFolder); err != nil {
			return staged, err
		}
		var err error
		if staged[i], err = atomicfile.Stage(file, func(w io.Writer) error {
			_, err := w.Write(texts[name])
			return err
		}); err != nil {
			return staged, err
		}
	}
	return staged, nil
}

// documentFolder are the permissions of folders of documents, less the umask: serve
// may run as somebody else.
const documentFolder = 0o777

func discard(staged []*atomicfile.Staged) {
	for _, one := range staged {
		if one != nil {
			one.Discard()
		}
	}
}

// remove takes a file away, unless somebody else has.
func remove(file string) error {
	if err := os.Remove(file); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// undo puts files back, the last first.
func (s *Store) undo(changed []string, before folderFiles) error {
	var failed error
	for _, name := range slices.Backward(changed) {
		if !before.has(name) {
			failed = errors.Join(failed, remove(at(s.options.Folder, name)))
			continue
		}
		failed = errors.Join(failed, atomicfile.Write(at(s.options.Folder, name), func(w io.Writer) error {
			_, err := w.Write(before[name])
			return err
		}))
	}
	if failed != nil {
		return fmt.Errorf("and what was written could not be taken back: %w", failed)
	}
	return nil
}

// recover finishes a write that was stopped half-way: all that it takes is kept. If
// somebody has written to one of its files since, theirs stay. It says whether there
// was one. The caller has its turn.
func (s *Store) recover() (bool, error) {
	intent, err := s.history.unfinished()
	if err != nil || intent == nil {
		return false, err
	}
	g := intent.Generation
	before, after := make(folderFiles), make(folderFiles)
	for name, was := range intent.Before {
		atomicfile.Clean(at(s.options.Folder, name))
		text, err := s.readFile(name)
		hash := ""
		switch {
		case err == nil:
			hash, before[name] = hashOf(text), text
		case !errors.Is(err, fs.ErrNotExist):
			return true, err
		}
		if hash != was && hash != g.Changed[name] {
			s.options.Log.Warn("a write was stopped half-way, and its files have been changed since; they stay as they are", "file", at(s.options.Folder, name), "generation", g.Number)
			return true, s.history.finish()
		}
		if g.Changed[name] == "" {
			continue
		}
		if after[name], err = s.history.object(g.Changed[name]); err != nil {
			return true, err
		}
	}
	if number, _ := s.history.last(); number >= g.Number { // its line was written
		if err := s.history.dropLast(); err != nil {
			return true, err
		}
	}
	if err := s.carryOut(g, before, after); err != nil {
		return true, err
	}
	s.options.Log.Info("finished a write that was stopped half-way", "generation", g.Number, "action", g.Action)
	return true, nil
}

// begin notes a write before it touches a file.
func (h *History) begin(intent pending) error {
	return atomicfile.Write(h.pendingFile(), func(w io.Writer) error { return json.NewEncoder(w).Encode(intent) })
}

// finish forgets the write that was noted.
func (h *History) finish() error { return remove(h.pendingFile()) }

// unfinished is the write that was noted and not finished; nil if there is none.
func (h *History) unfinished() (*pending, error) {
	name := h.pendingFile()
	text, err := files.File{Path: name}.Read(files.DocumentLimit)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var intent pending
	if err := json.Unmarshal(text, &intent); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return &intent, nil
}
