package tenant

import (
	"errors"
	"path/filepath"
	"slices"
	"time"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/records"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/internal/files"
	"github.com/netwicket/netwicket/internal/shown"
)

// state is a folder as it was read last. It is not changed.
type state struct {
	documents *records.Documents
	read      *reading // nil: the files are to be read again
	policy    *inForce // of the documents; if they make none, of those before
	err       error    // why there are none: Unavailable (D6)
	gone      []Gone   // zones and policies that the last generation has, and the documents do not
}

// seen is how files looked, of a set that is watched.
type seen struct {
	set  files.Set
	look files.State
}

// changed says that the files look different now.
func (s seen) changed() bool { return s.set.Look().Differs(s.look) }

// current is the folder as it is now: read again if somebody else has written (D2).
func (s *Store) current() state { return s.unless((*state).stale) }

// currentPolicy is current, and the policy's geo data and lists are those of now.
func (s *Store) currentPolicy() state {
	return s.unless(func(now *state) bool { return now.stale() || now.policy.changed() })
}

// stale says that the files are to be read again. A policy that does not load is
// tried again when anything of it has changed.
func (now *state) stale() bool {
	return now.read == nil || now.read.changed() || now.err != nil && now.policy.changed()
}

// unless is the folder as it was read, read again if that is stale.
func (s *Store) unless(stale func(*state) bool) state {
	s.mu.RLock()
	now, busy := s.now, s.busy
	s.mu.RUnlock()
	if busy || !stale(&now) {
		return now
	}
	s.loading.Lock()
	defer s.loading.Unlock()
	s.mu.RLock()
	again := s.now
	s.mu.RUnlock()
	if again.read != now.read || again.policy != now.policy { // somebody else was faster
		return again
	}
	return s.refresh()
}

// refresh reads and compiles the folder. The caller holds loading.
func (s *Store) refresh() state {
	const tries = 5
	var next state
	for try := range tries {
		if next.documents, next.read, next.err = s.readFolder(); !errors.Is(next.err, errChanging) {
			break
		}
		time.Sleep(time.Duration(try) * 10 * time.Millisecond)
	}
	s.mu.RLock()
	before := s.now.policy
	s.mu.RUnlock()
	if next.read.texts != nil && next.documents == nil && s.options.AsFound && !s.history.served() {
		next.documents, next.err = new(records.Documents), nil // no API has to read them
	}
	if next.err == nil {
		next.err = s.readHistory()
	}
	if next.err == nil {
		next.policy, next.err = s.compile(next.read.texts, before)
	}
	if next.err == nil {
		next.gone, next.err = s.lost(next.documents, next.read)
	}
	if next.err == nil {
		s.compareRules(next.documents, next.read.names)
	}
	if next.err != nil {
		s.options.Log.Error("the documents do not load; requests are refused until they do", "error", shown.Lines(next.err.Error()))
		next.documents, next.err = nil, &Unavailable{next.err}
	}
	if next.policy == nil || next.policy.policy == nil {
		next.policy = next.policy.instead(before)
	}
	s.mu.Lock()
	s.now = next
	s.mu.Unlock()
	return next
}

// compareRules says where the policy file names other rules than follow from the
// policies (D1): it decides, until the next write of a policy.
func (s *Store) compareRules(d *records.Documents, n named) {
	for _, p := range d.Policies {
		name := n.rulesOf(p.ID)
		switch named := slices.Contains(n.rules, name); {
		case named && !isEnforced(p) && len(p.Rules) > 0:
			s.options.Log.Warn("okta.rules names rules of a policy that is not to decide; they do until a policy is written", "file", name, "policy", p.ID)
		case !named && isEnforced(p):
			s.options.Log.Warn("okta.rules does not name the rules of a policy that is to decide; they do not until a policy is written", "file", name, "policy", p.ID)
		}
	}
}

// readHistory reads what another program has added to the history.
func (s *Store) readHistory() error {
	others, err := s.history.reload()
	for _, g := range others {
		s.options.Log.Info("another program has written to the folder", "generation", g.Number, "caller", g.Caller, "action", g.Action, "policy", g.Fingerprint)
	}
	return err
}

// lost are the zones and policies of the last generation that somebody else has
// deleted since.
func (s *Store) lost(documents *records.Documents, read *reading) ([]Gone, error) {
	number, hashes := s.history.last()
	if number == 0 || sameFiles(hashes, read.texts) {
		return nil, nil
	}
	contents, err := s.history.Contents(number)
	if err != nil {
		return nil, err
	}
	then, err := s.documentsOf(contents)
	if err != nil {
		return nil, nil // it was never in force: nobody has listed what it has
	}
	return gone(then, documents), nil
}

// inForce is a policy that compiled, with what it was made of.
type inForce struct {
	parts  *policyfile.Parts
	policy *decide.Policy
	beside seen // what it was made of beside the documents
}

// changed says that what a policy was made of beside the documents looks different now;
// of none, nothing does.
func (f *inForce) changed() bool { return f != nil && f.beside.changed() }

// instead is a policy that did not compile, with the one before in its place for
// the guard and the geo data: what it was made of is watched.
func (f *inForce) instead(before *inForce) *inForce {
	switch {
	case f == nil:
		return before
	case before == nil:
		return f
	default:
		return &inForce{parts: before.parts, policy: before.policy, beside: f.beside}
	}
}

// fingerprint is that of the policy; empty if nothing ever compiled.
func (f *inForce) fingerprint() string {
	if f == nil {
		return ""
	}
	return f.policy.Info().Fingerprint
}

// compile makes the policy that the folder is with contents in place of its files.
// Geo data are those of before as long as their files are the same. The policy is
// not nil, but has nothing to decide with, if there is an error.
func (s *Store) compile(contents folderFiles, before *inForce) (*inForce, error) {
	options := s.options.Policy
	options.Paths, options.Within, options.Now = []string{s.options.Folder}, s.options.Within, s.options.Now()
	options.Contents = make(map[string][]byte, len(contents))
	var early files.State
	if before != nil {
		options.Before, options.Previous, early = before.parts, before.policy, before.beside.set.Look()
	}
	for name, text := range contents {
		options.Contents[at(s.options.Folder, name)] = text
	}
	begun := time.Now()
	parts, policy, err := policyfile.Open(options)
	made := &inForce{parts: parts, policy: policy}
	made.beside.set = files.Set{Folders: parts.Folders}
	for _, name := range parts.Files {
		if _, document := options.Contents[filepath.Clean(name)]; !document {
			made.beside.set.Files = append(made.beside.set.Files, name)
		}
	}
	made.beside.look = made.beside.set.Look().AsOf(early, begun)
	return made, err
}
