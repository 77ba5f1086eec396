package okta

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/records"
)

// named is a place of a name, since tests are read more easily with names.
func named(name string, priority int) place {
	at := 0
	for i := len(name) - 1; i >= 0; i-- {
		at = at<<8 + int(name[i])
	}
	return place{at: at, priority: priority, system: name == "S"}
}

func nameOf(p place) string {
	name := ""
	for at := p.at; at > 0; at >>= 8 {
		name += string(rune(at & 0xff))
	}
	return name
}

// prioritiesOf are a list's priorities by id.
func prioritiesOf(list []place) map[string]int {
	of := make(map[string]int)
	for _, p := range list {
		of[nameOf(p)] = p.priority
	}
	return of
}

func TestSequential(t *testing.T) {
	list := func(system bool, ids ...string) []place {
		var all []place
		for i, id := range ids {
			all = append(all, named(id, i+1))
		}
		if system {
			all = append(all, named("S", len(ids)+1))
		}
		return all
	}
	number := func(n int) *int { return &n }
	for _, test := range []struct {
		name   string
		list   []place
		wanted *int
		want   []string
	}{
		{"the first", list(false), nil, []string{"new"}},
		{"no priority is the last", list(false, "a", "b"), nil, []string{"a", "b", "new"}},
		{"too high is the last", list(false, "a"), number(999), []string{"a", "new"}},
		{"a taken one shifts the rest", list(false, "a", "b", "c"), number(2), []string{"a", "new", "b", "c"}},
		{"the system's stays behind all", list(true, "a"), nil, []string{"a", "new", "S"}},
		{"the system's place is not for others", list(true, "a"), number(2), []string{"a", "new", "S"}},
		{"in front of the system's alone", list(true), number(7), []string{"new", "S"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			before := slices.Clone(test.list)
			record := named("new", 0)
			got := sequential(test.list, &record, test.wanted)
			for i, p := range got {
				require.Equal(t, test.want[i], nameOf(p))
				require.Equal(t, i+1, p.priority)
			}
			require.Len(t, got, len(test.want))
			require.Equal(t, before, test.list, "the list is the caller's")
		})
	}
	closed := sequential([]place{named("a", 2), named("b", 5), named("S", 9)}, nil, nil)
	require.Equal(t, map[string]int{"a": 1, "b": 2, "S": 3}, prioritiesOf(closed))
}

func TestGapped(t *testing.T) {
	number := func(n int) *int { return &n }
	catchAll := named("S", records.CatchAllPriority)
	for _, test := range []struct {
		name   string
		list   map[string]int
		wanted *int
		want   map[string]int // nil: there is no place
	}{
		{"the first is 0", nil, nil, map[string]int{"new": 0}},
		{"no priority is behind the last", map[string]int{"a": 4}, nil, map[string]int{"a": 4, "new": 5}},
		{"a gap is used, and nobody moves", map[string]int{"a": 1, "b": 3}, number(2), map[string]int{"a": 1, "new": 2, "b": 3}},
		{"a taken one shifts", map[string]int{"a": 1}, number(1), map[string]int{"new": 1, "a": 2}},
		{"up to the first gap", map[string]int{"a": 1, "b": 2, "c": 4}, number(1), map[string]int{"new": 1, "a": 2, "b": 3, "c": 4}},
		{"through to the end", map[string]int{"a": 1, "b": 2, "c": 3}, number(2), map[string]int{"a": 1, "new": 2, "b": 3, "c": 4}},
		{"the last place", map[string]int{"a": 97}, number(98), map[string]int{"a": 97, "new": 98}},
		{"the catch-all's place", nil, number(99), nil},
		{"beyond it", nil, number(100), nil},
		{"no place behind the last", map[string]int{"a": 98}, nil, nil},
		{"a shift that would reach it", map[string]int{"a": 97, "b": 98}, number(97), nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			var list []place
			for id, priority := range test.list {
				list = append(list, named(id, priority))
			}
			slices.SortFunc(list, func(a, b place) int { return a.priority - b.priority })
			got, err := gapped(append(list, catchAll), named("new", 55), test.wanted) // whatever it had
			if test.want == nil {
				require.ErrorIs(t, err, errNoPlace)
				return
			}
			require.NoError(t, err)
			test.want["S"] = records.CatchAllPriority
			require.Equal(t, test.want, prioritiesOf(got))
			require.True(t, slices.IsSortedFunc(got, func(a, b place) int { return a.priority - b.priority }))
		})
	}
}

// TestPrioritiesAgainstSlots: random sequences of writes come to what a row of
// numbered slots comes to, in which whoever is pushed takes the next one.
func TestPrioritiesAgainstSlots(t *testing.T) {
	const seed = 12
	random := rand.New(rand.NewPCG(seed, seed))
	for round := range 300 {
		slots := make(map[int]string)
		var list []place
		if round%2 == 0 {
			list = append(list, named("S", records.CatchAllPriority))
			slots[records.CatchAllPriority] = "S"
		}
		for step := range 30 {
			id := strconv.Itoa(step)
			wanted := random.IntN(102)
			if random.IntN(2) == 0 {
				wanted = random.IntN(6)
			}
			if len(list) > 1 && random.IntN(4) == 0 { // deletion shifts nothing
				gone := list[0]
				list = slices.Delete(list, 0, 1)
				delete(slots, gone.priority)
				continue
			}
			after, err := gapped(list, named(id, 0), &wanted)
			if !push(slots, id, wanted) {
				require.ErrorIs(t, err, errNoPlace, "seed %d, round %d, step %d", seed, round, step)
				continue
			}
			require.NoError(t, err)
			list = after
			got := make(map[int]string)
			for _, p := range list {
				got[p.priority] = nameOf(p)
			}
			require.Equal(t, slots, got, "seed %d, round %d, step %d", seed, round, step)
		}
	}
}

// push puts an id into a slot and whoever is there into the next one; false, and
// nothing changes, if somebody would come to 99 or beyond.
func push(slots map[int]string, id string, at int) bool {
	end := at
	for slots[end] != "" && slots[end] != "S" {
		end++
	}
	if end >= records.CatchAllPriority {
		return false
	}
	for i := end; i > at; i-- {
		slots[i] = slots[i-1]
	}
	slots[at] = id
	return true
}
