package admin

import (
	"crypto/tls"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// SetRoom sets how many strangers' connections there may be, of a server that does
// not listen yet.
func (s *Server) SetRoom(room int) { s.crowd.Room = room }

// Registry is where the metrics are.
func (c *Counters) Registry() *prometheus.Registry { return c.registry }

// SetStay sets how long strangers may have a connection, of a server that does not
// listen yet.
func (s *Server) SetStay(stay time.Duration) { s.crowd.Stay = stay }

// ListenOnTLS answers with the front on a listener that a test opened.
func (s *Server) ListenOnTLS(listener net.Listener, certificates *tls.Config) {
	s.add(listener, s.withStatus(s.front), certificates)
}

// ListenOn answers on a listener that a test opened; nil: with the front.
func (s *Server) ListenOn(listener net.Listener, handler http.Handler) {
	if handler == nil {
		handler = s.withStatus(s.front)
	}
	s.add(listener, handler, nil)
}

// Status answers what the status does.
func (s *Server) Status() http.Handler { return s.withStatus(http.NotFoundHandler()) }

// Windows are how many windows of time the front keeps: of Okta's limits, of SailPoint's,
// of failed logins and of lines.
func (f *Front) Windows() [4]int {
	var open [4]int
	for i, w := range []*windows{f.rates, f.versions, f.failures, f.lines} {
		w.mu.Lock()
		open[i] = len(w.open)
		w.mu.Unlock()
	}
	return open
}

// ConnectionLog takes what net/http has to say about connections.
func ConnectionLog(logger *slog.Logger) io.Writer { return &connectionLog{logger} }
