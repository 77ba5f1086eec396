package tenant

import (
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/records"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/wire"
)

// Options say which folder, and what is asked of a write.
type Options struct {
	Folder string
	Strict bool         // warnings refuse a write (D5)
	Log    *slog.Logger // what goes on beside requests
	Now    func() time.Time
}

// Store is one policy folder. It is safe for concurrent use.
type Store struct {
	options Options
	writing sync.Mutex
}

// ErrBusy says that another write has taken too long to wait for (R3).
var ErrBusy = errors.New("another write is under way")

// Unavailable says that the folder does not load, or cannot be written: nothing
// that a request caused, and no request succeeds until it is mended (D6).
type Unavailable struct{ Err error }

func (u *Unavailable) Error() string { return u.Err.Error() }

// Unwrap is the cause.
func (u *Unavailable) Unwrap() error { return u.Err }

// Refused says why a change does not become the policy: what the loader says,
// with positions, whom the guard would lock out, and with Options.Strict
// warnings (D3, D4, D5).
type Refused struct{ Causes []string }

func (r *Refused) Error() string { return r.Causes[0] }

// Documents are the documents as they are now. Nobody changes them. The error is
// Unavailable.
func (s *Store) Documents() (*records.Documents, error) { panic("to be written") }

// Write makes a change, or answers why not. change gets a copy of the documents,
// of which it may change the lists, and answers as if the change was stored; an
// answer of 400 and more means that there is none. refuse words the errors of
// this package in the vendor's way: ErrBusy, Unavailable and Refused.
//
// Warnings of the new policy are in the answer's headers. The audit has the
// request and what became of it.
func (s *Store) Write(r *wire.Request, change func(*records.Documents) wire.Answer, refuse func(error) wire.Answer) wire.Answer {
	panic("to be written")
}
