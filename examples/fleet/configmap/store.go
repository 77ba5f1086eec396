package configmap

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/netwicket/netwicket/decide/release"
	"github.com/netwicket/netwicket/examples/fleet/carry"
)

// store is a channel in a ConfigMap: the pointer is its key CHANNEL.json, and each blob a key that
// is its SHA-256, since a key has no slash.
type store struct {
	name, namespace, channel string
	out                      io.Writer // for the ConfigMap
	volume                   string    // where a pod has it
}

// dataLimit is what the API takes in all values of a ConfigMap together.
const dataLimit = 1 << 20

// configMap is v1 ConfigMap, as far as it is written.
type configMap struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Metadata   struct {
		Name      string            `json:"name"`
		Namespace string            `json:"namespace,omitempty"`
		Labels    map[string]string `json:"labels"`
	} `json:"metadata"`
	Data       map[string]string `json:"data"`
	BinaryData map[string][]byte `json:"binaryData"` // base64, as encoding/json writes bytes
}

// Put prints the ConfigMap. It holds one release: the kubelet swaps all of its files at once.
func (s *store) Put(_ context.Context, r *carry.Release) error {
	c := configMap{APIVersion: "v1", Kind: "ConfigMap", Data: map[string]string{s.pointerKey(): string(r.Pointer)}, BinaryData: map[string][]byte{}}
	c.Metadata.Name, c.Metadata.Namespace = s.name, s.namespace
	c.Metadata.Labels = map[string]string{"app.kubernetes.io/name": "netwicket", "app.kubernetes.io/component": "release"}
	size := len(r.Pointer)
	for _, blob := range r.Blobs {
		c.BinaryData[blob.SHA256] = blob.Content
		size += len(blob.Content)
	}
	if size > dataLimit {
		return fmt.Errorf("the release has %d bytes, and a ConfigMap takes %d. Nothing was printed. "+
			"Carry this release by the NATS object store or by https, or through etcd up to 1.5 MiB a blob", size, dataLimit)
	}
	text, err := json.Marshal(c)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.out, "%s\n", text)
	return err
}

func (s *store) pointerKey() string { return s.channel + ".json" }

// Pointer is the one that the kubelet wrote last.
func (s *store) Pointer(context.Context) ([]byte, error) {
	return s.read(s.pointerKey(), release.PointerLimit)
}

// Blob is what stands beside it.
func (s *store) Blob(_ context.Context, blob release.Blob) ([]byte, error) {
	return s.read(blob.SHA256, blob.Size)
}

// read reads a key's file. The kubelet writes all of a ConfigMap into a new folder, lets ..data
// name it, and only then sees to the names beside it: ..data is what is whole at any time.
func (s *store) read(key string, limit int64) ([]byte, error) {
	path := filepath.Join(s.volume, "..data", key)
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w; is the ConfigMap mounted there, without subPath?", path, fs.ErrNotExist)
	}
	if err == nil && info.Size() > limit {
		err = release.ErrTooLarge
	}
	if err != nil {
		return nil, err
	}
	return os.ReadFile(path)
}

// Changed waits for ctx: nothing tells of a volume, so the agent looks again when its time has come.
func (s *store) Changed(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

func (s *store) Close() error { return nil }
