package admin

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/doorway"
	"github.com/netwicket/netwicket/internal/shown"
)

// Limits of a caller's connection. SDKs send their requests at once; who takes longer
// holds up nobody but themselves. Whoever is no caller yet is in the crowd of package
// doorway, whose limits are narrower.
const (
	headerTimeout  = 10 * time.Second
	requestTimeout = 30 * time.Second // with its body
	answerTimeout  = 60 * time.Second // a write may wait for others and for the compiler
	idleTimeout    = 2 * time.Minute
	maxHeaderBytes = 64 << 10
)

// Server is the listeners of the front and of the status.
type Server struct {
	front    http.Handler
	counters *Counters
	ready    func() error // nil: ready
	crowd    *doorway.Crowd
	errors   *log.Logger
	closing  atomic.Bool
	servers  []*listening
}

type listening struct {
	http *http.Server
	net  net.Listener
	tls  bool
}

// NewServer answers with a front. ready says why the documents cannot be used; nil
// if they can.
func NewServer(front *Front, ready func() error) *Server {
	s := &Server{front: front, counters: front.options.Counters, ready: ready, crowd: doorway.NewCrowd()}
	s.errors = log.New(&connectionLog{front.options.Log}, "", 0)
	s.counters.watch(s.crowd)
	return s
}

// Listen opens the listeners: of the front, and of the status if metrics is not
// empty; otherwise the status is on the front's. Plain HTTP, of nil certificates,
// is for loopback addresses alone: tokens would be there to read for everybody on
// the way (H11).
func (s *Server) Listen(address, metrics string, certificates *tls.Config) error {
	at, err := net.ResolveTCPAddr("tcp", address)
	if err != nil {
		return fmt.Errorf("cannot listen on %s: %w", shown.Text(address), err)
	}
	if certificates == nil && !at.IP.IsLoopback() { // of a name, what it stands for
		return fmt.Errorf("--listen %s: plain HTTP is for loopback addresses alone, since tokens would be sent in the clear; give --tls-cert and --tls-key, or listen on 127.0.0.1", shown.Text(address))
	}
	if metrics == "" {
		return s.open(at.String(), s.withStatus(s.front), certificates)
	}
	if err := s.open(at.String(), s.front, certificates); err != nil {
		return err
	}
	if err := s.open(metrics, s.withStatus(http.NotFoundHandler()), nil); err != nil {
		_ = s.servers[0].net.Close() // nothing was served yet
		return err
	}
	return nil
}

func (s *Server) open(address string, handler http.Handler, certificates *tls.Config) error {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return fmt.Errorf("cannot listen on %s: %w", shown.Text(address), err)
	}
	s.add(listener, handler, certificates)
	return nil
}

// add answers on a listener that is open.
func (s *Server) add(listener net.Listener, handler http.Handler, certificates *tls.Config) {
	s.servers = append(s.servers, &listening{
		net: &doorway.Listener{Listener: listener, Crowd: s.crowd}, tls: certificates != nil,
		http: &http.Server{
			Handler: handler, TLSConfig: certificates, ErrorLog: s.errors, ConnContext: rememberHeld,
			ReadHeaderTimeout: headerTimeout, ReadTimeout: requestTimeout, WriteTimeout: answerTimeout, IdleTimeout: idleTimeout,
			MaxHeaderBytes: maxHeaderBytes, DisableGeneralOptionsHandler: true,
		},
	})
}

// Addr is where the front listens.
func (s *Server) Addr() net.Addr { return s.servers[0].net.Addr() }

// withStatus answers /healthz, /readyz, /-/ready and /metrics to anybody, as serve
// does (D8).
func (s *Server) withStatus(next http.Handler) http.Handler {
	metrics := s.counters.handler()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, status := "ok\n", http.StatusOK
		switch r.URL.Path {
		case "/metrics":
			metrics.ServeHTTP(w, r)
			return
		case "/healthz":
		case "/readyz", "/-/ready":
			if s.closing.Load() {
				text, status = "shutting down\n", http.StatusServiceUnavailable
			} else if err := s.ready(); err != nil {
				text, status = "the documents do not load; the log says why\n", http.StatusServiceUnavailable
			}
		default:
			next.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(text)) // a prober that is gone misses nothing
	})
}

// Serve answers until the context ends; then it is not ready any more, answers the
// requests under way and closes.
func (s *Server) Serve(ctx context.Context) error {
	failed := make(chan error, len(s.servers))
	for _, one := range s.servers {
		go func() { failed <- one.serve() }()
	}
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	s.closing.Store(true)
	limit, cancel := context.WithTimeout(context.Background(), answerTimeout)
	defer cancel()
	for _, one := range s.servers {
		if cut := one.http.Shutdown(limit); cut != nil {
			err = errors.Join(err, cut, one.http.Close())
		}
	}
	return err
}

// serve answers until it is closed, which is an error as well: nobody asks any more then.
func (l *listening) serve() error {
	if l.tls {
		return l.http.ServeTLS(l.net, "", "")
	}
	return l.http.Serve(l.net)
}
