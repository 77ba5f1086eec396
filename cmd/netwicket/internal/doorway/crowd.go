package doorway

import (
	"container/list"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// strangerTime is how long a caller that nobody vouches for may have a
	// connection, from its first byte to the last of the answer. It is also what
	// a balancer has for its PROXY header and the request behind it.
	strangerTime = 5 * time.Second

	// Of the descriptors of the process, so many are for files, listeners and the
	// runtime; of the rest, strangers get the fourth part, at least two of them and
	// never more than are of use to probes.
	ownDescriptors = 16
	fewStrangers   = 2
	manyStrangers  = 1024
)

// Crowd is the open connections of callers that nobody vouches for: they are not
// known to be ours, or not yet. It has limited room: who comes when it is full takes
// the place of whoever has been there longest. A prober is answered within a
// millisecond, so it gets its answer through a flood of callers that do nothing, and
// those we know find the descriptors that the crowd cannot have (docs/semantics.md,
// edge-31). It is safe for concurrent use.
type Crowd struct {
	// For so many, and for so long each; to be set before the first one comes.
	Room    int
	Stay    time.Duration
	evicted atomic.Uint64

	mutex sync.Mutex
	held  list.List // of *Held, the oldest first
}

// NewCrowd has room for as many as the descriptors of the process allow.
func NewCrowd() *Crowd { return &Crowd{Room: roomFor(descriptors()), Stay: strangerTime} }

// Descriptors is how many files and connections the process may have open; zero: it
// does not say.
func Descriptors() uint64 { return descriptors() }

// Evicted counts the connections that were closed to make room for newer ones.
func (c *Crowd) Evicted() uint64 { return c.evicted.Load() }

// roomFor is the room of the crowd in a process with so many descriptors; zero
// stands for no limit.
func roomFor(descriptors uint64) int {
	if descriptors == 0 {
		return manyStrangers
	}
	room := (max(descriptors, ownDescriptors) - ownDescriptors) / 4
	return int(min(max(room, fewStrangers), manyStrangers))
}

// Enter takes a connection in.
func (c *Crowd) Enter(connection net.Conn) *Held {
	h := &Held{Conn: connection, crowd: c, end: time.Now().Add(c.Stay)}
	// A connection that takes no deadline is one that is closed already.
	_ = connection.SetDeadline(h.end)
	var oldest *Held
	c.mutex.Lock()
	h.place = c.held.PushBack(h)
	if c.held.Len() > c.Room {
		oldest = c.held.Remove(c.held.Front()).(*Held)
	}
	c.mutex.Unlock()
	if oldest != nil {
		c.evicted.Add(1)
		_ = oldest.Conn.Close() // nobody waits for it
	}
	return h
}

// leave gives a place back. It is gone already, and stays so, if the connection was
// the oldest.
func (c *Crowd) leave(h *Held) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.held.Remove(h.place)
}

// Held is a connection in a crowd. Its deadlines are at most its end, whatever is
// asked for, until its caller turns out to be known.
type Held struct {
	net.Conn
	crowd   *Crowd
	end     time.Time
	place   *list.Element // under the crowd's mutex
	settled atomic.Bool
}

// SetDeadline implements [net.Conn].
func (h *Held) SetDeadline(t time.Time) error { return h.Conn.SetDeadline(h.capped(t)) }

// SetReadDeadline implements [net.Conn].
func (h *Held) SetReadDeadline(t time.Time) error { return h.Conn.SetReadDeadline(h.capped(t)) }

// SetWriteDeadline implements [net.Conn].
func (h *Held) SetWriteDeadline(t time.Time) error { return h.Conn.SetWriteDeadline(h.capped(t)) }

func (h *Held) capped(t time.Time) time.Time {
	if !h.settled.Load() && (t.IsZero() || t.After(h.end)) {
		return h.end
	}
	return t
}

// Close implements [net.Conn].
func (h *Held) Close() error {
	h.crowd.leave(h)
	return h.Conn.Close()
}

// Settle lets a connection go as that of a caller whom we know. The deadlines of the
// request under way were capped: it gets these, of which zero is none; the next
// request's will not be. It does nothing for a connection that was let go before.
func (h *Held) Settle(read, write time.Time) {
	if h.settled.Swap(true) {
		return
	}
	h.crowd.leave(h)
	_, _ = h.SetReadDeadline(read), h.SetWriteDeadline(write) // they fail where the connection does
}

// Listener is a listener that holds strangers' connections in a crowd.
type Listener struct {
	net.Listener
	Crowd *Crowd
	// Knows says that a peer is no stranger, at once; nil: nobody is known before he
	// has said something.
	Knows func(peer string) bool
}

// Accept implements [net.Listener].
func (l *Listener) Accept() (net.Conn, error) {
	connection, err := l.Listener.Accept()
	if err != nil || l.Knows != nil && l.Knows(connection.RemoteAddr().String()) {
		return connection, err
	}
	return l.Crowd.Enter(connection), nil
}
