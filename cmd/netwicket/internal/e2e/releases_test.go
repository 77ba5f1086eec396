//go:build unix

package e2e_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide/decidetest"
)

// publisher is a folder with a key, snapshots "first" and "other" and what is published in public.
type publisher struct {
	t      *testing.T
	folder string
	env    []string
}

func newPublisher(t *testing.T) *publisher {
	t.Helper()
	p := &publisher{t: t, folder: t.TempDir()}
	p.env = append(os.Environ(), "DOCKER_CONFIG="+p.folder) // nobody is logged in
	for name, blocked := range map[string]string{"first": "203.0.113.0/24", "other": "198.51.100.0/24"} {
		var snapshot bytes.Buffer
		require.NoError(t, decidetest.Block(t, blocked).WriteSnapshot(&snapshot))
		writeFile(t, filepath.Join(p.folder, name), snapshot.String())
	}
	p.run(0, "key -o key")
	return p
}

// run runs the program in the folder, and gives what it printed.
func (p *publisher) run(code int, args string) string {
	p.t.Helper()
	command := exec.Command(program, strings.Fields(args)...)
	command.Dir, command.Env = p.folder, p.env
	var stderr bytes.Buffer
	command.Stderr = &stderr
	out, err := command.Output()
	require.Equal(p.t, code, command.ProcessState.ExitCode(), "netwicket %s: %v\n%s%s", args, err, out, &stderr)
	return string(out)
}

// publish publishes a snapshot as the next version.
func (p *publisher) publish(to, snapshot string) {
	p.t.Helper()
	p.run(0, "publish --to "+to+" --channel prod --key key "+snapshot)
}

// fetch takes one look, which has to end so.
func (p *publisher) fetch(from, result string, version int) {
	p.t.Helper()
	code := 0
	if result != "installed" && result != "unchanged" {
		code = 1
	}
	var got struct {
		Result  string
		Version int
		Error   *string
	}
	require.NoError(p.t, json.Unmarshal([]byte(p.run(code, "fetch --json --once --trust key.pub --state state --channel prod --from "+from)), &got))
	require.Equal(p.t, result, got.Result, "%v", got.Error)
	require.Equal(p.t, version, got.Version)
}

const staticNginx = `daemon off; pid nginx.pid; error_log stderr; worker_processes 1;
events {}
http {
    access_log off;
    client_body_temp_path t1; proxy_temp_path t2; fastcgi_temp_path t3; uwsgi_temp_path t4; scgi_temp_path t5;
    server { listen 127.0.0.1:PORT; root public; }
}
`

// A folder behind the real nginx: what is published within a second and of one size, which it gives one
// ETag, arrives all the same; while it is killed, nothing is lost, and a program that follows takes
// what comes afterwards.
func TestReleaseBehindNginx(t *testing.T) {
	nginx, err := exec.LookPath("nginx")
	if err != nil {
		t.Skip("nginx is not installed")
	}
	p := newPublisher(t)
	port := freePorts(t).web
	writeFile(t, filepath.Join(p.folder, "nginx.conf"), strings.Replace(staticNginx, "PORT", fmt.Sprint(port), 1))
	p.publish("public", "first")
	require.NoError(t, os.Chmod(p.folder, 0o755)) // for nginx's worker
	require.NoError(t, os.Chmod(filepath.Dir(p.folder), 0o755))
	serving := func() *process {
		server := start(t, p.folder, nginx, "-e", "stderr", "-p", ".", "-c", "nginx.conf")
		server.answers(port)
		return server
	}
	server := serving()
	from := fmt.Sprintf("http://127.0.0.1:%d/prod.json", port)
	p.fetch(from, "installed", 1)
	for version := 2; version < 8; version++ {
		p.publish("public", []string{"first", "other"}[version%2])
		p.fetch(from, "installed", version)
		p.fetch(from, "unchanged", version)
	}
	following := start(t, p.folder, program, "fetch", "--from", from, "--trust", "key.pub", "--state", "followed", "--every", "1s")
	follows := func(version int) {
		t.Helper()
		require.Eventually(t, func() bool {
			return strings.Contains(following.output.String(), fmt.Sprintf(`"result":"installed","version":%d,`, version))
		}, patience, 10*time.Millisecond, "%s", following.output)
	}
	follows(7)
	require.NoError(t, syscall.Kill(-server.command.Process.Pid, syscall.SIGKILL)) // with its worker
	<-server.done
	p.fetch(from, "unreachable", 7)
	require.Eventually(t, func() bool { return strings.Contains(following.output.String(), `"result":"unreachable"`) }, patience, 10*time.Millisecond)
	p.publish("public", "first")
	serving()
	p.fetch(from, "installed", 8)
	follows(8)
	following.end(syscall.SIGTERM)
	require.NoError(t, following.failure)
}

// stores builds and starts the registry and the S3 server, and gives their addresses.
func stores(t *testing.T) (registry, s3 string) {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "stores")
	build := exec.Command("go", "build", "-o", binary, ".")
	build.Dir = filepath.Join("testdata", "stores")
	build.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=readonly")
	if output, err := build.CombinedOutput(); err != nil {
		if os.Getenv("NETWICKET_DATA") != "" {
			require.NoError(t, err, "%s", output) // where there is the data, there is a module proxy
		}
		t.Skipf("the servers cannot be had: %v\n%s", err, output)
	}
	command := exec.Command(binary)
	input, err := command.StdinPipe()
	require.NoError(t, err)
	output, err := command.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, command.Start())
	t.Cleanup(func() {
		_ = input.Close()
		_ = command.Wait()
	})
	lines := bufio.NewScanner(output)
	var addresses []string
	for len(addresses) < 2 && lines.Scan() {
		addresses = append(addresses, lines.Text())
	}
	require.Len(t, addresses, 2)
	return addresses[0], addresses[1]
}

// A registry and an S3 server that others wrote.
func TestReleaseInOtherStores(t *testing.T) {
	registry, s3 := stores(t)
	t.Run("registry", func(t *testing.T) {
		p := newPublisher(t)
		at := "oci://" + registry + "/team/policies"
		p.fetch(at, "unreachable", 0)
		p.publish(at, "first")
		p.fetch(at, "installed", 1)
		p.publish(at, "other")
		p.fetch(at+":prod", "installed", 2)
		p.run(0, "publish --to "+at+" --channel prod --key key --renew")
		p.fetch(at, "installed", 3)
		p.fetch(at, "unchanged", 3)
		p.run(0, "key -o stolen")
		p.run(0, "publish --to "+at+" --channel prod --key stolen --version 9 first")
		p.fetch(at, "bad_signature", 3)
	})
	t.Run("s3", func(t *testing.T) {
		p := newPublisher(t)
		bucket := "http://" + s3 + "/policies/"
		copied := func(names ...string) { // as docs/releases.md has aws s3 do it
			for _, name := range names {
				paths, err := filepath.Glob(filepath.Join(p.folder, "public", name))
				require.NoError(t, err)
				for _, path := range paths {
					content, err := os.ReadFile(path)
					require.NoError(t, err)
					relative, err := filepath.Rel(filepath.Join(p.folder, "public"), path)
					require.NoError(t, err)
					request, err := http.NewRequest(http.MethodPut, bucket+filepath.ToSlash(relative), bytes.NewReader(content))
					require.NoError(t, err)
					answer, err := http.DefaultClient.Do(request)
					require.NoError(t, err)
					answer.Body.Close()
					require.Equal(t, http.StatusOK, answer.StatusCode)
				}
			}
		}
		p.fetch(bucket+"prod.json", "unreachable", 0)
		p.publish("public", "first")
		copied("sha256/*", "prod.json")
		p.fetch(bucket+"prod.json", "installed", 1)
		p.publish("public", "other")
		copied("prod.json") // in the wrong order
		p.fetch(bucket+"prod.json", "unreachable", 1)
		copied("sha256/*")
		p.fetch(bucket+"prod.json", "installed", 2)
		p.fetch(bucket+"prod.json", "unchanged", 2)
	})
}
