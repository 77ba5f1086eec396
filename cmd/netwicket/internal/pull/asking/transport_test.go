package asking_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/pull/asking"
)

// once is a client that gives up instead of waiting.
func once(t *testing.T, address string, roots *x509.CertPool) *asking.Client {
	t.Helper()
	parsed, err := url.Parse(address)
	require.NoError(t, err)
	return asking.New(asking.Options{
		Vendor: "okta", Address: parsed, Roots: roots, MaxWait: time.Minute, Clock: asking.Clock{Sleep: func(context.Context, time.Duration) error { return context.Canceled }},
	})
}

// What a tenant does not say is waited for a minute, a quarter of one where TLS does not begin, and then it is
// asked again, five times in all.
func TestTenantsThatTakeTheirTime(t *testing.T) {
	for address, want := range map[string]time.Duration{"http://127.0.0.1": time.Minute, "https://tenant.example": 15 * time.Second} {
		for _, says := range []string{"", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"} {
			synctest.Test(t, func(t *testing.T) {
				parsed, err := url.Parse(address)
				require.NoError(t, err)
				client := asking.New(asking.Options{
					Vendor: "okta", Address: parsed, MaxWait: time.Minute, Clock: asking.Clock{Sleep: func(context.Context, time.Duration) error { return nil }},
				})
				var serving sync.WaitGroup
				defer serving.Wait()
				client.Transport().DialContext = func(context.Context, string, string) (net.Conn, error) {
					ours, theirs := net.Pipe()
					serving.Go(func() {
						defer theirs.Close()
						if parsed.Scheme == "http" {
							if _, err := http.ReadRequest(bufio.NewReader(theirs)); err == nil {
								_, _ = io.WriteString(theirs, says)
							}
						}
						_, _ = io.Copy(io.Discard, theirs)
					})
					return ours, nil
				}
				begun := time.Now()
				_, err = client.Object(t.Context(), asking.Question{What: "zones", Path: "/z"})
				require.ErrorContains(t, err, "asked 5 times")
				require.Equal(t, 5*want, time.Since(begun))
			})
		}
	}
}

// Authorities that are given vouch for a tenant, and versions of TLS that are broken
// are not spoken (U2); HTTP/2 is, where the tenant does.
func TestTLS(t *testing.T) {
	for version, good := range map[uint16]bool{tls.VersionTLS11: false, tls.VersionTLS12: true, tls.VersionTLS13: true} {
		server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.ProtoMajor != 2 {
				w.WriteHeader(http.StatusHTTPVersionNotSupported)
			}
			_, _ = w.Write([]byte(`{}`))
		}))
		server.EnableHTTP2 = true
		server.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: version} //nolint:gosec // what a client has to refuse
		server.Config.ErrorLog = log.New(io.Discard, "", 0)
		server.StartTLS()
		roots := x509.NewCertPool()
		roots.AddCert(server.Certificate())
		_, err := once(t, server.URL, roots).Object(t.Context(), asking.Question{What: "zones", Path: "/z"})
		require.Equal(t, good, err == nil, "%x: %v", version, err)
		server.Close()
	}
}

// A tenant is asked by the proxy of the environment; one on this machine is not.
func TestProxyOfTheEnvironment(t *testing.T) {
	if address := os.Getenv("ASKING_TEST_ASKS"); address != "" { // as a process of its own: the environment is read once
		_, _ = once(t, address, nil).Object(t.Context(), asking.Question{What: "zones", Path: "/z"})
		return
	}
	var asked []string
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Method+" "+r.Host)
		w.WriteHeader(http.StatusTeapot)
	}))
	defer proxy.Close()
	for _, address := range []string{"https://acme.example", "http://localhost:9"} {
		process := exec.Command(os.Args[0], "-test.run", "^TestProxyOfTheEnvironment$")
		process.Env = append(os.Environ(), "ASKING_TEST_ASKS="+address, "HTTPS_PROXY="+proxy.URL, "HTTP_PROXY="+proxy.URL, "NO_PROXY=")
		out, err := process.CombinedOutput()
		require.NoError(t, err, "%s", out)
	}
	require.Equal(t, []string{"CONNECT acme.example:443"}, asked)
}
