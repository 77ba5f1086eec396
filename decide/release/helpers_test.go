package release_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide/release"
)

// key is a key of a test's, the same for a number each time.
func key(number byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{number}, ed25519.SeedSize))
}

func public(number byte) ed25519.PublicKey { return key(number).Public().(ed25519.PublicKey) }

// trust is whom followers of tests believe: key 1.
func trust() release.Trust { return release.Trust{Keys: []ed25519.PublicKey{public(1)}} }

var noon = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)

func noonAlways() time.Time { return noon }

// blobOf is the name of content.
func blobOf(content string) release.Blob {
	sum := sha256.Sum256([]byte(content))
	return release.Blob{SHA256: hex.EncodeToString(sum[:]), Size: int64(len(content))}
}

// payload is version N of the channel prod, whose snapshot is "policy N".
func payload(version uint64, change ...func(*release.Payload)) release.Payload {
	p := release.Payload{
		Channel: "prod", Version: version, Created: noon.Add(-time.Hour), Expires: noon.Add(time.Hour),
		Snapshots: []release.Snapshot{{Format: 1, Blob: blobOf(policy(version)), Fingerprint: "f"}},
	}
	for _, c := range change {
		c(&p)
	}
	return p
}

func policy(version uint64) string { return fmt.Sprintf("policy %d", version) }

func withOverlay(text string) func(*release.Payload) {
	return func(p *release.Payload) {
		blob := blobOf(text)
		p.Overlay = &blob
	}
}

func expiring(at time.Time) func(*release.Payload) {
	return func(p *release.Payload) { p.Expires = at }
}

// seal is a pointer signed by keys.
func seal(t testing.TB, p release.Payload, numbers ...byte) []byte {
	t.Helper()
	text, err := p.Encode()
	require.NoError(t, err)
	return sealText(t, text, numbers...)
}

func sealText(t testing.TB, text []byte, numbers ...byte) []byte {
	t.Helper()
	var signatures []release.Signature
	for _, number := range numbers {
		signatures = append(signatures, release.Sign(text, key(number)))
	}
	pointer, err := release.Seal(text, signatures...)
	require.NoError(t, err)
	return pointer
}

// memory is a store whose content tests set.
type memory struct {
	mutex   sync.Mutex
	pointer []byte
	err     error
	blobs   map[string]string
	asked   int                         // for pointers
	fetched int                         // blobs
	wait    func(context.Context) error // before a pointer is given; nil: nothing
}

func newMemory() *memory { return &memory{blobs: map[string]string{}} }

// publish puts a release of key 1 into the store.
func (m *memory) publish(t testing.TB, p release.Payload, contents ...string) {
	t.Helper()
	pointer := seal(t, p, 1)
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.pointer = pointer
	m.blobs[blobOf(policy(p.Version)).SHA256] = policy(p.Version)
	for _, content := range contents {
		m.blobs[blobOf(content).SHA256] = content
	}
}

// fails has the store fail, or wait, from now on.
func (m *memory) fails(err error, wait func(context.Context) error) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.err, m.wait = err, wait
}

// looks is how often it was asked for the pointer.
func (m *memory) looks() int {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	return m.asked
}

func (m *memory) Pointer(ctx context.Context) ([]byte, error) {
	m.mutex.Lock()
	wait := m.wait
	m.asked++
	m.mutex.Unlock()
	if wait != nil {
		if err := wait(ctx); err != nil {
			return nil, err
		}
	}
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if m.pointer == nil && m.err == nil {
		return nil, errors.New("nothing is published")
	}
	return m.pointer, m.err
}

func (m *memory) Blob(_ context.Context, blob release.Blob) ([]byte, error) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.fetched++
	content, found := m.blobs[blob.SHA256]
	if !found {
		return nil, errors.New("no such blob")
	}
	return []byte(content), nil
}

// gateway is a program that follows: what is in force in it is a text.
type gateway struct {
	mutex    sync.Mutex
	inForce  string // empty: everything is denied
	outcomes []release.Outcome
	reported chan release.Outcome // nil: nobody waits
}

// prepare takes snapshots "policy N", refuses those with "guarded" in the overlay, and has an
// overlay "until TIME" let somebody in until then.
func (g *gateway) prepare(c release.Candidate) (release.Prepared, error) {
	text, overlay := string(c.Snapshot), string(c.Overlay)
	switch {
	case !strings.HasPrefix(text, "policy "):
		return release.Prepared{}, errors.New("no snapshot")
	case overlay == "guarded":
		return release.Prepared{}, &release.Refusal{Err: errors.New("a guarded address would be denied")}
	case overlay == "defect":
		panic("index out of range")
	case overlay == "endless":
		return release.Prepared{Install: func() {}, Until: c.Now.Add(time.Minute)}, nil
	}
	return g.at(text, overlay)(c.Now)
}

func (g *gateway) at(text, overlay string) func(time.Time) (release.Prepared, error) {
	return func(now time.Time) (release.Prepared, error) {
		written, found := strings.CutPrefix(overlay, "until ")
		if !found {
			return release.Prepared{Install: g.install(text)}, nil
		}
		until, err := time.Parse(time.RFC3339, strings.TrimSuffix(written, " once"))
		if err != nil {
			return release.Prepared{}, err
		}
		p := release.Prepared{Install: g.install(text), Again: g.at(text, overlay)}
		if now.Before(until) {
			p.Install, p.Until = g.install(text+" with somebody let in"), until
		} else if strings.HasSuffix(written, " once") {
			return release.Prepared{}, errors.New("it was good for once")
		}
		return p, nil
	}
}

func (g *gateway) install(text string) func() {
	return func() {
		g.mutex.Lock()
		defer g.mutex.Unlock()
		g.inForce = text
	}
}

func (g *gateway) now() string {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	return g.inForce
}

func (g *gateway) report(out release.Outcome) {
	g.mutex.Lock()
	g.outcomes = append(g.outcomes, out)
	g.mutex.Unlock()
	if g.reported != nil {
		g.reported <- out
	}
}

// options follow prod in a state of their own, at noon.
func (g *gateway) options(t testing.TB, store release.Store) release.Options {
	return release.Options{
		Store: store, Channel: "prod", Trust: trust(), State: filepath.Join(t.TempDir(), "state"), Clock: release.Clock{Now: func() time.Time { return noon }},
		Prepare: g.prepare, Withdraw: g.install(""), Report: g.report,
	}
}

// follow opens a follower, whose start went as it says.
func follow(t testing.TB, o release.Options, started release.Result) *release.Follower {
	t.Helper()
	f, err := release.Open(o)
	require.NoError(t, err)
	require.Equal(t, started, f.Status().Last.Result, "%v", f.Status().Last.Err)
	return f
}

// look takes a look that ends as it says.
func look(t testing.TB, f *release.Follower, want release.Result) release.Outcome {
	t.Helper()
	out := f.Look(t.Context())
	require.Equal(t, want, out.Result, "%v", out.Err)
	require.Equal(t, want.Failed(), out.Err != nil)
	return out
}

// files are the contents of a folder by their paths in it.
func filesOf(t testing.TB, root string) map[string]string {
	t.Helper()
	all := map[string]string{}
	require.NoError(t, filepath.WalkDir(root, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		name, _ := filepath.Rel(root, path)
		all[filepath.ToSlash(name)] = string(text)
		return err
	}))
	return all
}
