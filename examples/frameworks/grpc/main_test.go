package main

import (
	"context"
	"errors"
	"io"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/netwicket/netwicket/examples/frameworks/edge/edgetest"
)

// start serves the guarded server on a listener and connects to it.
func start(t *testing.T, listener net.Listener, dial func(context.Context, string) (net.Conn, error)) *grpc.ClientConn {
	t.Helper()
	edgetest.Quiet(t)
	server, err := guarded()
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = server.Serve(listener) }() // ends with Stop
	t.Cleanup(server.Stop)
	connection, err := grpc.NewClient("passthrough:///guarded", grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithContextDialer(dial))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = connection.Close() })
	return connection
}

// overTCP connects from an address of this machine.
func overTCP(t *testing.T, from string) *grpc.ClientConn {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
	return start(t, listener, func(ctx context.Context, _ string) (net.Conn, error) {
		return dialer.DialContext(ctx, "tcp", listener.Addr().String())
	})
}

func timeout(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// onBehalfOf adds a metadata value for each line.
func onBehalfOf(ctx context.Context, lines ...string) context.Context {
	for _, line := range lines {
		ctx = metadata.AppendToOutgoingContext(ctx, forwardedKey, line)
	}
	return ctx
}

func greet(ctx context.Context, connection *grpc.ClientConn) (string, error) {
	answer := new(wrapperspb.StringValue)
	err := connection.Invoke(ctx, greetMethod, wrapperspb.String("world"), answer)
	return answer.GetValue(), err
}

func spell(ctx context.Context, connection *grpc.ClientConn) (string, error) {
	stream, err := connection.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true}, spellMethod)
	if err != nil {
		return "", err
	}
	if err := stream.SendMsg(wrapperspb.String("world")); err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	if err := stream.CloseSend(); err != nil {
		return "", err
	}
	var words []string
	for {
		word := new(wrapperspb.StringValue)
		switch err := stream.RecvMsg(word); {
		case errors.Is(err, io.EOF):
			return strings.Join(words, " "), nil
		case err != nil:
			return strings.Join(words, " "), err
		}
		words = append(words, word.GetValue())
	}
}

var calls = map[string]func(context.Context, *grpc.ClientConn) (string, error){"unary": greet, "stream": spell}

// checkDenied demands an error that does not say why, and no answer.
func checkDenied(t *testing.T, answer string, err error) {
	t.Helper()
	if s := status.Convert(err); s.Code() != codes.PermissionDenied || s.Message() != "permission denied" || len(s.Details()) != 0 || answer != "" {
		t.Fatalf("%q, %v; want PermissionDenied without a reason", answer, err)
	}
}

func TestGuard(t *testing.T) {
	connection := overTCP(t, "127.0.0.1")
	for _, row := range []struct {
		name   string
		lines  []string
		client string // empty: denied
	}{
		{"allowed", []string{"203.0.113.7"}, "203.0.113.7"},
		{"allowed, IPv6 with a port", []string{"[2001:db8:113::7]:443"}, "2001:db8:113::7"},
		{"denied", []string{"198.51.100.66"}, ""},
		{"forged in front, allowed all the same", []string{"198.51.100.66, 203.0.113.7"}, "203.0.113.7"},
		{"forged in front, denied all the same", []string{"203.0.113.7, 198.51.100.66"}, ""},
		{"repeated, the last value counts", []string{"203.0.113.7", "198.51.100.66"}, ""},
		{"repeated, the last value is allowed", []string{"198.51.100.66", "203.0.113.7"}, "203.0.113.7"},
		{"repeated, the last value is garbage", []string{"203.0.113.7", "unknown"}, ""},
		{"no metadata", nil, ""},
		{"nobody but our proxy", []string{"127.0.0.1"}, ""},
	} {
		for kind, call := range calls {
			t.Run(row.name+"/"+kind, func(t *testing.T) {
				answer, err := call(onBehalfOf(timeout(t), row.lines...), connection)
				if row.client == "" {
					checkDenied(t, answer, err)
					return
				}
				if want := "hello, world at " + row.client; err != nil || answer != want {
					t.Fatalf("%q, %v; want %q", answer, err, want)
				}
			})
		}
	}
}

// A peer that is no proxy of ours is the client, whatever it sends.
func TestStranger(t *testing.T) {
	if listener, err := net.Listen("tcp", "127.0.0.2:0"); err != nil {
		t.Skipf("127.0.0.2 is no address of this machine: %v", err)
	} else if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	connection := overTCP(t, "127.0.0.2")
	for kind, call := range calls {
		t.Run(kind, func(t *testing.T) {
			answer, err := call(onBehalfOf(timeout(t), "203.0.113.7"), connection)
			checkDenied(t, answer, err)
		})
	}
}

// What has no IP address is no peer: its metadata is not read.
func TestNotAPeer(t *testing.T) {
	inProcess := bufconn.Listen(1 << 16)
	socket := filepath.Join(t.TempDir(), "s")
	local, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	for name, connection := range map[string]*grpc.ClientConn{
		"bufconn": start(t, inProcess, func(ctx context.Context, _ string) (net.Conn, error) { return inProcess.DialContext(ctx) }),
		"a local socket": start(t, local, func(ctx context.Context, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", socket)
		}),
	} {
		for kind, call := range calls {
			t.Run(name+"/"+kind, func(t *testing.T) {
				answer, err := call(onBehalfOf(timeout(t), "203.0.113.7"), connection)
				checkDenied(t, answer, err)
			})
		}
	}
}

// A context without a peer denies, and so does one whose peer has no address.
func TestNoPeer(t *testing.T) {
	edgetest.Quiet(t)
	g := guard{}
	for name, ctx := range map[string]context.Context{
		"none":       context.Background(),
		"no address": peer.NewContext(context.Background(), &peer.Peer{}),
	} {
		if _, err := g.admit(ctx, greetMethod); status.Code(err) != codes.PermissionDenied {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Probes pass by the name of their method, and nothing that looks like one does.
func TestHealth(t *testing.T) {
	connection := overTCP(t, "127.0.0.1")
	answer, err := healthpb.NewHealthClient(connection).Check(timeout(t), &healthpb.HealthCheckRequest{})
	if err != nil || answer.GetStatus() != healthpb.HealthCheckResponse_SERVING {
		t.Fatalf("%v, %v", answer, err)
	}
	watch, err := healthpb.NewHealthClient(connection).Watch(timeout(t), &healthpb.HealthCheckRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if answer, err := watch.Recv(); err != nil || answer.GetStatus() != healthpb.HealthCheckResponse_SERVING {
		t.Fatalf("%v, %v", answer, err)
	}
	for _, method := range []string{"/grpc.health.v1.Health/check", "/grpc.health.v1.Health/Check/", "/grpc.health.v1.Health/", "/x/grpc.health.v1.Health/Check"} {
		g := guard{}
		if _, err := g.admit(context.Background(), method); status.Code(err) != codes.PermissionDenied {
			t.Errorf("%s: %v", method, err)
		}
	}
}
