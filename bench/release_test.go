package bench

import (
	"crypto/ed25519"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/netwicket/netwicket/bench/workload"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/release"
)

// released is a release of the policy of 100 zones in a folder, and options that follow it into
// live.
func released(b *testing.B, live *decide.Live) (folder string, options release.Options) {
	b.Helper()
	content := snapshot(b, workload.ChainZones)
	entry, err := release.SnapshotOf(content)
	must(b, err)
	text, err := release.Payload{
		Channel: "prod", Version: 1, Created: time.Now(), Expires: time.Now().Add(time.Hour), Snapshots: []release.Snapshot{entry},
	}.Encode()
	must(b, err)
	seed, err := hex.DecodeString("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60") // RFC 8032, section 7.1
	must(b, err)
	key := ed25519.NewKeyFromSeed(seed)
	pointer, err := release.Seal(text, release.Sign(text, key))
	must(b, err)
	folder = b.TempDir()
	must(b, os.Mkdir(filepath.Join(folder, "sha256"), 0o755))
	must(b, os.WriteFile(filepath.Join(folder, "sha256", entry.SHA256), content, 0o644))
	must(b, os.WriteFile(filepath.Join(folder, "prod.json"), pointer, 0o644))
	return folder, release.Options{
		Channel: "prod", Trust: release.Trust{Keys: []ed25519.PublicKey{key.Public().(ed25519.PublicKey)}}, State: b.TempDir(),
		Prepare: func(c release.Candidate) (release.Prepared, error) {
			return release.PreparePolicy(c, nil, func(p *decide.Policy) { live.Swap(p) })
		},
		Withdraw: func() { live.Swap(nil) },
	}
}

func must(b *testing.B, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// BenchmarkReleaseStart is a gateway's way from its state to the first decision, which asks
// nobody.
func BenchmarkReleaseStart(b *testing.B) {
	var live decide.Live
	folder, options := released(b, &live)
	options.State = folder
	var err error
	options.Store, err = release.OpenStore(b.TempDir(), "prod", release.StoreOptions{})
	must(b, err)
	addr := netip.MustParseAddr("192.0.2.1")
	clock := workload.StartClock(b)
	for b.Loop() {
		live.Swap(nil)
		f, err := release.Open(options)
		must(b, err)
		live.Policy().Decide(addr)
		if !f.Ready() {
			b.Fatal(f.Status().Last.Err)
		}
	}
	clock.Report()
}

// BenchmarkReleaseLook is one look at a channel where nothing has changed, over HTTP on this machine: what an agent
// costs every few seconds, the server's share included.
func BenchmarkReleaseLook(b *testing.B) {
	var live decide.Live
	folder, options := released(b, &live)
	server := httptest.NewServer(http.FileServer(http.Dir(folder)))
	defer server.Close()
	var err error
	options.Store, err = release.OpenStore(server.URL+"/", "prod", release.StoreOptions{})
	must(b, err)
	f, err := release.Open(options)
	must(b, err)
	if out := f.Look(b.Context()); out.Result != release.Installed {
		b.Fatal(out.Err)
	}
	clock := workload.StartClock(b)
	for b.Loop() {
		if out := f.Look(b.Context()); out.Result != release.Unchanged {
			b.Fatal(out.Err)
		}
	}
	clock.Report()
}
