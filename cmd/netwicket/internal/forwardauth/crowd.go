package forwardauth

import (
	"container/list"
	"crypto/tls"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pires/go-proxyproto"
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

// crowd is the open connections of callers that are no proxies of ours, or are not
// known to be yet. It has limited room: who comes when it is full takes the place
// of whoever has been there longest. A prober is answered within a millisecond, so
// it gets its answer through a flood of callers that do nothing, and the proxies
// find the descriptors that the crowd cannot have (docs/semantics.md, edge-31).
type crowd struct {
	room    int
	evicted atomic.Uint64

	mutex sync.Mutex
	held  list.List // of *held, the oldest first
}

// roomFor is the room of the crowd in a process with so many descriptors; zero
// stands for no limit.
func roomFor(descriptors uint64) int {
	if descriptors == 0 {
		return manyStrangers
	}
	room := (max(descriptors, ownDescriptors) - ownDescriptors) / 4
	return int(min(max(room, fewStrangers), manyStrangers))
}

// enter takes a connection in.
func (c *crowd) enter(connection net.Conn) *held {
	h := &held{Conn: connection, crowd: c, end: time.Now().Add(strangerTime)}
	// A connection that takes no deadline is one that is closed already.
	_ = connection.SetDeadline(h.end)
	var oldest *held
	c.mutex.Lock()
	h.place = c.held.PushBack(h)
	if c.held.Len() > c.room {
		oldest = c.held.Remove(c.held.Front()).(*held)
		oldest.place = nil
	}
	c.mutex.Unlock()
	if oldest != nil {
		c.evicted.Add(1)
		_ = oldest.Conn.Close() // nobody waits for it
	}
	return h
}

// leave gives a place back. It is gone already if the connection was the oldest.
func (c *crowd) leave(h *held) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if h.place != nil {
		c.held.Remove(h.place)
		h.place = nil
	}
}

// held is a connection in a crowd. Its deadlines are at most its end, whatever is
// asked for, until its caller turns out to be a proxy of ours.
type held struct {
	net.Conn
	crowd   *crowd
	end     time.Time
	place   *list.Element // under the crowd's mutex; nil: not in it any more
	settled atomic.Bool
}

func (h *held) SetDeadline(t time.Time) error      { return h.Conn.SetDeadline(h.capped(t)) }
func (h *held) SetReadDeadline(t time.Time) error  { return h.Conn.SetReadDeadline(h.capped(t)) }
func (h *held) SetWriteDeadline(t time.Time) error { return h.Conn.SetWriteDeadline(h.capped(t)) }

func (h *held) capped(t time.Time) time.Time {
	if !h.settled.Load() && (t.IsZero() || t.After(h.end)) {
		return h.end
	}
	return t
}

func (h *held) Close() error {
	h.crowd.leave(h)
	return h.Conn.Close()
}

// settle lets a connection go as that of a proxy. The deadline of the answer under
// way was capped; the next request's will not be.
func (h *held) settle() {
	if h.settled.Swap(true) {
		return
	}
	h.crowd.leave(h)
	_ = h.SetWriteDeadline(time.Now().Add(requestTimeout)) // it fails where the connection does
}

// admission is a listener that holds strangers' connections in the crowd.
type admission struct {
	net.Listener
	crowd *crowd
	// knows says that a peer is a proxy of ours, at once; behind the PROXY protocol
	// nobody is known before the header.
	knows func(peer string) bool
}

func (a *admission) Accept() (net.Conn, error) {
	connection, err := a.Listener.Accept()
	if err != nil || a.knows(connection.RemoteAddr().String()) {
		return connection, err
	}
	return a.crowd.enter(connection), nil
}

// settleBy lets those out of the crowd whose PROXY header has named a proxy of
// ours. It is told of every request, once its header has been read.
func settleBy(trusts func(peer string) bool) func(net.Conn, http.ConnState) {
	return func(connection net.Conn, state http.ConnState) {
		if state != http.StateActive {
			return
		}
		socket := connection
		if secured, ok := socket.(*tls.Conn); ok {
			socket = secured.NetConn()
		}
		// Whoever is not required to send a header is not named by one.
		proxied, ok := socket.(*proxyproto.Conn)
		if !ok {
			return
		}
		if h, ok := proxied.Raw().(*held); ok && !h.settled.Load() && trusts(connection.RemoteAddr().String()) {
			h.settle()
		}
	}
}
