package tenant

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/records"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/wire"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/folderlock"
	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/internal/shown"
)

// Options say which folder, and what is asked of a write.
type Options struct {
	Folder      string
	Within      string           // that no file may leave; empty: files may lie anywhere
	Strict      bool             // warnings refuse a write (D5)
	GuardCaller bool             // a write must not lock out who makes it (D4)
	Audit       *Audit           // nil: there is none
	Log         *slog.Logger     // what goes on beside requests
	Now         func() time.Time // nil: time.Now
	Patience    time.Duration    // that a write waits for others; 0: 10 seconds (R3)
	Holder      string           // what others are told who find the folder locked
}

// Store is one policy folder. Open makes one; it is safe for concurrent use.
type Store struct {
	options Options
	lock    *folderlock.Lock
	history *History
	writer  chan struct{} // whose turn it is to write

	loading sync.Mutex // one reads the folder at a time
	mu      sync.RWMutex
	now     state
	busy    bool // files are being written: what is known is what holds
}

// state is a folder as it was read last.
type state struct {
	documents *records.Documents
	read      *reading
	policy    *inForce
	err       error // why there are none (D6)
}

// ErrBusy says that other writes have taken too long to wait for (R3).
var ErrBusy = errors.New("other writes are under way")

// Unavailable says that the folder does not load, or cannot be written: nothing
// that a request caused, and none succeeds until it is mended (D6).
type Unavailable struct{ Err error }

func (u *Unavailable) Error() string { return u.Err.Error() }

// Unwrap is the cause.
func (u *Unavailable) Unwrap() error { return u.Err }

// Refused says why a change does not become the policy: what the loader says,
// with positions, whom the guard would lock out, and with Options.Strict
// warnings (D3, D4, D5). There is at least one cause.
type Refused struct{ Causes []string }

func (r *Refused) Error() string { return strings.Join(r.Causes, "; ") }

// Open takes the folder's lock, finishes a write that was stopped half-way, reads
// the documents, and makes those that every tenant has if the folder is new. The
// error says why the folder is not fit: another program writes to it, it cannot be
// written, its policy does not load.
func Open(options Options) (*Store, error) {
	if options.Now == nil {
		options.Now = time.Now
	}
	if options.Patience == 0 {
		options.Patience = 10 * time.Second
	}
	if info, err := os.Stat(options.Folder); err != nil || !info.IsDir() {
		return nil, fmt.Errorf("%s: expected a policy folder, whose documents are managed", options.Folder)
	}
	lock, err := folderlock.Take(options.Folder, options.Holder)
	if err != nil {
		return nil, err
	}
	s := &Store{options: options, lock: lock, writer: make(chan struct{}, 1)}
	if err := s.open(); err != nil {
		lock.Release()
		return nil, err
	}
	return s, nil
}

func (s *Store) open() error {
	var err error
	if s.history, err = OpenHistory(s.options.Folder); err != nil {
		return err
	}
	if err := s.recover(); err != nil {
		return err
	}
	if err := s.makePolicyFile(); err != nil {
		return err
	}
	documents, read, err := s.readFolder()
	if err != nil {
		return err
	}
	furnished := documents.Clone()
	if s.furnish(furnished) {
		if err := s.first(documents, furnished, read); err != nil {
			return err
		}
	}
	s.refresh()
	return s.now.err
}

// makePolicyFile makes the policy file of an empty folder.
func (s *Store) makePolicyFile() error {
	name := at(s.options.Folder, policyfile.FileName)
	if _, err := os.Stat(name); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	s.options.Log.Info("the folder has no policy file; one is made", "file", name)
	return s.put(policyfile.FileName, []byte("{\n  \"okta\": {}\n}\n"), true)
}

// first writes what a new folder gets. If the policy would not load with it, the
// folder stays as it was.
func (s *Store) first(found, furnished *records.Documents, read *reading) error {
	files, err := renderChange(found, furnished, read.texts)
	if err != nil {
		return err
	}
	candidate, err := s.compile(files, nil)
	if err != nil {
		return err
	}
	return s.commit(Generation{
		Number: s.history.Last().Number + 1, Time: s.options.Now().UTC(), Action: "first start",
		Fingerprint: candidate.policy.Info().Fingerprint,
	}, read.texts, files)
}

// Close waits for the write under way and gives the lock back (D8). A write that
// comes afterwards finds the store Unavailable; whoever reads goes on. Closing
// twice is nothing.
func (s *Store) Close() {
	s.writer <- struct{}{}
	defer func() { <-s.writer }()
	s.lock.Release()
	s.lock = nil
}

// History is what the folder keeps of its writes.
func (s *Store) History() *History { return s.history }

// Documents are the documents as they are now, which nobody changes. The error is
// Unavailable. It takes a look at each file.
func (s *Store) Documents() (*records.Documents, error) {
	now := s.current()
	return now.documents, now.err
}

// Fingerprint is that of the policy that the documents make; empty if they make
// none.
func (s *Store) Fingerprint() string {
	if now := s.current(); now.policy != nil {
		return now.policy.policy.Info().Fingerprint
	}
	return ""
}

// current is the folder as it is now: read again if somebody else has written (D2).
func (s *Store) current() state {
	s.mu.RLock()
	now, busy := s.now, s.busy
	s.mu.RUnlock()
	if busy || now.read != nil && !now.read.set.Look().Differs(now.read.look) {
		return now
	}
	s.loading.Lock()
	defer s.loading.Unlock()
	s.mu.RLock()
	again := s.now
	s.mu.RUnlock()
	if again.read != now.read { // somebody else was faster
		return again
	}
	return s.refresh()
}

// refresh reads and compiles the folder.
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
	if next.err == nil {
		next.policy, next.err = s.compile(nil, before)
	}
	if next.err != nil {
		s.options.Log.Error("the documents do not load; requests are refused until they do", "error", shown.Lines(next.err.Error()))
		next.documents, next.err = nil, &Unavailable{next.err}
		next.policy = before // its geo data, and what the guard is held against
	}
	if next.read.look == nil {
		next.read.look = next.read.set.Look()
	}
	s.mu.Lock()
	s.now = next
	s.mu.Unlock()
	return next
}

// Write makes a change, or answers why not. change gets a copy of the documents,
// of which it may change the lists, and answers as if the change was stored; an
// answer of 400 and more means that there is none. It may be called again with
// other documents. refuse words the errors of this package in the vendor's way:
// ErrBusy, Unavailable and Refused.
//
// Warnings of the new policy are in the answer's headers. The audit has the
// request and what became of it.
func (s *Store) Write(r *wire.Request, change func(*records.Documents) wire.Answer, refuse func(error) wire.Answer) wire.Answer {
	return s.write(r, nil, change, refuse)
}

// Since is when the tenant began: the time of its first generation (T1).
func (s *Store) Since() time.Time {
	if all := s.history.Generations(); len(all) > 0 {
		return all[0].Time
	}
	return s.options.Now()
}
