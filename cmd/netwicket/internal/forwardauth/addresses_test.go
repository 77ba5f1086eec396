package forwardauth_test

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/forwardauth"
)

func TestMasked(t *testing.T) {
	for text, want := range map[string]string{
		"http: TLS handshake error from 203.0.113.7:4711: EOF":    "http: TLS handshake error from 203.0.113.0/24: EOF",
		"http: TLS handshake error from [2001:db8:1:2::7]:4: EOF": "http: TLS handshake error from 2001:db8:1::/48: EOF",
		"read tcp 10.1.2.3:9180->[fe80::1%eth0]:5: i/o timeout":   "read tcp 10.1.2.0/24->fe80::/48: i/o timeout",
		"from 203.0.113.7.":       "from 203.0.113.0/24.",
		"from 203.0.113.7..":      "from 203.0.113.0/24..",
		"from 203.0.113.7...":     "from ?...",
		"1:2:3:4 and 1:2:3:4:5":   "1:2:3:4 and ?",
		"from 2001:db8::7: EOF":   "from 2001:db8::/48: EOF",
		"from 2001:db8:: and ::1": "from 2001:db8::/48 and ::/48",
		"for=\"[2001:db8::7]\";by=198.51.100.9, for=198.51.100.10": "for=\"2001:db8::/48\";by=198.51.100.0/24, for=198.51.100.0/24",
		"::ffff:203.0.113.7":           "203.0.113.0/24",
		"[::ffff:203.0.113.7]:80":      "203.0.113.0/24",
		"::ffff:cb00:7107":             "203.0.113.0/24",
		"64:ff9b::203.0.113.7":         "64:ff9b::/48",
		"203.0.113.7:99999 is no peer": "? is no peer",
		"203.0.113.300":                "?",
		"203.0.113.7.example":          "?.example",
		"1.203.0.113.7":                "?",
		"add203.0.113.7":               "add?",
		"2001:db8:1:2:3:4:5:6:7":       "?",
		"[2001:db8::7":                 "2001:db8::/48",
		"server.go:123 +0x1b, goroutine 7 [running]: 12:30:59.5": "server.go:123 +0x1b, goroutine 7 [running]: 12:30:59.5",
		"tls: first record does not look like a TLS handshake":   "tls: first record does not look like a TLS handshake",
		"v1.2.3, 10.5 MB, 3.0.1":                                 "v1.2.3, 10.5 MB, 3.0.1",
	} {
		require.Equal(t, want, forwardauth.Masked(text))
	}
}

// TestNetworksAlone makes everything go wrong that the log says something of, and
// finds no whole address in it.
func TestNetworksAlone(t *testing.T) {
	files := loopback()
	files["netwicket.json"] = strings.Replace(files["netwicket.json"], `"127.0.0.1"`, `"127.0.0.1", "::1", "10.0.0.0/8"`, 1)
	files["netwicket.json"] = strings.Replace(files["netwicket.json"], `{"okta"`, `{"serve": {"logLevel": "debug", "logAddresses": "network"}, "okta"`, 1)
	s := serve(t, files)
	certificate := loadCertificate(t)
	var addresses []string
	listening := func(l forwardauth.Listener, host string) string {
		l.Address = net.JoinHostPort(host, "0")
		server, err := s.Listen(l)
		require.NoError(t, err)
		go func() { _ = server.Serve() }()
		t.Cleanup(func() { _ = server.Shutdown() })
		return server.Addr().String()
	}
	send := func(from, address, text string) {
		dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
		connection, err := dialer.Dial("tcp", address)
		require.NoError(t, err)
		defer connection.Close()
		addresses = append(addresses, connection.LocalAddr().String(), from)
		require.NoError(t, connection.SetDeadline(time.Now().Add(20*time.Second)))
		_, err = connection.Write([]byte(text))
		require.NoError(t, err)
		_, _ = connection.Read(make([]byte, 1000)) // until it is answered or closed
	}
	broken := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { panic("cannot answer " + r.RemoteAddr) })
	for _, host := range []string{"127.0.0.1", "::1"} {
		for _, from := range map[string][]string{"127.0.0.1": {"127.0.0.1", "127.0.0.77"}, "::1": {"::1"}}[host] {
			send(from, listening(forwardauth.Listener{TLS: certificate.Config()}, host), "no TLS\r\n\r\n")
			proxied := listening(forwardauth.Listener{TLS: certificate.Config(), ProxyProtocol: true}, host)
			send(from, proxied, "no PROXY header\r\n\r\n")
			send(from, proxied, "PROXY TCP4 203.0.113.78 127.0.0.1 4712 2\r\nno TLS\r\n\r\n")
			send(from, proxied, "PROXY TCP6 2001:db8:1::78 ::1 4712 2\r\nno TLS\r\n\r\n")
			send(from, listening(forwardauth.Listener{Handler: broken}, host), get("/", ""))
			send(from, listening(forwardauth.Listener{Handler: s.handler}, host), get("/decide", "X-Forwarded-For: 198.51.100.78, nobody\r\n"))
		}
	}
	// Over HTTP/2 a panic is told in other words.
	secured := listening(forwardauth.Listener{TLS: certificate.Config(), Handler: broken}, "127.0.0.1")
	transport := &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	_, err := (&http.Client{Transport: transport}).Get("https://" + secured)
	require.Error(t, err)

	for _, peer := range []string{"198.51.100.79:4713", "[2001:db8:1::79]:4713", "198.51.100.79:99999", "0.0.0.79:1", "fe80::79%eth0", "198.51.100.79 or so"} {
		r := request("GET", "/decide/198.51.100.80", xff, "198.51.100.81")
		r.RemoteAddr = peer
		s.ask(r)
		r.URL.Path = "/decide"
		s.ask(r)
	}
	for _, client := range []string{"198.51.100.78", "203.0.113.78", "2001:db8:1::78", "198.51.100.78:4714", "198.51.100.78, x", ""} {
		s.ask(request("GET", "/decide", xff, client))
	}
	transport.CloseIdleConnections()
	require.Eventually(t, func() bool { return strings.Count(s.log.String(), "http2: panic") > 0 }, 20*time.Second, time.Millisecond)
	s.closeLog()
	text := s.log.String()
	for _, said := range []string{"not look like a TLS handshake", "proxy protocol signature not present", "http: panic", "198.51.100.0/24", "203.0.113.0/24", "2001:db8:1::/48", "127.0.0.0/24", "::/48"} {
		require.Contains(t, text, said)
	}
	for n := 78; n <= 81; n++ {
		addresses = append(addresses, fmt.Sprintf("198.51.100.%d", n), fmt.Sprintf("203.0.113.%d", n), fmt.Sprintf("::%d", n))
	}
	for _, address := range append(addresses, ":4711", ":4712", ":4713", ":4714") {
		for _, line := range strings.Split(text, "\n") {
			require.NotContains(t, line, address)
		}
	}
}
