package extauthz_test

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	authv3 "github.com/envoyproxy/go-control-plane/envoy/service/auth/v3"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/peer"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/doorway"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/doorway/doorwaytest"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/extauthz"
	"github.com/netwicket/netwicket/internal/files"
)

// TestTLSWithANewCertificate, which is that of the HTTP listener.
func TestTLSWithANewCertificate(t *testing.T) {
	t.Setenv("GODEBUG", "tls10server=1")
	folder := t.TempDir()
	cert, key := doorwaytest.WriteCertificate(t, folder, 1)
	certificate := doorway.NewCertificate(files.File{Path: cert}, files.File{Path: key})
	read := func() {
		apply, err := certificate.Read()
		require.NoError(t, err)
		apply()
	}
	read()
	s := serve(t, blocking(""))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	run(t, extauthz.ServerOn(s.Service, listener, certificate.Config(), nil))
	address := listener.Addr().String()
	serial := func() string {
		secured := credentials.NewTLS(&tls.Config{InsecureSkipVerify: true})
		connection := envoy(t, "127.0.0.1", address, grpc.WithTransportCredentials(secured))
		defer connection.Close()
		var from peer.Peer
		answer, err := authv3.NewAuthorizationClient(connection).Check(t.Context(), check("198.51.100.7"), grpc.Peer(&from))
		require.NoError(t, err)
		require.True(t, passes(t, answer))
		require.False(t, passes(t, asked(t, connection, check("203.0.113.7"))))
		return from.AuthInfo.(credentials.TLSInfo).State.PeerCertificates[0].SerialNumber.String()
	}
	require.Equal(t, "1", serial())
	doorwaytest.WriteCertificate(t, folder, 2)
	read()
	require.Equal(t, "2", serial())

	for version, spoken := range map[uint16]bool{tls.VersionTLS10: false, tls.VersionTLS11: false, tls.VersionTLS12: true, tls.VersionTLS13: true} {
		connection, err := tls.Dial("tcp", address, &tls.Config{InsecureSkipVerify: true, MinVersion: version, MaxVersion: version, NextProtos: []string{"h2"}})
		if spoken {
			require.NoError(t, err, tls.VersionName(version))
			require.NoError(t, connection.Close())
			continue
		}
		require.ErrorContains(t, err, "protocol version", tls.VersionName(version))
	}
	_, err = ask(t, envoy(t, "127.0.0.1", address), check("198.51.100.7"))
	require.Error(t, err, "nothing is to be had in the clear")
}

// TestUnixSocket: who may ask is edge.trustUnix's to say, and for whom the source's.
func TestUnixSocket(t *testing.T) {
	for trusted, edge := range map[bool]string{true: `{"trustUnix": true, "source": "x-forwarded-for"}`, false: `{"trusted": ["127.0.0.1"], "source": "x-forwarded-for"}`} {
		files := blocking("")
		files["netwicket.json"] = `{"okta": {"zones": ["zones.json"]}, "edge": ` + edge + `}`
		s := serve(t, files)
		path := filepath.Join(t.TempDir(), "ask.sock")
		server, err := extauthz.Listen(s.Service, "unix:"+path, nil)
		require.NoError(t, err)
		require.Equal(t, "unix:"+path, server.Text())
		run(t, server)
		_, err = extauthz.Listen(s.Service, "unix:"+path, nil)
		require.ErrorContains(t, err, "address already in use")
		connection := envoy(t, "127.0.0.1", "", grpc.WithContextDialer(func(context.Context, string) (net.Conn, error) {
			return net.Dial("unix", path)
		}))
		require.Equal(t, trusted, passes(t, asked(t, connection, check("198.51.100.7"))))
		require.False(t, passes(t, asked(t, connection, check("203.0.113.7"))))
		require.False(t, passes(t, asked(t, connection, check("", xff, "198.51.100.7"))))
		info, err := os.Stat(path)
		require.NoError(t, err)
		require.EqualValues(t, 0o660, info.Mode().Perm())
	}
}

func TestAddressIsTaken(t *testing.T) {
	s := serve(t, blocking(""))
	server, err := extauthz.Listen(s.Service, "127.0.0.1:0", nil)
	require.NoError(t, err)
	address := server.Addr().String()
	require.Equal(t, address, server.Text())
	_, err = extauthz.Listen(s.Service, address, nil)
	require.ErrorContains(t, err, "cannot listen on "+address)
	require.NoError(t, server.Shutdown(), "nothing was served")
	again, err := extauthz.Listen(s.Service, address, nil)
	require.NoError(t, err, "the address is free again")
	require.NoError(t, again.Shutdown())
	lost, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	server = extauthz.ServerOn(s.Service, lost, nil, nil)
	require.NoError(t, lost.Close())
	require.ErrorIs(t, server.Serve(), net.ErrClosed, "a listener that ends by itself is an error")
}

// slow answers when it is let.
type slow struct {
	authv3.UnimplementedAuthorizationServer
	begun, proceed chan struct{}
	answers        authv3.AuthorizationServer
}

func (s *slow) Check(ctx context.Context, r *authv3.CheckRequest) (*authv3.CheckResponse, error) {
	close(s.begun)
	<-s.proceed
	return s.answers.Check(ctx, r)
}

// TestShutdownAnswersWhatIsUnderWay and takes nothing more.
func TestShutdownAnswersWhatIsUnderWay(t *testing.T) {
	s := serve(t, blocking(""))
	waiting := &slow{begun: make(chan struct{}), proceed: make(chan struct{}), answers: extauthz.Answers(s.Service)}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	server := extauthz.ServerOn(s.Service, listener, nil, waiting)
	served, stopped, answered := make(chan error, 1), make(chan error, 1), make(chan *authv3.CheckResponse, 1)
	go func() { served <- server.Serve() }()
	connection := envoy(t, "127.0.0.1", listener.Addr().String())
	go func() {
		answer, _ := ask(t, connection, check("198.51.100.7"))
		answered <- answer
	}()
	<-waiting.begun
	go func() { stopped <- server.Shutdown() }()
	require.Eventually(t, func() bool {
		late, err := net.Dial("tcp", listener.Addr().String())
		return err != nil || late.Close() != nil
	}, patience, time.Millisecond, "no connection is taken any more")
	close(waiting.proceed)
	require.True(t, passes(t, <-answered))
	require.NoError(t, <-stopped)
	require.NoError(t, <-served)
}

// TestShutdownDoesNotWaitForEver: a question that does not come is cut off.
func TestShutdownDoesNotWaitForEver(t *testing.T) {
	files := blocking("")
	synctest.Test(t, func(t *testing.T) {
		s := serve(t, files)
		listener := doorwaytest.New()
		server := extauthz.ServerOn(s.Service, listener, nil, nil)
		served := make(chan error, 1)
		go func() { served <- server.Serve() }()
		dialed, end := listener.Dial("127.0.0.1")
		conn := pump(dialed)
		defer conn.Close()
		f := speak(t, conn)
		_, err := f.open()
		require.NoError(t, err)
		go func() { _, _ = io.Copy(io.Discard, conn) }()
		synctest.Wait()
		begun := time.Now()
		require.ErrorContains(t, server.Shutdown(), "not answered in time")
		require.Equal(t, 10*time.Second, time.Since(begun))
		require.Equal(t, 10*time.Second, (<-end).Sub(begun))
		require.NoError(t, <-served)
		s.journal.Close()
	})
}

// TestOtherMethods are none: neither reflection nor an older version of the protocol.
func TestOtherMethods(t *testing.T) {
	connection := envoy(t, "127.0.0.1", serve(t, blocking("")).listen(t, nil))
	for _, method := range []string{"/envoy.service.auth.v2.Authorization/Check", "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", "/x"} {
		err := connection.Invoke(t.Context(), method, check("198.51.100.7"), new(authv3.CheckResponse))
		require.True(t, err != nil && strings.Contains(err.Error(), "Unimplemented"), "%s: %v", method, err)
	}
}
