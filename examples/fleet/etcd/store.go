package etcd

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/netwicket/netwicket/decide/release"
	"github.com/netwicket/netwicket/examples/fleet/carry"
)

// store is a channel in etcd: its pointer under PREFIX/CHANNEL/pointer and its blobs under
// PREFIX/CHANNEL/sha256/HEX.
type store struct {
	client *clientv3.Client
	prefix string
	limit  int   // bytes of a request that the servers take
	seen   int64 // the store's revision when the pointer was read
}

// requestLimit is what a server takes in a request unless --max-request-bytes says otherwise.
const requestLimit = 1536 * 1024

// overhead is what a request has besides the value.
const overhead = 4096

func (s *store) pointerKey() string         { return s.prefix + "pointer" }
func (s *store) blobKey(name string) string { return s.prefix + "sha256/" + name }

// Put writes the blobs one by one, then the pointer, and in the same transaction removes the
// blobs that neither this release nor the one before asks for.
func (s *store) Put(ctx context.Context, r *carry.Release) error {
	for _, blob := range r.Blobs {
		if len(blob.Content)+overhead > s.limit {
			return fmt.Errorf("blob %s has %d bytes, and etcd takes %d in a request (--max-request-bytes of the server), %d of which are for what is not the blob. "+
				"Nothing was put. Raise that limit, on the servers and here, or carry this release by the NATS object store or by https", blob.SHA256, len(blob.Content), s.limit, overhead)
		}
	}
	before, err := s.client.Get(ctx, s.pointerKey())
	if err != nil {
		return err
	}
	stale, err := s.stale(ctx, r, before.Kvs)
	if err != nil {
		return err
	}
	for _, blob := range r.Blobs {
		if _, err := s.client.Put(ctx, s.blobKey(blob.SHA256), string(blob.Content)); err != nil {
			return fmt.Errorf("blob %s, %d bytes: %w", blob.SHA256, len(blob.Content), err)
		}
	}
	var was int64 // a key that is not there has 0
	if len(before.Kvs) > 0 {
		was = before.Kvs[0].ModRevision
	}
	done, err := s.client.Txn(ctx).
		If(clientv3.Compare(clientv3.ModRevision(s.pointerKey()), "=", was)).
		Then(append(stale, clientv3.OpPut(s.pointerKey(), string(r.Pointer)))...).
		Commit()
	if err != nil {
		return err
	}
	if !done.Succeeded {
		return errors.New("somebody else has put a release meanwhile; look which one is to be in force, and put it again")
	}
	return nil
}

// stale are the blobs to remove.
func (s *store) stale(ctx context.Context, r *carry.Release, before []*mvccpb.KeyValue) ([]clientv3.Op, error) {
	kept := map[string]bool{}
	for _, kv := range before {
		names, _ := carry.Names(kv.Value) // what is no pointer asks for nothing
		for _, name := range names {
			kept[name.SHA256] = true
		}
	}
	there, err := s.client.Get(ctx, s.blobKey(""), clientv3.WithPrefix(), clientv3.WithKeysOnly(), clientv3.WithLimit(100)) // of 128 steps in a transaction
	if err != nil {
		return nil, err
	}
	var stale []clientv3.Op
	for _, kv := range there.Kvs {
		name := strings.TrimPrefix(string(kv.Key), s.blobKey(""))
		if !kept[name] && !r.Asks(name) {
			stale = append(stale, clientv3.OpDelete(string(kv.Key)))
		}
	}
	return stale, nil
}

// Pointer is the channel's, and the moment from which Changed watches.
func (s *store) Pointer(ctx context.Context) ([]byte, error) {
	got, err := s.client.Get(ctx, s.pointerKey())
	if err != nil {
		return nil, err
	}
	s.seen = got.Header.Revision
	if len(got.Kvs) == 0 {
		return nil, fmt.Errorf("nothing was put: there is no key %s", s.pointerKey())
	}
	return got.Kvs[0].Value, nil
}

// Blob is what was put by a name.
func (s *store) Blob(ctx context.Context, blob release.Blob) ([]byte, error) {
	got, err := s.client.Get(ctx, s.blobKey(blob.SHA256))
	if err != nil {
		return nil, err
	}
	if len(got.Kvs) == 0 {
		return nil, errors.New("it is not in etcd")
	}
	if int64(len(got.Kvs[0].Value)) > blob.Size {
		return nil, release.ErrTooLarge
	}
	return got.Kvs[0].Value, nil
}

// Changed waits for an event of the pointer's key. The client finds another server where one
// goes away; a history that was compacted meanwhile is an error, after which it is asked anew.
func (s *store) Changed(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	for answer := range s.client.Watch(clientv3.WithRequireLeader(ctx), s.pointerKey(), clientv3.WithRev(s.seen+1)) {
		if err := answer.Err(); err != nil {
			return err
		}
		if len(answer.Events) > 0 {
			return nil
		}
	}
	return ctx.Err()
}

func (s *store) Close() error { return s.client.Close() }
