//go:build unix

package e2e_test

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// doctor runs the program's doctor, and gives what it says and how it ends.
func doctor(t *testing.T, args ...string) (screen string, code int) {
	t.Helper()
	output, err := exec.Command(program, append([]string{"doctor"}, args...)...).CombinedOutput()
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		require.NoError(t, err)
	}
	if ended != nil {
		code = ended.ExitCode()
	}
	return string(output), code
}

// Doctor says that the service works where it starts and answers a proxy on this
// machine, and nowhere else: the service itself is asked.
func TestDoctorAgreesWithServe(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	p := freePorts(t)
	for i, row := range []struct{ keys, listen string }{
		{edge, ""},
		{`"edge": {"trusted": ["127.0.0.0/8", "10.0.0.0/8"], "source": "forwarded"}`, ""},
		{`"edge": {"trusted": ["10.0.0.0/8"], "source": "x-forwarded-for"}`, ""},
		{`"edge": {"trusted": ["::1"], "source": "x-forwarded-for"}`, ""},
		{`"edge": {"trustUnix": true, "source": "x-forwarded-for"}`, ""},
		{`"edge": {"trusted": ["127.0.0.1"]}`, ""},
		{`"mode": "enforce"`, ""},
		{edge + `, "okta ": {}`, ""},
		{edge + `, "geo": ["absent.mmdb"]`, ""},
		{edge + `, "serve": {"tlsCert": "zones.json", "tlsKey": "zones.json"}`, ""},
		{edge, "unix:ask.sock"},
		{edge, taken.Addr().String()},
	} {
		folder := writePolicy(t, row.keys)
		listen := row.listen
		if listen == "" {
			listen = fmt.Sprintf("127.0.0.1:%d", p.service)
		}
		screen, code := doctor(t, "-c", folder, "--listen", listen)
		s := start(t, folder, program, "serve", "--listen", listen)
		answered := false
		require.Eventually(t, func() bool {
			select {
			case <-s.done:
				return true
			default:
			}
			r, err := http.NewRequest("GET", "http://"+listen+"/decide", nil)
			if row.listen != "" || err != nil {
				return false // it has to end
			}
			r.Header.Set(xff, "198.51.100.7")
			r.Header.Set("Forwarded", "for=198.51.100.7")
			response, err := http.DefaultClient.Do(r)
			if err != nil {
				return false
			}
			answered = response.StatusCode == http.StatusNoContent
			return response.Body.Close() == nil
		}, patience, 20*time.Millisecond, "%d: %s", i, s.output)
		s.end(15)
		require.Equal(t, map[bool]int{true: 0, false: 3}[answered], code, "%d: %s\n%s", i, screen, s.output)
	}
}

// Beside a service that runs, doctor says so, and what the proxy sent last.
func TestDoctorBesideServe(t *testing.T) {
	folder := writePolicy(t, edge+`, "serve": {"logHeaders": ["X-Request-Id"]}`)
	s := serve(t, folder)
	require.Equal(t, 403, s.decides("/decide", "203.0.113.7"))
	require.Equal(t, 403, s.decides("/decide", "nobody"))
	s.end(15) // so that the log is whole
	log := filepath.Join(folder, "serve.log")
	writeFile(t, log, s.output.String())
	s = serve(t, folder)
	screen, code := doctor(t, "-c", folder, "--listen", s.address, "--metrics", s.status, "--log", log)
	require.Zero(t, code, screen)
	if runtime.GOOS == "linux" {
		require.Contains(t, screen, "listen is "+s.address+": a netwicket listens on that port\n")
		require.Contains(t, screen, "metrics is "+s.status+": a netwicket listens on that port\n")
	}
	require.Contains(t, screen, `: no client was found (malformed) by x-forwarded-for; it sent "nobody"`)
	screen, code = doctor(t, "-c", folder, "--listen", s.address, "--log", log, "--proxy", "10.0.0.1")
	require.Zero(t, code, screen)
	require.Contains(t, screen, "and none is of 10.0.0.1\n")
}
