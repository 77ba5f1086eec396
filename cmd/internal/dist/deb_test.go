//go:build linux

package dist_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestDeb takes the package through its life in a Debian: installed, started by hand as
// the unit would, filled in, upgraded, removed, purged.
func TestDeb(t *testing.T) {
	made := dist(t)
	d := newDebian(t)
	before := d.everything()
	d.install(made.file(".deb"))
	installed(t, d, made)

	s := d.start()
	user := strings.Split(strings.TrimSpace(d.says("getent", "passwd", "netwicket")), ":")
	running := s.running()
	require.Equal(t, strings.Repeat(user[2]+" ", 3)+user[2], running["Uid"])
	require.Equal(t, strings.Repeat(user[3]+" ", 3)+user[3], running["Gid"])
	require.Empty(t, running["Groups"])
	require.Equal(t, "0000000000000000", running["CapBnd"])
	for _, client := range []string{"203.0.113.9", "8.8.8.8", "1.1.1.1", ""} {
		require.NotEqual(t, http.StatusNoContent, s.status("/decide", client), "the policy that comes along denies everybody: %q", client)
	}
	require.Equal(t, http.StatusForbidden, s.status("/decide", "203.0.113.9"))

	fillIn(d)
	s.reload()
	s.until("allowed by acme's policy", func() bool { return s.status("/decide", "203.0.113.9") == http.StatusNoContent })
	require.Equal(t, http.StatusNoContent, s.status("/decide", "8.8.8.8"))
	require.Equal(t, http.StatusForbidden, s.status("/decide", "1.1.1.1"))

	upgraded(t, d, s, made)
	s.stop()
	s = d.start()
	require.Equal(t, http.StatusNoContent, s.status("/decide", "203.0.113.9"))
	require.Equal(t, http.StatusForbidden, s.status("/decide", "1.1.1.1"))
	s.stop()

	d.says("dpkg", "--remove", "netwicket")
	require.NoFileExists(t, d.at("/usr/bin/netwicket"))
	require.NoFileExists(t, d.at("/usr/lib/systemd/system/netwicket.service"))
	require.FileExists(t, d.at("/etc/netwicket/netwicket.json"))
	require.Equal(t, "640 root:netwicket", d.owned("/etc/netwicket/netwicket.json"))

	d.write("/var/lib/netwicket/state", "of a release", 0o600)
	d.says("dpkg", "--purge", "netwicket")
	require.NoFileExists(t, d.at("/etc/netwicket/netwicket.json"))
	require.NoDirExists(t, d.at("/var/lib/netwicket"))
	require.FileExists(t, d.at("/etc/netwicket/okta/zones.json"), "somebody's own files stay")
	require.Contains(t, d.says("getent", "group", "netwicket"), "netwicket", "and nobody else gets the number of their group")

	require.NoError(t, os.RemoveAll(d.at("/etc/netwicket")))
	tellsSystemd(t, d, made)
	require.Equal(t, before, d.everything(), "a purge leaves nothing")
}

// installed looks at what the package brought.
func installed(t *testing.T, d *debian, made *made) {
	t.Helper()
	require.Equal(t, "install ok installed", d.says("dpkg-query", "-W", "-f", "${Status}", "netwicket"))
	require.Equal(t, strings.Replace(made.version, "-", "~", 1), d.says("dpkg-query", "-W", "-f", "${Version}", "netwicket"))
	require.Empty(t, d.says("dpkg", "--verify", "netwicket"))
	for path, want := range map[string]string{
		"/etc/netwicket":                                   "750 root:netwicket",
		"/etc/netwicket/netwicket.json":                    "640 root:netwicket",
		"/etc/netwicket/deny-everybody.json":               "640 root:netwicket",
		"/var/lib/netwicket":                               "750 netwicket:netwicket",
		"/usr/bin/netwicket":                               "755 root:root",
		"/usr/lib/systemd/system/netwicket.service":        "644 root:root",
		"/usr/share/man/man1/netwicket-serve.1.gz":         "644 root:root",
		"/usr/share/doc/netwicket/copyright":               "644 root:root",
		"/usr/share/doc/netwicket/docs/policy-file.md":     "644 root:root",
		"/usr/share/bash-completion/completions/netwicket": "644 root:root",
	} {
		require.Equal(t, want, d.owned(path), path)
	}
	require.Contains(t, d.says("netwicket", "--version"), "netwicket v"+made.version+" (")
	require.Contains(t, d.says("getent", "passwd", "netwicket"), ":/var/lib/netwicket:/usr/sbin/nologin")
	require.NotContains(t, d.says("getent", "shadow", "netwicket"), "$", "nobody can log in")
	require.Contains(t, d.says("netwicket", "check", "-c", "/etc/netwicket"), "0 errors, 1 warning")
	links, err := filepath.Glob(d.at("/etc/systemd/system/*.wants/netwicket.service"))
	require.NoError(t, err)
	require.Empty(t, links, "it is not enabled")
}

// fillIn puts acme's policy where the service has its own, as an administrator would.
func fillIn(d *debian) {
	d.t.Helper()
	d.says("sh", "-c", "cp -r /usr/share/doc/netwicket/examples/acme/* /etc/netwicket/")
}

// upgraded upgrades to a later version whose policy that comes along is another one.
func upgraded(t *testing.T, d *debian, s *service, made *made) {
	t.Helper()
	needs(t, "dpkg-deb")
	later := filepath.Join(t.TempDir(), "later")
	say(t, "dpkg-deb", "--raw-extract", made.file(".deb"), later)
	edit := func(path, old, replacement string) {
		text, err := os.ReadFile(filepath.Join(later, path))
		require.NoError(t, err)
		require.Contains(t, string(text), old)
		require.NoError(t, os.WriteFile(filepath.Join(later, path), []byte(strings.Replace(string(text), old, replacement, 1)), 0o640))
	}
	edit("DEBIAN/control", "\nVersion: ", "\nVersion: 9")
	edit("etc/netwicket/netwicket.json", "The policy of the service", "The newer policy of the service")
	edit("etc/netwicket/deny-everybody.json", "Deny everybody", "Deny everybody still")
	require.NoError(t, os.Chmod(filepath.Join(later, "DEBIAN", "control"), 0o644))
	say(t, "dpkg-deb", "--build", later, later+".deb")

	filled := d.read("/etc/netwicket/netwicket.json")
	require.Contains(t, filled, "okta/zones.json")
	d.install(later + ".deb")
	require.Equal(t, "9"+strings.Replace(made.version, "-", "~", 1), d.says("dpkg-query", "-W", "-f", "${Version}", "netwicket"))
	require.Equal(t, filled, d.read("/etc/netwicket/netwicket.json"), "what the administrator wrote stays")
	require.Equal(t, "640 root:netwicket", d.owned("/etc/netwicket/netwicket.json"))
	require.Contains(t, d.read("/etc/netwicket/netwicket.json.dpkg-dist"), "The newer policy", "what is new lies beside it")
	require.Contains(t, d.read("/etc/netwicket/deny-everybody.json"), "Deny everybody still", "what nobody changed is the package's")
	require.Equal(t, "640 root:netwicket", d.owned("/etc/netwicket/deny-everybody.json"))
	require.Equal(t, http.StatusNoContent, s.status("/decide", "203.0.113.9"), "the service goes on meanwhile")
	require.Equal(t, http.StatusForbidden, s.status("/decide", "1.1.1.1"))
}

// tellsSystemd: what the package's scripts say to systemd where it runs, which it does
// not here. Never that it start a service that did not run.
func tellsSystemd(t *testing.T, d *debian, made *made) {
	t.Helper()
	d.write("/usr/bin/systemctl", "#!/bin/sh\necho \"$@\" >>/tmp/told\n", 0o755)
	require.NoError(t, os.MkdirAll(d.at("/run/systemd/system"), 0o755))
	told := func() string {
		text := d.read("/tmp/told")
		require.NoError(t, os.Remove(d.at("/tmp/told")))
		return text
	}
	d.install(made.file(".deb"))
	require.Equal(t, "daemon-reload\ntry-restart netwicket.service\n", told(), "installed")
	d.install(made.file(".deb"))
	require.Equal(t, "daemon-reload\ndaemon-reload\ntry-restart netwicket.service\n", told(), "upgraded")
	d.says("dpkg", "--purge", "netwicket")
	require.Equal(t, "stop netwicket.service\n--no-reload disable netwicket.service\ndaemon-reload\ndaemon-reload\n", told(), "purged")
	require.NoError(t, os.Remove(d.at("/usr/bin/systemctl")))
	require.NoError(t, os.RemoveAll(d.at("/run/systemd")))
}
