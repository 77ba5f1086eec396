package textdiff

import (
	"bytes"
	"slices"
)

// Lines are the lines of a text with their ends; the last one may have none.
func Lines(text []byte) [][]byte {
	return slices.Collect(bytes.Lines(text))
}

// run is a run of lines: before[From1:To1] became after[From2:To2].
type run struct{ From1, To1, From2, To2 int }

// maxSteps bounds the search for the shortest difference, whose time and memory grow
// with the square of its length.
const maxSteps = 1500

// compare lists the runs in which two lists differ, in order. Nothing lies between them
// that differs.
func compare(before, after [][]byte) []run {
	start := 0
	for start < min(len(before), len(after)) && bytes.Equal(before[start], after[start]) {
		start++
	}
	end1, end2 := len(before), len(after)
	for end1 > start && end2 > start && bytes.Equal(before[end1-1], after[end2-1]) {
		end1, end2 = end1-1, end2-1
	}
	if start == end1 && start == end2 {
		return nil
	}
	var runs []run
	for _, r := range shortest(before[start:end1], after[start:end2]) {
		runs = append(runs, run{r.From1 + start, r.To1 + start, r.From2 + start, r.To2 + start})
	}
	return runs
}

// shortest is the shortest difference of two lists that differ.
func shortest(before, after [][]byte) []run {
	whole := []run{{0, len(before), 0, len(after)}}
	most := min(len(before)+len(after), maxSteps)
	reach := make([]int, 2*most+2) // by diagonal, from -most: how far one gets on it
	var trail [][]int
	for steps := range most + 1 {
		trail = append(trail, slices.Clone(reach[most-steps:most+steps+2]))
		for diagonal := -steps; diagonal <= steps; diagonal += 2 {
			at := most + diagonal
			x := reach[at+1] // nowhere at first
			if diagonal > -steps && reach[at-1] >= reach[at+1] {
				x = reach[at-1] + 1
			}
			y := x - diagonal
			for x < len(before) && y < len(after) && bytes.Equal(before[x], after[y]) {
				x, y = x+1, y+1
			}
			reach[at] = x
			if x >= len(before) && y >= len(after) {
				return back(trail, len(before), len(after))
			}
		}
	}
	return whole
}

// back walks the way back that shortest has found. trail[n] has the reaches before step
// n, of the diagonals from -n to n+1.
func back(trail [][]int, x, y int) []run {
	var runs []run
	add := func(from1, to1, from2, to2 int) {
		if len(runs) > 0 && runs[len(runs)-1].From1 == to1 { // and From2 == to2: as many lines of both lie between
			runs[len(runs)-1].From1, runs[len(runs)-1].From2 = from1, from2
			return
		}
		runs = append(runs, run{from1, to1, from2, to2})
	}
	for steps := len(trail) - 1; steps > 0; steps-- {
		diagonal := x - y
		at := func(d int) int { // of the step before
			if d+steps < 0 {
				return -1
			}
			return trail[steps][d+steps]
		}
		from := diagonal - 1
		if at(diagonal-1) < at(diagonal+1) {
			from = diagonal + 1
		}
		x1 := at(from)
		y1 := x1 - from
		if from > diagonal { // a line was added
			add(x1, x1, y1, y1+1)
		} else {
			add(x1, x1+1, y1, y1)
		}
		x, y = x1, y1
	}
	slices.Reverse(runs)
	return runs
}
