//go:build linux

package dist_test

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// patience is for things that will happen; nothing depends on how soon.
const patience = time.Minute

// debian is a folder with a small Debian in it.
type debian struct {
	t    *testing.T
	root string
}

// newDebian fills a folder by debootstrap.
func newDebian(t *testing.T) *debian {
	t.Helper()
	wanted(t)
	needs(t, "debootstrap")
	if os.Getuid() != 0 {
		t.Skip("debootstrap and chroot need root")
	}
	d := &debian{t, filepath.Join(t.TempDir(), "debian")}
	t.Cleanup(func() { _ = exec.Command("umount", "-l", d.at("proc")).Run() }) // debootstrap leaves it where it could mount it
	out, err := exec.Command("debootstrap", "--variant=minbase", "bookworm", d.root).CombinedOutput()
	if err != nil {
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		t.Skipf("debootstrap made no Debian, perhaps for want of the network: %v: %s", err, lines[len(lines)-1])
	}
	return d
}

// at is where a path of the Debian is outside of it.
func (d *debian) at(path string) string { return filepath.Join(d.root, path) }

// command is one that runs inside, with nothing of our environment.
func (d *debian) command(words ...string) *exec.Cmd {
	command := exec.Command("chroot", append([]string{d.root}, words...)...)
	command.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND=noninteractive", "LC_ALL=C"}
	return command
}

// says is what a command inside prints.
func (d *debian) says(words ...string) string {
	d.t.Helper()
	out, err := d.command(words...).CombinedOutput()
	require.NoError(d.t, err, "%v: %s", words, out)
	return string(out)
}

// install installs or upgrades to a package, as unattended upgrades do: what the
// administrator has changed stays.
func (d *debian) install(deb string) {
	d.t.Helper()
	content, err := os.ReadFile(deb)
	require.NoError(d.t, err)
	d.write("/tmp/netwicket.deb", string(content), 0o644)
	d.says("dpkg", "--force-confdef", "--force-confold", "-i", "/tmp/netwicket.deb")
	require.NoError(d.t, os.Remove(d.at("/tmp/netwicket.deb")))
}

func (d *debian) write(path, text string, mode os.FileMode) {
	d.t.Helper()
	require.NoError(d.t, os.MkdirAll(filepath.Dir(d.at(path)), 0o755))
	require.NoError(d.t, os.WriteFile(d.at(path), []byte(text), mode))
}

func (d *debian) read(path string) string {
	d.t.Helper()
	text, err := os.ReadFile(d.at(path))
	require.NoError(d.t, err)
	return string(text)
}

// owned is the mode, owner and group of a path.
func (d *debian) owned(path string) string {
	d.t.Helper()
	return strings.TrimSpace(d.says("stat", "-c", "%a %U:%G", path))
}

// everything is what every path is, but for dpkg's own records, logs, and what the
// tools for users keep of the lists before.
func (d *debian) everything() map[string]string {
	d.t.Helper()
	found := map[string]string{}
	for _, folder := range []string{"etc", "usr", "var", "run", "tmp", "home", "root", "opt", "srv"} {
		require.NoError(d.t, filepath.WalkDir(d.at(folder), func(path string, entry os.DirEntry, err error) error {
			if err != nil {
				return err
			}
			name := strings.TrimPrefix(path, d.root)
			if slices.Contains([]string{"/var/lib/dpkg", "/var/log", "/var/cache"}, name) {
				return filepath.SkipDir
			}
			info, err := entry.Info()
			if err != nil {
				return err
			}
			if strings.HasPrefix(name, "/etc/") && strings.HasSuffix(name, "-") {
				return nil
			}
			stat := info.Sys().(*syscall.Stat_t)
			found[name] = fmt.Sprintf("%v %d:%d", info.Mode(), stat.Uid, stat.Gid)
			if strings.HasPrefix(name, "/etc/") && info.Mode().IsRegular() {
				found[name] += " " + d.read(name)
			}
			return nil
		}))
	}
	return found
}

// A service is one that runs inside as its unit says.
type service struct {
	*debian
	process *exec.Cmd
	output  strings.Builder
	url     string
}

// unit is the values of a key of the service's unit.
func (d *debian) unit(key string) (values []string) {
	d.t.Helper()
	for line := range strings.Lines(d.read("/usr/lib/systemd/system/netwicket.service")) {
		if name, value, found := strings.Cut(strings.TrimSpace(line), "="); found && name == key {
			values = append(values, value)
		}
	}
	return values
}

// start does what systemd would: the words of ExecStart, by the user and group of the
// unit, without privileges and with its umask; on a free port, since the unit's may be
// taken here.
func (d *debian) start() *service {
	d.t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(d.t, err)
	address := listener.Addr().String()
	require.NoError(d.t, listener.Close())
	require.Equal(d.t, []string{"yes"}, d.unit("NoNewPrivileges"))
	require.Equal(d.t, []string{""}, d.unit("CapabilityBoundingSet"))
	words := []string{"setpriv", "--reuid=" + d.unit("User")[0], "--regid=" + d.unit("Group")[0], "--clear-groups", "--no-new-privs",
		"--bounding-set=-all", "--inh-caps=-all", "--", "sh", "-c", `umask "$1" && shift && exec "$@"`, "sh", d.unit("UMask")[0]}
	words = append(words, strings.Fields(d.unit("ExecStart")[0])...)
	s := &service{debian: d, process: d.command(append(words, "--listen", address)...), url: "http://" + address}
	s.process.Stderr = &s.output
	require.NoError(d.t, s.process.Start())
	d.t.Cleanup(func() { _ = s.process.Process.Kill() })
	s.until("ready", func() bool { return s.status("/readyz", "") == http.StatusOK })
	return s
}

// until waits for something that will be.
func (s *service) until(what string, holds func() bool) {
	s.t.Helper()
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(50 * time.Millisecond) {
		require.True(s.t, time.Now().Before(deadline), "not %s", what)
	}
}

// status asks from outside, over loopback, for a client of that address; 0 is no answer.
func (s *service) status(path, client string) int {
	s.t.Helper()
	request, err := http.NewRequest(http.MethodGet, s.url+path, nil)
	require.NoError(s.t, err)
	if client != "" {
		request.Header.Set("X-Forwarded-For", client)
	}
	response, err := (&http.Client{Timeout: patience}).Do(request)
	if err != nil {
		return 0
	}
	require.NoError(s.t, response.Body.Close())
	return response.StatusCode
}

// reload is ExecReload.
func (s *service) reload() {
	s.t.Helper()
	require.Equal(s.t, []string{"/bin/kill -HUP $MAINPID"}, s.unit("ExecReload"))
	require.NoError(s.t, s.process.Process.Signal(syscall.SIGHUP))
}

// stop ends it as systemd does.
func (s *service) stop() {
	s.t.Helper()
	require.NoError(s.t, s.process.Process.Signal(syscall.SIGTERM))
	require.NoError(s.t, s.process.Wait(), s.output.String())
}

// running is the user and group by which it runs, and its bounding set of capabilities.
func (s *service) running() map[string]string {
	s.t.Helper()
	text, err := os.ReadFile("/proc/" + strconv.Itoa(s.process.Process.Pid) + "/status")
	require.NoError(s.t, err)
	found := map[string]string{}
	for line := range strings.Lines(string(text)) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		found[key] = strings.Join(strings.Fields(value), " ")
	}
	return found
}
