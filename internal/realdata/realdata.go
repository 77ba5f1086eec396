// Package realdata finds the real data that tests and benchmarks use and that is
// no part of the repository: vendors' documents, databases of the whole
// internet, access logs. It imports the standard library alone.
//
// The folder is what NETWICKET_DATA names, else shared/data beside the
// repository. Where it is absent tests skip and say so, and benchmarks draw from
// generated data.
package realdata

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// variable names the folder; empty is as good as not set.
const variable = "NETWICKET_DATA"

// Folder is the folder with the real data. The error says where it was looked for.
func Folder() (string, error) {
	folder := os.Getenv(variable)
	if folder == "" {
		repository, err := Repository()
		if err != nil {
			return "", fmt.Errorf("%s is not set, and %w", variable, err)
		}
		folder = filepath.Join(filepath.Dir(repository), "shared", "data")
	}
	if _, err := os.Stat(folder); err != nil {
		return "", fmt.Errorf("no folder of real data, neither in %s nor in shared/data beside the repository: %w", variable, err)
	}
	return folder, nil
}

// Path is the path of a file or folder of the data, whose name has slashes. The
// test is skipped where it is absent.
func Path(tb testing.TB, name string) string {
	tb.Helper()
	folder, err := Folder()
	if err != nil {
		tb.Skip(err)
	}
	path := filepath.Join(folder, filepath.FromSlash(name))
	if _, err := os.Stat(path); err != nil {
		tb.Skipf("the folder of real data is incomplete: %v", err)
	}
	return path
}

// Repository is the folder with go.work, whatever module the caller is of and
// whatever the working directory of a test has become. Programs that are built
// with -trimpath do not know where their sources were: they have to run inside.
func Repository() (string, error) {
	if _, source, _, known := runtime.Caller(0); known && filepath.IsAbs(source) {
		if root, err := above(filepath.Dir(source)); err == nil {
			return root, nil
		}
	}
	working, err := os.Getwd()
	if err != nil {
		return "", err
	}
	return above(working)
}

// above is the folder with go.work, at a folder or above it.
func above(folder string) (string, error) {
	for at := folder; ; at = filepath.Dir(at) {
		if _, err := os.Stat(filepath.Join(at, "go.work")); err == nil {
			return at, nil
		}
		if at == filepath.Dir(at) {
			return "", errors.New("no go.work in " + folder + " or above it")
		}
	}
}
