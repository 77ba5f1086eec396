package files

import (
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"sync/atomic"
	"time"
)

// Patience is how long nothing may come of a file before it is given up. A read
// that goes on, however slowly, is not.
const Patience = 30 * time.Second

// ErrGivenUp is the error for a file of which nothing came.
var ErrGivenUp = errors.New("given up")

// abandoned are the calls that were given up and have not returned, by path. The
// system cannot take such a call back, so nobody else may begin another one: each
// would hold a thread for as long as the server of a mount does not answer.
//
//nolint:gochecknoglobals // the threads are the process's
var abandoned = struct {
	sync.Mutex
	calls map[string]*call
}{calls: make(map[string]*call)}

// call is something that may never return.
type call struct {
	name    string
	begun   time.Time
	steps   atomic.Uint64 // how often it has got on
	patient time.Duration
}

// patiently is [guard] with the patience of everybody.
func patiently[T any](name string, do func(progress func()) (T, error)) (T, error) {
	return guard(name, Patience, do)
}

// guard does what may not return, and gives it up when for the patience neither
// has it returned nor has it called progress.
func guard[T any](name string, patience time.Duration, do func(progress func()) (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	c := &call{name: name, begun: time.Now(), patient: patience}
	if err := c.waiting(); err != nil {
		var none T
		return none, err
	}
	done := make(chan result, 1)
	go func() {
		value, err := do(func() { c.steps.Add(1) })
		done <- result{value, err}
		c.returned()
	}()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for steps := uint64(0); ; {
		select {
		case r := <-done:
			return r.value, r.err
		case <-timer.C:
		}
		if now := c.steps.Load(); now != steps {
			steps = now
			timer.Reset(patience)
			continue
		}
		if c.leave(func() bool { return len(done) > 0 }) {
			var none T
			return none, c.failure()
		}
	}
}

// waiting is the error if an earlier call for the same path was given up and has
// not returned.
func (c *call) waiting() error {
	abandoned.Lock()
	defer abandoned.Unlock()
	if earlier := abandoned.calls[c.name]; earlier != nil {
		return earlier.failure()
	}
	return nil
}

// leave gives the call up, unless it is done after all.
func (c *call) leave(done func() bool) bool {
	abandoned.Lock()
	defer abandoned.Unlock()
	if done() {
		return false
	}
	abandoned.calls[c.name] = c
	return true
}

// returned notes that a call that was given up has returned after all.
func (c *call) returned() {
	abandoned.Lock()
	defer abandoned.Unlock()
	if abandoned.calls[c.name] == c {
		delete(abandoned.calls, c.name)
	}
}

func (c *call) failure() error {
	return &fs.PathError{Op: "read", Path: c.name, Err: fmt.Errorf(
		"%w: nothing has come of it for %s since %s; nobody writes to the pipe, or the server of its mount does not answer",
		ErrGivenUp, c.patient, c.begun.Format(time.TimeOnly))}
}
