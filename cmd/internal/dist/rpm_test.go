//go:build unix

package dist_test

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// zshOf is where the two families of distributions look for completions of zsh.
var zshOf = strings.NewReplacer("/usr/share/zsh/site-functions", "/usr/share/zsh/vendor-completions")

// TestRpm: rpm's own tools find in the .rpm what dpkg's find in the .deb, file by file
// with modes and owners, and the same scripts.
func TestRpm(t *testing.T) {
	made := dist(t)
	for _, tool := range []string{"rpm", "rpm2archive", "dpkg-deb"} {
		needs(t, tool)
	}
	asked := func(arguments ...string) string {
		return say(t, "rpm", append([]string{"--dbpath", t.TempDir(), "-qp", made.file(".rpm")}, arguments...)...)
	}
	require.Equal(t, "netwicket "+strings.Replace(made.version, "-", "~", 1)+" 1 x86_64", asked("--qf", "%{NAME} %{VERSION} %{RELEASE} %{ARCH}"))
	require.Equal(t, "/etc/netwicket/deny-everybody.json\n/etc/netwicket/netwicket.json\n", asked("-c"))
	require.Equal(t, 2, strings.Count(asked("--qf", "[%{FILEFLAGS:fflags}\n]"), "cn\n"), "config files that are not replaced")
	for script, tag := range map[string]string{"preinstall.sh": "PREIN", "postinstall.sh": "POSTIN", "preremove.sh": "PREUN", "postremove.sh": "POSTUN"} {
		text, err := os.ReadFile(filepath.Join(root, "cmd", "packaging", script))
		require.NoError(t, err)
		require.Equal(t, strings.TrimSpace(string(text)), strings.TrimSpace(asked("--qf", "%{"+tag+"}")), script)
		require.Equal(t, "/bin/sh", asked("--qf", "%{"+tag+"PROG}"))
	}
	require.Subset(t, strings.Fields(asked("--requires")), []string{"/usr/sbin/useradd", "/usr/sbin/groupadd", "/usr/bin/getent"})

	file, err := os.Open(made.file(".rpm"))
	require.NoError(t, err)
	defer file.Close()
	convert := exec.Command("rpm2archive", "-n", "-")
	convert.Stdin = file
	unpacked, err := convert.Output()
	require.NoError(t, err)
	rpm := entries(t, bytes.NewReader(unpacked))
	deb := entries(t, strings.NewReader(say(t, "dpkg-deb", "--fsys-tarfile", made.file(".deb"))))
	for name := range deb { // folders that are everybody's: rpm's packages do not name them
		if _, found := rpm[name]; !found && strings.HasSuffix(name, "/") {
			require.Equal(t, "755 root:root ", deb[name], name)
			delete(deb, name)
		}
	}
	require.Greater(t, len(rpm), 50)
	require.Equal(t, deb, rpm)
}

// entries are the files of an archive, by name: mode, owner, content.
func entries(t *testing.T, unpacked io.Reader) map[string]string {
	t.Helper()
	found := map[string]string{}
	for archive := tar.NewReader(unpacked); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return found
		}
		require.NoError(t, err)
		content, err := io.ReadAll(archive)
		require.NoError(t, err)
		name, about := zshOf.Replace(strings.TrimPrefix(strings.TrimSuffix(header.Name, "/"), ".")), sumOf(content)
		if header.Typeflag == tar.TypeDir {
			name, about = name+"/", ""
		}
		found[name] = fmt.Sprintf("%o %s:%s %s", header.Mode&0o7777, header.Uname, header.Gname, about)
	}
}
