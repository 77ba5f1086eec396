package release_test

import (
	"context"
	"encoding/pem"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide/release"
)

// published is a folder behind HTTP, by paths.
type published map[string]string

// publishedSixth is what a folder of version 6 holds.
func publishedSixth(t *testing.T) published {
	return published{"/x/prod.json": string(seal(t, payload(6), 1)), "/x/sha256/" + blobOf(policy(6)).SHA256: policy(6)}
}

func (p published) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	text, found := p[r.URL.Path]
	if !found {
		http.NotFound(w, r)
		return
	}
	fmt.Fprint(w, text)
}

// hijack answers with bytes, and then does not go on until the client has gone.
func hijack(t *testing.T, w http.ResponseWriter, text string) {
	connection, _, err := w.(http.Hijacker).Hijack()
	require.NoError(t, err)
	_, _ = connection.Write([]byte(text))
	connection.Close()
}

// A server that does what servers do, with what comes of it. Version 5 is in force from another
// store; each server offers version 6 in its way.
func TestServers(t *testing.T) {
	good := publishedSixth(t)
	blob := "/x/sha256/" + blobOf(policy(6)).SHA256
	for _, row := range []struct {
		name    string
		handler http.HandlerFunc
		want    release.Result
		says    string // in the error
	}{
		{"it answers", good.ServeHTTP, release.Installed, ""},
		{"it has nothing", http.NotFound, release.Unreachable, ""},
		{"it forbids", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }, release.Unreachable, ""},
		{"it has the release under an error", func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusInternalServerError)
			good.ServeHTTP(w, r)
		}, release.Unreachable, ""},
		{"it has changed nothing, it says", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotModified) }, release.Unreachable, ""},
		{"a sign-in page", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>Sign in</html>") }, release.BadSignature, ""},
		{"it breaks off before the header", func(w http.ResponseWriter, _ *http.Request) { hijack(t, w, "HTTP/1.1 200") }, release.Unreachable, ""},
		{"half a pointer of a stated length", func(w http.ResponseWriter, _ *http.Request) {
			hijack(t, w, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{\"payload\"")
		}, release.Unreachable, ""},
		{"half a pointer in chunks", func(w http.ResponseWriter, _ *http.Request) {
			hijack(t, w, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"pay\r\n")
		}, release.Unreachable, ""},
		{"half a pointer that ends with the connection", func(w http.ResponseWriter, _ *http.Request) {
			hijack(t, w, "HTTP/1.0 200 OK\r\n\r\n{\"payload\"")
		}, release.BadSignature, ""},
		{"half a snapshot", func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == blob {
				hijack(t, w, "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\npoli")
			}
			good.ServeHTTP(w, r)
		}, release.Unreachable, ""},
		{"100 MB of a pointer", func(w http.ResponseWriter, _ *http.Request) { endless(t, w, 100<<20) }, release.TooLarge, ""},
		{"100 MB of a pointer, as stated", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", fmt.Sprint(100<<20))
			endless(t, w, 100<<20)
		}, release.TooLarge, ""},
		{"100 MB of a snapshot", func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == blob {
				endless(t, w, 100<<20)
				return
			}
			good.ServeHTTP(w, r)
		}, release.BadDigest, ""},
		{"a redirect to itself", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.Path, http.StatusFound) }, release.Unreachable, "more than 5 redirects"},
		{"redirects without end", func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "xxxxxx") {
				t.Error("a sixth redirect is followed")
			}
			http.Redirect(w, r, r.URL.Path+"x", http.StatusTemporaryRedirect)
		}, release.Unreachable, "more than 5 redirects"},
		{"a redirect", func(w http.ResponseWriter, r *http.Request) {
			if path, found := strings.CutPrefix(r.URL.Path, "/moved"); found {
				r.URL.Path = path
				good.ServeHTTP(w, r)
				return
			}
			http.Redirect(w, r, "/moved"+r.URL.Path, http.StatusMovedPermanently)
		}, release.Installed, ""},
		{"a redirect to https", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://"+r.Host+r.URL.Path, http.StatusFound)
		}, release.Unreachable, "a redirect from http to https"},
		{"a redirect to a file", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "file:///etc/passwd", http.StatusFound)
		}, release.Unreachable, ""},
		{"a redirect to another host in plain", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://policies.example"+r.URL.Path, http.StatusFound)
		}, release.Unreachable, "http leads to this host alone"},
	} {
		t.Run(row.name, func(t *testing.T) {
			server := httptest.NewServer(row.handler)
			defer server.Close()
			out, g := offered(t, server.URL+"/x/prod.json", release.StoreOptions{})
			require.Equal(t, row.want, out.Result, "%v", out.Err)
			if row.says != "" {
				require.ErrorContains(t, out.Err, row.says)
			}
			want := policy(5)
			if row.want == release.Installed {
				want = policy(6)
			}
			require.Equal(t, want, g.now())
		})
	}
}

// endless writes so many bytes to a client that hangs up long before.
func endless(t *testing.T, w http.ResponseWriter, size int) {
	block := []byte(strings.Repeat(" ", 1<<16))
	for written := 0; written < size; written += len(block) {
		if _, err := w.Write(block); err != nil {
			return
		}
	}
	t.Errorf("all of %d bytes were read", size)
}

// offered is a look at a location by a follower that has version 5 in force.
func offered(t *testing.T, location string, o release.StoreOptions) (release.Outcome, *gateway) {
	t.Helper()
	first, g := newMemory(), &gateway{}
	first.publish(t, payload(5))
	options := g.options(t, first)
	look(t, follow(t, options, ""), release.Installed)
	var err error
	options.Store, err = release.OpenStore(location, "prod", o)
	require.NoError(t, err)
	return follow(t, options, release.Installed).Look(t.Context()), g
}

// A server that is not there, was killed, or does not answer.
func TestServerIsGone(t *testing.T) {
	server := httptest.NewServer(publishedSixth(t))
	location := server.URL + "/x/prod.json"
	server.Close()
	out, g := offered(t, location, release.StoreOptions{})
	require.Equal(t, release.Unreachable, out.Result)
	require.Equal(t, policy(5), g.now())

	asked, closed := make(chan struct{}), make(chan struct{})
	hanging := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusOK)
		w.(http.Flusher).Flush()
		close(asked)
		<-r.Context().Done()
		close(closed)
	}))
	defer hanging.Close()
	store, err := release.OpenStore(hanging.URL+"/x/prod.json", "prod", release.StoreOptions{})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-asked
		cancel()
	}()
	_, err = store.Pointer(ctx)
	require.ErrorIs(t, err, context.Canceled)
	<-closed
}

// The name in the certificate is the server's, and the authority one that is trusted.
func TestTLS(t *testing.T) {
	server := httptest.NewTLSServer(publishedSixth(t))
	defer server.Close()
	authorities := filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, os.WriteFile(authorities, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600))
	trusting := release.StoreOptions{CAFile: authorities}

	out, g := offered(t, server.URL+"/x/", trusting)
	require.Equal(t, release.Installed, out.Result, "%v", out.Err)
	require.Equal(t, policy(6), g.now())

	out, g = offered(t, server.URL+"/x/prod.json", release.StoreOptions{})
	require.Equal(t, release.Unreachable, out.Result)
	require.ErrorContains(t, out.Err, "unknown authority")
	require.Equal(t, policy(5), g.now())

	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	require.NoError(t, err)
	out, _ = offered(t, "https://localhost:"+port+"/x/prod.json", trusting) // the certificate is for example.com and 127.0.0.1
	require.Equal(t, release.Unreachable, out.Result)
	require.ErrorContains(t, out.Err, "not localhost")

	down := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://127.0.0.1:1/x/prod.json", http.StatusFound)
	}))
	defer down.Close()
	out, _ = offered(t, down.URL+"/x/prod.json", trusting)
	require.Equal(t, release.Unreachable, out.Result)
	require.ErrorContains(t, out.Err, "a redirect from https to http")

	require.NoError(t, os.WriteFile(authorities, []byte("none"), 0o600))
	_, err = release.OpenStore(server.URL, "prod", trusting)
	require.ErrorContains(t, err, "expected certificates as PEM")
	require.NoError(t, os.Remove(authorities))
	_, err = release.OpenStore(server.URL, "prod", trusting)
	require.Error(t, err)
}

// The token is read at each look, and goes to no other host.
func TestToken(t *testing.T) {
	files := publishedSixth(t)
	var elsewhere []string
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		elsewhere = append(elsewhere, r.Header.Get("Authorization"))
		files.ServeHTTP(w, r)
	}))
	defer other.Close()
	wanted, moved := "Bearer first", false
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		require.Equal(t, "gateway/1", r.UserAgent())
		switch {
		case r.Header.Get("Authorization") != wanted:
			w.WriteHeader(http.StatusUnauthorized)
		case moved:
			http.Redirect(w, r, other.URL+r.URL.Path, http.StatusFound)
		default:
			files.ServeHTTP(w, r)
		}
	}))
	defer server.Close()
	token := filepath.Join(t.TempDir(), "token")
	write := func(text string) { require.NoError(t, os.WriteFile(token, []byte(text), 0o600)) }
	store, err := release.OpenStore(server.URL+"/x/prod.json", "prod", release.StoreOptions{TokenFile: token, UserAgent: "gateway/1"})
	require.NoError(t, err)
	g := &gateway{}
	f := follow(t, g.options(t, store), "")
	look(t, f, release.Unreachable)
	for _, text := range []string{"", "two words", "first\r\nX-Other: 1", "other"} {
		write(text)
		out := look(t, f, release.Unreachable)
		require.NotContains(t, out.Err.Error(), "two words")
	}
	write("first\n")
	look(t, f, release.Installed)
	wanted, moved = "Bearer second", true
	look(t, f, release.Unreachable)
	write("second")
	look(t, f, release.Unchanged)
	require.Equal(t, []string{""}, elsewhere)
}

// A thousand looks at what does not change cost a pointer each, and nothing else.
func TestLookIsCheap(t *testing.T) {
	asked := map[string]int{}
	files := publishedSixth(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked[strings.Split(r.URL.Path, "/")[2]]++
		files.ServeHTTP(w, r)
	}))
	defer server.Close()
	store, err := release.OpenStore(server.URL+"/x/prod.json", "prod", release.StoreOptions{})
	require.NoError(t, err)
	g := &gateway{}
	f := follow(t, g.options(t, store), "")
	look(t, f, release.Installed)
	begun := time.Now()
	for range 1000 {
		look(t, f, release.Unchanged)
	}
	t.Logf("%s a look, the server's share included", time.Since(begun)/1000)
	require.Equal(t, map[string]int{"prod.json": 1001, "sha256": 1}, asked)
}
