//go:build unix

package tenant_test

import (
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/records"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/tenant"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/wire"
)

// rightsVariable has the folder to which a child of this test writes, that is nobody
// in particular.
const rightsVariable = "TENANT_TEST_RIGHTS"

const nobody = 65534

// TestFolderOfOthers: a folder that may be read and not written to is said at the
// start; where it is found out by a write, nothing has changed and the answer is
// that of documents that do not load.
func TestFolderOfOthers(t *testing.T) {
	if dir := os.Getenv(rightsVariable); dir != "" {
		writeToFolderOfOthers(t, dir)
		return
	}
	tests := map[string]struct{ ours, want string }{
		"nothing is ours":       {"", "cannot be written to: permission denied"},
		"the history is ours":   {".netwicket", "answered 409"},
		"documents are, too":    {".netwicket okta", "answered 409"},
		"the whole folder is":   {"all", "answered 200"},
		"all but the documents": {"all but okta", "answered 409"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			dir := crowded(t)
			require.NoError(t, os.Remove(filepath.Join(dir, ".netwicket", "lock")))
			require.NoError(t, os.Remove(filepath.Join(dir, ".netwicket", "turn")))
			give(t, dir, test.ours)
			before := snapshot(t, dir)
			child := exec.Command(os.Args[0], "-test.run=^TestFolderOfOthers$")
			child.Env = append(os.Environ(), rightsVariable+"="+dir)
			output, err := child.CombinedOutput()
			require.NoError(t, err, "%s", output)
			require.Contains(t, string(output), test.want)
			if test.want != "answered 200" {
				require.Equal(t, before, snapshot(t, dir))
			}
		})
	}
}

// give lets the child write to parts of a folder: to the rest only root may.
func give(t *testing.T, dir, ours string) {
	t.Helper()
	own := func(name string) bool {
		switch ours {
		case "all":
			return true
		case "all but okta":
			return name != "okta"
		default:
			return name == ".netwicket" || name == "okta" && ours == ".netwicket okta"
		}
	}
	require.NoError(t, filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		require.NoError(t, err)
		name, err := filepath.Rel(dir, path)
		require.NoError(t, err)
		mode := fs.FileMode(0o444)
		if entry.IsDir() {
			mode = 0o555
		}
		if ours != "" && own(firstOf(name)) {
			mode |= 0o222
		}
		t.Cleanup(func() { _ = os.Chmod(path, 0o755) })
		return os.Chmod(path, mode)
	}))
	for parent := filepath.Dir(dir); parent != os.TempDir() && parent != "/"; parent = filepath.Dir(parent) {
		require.NoError(t, os.Chmod(parent, 0o755))
	}
}

// firstOf is the first element of a path.
func firstOf(name string) string {
	for filepath.Dir(name) != "." && filepath.Dir(name) != name {
		name = filepath.Dir(name)
	}
	return name
}

func writeToFolderOfOthers(t *testing.T, dir string) {
	if os.Getuid() == 0 { // who may write anything
		require.NoError(t, syscall.Setgid(nobody))
		require.NoError(t, syscall.Setuid(nobody))
	}
	store, err := tenant.Open(tenant.Options{Folder: dir})
	if err != nil {
		fmt.Println(err)
		return
	}
	before := documentsOf(t, store)
	answer := write(t, store, func(d *records.Documents) wire.Answer {
		moves()["a policy goes"](d)
		return wire.Answer{Status: http.StatusOK}
	})
	fmt.Println("answered", answer.Status, string(answer.Body))
	if answer.Status != http.StatusOK {
		require.Equal(t, before, documentsOf(t, store), "what was is still served")
	}
}
