package ocistore_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/ocistore"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/publish"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/decidetest"
	"github.com/netwicket/netwicket/decide/release"
)

// registry is as much of a registry as a client of releases asks for (OCI distribution
// specification 1.1). A real one is asked in the end-to-end tests.
type registry struct {
	mutex  sync.Mutex
	blobs  map[string][]byte // by digest, and manifests by digest and tag
	types  map[string]string
	token  string          // empty: everybody may ask
	basic  string          // likewise, a user and a password
	refuse string          // requests that begin so, as METHOD PATH; empty: none
	tagged func(*registry) // called with the lock held when a tag was set; nil: nothing
}

func newRegistry() *registry {
	return &registry{blobs: map[string][]byte{}, types: map[string]string{}}
}

func digestOf(content []byte) string { return fmt.Sprintf("sha256:%x", sha256.Sum256(content)) }

func (r *registry) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.token != "" && request.Header.Get("Authorization") != "Bearer "+r.token {
		w.Header().Set("WWW-Authenticate", `Bearer realm="https://policies.example/token",service="x"`)
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	if user, password, _ := request.BasicAuth(); r.basic != "" && user+":"+password != r.basic {
		w.Header().Set("WWW-Authenticate", `Basic realm="x"`)
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	if r.refuse != "" && strings.HasPrefix(request.Method+" "+request.URL.Path, r.refuse) {
		w.WriteHeader(http.StatusTeapot)
		return
	}
	content, _ := io.ReadAll(request.Body)
	path := request.URL.Path
	name := path[strings.LastIndex(path, "/")+1:]
	switch {
	case request.Method == http.MethodPost:
		w.Header().Set("Location", path+"1")
		w.WriteHeader(http.StatusAccepted)
	case request.Method == http.MethodPut && strings.Contains(path, "/manifests/"):
		for _, key := range []string{name, digestOf(content)} {
			r.blobs[key], r.types[key] = content, request.Header.Get("Content-Type")
		}
		if !strings.HasPrefix(name, "sha256:") && r.tagged != nil {
			r.tagged(r)
		}
		w.WriteHeader(http.StatusCreated)
	case request.Method == http.MethodPut:
		r.blobs[request.URL.Query().Get("digest")] = content
		w.WriteHeader(http.StatusCreated)
	default:
		content, found := r.blobs[name]
		if !found {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		if kind := r.types[name]; kind != "" {
			w.Header().Set("Content-Type", kind)
		}
		w.Header().Set("Docker-Content-Digest", digestOf(content))
		w.Header().Set("Content-Length", fmt.Sprint(len(content)))
		if request.Method == http.MethodGet {
			_, _ = w.Write(content)
		}
	}
}

var (
	key  = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, ed25519.SeedSize))
	noon = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
)

func trust() release.Trust {
	return release.Trust{Keys: []ed25519.PublicKey{key.Public().(ed25519.PublicKey)}}
}

// releaseOf is a release of a policy that blocks a network.
func releaseOf(t *testing.T, blocked string) *publish.Release {
	t.Helper()
	var snapshot bytes.Buffer
	require.NoError(t, decidetest.Block(t, blocked).WriteSnapshot(&snapshot))
	return &publish.Release{
		Channel: "prod", Expires: time.Hour, Snapshots: [][]byte{snapshot.Bytes()}, Overlay: []byte(`{"deny":[{"network":"192.0.2.1","why":"x"}]}`),
		Now: noon, Keys: []ed25519.PrivateKey{key},
	}
}

// serve is a registry, and its repository.
func serve(t *testing.T, r *registry) (location string) {
	t.Helper()
	t.Setenv("DOCKER_CONFIG", t.TempDir()) // nobody is logged in
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	return ocistore.Scheme + strings.TrimPrefix(server.URL, "http://") + "/team/policies"
}

func open(t *testing.T, location string, o release.StoreOptions) *ocistore.Registry {
	t.Helper()
	store, err := ocistore.Open(location, "prod", o)
	require.NoError(t, err)
	return store
}

// follow is a look at a registry, and the policy that it puts in force; nil: none.
func follow(t *testing.T, store release.Store) (release.Outcome, *decide.Policy) {
	t.Helper()
	var policy *decide.Policy
	f, err := release.Open(release.Options{
		Store: store, Channel: "prod", Trust: trust(), State: filepath.Join(t.TempDir(), "state"), Clock: release.Clock{Now: func() time.Time { return noon }},
		Prepare: func(c release.Candidate) (release.Prepared, error) {
			return release.PreparePolicy(c, nil, func(p *decide.Policy) { policy = p })
		},
		Withdraw: func() { policy = nil },
	})
	require.NoError(t, err)
	return f.Look(t.Context()), policy
}

func TestRegistry(t *testing.T) {
	r := newRegistry()
	location := serve(t, r)
	store := open(t, location, release.StoreOptions{})
	out, policy := follow(t, store)
	require.Equal(t, release.Unreachable, out.Result)
	require.Nil(t, policy)
	for version, blocked := range []string{1: "203.0.113.0/24", 2: "198.51.100.0/24"} {
		if version == 0 {
			continue
		}
		done, err := releaseOf(t, blocked).Publish(t.Context(), store)
		require.NoError(t, err)
		require.Equal(t, uint64(version), done.Payload.Version)
		out, policy := follow(t, store)
		require.Equal(t, release.Installed, out.Result, "%v", out.Err)
		require.Equal(t, uint64(version), out.Payload.Version)
		require.NotNil(t, policy)
	}
	renew := &publish.Release{Channel: "prod", Expires: 2 * time.Hour, Renew: true, Now: noon, Keys: []ed25519.PrivateKey{key}}
	done, err := renew.Publish(t.Context(), store)
	require.NoError(t, err)
	require.Equal(t, uint64(3), done.Payload.Version)
	out, _ = follow(t, store)
	require.Equal(t, uint64(3), out.Payload.Version)

	for digest, content := range r.blobs { // what is named is gone
		if bytes.HasPrefix(content, []byte(`{"payload"`)) {
			delete(r.blobs, digest)
		}
	}
	out, _ = follow(t, store)
	require.Equal(t, release.Unreachable, out.Result)
	_, err = releaseOf(t, "203.0.113.0/24").Publish(t.Context(), store)
	require.Error(t, err, "a tag without its pointer is not a new channel")
}

// What a tag can be but a release.
func TestTagsThatAreNoRelease(t *testing.T) {
	const manifestType = "application/vnd.oci.image.manifest.v1+json"
	layer := func(kind string, size int) string {
		return fmt.Sprintf(`{"schemaVersion":2,"layers":[{"mediaType":"%s","digest":"%s","size":%d}]}`, kind, digestOf([]byte("x")), size)
	}
	pointer := "application/vnd.netwicket.release.pointer.v1+json"
	for name, row := range map[string]struct {
		manifest string
		want     release.Result
	}{
		"no JSON":           {"{", release.Unreachable},
		"no layers":         {`{"schemaVersion":2,"layers":[]}`, release.Unreachable},
		"another artifact":  {layer("application/x", 1), release.Unreachable},
		"too large, stated": {layer(pointer, release.PointerLimit+1), release.TooLarge},
		"another size":      {layer(pointer, 2), release.Unreachable},
		"no pointer":        {layer(pointer, 1), release.BadSignature},
		"2 MB of manifest":  {strings.Repeat(" ", 2<<20) + layer(pointer, 1), release.TooLarge},
	} {
		r := newRegistry()
		store := open(t, serve(t, r), release.StoreOptions{})
		r.blobs["prod"], r.types["prod"], r.blobs[digestOf([]byte("x"))] = []byte(row.manifest), manifestType, []byte("x")
		out, _ := follow(t, store)
		require.Equal(t, row.want, out.Result, "%s: %v", name, out.Err)
	}
}

// Two publishers at once: who published second is told, before or after.
func TestTwoPublishersAtARegistry(t *testing.T) {
	for _, moment := range []string{"before", "after"} {
		r := newRegistry()
		location := serve(t, r)
		store := open(t, location, release.StoreOptions{})
		_, err := releaseOf(t, "203.0.113.0/24").Publish(t.Context(), store)
		require.NoError(t, err)
		other := r.blobs["prod"]
		_, err = releaseOf(t, "198.51.100.0/24").Publish(t.Context(), store)
		require.NoError(t, err)
		ours := r.blobs["prod"]

		before, err := store.Present(t.Context())
		require.NoError(t, err)
		if moment == "before" {
			r.blobs["prod"] = other // since we looked
		} else {
			r.tagged = func(r *registry) { r.blobs["prod"] = ours }
		}
		pointer, err := release.Seal([]byte("x"))
		require.NoError(t, err)
		require.ErrorIs(t, store.Switch(t.Context(), before, pointer, nil), publish.ErrMoved, moment)
		want := other
		if moment == "after" {
			want = ours
		}
		require.Equal(t, want, r.blobs["prod"], "what the other published stays")
	}
}

// Who asks, and how.
func TestRegistryOptions(t *testing.T) {
	r := newRegistry()
	location := serve(t, r)
	_, err := releaseOf(t, "203.0.113.0/24").Publish(t.Context(), open(t, location, release.StoreOptions{}))
	require.NoError(t, err)
	r.token = "secret"
	out, _ := follow(t, open(t, location, release.StoreOptions{}))
	require.Equal(t, release.Unreachable, out.Result)
	token := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(token, []byte("secret\n"), 0o600))
	out, _ = follow(t, open(t, location, release.StoreOptions{TokenFile: token}))
	require.Equal(t, release.Installed, out.Result, "%v", out.Err)

	for _, location := range []string{"oci://", "oci://host", "oci://host/UPPER", "oci://host/repo:tag", "oci://host/repo@sha256:" + strings.Repeat("0", 64)} {
		_, err := ocistore.Open(location, "prod", release.StoreOptions{})
		require.Error(t, err, location)
	}
	_, err = ocistore.Open(location, "a/b", release.StoreOptions{})
	require.Error(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = open(t, location, release.StoreOptions{}).Pointer(ctx)
	require.ErrorIs(t, err, context.Canceled)
}
