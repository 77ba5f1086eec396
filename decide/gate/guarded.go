package gate

import (
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
)

// errDenied is what a connection says that was denied when it was first used.
var errDenied = errors.New("gate: the peer of this connection is denied")

// guarded is a connection of [Listen] that is decided when it is first used, or that may
// have to be closed later. What wants more of the connection than net.Conn has would go
// past the decision, so there is nothing by which to reach it.
type guarded struct {
	net.Conn
	listener *listener
	once     sync.Once
	admitted bool // from once on

	remote  net.Addr              // from once on, for a Recheck, which must not wait for it
	request atomic.Pointer[asked] // the last one on it, of HTTP/1
	spot    place
}

// admit decides if nobody has yet, and waits for the peer to become known. What is
// looked at again is so from before it is decided: a policy that comes meanwhile either
// decides or looks.
func (g *guarded) admit() error {
	g.once.Do(func() {
		g.remote = g.Conn.RemoteAddr()
		if recheck := g.listener.options.Recheck; recheck != nil {
			recheck.enter(g)
		}
		g.admitted = g.listener.admits(g.Conn, g.remote)
	})
	if !g.admitted {
		_ = g.Close() // it may be closed already
		return errDenied
	}
	return nil
}

// Read implements [net.Conn].
func (g *guarded) Read(b []byte) (int, error) {
	if err := g.admit(); err != nil {
		return 0, err
	}
	return g.Conn.Read(b)
}

// Write implements [net.Conn].
func (g *guarded) Write(b []byte) (int, error) {
	if err := g.admit(); err != nil {
		return 0, err
	}
	return g.Conn.Write(b)
}

// ReadFrom implements [io.ReaderFrom], by which files are sent without a copy.
func (g *guarded) ReadFrom(from io.Reader) (int64, error) {
	if err := g.admit(); err != nil {
		return 0, err
	}
	return io.Copy(g.Conn, from)
}

// CloseWrite ends what is sent, where the connection can: net/http does so before it
// closes a connection whose client is still sending.
func (g *guarded) CloseWrite() error {
	if half, ok := g.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return errors.ErrUnsupported
}

// Close implements [net.Conn].
func (g *guarded) Close() error {
	if recheck := g.listener.options.Recheck; recheck != nil {
		recheck.leave(g)
	}
	return g.Conn.Close()
}

// again implements rechecked: by the rules of the listener, and of the guard that let
// the last request in.
func (g *guarded) again() (Result, bool) {
	answer := g.listener.ask(g.remote)
	if !g.listener.lets(&answer) {
		return answer.result(), false
	}
	if request := g.request.Load(); request != nil {
		return request.again()
	}
	return Result{}, true
}

func (g *guarded) connection() net.Conn { return g.Conn }
func (g *guarded) place() *place        { return &g.spot }

// end implements rechecked.
func (g *guarded) end() {
	if request := g.request.Load(); request != nil {
		request.cancel()
	}
	_ = g.Close() // it may be closed already
}
