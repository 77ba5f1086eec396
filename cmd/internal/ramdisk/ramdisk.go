// Package ramdisk gives tests temporary folders in memory. What they write there is
// never waited for, and the order in which they write it stays what it is.
package ramdisk

import (
	"errors"
	"fmt"
	"os"
	"testing"
)

// shared is where Linux keeps files in memory.
const shared = "/dev/shm"

// Run runs a package's tests and gives what they are to exit with. Their temporary folders
// are in memory where the system has a place for that and room in it, unless TMPDIR says
// where they are.
func Run(m *testing.M) int {
	if os.Getenv("TMPDIR") != "" || !hasRoom() {
		return m.Run()
	}
	folder, err := os.MkdirTemp(shared, "netwicket-test-")
	if err != nil {
		return m.Run() // nobody may write there
	}
	defer func() { _ = os.RemoveAll(folder) }()                             // what is left costs nobody a test
	err = errors.Join(os.Chmod(folder, 0o755), os.Setenv("TMPDIR", folder)) // tests run programs as others, too
	if err != nil {
		fmt.Fprintln(os.Stderr, "ramdisk:", err)
		return 1
	}
	return m.Run()
}
