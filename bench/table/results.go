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
	return median(r.values[name][unit])
}

func median(values []float64) (float64, bool) {
	if len(values) == 0 {
		return 0, false
	}
	values = slices.Sorted(slices.Values(values))
	middle := len(values) / 2
	if len(values)%2 == 1 {
		return values[middle], true
	}
	return (values[middle-1] + values[middle]) / 2, true
}

// ratio is how many times longer a benchmark takes than another; false if either was
// not run. Where both were run in every round it is the median of the rounds' ratios:
// what the machine did besides in a round met both.
func (r *results) ratio(name, base string) (float64, bool) {
	values, bases := r.costs(name, base)
	if len(values) == len(bases) {
		ratios := make([]float64, len(values))
		for i := range values {
			ratios[i] = values[i] / bases[i]
		}
		return median(ratios)
	}
	value, found := median(values)
	of, foundBase := median(bases)
	return value / of, found && foundBase
}

// costs are what two benchmarks took in each of their rounds: in processor time where
// it was measured of both, else by the clock.
func (r *results) costs(name, base string) (values, bases []float64) {
	for _, unit := range []string{"cpu-ns/op", "ns/op"} {
		values, bases = r.values[name][unit], r.values[base][unit]
		if len(values) > 0 && len(bases) > 0 {
			break
		}
	}
	return values, bases
}

// runs is how often a benchmark was run.
func (r *results) runs(name string) int { return len(r.values[name]["ns/op"]) }
