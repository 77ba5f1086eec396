package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/netwicket/netwicket/cmd/internal/mutants/noticed"
)

// known is what is remembered of a fault.
type known struct {
	outcome string // of its result
	hash    string // of the fault, of the file that has it and of the test's file; empty: try it again
	test    string // that noticed it, FOLDER.TestName; empty: none did, or nobody knows which
}

// memory is results.txt: what is remembered, by file and description of the fault.
type memory map[string]known

const memoryHead = "# outcome, hash, test that notices, fault; written by go run ./cmd/internal/mutants\n"

func readMemory(path string) (memory, error) {
	m := memory{}
	return m, noticed.ReadLines(path, func(fields []string) bool {
		if len(fields) != 4 {
			return false
		}
		m[fields[3]] = known{fields[0], fields[1], fields[2]}
		return true
	})
}

// write keeps what is remembered of the faults that there are.
func (m memory) write(path string, all []*fault) error {
	var lines []string
	for _, f := range all {
		if k, there := m[f.key()]; there {
			lines = append(lines, fmt.Sprintf("%s\t%s\t%s\t%s\n", k.outcome, k.hash, k.test, f.key()))
		}
	}
	slices.Sort(lines)
	lines = slices.Compact(lines)
	return os.WriteFile(path, []byte(memoryHead+strings.Join(lines, "")), 0o644)
}

// hints are tests that are worth asking before all others: those that notice what the
// machine does to a function, as its own memory has it.
type hints map[string][]string // by folder and function

func readHints(root string) (hints, error) {
	h := hints{}
	return h, noticed.ReadLines(filepath.Join(root, "cmd", "internal", "mutants", "machine", "results.txt"), func(fields []string) bool {
		if len(fields) == 7 { // else of a survivor
			h[fields[0]+" "+fields[1]] = strings.Fields(fields[6])
		}
		return true
	})
}
