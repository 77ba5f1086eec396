package workload

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/netwicket/netwicket/internal/realdata"
)

// The files of the data folder.
const (
	prefixFile    = "bgp/prefixes.txt.gz"
	countryFile   = "mmdb/country-2025.mmdb"
	asnFile       = "mmdb/asn-2024.mmdb"
	anonymousFile = "mmdb/anonymous-2026.mmdb"
)

// Directory is the folder with the real data. The error says what is missing.
func Directory() (string, error) {
	directory, err := realdata.Folder()
	if err != nil {
		return "", err
	}
	for _, file := range []string{prefixFile, countryFile, asnFile, anonymousFile} {
		if _, err := os.Stat(filepath.Join(directory, file)); err != nil {
			return "", fmt.Errorf("the folder of real data is incomplete: %w", err)
		}
	}
	return directory, nil
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
