package main

import (
	"fmt"
	"go/ast"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/internal/mutants/reach"
	"github.com/netwicket/netwicket/internal/realdata"
)

// Every equivalent mutant is one of the code as it is.
func TestEquivalentsFit(t *testing.T) {
	root, err := realdata.Repository()
	require.NoError(t, err)
	known, err := equivalents(equivalentText)
	require.NoError(t, err)
	keys := map[string]map[string]bool{}
	for _, e := range known {
		keys[e.folder] = map[string]bool{}
	}
	packages, err := loadAll(root, slices.Sorted(maps.Keys(keys))...)
	require.NoError(t, err)
	for _, s := range packages {
		for _, m := range append(mutants(s), losses(s)...) {
			keys[s.folder][m.key()] = true
		}
	}
	for _, e := range known {
		require.True(t, keys[e.folder][e.key], "%s: no such mutant any more", e)
		require.NotEmpty(t, e.reason, e)
	}
}

func TestPackagesHaveTests(t *testing.T) {
	for folder := range strings.SplitSeq(everything(), ",") {
		require.NotEmpty(t, reach.Packages[folder], folder)
	}
}

func TestEquivalents(t *testing.T) {
	got, err := equivalents("# why\n== zone F: a < b -> <=\n== zone (*T).m: x -> true\nboth\nlines\n")
	require.NoError(t, err)
	require.Equal(t, []equivalent{{"zone", "F: a < b -> <=", "both\nlines\n"}, {"zone", "(*T).m: x -> true", "both\nlines\n"}}, got)
	for _, text := range []string{"reason\n", "== zone\n", "== zone F: x -> true\n"} {
		_, err := equivalents(text)
		require.ErrorContains(t, err, "equivalent.txt", text)
	}
}

const program = `package sample

import (
	"errors"
	"time"
)

const limit = 3

var errFull = errors.New("full")

type set struct{ bits uint64 }

func (s *set) put(n, limit int) error {
	if n >= limit || n < 0 {
		return errFull
	}
	s.bits |= 1 << n
	return nil
}

func fill(first, last int) (s set, err error) {
	for i := first; i < last; i++ {
		if i == 2 {
			continue
		}
		if err := s.put(i, last); err != nil {
			return s, err
		}
	}
	return s, nil
}

func half(n int) (int, error) {
	if n%2 != 0 {
		return 0, errFull
	}
	_, err := fill(0, 0)
	if err != nil {
		return 0, err
	}
	return n/2 + 0, err
}

func next(n int) int {
	for ; ; n++ {
		if n%3 == 1 {
			continue
		}
		if n%3 != 0 {
			continue
		}
		return n
	}
}

const timeout = 5 * time.Second

type kind int

const thick kind = 7

type door struct {
	owner, note  string
	most, spare  int
	kind         kind
	within       *door
	wait, before time.Duration
}

func opened(who string) []door {
	return []door{{owner: who, note: "", most: 2 * limit, spare: 0, within: &door{wait: timeout}}, {"", "", 1, limit, thick, nil, 0, 0}}
}
`

const itsTests = `package sample

import "testing"

func TestFill(t *testing.T) {
	if s, err := fill(0, 4); err != nil || s.bits != 0b1011 {
		t.Fatal(s, err)
	}
}

func TestOpened(t *testing.T) {
	doors := opened("me")
	if doors[0].owner != "me" || doors[0].most != 6 || doors[0].within.wait != timeout || doors[1].spare != 3 {
		t.Fatal(doors)
	}
}

func TestNext(t *testing.T) {
	if next(4) != 6 {
		t.Fatal(next(4))
	}
}

func TestBroken(t *testing.T) { t.Fatal("always") }
`

// sample is a module with one package.
func sample(t *testing.T) *source {
	t.Helper()
	root := t.TempDir()
	for name, text := range map[string]string{"go.mod": "module sample\n\ngo 1.26\n", "sample.go": program, "sample_test.go": itsTests} {
		require.NoError(t, os.WriteFile(filepath.Join(root, name), []byte(text), 0o644))
	}
	t.Setenv("GOWORK", "off")
	s, err := load(root, "")
	require.NoError(t, err)
	return s
}

func keysOf(found []*mutant) (keys []string) {
	for _, m := range found {
		keys = append(keys, m.key())
	}
	return keys
}

func TestMutants(t *testing.T) {
	got := keysOf(mutants(sample(t)))
	require.Equal(t, []string{
		"(*set).put: s.bits |= 1 << n -> s.bits &= 1 << n",
		"(*set).put: s.bits |= 1 << n -> nothing",
		"(*set).put: n >= limit || n < 0 -> true",
		"(*set).put: n >= limit || n < 0 -> false",
		"(*set).put: n >= limit -> false",
		"(*set).put: n < 0 -> false",
		"(*set).put: n >= limit -> >",
		"(*set).put: n >= limit -> <",
		"(*set).put: n < 0 -> <=",
		"(*set).put: n < 0 -> >=",
		"(*set).put: return errFull -> nil",
		"(*set).put: 1 << n -> >>",
		"(*set).put: 1 -> one more",
	}, got[:13])
	require.Contains(t, got, "fill: continue -> break")
	require.Contains(t, got, "fill: return err -> nil")
	require.Contains(t, got, "fill: s.put(i, last) -> swapped")
	require.Contains(t, got, "fill: i == 2 -> false")
	require.Contains(t, got, "half: 0 -> one more", "of the comparison")
	require.NotContains(t, got, "half: 0 -> one more #2", "beside an error of the package")
	require.Contains(t, got, "half: 0 -> one more #4", "an argument")
	require.NotContains(t, got, "half: 0 -> one more #5", "beside an error that was found")
	require.Contains(t, got, "half: 0 -> one more #6", "beside what may be no error")
}

// What is lost: fields that are set to something, and limits with a name.
func TestLosses(t *testing.T) {
	require.Equal(t, []string{
		"opened: owner: who -> no field",
		"opened: most: 2 * limit -> no field",
		"opened: within: &door{wait: timeout} -> no field",
		"opened: 2 * limit -> a hundred times",
		"opened: wait: timeout -> no field",
		"opened: timeout -> a hundred times",
		"opened: limit -> a hundred times",
	}, keysOf(losses(sample(t))))
}

// verdicts has the mutants of the sample made, all of them, and asks the first test that reaches
// each: by key, which one noticed.
func verdicts(t *testing.T, find func(*source) []*mutant, reaching int) map[string]string {
	t.Helper()
	s, work := sample(t), t.TempDir()
	found := find(s)
	made, overlay, err := instrument(s, found, work)
	require.NoError(t, err)
	require.Len(t, made, len(found))
	suite, err := compile(s.listed.Dir, "", overlay, work)
	require.NoError(t, err)
	failing, err := suite.measure(s.listed.Dir, regexp.MustCompile(""), 0)
	require.NoError(t, err)
	require.Equal(t, []string{".TestBroken"}, failing)
	require.Len(t, suite.tests, reaching, "that reach any")
	all := map[string]string{}
	for _, m := range made {
		asked := slices.DeleteFunc(slices.Clone(suite.tests), func(one *test) bool { return !one.reaches[m.number] })
		if len(asked) == 0 {
			all[m.key()] = "not reached"
			continue
		}
		all[m.key()], err = suite.try(s.listed.Dir, m.number, asked[:1])
		require.NoError(t, err)
	}
	return all
}

// The copy compiles, passes where it passed, and notices what it should.
func TestInstrumentedCopy(t *testing.T) {
	got := verdicts(t, mutants, 3)
	require.Equal(t, ".TestFill", got["(*set).put: 1 << n -> >>"])
	require.Equal(t, ".TestFill", got["fill: continue -> break"])
	require.Equal(t, ".TestFill", got["fill: s.put(i, last) -> swapped"])
	require.Equal(t, ".TestNext", got["next: continue -> break"], "the loop is left that has no end")
	require.Equal(t, "", got["(*set).put: n >= limit -> false"], "no limit is met in the test")
	require.Equal(t, "not reached", got["(*set).put: return errFull -> nil"])
}

// So does the copy of what is lost.
func TestInstrumentedLosses(t *testing.T) {
	for key, noticed := range verdicts(t, losses, 1) {
		require.Equal(t, ".TestOpened", noticed, key)
	}
}

// A mutant that does not compile is left out, and its neighbours are made.
func TestMutantsThatDoNotCompile(t *testing.T) {
	s := sample(t)
	found := mutants(s)
	at := slices.IndexFunc(found, func(m *mutant) bool { return m.what == "continue -> break" })
	found[at].write = func(inner func(ast.Node) string) string {
		return fmt.Sprintf("if mutantOn(%d) { break elsewhere } else { %s }", found[at].number, inner(found[at].node))
	}
	made, _, err := instrument(s, found, t.TempDir())
	require.NoError(t, err)
	require.NotContains(t, made, found[at])
	require.GreaterOrEqual(t, len(made), len(found)-3, "the others of its statement may go with it")
}

func TestMemory(t *testing.T) {
	path := filepath.Join(t.TempDir(), "results.txt")
	before := memory{
		"zone f": {folder: "zone", name: "f", hash: "aa", caught: 3, equivalent: 1, notMade: 2, noticing: []string{"zone.TestA", "zone.TestB"}, survived: []string{"f: a < b -> <="}},
		"geo g":  {folder: "geo", name: "g", hash: "bb", caught: 4},
	}
	require.NoError(t, before.write(path))
	require.NoError(t, before.write(path), "over one that is there")
	beside, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	require.Len(t, beside, 1)
	after, err := readMemory(path)
	require.NoError(t, err)
	require.Equal(t, before["zone f"], after["zone f"])
	require.Equal(t, 4, after["geo g"].caught)
	require.Contains(t, after.table(), "| `zone` | 5 | 3 | 1 | 1 | 20.0 % |")
	require.Contains(t, after.table(), "| all | 9 | 7 | 1 | 1 | 11.1 % |")
	after.explain([]equivalent{{folder: "zone", key: "f: a < b -> <="}, {folder: "zone", key: "g: a -> true"}})
	require.Contains(t, after.table(), "| `zone` | 5 | 3 | 2 | 0 | 0.0 % |", "what has a reason now survives no more")
	after.forget("zone", map[string]bool{})
	require.Len(t, after, 1)
	require.NoError(t, os.WriteFile(path, []byte("zone\tf\n"), 0o644))
	_, err = readMemory(path)
	require.ErrorContains(t, err, "results.txt:1:")
}
