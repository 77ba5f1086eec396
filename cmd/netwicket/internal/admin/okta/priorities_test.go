package okta

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/records"
)

// prioritiesOf are a list's priorities by id.
func prioritiesOf(list []place) map[string]int {
	of := make(map[string]int)
	for _, p := range list {
		of[p.id] = p.priority
	}
	return of
}

func TestSequential(t *testing.T) {
	list := func(system bool, ids ...string) []place {
		var all []place
		for i, id := range ids {
			all = append(all, place{id: id, priority: i + 1})
		}
		if system {
			all = append(all, place{id: "system", priority: len(ids) + 1, system: true})
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
		{"the system's stays behind all", list(true, "a"), nil, []string{"a", "new", "system"}},
		{"the system's place is not for others", list(true, "a"), number(2), []string{"a", "new", "system"}},
		{"in front of the system's alone", list(true), number(7), []string{"new", "system"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			before := slices.Clone(test.list)
			got := sequential(test.list, &place{id: "new"}, test.wanted)
			for i, p := range got {
				require.Equal(t, test.want[i], p.id)
				require.Equal(t, i+1, p.priority)
			}
			require.Len(t, got, len(test.want))
			require.Equal(t, before, test.list, "the list is the caller's")
		})
	}
	closed := sequential([]place{{id: "a", priority: 2}, {id: "b", priority: 5}, {id: "system", priority: 9, system: true}}, nil, nil)
	require.Equal(t, map[string]int{"a": 1, "b": 2, "system": 3}, prioritiesOf(closed))
}

func TestGapped(t *testing.T) {
	number := func(n int) *int { return &n }
	catchAll := place{id: "system", priority: records.CatchAllPriority, system: true}
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
				list = append(list, place{id: id, priority: priority})
			}
			slices.SortFunc(list, func(a, b place) int { return a.priority - b.priority })
			got, err := gapped(append(list, catchAll), place{id: "new"}, test.wanted)
			if test.want == nil {
				require.ErrorIs(t, err, errNoPlace)
				return
			}
			require.NoError(t, err)
			test.want["system"] = records.CatchAllPriority
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
			list = append(list, place{id: "system", priority: records.CatchAllPriority, system: true})
			slots[records.CatchAllPriority] = "system"
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
			after, err := gapped(list, place{id: id}, &wanted)
			if !push(slots, id, wanted) {
				require.ErrorIs(t, err, errNoPlace, "seed %d, round %d, step %d", seed, round, step)
				continue
			}
			require.NoError(t, err)
			list = after
			got := make(map[int]string)
			for _, p := range list {
				got[p.priority] = p.id
			}
			require.Equal(t, slots, got, "seed %d, round %d, step %d", seed, round, step)
		}
	}
}

// push puts an id into a slot and whoever is there into the next one; false, and
// nothing changes, if somebody would come to 99 or beyond.
func push(slots map[int]string, id string, at int) bool {
	end := at
	for slots[end] != "" && slots[end] != "system" {
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
