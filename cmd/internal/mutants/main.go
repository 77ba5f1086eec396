package main

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"time"
)

func main() {
	list := flag.Bool("list", false, "list the faults and end")
	only := flag.String("only", "", "only the faults whose file and description match this `regexp`")
	jobs := flag.Int("jobs", runtime.NumCPU(), "faults to try at the same time")
	flag.Parse()
	if err := run(*list, *only, *jobs); err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
		os.Exit(1)
	}
}

func run(list bool, only string, jobs int) error {
	pattern, err := regexp.Compile(only)
	if err != nil {
		return err
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
	return tryAll(chosen, max(1, min(jobs, len(chosen))))
}

// tryAll tries the faults in several copies of the module at once and prints
// what became of each, in their order.
func tryAll(chosen []*fault, jobs int) error {
	start := time.Now()
	results := make([]chan result, len(chosen))
	for i := range results {
		results[i] = make(chan result, 1)
	}
	next := make(chan int)
	errs := make(chan error, jobs)
	var workers sync.WaitGroup
	for range jobs {
		workers.Go(func() {
			c, err := newCopy()
			if err != nil {
				errs <- err
				return
			}
			defer c.remove()
			if err := c.checkUnchanged(chosen); err != nil {
				errs <- err
				return
			}
			for i := range next {
				results[i] <- c.try(chosen[i])
			}
		})
	}
	go func() {
		defer close(next)
		for i := range chosen {
			next <- i
		}
	}()
	var bad []string
	caught := 0
	for i, f := range chosen {
		var r result
		select {
		case r = <-results[i]:
		case err := <-errs:
			return err
		}
		fmt.Printf("%-8s %s (%s)\n", r.outcome, f, r.detail)
		if r.outcome == "caught" {
			caught++
		} else {
			bad = append(bad, f.String()+" ("+r.detail+")")
		}
	}
	workers.Wait()
	fmt.Printf("%d faults, %d caught, %d not, in %s\n", len(chosen), caught, len(bad), time.Since(start).Round(time.Second))
	if len(bad) > 0 {
		return fmt.Errorf("not caught:\n%s", strings.Join(bad, "\n"))
	}
	return nil
}
