package extauthz

import (
	"crypto/tls"
	"net"

	authv3 "github.com/envoyproxy/go-control-plane/envoy/service/auth/v3"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/forwardauth"
)

// ServerOn answers on a listener that a test opened; without answers as it should.
func ServerOn(service *forwardauth.Service, listener net.Listener, secured *tls.Config, answers authv3.AuthorizationServer) *Server {
	if answers == nil {
		answers = Answers(service)
	}
	return serverOn(service, listener, secured, answers)
}

// Answers is the service that Envoy asks.
func Answers(service *forwardauth.Service) authv3.AuthorizationServer {
	return &authorization{service: service}
}

// Health says whether the service is ready, until ending.
func Health(service *forwardauth.Service, ending <-chan struct{}) healthpb.HealthServer {
	return &health{service: service, ending: ending}
}
