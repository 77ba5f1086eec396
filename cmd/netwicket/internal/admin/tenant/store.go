package tenant

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/records"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/atomicfile"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/folderlock"
	"github.com/netwicket/netwicket/decide/policyfile"
)

// Options say which folder, and what is asked of a write.
type Options struct {
	Folder      string
	Within      string           // that no file may leave; empty: files may lie anywhere
	Strict      bool             // warnings refuse a write (D5)
	GuardCaller bool             // a write must not lock out who makes it (D4)
	Audit       *Audit           // nil: there is none
	Log         *slog.Logger     // what goes on beside requests; nil: nothing
	Now         func() time.Time // nil: time.Now
	Patience    time.Duration    // that a write waits for others; 0: 10 seconds (R3)
	Holder      string           // what others are told who find the folder locked
	// Between is for one write while another program may hold the folder in turns, as
	// admin does.
	Between bool
	// AsFound is for who replaces texts of a folder and serves no vendor's API from it:
	// the folder gets nothing that its documents lack, and need not be one that such an
	// API could serve, nor load.
	AsFound bool
	// Policy is what the policy is made of beside the folder, as flags name it, and what
	// of it is loaded already (Before). Its Paths are not looked at.
	Policy policyfile.Options
}

// Store is one policy folder. Open makes one; it is safe for concurrent use.
type Store struct {
	options Options
	lock    *folderlock.Lock // nil: another program holds the folder in turns
	history *History

	writer chan struct{} // whose turn it is to write in this program
	closed bool          // the writer's
	beside []string      // files that no API has: what is about to be replaced or named; loading's

	loading sync.Mutex // one reads or changes the folder at a time
	mu      sync.RWMutex
	now     state
	busy    bool // files are being written: what is known is what holds
}

// ErrBusy says that other writes have taken too long to wait for (R3).
var ErrBusy = folderlock.ErrBusy

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
	if options.Log == nil {
		options.Log = slog.New(slog.DiscardHandler)
	}
	if info, err := os.Stat(options.Folder); err != nil || !info.IsDir() {
		return nil, fmt.Errorf("%s: expected a policy folder, whose documents are managed", options.Folder)
	}
	lock, err := take(options)
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

func take(options Options) (*folderlock.Lock, error) {
	if !options.Between {
		return folderlock.TakeInTurns(options.Folder, options.Holder)
	}
	lock, err := folderlock.Take(options.Folder, options.Holder)
	if held := (*folderlock.Held)(nil); errors.As(err, &held) && held.InTurns {
		return nil, nil
	}
	return lock, err
}

func (s *Store) open() error {
	turn, err := folderlock.Turn(s.options.Folder, s.options.Patience)
	if err != nil {
		return err
	}
	defer turn.Release()
	if s.history, err = OpenHistory(s.options.Folder); err != nil {
		return err
	}
	if _, err := s.recover(); err != nil {
		return err
	}
	atomicfile.Clean(s.history.pendingFile())
	if s.options.AsFound {
		s.refresh() // what is wrong with it, a new text may mend
		return nil
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

// first writes what a new folder gets. If the policy would not load with it, the
// folder stays as it was.
func (s *Store) first(found, furnished *records.Documents, read *reading) error {
	files, err := renderChange(found, furnished, read)
	if err != nil {
		return err
	}
	if files, err = s.spread(furnished, read, files); err != nil {
		return err
	}
	candidate, err := s.compile(files, nil)
	if err != nil {
		return err
	}
	s.now.policy = candidate // whose geo data need not be read again
	s.options.Log.Info("the folder gets what every tenant has: system zones unless it has zones, and a default policy of each type", "folder", s.options.Folder)
	lost, err := s.lost(found, read)
	if err != nil {
		return err
	}
	if err := s.keepFound(read.texts, lost, ""); err != nil {
		return err
	}
	return s.commit(Generation{
		Time: s.options.Now().UTC(), Action: "first start", Fingerprint: candidate.fingerprint(),
	}, read.texts, files)
}

// Close waits for the write under way and gives the lock back (D8). A write that
// comes afterwards finds the store Unavailable; reading goes on. Closing twice is
// nothing.
func (s *Store) Close() {
	s.writer <- struct{}{}
	defer func() { <-s.writer }()
	s.lock.Release()
	s.closed = true
}

// History is what the folder keeps of its writes.
func (s *Store) History() *History { return s.history }

// Documents are the documents as they are now, which nobody changes. The error is
// Unavailable. The cost is a look at each file.
func (s *Store) Documents() (*records.Documents, error) {
	now := s.current()
	return now.documents, now.err
}

// Fingerprint is that of the policy that the documents make; empty if they make
// none.
func (s *Store) Fingerprint() string {
	if now := s.current(); now.err == nil {
		return now.policy.fingerprint()
	}
	return ""
}

// Behind is the place in a list of zones, or of the policies of a type, from which
// those come that are behind one of them, be it there or gone since (G3). at is
// where one stands in the list; negative: it is gone. There is no place for an id
// that none of the folder ever had.
func (s *Store) Behind(at func(id string) int, id string) (place int, known bool) {
	s.mu.RLock()
	gone := s.now.gone
	s.mu.RUnlock()
	seen := make(map[string]bool)
	for id != "" {
		if i := at(id); i >= 0 {
			return i + 1, true
		}
		if seen[id] { // somebody put them into another order
			return 0, false
		}
		seen[id] = true
		before, found := inFrontOf(gone, id)
		if !found {
			if before, found = s.history.inFront(id); !found {
				return 0, false
			}
		}
		id = before
	}
	return 0, len(seen) > 0
}

// Generation is the number of the newest state of the documents; 0 if there is
// none.
func (s *Store) Generation() int {
	number, _ := s.history.last()
	return number
}

// Since is when the tenant began: the time of its first generation (T1).
func (s *Store) Since() time.Time {
	if first, err := s.history.Generation(1); err == nil {
		return first.Time
	}
	return s.options.Now()
}
