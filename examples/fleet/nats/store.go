package nats

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/netwicket/netwicket/decide/release"
	"github.com/netwicket/netwicket/examples/fleet/carry"
)

// store is a channel in NATS: the pointer is the key CHANNEL of a bucket, and the blobs are the
// objects CHANNEL/HEX of an object store. A value is one message, which a server takes up to
// max_payload (1 MB unless it says otherwise); an object is cut into as many as it needs.
type store struct {
	connection *nats.Conn
	stream     jetstream.JetStream
	channel    string
	bucket     string
	replicas   int
	seen       uint64 // the revision of the pointer that was read; 0: none was there
}

func open(connection *nats.Conn, channel, bucket string, replicas int) (*store, error) {
	stream, err := jetstream.New(connection)
	return &store{connection: connection, stream: stream, channel: channel, bucket: bucket, replicas: replicas}, err
}

func (s *store) object(name string) string { return s.channel + "/" + name }

// Put writes the blobs, then the pointer, and removes the blobs that neither this release nor the
// one before asks for. It makes the bucket and the object store where they are not there.
func (s *store) Put(ctx context.Context, r *carry.Release) error {
	if limit := s.connection.MaxPayload(); int64(len(r.Pointer)) > limit {
		return fmt.Errorf("the pointer has %d bytes, and the server takes %d in a message (max_payload); nothing was put", len(r.Pointer), limit)
	}
	keys, err := s.keys(ctx)
	if err != nil {
		return err
	}
	objects, err := s.objects(ctx)
	if err != nil {
		return err
	}
	var before []byte
	var revision uint64
	entry, err := keys.Get(ctx, s.channel)
	if err == nil {
		before, revision = entry.Value(), entry.Revision()
	} else if !errors.Is(err, jetstream.ErrKeyNotFound) {
		return err
	}
	for _, blob := range r.Blobs {
		if _, err := objects.PutBytes(ctx, s.object(blob.SHA256), blob.Content); err != nil {
			return fmt.Errorf("blob %s, %d bytes: %w", blob.SHA256, len(blob.Content), err)
		}
	}
	// With the revision, so that of two who put at once one is told.
	if _, err := keys.Update(ctx, s.channel, r.Pointer, revision); err != nil {
		return fmt.Errorf("the pointer, %d bytes: %w", len(r.Pointer), err)
	}
	return s.sweep(ctx, objects, r, before)
}

func (s *store) keys(ctx context.Context) (jetstream.KeyValue, error) {
	keys, err := s.stream.KeyValue(ctx, s.bucket)
	if errors.Is(err, jetstream.ErrBucketNotFound) {
		return s.stream.CreateKeyValue(ctx, jetstream.KeyValueConfig{Bucket: s.bucket, Replicas: s.replicas, Description: "pointers of netwicket's channels"})
	}
	return keys, err
}

func (s *store) objects(ctx context.Context) (jetstream.ObjectStore, error) {
	objects, err := s.stream.ObjectStore(ctx, s.bucket)
	if errors.Is(err, jetstream.ErrBucketNotFound) {
		return s.stream.CreateObjectStore(ctx, jetstream.ObjectStoreConfig{Bucket: s.bucket, Replicas: s.replicas, Description: "blobs of netwicket's channels"})
	}
	return objects, err
}

// sweep removes the channel's blobs that nobody asks for any more.
func (s *store) sweep(ctx context.Context, objects jetstream.ObjectStore, r *carry.Release, before []byte) error {
	names, _ := carry.Names(before) // what is no pointer asks for nothing
	kept := map[string]bool{}
	for _, name := range names {
		kept[name.SHA256] = true
	}
	there, err := objects.List(ctx)
	if err != nil {
		return err
	}
	for _, object := range there {
		name, found := strings.CutPrefix(object.Name, s.object(""))
		if !found || kept[name] || r.Asks(name) {
			continue
		}
		if err := objects.Delete(ctx, object.Name); err != nil {
			return err
		}
	}
	return nil
}

// Pointer is the channel's, and the revision after which Changed watches.
func (s *store) Pointer(ctx context.Context) ([]byte, error) {
	s.seen = 0
	if !s.connection.IsConnected() {
		return nil, errors.New("no server answers") // else the question would wait for one, and the agent with it
	}
	keys, err := s.stream.KeyValue(ctx, s.bucket)
	if err != nil {
		return nil, fmt.Errorf("bucket %s: %w", s.bucket, err)
	}
	entry, err := keys.Get(ctx, s.channel)
	if err != nil {
		return nil, fmt.Errorf("bucket %s, key %s: %w", s.bucket, s.channel, err)
	}
	s.seen = entry.Revision()
	return entry.Value(), nil
}

// Blob is what was put by a name, read no further than it should be.
func (s *store) Blob(ctx context.Context, blob release.Blob) ([]byte, error) {
	objects, err := s.stream.ObjectStore(ctx, s.bucket)
	if err != nil {
		return nil, fmt.Errorf("object store %s: %w", s.bucket, err)
	}
	object, err := objects.Get(ctx, s.object(blob.SHA256))
	if err != nil {
		return nil, err
	}
	content, err := io.ReadAll(io.LimitReader(object, blob.Size+1))
	err = errors.Join(err, object.Close())
	if err == nil && int64(len(content)) > blob.Size {
		err = release.ErrTooLarge
	}
	return content, err
}

// Changed waits for another revision of the pointer, or for the connection to be another one: a
// watch notices only after a while that its server was away.
func (s *store) Changed(ctx context.Context) error {
	keys, err := s.stream.KeyValue(ctx, s.bucket)
	if err != nil {
		return err
	}
	watcher, err := keys.Watch(ctx, s.channel)
	if err != nil {
		return err
	}
	defer watcher.Stop() //nolint:errcheck // it ends with its context as well
	connection := s.connection.StatusChanged(nats.CONNECTED, nats.RECONNECTING)
	defer s.connection.RemoveStatusListener(connection)
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-connection:
			return nil
		case entry, open := <-watcher.Updates():
			if !open {
				return errors.New("the watch has ended")
			}
			if entry != nil && entry.Revision() != s.seen { // nil: what is there was told
				return nil
			}
		}
	}
}

func (s *store) Close() error {
	s.connection.Close()
	return nil
}
