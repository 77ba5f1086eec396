package extauthz

import (
	"context"
	"time"

	authv3 "github.com/envoyproxy/go-control-plane/envoy/service/auth/v3"
	"google.golang.org/grpc/codes"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/forwardauth"
)

// watchTick is how often a state that somebody watches is looked at: it changes with the
// age of data too, which nobody tells.
const watchTick = time.Second

// health says of the service what /readyz says, under its own name and without one.
type health struct {
	healthpb.UnimplementedHealthServer
	service *forwardauth.Service
	ending  <-chan struct{} // closed when the server takes no more questions
}

func knownService(name string) bool {
	return name == "" || name == authv3.Authorization_ServiceDesc.ServiceName
}

func (h *health) state() healthpb.HealthCheckResponse_ServingStatus {
	if len(h.service.Problems(time.Now())) > 0 {
		return healthpb.HealthCheckResponse_NOT_SERVING
	}
	return healthpb.HealthCheckResponse_SERVING
}

// Check says whether the service should be asked.
func (h *health) Check(_ context.Context, r *healthpb.HealthCheckRequest) (*healthpb.HealthCheckResponse, error) {
	if !knownService(r.GetService()) {
		return nil, status.Error(codes.NotFound, "there is no such service")
	}
	return &healthpb.HealthCheckResponse{Status: h.state()}, nil
}

// Watch says it again whenever it changes, until the server ends.
func (h *health) Watch(r *healthpb.HealthCheckRequest, stream healthpb.Health_WatchServer) error {
	state := func() healthpb.HealthCheckResponse_ServingStatus {
		if !knownService(r.GetService()) {
			return healthpb.HealthCheckResponse_SERVICE_UNKNOWN
		}
		return h.state()
	}
	tick := time.NewTicker(watchTick)
	defer tick.Stop()
	told := healthpb.HealthCheckResponse_UNKNOWN
	for {
		if now := state(); now != told {
			if err := stream.Send(&healthpb.HealthCheckResponse{Status: now}); err != nil {
				return err
			}
			told = now
		}
		select {
		case <-tick.C:
		case <-stream.Context().Done():
			return status.FromContextError(stream.Context().Err()).Err()
		case <-h.ending:
			return status.Error(codes.Unavailable, "shutting down")
		}
	}
}
