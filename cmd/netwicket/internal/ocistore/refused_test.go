package ocistore_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/ocistore"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/publish"
	"github.com/netwicket/netwicket/decide/release"
)

// What a registry refuses is said, and no tag is set behind it.
func TestRegistryRefuses(t *testing.T) {
	for _, refused := range []string{"POST /v2/team/policies/blobs/", "PUT /v2/team/policies/blobs/", "PUT /v2/team/policies/manifests/sha256:", "PUT /v2/team/policies/manifests/prod", "HEAD /v2/team/policies/blobs/", "GET /v2/team/policies/manifests/prod"} {
		r := newRegistry()
		store := open(t, serve(t, r), release.StoreOptions{})
		r.refuse = refused
		_, err := releaseOf(t, "203.0.113.0/24").Publish(t.Context(), store)
		require.ErrorContains(t, err, "418", refused)
		require.NotErrorIs(t, err, publish.ErrMoved)
		require.NotContains(t, r.blobs, "prod")
	}
	// Of each step by itself: the blobs are there already.
	for refused, want := range map[string]bool{"POST": false, "PUT /v2/team/policies/manifests/sha256:": false, "PUT /v2/team/policies/manifests/prod": false, "GET": true} {
		r := newRegistry()
		store := open(t, serve(t, r), release.StoreOptions{})
		r.tagged = func(r *registry) { r.refuse = "GET" } // nobody knows whether it is still there
		if !want {
			r.refuse, r.tagged = refused, nil
		}
		err := store.Switch(t.Context(), nil, []byte("{}"), nil)
		require.ErrorContains(t, err, "418", refused)
		require.NotErrorIs(t, err, publish.ErrMoved)
		_, tagged := r.blobs["prod"]
		require.Equal(t, want, tagged, refused)
	}
	r := newRegistry()
	store := open(t, serve(t, r), release.StoreOptions{})
	r.refuse = "POST"
	require.ErrorContains(t, store.Put(t.Context(), release.BlobOf([]byte("x")), []byte("x")), "418")
}

// The manifest names all blobs, so that the registry keeps them.
func TestManifestNamesTheBlobs(t *testing.T) {
	r := newRegistry()
	release1 := releaseOf(t, "203.0.113.0/24")
	_, err := release1.Publish(t.Context(), open(t, serve(t, r), release.StoreOptions{}))
	require.NoError(t, err)
	var manifest struct {
		ArtifactType string `json:"artifactType"`
		Layers       []struct {
			MediaType, Digest string
			Size              int
		} `json:"layers"`
	}
	require.NoError(t, json.Unmarshal(r.blobs["prod"], &manifest))
	require.Equal(t, ocistore.ArtifactType, manifest.ArtifactType)
	require.Len(t, manifest.Layers, 3)
	for i, content := range [][]byte{release1.Snapshots[0], release1.Overlay} {
		require.Equal(t, digestOf(content), manifest.Layers[i+1].Digest)
		require.Equal(t, len(content), manifest.Layers[i+1].Size)
	}
	require.Contains(t, string(r.blobs[manifest.Layers[0].Digest]), `"payload"`)
}

// What is as large as it may be is read, and what is larger is not.
func TestRegistryLimits(t *testing.T) {
	r := newRegistry()
	store := open(t, serve(t, r), release.StoreOptions{})
	pointer := []byte(strings.Repeat(" ", release.PointerLimit))
	manifest := `{"schemaVersion":2,"layers":[{"mediaType":"application/vnd.netwicket.release.pointer.v1+json","digest":"` + digestOf(pointer) + `","size":65536}]}`
	padded := func(size int) []byte { return []byte(manifest + strings.Repeat(" ", size-len(manifest))) }
	r.blobs[digestOf(pointer)], r.types["prod"] = pointer, "application/vnd.oci.image.manifest.v1+json"
	r.blobs["prod"] = padded(1 << 20)
	got, err := store.Pointer(t.Context())
	require.NoError(t, err)
	require.Equal(t, pointer, got)
	r.blobs["prod"] = padded(1<<20 + 1)
	_, err = store.Pointer(t.Context())
	require.ErrorIs(t, err, release.ErrTooLarge)
	r.blobs["prod"] = []byte("{")
	_, err = store.Pointer(t.Context())
	require.ErrorContains(t, err, "tag prod: its manifest cannot be read")
	_, err = store.Blob(t.Context(), release.BlobOf([]byte("absent")))
	require.ErrorContains(t, err, "not found")
	blob, err := store.Blob(t.Context(), release.BlobOf(pointer))
	require.NoError(t, err)
	require.Equal(t, pointer, blob)
}

// By what a registry is asked, and who asks it.
func TestWhoAsks(t *testing.T) {
	over, cancel := context.WithCancel(t.Context())
	cancel()
	for location, want := range map[string]string{"oci://policies.example/team/x": "https://policies.example/v2/", "oci://127.0.0.1:9/team/x": "http://127.0.0.1:9/v2/"} {
		_, err := open(t, location, release.StoreOptions{}).Pointer(over)
		require.ErrorContains(t, err, want)
	}
	_, err := open(t, "oci://policies.example/team/x", release.StoreOptions{Plain: true}).Pointer(over)
	require.ErrorContains(t, err, "http://policies.example/v2/")

	r := newRegistry()
	location := serve(t, r)
	_, err = ocistore.Open(location, "prod", release.StoreOptions{CAFile: filepath.Join(t.TempDir(), "absent.pem")})
	require.ErrorContains(t, err, "absent.pem")
	_, err = releaseOf(t, "203.0.113.0/24").Publish(t.Context(), open(t, location, release.StoreOptions{}))
	require.NoError(t, err)
	r.token = "secret"
	_, err = open(t, location, release.StoreOptions{TokenFile: filepath.Join(t.TempDir(), "absent")}).Pointer(t.Context())
	require.ErrorContains(t, err, "absent")

	// Whoever logged in with docker is known.
	r.token, r.basic = "", "ann:secret"
	_, err = open(t, location, release.StoreOptions{}).Pointer(t.Context())
	require.Error(t, err)
	host, _, _ := strings.Cut(strings.TrimPrefix(location, ocistore.Scheme), "/")
	config := filepath.Join(os.Getenv("DOCKER_CONFIG"), "config.json")
	require.NoError(t, os.WriteFile(config, []byte(`{"auths":{"`+host+`":{"auth":"`+base64.StdEncoding.EncodeToString([]byte(r.basic))+`"}}}`), 0o600))
	_, err = open(t, location, release.StoreOptions{}).Pointer(t.Context())
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(config, []byte("{"), 0o600))
	_, err = ocistore.Open(location, "prod", release.StoreOptions{})
	require.ErrorContains(t, err, "what docker login left cannot be read")
	require.False(t, errors.Is(err, os.ErrNotExist))
}

// A registry is asked over TLS with the authorities that are given, and learns who asks.
func TestRegistryOverTLS(t *testing.T) {
	t.Setenv("DOCKER_CONFIG", t.TempDir()) // nobody is logged in
	r, agents := newRegistry(), make(map[string]bool)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		agents[request.UserAgent()] = true
		r.ServeHTTP(w, request)
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	defer server.Close()
	// A name that is not this host's, for which http would do.
	trusted := filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, os.WriteFile(trusted, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600))
	location := "oci://example.com/team/policies"
	for _, o := range []release.StoreOptions{{CAFile: trusted}, {CAFile: trusted, UserAgent: "gateway/1"}} {
		store, err := ocistore.Open(location, "prod", o)
		require.NoError(t, err)
		ocistore.DialTo(store, server.Listener.Addr().String())
		_, err = releaseOf(t, "203.0.113.0/24").Publish(t.Context(), store)
		require.NoError(t, err)
	}
	require.Equal(t, map[string]bool{"netwicket": true, "gateway/1": true}, agents)
}
