package main

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// results are the measurements of all runs, by benchmark and unit.
type results struct {
	values map[string]map[string][]float64
	config map[string]string // cpu, toolchain, ...
}

func newResults() *results {
	return &results{values: map[string]map[string][]float64{}, config: map[string]string{}}
}

func (r *results) empty() bool { return len(r.values) == 0 }

// processors is the suffix -N of a benchmark's name.
var processors = regexp.MustCompile(`-\d+$`)

// read reads the Go benchmark format: https://go.dev/design/14313-benchmark-format.
func (r *results) read(path, text string) error {
	number := 0
	for line := range strings.Lines(text) {
		number++
		words := strings.Fields(line)
		if len(words) == 0 || !strings.HasPrefix(words[0], "Benchmark") {
			if key, value, found := strings.Cut(strings.TrimSpace(line), ": "); found && !strings.Contains(key, " ") {
				r.config[key] = value
			}
			continue
		}
		if len(words) < 4 || len(words)%2 != 0 {
			return fmt.Errorf("%s:%d: not the result of a benchmark: %q", path, number, line)
		}
		name := processors.ReplaceAllString(strings.TrimPrefix(words[0], "Benchmark"), "")
		for i := 2; i < len(words); i += 2 {
			value, err := strconv.ParseFloat(words[i], 64)
			if err != nil {
				return fmt.Errorf("%s:%d: %w", path, number, err)
			}
			if r.values[name] == nil {
				r.values[name] = map[string][]float64{}
			}
			r.values[name][words[i+1]] = append(r.values[name][words[i+1]], value)
		}
	}
	return nil
}

// measured is the median of a unit of a benchmark; false if it was not run.
func (r *results) measured(name, unit string) (float64, bool) {
	values := slices.Clone(r.values[name][unit])
	if len(values) == 0 {
		return 0, false
	}
	slices.Sort(values)
	middle := len(values) / 2
	if len(values)%2 == 1 {
		return values[middle], true
	}
	return (values[middle-1] + values[middle]) / 2, true
}

// runs is how often a benchmark was run.
func (r *results) runs(name string) int { return len(r.values[name]["ns/op"]) }
