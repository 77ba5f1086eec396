package uploads

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/replay"
)

// Limits say how much is kept. Bytes are those of logs as they were dropped, packed or
// not.
type Limits struct {
	Each  int64 // bytes of one log
	Logs  int   // of one visitor
	Bytes int64 // of one visitor
	All   int64 // bytes of all visitors together
}

// DefaultLimits are those of the console.
func DefaultLimits() Limits { return Limits{Each: 2 << 30, Logs: 4, Bytes: 4 << 30, All: 16 << 30} }

// Errors of [Store.Take], beside those of [KindError].
var (
	ErrTooLarge = errors.New("the log is larger than one may be")
	ErrEmpty    = errors.New("the log is empty")
	ErrFull     = errors.New("there is no room beside the logs of others and those that are being taken")
	ErrCutOff   = errors.New("the log did not arrive whole")
	ErrDisk     = errors.New("the log cannot be kept on the disk")
	ErrClosed   = errors.New("no more logs are taken: the console ends")
)

var errForgotten = errors.New("the log was forgotten")

// Log is a log that was dropped.
type Log struct {
	ID   string // 128 random bits as text that stands in a URL
	Name string // as the visitor's file was called: any text
	Size int64  // in bytes, as it was dropped
	At   time.Time
	Gone []string // names of the visitor's older logs that made room for this one
}

// Store keeps logs. New makes one; it is safe for concurrent use.
type Store struct {
	limits Limits
	now    func() time.Time

	mutex  sync.Mutex
	kept   []*entry // the oldest first
	taking []*entry // that are not whole yet
	closed bool
}

// entry is a log, or the room for one.
type entry struct {
	Log
	owner string
	room  int64 // bytes, at least those that it has
	file  *file
}

// New makes a store without logs.
func New(limits Limits, now func() time.Time) *Store { return &Store{limits: limits, now: now} }

// Limits are those of the store.
func (s *Store) Limits() Limits { return s.limits }

// Take reads a log to its end and keeps it. size is what it has at most: room for that
// much is made at once.
func (s *Store) Take(owner, name string, size int64, body io.Reader) (Log, error) {
	if size < 0 {
		size = s.limits.Each
	}
	one, err := s.begin(owner, name, min(size, s.limits.Each))
	if err != nil {
		return Log{}, err
	}
	one.file, one.Size, err = take(body, s.limits.Each)
	return s.end(one, err)
}

// begin makes room.
func (s *Store) begin(owner, name string, room int64) (*entry, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.closed {
		return nil, ErrClosed
	}
	const longest = 255 // bytes, which is what file systems have
	one := &entry{Log: Log{ID: newID(), Name: name[:min(len(name), longest)]}, owner: owner, room: room}
	going, logs, own, all := 0, 1, room, room
	for _, other := range slices.Concat(s.kept, s.taking) {
		all += other.room
		if other.owner == owner {
			logs++
			own += other.room
		}
	}
	fits := func() bool { return logs <= s.limits.Logs && own <= s.limits.Bytes && all <= s.limits.All }
	var old []*entry
	for ; !fits() && going < len(s.kept); going++ {
		if other := s.kept[going]; other.owner == owner {
			logs, own, all = logs-1, own-other.room, all-other.room
			old, one.Gone = append(old, other), append(one.Gone, other.Name)
		}
	}
	if !fits() {
		return nil, ErrFull
	}
	for _, other := range old {
		s.drop(other)
	}
	s.taking = append(s.taking, one)
	return one, nil
}

// end keeps what was taken, if it was.
func (s *Store) end(one *entry, err error) (Log, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.taking = slices.DeleteFunc(s.taking, func(other *entry) bool { return other == one })
	if err == nil && s.closed {
		err = ErrClosed
	}
	if err != nil {
		one.file.forget()
		return Log{}, err
	}
	one.room, one.At = one.Size, s.now()
	s.kept = append(s.kept, one)
	return one.Log, nil
}

// drop forgets a log that is kept; whoever reads it reads on.
func (s *Store) drop(one *entry) {
	s.kept = slices.DeleteFunc(s.kept, func(other *entry) bool { return other == one })
	one.file.forget()
}

// List are the logs of a visitor, the newest first.
func (s *Store) List(owner string) []Log {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	var list []Log
	for _, one := range slices.Backward(s.kept) {
		if one.owner == owner {
			list = append(list, one.Log)
		}
	}
	return list
}

// Open is a log of a visitor, to replay any number of times and at the same time. One
// that is forgotten before its turn comes cannot be read.
func (s *Store) Open(owner, id string) (Log, replay.Input, bool) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	one := s.find(owner, id)
	if one == nil {
		return Log{}, replay.Input{}, false
	}
	return one.Log, replay.Input{Name: one.Name, Open: func() (io.ReadCloser, error) {
		reader := one.file.open(one.Size)
		if reader == nil {
			return nil, errForgotten
		}
		return reader, nil
	}}, true
}

// Forget forgets a log of a visitor; false: there is none.
func (s *Store) Forget(owner, id string) bool {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	one := s.find(owner, id)
	if one != nil {
		s.drop(one)
	}
	return one != nil
}

// Close forgets all logs, and takes no more.
func (s *Store) Close() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.closed = true
	for len(s.kept) > 0 {
		s.drop(s.kept[0])
	}
}

func (s *Store) find(owner, id string) *entry {
	for _, one := range s.kept {
		if one.ID == id && one.owner == owner {
			return one
		}
	}
	return nil
}

func newID() string {
	var bits [16]byte
	_, _ = rand.Read(bits[:]) // it never fails
	return base64.RawURLEncoding.EncodeToString(bits[:])
}
