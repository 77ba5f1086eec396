package main

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/gate"
)

// forwardedKey is the metadata key of X-Forwarded-For: gRPC's keys are lower case.
const forwardedKey = "x-forwarded-for"

// guard decides about calls before their handlers run. The client is found by
// the resolver from the connection and all values of X-Forwarded-For, of which
// only the rightmost untrusted element counts.
type guard struct {
	live     *decide.Live
	resolver *gate.Resolver
}

// unary guards calls with one request and one response.
func (g guard) unary(ctx context.Context, request any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
	ctx, err := g.admit(ctx, info.FullMethod)
	if err != nil {
		return nil, err
	}
	return handler(ctx, request)
}

// stream guards streams. The decision is made once, when the stream begins.
func (g guard) stream(server any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
	ctx, err := g.admit(stream.Context(), info.FullMethod)
	if err != nil {
		return err
	}
	return handler(server, &decidedStream{ServerStream: stream, ctx: ctx})
}

// admit is the context for the handler, or an error without a reason: the
// reason is for the log.
func (g guard) admit(ctx context.Context, method string) (context.Context, error) {
	switch method {
	// The methods by name, not the prefix: what an exempt prefix may one day
	// hold is nobody's decision.
	case healthpb.Health_Check_FullMethodName, healthpb.Health_Watch_FullMethodName, healthpb.Health_List_FullMethodName:
		return ctx, nil
	}
	remoteAddr := ""
	if p, ok := peer.FromContext(ctx); ok && p.Addr != nil {
		remoteAddr = p.Addr.String()
	}
	header := http.Header{"X-Forwarded-For": metadata.ValueFromIncomingContext(ctx, forwardedKey)}
	var buffer [gate.MaxChain]netip.Addr
	edge, policy := g.resolver.Pair(g.live) // a keeper may swap both meanwhile
	result := gate.Decide(buffer[:0], policy, edge, remoteAddr, header)
	if !result.Allowed() {
		slog.Info("denied", "access", result.Decision, "peer", remoteAddr, "method", method, "unresolved", result.Err != 0)
		return nil, status.Error(codes.PermissionDenied, "permission denied")
	}
	return context.WithValue(ctx, resultKey{}, result), nil
}

type resultKey struct{}

// resultOf is the decision about the call that ctx belongs to; one that denies
// where the guard made none.
func resultOf(ctx context.Context) gate.Result {
	result, _ := ctx.Value(resultKey{}).(gate.Result)
	return result
}

// decidedStream is a stream whose context holds the decision.
type decidedStream struct {
	grpc.ServerStream
	ctx context.Context
}

// Context holds the decision.
func (s *decidedStream) Context() context.Context { return s.ctx }
