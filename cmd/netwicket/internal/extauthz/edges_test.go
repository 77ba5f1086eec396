package extauthz_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"

	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	authv3 "github.com/envoyproxy/go-control-plane/envoy/service/auth/v3"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/extauthz"
)

// fromEnvoy is the context of a call from 127.0.0.1.
func fromEnvoy(t *testing.T) context.Context {
	return peer.NewContext(t.Context(), &peer.Peer{Addr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 4711}})
}

// TestNamesOfHeaders: every byte that RFC 9110 (5.6.2) lets stand in a name may, but for
// large letters, which Envoy does not write.
func TestNamesOfHeaders(t *testing.T) {
	answers := extauthz.Answers(serve(t, blocking("")).Service)
	const tchar = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
	for b := range 256 {
		name := "x" + string([]byte{byte(b)})
		for _, r := range []*authv3.CheckRequest{check("198.51.100.7", name, "v"), raw("198.51.100.7", name, "v")} {
			answer, err := answers.Check(fromEnvoy(t), r)
			require.NoError(t, err)
			require.Equal(t, strings.IndexByte(tchar, byte(b)) >= 0, passes(t, answer), "%q", name)
		}
	}
}

// TestValuesInTwoForms: a header of the list has its value as text or as bytes.
func TestValuesInTwoForms(t *testing.T) {
	answers := extauthz.Answers(serve(t, blocking("")).Service)
	for _, row := range []struct {
		value, raw string
		want       bool
	}{{"198.51.100.7", "", true}, {"203.0.113.7", "", false}, {"", "198.51.100.7", true}, {"", "203.0.113.7", false}, {"203.0.113.7", "1", false}} {
		r := raw("10.0.0.2", xff, "")
		r.Attributes.Request.Http.HeaderMap.Headers[1] = &corev3.HeaderValue{Key: xff, Value: row.value, RawValue: []byte(row.raw)}
		answer, err := answers.Check(fromEnvoy(t), r)
		require.NoError(t, err)
		require.Equal(t, row.want, passes(t, answer), row)
	}
	two := raw("10.0.0.2", xff, "198.51.100.7")
	two.Attributes.Request.Http.HeaderMap.Headers[1].RawValue = []byte("1")
	two.Attributes.Request.Http.HeaderMap.Headers[1].Value = "198.51.100.7"
	answer, err := answers.Check(fromEnvoy(t), two)
	require.NoError(t, err)
	require.Equal(t, codes.InvalidArgument, codes.Code(answer.GetStatus().GetCode()))
	require.Empty(t, answer.GetDeniedResponse().GetBody(), "there is no decision to refer to")
	require.Len(t, answer.GetDeniedResponse().GetHeaders(), 1, "Cache-Control alone")
}

// TestCallersWithoutAnAddress are nobody's proxy.
func TestCallersWithoutAnAddress(t *testing.T) {
	answers := extauthz.Answers(serve(t, blocking("")).Service)
	for _, ctx := range []context.Context{t.Context(), peer.NewContext(t.Context(), &peer.Peer{})} {
		answer, err := answers.Check(ctx, check("198.51.100.7"))
		require.NoError(t, err)
		require.False(t, passes(t, answer))
	}
	answer, err := answers.Check(fromEnvoy(t), check("198.51.100.7"))
	require.NoError(t, err)
	require.True(t, passes(t, answer))
}

// TestLongestQuestion is of 256 KiB; one byte more is too long.
func TestLongestQuestion(t *testing.T) {
	connection := envoy(t, "127.0.0.1", serve(t, blocking("")).listen(t, nil))
	r := check("198.51.100.7")
	for _, size := range []int{questionLimit, questionLimit + 1} {
		headers := r.Attributes.Request.Http.Headers
		headers["cookie"] = strings.Repeat("x", questionLimit/2)
		headers["cookie"] = strings.Repeat("x", questionLimit/2+size-proto.Size(r))
		require.Equal(t, size, proto.Size(r))
		answer, err := ask(t, connection, r)
		if size == questionLimit {
			require.NoError(t, err)
			require.True(t, passes(t, answer))
		} else {
			require.Equal(t, codes.ResourceExhausted, status.Code(err))
		}
	}
}

// TestShutdownBeforeServe: a server that is told to end before it serves does not fail.
func TestShutdownBeforeServe(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	server := extauthz.ServerOn(serve(t, blocking("")).Service, listener, nil, nil)
	require.NoError(t, server.Shutdown())
	require.NoError(t, server.Serve())
	_, err = net.Dial("tcp", listener.Addr().String())
	require.Error(t, err, "the listener is closed")
}

// TestShutdownEndsWatches, of which each would last for ever.
func TestShutdownEndsWatches(t *testing.T) {
	s := serve(t, blocking(""))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	server := extauthz.ServerOn(s.Service, listener, nil, nil)
	served := make(chan error, 1)
	go func() { served <- server.Serve() }()
	stream, err := healthpb.NewHealthClient(envoy(t, "127.0.0.1", listener.Addr().String())).Watch(t.Context(), &healthpb.HealthCheckRequest{})
	require.NoError(t, err)
	told, err := stream.Recv()
	require.NoError(t, err)
	require.Equal(t, serving, told.GetStatus())
	require.NoError(t, server.Shutdown(), "nothing was cut off")
	_, err = stream.Recv()
	require.Equal(t, codes.Unavailable, status.Code(err))
	require.ErrorContains(t, err, "shutting down")
	require.NoError(t, <-served)
}

// gone is a watcher who cannot be told anything.
type gone struct {
	grpc.ServerStream
	ctx context.Context
}

var errGone = errors.New("it has gone")

func (g *gone) Context() context.Context                 { return g.ctx }
func (g *gone) Send(*healthpb.HealthCheckResponse) error { return errGone }

// TestWatchersThatHaveGone are not watched for any more.
func TestWatchersThatHaveGone(t *testing.T) {
	health := extauthz.Health(serve(t, blocking("")).Service, make(chan struct{}))
	require.ErrorIs(t, health.Watch(&healthpb.HealthCheckRequest{}, &gone{ctx: t.Context()}), errGone)
}
