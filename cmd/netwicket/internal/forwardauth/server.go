package forwardauth

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"time"

	"github.com/pires/go-proxyproto"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/doorway"
	"github.com/netwicket/netwicket/decide/policyfile"
)

// Limits of a connection. Proxies on the same network answer in milliseconds; the
// idle time is longer than theirs, so that it is the proxy that closes a
// connection, never the service under a question that is on its way.
const (
	headerTimeout   = 5 * time.Second // of a PROXY protocol header, a TLS handshake, a request's header
	requestTimeout  = 10 * time.Second
	idleTimeout     = 5 * time.Minute
	shutdownTimeout = 10 * time.Second

	// maxHeaderBytes is more than proxies pass on by default (nginx 32 KiB,
	// HAProxy 16 KiB, Envoy 60 KiB). Longer ones get 431, which no proxy takes
	// for an allow.
	maxHeaderBytes = 64 << 10
)

// Listener is one address to answer on.
type Listener struct {
	Address string      // host:port, or unix:PATH
	TLS     *tls.Config // nil: plain HTTP
	// ProxyProtocol: the proxies of the edge must begin with a PROXY protocol
	// header, which then names the caller. Else nobody may.
	ProxyProtocol bool
	Handler       http.Handler
	Profiles      bool // answer with profiles of the process, too: nobody but those who run it may reach the address
}

// Server is one listener that is open.
type Server struct {
	http     *http.Server
	listener net.Listener
	tls      bool
}

// Listen opens the listener, so that an address that is taken is known before
// anything is served.
func (s *Service) Listen(l Listener) (*Server, error) {
	listener, err := Open(l.Address)
	if err != nil {
		return nil, err
	}
	return s.serverOn(listener, l), nil
}

// Open opens an address of the policy file's, host:port or unix:PATH.
func Open(address string) (net.Listener, error) {
	listener, err := listenOn(address)
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s: %w", address, err)
	}
	return listener, nil
}

// Admit puts the service's crowd in front of a listener: callers whom no policy in force
// trusts share its room and its time, whatever they speak.
func (s *Service) Admit(listener net.Listener) *doorway.Listener {
	return &doorway.Listener{Listener: listener, Crowd: s.crowd, Knows: s.Trusts}
}

// serverOn answers on a listener that is open.
func (s *Service) serverOn(listener net.Listener, l Listener) *Server {
	admitted := s.Admit(listener)
	server := &Server{listener: admitted, tls: l.TLS != nil, http: &http.Server{
		Handler:   l.Handler,
		TLSConfig: l.TLS,
		// Headers and body have one deadline, since a second one would cost a
		// timer for every request and bodies are not read.
		ReadTimeout:    headerTimeout,
		WriteTimeout:   requestTimeout,
		IdleTimeout:    idleTimeout,
		MaxHeaderBytes: maxHeaderBytes,
		ErrorLog:       log.New(&connectionLog{s.journal}, "", 0),
		// net/http would answer OPTIONS * with 200, which lets a request pass.
		DisableGeneralOptionsHandler: true,
	}}
	if l.Profiles {
		server.http.Handler, server.http.ConnContext = &profiles{next: l.Handler}, withHeld
	}
	if l.ProxyProtocol {
		admitted.Knows = nil
		server.http.ConnState = settleBy(s.Trusts)
		server.listener = &proxyproto.Listener{
			Listener:          admitted,
			ReadHeaderTimeout: headerTimeout,
			ConnPolicy:        proxied(s.Trusts),
			ValidateHeader:    namesHost,
		}
	}
	return server
}

// proxied requires the header of trusted peers. What others send is HTTP: a
// header there is a request that cannot be read (docs/semantics.md, edge-19).
func proxied(trusts func(string) bool) proxyproto.ConnPolicyFunc {
	return func(o proxyproto.ConnPolicyOptions) (proxyproto.Policy, error) {
		if trusts(o.Upstream.String()) {
			return proxyproto.REQUIRE, nil
		}
		return proxyproto.SKIP, nil
	}
}

// namesHost refuses headers of connections that are not TCP. A client on a local
// socket chooses its own name, which may look like an address.
func namesHost(h *proxyproto.Header) error {
	if kind := h.TransportProtocol; h.Command.IsProxy() && (kind.IsUnix() || !kind.IsStream()) {
		return fmt.Errorf("a PROXY protocol header of a connection that is not TCP (%#x)", byte(kind))
	}
	return nil
}

// Addr is where the server listens.
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// Text is where the server listens, as the policy file writes it.
func (s *Server) Text() string { return AddressText(s.Addr()) }

// AddressText is the address of a listener, as the policy file writes it.
func AddressText(addr net.Addr) string {
	if addr.Network() == "unix" {
		return policyfile.UnixListen + addr.String()
	}
	return addr.String()
}

// Serve answers until the server is shut down; it then returns nil.
func (s *Server) Serve() error {
	var err error
	if s.tls {
		err = s.http.ServeTLS(s.listener, "", "")
	} else {
		err = s.http.Serve(s.listener)
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// Shutdown takes no more connections, answers the questions under way and
// closes. The error says that some were cut off.
func (s *Server) Shutdown() error {
	ctx, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
	defer cancel()
	err := s.http.Shutdown(ctx)
	_ = s.listener.Close() // one that nothing was served on is open yet
	if err != nil {
		return errors.Join(err, s.http.Close())
	}
	return nil
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
		if h, ok := proxied.Raw().(*doorway.Held); ok && trusts(connection.RemoteAddr().String()) {
			h.Settle(time.Time{}, time.Now().Add(requestTimeout))
		}
	}
}
