//go:build manpages

package main

import (
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/manpages"
)

// With the tag manpages this is not the program but what writes its manual pages,
// into the folder that is named, dated by SOURCE_DATE_EPOCH. The tree of commands
// belongs to this package, and the generator, with what it needs, not into the
// program.
//
//	go run -tags manpages -ldflags "-X main.version=v1.2.3" ./cmd/netwicket FOLDER
func main() {
	if err := writeManPages(os.Args[1:], os.Getenv("SOURCE_DATE_EPOCH")); err != nil {
		(&commandLine{err: os.Stderr}).report(err)
		os.Exit(int(undecided))
	}
}

func writeManPages(folders []string, epoch string) error {
	if len(folders) != 1 {
		return fmt.Errorf("expected one folder, not %d", len(folders))
	}
	seconds, err := strconv.ParseInt(epoch, 10, 64)
	if err != nil {
		return fmt.Errorf("SOURCE_DATE_EPOCH: %w", err)
	}
	return manpages.Write((&commandLine{}).rootCommand(), folders[0], versionText(), time.Unix(seconds, 0))
}
