package tenant

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/records"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/wire"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/folderlock"
	"github.com/netwicket/netwicket/internal/finding"
	"github.com/netwicket/netwicket/internal/shown"
)

// Write makes a change, or answers why not. change gets a copy of the documents,
// of which it may change the lists, and answers as if the change was stored; an
// answer of 400 and more means that there is none. It may be called again, with
// other documents. refuse words the errors of this package in the vendor's way:
// ErrBusy, Unavailable and Refused.
//
// Warnings of the new policy are in the answer's headers. The audit has the
// request and what became of it.
func (s *Store) Write(r *wire.Request, change func(*records.Documents) wire.Answer, refuse func(error) wire.Answer) wire.Answer {
	var answer wire.Answer
	_ = s.inTurn(func() error {
		var done *written
		var err error
		done, err = s.attempt(func() (*written, error) {
			var err error
			answer, done, err = s.try(r, r.Verb+" "+r.Path, change, nil)
			return done, err
		})
		if err != nil {
			answer = refuse(err)
		}
		s.options.Audit.note(r, answer, done) // while no other writes: lines are in the order of writes
		return err
	}, func(err error) {
		answer = refuse(err)
		s.options.Audit.note(r, answer, nil)
	})
	answer.Audited = true
	return answer
}

// Revert makes the documents those of a generation again, as a write of its own: the
// rest of the policy file stays as it is. The error is that of Write, or says that
// there is no such generation.
func (s *Store) Revert(r *wire.Request, number int) (wire.Answer, error) {
	contents, err := s.history.Contents(number)
	if err != nil {
		return wire.Answer{}, err
	}
	then, err := s.documentsOf(contents)
	if err != nil {
		return wire.Answer{}, err
	}
	var answer wire.Answer
	var done *written
	failed := func(err error) { answer = s.failed(r, err) }
	err = s.inTurn(func() error {
		done, err = s.attempt(func() (*written, error) {
			var err error
			answer, done, err = s.try(r, fmt.Sprintf("revert %d", number), func(d *records.Documents) wire.Answer {
				*d = *then.Clone()
				return wire.Answer{Status: http.StatusOK}
			}, s.besides(contents))
			return done, err
		})
		if err != nil {
			failed(err)
			return err
		}
		s.options.Audit.note(r, answer, done)
		return nil
	}, failed)
	return answer, err
}

// failed notes a write that did not come about, and why.
func (s *Store) failed(r *wire.Request, err error) wire.Answer {
	answer := wire.Answer{Status: http.StatusBadRequest, Causes: []string{err.Error()}}
	if refused := (*Refused)(nil); errors.As(err, &refused) {
		answer.Causes = refused.Causes
	}
	s.options.Audit.note(r, answer, nil)
	return answer
}

// inTurn does one write after the other. late is told that others took too long.
func (s *Store) inTurn(do func() error, late func(error)) error {
	select {
	case s.writer <- struct{}{}:
	default:
		patience := time.NewTimer(s.options.Patience)
		defer patience.Stop()
		select {
		case s.writer <- struct{}{}:
		case <-patience.C:
			late(ErrBusy)
			return ErrBusy
		}
	}
	defer func() { <-s.writer }()
	return do()
}

var errClosed = errors.New("the server is shutting down")

// attempt makes one change, again if somebody else writes to the folder meanwhile.
// Its error is ErrBusy, Unavailable or Refused.
func (s *Store) attempt(try func() (*written, error)) (*written, error) {
	if s.closed {
		return nil, &Unavailable{errClosed}
	}
	for end := time.Now().Add(s.options.Patience); ; {
		done, err := try()
		if !errors.Is(err, errChanging) {
			return done, err
		}
		if time.Now().After(end) {
			return nil, ErrBusy
		}
	}
}

// try changes documents, once, and gives other files their texts with them. The error
// may be errChanging besides.
func (s *Store) try(r *wire.Request, action string, change func(*records.Documents) wire.Answer, others folderFiles) (wire.Answer, *written, error) {
	now := s.currentPolicy()
	if now.err != nil {
		return wire.Answer{}, nil, now.err
	}
	documents := now.documents.Clone()
	answer := change(documents)
	if answer.Status >= http.StatusBadRequest {
		return answer, nil, nil
	}
	after, err := renderChange(now.documents, documents, now.read)
	if err == nil {
		after, err = s.spread(documents, now.read, after)
	}
	if err != nil {
		return wire.Answer{}, nil, &Refused{s.causesOf(err)}
	}
	maps.Copy(after, others)
	if err := s.readable(after); err != nil {
		return wire.Answer{}, nil, &Refused{s.causesOf(err)}
	}
	done, err := s.put(r, action, "", now, documents, after)
	if err != nil {
		return wire.Answer{}, nil, err
	}
	addWarnings(&answer, done.Warnings)
	return answer, done, nil
}

// put makes files those of the folder, if their policy compiles and nothing is to be
// said against it. saved is the file that got a text as it was written. The error is
// that of try.
func (s *Store) put(r *wire.Request, action, saved string, now state, documents *records.Documents, after folderFiles) (*written, error) {
	candidate, err := s.compile(after, now.policy)
	if err != nil {
		return nil, &Refused{s.causesOf(err)}
	}
	warnings := candidate.warnings(r.Time)
	if err := s.refusal(now.policy, candidate, r.Peer, warnings, r.Time); err != nil {
		return nil, err
	}
	done := &written{Before: now.policy.fingerprint(), After: candidate.fingerprint(), Warnings: s.texts(warnings)}
	if done.Before != "" {
		done.measure(now.policy.policy, candidate.policy)
	}
	g := Generation{
		Time: r.Time.UTC(), Caller: r.Caller.Name, Action: action, Request: r.ID, Saved: saved,
		Fingerprint: done.After, Gone: gone(now.documents, documents),
	}
	if done.Generation, err = s.store(g, now, state{documents: documents, policy: candidate}, after); err != nil {
		return nil, err
	}
	for _, text := range done.Warnings {
		s.options.Log.Warn("a write left a warning", "request", r.ID, "warning", text)
	}
	return done, nil
}

// store brings a generation to the disk and gives its number. Readers go on with
// what they know until it is there. Its error is ErrBusy, Unavailable, or errChanging
// if the folder is not as it was read.
func (s *Store) store(g Generation, now, next state, after folderFiles) (int, error) {
	turn, err := folderlock.Turn(s.options.Folder, s.options.Patience)
	if errors.Is(err, ErrBusy) {
		return 0, ErrBusy
	}
	if err != nil {
		return 0, &Unavailable{err}
	}
	defer turn.Release()
	s.loading.Lock()
	defer s.loading.Unlock()
	s.mu.Lock()
	same := s.now.read == now.read
	s.busy = same
	s.mu.Unlock()
	if !same {
		return 0, errChanging
	}
	defer func() {
		s.mu.Lock()
		s.now, s.busy = next, false
		s.mu.Unlock()
	}()
	recovered, err := s.recover()
	if err == nil {
		err = s.readHistory()
	}
	if err == nil && (recovered || now.read.changed()) {
		err = errChanging
	}
	if err == nil {
		found := ""
		if now.err == nil {
			found = now.policy.fingerprint()
		}
		err = s.keepFound(now.read.texts, now.gone, found)
	}
	if err == nil {
		err = s.commit(g, now.read.texts, after)
	}
	if err != nil {
		next = now
		if errors.Is(err, errChanging) {
			next.read = nil
			return 0, errChanging
		}
		return 0, &Unavailable{err}
	}
	next.read = s.reread(next.documents, after)
	number, _ := s.history.last()
	return number, nil
}

// reread is the folder as it was just written; nil if somebody has written to it
// since, so that it is read again.
func (s *Store) reread(documents *records.Documents, after folderFiles) *reading {
	r := &reading{unnamed: anyUnnamed(documents)}
	texts, err := s.readTexts(r)
	if err != nil || len(changes(texts, after)) > 0 {
		return nil
	}
	r.texts = texts
	return r
}

// gone are the zones and policies that are deleted, each with the one in front of it
// where it was listed.
func gone(before, after *records.Documents) []Gone {
	if before == nil { // nobody could list what they were
		return nil
	}
	there := make(map[string]bool, len(after.Zones)+len(after.Policies))
	for _, z := range after.Zones {
		there[z.ID] = true
	}
	for _, p := range after.Policies {
		there[p.ID] = true
	}
	var list []Gone
	last := ""
	for _, z := range before.Zones {
		if !there[z.ID] {
			list = append(list, Gone{ID: z.ID, After: last})
		}
		last = z.ID
	}
	for _, kind := range []string{records.SignOn, records.Access} {
		last = ""
		for _, p := range before.PoliciesOf(kind) {
			if !there[p.ID] {
				list = append(list, Gone{ID: p.ID, After: last})
			}
			last = p.ID
		}
	}
	return list
}

// causesOf are the errors of a policy, one each, as the loader words them.
func (s *Store) causesOf(err error) []string {
	var list finding.List
	if errors.As(err, &list) {
		failures, _ := list.Divide()
		return s.texts(failures)
	}
	return []string{shown.Lines(err.Error())}
}

// texts are findings as callers and the audit are told of them: files are named
// within the folder, since where that lies is nobody's business but the server's.
func (s *Store) texts(findings finding.List) []string {
	folder := filepath.Clean(s.options.Folder) + string(filepath.Separator)
	var all []string
	for _, f := range findings {
		told := *f
		told.File = strings.TrimPrefix(f.File, folder)
		all = append(all, shown.Text(told.Error()))
	}
	return all
}

// addWarnings puts warnings into headers (D5), of which clients take a few
// kilobytes only.
func addWarnings(answer *wire.Answer, warnings []string) {
	const name, most, length = "Netwicket-Warning", 8, 400
	for i, warning := range warnings {
		if answer.Header == nil {
			answer.Header = make(http.Header)
		}
		if i == most {
			answer.Header.Add(name, fmt.Sprintf("and %d more; the log has them", len(warnings)-most))
			return
		}
		answer.Header.Add(name, headerText(warning, length))
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
