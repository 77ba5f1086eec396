package main

import (
	"bytes"
	"crypto/ed25519"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/decidetest"
	"github.com/netwicket/netwicket/decide/release"
)

// patience is for things that will happen; nothing depends on how soon.
const patience = time.Minute

// netwicket is the program, built once for all tests.
var netwicket = sync.OnceValues(func() (string, error) {
	folder, err := os.MkdirTemp("", "fleet")
	if err != nil {
		return "", err
	}
	program := filepath.Join(folder, "netwicket")
	if output, err := exec.Command("go", "build", "-o", program, "github.com/netwicket/netwicket/cmd/netwicket").CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, output)
	}
	return program, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if program, err := netwicket(); err == nil {
		_ = os.RemoveAll(filepath.Dir(program))
	}
	os.Exit(code)
}

// publisher has a key that is trusted, one that is not, and snapshots called after what
// they block.
type publisher struct {
	t      *testing.T
	folder string
}

const (
	first  = "203.0.113.7"
	second = "198.51.100.7"
)

func newPublisher(t *testing.T) *publisher {
	t.Helper()
	p := &publisher{t: t, folder: t.TempDir()}
	for _, address := range []string{first, second} {
		var snapshot bytes.Buffer
		require.NoError(t, decidetest.Block(t, address+"/32").WriteSnapshot(&snapshot))
		require.NoError(t, os.WriteFile(p.path(address), snapshot.Bytes(), 0o600))
	}
	p.run("key -o key")
	p.run("key -o thief")
	return p
}

func (p *publisher) path(name string) string { return filepath.Join(p.folder, name) }

func (p *publisher) run(args string) {
	p.t.Helper()
	program, err := netwicket()
	require.NoError(p.t, err)
	command := exec.Command(program, strings.Fields(args)...)
	command.Dir = p.folder
	output, err := command.CombinedOutput()
	require.NoError(p.t, err, "netwicket %s\n%s", args, output)
}

// publish makes a release that blocks an address, in a folder of its own, and gives that.
func (p *publisher) publish(version int, key, blocks string) string {
	p.t.Helper()
	p.run(fmt.Sprintf("publish --to v%d-%s --channel prod --key %s --version %d %s", version, key, key, version, blocks))
	return p.path(fmt.Sprintf("v%d-%s", version, key))
}

// blob is the name of the snapshot that blocks an address.
func (p *publisher) blob(blocks string) string {
	content, err := os.ReadFile(p.path(blocks))
	require.NoError(p.t, err)
	return release.BlobOf(content).SHA256
}

// gateway follows a folder with the code that netwicket follows it with.
type gateway struct {
	t *testing.T
	*release.Follower
	policy *decide.Policy // in force; nil: everything is denied
}

func (p *publisher) follow(folder string) *gateway {
	p.t.Helper()
	g := &gateway{t: p.t}
	text, err := os.ReadFile(p.path("key.pub"))
	require.NoError(p.t, err)
	key, err := release.ParsePublicKey(text)
	require.NoError(p.t, err)
	store, err := release.OpenStore(folder, "prod", release.StoreOptions{})
	require.NoError(p.t, err)
	g.Follower, err = release.Open(release.Options{
		Store: store, Channel: "prod", Trust: release.Trust{Keys: []ed25519.PublicKey{key}}, State: p.t.TempDir(),
		Prepare: func(c release.Candidate) (release.Prepared, error) {
			return release.PreparePolicy(c, nil, func(next *decide.Policy) { g.policy = next })
		},
		Withdraw: func() { g.policy = nil },
	})
	require.NoError(p.t, err)
	return g
}

// looks takes one look, after which the policy in force blocks an address and not the other.
func (g *gateway) looks(want release.Result, blocks string) {
	g.t.Helper()
	out := g.Look(g.t.Context())
	require.Equal(g.t, want, out.Result, "%v", out.Err)
	for _, address := range []string{first, second} {
		require.Equal(g.t, address == blocks, !g.policy.Decide(netip.MustParseAddr(address)).Allowed(), address)
	}
}

// serving is the program, following a folder.
type serving struct {
	t       *testing.T
	address string
	command *exec.Cmd
	output  *bytes.Buffer
}

// serve starts it with a policy file whose state is kept from one start to the next.
func (p *publisher) serve(folder string) *serving {
	p.t.Helper()
	program, err := netwicket()
	require.NoError(p.t, err)
	file := fmt.Sprintf(`{"from": {"url": %q, "channel": "prod", "keys": ["key.pub"], "state": "state", "every": "20ms"},
		"edge": {"trusted": ["127.0.0.1"], "source": "x-forwarded-for"}}`, folder)
	require.NoError(p.t, os.WriteFile(p.path("netwicket.json"), []byte(file), 0o600))
	s := &serving{t: p.t, address: freeAddress(p.t), output: &bytes.Buffer{}}
	s.command = exec.Command(program, "serve", "-c", p.folder, "--listen", s.address)
	s.command.Stderr = s.output
	require.NoError(p.t, s.command.Start())
	p.t.Cleanup(s.end)
	return s
}

func (s *serving) end() {
	if s.command.ProcessState != nil {
		return
	}
	_ = s.command.Process.Kill()
	_ = s.command.Wait()
	if s.t.Failed() {
		s.t.Logf("serve wrote:\n%s", s.output)
	}
}

// becomes waits until the service blocks an address and not the other.
func (s *serving) becomes(blocks string) {
	s.t.Helper()
	require.Eventually(s.t, func() bool {
		return s.decides(blocks) == http.StatusForbidden && s.decides(other(blocks)) == http.StatusNoContent
	}, patience, 10*time.Millisecond)
}

func (s *serving) decides(client string) int {
	r, err := http.NewRequest(http.MethodGet, "http://"+s.address+"/decide", nil)
	require.NoError(s.t, err)
	r.Header.Set("X-Forwarded-For", client)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0
	}
	_ = answer.Body.Close()
	return answer.StatusCode
}

func other(address string) string {
	if address == first {
		return second
	}
	return first
}

func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	return listener.Addr().String()
}

// log is what the agents wrote.
type log struct {
	mutex sync.Mutex
	text  bytes.Buffer
}

func (l *log) Write(text []byte) (int, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.text.Write(text)
}

func (l *log) String() string {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.text.String()
}
