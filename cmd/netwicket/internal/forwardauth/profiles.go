package forwardauth

import (
	"context"
	"net"
	"net/http"
	"net/http/pprof"
	"strings"
	"sync/atomic"
	"time"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/doorway"
	"github.com/netwicket/netwicket/decide/gate"
)

// profilesPath is where Go's tools look for profiles.
const profilesPath = "/debug/pprof/"

// profiles answers with profiles of the process, one at a time, and leaves every
// other path to the next handler. What it tells is for whoever runs the service: the
// work of the whole process, and text out of its memory.
type profiles struct {
	next http.Handler
	busy atomic.Bool
}

// ServeHTTP implements [http.Handler].
func (p *profiles) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name, found := strings.CutPrefix(r.URL.Path, profilesPath)
	if !found {
		p.next.ServeHTTP(w, r)
		return
	}
	gate.LeaveBody(w, r)
	closeAfter(w)
	if p.busy.Swap(true) {
		writeText(w, http.StatusServiceUnavailable, "a profile is being taken; try again when it is done\n")
		return
	}
	defer p.busy.Store(false)
	// A profile of seconds outlasts the time that a stranger's connection has.
	if held, ok := r.Context().Value(heldKey{}).(*doorway.Held); ok {
		held.Settle(time.Time{}, time.Now().Add(requestTimeout))
	}
	switch name {
	case "profile":
		pprof.Profile(w, r)
	case "trace":
		pprof.Trace(w, r)
	default:
		pprof.Index(w, r)
	}
}

// heldKey is the key under which a request's context has its connection.
type heldKey struct{}

// withHeld lets handlers find the connection of a caller who is no proxy of ours.
func withHeld(ctx context.Context, connection net.Conn) context.Context {
	if held, ok := connection.(*doorway.Held); ok {
		return context.WithValue(ctx, heldKey{}, held)
	}
	return ctx
}
