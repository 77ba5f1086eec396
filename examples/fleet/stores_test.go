package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	natsclient "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/server/v3/embed"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"github.com/netwicket/netwicket/examples/fleet/carry"
)

// world is a store that runs.
type world interface {
	start()
	stop()
	flags() []string     // of fleet, that say where it is
	putOut(out []byte)   // what put printed
	pointer(text []byte) // writes another pointer into the store, as whoever has broken in would
	blobs() []string     // the names of those that are there
}

// worlds are the stores that fleet knows.
var worlds = map[string]func(*testing.T) world{
	"etcd":      func(t *testing.T) world { return &etcdServer{t: t, folder: t.TempDir(), client: freeAddress(t)} },
	"nats":      func(t *testing.T) world { return &natsServer{t: t, folder: t.TempDir(), port: -1} },
	"configmap": func(t *testing.T) world { return &kubelet{t: t, volume: t.TempDir()} },
}

// etcdServer is etcd itself, as a library.
type etcdServer struct {
	t              *testing.T
	folder, client string
	running        *embed.Etcd
}

func (e *etcdServer) start() {
	e.t.Helper()
	config := embed.NewConfig()
	config.Dir, config.LogLevel, config.UnsafeNoFsync = e.folder, "fatal", true
	config.TickMs, config.ElectionMs = 10, 100 // it is alone
	config.ListenClientUrls = []url.URL{{Scheme: "http", Host: e.client}}
	config.AdvertiseClientUrls = config.ListenClientUrls
	config.ListenPeerUrls = []url.URL{{Scheme: "http", Host: "127.0.0.1:0"}}
	config.AdvertisePeerUrls = config.ListenPeerUrls
	config.InitialCluster = config.InitialClusterFromName(config.Name)
	running, err := embed.StartEtcd(config)
	require.NoError(e.t, err)
	<-running.Server.ReadyNotify()
	e.running = running
	e.t.Cleanup(e.stop)
}

func (e *etcdServer) stop() {
	if e.running != nil {
		e.running.Close()
	}
	e.running = nil
}

func (e *etcdServer) flags() []string { return []string{"-endpoints", "http://" + e.client} }
func (e *etcdServer) putOut([]byte)   {}

func (e *etcdServer) with(use func(context.Context, *clientv3.Client)) {
	client, err := clientv3.New(clientv3.Config{Endpoints: []string{"http://" + e.client}})
	require.NoError(e.t, err)
	defer client.Close()
	use(e.t.Context(), client)
}

func (e *etcdServer) pointer(text []byte) {
	e.with(func(ctx context.Context, client *clientv3.Client) {
		_, err := client.Put(ctx, "netwicket/prod/pointer", string(text))
		require.NoError(e.t, err)
	})
}

func (e *etcdServer) blobs() (names []string) {
	e.with(func(ctx context.Context, client *clientv3.Client) {
		got, err := client.Get(ctx, "netwicket/prod/sha256/", clientv3.WithPrefix(), clientv3.WithKeysOnly())
		require.NoError(e.t, err)
		for _, kv := range got.Kvs {
			names = append(names, filepath.Base(string(kv.Key)))
		}
	})
	return names
}

// natsServer is NATS itself, as a library.
type natsServer struct {
	t       *testing.T
	folder  string
	port    int // -1: any
	running *server.Server
}

func (n *natsServer) start() {
	n.t.Helper()
	running, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: n.port, JetStream: true, StoreDir: n.folder, NoLog: true, NoSigs: true})
	require.NoError(n.t, err)
	running.Start()
	require.True(n.t, running.ReadyForConnections(patience))
	where, err := url.Parse(running.ClientURL())
	require.NoError(n.t, err)
	n.port, err = strconv.Atoi(where.Port())
	require.NoError(n.t, err)
	n.running = running
	n.t.Cleanup(n.stop)
}

func (n *natsServer) stop() {
	if n.running != nil {
		n.running.Shutdown()
		n.running.WaitForShutdown()
	}
	n.running = nil
}

func (n *natsServer) where() string   { return fmt.Sprintf("nats://127.0.0.1:%d", n.port) }
func (n *natsServer) flags() []string { return []string{"-server", n.where()} }
func (n *natsServer) putOut([]byte)   {}

func (n *natsServer) with(use func(context.Context, jetstream.JetStream)) {
	connection, err := natsclient.Connect(n.where())
	require.NoError(n.t, err)
	defer connection.Close()
	stream, err := jetstream.New(connection)
	require.NoError(n.t, err)
	use(n.t.Context(), stream)
}

func (n *natsServer) pointer(text []byte) {
	n.with(func(ctx context.Context, stream jetstream.JetStream) {
		keys, err := stream.KeyValue(ctx, "netwicket")
		require.NoError(n.t, err)
		_, err = keys.Put(ctx, "prod", text)
		require.NoError(n.t, err)
	})
}

func (n *natsServer) blobs() (names []string) {
	n.with(func(ctx context.Context, stream jetstream.JetStream) {
		objects, err := stream.ObjectStore(ctx, "netwicket")
		require.NoError(n.t, err)
		all, err := objects.List(ctx)
		require.NoError(n.t, err)
		for _, object := range all {
			names = append(names, filepath.Base(object.Name))
		}
	})
	return names
}

// kubelet writes a ConfigMap into a volume in the order in which the kubelet's AtomicWriter does: all
// files into a new folder, ..data renamed over, then the names beside it, then the old
// folder is removed. Its own code is in k8s.io/kubernetes, which no other module can require
// without replacing thirty of its parts.
type kubelet struct {
	t      *testing.T
	volume string
	swaps  int
	last   corev1.ConfigMap
	away   bool
	midway func() // after ..data was swapped; nil: nothing
}

func (k *kubelet) start() {
	if k.away {
		k.away = false
		k.sync()
	}
}

// stop is a pod whose volume has not come.
func (k *kubelet) stop() {
	k.away = true
	require.NoError(k.t, os.RemoveAll(filepath.Join(k.volume, "..data")))
}

func (k *kubelet) flags() []string { return []string{"-volume", k.volume} }

func (k *kubelet) putOut(text []byte) {
	var c corev1.ConfigMap
	require.NoError(k.t, yaml.UnmarshalStrict(text, &c))
	require.Equal(k.t, "ConfigMap", c.Kind)
	require.Equal(k.t, "v1", c.APIVersion)
	require.Equal(k.t, "netwicket-release", c.Name)
	k.last = c
	k.sync()
}

func (k *kubelet) pointer(text []byte) {
	k.last.Data["prod.json"] = string(text)
	k.sync()
}

func (k *kubelet) sync() {
	if k.away {
		return
	}
	t := k.t
	files := map[string][]byte{}
	for key, text := range k.last.Data {
		files[key] = []byte(text)
	}
	for key, content := range k.last.BinaryData {
		files[key] = content
	}
	before, _ := os.Readlink(filepath.Join(k.volume, "..data"))
	k.swaps++
	folder := fmt.Sprintf("..2026_11_26_12_00_00.%d", k.swaps)
	require.NoError(t, os.Mkdir(filepath.Join(k.volume, folder), 0o755))
	for key, content := range files {
		require.NoError(t, os.WriteFile(filepath.Join(k.volume, folder, key), content, 0o644))
	}
	require.NoError(t, os.Symlink(folder, filepath.Join(k.volume, "..data_tmp")))
	require.NoError(t, os.Rename(filepath.Join(k.volume, "..data_tmp"), filepath.Join(k.volume, "..data")))
	if k.midway != nil {
		k.midway()
	}
	for key := range files {
		_ = os.Symlink(filepath.Join("..data", key), filepath.Join(k.volume, key)) // most are there
	}
	entries, err := os.ReadDir(k.volume)
	require.NoError(t, err)
	for _, entry := range entries {
		if _, found := files[entry.Name()]; !found && !strings.HasPrefix(entry.Name(), "..") {
			require.NoError(t, os.Remove(filepath.Join(k.volume, entry.Name())))
		}
	}
	if before != "" {
		require.NoError(t, os.RemoveAll(filepath.Join(k.volume, before)))
	}
}

func (k *kubelet) blobs() (names []string) {
	for key := range k.last.BinaryData {
		names = append(names, key)
	}
	return names
}

// put runs fleet put for a world.
func put(t *testing.T, name string, w world, folder string) error {
	t.Helper()
	var out, stderr bytes.Buffer
	err := run(t.Context(), append([]string{name, "put", "-channel", "prod", "-from", folder}, w.flags()...), &out, &stderr)
	if err == nil {
		w.putOut(out.Bytes())
	}
	return err
}

// agent is that of a world, whose passes the test asks for.
func agent(t *testing.T, name string, w world, folder string) *carry.Agent {
	t.Helper()
	for _, program := range programs(nil) {
		if program.Name != name {
			continue
		}
		flags := flag.NewFlagSet(name, flag.ContinueOnError)
		program.Flags(flags)
		require.NoError(t, flags.Parse(w.flags()))
		store, err := program.Open("prod", false)
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, store.Close()) })
		return &carry.Agent{From: store, Channel: "prod", Folder: folder, Every: time.Minute, Retry: time.Second}
	}
	require.FailNow(t, name)
	return nil
}
