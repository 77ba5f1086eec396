package forwardauth_test

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/forwardauth"
)

// FuzzProxyProtocol: whatever a trusted peer sends before its request, the
// request is answered for the socket's own address or for exactly the one that a
// PROXY protocol header names, or not at all.
func FuzzProxyProtocol(f *testing.F) {
	const signature = "\r\n\r\n\x00\r\nQUIT\n"
	for _, head := range []string{
		"PROXY TCP4 10.0.0.1 127.0.0.1 4711 9180\r\n", "PROXY TCP6 2001:db8::1 ::1 4711 9180\r\n", "PROXY UNKNOWN\r\n", "",
		"PROXY TCP4 10.0.0.1\r\n", "PROXY TCP4 010.0.0.1 127.0.0.1 1 2\r\n", "PROXY TCP4 ::1 ::1 1 2\r\n", "PROXY TCP4 10.0.0.1 127.0.0.1 70000 1\r\n",
		"PROXY TCP4 " + strings.Repeat("1", 200) + "\r\n", "PROXY TCP4 10.0.0.1 127.0.0.1 1 2\nX", "PROXY\r\n", "proxy tcp4 10.0.0.1 127.0.0.1 1 2\r\n",
		signature + "\x21\x11\x00\x0c\x0a\x00\x00\x01\x7f\x00\x00\x01\x12\x34\x23\xdc", // IPv4
		signature + "\x20\x00\x00\x00",                                                  // LOCAL
		signature + "\x21\x21\x00\x24" + strings.Repeat("\x20", 36),                     // IPv6
		signature + "\x21\x31\x00\xd8" + strings.Repeat("s", 216),                       // a local socket
		signature + "\x21\x11\xff\xff\x0a\x00\x00\x01",                                  // longer than it is
		signature + "\x21\x11\x00\x04\x0a\x00\x00\x01",                                  // shorter than its family
		signature + "\x31\x11\x00\x0c\x0a\x00\x00\x01\x7f\x00\x00\x01\x12\x34\x23\xdc",  // another version
		signature + "\x21\x11\x00\x0c\x0a\x00\x00\x01\x7f\x00\x00\x01\x12\x34\x23\xdcX", // a byte too many
	} {
		f.Add([]byte(head))
	}
	peers := make(chan string, 16)
	server, err := serve(f, loopback()).Listen(forwardauth.Listener{
		Address: "127.0.0.1:0", ProxyProtocol: true,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			peers <- r.RemoteAddr
			w.WriteHeader(http.StatusForbidden)
		}),
	})
	if err != nil {
		f.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- server.Serve() }()
	f.Cleanup(func() {
		_ = server.Shutdown() // what is cut off was a fuzzer's
		if err := <-done; err != nil {
			f.Error(err)
		}
	})
	f.Fuzz(func(t *testing.T, head []byte) {
		if bytes.Contains(head, []byte("HTTP/")) {
			return // requests of the fuzzer's own
		}
		own := send(t, server.Addr().String(), append(bytes.Clone(head), get("/decide", "Connection: close\r\n")...))
		for {
			select {
			case peer := <-peers:
				if peer != own && !names(head, peer) {
					t.Fatalf("%q from %s is answered for %s", head, own, peer)
				}
			default:
				return
			}
		}
	})
}

// names says that a PROXY protocol header at the start of head names the peer.
func names(head []byte, peer string) bool {
	at, err := netip.ParseAddrPort(peer)
	if err != nil {
		return false
	}
	if line, found := bytes.CutPrefix(head, []byte("PROXY ")); found {
		fields := strings.Fields(string(line))
		if len(fields) < 2 {
			return false
		}
		addr, err := netip.ParseAddr(fields[1])
		return err == nil && addr.Unmap() == at.Addr().Unmap()
	}
	addr := at.Addr().Unmap()
	return len(head) > 16 && bytes.HasPrefix(head[16:], addr.AsSlice()) || len(head) > 16 && bytes.HasPrefix(head[16:], at.Addr().AsSlice())
}

// send sends bytes, waits until the server has closed, and gives the socket's own
// address. The connection ends by a reset, which leaves no port waiting.
func send(t *testing.T, address string, data []byte) (own string) {
	t.Helper()
	connection, err := net.DialTimeout("tcp", address, 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	tcp := connection.(*net.TCPConn)
	_ = tcp.SetLinger(0)
	_ = tcp.SetDeadline(time.Now().Add(30 * time.Second))
	_, _ = tcp.Write(data) // the server may close before it has read everything
	_ = tcp.CloseWrite()
	_, _ = io.Copy(io.Discard, tcp)
	return tcp.LocalAddr().String()
}
