package atomicfile_test

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/atomicfile"
)

func text(content string) func(io.Writer) error {
	return func(out io.Writer) error {
		_, err := io.WriteString(out, content)
		return err
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(name)
	require.NoError(t, err)
	return string(content)
}

// tree is every name below the working directory, links with where they lead.
func tree(t *testing.T) []string {
	t.Helper()
	var names []string
	require.NoError(t, filepath.WalkDir(".", func(path string, entry os.DirEntry, err error) error {
		require.NoError(t, err)
		if link, err := os.Readlink(path); err == nil {
			path += " -> " + link
		}
		names = append(names, path)
		return nil
	}))
	return names
}

func TestWrite(t *testing.T) {
	tests := []struct {
		name    string
		folders []string
		files   []string    // that were there, and hold "old"
		links   [][2]string // name, where it leads
		write   string
		want    string // the file that holds the new content
	}{
		{name: "a new file", write: "new", want: "new"},
		{name: "a file that is there", files: []string{"old"}, write: "old", want: "old"},
		{name: "in a folder", folders: []string{"a"}, write: "a/new", want: "a/new"},
		{name: "behind a link", files: []string{"old"}, links: [][2]string{{"link", "old"}}, write: "link", want: "old"},
		{name: "behind a link to another folder", folders: []string{"a"}, files: []string{"a/old"}, links: [][2]string{{"link", "a/old"}}, write: "link", want: "a/old"},
		{name: "behind a link that leads up", folders: []string{"a"}, files: []string{"old"}, links: [][2]string{{"a/link", "../old"}}, write: "a/link", want: "old"},
		{name: "behind two links", folders: []string{"a"}, files: []string{"old"}, links: [][2]string{{"one", "a/two"}, {"a/two", "../old"}}, write: "one", want: "old"},
		{name: "behind a link to a folder", folders: []string{"a"}, files: []string{"a/old"}, links: [][2]string{{"to", "a"}}, write: "to/old", want: "a/old"},
		{
			name:    "up from where the folder lies, not from where its link does",
			folders: []string{"a", "a/b"}, files: []string{"old", "a/old"}, links: [][2]string{{"to", "a/b"}, {"a/b/link", "../old"}}, write: "to/link", want: "a/old",
		},
		{
			name:    "up again behind a link",
			folders: []string{"a", "a/b"}, files: []string{"old", "a/old"}, links: [][2]string{{"to", "a/b"}, {"link", "to/../old"}}, write: "link", want: "a/old",
		},
		{name: "a link that leads to no file yet", folders: []string{"a"}, links: [][2]string{{"link", "a/new"}}, write: "link", want: "a/new"},
		{name: "two links that lead to no file yet", folders: []string{"a"}, links: [][2]string{{"one", "a/two"}, {"a/two", "new"}}, write: "one", want: "a/new"},
		{name: "a name as long as it may be", write: strings.Repeat("n", 255), want: strings.Repeat("n", 255)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			for _, folder := range test.folders {
				require.NoError(t, os.Mkdir(folder, 0o755))
			}
			for _, file := range test.files {
				require.NoError(t, os.WriteFile(file, []byte("old"), 0o644))
			}
			for _, link := range test.links {
				require.NoError(t, os.Symlink(link[1], link[0]))
			}
			before := tree(t)
			require.NoError(t, atomicfile.Write(test.write, text("content")))
			require.Equal(t, "content", read(t, test.want))
			for _, file := range test.files {
				if file != test.want {
					require.Equal(t, "old", read(t, file))
				}
			}
			after := tree(t)
			if len(after) > len(before) {
				require.Contains(t, after, test.want)
				after = after[:0:0]
				for _, name := range tree(t) {
					if name != test.want {
						after = append(after, name)
					}
				}
			}
			require.Equal(t, before, after, "links stay links, and nothing is left behind")
		})
	}
}

func TestWriteKeepsPermissions(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, mode := range []os.FileMode{0o600, 0o644, 0o666, 0o755, 0o400} {
		require.NoError(t, os.WriteFile("file", nil, 0o600))
		require.NoError(t, os.Chmod("file", mode))
		require.NoError(t, atomicfile.Write("file", text("content")))
		info, err := os.Stat("file")
		require.NoError(t, err)
		require.Equal(t, mode, info.Mode())
		require.NoError(t, os.Remove("file"))
	}
	require.NoError(t, os.WriteFile("other", nil, 0o666))
	require.NoError(t, atomicfile.Write("file", text("content")))
	other, err := os.Stat("other")
	require.NoError(t, err)
	info, err := os.Stat("file")
	require.NoError(t, err)
	require.Equal(t, other.Mode(), info.Mode(), "a new file's are those that the umask leaves")
}

// A reader that opened the file before still has all of the old content.
func TestWriteReplaces(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile("file", []byte("old"), 0o644))
	open, err := os.Open("file")
	require.NoError(t, err)
	defer open.Close()
	err = atomicfile.Write("file", func(out io.Writer) error {
		require.NoError(t, text("con")(out))
		require.Equal(t, "old", read(t, "file"), "half of it is nobody's business")
		return text("tent")(out)
	})
	require.NoError(t, err)
	old, err := io.ReadAll(open)
	require.NoError(t, err)
	require.Equal(t, "old", string(old))
	require.Equal(t, "content", read(t, "file"))
}

func TestWriteFails(t *testing.T) {
	broken := func(out io.Writer) error { return errors.Join(text("half")(out), errors.New("broken off")) }
	tests := []struct {
		name, file string
		write      func(io.Writer) error
		want       string
	}{
		{"half-way", "file", broken, "file: cannot be written: broken off"},
		{"half-way behind a link", "link", broken, "link (a link to file): cannot be written: broken off"},
		{"half-way to a new file", "new", broken, "new: cannot be written: broken off"},
		{"a folder", "folder", text("x"), "folder: cannot be written: is a directory"},
		{"a link to a folder", "tofolder", text("x"), "tofolder: cannot be written: is a directory"},
		{"no such folder", "absent/file", text("x"), "absent/file: cannot be written: no such file or directory"},
		{"a link into no such folder", "intoabsent", text("x"), "intoabsent (a link to absent/file): cannot be written: no such file or directory"},
		{"a file for a folder", "file/new", text("x"), "file/new: cannot be written: not a directory"},
		{"links in a circle", "circle", text("x"), "circle: cannot be written: too many levels of symbolic links"},
		{"a name that is too long", strings.Repeat("n", 256), text("x"), "n: cannot be written: file name too long"},
		{"an error of another file", "file", func(io.Writer) error {
			return &os.LinkError{Op: "link", Old: "a", New: "b", Err: errors.New("no link")}
		}, "file: cannot be written: no link"},
		{"no name", "", text("x"), "cannot be written: "},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			require.NoError(t, os.WriteFile("file", []byte("old"), 0o644))
			require.NoError(t, os.Mkdir("folder", 0o755))
			for name, to := range map[string]string{"link": "file", "tofolder": "folder", "intoabsent": "absent/file", "circle": "circle"} {
				require.NoError(t, os.Symlink(to, name))
			}
			before := tree(t)
			require.ErrorContains(t, atomicfile.Write(test.file, test.write), test.want)
			require.Equal(t, before, tree(t), "nothing new, and nothing is left behind")
			require.Equal(t, "old", read(t, "file"))
		})
	}
}

// An open file of a process is written as it is: whoever opened it reads on.
func TestWriteToDescriptors(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("/proc/self/fd is Linux")
	}
	t.Chdir(t.TempDir())
	reader, writer, err := os.Pipe()
	require.NoError(t, err)
	require.NoError(t, atomicfile.Write(descriptor(writer), text("through a pipe")))
	require.NoError(t, writer.Close())
	content, err := io.ReadAll(reader)
	require.NoError(t, err)
	require.Equal(t, "through a pipe", string(content))

	file, err := os.Create("file")
	require.NoError(t, err)
	defer file.Close()
	require.NoError(t, os.Symlink(descriptor(file), "link"))
	require.NoError(t, atomicfile.Write("link", text("into a file")))
	content, err = io.ReadAll(file)
	require.NoError(t, err)
	require.Equal(t, "into a file", string(content))
}

func descriptor(file *os.File) string {
	return filepath.Join("/dev/fd", strconv.FormatUint(uint64(file.Fd()), 10))
}

// Staging changes nothing, and what a program that was killed left can be taken away.
func TestStage(t *testing.T) {
	folder := t.TempDir()
	name := filepath.Join(folder, "documents", "a.json")
	require.NoError(t, atomicfile.Folder(filepath.Dir(name), 0o700))
	require.NoError(t, atomicfile.Folder(filepath.Dir(name), 0o700))
	require.NoError(t, os.WriteFile(name, []byte("old"), 0o640))
	write := func(w io.Writer) error {
		_, err := io.WriteString(w, "new")
		return err
	}
	names := func() (all []string) {
		entries, err := os.ReadDir(filepath.Dir(name))
		require.NoError(t, err)
		for _, entry := range entries {
			all = append(all, entry.Name())
		}
		return all
	}
	staged, err := atomicfile.Stage(name, write)
	require.NoError(t, err)
	text, err := os.ReadFile(name)
	require.NoError(t, err)
	require.Equal(t, "old", string(text))
	staged.Discard()
	require.Equal(t, []string{"a.json"}, names())

	_, err = atomicfile.Stage(name, write) // and the program is killed
	require.NoError(t, err)
	for _, other := range []string{".a.json.12345678x", ".b.json.12345678", ".a.json.1234567g"} {
		require.NoError(t, os.WriteFile(filepath.Join(filepath.Dir(name), other), nil, 0o600))
	}
	require.Len(t, names(), 5)
	atomicfile.Clean(name)
	require.Equal(t, []string{".a.json.12345678x", ".a.json.1234567g", ".b.json.12345678", "a.json"}, names())

	staged, err = atomicfile.Stage(name, write)
	require.NoError(t, err)
	require.NoError(t, staged.Replace())
	text, err = os.ReadFile(name)
	require.NoError(t, err)
	require.Equal(t, "new", string(text))
	info, err := os.Stat(name)
	require.NoError(t, err)
	if runtime.GOOS != "windows" { // which has no such permissions
		require.Equal(t, fs.FileMode(0o640), info.Mode().Perm())
	}
	_, err = atomicfile.Stage(filepath.Dir(name), write)
	require.Error(t, err)
	require.Error(t, atomicfile.Folder(filepath.Join(name, "below"), 0o700), "a file is no folder")
	atomicfile.Clean(filepath.Join(folder, "none", "x"))
}

// Staging says what Write says, and what cannot be staged.
func TestStageFails(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.Mkdir("folder", 0o755))
	require.NoError(t, os.WriteFile("file", []byte("old"), 0o644))
	require.NoError(t, os.Symlink("file", "link"))
	for name, want := range map[string]string{
		os.DevNull: os.DevNull + ": cannot be written: expected a regular file", "folder": "folder: cannot be written: is a directory",
		"absent/x": "absent/x: cannot be written: no such file or directory",
	} {
		_, err := atomicfile.Stage(name, text("x"))
		require.EqualError(t, err, want)
	}
	_, err := atomicfile.Stage("link", func(io.Writer) error { return errors.New("broken off") })
	require.EqualError(t, err, "link (a link to file): cannot be written: broken off")

	staged, err := atomicfile.Stage("link", text("new"))
	require.NoError(t, err)
	require.NoError(t, os.Remove("file"))
	require.NoError(t, os.Mkdir("file", 0o755)) // a folder, which no file replaces
	require.EqualError(t, staged.Replace(), "link (a link to file): cannot be written: file exists")
	require.Equal(t, []string{".", "file", "folder", "link -> file"}, tree(t), "the new file is gone")
}

// Only new files of that very name are taken away, and of what is written directly
// there are none.
func TestClean(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.Mkdir("folder", 0o755))
	require.NoError(t, os.Symlink("folder/file", "link"))
	for _, name := range []string{".file.12345678", ".file.1234567", ".file.123456789a", ".file.1234567x", "file.12345678", ".link.12345678", "folder/.file.abcdef01", ".folder.12345678", "abcdef12"} {
		require.NoError(t, os.WriteFile(name, nil, 0o600))
	}
	atomicfile.Clean("folder") // which cannot be written
	atomicfile.Clean(os.DevNull)
	atomicfile.Clean("absent/file")
	require.Contains(t, tree(t), ".folder.12345678")
	atomicfile.Clean("link")
	require.NotContains(t, tree(t), "folder/.file.abcdef01")
	require.Contains(t, tree(t), ".link.12345678")
	atomicfile.Clean("file")
	require.Equal(t, []string{".", ".file.1234567", ".file.123456789a", ".file.1234567x", ".folder.12345678", ".link.12345678", "abcdef12", "file.12345678", "folder", "link -> folder/file"}, tree(t))
}

// Folders are made down from the first that is missing, with the permissions that
// were asked for; what is there and is none is an error.
func TestFolder(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.Mkdir("a", 0o755))
	require.NoError(t, atomicfile.Folder("a/b/c", 0o700))
	require.Equal(t, []string{".", "a", "a/b", "a/b/c"}, tree(t))
	for name, mode := range map[string]os.FileMode{"a": 0o755, "a/b": 0o700, "a/b/c": 0o700} {
		info, err := os.Stat(name)
		require.NoError(t, err)
		require.Equal(t, mode, info.Mode().Perm(), name)
	}
	require.NoError(t, os.WriteFile("file", nil, 0o600))
	require.ErrorContains(t, atomicfile.Folder("file/x/y", 0o700), "file")
	require.Error(t, atomicfile.Folder("file", 0o700))
	require.NoError(t, os.Symlink("absent", "link"))
	require.Error(t, atomicfile.Folder("link/x", 0o700), "a link that leads nowhere is no folder")
	require.NoError(t, atomicfile.Folder(".", 0o700))
	require.NoError(t, atomicfile.Folder("/", 0o700))
}

// A chain of links may be as long as the system follows, which is never asked for more.
func TestManyLinks(t *testing.T) {
	t.Chdir(t.TempDir())
	before := "file"
	for n := range 39 {
		name := "link" + strconv.Itoa(n)
		require.NoError(t, os.Symlink(before, name))
		before = name
	}
	require.NoError(t, atomicfile.Write(before, text("content")))
	require.Equal(t, "content", read(t, "file"))
	folder, err := os.Getwd()
	require.NoError(t, err)
	require.NoError(t, os.Symlink(filepath.Join(folder, "file"), "absolute"))
	require.NoError(t, os.Mkdir("below", 0o755))
	require.NoError(t, os.Symlink("../absolute", "below/link"))
	require.NoError(t, atomicfile.Write("below/link", text("new")))
	require.Equal(t, "new", read(t, "file"))
}
