package spacemap

import (
	"github.com/netwicket/netwicket/internal/addrnum"
)

// run is a range of addresses and what it is, a number. It ends where the next
// one begins.
type run struct {
	first addrnum.Number
	what  int
}

// mostRuns is how many runs of a family a page takes, so that it stays below
// some 10 MB whatever the policy is.
const mostRuns = 400_000

// coarse are runs of a family, and if those are more than most, runs that are true
// except within networks of so many bits that hold several: each of these is one
// run, which join makes of what is in it. Bits are 0 where all are true.
func coarse(family addrnum.Family, runs []run, most int, join func(whats []int) int) (merged []run, bits int) {
	if len(runs) <= most {
		return runs, 0
	}
	width, step := 32, 2
	if family == addrnum.IPv6 {
		width, step = 128, 8
	}
	for bits = width - step; bits > step; bits -= step {
		if networksAndEdges(runs, uint(width-bits)) <= most {
			break
		}
	}
	c := coarsener{family: family, below: uint(width - bits), join: join}
	return c.runs(runs), bits
}

// networksAndEdges is how many runs are left at most, if networks with so many
// bits below them are the smallest.
func networksAndEdges(runs []run, below uint) int {
	count, alone := 0, false
	var last addrnum.Number
	for i, r := range runs {
		network := r.first.ShiftRight(below)
		if i == 0 || network != last {
			count++
			last, alone = network, network.ShiftLeft(below) == r.first
			if alone {
				continue
			}
		} else if !alone {
			continue
		}
		count++ // what is behind the network is a run of its own
		alone = false
	}
	return count
}

type coarsener struct {
	family addrnum.Family
	below  uint
	join   func(whats []int) int
	merged []run
}

func (c *coarsener) runs(runs []run) []run {
	for i := 0; i < len(runs); {
		network := runs[i].first.ShiftRight(c.below)
		first := network.ShiftLeft(c.below)
		behind := i + 1
		for behind < len(runs) && runs[behind].first.ShiftRight(c.below) == network {
			behind++
		}
		if behind == i+1 && runs[i].first == first {
			c.add(runs[i])
			i = behind
			continue
		}
		var whats []int
		if runs[i].first != first {
			whats = append(whats, runs[i-1].what)
		}
		for _, r := range runs[i:behind] {
			whats = append(whats, r.what)
		}
		c.add(run{first, c.join(whats)})
		if next := network.Next().ShiftLeft(c.below); first.Less(next) && !c.family.Last().Less(next) &&
			(behind == len(runs) || runs[behind].first.ShiftRight(c.below) != network.Next()) {
			c.add(run{next, runs[behind-1].what})
		}
		i = behind
	}
	return c.merged
}

func (c *coarsener) add(r run) {
	if n := len(c.merged); n == 0 || c.merged[n-1].what != r.what {
		c.merged = append(c.merged, r)
	}
}
