package tenant

import (
	"encoding/json"
	"maps"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/records"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/wire"
	"github.com/netwicket/netwicket/decide"
)

// HeaderText is text as a header takes it.
func HeaderText(text string, most int) string { return headerText(text, most) }

// AddWarnings puts warnings into the headers of an answer.
func AddWarnings(answer *wire.Answer, warnings []string) { addWarnings(answer, warnings) }

// Measured is what the audit says that two policies decide differently.
func Measured(before, after *decide.Policy) string {
	var w written
	w.measure(before, after)
	text, err := json.Marshal(w)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// IsOwn says that a file has a name that a write gives.
func IsOwn(name string) bool { return isOwn(name) }

// DropLast takes the line of the last generation away again.
func DropLast(h *History) error { return h.dropLast() }

// BreakOff makes a change and stops as a program that is killed once so many files
// have their new content: what it was to do afterwards is not done. It says how many
// files there were to do. Before the first, files are beside those that they replace.
func (s *Store) BreakOff(change func(*records.Documents), files int) (int, error) {
	now := s.currentPolicy()
	documents := now.documents.Clone()
	change(documents)
	after, err := renderChange(now.documents, documents, now.read)
	if err != nil {
		return 0, err
	}
	if after, err = s.spread(documents, now.read, after); err != nil {
		return 0, err
	}
	return s.breakOff(Generation{Action: "broken off"}, now.read.texts, after, files)
}

// BreakOffReplace is BreakOff of a text that is replaced.
func (s *Store) BreakOffReplace(file string, text []byte, files int) (int, error) {
	now, name, err := s.holding(file, nil)
	if err != nil {
		return 0, err
	}
	if err := s.keepFound(now.read.texts, nil, ""); err != nil {
		return 0, err
	}
	after := maps.Clone(now.read.texts)
	after[name] = text
	return s.breakOff(Generation{Action: "broken off", Saved: name}, now.read.texts, after, files)
}

func (s *Store) breakOff(g Generation, before, after folderFiles, files int) (int, error) {
	number, hashes := s.history.last()
	g.Number = number + 1
	var err error
	if g.Changed, err = s.keep(hashes, after); err != nil {
		return 0, err
	}
	intent := pending{Generation: g, Before: make(map[string]string)}
	for name := range g.Changed {
		intent.Before[name] = hashes[name]
	}
	if err := s.history.begin(intent); err != nil {
		return 0, err
	}
	changed := changes(before, after)
	staged, err := s.stage(changed, after)
	if err != nil {
		return 0, err
	}
	if files > 0 { // the line is there before the first file
		if err := s.history.add(g); err != nil {
			return 0, err
		}
	}
	for i, name := range changed[:min(files, len(changed))] {
		if staged[i] == nil {
			err = remove(at(s.options.Folder, name))
		} else {
			err = staged[i].Replace()
		}
		if err != nil {
			return 0, err
		}
	}
	return len(changed), nil
}
