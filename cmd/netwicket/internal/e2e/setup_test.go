//go:build unix

package e2e_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// patience is for things that will happen; nothing depends on how soon.
const patience = 30 * time.Second

// program is the netwicket that is tested, built by TestMain.
var program string

// proving says that counts are those of the proofs; else they are samples.
func proving() bool { return os.Getenv("NETWICKET_PROVE") != "" }

func TestMain(m *testing.M) {
	os.Exit(func() int {
		folder, err := os.MkdirTemp("", "netwicket-e2e")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(folder)
		program = filepath.Join(folder, "netwicket")
		build := exec.Command("go", "build", "-o", program, "github.com/netwicket/netwicket/cmd/netwicket")
		if output, err := build.CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "go build: %v\n%s", err, output)
			return 1
		}
		return m.Run()
	}())
}

// ports are where the examples listen, and where the test does in their place.
type ports struct{ web, application, service, asking int }

func freePorts(t *testing.T) ports {
	t.Helper()
	var found [4]int
	for i := range found {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		defer listener.Close()
		found[i] = listener.Addr().(*net.TCPAddr).Port
	}
	return ports{found[0], found[1], found[2], found[3]}
}

var examplePorts = regexp.MustCompile(`\b(8080|8000|9180|9181)\b`)

// in puts the test's ports into an example's text.
func (p ports) in(text string) string {
	return examplePorts.ReplaceAllStringFunc(text, func(port string) string {
		return strconv.Itoa(map[string]int{"8080": p.web, "8000": p.application, "9180": p.service, "9181": p.asking}[port])
	})
}

// copyExamples copies example folders beside each other, with the test's ports.
func copyExamples(t *testing.T, p ports, names ...string) string {
	t.Helper()
	root := t.TempDir()
	for _, name := range names {
		from, to := filepath.Join("..", "..", "..", "..", "examples", name), filepath.Join(root, name)
		require.NoError(t, os.Mkdir(to, 0o755))
		entries, err := os.ReadDir(from)
		require.NoError(t, err)
		for _, entry := range entries {
			text, err := os.ReadFile(filepath.Join(from, entry.Name()))
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(filepath.Join(to, entry.Name()), []byte(p.in(string(text))), 0o644))
		}
	}
	return root
}

// process is a program that the test started.
type process struct {
	t       *testing.T
	command *exec.Cmd
	output  *output
	done    chan struct{}
	failure error
}

// output collects what a program writes.
type output struct {
	mutex sync.Mutex
	text  bytes.Buffer
}

func (o *output) Write(text []byte) (int, error) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	return o.text.Write(text)
}

func (o *output) String() string {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	return o.text.String()
}

// start runs a program in a folder until the test ends, in a process group of
// its own, so that its workers end with it.
func start(t *testing.T, folder, name string, args ...string) *process {
	t.Helper()
	p := &process{t: t, command: exec.Command(name, args...), output: &output{}, done: make(chan struct{})}
	p.command.Dir = folder
	p.command.Stdout, p.command.Stderr = p.output, p.output
	p.command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	require.NoError(t, p.command.Start())
	go func() {
		p.failure = p.command.Wait()
		close(p.done)
	}()
	t.Cleanup(func() {
		_ = syscall.Kill(-p.command.Process.Pid, syscall.SIGCONT)
		p.end(syscall.SIGTERM)
		if t.Failed() {
			text := p.output.String()
			t.Logf("%s wrote at the end:\n%s", name, text[max(0, len(text)-5000):])
		}
	})
	return p
}

// end sends a signal and waits; a program that stays is killed.
func (p *process) end(signal syscall.Signal) {
	select {
	case <-p.done:
		return
	default:
	}
	_ = syscall.Kill(p.command.Process.Pid, signal)
	select {
	case <-p.done:
	case <-time.After(patience):
		_ = syscall.Kill(-p.command.Process.Pid, syscall.SIGKILL)
		<-p.done
	}
}

// answers waits until somebody accepts connections on a port.
func (p *process) answers(port int) {
	p.t.Helper()
	deadline := time.Now().Add(patience)
	for time.Now().Before(deadline) {
		connection, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err == nil {
			require.NoError(p.t, connection.Close())
			return
		}
		select {
		case <-p.done:
			require.FailNow(p.t, "ended early", "%v: %v\n%s", p.command.Args, p.failure, p.output)
		case <-time.After(20 * time.Millisecond):
		}
	}
	require.FailNow(p.t, "does not listen", "%v\n%s", p.command.Args, p.output)
}

// client is somebody at a loopback address.
type client struct {
	http *http.Client
	url  string
}

func newClient(t *testing.T, address string, port int) *client {
	t.Helper()
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}, Timeout: patience}
	transport := &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		return dialer.DialContext(ctx, network, address)
	}}
	t.Cleanup(transport.CloseIdleConnections)
	return &client{
		url: "http://" + net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) + "/",
		http: &http.Client{
			Transport:     transport,
			Timeout:       patience,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

// reply is what came back; a status of 0 is none.
type reply struct {
	status int
	body   string
	header http.Header
}

// passed says that the application answered.
func (r reply) passed() bool { return strings.Contains(r.body, "the application") }

// ask sends a request with header lines in pairs.
func (c *client) ask(method, body string, headers ...string) (reply, error) {
	r, err := http.NewRequest(method, c.url, strings.NewReader(body))
	if err != nil {
		return reply{}, err
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	response, err := c.http.Do(r)
	if err != nil {
		return reply{}, err
	}
	text, err := io.ReadAll(response.Body)
	return reply{response.StatusCode, string(text), response.Header}, errors.Join(err, response.Body.Close())
}

func (c *client) get(t *testing.T, headers ...string) reply {
	t.Helper()
	answer, err := c.ask("GET", "", headers...)
	require.NoError(t, err)
	return answer
}
