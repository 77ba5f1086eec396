package workload

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// The files of the data folder.
const (
	prefixFile    = "bgp/prefixes.txt.gz"
	countryFile   = "mmdb/country-2025.mmdb"
	asnFile       = "mmdb/asn-2024.mmdb"
	anonymousFile = "mmdb/anonymous-2026.mmdb"
)

// Directory is the folder with the real data: NETWICKET_DATA, else shared/data
// beside the repository. The error says what is missing.
func Directory() (string, error) {
	if directory := os.Getenv("NETWICKET_DATA"); directory != "" {
		return directory, complete(directory)
	}
	at, err := os.Getwd()
	if err != nil {
		return "", err
	}
	// The module of the peers lies inside the repository, so that the first
	// go.mod on the way up need not be the repository's.
	for {
		if _, err := os.Stat(filepath.Join(at, "go.mod")); err == nil {
			directory := filepath.Join(filepath.Dir(at), "shared", "data")
			if complete(directory) == nil {
				return directory, nil
			}
		}
		parent := filepath.Dir(at)
		if parent == at {
			return "", errors.New("no complete folder shared/data beside the repository, and NETWICKET_DATA is not set")
		}
		at = parent
	}
}

func complete(directory string) error {
	for _, file := range []string{prefixFile, countryFile, asnFile, anonymousFile} {
		if _, err := os.Stat(filepath.Join(directory, file)); err != nil {
			return fmt.Errorf("the data folder is incomplete: %w", err)
		}
	}
	return nil
}

// Origin says on one line what the workloads are drawn from, as benchmarks
// print it before they start. The line is a configuration line of the Go
// benchmark format, so that it is kept beside the results.
func Origin() string {
	directory, err := Directory()
	if err != nil {
		return "data: generated whole-internet set (" + err.Error() + ")"
	}
	return "data: real (" + filepath.Base(filepath.Dir(directory)) + "/" + filepath.Base(directory) + ": country-2025, asn-2024, anonymous-2026, announced prefixes of 2024-01)"
}
