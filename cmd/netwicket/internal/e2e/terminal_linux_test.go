package e2e_test

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// terminal is a terminal that nobody sits at: what is written to the second file can
// be read from the first.
func terminal(t *testing.T) (master, slave *os.File) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no terminal to be had here: %v", err)
	}
	t.Cleanup(func() { _ = master.Close() })
	require.NoError(t, unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0))
	number, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	require.NoError(t, err)
	slave, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	require.NoError(t, err)
	t.Cleanup(func() { _ = slave.Close() })
	return master, slave
}

// A person who looks on reads text, without escape sequences whatever a proxy sends;
// every other test here reads JSON, through a pipe.
func TestLogOnATerminal(t *testing.T) {
	master, slave := terminal(t)
	p := freePorts(t)
	folder := writePolicy(t, edge+`, "serve": {"logHeaders": ["X-Request-Id"]}`)
	command := exec.Command(program, "serve", "-c", folder, "--listen", fmt.Sprintf("127.0.0.1:%d", p.service), "--metrics", fmt.Sprintf("127.0.0.1:%d", p.web))
	command.Stderr = slave
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	require.NoError(t, command.Start())
	screen := &output{}
	go func() { _, _ = io.Copy(screen, master) }() // it ends with the terminal
	running := &process{t: t, command: command, output: screen, done: make(chan struct{})}
	go func() {
		running.failure = command.Wait()
		close(running.done)
	}()
	t.Cleanup(func() { running.end(syscall.SIGTERM) })
	running.answers(p.service)
	s := &serving{process: running, address: fmt.Sprintf("127.0.0.1:%d", p.service)}
	require.Equal(t, 403, s.decides("/decide", "203.0.113.7"))
	require.Equal(t, 403, s.decides("/decide", "\x80\u202e\u009b31m"))
	require.Eventually(t, func() bool { return strings.Count(screen.String(), "msg=denied") == 2 }, patience, 10*time.Millisecond, "%s", screen)
	text := screen.String()
	require.Contains(t, text, " level=INFO msg=serving address="+s.address+" tls=false ")
	require.Regexp(t, `(?m)^time=\S+ level=INFO msg=denied decision=deny reason=blocklisted client_ip=203\.0\.113\.7 peer_ip=127\.0\.0\.1 .* zone=Blocked `, text)
	require.NotContains(t, text, "{")
	for _, hidden := range []string{"\x1b", "\u202e", "\u009b"} {
		require.NotContains(t, text, hidden)
	}
}
