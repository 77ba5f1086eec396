package asking

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"syscall"
	"time"
)

// Times of a connection. An answer that takes longer is taken for none.
const (
	dialTimeout   = 15 * time.Second
	answerTimeout = 60 * time.Second
)

// newTransport is how a tenant is reached: over TLS with the roots of the system or
// those given, by the proxy of the environment; or on this machine, where a name
// may not lead elsewhere (U2).
func newTransport(address *url.URL, roots *x509.CertPool) *http.Transport {
	dialer := &net.Dialer{Timeout: dialTimeout}
	transport := &http.Transport{
		DialContext:            dialer.DialContext,
		TLSHandshakeTimeout:    dialTimeout,
		ForceAttemptHTTP2:      true,
		MaxResponseHeaderBytes: 256 << 10,
	}
	if address.Scheme == "http" {
		dialer.Control = onlyLoopback
		return transport
	}
	transport.Proxy = http.ProxyFromEnvironment
	transport.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	return transport
}

func onlyLoopback(_, address string, _ syscall.RawConn) error {
	where, _ := netip.ParseAddrPort(address) // what is none is nowhere
	if !where.Addr().Unmap().IsLoopback() {
		return fmt.Errorf("%s is not this machine, and http is for it alone", address)
	}
	return nil
}
