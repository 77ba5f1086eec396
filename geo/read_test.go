//go:build unix

package geo_test

import (
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/internal/netset"
)

// What is no database is told by its end, and what is too large for its format by
// its size: neither is read into memory first.
func TestBadSourcesAreNotRead(t *testing.T) {
	folder := t.TempDir()
	sparse := func(name string, size int64, end string) string {
		path := filepath.Join(folder, name)
		require.NoError(t, os.WriteFile(path, nil, 0o600))
		require.NoError(t, os.Truncate(path, size-int64(len(end))))
		file, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
		require.NoError(t, err)
		_, err = file.WriteString(end)
		require.NoError(t, err)
		require.NoError(t, file.Close())
		return path
	}
	for _, test := range []struct {
		name, code, want string
		source           geo.Source
	}{
		{"a database without metadata", "bad-mmdb", "its end holds no metadata", geo.Source{File: sparse("no.mmdb", 1<<30, "")}},
		{"a database by kind", "bad-mmdb", "its end holds no metadata", geo.Source{File: sparse("no.bin", 1<<30, ""), Kind: geo.MMDB}},
		{"metadata too far from the end", "bad-mmdb", "its end holds no metadata", geo.Source{File: sparse("far.mmdb", 1<<30, marker+string(make([]byte, 128<<10)))}},
		{"corrections", "unreadable", "larger than the limit of 512 MiB", geo.Source{File: sparse("no.csv", 512<<20+1, "")}},
		{"of unknown format", "unreadable", "larger than the limit of 512 MiB", geo.Source{File: sparse("no", 512<<20+1, "")}},
		{"a list", "unreadable", "larger than the limit of 256 MiB", geo.Source{File: sparse("no.txt", netset.MaxBytes+1, ""), Service: "NORD_VPN"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := geo.Load(test.source)
			runtime.ReadMemStats(&after)
			require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(2<<20))
			found := findings(t, err)[0]
			require.Equal(t, test.code, found.Code)
			require.ErrorContains(t, found, test.want)
			require.Equal(t, test.source.File, found.File)
		})
	}
}

// What cannot be read whole is not waited for.
func TestSourcesThatAreNoFiles(t *testing.T) {
	folder := t.TempDir()
	pipe := filepath.Join(folder, "pipe.mmdb")
	require.NoError(t, syscall.Mkfifo(pipe, 0o600))
	endless := filepath.Join(folder, "endless.csv")
	require.NoError(t, os.Symlink("/dev/zero", endless))
	for path, want := range map[string]string{pipe: "it is a pipe; expected a regular file", endless: "it is a device; expected a regular file"} {
		_, err := loadBounded(t, geo.Source{File: path})
		require.ErrorContains(t, err, want)
		require.Equal(t, "unreadable", findings(t, err)[0].Code)
	}
}

// A source that somebody else opens is read by what that gives.
func TestSourceWithOpen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "content")
	require.NoError(t, os.WriteFile(path, sample(t)[0].Data, 0o600))
	table := load(t, geo.Source{File: "label.mmdb", Open: func() (*os.File, error) { return os.Open(path) }})
	require.Equal(t, "US", lookup(t, table, "8.8.8.8").Country)
	require.Equal(t, "label.mmdb", table.Datasets()[0].File)
	_, err := geo.Load(geo.Source{File: path, Open: func() (*os.File, error) { return nil, os.ErrPermission }})
	require.ErrorIs(t, err, os.ErrPermission)
	// One that cannot be read is no bad database.
	_, err = geo.Load(geo.Source{File: "label.mmdb", Open: func() (*os.File, error) { return os.OpenFile(path, os.O_WRONLY, 0) }})
	require.Equal(t, "unreadable", findings(t, err)[0].Code)
	// One that is there once, and not again for its lines.
	opened := 0
	require.NoError(t, os.WriteFile(path, []byte(header), 0o600))
	_, err = geo.NewTracer(geo.Source{File: "rows.csv", Open: func() (*os.File, error) {
		if opened++; opened > 1 {
			return nil, os.ErrNotExist
		}
		return os.Open(path)
	}})
	require.ErrorIs(t, err, os.ErrNotExist)
}
