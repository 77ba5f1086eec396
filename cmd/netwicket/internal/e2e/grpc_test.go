//go:build unix

package e2e_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	authv3 "github.com/envoyproxy/go-control-plane/envoy/service/auth/v3"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/peer"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/doorway/doorwaytest"
)

// envoyAsks asks about a client that is connected to Envoy, as Envoy does over gRPC.
type envoyAsks struct {
	t          *testing.T
	connection *grpc.ClientConn
}

// overGRPC asks at an address or, with unix: in front, a socket; secured is nil for none.
func overGRPC(t *testing.T, address string, secured credentials.TransportCredentials) *envoyAsks {
	t.Helper()
	if secured == nil {
		secured = insecure.NewCredentials()
	}
	connection, err := grpc.NewClient(address, grpc.WithTransportCredentials(secured))
	require.NoError(t, err)
	t.Cleanup(func() { _ = connection.Close() })
	return &envoyAsks{t, connection}
}

// source is who connected to Envoy.
func source(address string) *authv3.AttributeContext_Peer {
	return &authv3.AttributeContext_Peer{Address: &corev3.Address{Address: &corev3.Address_SocketAddress{
		SocketAddress: &corev3.SocketAddress{Address: address, PortSpecifier: &corev3.SocketAddress_PortValue{PortValue: 4711}},
	}}}
}

// asks gives the answer to a question.
func (e *envoyAsks) asks(r *authv3.CheckRequest) *authv3.CheckResponse {
	e.t.Helper()
	ctx, cancel := context.WithTimeout(e.t.Context(), patience)
	defer cancel()
	answer, err := authv3.NewAuthorizationClient(e.connection).Check(ctx, r, grpc.WaitForReady(true))
	require.NoError(e.t, err)
	return answer
}

// check is the answer about a client; policy empty is none.
func (e *envoyAsks) check(client, policy string) (answer *authv3.CheckResponse, serial string) {
	e.t.Helper()
	ctx, cancel := context.WithTimeout(e.t.Context(), patience)
	defer cancel()
	r := &authv3.CheckRequest{Attributes: &authv3.AttributeContext{
		Source: source(client),
		Request: &authv3.AttributeContext_Request{Http: &authv3.AttributeContext_HttpRequest{
			Headers: map[string]string{"x-forwarded-for": "192.0.2.99," + client},
		}},
	}}
	if policy != "" {
		r.Attributes.ContextExtensions = map[string]string{"policy": policy}
	}
	var from peer.Peer
	answer, err := authv3.NewAuthorizationClient(e.connection).Check(ctx, r, grpc.Peer(&from), grpc.WaitForReady(true))
	require.NoError(e.t, err)
	if info, ok := from.AuthInfo.(credentials.TLSInfo); ok {
		serial = info.State.PeerCertificates[0].SerialNumber.String()
	}
	return answer, serial
}

func (e *envoyAsks) allows(client, policy string) bool {
	e.t.Helper()
	answer, _ := e.check(client, policy)
	return answer.GetStatus().GetCode() == 0 && answer.GetOkResponse() != nil
}

func (e *envoyAsks) health() string {
	e.t.Helper()
	ctx, cancel := context.WithTimeout(e.t.Context(), patience)
	defer cancel()
	answer, err := healthpb.NewHealthClient(e.connection).Check(ctx, &healthpb.HealthCheckRequest{}, grpc.WaitForReady(true))
	require.NoError(e.t, err)
	return answer.GetStatus().String()
}

// TestServeGRPC: the policies, metrics and log of /decide, reloads and the end.
func TestServeGRPC(t *testing.T) {
	first, second := writePolicy(t, edge), writePolicy(t, edge+`, "mode": "observe"`)
	address := fmt.Sprintf("127.0.0.1:%d", freePorts(t).application)
	s := serve(t, first, "-c", first, "-c", "seen="+second, "--grpc", address, "--drain", "30m")
	require.Equal(t, address, s.logs("serving")["grpc"])
	e := overGRPC(t, address, nil)
	require.Equal(t, "SERVING", e.health())
	require.True(t, e.allows("198.51.100.7", ""))
	require.False(t, e.allows("203.0.113.7", ""))
	require.True(t, e.allows("203.0.113.7", "seen"))
	require.False(t, e.allows("198.51.100.7", "nobody"))
	answer, _ := e.check("203.0.113.7", "")
	require.EqualValues(t, 7, answer.GetStatus().GetCode())
	require.EqualValues(t, 403, answer.GetDeniedResponse().GetStatus().GetCode())
	require.Equal(t, "blocklisted", answer.GetDynamicMetadata().GetFields()["reason"].GetStringValue())
	line := s.logs("denied")
	require.Equal(t, "203.0.113.7", line["client_ip"])
	require.Equal(t, 204, s.decides("/decide", "198.51.100.7"), "HTTP is answered beside it")
	_, metrics := s.text("/metrics")
	require.Contains(t, metrics, `netwicket_decisions_total{decision="deny",mode="enforce",reason="blocklisted"} 2`)

	writeFile(t, filepath.Join(first, "zones.json"), zonesBlocking("198.51.100.0/24"))
	require.Eventually(t, func() bool { return e.allows("203.0.113.7", "") }, patience, 10*time.Millisecond)
	require.False(t, e.allows("198.51.100.7", ""))

	require.NoError(t, s.command.Process.Signal(syscall.SIGTERM))
	s.logs("shutting down")
	require.Equal(t, "NOT_SERVING", e.health())
	require.True(t, e.allows("203.0.113.7", ""), "decisions go on")
	s.end(syscall.SIGTERM)
	require.Error(t, s.failure, "a second signal ends it at once")
}

// TestServeGRPCByTheFile: on a socket, with the certificate of HTTP, and what takes a restart.
func TestServeGRPCByTheFile(t *testing.T) {
	const unix = `"edge": {"trustUnix": true, "trusted": ["127.0.0.1"], "source": "x-forwarded-for"}`
	folder := writePolicy(t, unix+`, "serve": {"grpc": "unix:grpc.sock", "tlsCert": "cert.pem", "tlsKey": "key.pem"}`)
	doorwaytest.WriteCertificate(t, folder, 1)
	p := freePorts(t)
	s := start(t, folder, program, "serve", "--listen", fmt.Sprintf("127.0.0.1:%d", p.service))
	s.answers(p.service)
	secured := credentials.NewTLS(&tls.Config{InsecureSkipVerify: true})
	socket := "unix:" + filepath.Join(folder, "grpc.sock")
	e := overGRPC(t, socket, secured)
	require.True(t, e.allows("198.51.100.7", ""))
	require.False(t, e.allows("203.0.113.7", ""))
	_, serial := e.check("198.51.100.7", "")
	require.Equal(t, "1", serial)
	doorwaytest.WriteCertificate(t, folder, 2)
	require.Eventually(t, func() bool {
		_, serial := overGRPC(t, socket, secured).check("198.51.100.7", "")
		return serial == "2"
	}, patience, 50*time.Millisecond)

	writeFile(t, filepath.Join(folder, "netwicket.json"), `{"okta": {"zones": ["zones.json"]}, `+unix+`, "serve": {"grpc": "127.0.0.1:1", "tlsCert": "cert.pem", "tlsKey": "key.pem"}}`)
	running := &serving{process: s}
	require.Contains(t, fmt.Sprint(running.logs("settings changed")["settings"]), "serve.grpc")
	s.end(syscall.SIGTERM)
	require.NoError(t, s.failure)
	require.NoFileExists(t, filepath.Join(folder, "grpc.sock"))
}

// TestServeGRPCRefusesToStart where nobody could ask, or somebody else listens.
func TestServeGRPCRefusesToStart(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	taken := listener.Addr().String()
	for _, test := range []struct {
		name, keys, want string
		args             []string
	}{
		{"taken", edge, "cannot listen on " + taken, []string{"--grpc", taken}},
		{"a socket of nobody's", edge, "set edge.trustUnix", []string{"--grpc", "unix:grpc.sock"}},
		{"an address of nobody's", `"edge": {"trustUnix": true, "source": "x-forwarded-for"}, "serve": {"listen": "unix:ask.sock"}`, "serve needs edge.trusted", []string{"--grpc", "127.0.0.1:0"}},
		{"no address", edge + `, "serve": {"grpc": "nowhere"}`, "expected an address to listen on", nil},
	} {
		args := test.args
		if !strings.Contains(test.keys, "ask.sock") {
			args = append(args, "--listen", "127.0.0.1:0")
		}
		require.Contains(t, fails(t, writePolicy(t, test.keys), args...), test.want, test.name)
	}
}
