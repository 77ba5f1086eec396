package extauthz_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	authv3 "github.com/envoyproxy/go-control-plane/envoy/service/auth/v3"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/extauthz"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/forwardauth"
	"github.com/netwicket/netwicket/decide/policyfile"
)

// patience is for answers that will come; nothing depends on how soon.
const patience = 20 * time.Second

const xff = "x-forwarded-for"

// blocking is a policy file that blocks 203.0.113.0/24. Envoy asks from 127.0.0.1, and
// 10.0.0.0/8 are balancers in front of it; more is further keys of the file.
func blocking(more string) map[string]string {
	return map[string]string{
		"netwicket.json": `{"okta": {"zones": ["zones.json"]}, "edge": {"trusted": ["127.0.0.1", "10.0.0.0/8"], "source": "x-forwarded-for"}` + more + `}`,
		"zones.json":     blocklist("203.0.113.0/24"),
	}
}

func blocklist(network string) string {
	return `[{"type": "IP", "id": "b", "name": "Blocked", "status": "ACTIVE", "usage": "BLOCKLIST",
		"gateways": [{"type": "CIDR", "value": "` + network + `"}]}]`
}

func snapshotOf(t testing.TB, paths ...string) *forwardauth.Snapshot {
	t.Helper()
	parts, policy, err := policyfile.Open(policyfile.Options{Paths: paths, Now: time.Now()})
	require.NoError(t, err)
	snapshot, err := forwardauth.NewSnapshot(parts, policy)
	require.NoError(t, err)
	return snapshot
}

// snapshot opens a policy that is given by its files.
func snapshot(t testing.TB, files map[string]string) *forwardauth.Snapshot {
	t.Helper()
	folder := t.TempDir()
	for name, content := range files {
		writeFile(t, filepath.Join(folder, name), content)
	}
	return snapshotOf(t, folder)
}

// logged collects what is written to the log.
type logged struct {
	mutex sync.Mutex
	text  bytes.Buffer
}

func (l *logged) Write(line []byte) (int, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.text.Write(line)
}

// served is a service with its log.
type served struct {
	*forwardauth.Service
	journal *forwardauth.Journal
	log     *logged
}

func newServed(t testing.TB, names ...string) *served {
	t.Helper()
	s := &served{log: &logged{}}
	s.journal = forwardauth.NewJournal(s.log)
	service, err := forwardauth.New(s.journal, forwardauth.Build{Version: "v1.2.3", Go: "go1"}, names...)
	require.NoError(t, err)
	s.Service = service
	return s
}

func serve(t testing.TB, files map[string]string) *served {
	t.Helper()
	s := newServed(t, "")
	require.NoError(t, s.Put("", snapshot(t, files)))
	return s
}

// lines are the log's objects, of which no more can come.
func (s *served) lines(t *testing.T) (lines []map[string]any) {
	t.Helper()
	s.journal.Close()
	for text := range strings.Lines(s.log.text.String()) {
		var line map[string]any
		require.NoError(t, json.Unmarshal([]byte(text), &line), text)
		lines = append(lines, line)
	}
	return lines
}

func (s *served) metrics() string {
	r := httptest.NewRequest("GET", "/metrics", nil)
	r.RemoteAddr = "127.0.0.1:1"
	w := httptest.NewRecorder()
	s.Handler(true).ServeHTTP(w, r)
	return w.Body.String()
}

// listen serves on a free port until the test ends, and gives its address.
func (s *served) listen(t testing.TB, answers authv3.AuthorizationServer) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	run(t, extauthz.ServerOn(s.Service, listener, nil, answers))
	return listener.Addr().String()
}

func run(t testing.TB, server *extauthz.Server) {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- server.Serve() }()
	t.Cleanup(func() {
		require.NoError(t, server.Shutdown())
		require.NoError(t, <-done)
	})
}

// envoy asks from a loopback address.
func envoy(t testing.TB, from, address string, options ...grpc.DialOption) *grpc.ClientConn {
	t.Helper()
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}, Timeout: patience}
	options = append([]grpc.DialOption{
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, address string) (net.Conn, error) {
			return dialer.DialContext(ctx, "tcp", address)
		}),
	}, options...)
	connection, err := grpc.NewClient("passthrough:///"+address, options...)
	require.NoError(t, err)
	t.Cleanup(func() { _ = connection.Close() })
	return connection
}

func ask(t testing.TB, connection *grpc.ClientConn, r *authv3.CheckRequest) (*authv3.CheckResponse, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	return authv3.NewAuthorizationClient(connection).Check(ctx, r)
}

// asked is the answer to a question that has one.
func asked(t testing.TB, connection *grpc.ClientConn, r *authv3.CheckRequest) *authv3.CheckResponse {
	t.Helper()
	answer, err := ask(t, connection, r)
	require.NoError(t, err)
	return answer
}

// check is what Envoy asks about a request that came from there, with headers in pairs:
// those of one name are one, as Envoy joins them.
func check(source string, headers ...string) *authv3.CheckRequest {
	joined := map[string]string{":authority": "shop.example", ":path": "/", ":method": "GET", "user-agent": "curl/8.5.0"}
	for i := 0; i+1 < len(headers); i += 2 {
		if before, found := joined[headers[i]]; found {
			joined[headers[i]] = before + "," + headers[i+1]
		} else {
			joined[headers[i]] = headers[i+1]
		}
	}
	return &authv3.CheckRequest{Attributes: &authv3.AttributeContext{
		Source: peerAt(source),
		Request: &authv3.AttributeContext_Request{
			Http: &authv3.AttributeContext_HttpRequest{Method: "GET", Path: "/", Host: "shop.example", Headers: joined},
		},
	}}
}

func peerAt(address string) *authv3.AttributeContext_Peer {
	return &authv3.AttributeContext_Peer{Address: &corev3.Address{Address: &corev3.Address_SocketAddress{
		SocketAddress: &corev3.SocketAddress{Address: address, PortSpecifier: &corev3.SocketAddress_PortValue{PortValue: 4711}},
	}}}
}

// raw has the headers as Envoy sends them with encode_raw_headers.
func raw(source string, headers ...string) *authv3.CheckRequest {
	r := check(source)
	list := []*corev3.HeaderValue{{Key: ":authority", RawValue: []byte("shop.example")}}
	for i := 0; i+1 < len(headers); i += 2 {
		list = append(list, &corev3.HeaderValue{Key: headers[i], RawValue: []byte(headers[i+1])})
	}
	r.Attributes.Request.Http.Headers, r.Attributes.Request.Http.HeaderMap = nil, &corev3.HeaderMap{Headers: list}
	return r
}

// passes says whether an answer lets the request pass, and that it says one thing only.
func passes(t testing.TB, answer *authv3.CheckResponse) bool {
	t.Helper()
	allowed := codes.Code(answer.GetStatus().GetCode()) == codes.OK
	require.Equal(t, allowed, answer.GetOkResponse() != nil)
	require.Equal(t, !allowed, answer.GetDeniedResponse() != nil)
	require.NotNil(t, answer.GetStatus())
	if !allowed {
		require.Equal(t, "denied", answer.GetStatus().GetMessage())
		require.EqualValues(t, 403, answer.GetDeniedResponse().GetStatus().GetCode())
	}
	return allowed
}

func writeFile(t testing.TB, path, content string) {
	t.Helper()
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
}
