// Package ocistore has releases in a registry of the OCI distribution specification: to
// publish to, and to fetch from.
//
// A channel is a tag. Its manifest is an artifact whose first layer is the pointer and whose
// other layers are the blobs that the pointer names, so that the registry keeps them; blobs
// are asked for by their digest. The registry is trusted with nothing, as every store.
package ocistore

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"oras.land/oras-go/v2"
	"oras.land/oras-go/v2/errdef"
	"oras.land/oras-go/v2/registry/remote"
	"oras.land/oras-go/v2/registry/remote/auth"
	"oras.land/oras-go/v2/registry/remote/credentials"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/publish"
	"github.com/netwicket/netwicket/decide/release"
)

// Scheme is what a registry's location begins with.
const Scheme = "oci://"

// The media types of what is in a registry.
const (
	ArtifactType = "application/vnd.netwicket.release.v1"
	pointerType  = "application/vnd.netwicket.release.pointer.v1+json"
	blobType     = "application/vnd.netwicket.release.blob.v1"

	manifestLimit = 1 << 20
)

// Registry is a channel in a repository. It is a [release.Store] and a [publish.Target].
type Registry struct {
	repository *remote.Repository
	channel    string
}

// Open names a channel in a repository: oci://HOST/REPO. Nobody is asked yet. Who asks is what
// `docker login` left, or the options' token.
func Open(location, channel string, o release.StoreOptions) (*Registry, error) {
	if err := release.CheckChannel(channel); err != nil {
		return nil, err
	}
	name := strings.TrimPrefix(location, Scheme)
	repository, err := remote.NewRepository(name)
	if err != nil {
		return nil, fmt.Errorf("%q: expected oci://HOST/REPO: %w", location, err)
	}
	if repository.Reference.Reference != "" {
		return nil, fmt.Errorf("%q: expected oci://HOST/REPO without a tag: the channel is one", location)
	}
	address := &url.URL{Scheme: "https", Host: repository.Reference.Host()}
	if o.Plain || release.IsLoopback(address.Hostname()) {
		address.Scheme, repository.PlainHTTP = "http", true
	}
	client, err := release.NewClient(address, o)
	if err != nil {
		return nil, err
	}
	credential, err := credentialOf(o)
	if err != nil {
		return nil, err
	}
	header := http.Header{"User-Agent": {cmp.Or(o.UserAgent, "netwicket")}}
	repository.Client = &auth.Client{Client: client, Credential: credential, Cache: auth.NewCache(), Header: header}
	return &Registry{repository, channel}, nil
}

// credentialOf is who asks.
func credentialOf(o release.StoreOptions) (auth.CredentialFunc, error) {
	if o.TokenFile != "" {
		return func(context.Context, string) (auth.Credential, error) {
			token, err := o.Token()
			return auth.Credential{AccessToken: token}, err
		}, nil
	}
	store, err := credentials.NewStoreFromDocker(credentials.StoreOptions{})
	if err != nil {
		return nil, fmt.Errorf("what docker login left cannot be read: %w", err)
	}
	return credentials.Credential(store), nil
}

func descriptor(mediaType string, blob release.Blob) ocispec.Descriptor {
	return ocispec.Descriptor{MediaType: mediaType, Digest: digest.NewDigestFromEncoded(digest.SHA256, blob.SHA256), Size: blob.Size}
}

// Pointer is the first layer of the channel's manifest.
func (r *Registry) Pointer(ctx context.Context) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, release.PointerTime)
	defer cancel()
	_, body, err := r.repository.FetchReference(ctx, r.channel)
	if err != nil {
		return nil, err
	}
	text, err := readAll(body, manifestLimit)
	if err != nil {
		return nil, err
	}
	var manifest ocispec.Manifest
	if err := json.Unmarshal(text, &manifest); err != nil {
		return nil, fmt.Errorf("tag %s: its manifest cannot be read: %w", r.channel, err)
	}
	if len(manifest.Layers) == 0 || manifest.Layers[0].MediaType != pointerType {
		return nil, fmt.Errorf("tag %s: it is no release", r.channel)
	}
	pointer := manifest.Layers[0]
	if pointer.Size > release.PointerLimit {
		return nil, fmt.Errorf("tag %s: a pointer of %d bytes: %w", r.channel, pointer.Size, release.ErrTooLarge)
	}
	if body, err = r.repository.Blobs().Fetch(ctx, pointer); err != nil {
		return nil, fmt.Errorf("tag %s: its pointer: %s", r.channel, err.Error()) // not ErrNotFound, which would say that there is no tag
	}
	return readAll(body, release.PointerLimit)
}

// Blob is a blob of the repository.
func (r *Registry) Blob(ctx context.Context, blob release.Blob) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, release.BlobTime)
	defer cancel()
	body, err := r.repository.Blobs().Fetch(ctx, descriptor(blobType, blob))
	if err != nil {
		return nil, err
	}
	return readAll(body, blob.Size)
}

// readAll reads a body in full, and no more than the limit.
func readAll(body io.ReadCloser, limit int64) ([]byte, error) {
	defer body.Close()
	content, err := io.ReadAll(io.LimitReader(body, limit+1))
	if err == nil && int64(len(content)) > limit {
		err = release.ErrTooLarge
	}
	return content, err
}

// Lock does nothing: a registry has none.
func (r *Registry) Lock(context.Context) (func(), error) { return func() {}, nil }

// Present is the pointer that is there.
func (r *Registry) Present(ctx context.Context) ([]byte, error) {
	pointer, err := r.Pointer(ctx)
	if errors.Is(err, errdef.ErrNotFound) {
		return nil, nil
	}
	return pointer, err
}

// Has says whether a blob is there.
func (r *Registry) Has(ctx context.Context, blob release.Blob) (bool, error) {
	return r.repository.Blobs().Exists(ctx, descriptor(blobType, blob))
}

// Put pushes a blob.
func (r *Registry) Put(ctx context.Context, blob release.Blob, content []byte) error {
	return r.repository.Blobs().Push(ctx, descriptor(blobType, blob), bytes.NewReader(content))
}

// Switch tags a manifest of the pointer and its blobs, if nobody else has published meanwhile, and
// looks whether anybody did in that moment: a registry cannot compare and swap.
func (r *Registry) Switch(ctx context.Context, before, pointer []byte, blobs []release.Blob) error {
	first := descriptor(pointerType, release.BlobOf(pointer))
	if err := r.repository.Blobs().Push(ctx, first, bytes.NewReader(pointer)); err != nil {
		return err
	}
	layers := []ocispec.Descriptor{first}
	for _, blob := range blobs {
		layers = append(layers, descriptor(blobType, blob))
	}
	manifest, err := oras.PackManifest(ctx, r.repository, oras.PackManifestVersion1_1, ArtifactType, oras.PackManifestOptions{Layers: layers})
	if err != nil {
		return err
	}
	if err := r.still(ctx, before); err != nil {
		return err
	}
	if err := r.repository.Tag(ctx, manifest, r.channel); err != nil {
		return err
	}
	return r.still(ctx, pointer)
}

// still says that the present pointer is another one.
func (r *Registry) still(ctx context.Context, want []byte) error {
	now, err := r.Present(ctx)
	if err == nil && !bytes.Equal(now, want) {
		err = publish.ErrMoved
	}
	return err
}
