package extauthz

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"sync"
	"time"

	authv3 "github.com/envoyproxy/go-control-plane/envoy/service/auth/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/status"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/forwardauth"
)

// Limits. What one connection can hold is maxStreams questions of maxQuestion bytes;
// how many connections those can have whom nobody knows is the crowd's to say.
const (
	// maxStreams is per connection, of which Envoy has one for each worker and opens
	// another where one is full.
	maxStreams = 100

	// maxQuestion is four times what Envoy takes from a client by default
	// (max_request_headers_kb, 60 KiB), since the path and the certificate of the
	// client stand in a question a second time. Longer ones are RESOURCE_EXHAUSTED.
	maxQuestion = 256 << 10

	// maxHeaders is of the call's own headers, which are not the client's.
	maxHeaders = 16 << 10

	// window is what may be under way of a question, and of a connection, before it is
	// read. It is gRPC's least; to name it keeps gRPC from trying larger ones.
	window = 64 << 10

	handshakeTimeout = 5 * time.Second // as over HTTP
	idleTimeout      = 5 * time.Minute // as over HTTP
	shutdownTimeout  = 10 * time.Second

	// Who has gone without a word is noticed by these pings.
	pingEvery, pingPatience = time.Minute, 10 * time.Second
	// pingsAtMost is how often a caller may ping, with a question under way or not.
	pingsAtMost = 10 * time.Second
)

// Server is a listener for Envoy.
type Server struct {
	grpc     *grpc.Server
	listener net.Listener
	ending   chan struct{}
	end      sync.Once
}

// Listen opens the address, so that one which is taken is known before anything is
// served. Without secured it speaks HTTP/2 in the clear.
func Listen(service *forwardauth.Service, address string, secured *tls.Config) (*Server, error) {
	listener, err := forwardauth.Open(address)
	if err != nil {
		return nil, err
	}
	return serverOn(service, listener, secured, &authorization{service: service}), nil
}

// serverOn answers on a listener that is open.
func serverOn(service *forwardauth.Service, listener net.Listener, secured *tls.Config, answers authv3.AuthorizationServer) *Server {
	options := []grpc.ServerOption{
		grpc.MaxConcurrentStreams(maxStreams),
		grpc.MaxRecvMsgSize(maxQuestion),
		grpc.MaxHeaderListSize(maxHeaders),
		grpc.InitialWindowSize(window),
		grpc.InitialConnWindowSize(window),
		grpc.ConnectionTimeout(handshakeTimeout),
		grpc.KeepaliveParams(keepalive.ServerParameters{MaxConnectionIdle: idleTimeout, Time: pingEvery, Timeout: pingPatience}),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: pingsAtMost, PermitWithoutStream: true}),
		grpc.UnaryInterceptor(unpanicked(service)),
	}
	if secured != nil {
		options = append(options, grpc.Creds(credentials.NewTLS(secured)))
	}
	s := &Server{grpc: grpc.NewServer(options...), listener: service.Admit(listener), ending: make(chan struct{})}
	authv3.RegisterAuthorizationServer(s.grpc, answers)
	healthpb.RegisterHealthServer(s.grpc, &health{service: service, ending: s.ending})
	return s
}

// unpanicked answers a panic with an error, as net/http does; gRPC would end the process.
func unpanicked(service *forwardauth.Service) grpc.UnaryServerInterceptor {
	return func(ctx context.Context, request any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (answer any, err error) {
		defer func() {
			if panicked := recover(); panicked != nil {
				service.Unanswered(panicked)
				answer, err = nil, status.Error(codes.Internal, "no answer")
			}
		}()
		return handler(ctx, request)
	}
}

// Text is where the server listens, as the policy file writes it.
func (s *Server) Text() string { return forwardauth.AddressText(s.listener.Addr()) }

// Addr is where the server listens.
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// Serve answers until the server is shut down; it then returns nil.
func (s *Server) Serve() error {
	err := s.grpc.Serve(s.listener)
	if errors.Is(err, grpc.ErrServerStopped) {
		return nil
	}
	return err
}

// Shutdown takes no more connections, answers the questions under way and closes. The
// error says that some were cut off.
func (s *Server) Shutdown() error {
	s.end.Do(func() { close(s.ending) })
	stopped := make(chan struct{})
	go func() {
		s.grpc.GracefulStop()
		close(stopped)
	}()
	defer s.listener.Close() // one that nothing was served on is open yet
	patience := time.NewTimer(shutdownTimeout)
	defer patience.Stop()
	select {
	case <-stopped:
		return nil
	case <-patience.C:
		s.grpc.Stop()
		<-stopped
		return errors.New("questions were not answered in time")
	}
}
