//go:build unix

package dist_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestVersion: without a tag it is a version before all others that names the commit; on
// a tag it is the tag's, and what differs from what the tags name is not released.
func TestVersion(t *testing.T) {
	needs(t, "git")
	needs(t, "zip")
	clone := filepath.Join(t.TempDir(), "netwicket")
	say(t, "git", "clone", "--quiet", root, clone)
	git := func(arguments ...string) string {
		return strings.TrimSpace(say(t, "git", append([]string{"-C", clone, "-c", "user.name=a", "-c", "user.email=a@example.com"}, arguments...)...))
	}
	for tag := range strings.FieldsSeq(git("tag", "--list")) {
		git("tag", "--delete", tag)
	}
	appendTo := func(name, text string) {
		file, err := os.OpenFile(filepath.Join(clone, name), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
		require.NoError(t, err)
		_, err = file.WriteString(text)
		require.NoError(t, err)
		require.NoError(t, file.Close())
	}
	script, err := os.ReadFile(filepath.Join(root, "scripts", "dist")) // as it is now, committed or not
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(clone, "scripts", "dist"), script, 0o755))
	git("add", "scripts/dist")
	git("commit", "--quiet", "--allow-empty", "--message=.")
	version := func() (said, complaint string) {
		asked := exec.Command(filepath.Join(clone, "scripts", "dist"), "-version")
		var stderr strings.Builder
		asked.Stderr = &stderr
		out, err := asked.Output()
		require.Equal(t, err == nil, stderr.String() == "", "%v: %s", err, &stderr)
		return strings.TrimSpace(string(out)), stderr.String()
	}
	is := func(want string) {
		t.Helper()
		said, complaint := version()
		require.Empty(t, complaint)
		require.Equal(t, want, said)
	}
	refuses := func(because string) {
		t.Helper()
		said, complaint := version()
		require.Empty(t, said)
		require.Contains(t, complaint, because)
	}

	commit := git("rev-parse", "HEAD")[:12]
	is("0.0.0-dev+" + commit)
	appendTo("netwicket.go", "package netwicket\n")
	is("0.0.0-dev+" + commit + ".changed")

	git("tag", "cmd/v1.2.3")
	refuses("netwicket.go")
	require.NoError(t, os.Remove(filepath.Join(clone, "netwicket.go")))
	refuses(`no heading "## 1.2.3"`)
	appendTo("CHANGELOG.md", "\n## 1.2.34\n\n## 1.2.3\n")
	git("commit", "--quiet", "--all", "--message=.")
	git("tag", "--force", "cmd/v1.2.3")
	required := strings.Fields(git("grep", "-h", "-m1", "github.com/netwicket/netwicket v", "HEAD", "--", "cmd/go.mod"))[1]
	refuses("the library is another one than " + required)
	git("tag", required)
	is("1.2.3")
	appendTo("decide/doc.go", "\n// More.\n")
	git("commit", "--quiet", "--all", "--message=.")
	is("0.0.0-dev+" + git("rev-parse", "HEAD")[:12])
	git("tag", "--force", "cmd/v1.2.3")
	refuses("the library is another one than " + required)
}
