// Command table makes the tables of the benchmarks' README from their raw
// results: medians of all runs in the files.
//
//	go run ./bench/table [-update FILE]... RESULTS...
//
// It prints the tables, or with -update writes each into the place that a
// file has for it: between <!-- table NAME --> and <!-- end -->.
package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
)

func main() {
	var update []string
	flag.Func("update", "write the tables into this `FILE` (repeatable)", func(path string) error {
		update = append(update, path)
		return nil
	})
	flag.Parse()
	if err := run(flag.Args(), update); err != nil {
		fmt.Fprintf(os.Stderr, "table: %v\n", err)
		os.Exit(1)
	}
}

func run(files, update []string) error {
	results := newResults()
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if err := results.read(path, string(text)); err != nil {
			return err
		}
	}
	if results.empty() {
		return fmt.Errorf("no benchmark results in %s", strings.Join(files, ", "))
	}
	tables := results.tables()
	if len(update) == 0 {
		for _, t := range tables {
			fmt.Printf("%s:\n\n%s\n", t.name, t.text)
		}
		return nil
	}
	for _, path := range update {
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		updated, err := replace(string(text), tables)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		if err := os.WriteFile(path, []byte(updated), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// table is one table in Markdown.
type table struct{ name, text string }

// replace puts the tables into the places that the text has for them.
func replace(text string, tables []table) (string, error) {
	const end = "<!-- end -->"
	places := 0
	for _, t := range tables {
		begin := "<!-- table " + t.name + " -->\n"
		before, rest, found := strings.Cut(text, begin)
		if !found {
			continue
		}
		_, after, found := strings.Cut(rest, end)
		if !found {
			return "", fmt.Errorf("%s without %s", strings.TrimSpace(begin), end)
		}
		text = before + begin + t.text + end + after
		places++
	}
	if places == 0 {
		return "", fmt.Errorf("no place for a table: expected <!-- table NAME --> and %s", end)
	}
	return text, nil
}
