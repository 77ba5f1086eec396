package e2e_test

import (
	"fmt"
	"io"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/internal/terminaltest"
)

// A person who looks on reads text, without escape sequences whatever a proxy sends;
// every other test here reads JSON, through a pipe.
func TestLogOnATerminal(t *testing.T) {
	keyboard, screen := terminaltest.Open(t)
	p := freePorts(t)
	folder := writePolicy(t, edge+`, "serve": {"logHeaders": ["X-Request-Id"]}`)
	command := exec.Command(program, "serve", "-c", folder, "--listen", fmt.Sprintf("127.0.0.1:%d", p.service), "--metrics", fmt.Sprintf("127.0.0.1:%d", p.web))
	command.Stderr = screen
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	require.NoError(t, command.Start())
	shown := &output{}
	go func() { _, _ = io.Copy(shown, keyboard) }() // it ends with the terminal
	running := &process{t: t, command: command, output: shown, done: make(chan struct{})}
	go func() {
		running.failure = command.Wait()
		close(running.done)
	}()
	t.Cleanup(func() { running.end(syscall.SIGTERM) })
	running.answers(p.service)
	s := &serving{process: running, address: fmt.Sprintf("127.0.0.1:%d", p.service)}
	require.Equal(t, 403, s.decides("/decide", "203.0.113.7"))
	require.Equal(t, 403, s.decides("/decide", "\x80\u202e\u009b31m"))
	require.Eventually(t, func() bool { return strings.Count(shown.String(), "msg=denied") == 2 }, patience, 10*time.Millisecond, "%s", shown)
	text := shown.String()
	require.Contains(t, text, " level=INFO msg=serving address="+s.address+" tls=false ")
	require.Regexp(t, `(?m)^time=\S+ level=INFO msg=denied decision=deny reason=blocklisted client_ip=203\.0\.113\.7 peer_ip=127\.0\.0\.1 .* zone=Blocked `, text)
	require.NotContains(t, text, "{")
	for _, hidden := range []string{"\x1b", "\u202e", "\u009b"} {
		require.NotContains(t, text, hidden)
	}
}
