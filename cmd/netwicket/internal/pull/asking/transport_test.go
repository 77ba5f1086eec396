package asking_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"testing"
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

// Authorities that are given vouch for a tenant, and versions of TLS that are broken
// are not spoken (U2).
func TestTLS(t *testing.T) {
	for version, good := range map[uint16]bool{tls.VersionTLS11: false, tls.VersionTLS12: true, tls.VersionTLS13: true} {
		server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{}`)) }))
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
