package release_test

import (
	"bufio"
	"context"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide/release"
	"github.com/netwicket/netwicket/internal/files"
)

// asked is a store of a server in memory, which does as it is told on each connection.
func asked(t *testing.T, location string, serve func(net.Conn)) release.Store {
	t.Helper()
	store, err := release.OpenStore(location, "prod", release.StoreOptions{})
	require.NoError(t, err)
	var serving sync.WaitGroup
	transport := release.ClientOf(store, func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		serving.Go(func() {
			defer theirs.Close()
			serve(theirs)
		})
		return ours, nil
	})
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		serving.Wait()
	})
	return store
}

// What a server does not say, or says without end, is waited for ten seconds where it is a
// pointer, two minutes where it is a blob, and five where TLS does not begin.
func TestServersThatTakeTheirTime(t *testing.T) {
	silent := func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }
	slow := func(answer string) func(net.Conn) {
		return func(c net.Conn) {
			if _, err := http.ReadRequest(bufio.NewReader(c)); err != nil {
				return
			}
			for _, err := io.WriteString(c, answer); err == nil; _, err = io.WriteString(c, "x") {
				time.Sleep(time.Second)
			}
		}
	}
	for _, row := range []struct {
		name, location string
		serve          func(net.Conn)
		pointer, blob  time.Duration
	}{
		{"no answer", "http://127.0.0.1/prod.json", silent, 10 * time.Second, 2 * time.Minute},
		{"a header without an end", "http://127.0.0.1/prod.json", slow("HTTP/1.1 200 OK\r\nX-Long: "), 10 * time.Second, 2 * time.Minute},
		{"a byte a second", "http://127.0.0.1/prod.json", slow("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"), 10 * time.Second, 2 * time.Minute},
		{"no TLS handshake", "https://policies.example/prod.json", silent, 5 * time.Second, 5 * time.Second},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := asked(t, row.location, row.serve)
				begun := time.Now()
				_, err := store.Pointer(t.Context())
				require.Error(t, err)
				require.Equal(t, row.pointer, time.Since(begun))
				begun = time.Now()
				_, err = store.Blob(t.Context(), release.Blob{SHA256: blobOf("").SHA256, Size: 1 << 20})
				require.Error(t, err)
				require.Equal(t, row.blob, time.Since(begun))
			})
		})
	}
}

// A connection is kept for the next looks, and given back when none comes.
func TestConnectionsAreKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun, gone := 0, make(chan time.Time, 10)
		store := asked(t, "http://127.0.0.1/prod.json", func(c net.Conn) {
			begun++
			for reader := bufio.NewReader(c); ; {
				if _, err := http.ReadRequest(reader); err != nil {
					gone <- time.Now()
					return
				}
				_, _ = fmt.Fprint(c, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
			}
		})
		for range 10 {
			_, err := store.Pointer(t.Context())
			require.NoError(t, err)
			time.Sleep(time.Minute)
		}
		require.Equal(t, 1, begun)
		last := time.Now()
		require.Equal(t, 30*time.Second, (<-gone).Sub(last), "a minute and a half behind the last answer")
	})
}

// No file of a store leaves the folder that it is held to, by no link.
func TestStoreWithin(t *testing.T) {
	server := httptest.NewTLSServer(http.NotFoundHandler())
	defer server.Close()
	root := t.TempDir()
	inside, outside := filepath.Join(root, "inside"), filepath.Join(root, "outside")
	for _, folder := range []string{inside, outside} {
		require.NoError(t, os.MkdirAll(filepath.Join(folder, "sha256"), 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(folder, "prod.json"), []byte("pointer"), 0o600))
		require.NoError(t, os.WriteFile(filepath.Join(folder, "token"), []byte("secret"), 0o600))
		require.NoError(t, os.WriteFile(filepath.Join(folder, "sha256", blobOf("x").SHA256), []byte("x"), 0o600))
	}
	read := func(within string) (errs []error) {
		store, err := release.OpenStore(inside, "prod", release.StoreOptions{Within: within})
		require.NoError(t, err)
		_, err = store.Pointer(t.Context())
		errs = append(errs, err)
		_, err = store.Blob(t.Context(), release.Blob{SHA256: blobOf("x").SHA256, Size: 1})
		errs = append(errs, err)
		_, err = release.StoreOptions{TokenFile: filepath.Join(inside, "token"), Within: within}.Token()
		errs = append(errs, err)
		_, err = release.NewClient(&url.URL{Scheme: "https", Host: "policies.example"}, release.StoreOptions{CAFile: filepath.Join(inside, "ca.pem"), Within: within})
		return append(errs, err)
	}
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	require.NoError(t, os.WriteFile(filepath.Join(outside, "ca.pem"), certificate, 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(inside, "ca.pem"), certificate, 0o600))
	for _, err := range read(inside) {
		require.NoError(t, err)
	}
	for _, name := range []string{"prod.json", "token", "ca.pem", filepath.Join("sha256", blobOf("x").SHA256)} {
		require.NoError(t, os.Remove(filepath.Join(inside, name)))
		require.NoError(t, os.Symlink(filepath.Join(outside, name), filepath.Join(inside, name)))
	}
	for _, err := range read("") {
		require.NoError(t, err)
	}
	for _, err := range read(inside) {
		require.ErrorIs(t, err, files.ErrOutside)
	}
}

// A server is asked over HTTP/2 where it speaks that, and by the proxy of the environment.
func TestWaysToAServer(t *testing.T) {
	if address := os.Getenv("RELEASE_TEST_ASKS"); address != "" { // as a process of its own: the environment is read once
		store, err := release.OpenStore(address, "prod", release.StoreOptions{CAFile: os.Getenv("RELEASE_TEST_TRUSTS")})
		require.NoError(t, err)
		_, _ = store.Pointer(t.Context())
		return
	}
	asked := make(chan string, 10)
	note := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- r.Proto + " " + r.Method + " " + r.Host
		w.WriteHeader(http.StatusTeapot)
	})
	proxy, server := httptest.NewServer(note), httptest.NewUnstartedServer(note)
	server.EnableHTTP2 = true
	server.StartTLS()
	defer proxy.Close()
	defer server.Close()
	trusted := filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, os.WriteFile(trusted, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600))
	for address, want := range map[string]string{
		"https://policies.example/prod.json": "HTTP/1.1 CONNECT policies.example:443",
		server.URL + "/prod.json":            "HTTP/2.0 GET " + server.Listener.Addr().String(), // a proxy is not asked for this host
	} {
		process := exec.Command(os.Args[0], "-test.run", "^TestWaysToAServer$")
		process.Env = append(os.Environ(), "RELEASE_TEST_ASKS="+address, "RELEASE_TEST_TRUSTS="+trusted, "HTTPS_PROXY="+proxy.URL, "NO_PROXY=")
		out, err := process.CombinedOutput()
		require.NoError(t, err, "%s", out)
		require.Len(t, asked, 1)
		require.Equal(t, want, <-asked)
	}
}
