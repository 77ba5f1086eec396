package main

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/netwicket/netwicket/cmd/internal/mutants/noticed"
)

// function is what is remembered of a function: a line of results.txt, or of fields.txt.
type function struct {
	folder, name string
	hash         string // of its text and of the tests that noticed
	caught       int
	equivalent   int
	notMade      int
	noticing     []string // tests, sorted
	survived     []string // keys of mutants, sorted
}

// memory is results.txt or fields.txt: one line for each function, one for each survivor.
type memory map[string]*function // by folder and name

func readMemory(path string) (memory, error) {
	m := memory{}
	return m, noticed.ReadLines(path, func(fields []string) bool {
		switch {
		case len(fields) == 4 && fields[2] == "SURVIVED" && m[fields[0]+" "+fields[1]] != nil:
			of := m[fields[0]+" "+fields[1]]
			of.survived = append(of.survived, fields[3])
			return true
		case len(fields) == 7:
			f := &function{folder: fields[0], name: fields[1], hash: fields[2], noticing: strings.Fields(fields[6])}
			for at, to := range []*int{&f.caught, &f.equivalent, &f.notMade} {
				var err error
				if *to, err = strconv.Atoi(fields[3+at]); err != nil {
					return false
				}
			}
			m[f.folder+" "+f.name] = f
			return true
		default:
			return false
		}
	})
}

func (m memory) write(path string) error {
	var b strings.Builder
	b.WriteString("# package, function, hash, mutants caught, equivalent, not made, tests that notice; written by go run ./cmd/internal/mutants/machine\n")
	for _, f := range m.sorted() {
		fmt.Fprintf(&b, "%s\t%s\t%s\t%d\t%d\t%d\t%s\n", f.folder, f.name, f.hash, f.caught, f.equivalent, f.notMade, strings.Join(f.noticing, " "))
		for _, key := range f.survived {
			fmt.Fprintf(&b, "%s\t%s\tSURVIVED\t%s\n", f.folder, f.name, key)
		}
	}
	next := path + ".next" // a run that is ended meanwhile leaves what was remembered
	if err := os.WriteFile(next, []byte(b.String()), 0o644); err != nil {
		return err
	}
	return os.Rename(next, path)
}

func (m memory) sorted() []*function {
	var all []*function
	for _, f := range m {
		all = append(all, f)
	}
	slices.SortFunc(all, func(a, b *function) int { return strings.Compare(a.folder+" "+a.name, b.folder+" "+b.name) })
	return all
}

// explain counts survivors as equivalent that have a reason by now: they are not tried
// again as long as their function and its tests stay what they are.
func (m memory) explain(known []equivalent) {
	for _, e := range known {
		name, _, _ := strings.Cut(e.key, ": ")
		if f := m[e.folder+" "+name]; f != nil {
			before := len(f.survived)
			f.survived = slices.DeleteFunc(f.survived, func(key string) bool { return key == e.key })
			f.equivalent += before - len(f.survived)
		}
	}
}

// forget drops what is remembered of functions that a package has no more.
func (m memory) forget(folder string, has map[string]bool) {
	for key, f := range m {
		if f.folder == folder && !has[f.name] {
			delete(m, key)
		}
	}
}

// table is a summary by package, as docs/guarantees.md has it.
func (m memory) table() string {
	var b strings.Builder
	b.WriteString("| mutants of | made | noticed | equivalent | survive | |\n|---|---:|---:|---:|---:|---:|\n")
	row := func(folder string, caught, equivalent, survived int) {
		made := caught + equivalent + survived
		fmt.Fprintf(&b, "| %s | %d | %d | %d | %d | %.1f %% |\n", folder, made, caught, equivalent, survived, 100*float64(survived)/float64(max(1, made)))
	}
	var all, of [3]int
	sorted := m.sorted()
	for i, f := range sorted {
		for at, n := range []int{f.caught, f.equivalent, len(f.survived)} {
			all[at] += n
			of[at] += n
		}
		if i+1 == len(sorted) || sorted[i+1].folder != f.folder {
			row("`"+f.folder+"`", of[0], of[1], of[2])
			of = [3]int{}
		}
	}
	row("all", all[0], all[1], all[2])
	return b.String()
}
