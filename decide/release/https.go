package release

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/netwicket/netwicket/internal/files"
	"github.com/netwicket/netwicket/internal/shown"
)

// How long a server may take, and where it may send to.
const (
	connectTime  = 5 * time.Second
	maxRedirects = 5
	tokenLimit   = 64 << 10

	PointerTime = 10 * time.Second // for a pointer in full
	BlobTime    = 2 * time.Minute  // for a blob in full: half a MiB a second of the largest
)

// server is a store behind HTTP.
type server struct {
	pointer *url.URL
	options StoreOptions
	client  *http.Client
}

func newServer(address *url.URL, channel string, o StoreOptions) (*server, error) {
	if address.User != nil {
		return nil, errors.New("expected no credentials in the URL, where everybody sees them: tokenFile is for those")
	}
	if address.Fragment != "" || address.Host == "" {
		return nil, fmt.Errorf("%q: expected a URL such as https://HOST/PATH/CHANNEL.json", address.Redacted())
	}
	if strings.HasSuffix(address.Path, "/") || address.Path == "" {
		address = address.JoinPath(pointerName(channel))
	}
	client, err := NewClient(address, o)
	if err != nil {
		return nil, err
	}
	return &server{address, o, client}, nil
}

// NewClient is how stores ask the server of an address: which may be asked, with the authorities of the
// options, within a few redirects of its scheme. It is for stores of other programs; the token is theirs to
// send.
func NewClient(address *url.URL, o StoreOptions) (*http.Client, error) {
	if err := allowed(address, o.Plain); err != nil {
		return nil, err
	}
	roots, err := authorities(o)
	if err != nil {
		return nil, err
	}
	return &http.Client{
		Transport: &http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			DialContext:            (&net.Dialer{Timeout: connectTime}).DialContext,
			TLSClientConfig:        &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
			TLSHandshakeTimeout:    connectTime,
			ForceAttemptHTTP2:      true,
			DisableCompression:     true, // the bytes as they are
			MaxResponseHeaderBytes: 64 << 10,
			MaxIdleConnsPerHost:    1,
			IdleConnTimeout:        90 * time.Second,
		},
		CheckRedirect: func(next *http.Request, before []*http.Request) error { return redirected(next, before, o.Plain) },
	}, nil
}

// allowed says which URLs may be asked: over plain http anybody on the way could freeze
// whoever has no state on an old release, and read the token.
func allowed(address *url.URL, plain bool) error {
	switch {
	case address.Scheme == "https":
		return nil
	case address.Scheme != "http":
		return fmt.Errorf("%q: expected https", address.Scheme+"://")
	case plain || IsLoopback(address.Hostname()):
		return nil
	default:
		return fmt.Errorf("http://%s: expected https; http leads to this host alone, unless plain says otherwise", address.Host)
	}
}

// redirected follows a few redirects that stay with the scheme.
func redirected(next *http.Request, before []*http.Request, plain bool) error {
	first := before[0].URL
	switch {
	case len(before) > maxRedirects:
		return fmt.Errorf("more than %d redirects", maxRedirects)
	case next.URL.Scheme != first.Scheme:
		return fmt.Errorf("a redirect from %s to %s", first.Scheme, next.URL.Scheme)
	}
	if next.URL.Host != first.Host {
		next.Header.Del("Authorization") // net/http keeps it for other ports and for names below
	}
	return allowed(next.URL, plain)
}

// authorities are the system's and those of a file; nil: the system's alone.
func authorities(o StoreOptions) (*x509.CertPool, error) {
	if o.CAFile == "" {
		return nil, nil
	}
	text, err := readFile(o.CAFile, o.Within, files.CertificateLimit)
	if err != nil {
		return nil, fmt.Errorf("authorities: %w", err)
	}
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool()
	}
	if !roots.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("authorities: %s: expected certificates as PEM", o.CAFile)
	}
	return roots, nil
}

func (s *server) Pointer(ctx context.Context) ([]byte, error) {
	return s.get(ctx, s.pointer, PointerLimit, PointerTime)
}

// Blob reads at most what the release says that there is.
func (s *server) Blob(ctx context.Context, blob Blob) ([]byte, error) {
	return s.get(ctx, s.pointer.ResolveReference(&url.URL{Path: blobFolder + "/" + blob.SHA256}), blob.Size, BlobTime)
}

// get reads a body in full. No cache on the way is asked: what it has may be old, and ETags
// of some servers are equal for two files of a size and a second.
func (s *server) get(ctx context.Context, address *url.URL, limit int64, within time.Duration) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address.String(), nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("User-Agent", "netwicket")
	if s.options.UserAgent != "" {
		request.Header.Set("User-Agent", s.options.UserAgent)
	}
	request.Header.Set("Cache-Control", "no-cache")
	if err := s.prove(request); err != nil {
		return nil, err
	}
	response, err := s.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", shown.Text(address.String()), shown.Text(response.Status))
	}
	if response.ContentLength > limit {
		return nil, fmt.Errorf("%s: %d bytes: %w", shown.Text(address.String()), response.ContentLength, ErrTooLarge)
	}
	content, err := io.ReadAll(io.LimitReader(response.Body, limit+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: broke off after %d bytes: %w", shown.Text(address.String()), len(content), err)
	case int64(len(content)) > limit:
		return nil, fmt.Errorf("%s: %w", shown.Text(address.String()), ErrTooLarge)
	}
	return content, nil
}

// prove puts the token into a request.
func (s *server) prove(request *http.Request) error {
	token, err := s.options.Token()
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	return err
}

// Token is what proves who asks, as its file has it now; empty: nothing does.
func (o StoreOptions) Token() (string, error) {
	if o.TokenFile == "" {
		return "", nil
	}
	text, err := readFile(o.TokenFile, o.Within, tokenLimit)
	if err != nil {
		return "", fmt.Errorf("token: %w", err)
	}
	token := strings.TrimSpace(string(text))
	if token == "" || strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "", fmt.Errorf("token: %s: expected one word", o.TokenFile)
	}
	return token, nil
}

// IsLoopback says that a host is this one, which may be asked by plain http.
func IsLoopback(host string) bool {
	addr, _ := netip.ParseAddr(host) // zero, which is none, for a name
	return host == "localhost" || addr.Unmap().IsLoopback()
}
