package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// grown are the sizes of which the benchmark of growth compiled policies, ascending.
func (r *results) grown(what string) []int {
	var sizes []int
	for name := range r.values {
		if text, found := strings.CutPrefix(name, "Growth/"+what+"="); found {
			if size, err := strconv.Atoi(text); err == nil {
				sizes = append(sizes, size)
			}
		}
	}
	slices.Sort(sizes)
	return sizes
}

func grownName(what string, size int) string { return fmt.Sprintf("Growth/%s=%d", what, size) }

// growth is what policies cost of which each is twice as large as the one before it.
func (r *results) growth() string {
	var rows [][]string
	for _, kind := range []struct{ what, are string }{
		{"zones", "zones"}, {"ranges", "ranges of SailPoint's"}, {"feed", "addresses of a feed"}, {"rules", "rules"},
	} {
		for _, size := range r.grown(kind.what) {
			name := grownName(kind.what, size)
			times := ""
			if r.runs(grownName(kind.what, size/2)) > 0 {
				times = r.times(name, grownName(kind.what, size/2))
			}
			rows = append(rows, []string{grouped(size) + " " + kind.are, r.time(name), times,
				r.megabytes(name, "allocated-bytes"), r.megabytes(name, "policy-bytes")})
		}
	}
	return markdown([]string{"", "compile,", "times the half,", "allocated,", "policy,"}, rows)
}

// dearestDoubling is the most that a policy of twice the size costs.
func (r *results) dearestDoubling() (dearest float64, found bool) {
	for _, what := range []string{"zones", "ranges", "feed", "rules"} {
		for _, size := range r.grown(what) {
			if ratio, measured := r.ratio(grownName(what, size), grownName(what, size/2)); measured {
				dearest, found = max(dearest, ratio), true
			}
		}
	}
	return dearest, found
}

func (r *results) megabytes(name, unit string) string {
	bytes, found := r.measured(name, unit)
	if !found {
		return ""
	}
	return short(bytes/1e6) + " MB"
}

// grouped is a number with a comma before every third digit from its end.
func grouped(number int) string {
	text := strconv.Itoa(number)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
