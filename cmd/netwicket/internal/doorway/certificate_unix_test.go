//go:build unix

package doorway_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/doorway"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/doorway/doorwaytest"
	"github.com/netwicket/netwicket/internal/files"
)

// TestCertificateThatIsNoFile: what took the certificate's place is not read.
func TestCertificateThatIsNoFile(t *testing.T) {
	folder := t.TempDir()
	cert, key := doorwaytest.WriteCertificate(t, folder, 1)
	certificate := doorway.NewCertificate(files.File{Path: cert}, files.File{Path: key})
	for want, become := range map[string]func(path string) error{
		"it is a device; expected a regular file": func(path string) error { return os.Symlink("/dev/zero", path) },
		"it is a pipe; expected a regular file":   func(path string) error { return syscall.Mkfifo(path, 0o600) },
		"it is a folder; expected a regular file": func(path string) error { return os.Mkdir(path, 0o700) },
		"larger than the limit of 1 MiB":          func(path string) error { return os.WriteFile(path, make([]byte, 1<<20+1), 0o600) },
		"failed to find any PEM data":             func(path string) error { return os.WriteFile(path, make([]byte, 1<<20), 0o600) },
	} {
		for _, path := range []string{cert, key} {
			require.NoError(t, os.Rename(path, filepath.Join(folder, "kept")))
			require.NoError(t, become(path))
			done := make(chan error, 1)
			go func() { _, err := certificate.Read(); done <- err }()
			select {
			case err := <-done:
				require.ErrorContains(t, err, want)
			case <-time.After(20 * time.Second):
				require.FailNow(t, "it waits for ever", want)
			}
			require.NoError(t, os.RemoveAll(path))
			require.NoError(t, os.Rename(filepath.Join(folder, "kept"), path))
		}
	}
	_, err := certificate.Read()
	require.NoError(t, err)
}
