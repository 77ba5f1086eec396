//go:build unix

package tenant_test

import (
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/records"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/tenant"
)

// rightsVariable has the folder to which a child of this test writes, that is nobody
// in particular.
const rightsVariable = "TENANT_TEST_RIGHTS"

// roomVariable has the length that its files may have; 0: any.
const roomVariable = "TENANT_TEST_ROOM"

const nobody = 65534

// TestFolderOfOthers: a folder that may be read and not written to is said at the
// start; where it is found out by a write, however late, all that was written is taken
// back, the history has nothing of it, and the answer is that of documents that do not
// load. Once the folder is ours the next write is as good as any.
func TestFolderOfOthers(t *testing.T) {
	if dir := os.Getenv(rightsVariable); dir != "" {
		writeToFolderOfOthers(t, dir)
		return
	}
	under := func(name, folder string) bool { return name == folder || strings.HasPrefix(name, folder+"/") }
	tests := map[string]struct {
		ours func(name string) bool
		want string
	}{
		"nothing is ours":              {func(string) bool { return false }, "cannot be written to: permission denied"},
		"the history is ours":          {func(name string) bool { return under(name, ".netwicket") }, "answered 409"},
		"documents are, too":           {func(name string) bool { return under(name, ".netwicket") || under(name, "okta") }, "netwicket.json: cannot be written: permission denied"},
		"the whole folder is":          {func(string) bool { return true }, "answered 200"},
		"all but the documents":        {func(name string) bool { return !under(name, "okta") }, "answered 409"},
		"all but the kept contents":    {func(name string) bool { return !under(name, ".netwicket/history/objects") }, "answered 409"},
		"all but those, after an edit": {func(name string) bool { return !under(name, ".netwicket/history/objects") }, "answered 409"},
		"all but the history":          {func(name string) bool { return name != ".netwicket/history" }, "pending.json: cannot be written: permission denied"},
		"all but the lines of it":      {func(name string) bool { return name != ".netwicket/history/generations.jsonl" }, "generations.jsonl: permission denied"},
		"all but the rules that go":    {func(name string) bool { return name != "okta/rules" }, "okta/rules/00pGuests000000000001.json: permission denied"},
		"documents of others":          {sticky("okta"), "okta/policies.json: cannot be written: operation not permitted"},
		"a policy file of others":      {sticky("."), "netwicket.json: cannot be written: operation not permitted"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if strings.HasSuffix(name, "of others") && os.Getuid() != 0 {
				t.Skip("only root can give a file to others")
			}
			dir := crowded(t)
			require.NoError(t, os.Remove(filepath.Join(dir, ".netwicket", "lock")))
			require.NoError(t, os.Remove(filepath.Join(dir, ".netwicket", "turn")))
			if strings.HasSuffix(name, "after an edit") {
				put(t, dir, "okta/policies.json", snapshot(t, dir)["okta/policies.json"]+"\n")
			}
			give(t, dir, test.ours)
			before := snapshot(t, dir)
			output := inFolderOfOthers(t, dir, 0)
			require.Contains(t, output, test.want)
			if test.want == "answered 200" {
				require.Len(t, history(t, dir), 3)
				return
			}
			require.NotContains(t, output, "answered 200")
			require.Equal(t, before, snapshot(t, dir))
			require.Len(t, history(t, dir), 2)
			require.NoFileExists(t, own(dir, "pending.json"))
			give(t, dir, func(string) bool { return true })
			store := open(t, dir)
			require.Equal(t, before, snapshot(t, dir))
			require.Equal(t, http.StatusOK, write(t, store, changed(moves()["a policy goes"])).Status)
			require.Len(t, history(t, dir), map[bool]int{false: 3, true: 4}[strings.HasSuffix(name, "after an edit")])
		})
	}
}

// sticky says that all of a folder is ours but one folder's files, which others cannot
// give other names.
func sticky(folder string) func(string) bool {
	return func(name string) bool {
		return filepath.Dir(name) != folder || name == "okta" || name == "okta/rules" || name == ".netwicket" || name == "."
	}
}

// TestTakenBackAndMadeAgain: a store that took a write back goes on as if there had been
// none: its next write is the next generation, and nobody else's change is found.
func TestTakenBackAndMadeAgain(t *testing.T) {
	dir := crowded(t)
	require.NoError(t, os.Remove(filepath.Join(dir, ".netwicket", "lock")))
	require.NoError(t, os.Remove(filepath.Join(dir, ".netwicket", "turn")))
	give(t, dir, func(name string) bool { return name != "okta/rules" })
	if os.Getuid() == 0 {
		require.NoError(t, os.Chown(filepath.Join(dir, "okta", "rules"), nobody, nobody))
	}
	output := inFolderOfOthers(t, dir, 0)
	require.Contains(t, output, "okta/rules/00pGuests000000000001.json: permission denied")
	require.NotContains(t, output, "could not be taken back")
	require.Contains(t, output, "then answered 200")
	require.Contains(t, output, "[first start POST /api/v1/zones POST /api/v1/zones]")
}

// TestThatCannotBeTakenBack: where a write fails late and the disk has no room for what
// was there, the answer says both.
func TestThatCannotBeTakenBack(t *testing.T) {
	dir := crowded(t)
	store := open(t, dir)
	require.Equal(t, http.StatusOK, write(t, store, changed(func(d *records.Documents) {
		p, i := d.Policy("00pStaff0000000000001")
		d.Policies[i] = p.Changed()
		d.Policies[i].Name = strings.Repeat("a long name ", 4000)
	})).Status)
	store.Close()
	require.NoError(t, os.Remove(filepath.Join(dir, ".netwicket", "lock")))
	require.NoError(t, os.Remove(filepath.Join(dir, ".netwicket", "turn")))
	give(t, dir, func(name string) bool { return name != "okta/rules" })
	output := inFolderOfOthers(t, dir, 30_000)
	require.Contains(t, output, "answered 409")
	require.Contains(t, output, "okta/rules/00pGuests000000000001.json: permission denied")
	require.Contains(t, output, "and what was written could not be taken back")
	require.Contains(t, output, "okta/policies.json: cannot be written: file too large")
	require.Len(t, history(t, dir), 3)
	require.Contains(t, decision(t, dir, "203.0.113.1"), "no_rule", "the policy is the one of before")
}

// inFolderOfOthers makes a write as a program that is nobody in particular and may write
// files so long, and gives what it says. 0: files may be of any length.
func inFolderOfOthers(t *testing.T, dir string, limit int) string {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^TestFolderOfOthers$")
	child.Env = append(os.Environ(), rightsVariable+"="+dir, roomVariable+"="+strconv.Itoa(limit))
	output, err := child.CombinedOutput()
	require.NoError(t, err, "%s", output)
	return string(output)
}

// give lets the child write to parts of a folder: to the rest only root may.
func give(t *testing.T, dir string, ours func(name string) bool) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		require.NoError(t, err)
		name, err := filepath.Rel(dir, path)
		require.NoError(t, err)
		mode := fs.FileMode(0o444)
		if entry.IsDir() {
			mode = 0o555
		}
		if ours(name) {
			mode |= 0o222
		}
		if entry.IsDir() && !ours(filepath.Join(name, "a file")) && ours(name) {
			mode |= fs.ModeSticky
		}
		t.Cleanup(func() { _ = os.Chmod(path, 0o755) })
		return os.Chmod(path, mode)
	}))
	for parent := filepath.Dir(dir); parent != os.TempDir() && parent != "/"; parent = filepath.Dir(parent) {
		require.NoError(t, os.Chmod(parent, 0o755))
	}
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
	limit, err := strconv.ParseUint(os.Getenv(roomVariable), 10, 64)
	require.NoError(t, err)
	if limit > 0 {
		signal.Ignore(syscall.SIGXFSZ) // the write fails instead
		require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: limit, Max: limit}))
	}
	answer := write(t, store, changed(moves()["a policy goes"]))
	fmt.Println("answered", answer.Status, string(answer.Body))
	if answer.Status != http.StatusOK && limit == 0 {
		require.Equal(t, before, documentsOf(t, store), "what was is still served")
	}
	if os.Chmod(filepath.Join(dir, "okta", "rules"), 0o755) == nil { // it is ours after all
		answer = write(t, store, changed(moves()["a policy goes"]))
		fmt.Println("then answered", answer.Status, string(answer.Body))
		fmt.Println(names(store.History().Generations(), func(g tenant.Generation) string { return g.Action }))
	}
}
