//go:build unix

package files_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/internal/files"
)

// house is a folder to stay within, and a secret beside it.
func house(t *testing.T) (root, inside string) {
	t.Helper()
	root, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	inside = filepath.Join(root, "inside")
	require.NoError(t, os.MkdirAll(filepath.Join(inside, "sub"), 0o700))
	require.NoError(t, os.Mkdir(filepath.Join(root, "inside-not"), 0o700))
	for name, text := range map[string]string{
		"inside/file": "open", "inside/sub/file": "open", "secret": "secret", "inside-not/file": "secret",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(root, name), []byte(text), 0o600))
	}
	for name, target := range map[string]string{
		"inside/good":            "sub/file",
		"inside/sub/up":          "../file",
		"inside/out":             "../secret",
		"inside/outAbsolute":     filepath.Join(root, "secret"),
		"inside/inAbsolute":      filepath.Join(inside, "file"),
		"inside/subAbsolute":     filepath.Join(inside, "sub"),
		"inside/chainAbsolute":   filepath.Join(inside, "outAbsolute"),
		"inside/nothingAbsolute": filepath.Join(inside, "absent"),
		"inside/sub/inAbsolute":  filepath.Join(inside, "sub", "file"),
		"inside/circle":          filepath.Join(inside, "circle"),
		"inside/outFolder":       "..",
		"inside/there":           "../inside/file",
		"inside/outThenAbsent":   "../absent",
		"inside/chain":           "sub/chain",
		"inside/downAndOut":      "subAbsolute/../../secret",
		"inside/downAndUp":       "subAbsolute/../file",
		"inside/dotsAbsolute":    filepath.Join(inside, "dotsOut"),
		"inside/dotsOut":         "./../secret",
		"inside/slashesAbsolute": filepath.Join(inside, "slashes"),
		"inside/slashes":         "sub//./file",
		"inside/sub/chain":       "../../secret",
		"alias":                  "inside",
	} {
		require.NoError(t, os.Symlink(target, filepath.Join(root, name)))
	}
	return root, inside
}

// TestWithin: neither a path nor a link on the way leaves the folder.
func TestWithin(t *testing.T) {
	root, inside := house(t)
	t.Chdir(inside)
	for _, test := range []struct {
		name, within, path string
		want               error
	}{
		{"a file", inside, "file", nil},
		{"by its whole path", inside, filepath.Join(inside, "file"), nil},
		{"of a folder that is named by a dot", ".", filepath.Join(inside, "file"), nil},
		{"of a folder that is named by a link", filepath.Join(root, "alias"), filepath.Join(root, "alias", "file"), nil},
		{"of a folder that is named by a link, by its real path", filepath.Join(root, "alias"), filepath.Join(inside, "file"), nil},
		{"through a folder and back", inside, "sub/../file", nil},
		{"a link that stays", inside, "good", nil},
		{"a link up that stays", inside, "sub/up", nil},
		{"a path up", inside, "../secret", files.ErrOutside},
		{"a path up and down", inside, "../inside-not/file", files.ErrOutside},
		{"a whole path", inside, filepath.Join(root, "secret"), files.ErrOutside},
		{"a folder whose name begins alike", inside, filepath.Join(root, "inside-not", "file"), files.ErrOutside},
		{"a link out", inside, "out", files.ErrOutside},
		{"an absolute link out", inside, "outAbsolute", files.ErrOutside},
		{"an absolute link that stays", inside, "inAbsolute", nil},
		{"an absolute link that stays, on the way", inside, "subAbsolute/file", nil},
		{"an absolute link that stays, and from there a link up that stays", inside, "subAbsolute/up", nil},
		{"an absolute link that stays, and from there a link out", inside, "subAbsolute/chain", files.ErrOutside},
		{"an absolute link that stays, further down", inside, "sub/inAbsolute", nil},
		{"an absolute link to an absolute link out", inside, "chainAbsolute", files.ErrOutside},
		{"an absolute link of a folder that is named by a link", filepath.Join(root, "alias"), "inAbsolute", nil},
		{"an absolute link to nothing inside", inside, "nothingAbsolute", os.ErrNotExist},
		{"an absolute link on the way of a link, and out", inside, "downAndOut", files.ErrOutside},
		{"an absolute link on the way of a link, and back", inside, "downAndUp", nil},
		{"an absolute link to a link that begins with a dot and leads out", inside, "dotsAbsolute", files.ErrOutside},
		{"an absolute link to a link of two slashes", inside, "slashesAbsolute", nil},
		{"absolute links in a circle", inside, "circle", syscall.ELOOP},
		{"a link out and in again", inside, "there", files.ErrOutside},
		{"a link to a link out", inside, "chain", files.ErrOutside},
		{"a link on the way", inside, "outFolder/secret", files.ErrOutside},
		{"a link out to nothing, of which nothing is told", inside, "outThenAbsent", files.ErrOutside},
		{"a path out to nothing", inside, "../absent", files.ErrOutside},
		{"nothing inside", inside, "absent", os.ErrNotExist},
		{"within a folder that is not there", filepath.Join(inside, "absent"), filepath.Join(inside, "absent", "file"), os.ErrNotExist},
	} {
		t.Run(test.name, func(t *testing.T) {
			file := files.File{Path: test.path, Within: test.within}
			content, err := file.Read(100)
			require.ErrorIs(t, err, test.want)
			_, statErr := file.Stat()
			require.ErrorIs(t, statErr, test.want)
			if test.want == nil {
				require.Equal(t, "open", string(content))
			} else {
				require.Empty(t, content)
				require.Equal(t, errors.Is(err, files.ErrOutside), files.Code(err) == "outside-folder")
			}
		})
	}
	_, err := files.File{Path: "outFolder", Within: inside}.ReadDir()
	require.ErrorIs(t, err, files.ErrOutside)
	_, err = files.File{Path: "absent/file", Within: "absent"}.Read(100)
	require.ErrorContains(t, err, "the folder that files have to be within: open absent: no such file or directory")
}

// TestManyLinks: as many absolute links as Linux follows, and none more.
func TestManyLinks(t *testing.T) {
	_, inside := house(t)
	at := func(i int) string { return filepath.Join(inside, fmt.Sprint("link", i)) }
	require.NoError(t, os.Symlink(filepath.Join(inside, "file"), at(0)))
	for i := range 40 {
		require.NoError(t, os.Symlink(at(i), at(i+1)))
	}
	_, err := files.File{Path: at(39), Within: inside}.Read(100)
	require.NoError(t, err)
	_, err = files.File{Path: at(40), Within: inside}.Read(100)
	require.ErrorIs(t, err, syscall.ELOOP)
}

// TestWithoutWorkingFolder: a path that cannot be told leads nowhere.
func TestWithoutWorkingFolder(t *testing.T) {
	_, inside := house(t)
	gone := filepath.Join(t.TempDir(), "gone")
	require.NoError(t, os.Mkdir(gone, 0o700))
	t.Chdir(gone)
	require.NoError(t, os.Remove(gone))
	for _, file := range []files.File{{Path: "file", Within: inside}, {Path: filepath.Join(inside, "file"), Within: "."}} {
		content, err := file.Read(100)
		require.ErrorIs(t, err, os.ErrNotExist)
		require.NotErrorIs(t, err, files.ErrOutside)
		require.Empty(t, content)
	}
	require.Empty(t, files.Set{Files: []string{"file"}}.Names())
}

// TestWhileLinksAreSwapped: between looking and opening nothing is to be won, neither
// a secret nor a pipe that is waited for.
func TestWhileLinksAreSwapped(t *testing.T) {
	for name, other := range map[string]string{"a secret": "../secret", "a pipe": "pipe", "a device": "/dev/null"} {
		t.Run(name, func(t *testing.T) {
			_, inside := house(t)
			require.NoError(t, syscall.Mkfifo(filepath.Join(inside, "pipe"), 0o600))
			file := files.File{Path: filepath.Join(inside, "swapped"), Within: inside}
			if name == "a device" {
				file.Within = ""
			}
			require.NoError(t, os.Symlink("file", file.Path))
			stop, stopped := make(chan struct{}), make(chan struct{})
			go func() {
				defer close(stopped)
				for i := 0; ; i++ {
					select {
					case <-stop:
						return
					default:
					}
					_ = os.Symlink([]string{"file", other}[i%2], file.Path+".new") // all that can go wrong is that nothing is swapped
					_ = os.Rename(file.Path+".new", file.Path)
				}
			}()
			opened, err := soon(t, func() (int, error) {
				opened := 0
				for i := 0; i < 3000 || opened == 0; i++ {
					content, err := file.Read(100)
					if err == nil {
						opened++
						if string(content) != "open" {
							return opened, fmt.Errorf("read %q", content)
						}
					}
				}
				return opened, nil
			})
			close(stop)
			<-stopped
			require.NoError(t, err)
			t.Logf("%d of the reads found the file", opened)
		})
	}
}
