//go:build unix

package dist_test

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestTwoRunsGiveTheSameBytes: of the same sources in another folder, by somebody
// whose surroundings are others.
func TestTwoRunsGiveTheSameBytes(t *testing.T) {
	one := dist(t)
	sources := filepath.Join(t.TempDir(), "a longer folder", "netwicket")
	require.NoError(t, os.MkdirAll(sources, 0o755))
	listed := say(t, "git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	for name := range strings.SplitSeq(strings.TrimSuffix(listed, "\x00"), "\x00") {
		info, err := os.Stat(filepath.Join(root, name))
		if os.IsNotExist(err) {
			continue // deleted and not yet committed
		}
		require.NoError(t, err)
		content, err := os.ReadFile(filepath.Join(root, name))
		require.NoError(t, err)
		require.NoError(t, os.MkdirAll(filepath.Join(sources, filepath.Dir(name)), 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(sources, name), content, info.Mode()&0o700))
	}
	git := strings.TrimSpace(say(t, "git", "-C", root, "rev-parse", "--path-format=absolute", "--git-dir"))
	index := filepath.Join(t.TempDir(), "index") // its own: git writes there when it looks at files
	content, err := os.ReadFile(filepath.Join(git, "index"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(index, content, 0o600))
	two, err := run(sources, filepath.Join(scratch, "second"),
		"GIT_DIR="+git, "GIT_WORK_TREE="+sources, "GIT_INDEX_FILE="+index, "TZ=Asia/Tokyo", "LC_ALL=C.UTF-8", "SOURCE_DATE_EPOCH=1",
		"GOAMD64=v3", "GOFLAGS=-tags=netgo", "CGO_ENABLED=1", "GOOS=plan9", "GOARCH=arm", "TAR_OPTIONS=--owner=somebody", "GZIP=-1", "ZIPOPT=-0")
	require.NoError(t, err)
	require.Equal(t, one.version, two.version)
	require.Equal(t, sums(t, one.folder), sums(t, two.folder))
}

// sums are the SHA-256 of the files of a folder.
func sums(t *testing.T, folder string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	require.NoError(t, err)
	found := map[string]string{}
	for _, entry := range entries {
		content, err := os.ReadFile(filepath.Join(folder, entry.Name()))
		require.NoError(t, err)
		found[entry.Name()] = sumOf(content)
	}
	return found
}

func sumOf(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// TestSums: SHA256SUMS names every file that was made, and no other.
func TestSums(t *testing.T) {
	made := dist(t)
	want := sums(t, made.folder)
	delete(want, "SHA256SUMS")
	text, err := os.ReadFile(filepath.Join(made.folder, "SHA256SUMS"))
	require.NoError(t, err)
	got := map[string]string{}
	for line := range strings.Lines(string(text)) {
		sum, name, found := strings.Cut(strings.TrimSpace(line), "  ")
		require.True(t, found, line)
		got[name] = sum
	}
	require.Equal(t, want, got)
	platforms := []string{"linux_amd64"}
	if os.Getenv("NETWICKET_DIST") == "all" {
		platforms = []string{"darwin_amd64", "darwin_arm64", "linux_386", "linux_amd64", "linux_arm64", "linux_armv7", "windows_amd64", "windows_arm64"}
	}
	var names []string
	for _, platform := range platforms {
		endings := []string{".tar.gz"}
		switch {
		case strings.HasPrefix(platform, "linux"):
			endings = append(endings, ".deb", ".rpm")
		case strings.HasPrefix(platform, "windows"):
			endings = []string{".zip"}
		}
		for _, ending := range append(endings, ".cdx.json") {
			names = append(names, "netwicket_"+made.version+"_"+platform+ending)
		}
	}
	for name := range want {
		require.Contains(t, names, name)
	}
	require.Len(t, want, len(names))
}

// unpacked is an archive of linux/amd64 in an empty folder, and what stood in its headers.
func unpacked(t *testing.T, made *made) (folder string, headers []*tar.Header) {
	t.Helper()
	folder = t.TempDir()
	file, err := os.Open(made.file(".tar.gz"))
	require.NoError(t, err)
	defer file.Close()
	packed, err := gzip.NewReader(file)
	require.NoError(t, err)
	require.Empty(t, packed.Name)
	require.True(t, packed.ModTime.IsZero())
	for archive := tar.NewReader(packed); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return filepath.Join(folder, strings.TrimSuffix(filepath.Base(file.Name()), ".tar.gz")), headers
		}
		require.NoError(t, err)
		headers = append(headers, header)
		at := filepath.Join(folder, header.Name)
		if header.Typeflag == tar.TypeDir {
			require.NoError(t, os.Mkdir(at, 0o755))
			continue
		}
		require.EqualValues(t, tar.TypeReg, header.Typeflag, header.Name)
		content, err := io.ReadAll(archive)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(at, content, header.FileInfo().Mode()))
	}
}

// TestArchiveAnswersTheReadme: in an empty folder, the program gives the answer that the
// README shows, says its version, and has its documents beside it.
func TestArchiveAnswersTheReadme(t *testing.T) {
	made := dist(t)
	folder, headers := unpacked(t, made)
	committed, err := strconv.ParseInt(strings.TrimSpace(say(t, "git", "-C", root, "log", "-1", "--format=%ct")), 10, 64)
	require.NoError(t, err)
	for _, header := range headers {
		require.True(t, header.ModTime.Equal(time.Unix(committed, 0)), header.Name)
		require.Zero(t, header.Uid+header.Gid, header.Name)
		mode := int64(0o644)
		if header.Typeflag == tar.TypeDir || filepath.Base(header.Name) == "netwicket" {
			mode = 0o755
		}
		require.Equal(t, mode, header.Mode, header.Name)
		require.Empty(t, header.Uname+header.Gname)
	}
	parts := func(header *tar.Header) []string { return strings.Split(strings.TrimSuffix(header.Name, "/"), "/") }
	require.True(t, slices.IsSortedFunc(headers, func(a, b *tar.Header) int { return slices.Compare(parts(a), parts(b)) }), "folder by folder")

	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	require.NoError(t, err)
	blocks := strings.Split(string(readme), "\n```")
	asked, _, _ := strings.Cut(strings.TrimPrefix(blocks[1], "sh\n"), "\n")
	answer := strings.TrimPrefix(blocks[3], "\n")
	words := strings.Fields(asked)
	require.Equal(t, []string{"go", "run", "./cmd/netwicket"}, words[:3])
	got := exec.Command("./netwicket", words[3:]...)
	got.Dir = folder
	out, err := got.Output()
	require.Equal(t, 2, got.ProcessState.ExitCode(), "somebody is denied: %v", err)
	require.Equal(t, answer, strings.TrimRight(string(out), "\n"))

	require.True(t, strings.HasPrefix(say(t, filepath.Join(folder, "netwicket"), "--version"), "netwicket v"+made.version+" ("))
	for _, name := range []string{"LICENSE", "README.md", "CHANGELOG.md", "examples/deploy/netwicket.service"} {
		want, err := os.ReadFile(filepath.Join(root, name))
		require.NoError(t, err)
		text, err := os.ReadFile(filepath.Join(folder, name))
		require.NoError(t, err)
		require.Equal(t, sumOf(want), sumOf(text), name)
	}
	licences, err := os.ReadFile(filepath.Join(folder, "THIRD-PARTY-LICENSES.txt"))
	require.NoError(t, err)
	for _, module := range modules(t, filepath.Join(folder, "netwicket")) {
		_, behind, found := strings.Cut(string(licences), "=== "+module+"\n")
		require.True(t, found, module)
		text, _, _ := strings.Cut(behind, "\n=== ")
		require.Contains(t, text, "opyright", module)
	}
}

// modules are those of others in a program, as path@version.
func modules(t *testing.T, program string) []string {
	t.Helper()
	info, err := buildinfo.ReadFile(program)
	require.NoError(t, err)
	var found []string
	for _, module := range info.Deps {
		if module.Path != "github.com/netwicket/netwicket" {
			found = append(found, module.Path+"@"+module.Version)
		}
	}
	require.NotEmpty(t, found)
	return found
}

// TestProgramsAreOfTheirPlatforms: what an archive is named after is what its program was
// built for, without cgo.
func TestProgramsAreOfTheirPlatforms(t *testing.T) {
	made := dist(t)
	archives, err := filepath.Glob(filepath.Join(made.folder, "*.tar.gz"))
	require.NoError(t, err)
	zipped, err := filepath.Glob(filepath.Join(made.folder, "*.zip"))
	require.NoError(t, err)
	for _, path := range append(archives, zipped...) {
		name := strings.TrimSuffix(strings.TrimSuffix(filepath.Base(path), ".tar.gz"), ".zip")
		program := filepath.Join(t.TempDir(), "program")
		if strings.HasSuffix(path, ".zip") {
			content := fromZip(t, path, name+"/netwicket.exe")
			require.NoError(t, os.WriteFile(program, content, 0o600))
		} else {
			require.NoError(t, os.WriteFile(program, []byte(say(t, "tar", "-xOzf", path, name+"/netwicket")), 0o600))
		}
		info, err := buildinfo.ReadFile(program)
		require.NoError(t, err)
		settings := map[string]string{}
		for _, setting := range info.Settings {
			settings[setting.Key] = setting.Value
		}
		platform := settings["GOOS"] + "_" + settings["GOARCH"]
		if settings["GOARM"] != "" {
			platform += "v" + settings["GOARM"]
		}
		require.Equal(t, "netwicket_"+made.version+"_"+platform, name)
		require.Equal(t, "0", settings["CGO_ENABLED"])
		require.Equal(t, "true", settings["-trimpath"])
	}
}

func fromZip(t *testing.T, path, name string) []byte {
	t.Helper()
	archive, err := zip.OpenReader(path)
	require.NoError(t, err)
	defer archive.Close()
	for _, wanted := range []string{"LICENSE", "README.md", "examples/acme/netwicket.json", "completions/netwicket.ps1"} {
		_, err := archive.Open(filepath.Dir(name) + "/" + wanted)
		require.NoError(t, err)
	}
	file, err := archive.Open(name)
	require.NoError(t, err)
	defer file.Close()
	content, err := io.ReadAll(file)
	require.NoError(t, err)
	return content
}
