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
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/atomicfile"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/policyedit"
	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/internal/files"
)

// pending is a write that has begun: what the next start needs to finish it.
type pending struct {
	Generation Generation        `json:"generation"`
	Before     map[string]string `json:"before"` // hashes of the files that it changes; empty: there was none
}

// commit brings files to the disk, the policy file last (D3), and keeps them as a
// generation. What fails leaves the files as they were.
func (s *Store) commit(g Generation, before, after folderFiles) error {
	g.Files = make(map[string]string, len(after))
	for name, text := range after {
		hash, err := s.history.keep(text)
		if err != nil {
			return err
		}
		g.Files[name] = hash
	}
	changed := changes(before, after)
	intent := pending{Generation: g, Before: make(map[string]string)}
	for _, name := range changed {
		if text, there := before[name]; there {
			intent.Before[name] = hashOf(text)
		} else {
			intent.Before[name] = ""
		}
	}
	if err := s.history.begin(intent); err != nil {
		return err
	}
	for i, name := range changed {
		if err := s.put(name, after[name], after.has(name)); err != nil {
			return errors.Join(err, s.undo(changed[:i+1], before))
		}
	}
	if err := s.history.add(g); err != nil {
		return errors.Join(err, s.undo(changed, before))
	}
	return s.history.finish()
}

func (f folderFiles) has(name string) bool { _, there := f[name]; return there }

// changes are the names of the files that differ, in the order in which they are
// written: documents, the policy file that names them, and then what is named no
// more and goes.
func changes(before, after folderFiles) []string {
	var changed []string
	for name, text := range after {
		if old, there := before[name]; !there || !bytes.Equal(old, text) {
			changed = append(changed, name)
		}
	}
	slices.SortFunc(changed, func(a, b string) int {
		switch {
		case a == policyfile.FileName:
			return 1
		case b == policyfile.FileName:
			return -1
		default:
			return strings.Compare(a, b)
		}
	})
	for _, name := range slices.Sorted(maps.Keys(before)) {
		if !after.has(name) {
			changed = append(changed, name)
		}
	}
	return changed
}

// put writes a file of the folder, or takes it away.
func (s *Store) put(name string, text []byte, there bool) error {
	file := at(s.options.Folder, name)
	if !there {
		if err := os.Remove(file); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil { // less the umask
		return err
	}
	return atomicfile.Write(file, func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	})
}

// undo puts files back, the last first.
func (s *Store) undo(changed []string, before folderFiles) error {
	var failed error
	for _, name := range slices.Backward(changed) {
		failed = errors.Join(failed, s.put(name, before[name], before.has(name)))
	}
	if failed != nil {
		return fmt.Errorf("and what was written could not be taken back: %w", failed)
	}
	return s.history.finish()
}

// recover finishes a write that was stopped half-way: its files are all kept. If
// somebody has written to one of them since, theirs stay.
func (s *Store) recover() error {
	intent, err := s.history.unfinished()
	if err != nil || intent == nil {
		return err
	}
	g := intent.Generation
	after, err := s.history.Contents(g)
	if err != nil {
		return err
	}
	var names []string
	for name, was := range intent.Before {
		text, err := s.readFile(name)
		hash := ""
		switch {
		case err == nil:
			hash = hashOf(text)
		case !errors.Is(err, fs.ErrNotExist):
			return err
		}
		if hash != was && hash != g.Files[name] {
			s.options.Log.Warn("a write was stopped half-way, and its files have been changed since; they stay as they are", "file", at(s.options.Folder, name), "generation", g.Number)
			return s.history.finish()
		}
		names = append(names, name)
	}
	before := make(folderFiles)
	for _, name := range names {
		before[name] = nil
	}
	for _, name := range changes(before, after) {
		if _, changed := intent.Before[name]; changed {
			if err := s.put(name, after[name], folderFiles(after).has(name)); err != nil {
				return err
			}
		}
	}
	if s.history.Last().Number < g.Number {
		if err := s.history.add(g); err != nil {
			return err
		}
	}
	s.options.Log.Info("finished a write that was stopped half-way", "generation", g.Number, "action", g.Action)
	return s.history.finish()
}

// spread gives files that decide new names if a write changes several of them, so
// that the policy file's change is the one switch between before and after (D3):
// whoever reads the folder meanwhile finds one or the other, never a mixture.
func spread(number int, before, after folderFiles) (folderFiles, error) {
	was, err := readNamed(policyfile.FileName, before[policyfile.FileName])
	if err != nil {
		return nil, err
	}
	now, err := readNamed(policyfile.FileName, after[policyfile.FileName])
	if err != nil {
		return nil, err
	}
	both := func(name string) bool {
		return slices.Contains(was.deciding(), name) && slices.Contains(now.deciding(), name)
	}
	var changed []string
	switches := false
	for _, name := range changes(before, after) {
		switch {
		case name == policyfile.FileName:
			switches = true
		case both(name):
			changed = append(changed, name)
		}
	}
	if len(changed) == 0 || len(changed) == 1 && !switches {
		return after, nil
	}
	out := maps.Clone(after)
	renamed := make(map[string]string)
	for _, name := range changed {
		renamed[name] = nameFor(number, name)
		out[renamed[name]] = out[name]
		delete(out, name)
	}
	out[policyfile.FileName], err = now.renamed(after[policyfile.FileName], renamed)
	return out, err
}

// deciding are the files on which decisions depend.
func (n named) deciding() []string {
	all := slices.Clone(n.rules)
	for _, name := range []string{n.zones, n.threat, n.network, n.profile} {
		if name != "" {
			all = append(all, name)
		}
	}
	return all
}

// nameFor is the name of a file for one generation. Rules keep the name of their
// policy.
func nameFor(number int, name string) string {
	folder, base := path.Split(filepath.ToSlash(name))
	extension := path.Ext(base)
	plain := strings.TrimSuffix(base, extension)
	if strings.HasPrefix(folder, rulesFolder) {
		return fmt.Sprintf("%s-%d/%s", rulesFolder, number, base)
	}
	if i := strings.LastIndexByte(plain, '-'); i >= 0 && strings.Trim(plain[i+1:], "0123456789") == "" {
		plain = plain[:i] // that of another generation
	}
	return fmt.Sprintf("%s%s-%d%s", folder, plain, number, extension)
}

// renamed is a policy file that names files by other names.
func (n named) renamed(policyFile []byte, names map[string]string) ([]byte, error) {
	to := func(name string) string {
		if other, renamed := names[name]; renamed {
			return other
		}
		return name
	}
	rules := make([]string, len(n.rules))
	for i, name := range n.rules {
		rules[i] = to(name)
	}
	var err error
	set := func(there bool, value any, path ...string) {
		if !there || err != nil {
			return
		}
		var text []byte
		if text, err = json.Marshal(value); err == nil {
			policyFile, err = policyedit.Set(policyfile.FileName, policyFile, text, path...)
		}
	}
	set(n.zones != "", []string{to(n.zones)}, "okta", "zones")
	set(len(rules) > 0, rules, "okta", "rules")
	set(n.threat != "", to(n.threat), "okta", "threatInsight")
	set(n.network != "", to(n.network), "sailpoint", "networkConfig")
	set(n.profile != "", to(n.profile), "sailpoint", "authProfile")
	return policyFile, err
}

// begin notes a write before it touches a file.
func (h *History) begin(intent pending) error {
	return atomicfile.Write(filepath.Join(h.folder, pendingName), func(w io.Writer) error { return json.NewEncoder(w).Encode(intent) })
}

// finish forgets the write that was noted.
func (h *History) finish() error {
	if err := os.Remove(filepath.Join(h.folder, pendingName)); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// unfinished is the write that was noted and not finished; nil if there is none.
func (h *History) unfinished() (*pending, error) {
	name := filepath.Join(h.folder, pendingName)
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
