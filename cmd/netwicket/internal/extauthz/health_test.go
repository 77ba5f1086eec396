package extauthz_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/extauthz"
)

const (
	serving    = healthpb.HealthCheckResponse_SERVING
	notServing = healthpb.HealthCheckResponse_NOT_SERVING
)

// TestHealth is what /readyz says, to anybody.
func TestHealth(t *testing.T) {
	s := newServed(t, "")
	connection := envoy(t, "127.0.0.2", s.listen(t, nil))
	health := func(service string) healthpb.HealthCheckResponse_ServingStatus {
		answer, err := healthpb.NewHealthClient(connection).Check(t.Context(), &healthpb.HealthCheckRequest{Service: service})
		require.NoError(t, err)
		return answer.GetStatus()
	}
	require.Equal(t, notServing, health(""), "nothing is in force")
	require.NoError(t, s.Put("", snapshot(t, blocking(""))))
	require.Equal(t, serving, health(""))
	require.Equal(t, serving, health("envoy.service.auth.v3.Authorization"))
	s.Trouble("policy", "files hang")
	require.Equal(t, notServing, health(""))
	s.Trouble("policy", "")
	require.Equal(t, serving, health(""))
	_, err := healthpb.NewHealthClient(connection).Check(t.Context(), &healthpb.HealthCheckRequest{Service: "nobody"})
	require.Equal(t, codes.NotFound, status.Code(err))
	s.Close()
	require.Equal(t, notServing, health("envoy.service.auth.v3.Authorization"))
	require.True(t, passes(t, asked(t, envoy(t, "127.0.0.1", connection.Target()[len("passthrough:///"):]), check("198.51.100.7"))), "decisions go on")
}

// watcher is somebody who watches a service's health.
type watcher struct {
	grpc.ServerStream
	ctx  context.Context
	told chan healthpb.HealthCheckResponse_ServingStatus
}

func (w *watcher) Context() context.Context { return w.ctx }

func (w *watcher) Send(r *healthpb.HealthCheckResponse) error {
	w.told <- r.GetStatus()
	return nil
}

// TestWatch tells of changes alone, and ends with the server.
func TestWatch(t *testing.T) {
	first := snapshot(t, blocking(""))
	synctest.Test(t, func(t *testing.T) {
		s := newServed(t, "")
		ending := make(chan struct{})
		health := extauthz.Health(s.Service, ending)
		ctx, cancel := context.WithCancel(t.Context())
		w := &watcher{ctx: ctx, told: make(chan healthpb.HealthCheckResponse_ServingStatus, 10)}
		ended := make(chan error, 1)
		watch := func(service string) {
			go func() { ended <- health.Watch(&healthpb.HealthCheckRequest{Service: service}, w) }()
		}
		watch("")
		require.Equal(t, notServing, <-w.told)
		changed := time.Now()
		require.NoError(t, s.Put("", first))
		require.Equal(t, serving, <-w.told)
		require.LessOrEqual(t, time.Since(changed), time.Second, "of the bubble")
		s.Close()
		require.Equal(t, notServing, <-w.told)
		time.Sleep(5 * time.Second)
		require.Empty(t, w.told, "nothing has changed")
		close(ending)
		require.Equal(t, codes.Unavailable, status.Code(<-ended))
		require.Empty(t, w.told)

		health = extauthz.Health(s.Service, make(chan struct{}))
		watch("nobody")
		require.Equal(t, healthpb.HealthCheckResponse_SERVICE_UNKNOWN, <-w.told)
		cancel()
		require.Equal(t, codes.Canceled, status.Code(<-ended))
		s.journal.Close()
	})
}
