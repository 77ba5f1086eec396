package release_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide/release"
)

// A token is one word of what may stand in a header.
func TestTokens(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	options := release.StoreOptions{TokenFile: file}
	_, err := options.Token()
	require.ErrorIs(t, err, os.ErrNotExist)
	require.ErrorContains(t, err, "token: ")
	for text, want := range map[string]string{
		"word": "word", " word \r\n": "word", "!": "!", "~": "~", "a!b~c": "a!b~c", strings.Repeat("x", 64<<10): strings.Repeat("x", 64<<10),
		"": "", "\n": "", "two words": "", "a\tb": "", "a\x01b": "", "a\x7fb": "", "w\u00f6rd": "", strings.Repeat("x", 64<<10+1): "",
	} {
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		got, err := options.Token()
		require.Equal(t, want, got)
		require.Equal(t, want == "", err != nil, "%.20q", text)
		if err != nil && len(text) < 100 {
			require.EqualError(t, err, "token: "+file+": expected one word")
		}
	}
	none, err := release.StoreOptions{}.Token()
	require.NoError(t, err)
	require.Empty(t, none)
}

// What a server learns of who asks, and that nobody is asked whose token cannot be read.
func TestWhatServersLearn(t *testing.T) {
	var learnt []http.Header
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		learnt = append(learnt, r.Header)
		if r.URL.Path == "/prod.json" {
			http.Redirect(w, r, "/moved", http.StatusFound)
			return
		}
		fmt.Fprint(w, "content")
	}))
	defer server.Close()
	token := filepath.Join(t.TempDir(), "token")
	ask := func(o release.StoreOptions) error {
		learnt = nil
		store, err := release.OpenStore(server.URL, "prod", o)
		require.NoError(t, err)
		_, err = store.Pointer(t.Context())
		return err
	}
	require.NoError(t, ask(release.StoreOptions{}))
	require.Len(t, learnt, 2, "the pointer of a server's root, and where it has moved to")
	for _, header := range learnt {
		require.Equal(t, "netwicket", header.Get("User-Agent"))
		require.Equal(t, "no-cache", header.Get("Cache-Control"))
		require.NotContains(t, header, "Authorization")
		require.NotContains(t, header, "Accept-Encoding")
	}
	require.Error(t, ask(release.StoreOptions{TokenFile: token}))
	require.Empty(t, learnt)
	require.NoError(t, os.WriteFile(token, []byte("secret"), 0o600))
	require.NoError(t, ask(release.StoreOptions{TokenFile: token, UserAgent: "gateway/1"}))
	require.Len(t, learnt, 2)
	for _, header := range learnt {
		require.Equal(t, "gateway/1", header.Get("User-Agent"))
		require.Equal(t, "Bearer secret", header.Get("Authorization"), "it goes along within a host")
	}
}

// As much as a pointer may have is read, and not a byte more, whether the server says how
// much it has or not; a blob has what the release says.
func TestServersOfTooMuch(t *testing.T) {
	var length atomic.Int64
	var says atomic.Bool
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		size := int(length.Load()) // of this answer, which may be sent when the next one is asked for
		if says.Load() {
			w.Header().Set("Content-Length", fmt.Sprint(size))
		}
		_, _ = w.Write([]byte(strings.Repeat("x", size/2))) // the client hangs up where it is too much
		w.(http.Flusher).Flush()
		_, _ = w.Write([]byte(strings.Repeat("x", size-size/2)))
	}))
	defer server.Close()
	store, err := release.OpenStore(server.URL+"/prod.json", "prod", release.StoreOptions{})
	require.NoError(t, err)
	for _, stated := range []bool{false, true} {
		says.Store(stated)
		length.Store(release.PointerLimit)
		content, err := store.Pointer(t.Context())
		require.NoError(t, err)
		require.Len(t, content, release.PointerLimit)
		length.Add(1)
		_, err = store.Pointer(t.Context())
		require.ErrorIs(t, err, release.ErrTooLarge)
		require.Equal(t, stated, strings.Contains(err.Error(), "65537 bytes"), "%v", err)
		length.Store(100)
		for limit, fits := range map[int64]bool{100: true, 101: true, 99: false} {
			_, err = store.Blob(t.Context(), release.Blob{SHA256: blobOf("").SHA256, Size: limit})
			require.Equal(t, fits, err == nil, "%v", err)
		}
	}
}

// Of answers that are not read no connection is left open.
func TestNoConnectionIsLeft(t *testing.T) {
	var open atomic.Int64
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		_, _ = w.Write([]byte(strings.Repeat("x", 1<<20))) // which nobody reads
	}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			open.Add(1)
		case http.StateClosed, http.StateHijacked:
			open.Add(-1)
		case http.StateActive, http.StateIdle:
		}
	}
	server.Start()
	store, err := release.OpenStore(server.URL+"/prod.json", "prod", release.StoreOptions{})
	require.NoError(t, err)
	for range 20 {
		_, err := store.Pointer(t.Context())
		require.ErrorContains(t, err, "403 Forbidden")
	}
	require.Eventually(t, func() bool { return open.Load() <= 1 }, patience, tick)
	server.Close()
}

// Which URLs lead to this host, and which may be asked.
func TestWhoMayBeAsked(t *testing.T) {
	for host, want := range map[string]bool{
		"localhost": true, "127.0.0.1": true, "127.9.9.9": true, "::1": true, "::ffff:127.0.0.1": true,
		"": false, "localhost.example": false, "policies.example": false, "192.0.2.1": false, "::2": false, "126.255.255.255": false,
	} {
		require.Equal(t, want, release.IsLoopback(host), host)
	}
	for location, want := range map[string]string{
		"https://policies.example/prod.json": "", "http://127.0.0.1/prod.json": "", "http://[::1]:8080/": "",
		"http://policies.example/prod.json":  "http leads to this host alone",
		"ftp://127.0.0.1/prod.json":          `"ftp://": expected https`,
		"file://localhost/prod.json":         `"file://": expected https`,
		"https://user:word@policies.example": "expected no credentials in the URL",
		"https:///prod.json":                 "expected a URL such as https://HOST/PATH/CHANNEL.json",
		"https://policies.example/#x":        "expected a URL such as https://HOST/PATH/CHANNEL.json",
		"https://policies.example:x":         "expected a URL such as https://HOST/PATH/CHANNEL.json",
		"":                                   "expected where releases are",
	} {
		_, err := release.OpenStore(location, "prod", release.StoreOptions{})
		if want == "" {
			require.NoError(t, err, location)
			continue
		}
		require.ErrorContains(t, err, want, location)
		require.NotContains(t, err.Error(), "word")
	}
	_, err := release.OpenStore("http://policies.example/prod.json", "prod", release.StoreOptions{Plain: true})
	require.NoError(t, err)
}

// Five redirects are followed, and no sixth.
func TestAsManyRedirects(t *testing.T) {
	left := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if left == 0 {
			fmt.Fprint(w, "content")
			return
		}
		left--
		http.Redirect(w, r, r.URL.Path+"x", http.StatusFound)
	}))
	defer server.Close()
	store, err := release.OpenStore(server.URL+"/prod.json", "prod", release.StoreOptions{})
	require.NoError(t, err)
	for count, follows := range map[int]bool{0: true, 1: true, 5: true, 6: false} {
		left = count
		_, err := store.Pointer(t.Context())
		require.Equal(t, follows, err == nil, "%d: %v", count, err)
	}
}

// Authorities join those of the system, from a file of at most a MiB; TLS is 1.2 or above.
func TestAuthorities(t *testing.T) {
	server := httptest.NewUnstartedServer(publishedSixth(t))
	server.TLS = &tls.Config{MaxVersion: tls.VersionTLS12}
	server.StartTLS()
	defer server.Close()
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	file := filepath.Join(t.TempDir(), "ca.pem")
	address, err := url.Parse(server.URL)
	require.NoError(t, err)
	_, err = release.NewClient(address, release.StoreOptions{CAFile: file})
	require.ErrorIs(t, err, os.ErrNotExist)

	for size, fits := range map[int]bool{len(text): true, 1 << 20: true, 1<<20 + 1: false} {
		require.NoError(t, os.WriteFile(file, append([]byte(strings.Repeat("\n", size-len(text))), text...), 0o600))
		client, err := release.NewClient(address, release.StoreOptions{CAFile: file})
		require.Equal(t, fits, err == nil, "%v", err)
		if err != nil {
			continue
		}
		want, err := x509.SystemCertPool()
		require.NoError(t, err)
		require.True(t, want.AppendCertsFromPEM(text))
		require.True(t, want.Equal(client.Transport.(*http.Transport).TLSClientConfig.RootCAs))
		response, err := client.Get(server.URL + "/x/prod.json")
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		require.Equal(t, uint16(tls.VersionTLS12), response.TLS.Version)
	}

	old := httptest.NewUnstartedServer(publishedSixth(t))
	old.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}
	old.Config.ErrorLog = discarded()
	old.StartTLS()
	defer old.Close()
	require.NoError(t, os.WriteFile(file, text, 0o600))
	store, err := release.OpenStore(old.URL+"/x/prod.json", "prod", release.StoreOptions{CAFile: file})
	require.NoError(t, err)
	_, err = store.Pointer(context.Background())
	require.ErrorContains(t, err, "protocol version")
}

// Files that are no keys say what was expected of them, and show nothing of a private one.
func TestNoKeys(t *testing.T) {
	private, err := release.EncodePrivateKey(key(1))
	require.NoError(t, err)
	trusted, err := release.EncodePublicKey(public(1))
	require.NoError(t, err)
	garbled := func(kind string) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: []byte("no key at all")}))
	}
	for _, row := range []struct {
		text, private, public string
	}{
		{"", "-----BEGIN PRIVATE KEY-----", "-----BEGIN PUBLIC KEY-----"},
		{"nothing", "-----BEGIN PRIVATE KEY-----", "-----BEGIN PUBLIC KEY-----"},
		{garbled("PRIVATE KEY"), "the private key cannot be read", "it is the private key"},
		{garbled("PUBLIC KEY"), `expected a PRIVATE KEY, found a "PUBLIC KEY"`, "the public key cannot be read"},
		{garbled("CERTIFICATE"), `expected a PRIVATE KEY, found a "CERTIFICATE"`, `expected a PUBLIC KEY, found a "CERTIFICATE"`},
		{string(private) + "x", "something stands behind the key", "it is the private key"},
		{string(trusted) + string(trusted), `found a "PUBLIC KEY"`, "something stands behind the key"},
		{string(private) + " \n", "", "it is the private key"},
		{string(trusted) + " \n", `found a "PUBLIC KEY"`, ""},
	} {
		_, err := release.ParsePrivateKey([]byte(row.text))
		requireSays(t, err, row.private)
		_, err = release.ParsePublicKey([]byte(row.text))
		requireSays(t, err, row.public)
	}
}

func requireSays(t *testing.T, err error, want string) {
	t.Helper()
	if want == "" {
		require.NoError(t, err)
		return
	}
	require.ErrorContains(t, err, want)
}

// What a state holds is told to whoever has the key and reads the format, without a clock of
// their own, and nothing of it to anybody else.
func TestKept(t *testing.T) {
	store, g := newMemory(), &gateway{}
	store.publish(t, payload(5, withOverlay("guarded by nobody")), "guarded by nobody")
	o := g.options(t, store)
	_, found, err := release.Kept(o)
	require.NoError(t, err)
	require.False(t, found)
	look(t, follow(t, o, ""), release.Installed)

	o.Clock = release.Clock{}
	kept, found, err := release.Kept(o)
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, []string{policy(5), "guarded by nobody"}, []string{string(kept.Snapshot), string(kept.Overlay)})
	require.Equal(t, uint64(5), kept.Payload.Version)
	o.Formats = []int{7}
	_, found, err = release.Kept(o)
	require.ErrorIs(t, err, release.ErrNoFormat)
	require.False(t, found)
	follow(t, o, release.NoFormat)
	o.Formats, o.Trust.Keys = nil, o.Trust.Keys[:0]
	_, found, err = release.Kept(o)
	require.Error(t, err)
	require.False(t, found)
}

// What takes long on a loaded machine is waited for.
const (
	patience = 20 * time.Second
	tick     = time.Millisecond
)

func discarded() *log.Logger { return log.New(io.Discard, "", 0) }
