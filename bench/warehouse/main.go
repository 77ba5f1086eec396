// Command warehouse runs what netwicket export --format sql prints on real engines and
// holds every row of the answer to netwicket eval: ClickHouse as chDB, DuckDB, and
// PostgreSQL. It is a module of its own for what the engines
// need, and asks the program alone. An engine that is not installed is passed over,
// which it says; scripts/warehouse -install fetches those that npm has.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	var w world
	flag.StringVar(&w.program, "netwicket", "netwicket", "the program, at `PATH`")
	flag.StringVar(&w.drivers, "drivers", ".", "folder `DIR` with the built clickhouse and with duckdb.mjs")
	flag.StringVar(&w.engines, "engines", "", "folder `DIR` with node_modules of @chdb/lib-linux-x64-gnu and @duckdb/node-api")
	flag.StringVar(&w.large, "large", "", "policy at `PATH` to ask about many addresses, too")
	flag.StringVar(&w.only, "only", "", "run this `ENGINE` alone")
	flag.IntVar(&w.random, "random", 1_000_000, "`N` random addresses for the large policy")
	flag.Parse()
	if err := w.run(); err != nil {
		fmt.Fprintln(os.Stderr, "warehouse:", err)
		os.Exit(1)
	}
}

// world is where the engines, the program and the policies are.
type world struct {
	program, drivers, engines, large, only string
	random                                 int
	folder                                 string
}

// statement is SQL to run; its rows go to a file, with columns parted by tabs and
// nothing escaped, if it names one.
type statement struct {
	SQL  string `json:"sql"`
	File string `json:"file,omitempty"`
}

// engine runs statements in a new database, in the folder of a subject.
type engine interface {
	name() string
	missing() error // why it is not to be had here
	requests() []string
	run(folder string, list []statement) (version string, seconds []float64, err error)
}

func (w *world) run() error {
	folder, err := os.MkdirTemp("", "netwicket-warehouse")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	w.folder = folder
	if err := os.Chmod(folder, 0o755); err != nil { // PostgreSQL may run as somebody else
		return err
	}
	subjects, err := w.subjects()
	if err != nil {
		return err
	}
	engines := []engine{&clickhouse{w}, &duckdb{w}, &postgresql{}}
	var failed []error
	for _, s := range subjects {
		if err := w.prepare(s); err != nil {
			return fmt.Errorf("policy %s: %w", s.name, err)
		}
		fmt.Printf("policy %s: %d requests, %d of them the ends of ranges\n", s.name, len(s.asked), s.ends)
		for _, e := range engines {
			if w.only != "" && w.only != e.name() {
				continue
			}
			if err := e.missing(); err != nil {
				fmt.Printf("  %s: skipped, %v\n", e.name(), err)
			} else if err := w.check(e, s); err != nil {
				failed = append(failed, fmt.Errorf("%s, policy %s: %w", e.name(), s.name, err))
			}
		}
	}
	return errors.Join(failed...)
}

// check runs the recipe of one engine on one subject.
func (w *world) check(e engine, s *subject) error {
	recipe, err := w.recipe(e.name(), s)
	if err != nil {
		return err
	}
	var list []statement
	for _, sql := range append(statements(recipe.text["1"]), statements(recipe.text["2"])...) {
		list = append(list, statement{SQL: sql})
	}
	loading := len(list)
	for _, sql := range e.requests() {
		list = append(list, statement{SQL: sql})
	}
	var parts []question
	for _, part := range recipe.order[2:] {
		byBucket := e.name() == "postgresql" && part == "3"
		if byBucket && s.notCut() || part == "4" && !s.compare {
			continue // what the table has not
		}
		if byBucket && s.measure {
			fmt.Println("  postgresql: part 3 is not asked: single buckets of IPv6 hold 18,000 ranges, which is what part 3b is for")
			continue
		}
		parts = append(parts, question{"part " + part, part == "4", recipe.text[part]})
	}
	if more, ok := e.(interface{ further(*subject) []question }); ok {
		parts = append(parts, more.further(s)...)
	}
	for i := range parts {
		for _, sql := range statements(parts[i].sql) {
			list = append(list, statement{SQL: sql, File: parts[i].file(i)})
		}
	}
	asking := len(list)
	var rivals []question
	if by, ok := e.(interface {
		measured() ([]string, []question)
	}); ok && s.measure {
		var prepare []string
		prepare, rivals = by.measured()
		list = appendMeasured(list, prepare, rivals)
	}
	version, seconds, err := e.run(s.folder, list)
	if err != nil {
		return err
	}
	total := 0.0
	for _, each := range seconds[:loading] {
		total += each
	}
	fmt.Printf("  %s %s: loaded in %.2f s\n", e.name(), version, total)
	asked := seconds[asking-len(parts) : asking]
	for i, part := range parts {
		holds := s.requireAnswers
		if part.differences {
			holds = s.requireDifferences
		}
		if err := holds(filepath.Join(s.folder, part.file(i))); err != nil {
			return fmt.Errorf("%s: %w", part.what, err)
		}
		fmt.Printf("    %s: as eval, to the row, in %.2f s\n", part.what, asked[i])
	}
	return printMeasured(s.folder, seconds, rivals)
}

// rounds is how often each rival is asked, in turn.
const rounds = 5

func appendMeasured(list []statement, prepare []string, rivals []question) []statement {
	for _, sql := range prepare {
		list = append(list, statement{SQL: sql})
	}
	for range rounds {
		for _, rival := range rivals {
			list = append(list, statement{SQL: rival.sql, File: rival.what + ".count"})
		}
	}
	return list
}

// printMeasured prints the medians, and holds the rivals to one answer.
func printMeasured(folder string, seconds []float64, rivals []question) error {
	medians, counts := make([]float64, len(rivals)), make([]string, len(rivals))
	for i, rival := range rivals {
		var took []float64
		for round := range rounds {
			took = append(took, seconds[len(seconds)-rounds*len(rivals)+round*len(rivals)+i])
		}
		slices.Sort(took)
		medians[i] = took[rounds/2]
		text, err := os.ReadFile(filepath.Join(folder, rival.what+".count"))
		if err != nil {
			return err
		}
		counts[i] = strings.TrimSpace(string(text))
		fmt.Printf("    %s: median of %d %.3f s, %.2f of %s; allowed and all: %s\n", rival.what, rounds, medians[i], medians[i]/medians[0], rivals[0].what, counts[i])
		if counts[i] != counts[0] {
			return fmt.Errorf("%s counts %s, %s %s", rival.what, counts[i], rivals[0].what, counts[0])
		}
	}
	return nil
}

// question is a query whose rows are held to eval.
type question struct {
	what        string
	differences bool // it is about what changes
	sql         string
}

func (q question) file(i int) string { return fmt.Sprintf("answers-%d.tsv", i) }

func (s *subject) notCut() bool { return strings.Contains(strings.Join(s.flags, " "), "--no-buckets") }
