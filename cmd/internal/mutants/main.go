package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"time"

	"github.com/netwicket/netwicket/internal/realdata"
)

func main() {
	list := flag.Bool("list", false, "list the faults and end")
	only := flag.String("only", "", "only the faults whose file and description match this `regexp`")
	jobs := flag.Int("jobs", runtime.NumCPU(), "faults to try at the same time")
	budget := flag.Duration("budget", 40*time.Minute, "begin no fault after this time")
	fresh := flag.Bool("fresh", false, "try also what is known to be noticed as things are")
	flag.Parse()
	if err := run(*list, *only, *jobs, *budget, *fresh); err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
		os.Exit(1)
	}
}

func run(list bool, only string, jobs int, budget time.Duration, fresh bool) error {
	pattern, err := regexp.Compile(only)
	if err != nil {
		return fmt.Errorf("-only: %w", err)
	}
	all, err := faults()
	if err != nil {
		return err
	}
	var chosen []*fault
	for _, f := range all {
		if pattern.MatchString(f.String()) {
			chosen = append(chosen, f)
		}
	}
	if list {
		for _, f := range chosen {
			fmt.Println(f)
		}
		return nil
	}
	if len(chosen) == 0 {
		return fmt.Errorf("no fault matches %q", only)
	}
	root, err := realdata.Repository()
	if err != nil {
		return err
	}
	b, err := newBench(root, filepath.Join(root, "cmd", "internal", "mutants", "results.txt"), all)
	if err != nil {
		return err
	}
	tasks, err := b.tasks(chosen, fresh)
	if err != nil {
		return err
	}
	fmt.Printf("%d faults, %d of them known to be noticed as things are\n", len(chosen), len(chosen)-len(tasks))
	return errors.Join(b.tryAll(tasks, max(1, min(jobs, len(tasks))), time.Now().Add(budget)), b.survivors(chosen))
}
