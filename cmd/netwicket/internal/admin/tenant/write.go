package tenant

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/records"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/wire"
	"github.com/netwicket/netwicket/internal/finding"
	"github.com/netwicket/netwicket/internal/shown"
)

// write is Write; action is the generation's, nil for the request's verb and path.
func (s *Store) write(r *wire.Request, action *string, change func(*records.Documents) wire.Answer, refuse func(error) wire.Answer) wire.Answer {
	select {
	case s.writer <- struct{}{}:
	default:
		patience := time.NewTimer(s.options.Patience)
		defer patience.Stop()
		select {
		case s.writer <- struct{}{}:
		case <-patience.C:
			answer := refuse(ErrBusy)
			answer.Audited = true
			s.options.Audit.note(r, answer, nil)
			return answer
		}
	}
	defer func() { <-s.writer }()
	what := r.Verb + " " + r.Path
	if action != nil {
		what = *action
	}
	answer, done, err := s.attempt(r, what, change)
	if err != nil {
		answer = refuse(err)
	}
	answer.Audited = true
	s.options.Audit.note(r, answer, done) // while no other writes: lines are in the order of writes
	return answer
}

var errClosed = errors.New("the server is shutting down")

// attempt makes one change. Its error is Unavailable or Refused.
func (s *Store) attempt(r *wire.Request, action string, make func(*records.Documents) wire.Answer) (wire.Answer, *change, error) {
	if s.lock == nil {
		return wire.Answer{}, nil, &Unavailable{errClosed}
	}
	now := s.current()
	if now.err != nil {
		return wire.Answer{}, nil, now.err
	}
	documents := now.documents.Clone()
	answer := make(documents)
	if answer.Status >= http.StatusBadRequest {
		return answer, nil, nil
	}
	before := now.read.texts
	after, err := renderChange(now.documents, documents, before)
	if err != nil {
		return wire.Answer{}, nil, &Refused{causesOf(err)}
	}
	number := s.history.Last().Number + 1
	if after, err = spread(number, before, after); err != nil {
		return wire.Answer{}, nil, &Refused{causesOf(err)}
	}
	candidate, err := s.compile(after, now.policy)
	if err != nil {
		return wire.Answer{}, nil, &Refused{causesOf(err)}
	}
	warnings := candidate.warnings(r.Time)
	if err := s.refusal(now.policy, candidate, r.Peer, warnings); err != nil {
		return wire.Answer{}, nil, err
	}
	done := &change{Before: now.policy.policy.Info().Fingerprint, After: candidate.policy.Info().Fingerprint, Warnings: texts(warnings)}
	done.measure(now.policy.policy, candidate.policy)
	done.Generation, err = s.store(Generation{
		Time: r.Time.UTC(), Caller: r.Caller.Name, Action: action, Request: r.ID,
		Fingerprint: done.After, Gone: gone(now.documents.Zones, documents.Zones),
	}, now, after)
	if err != nil {
		return wire.Answer{}, nil, &Unavailable{err}
	}
	s.accept(documents, after, candidate)
	addWarnings(&answer, warnings)
	for _, text := range done.Warnings {
		s.options.Log.Warn("a write left a warning", "request", r.ID, "warning", text)
	}
	return answer, done, nil
}

// store brings a generation to the disk, and before it what was found if that is
// not the last one. Readers go on with what they know.
func (s *Store) store(g Generation, now state, after folderFiles) (int, error) {
	s.mu.Lock()
	s.busy = true
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.busy = false
		s.mu.Unlock()
	}()
	if now.read.set.Look().Differs(now.read.look) {
		return 0, errors.New("somebody else has just written to the folder")
	}
	if last := s.history.Last(); !sameFiles(last.Files, now.read.texts) {
		found := Generation{Number: last.Number + 1, Time: g.Time, Action: "found", Fingerprint: now.policy.policy.Info().Fingerprint}
		if err := s.commit(found, now.read.texts, now.read.texts); err != nil {
			return 0, err
		}
	}
	g.Number = s.history.Last().Number + 1
	return g.Number, s.commit(g, now.read.texts, after)
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

// accept makes what was stored the state that holds.
func (s *Store) accept(documents *records.Documents, after folderFiles, candidate *inForce) {
	_, read, err := s.readFolder()
	if err != nil || len(changes(read.texts, after)) > 0 { // somebody wrote meanwhile: the next one reads it
		read = nil
	}
	s.mu.Lock()
	s.now = state{documents: documents, read: read, policy: candidate}
	s.mu.Unlock()
}

// gone are the zones that a write deleted, each with the one in front of it.
func gone(before, after []*records.Zone) []Gone {
	if len(after) >= len(before) && len(before) == 0 {
		return nil
	}
	there := make(map[string]bool, len(after))
	for _, z := range after {
		there[z.ID] = true
	}
	var list []Gone
	last := ""
	for _, z := range before {
		if !there[z.ID] {
			list = append(list, Gone{ID: z.ID, After: last})
		}
		last = z.ID
	}
	return list
}

// causesOf are the errors of a policy, one each, as the loader words them.
func causesOf(err error) []string {
	var list finding.List
	if errors.As(err, &list) {
		failures, _ := list.Divide()
		return texts(failures)
	}
	return []string{shown.Lines(err.Error())}
}

func texts(findings finding.List) []string {
	var all []string
	for _, f := range findings {
		all = append(all, shown.Text(f.Error()))
	}
	return all
}

// addWarnings puts warnings into headers (D5), of which clients take a few
// kilobytes only.
func addWarnings(answer *wire.Answer, warnings finding.List) {
	const name, most, length = "Netwicket-Warning", 8, 400
	for i, warning := range warnings {
		if answer.Header == nil {
			answer.Header = make(http.Header)
		}
		if i == most {
			answer.Header.Add(name, fmt.Sprintf("and %d more; the log has them", len(warnings)-most))
			return
		}
		answer.Header.Add(name, headerText(shown.Text(warning.Error()), length))
	}
}

// headerText is text as a header takes it: ASCII, and not too long.
func headerText(text string, most int) string {
	ascii := []byte(fmt.Sprintf("%+q", text))
	ascii = ascii[1 : len(ascii)-1]
	ascii = slices.DeleteFunc(ascii, func(b byte) bool { return b == '\\' })
	if len(ascii) > most {
		return string(ascii[:most-3]) + "..."
	}
	return string(ascii)
}
