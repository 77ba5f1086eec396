package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/netwicket/netwicket/cmd/internal/mutants/noticed"
	"github.com/netwicket/netwicket/cmd/internal/mutants/reach"
)

// workshop tries the mutants of one package.
type workshop struct {
	root string
	*source
	options
	deadline   time.Time
	results    memory
	file       string          // where results are kept
	equivalent map[string]bool // keys of mutants

	folder  string // for the copy and the test programs
	overlay string
	suites  []*suite // as far as they were needed, in the order of reach
	opening sync.Mutex

	writing sync.Mutex // results and what is printed
	texts   *noticed.Tests
}

// task is a function with the mutants of it that have to be tried.
type task struct {
	name, text string
	mutants    []*mutant
	notMade    int
	before     *function // what is remembered and still holds, if only survivors are tried
	changed    bool      // it does not hold any more, see -again
}

func (w *workshop) work() error {
	w.texts = noticed.New(w.root)
	found := w.find(w.source)
	tasks, err := w.tasks(found)
	if err != nil || len(tasks) == 0 {
		return err
	}
	if w.folder, err = os.MkdirTemp("", "netwicket-machine-"); err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(w.folder) }() // a temporary folder: nothing hangs on it
	made, overlay, err := instrument(w.source, found, w.folder)
	if err != nil {
		return err
	}
	w.overlay = overlay
	fmt.Printf("%s: %d mutants, %d more do not compile; %d functions to try\n", w.listed.ImportPath, len(made), len(found)-len(made), len(tasks))
	exists := map[*mutant]bool{}
	for _, m := range made {
		exists[m] = true
	}
	for _, t := range tasks {
		before := len(t.mutants)
		t.mutants = slices.DeleteFunc(t.mutants, func(m *mutant) bool { return !exists[m] })
		t.notMade = before - len(t.mutants)
	}
	return w.tryAll(tasks)
}

// tasks are the functions that are new or changed, and those with survivors.
func (w *workshop) tasks(found []*mutant) ([]*task, error) {
	var all []*task
	has := map[string]bool{}
	for i := 0; i < len(found); {
		first := found[i]
		t := &task{name: noticed.FunctionName(first.function), text: w.text(first.file, first.function)}
		for ; i < len(found) && found[i].function == first.function; i++ {
			t.mutants = append(t.mutants, found[i])
		}
		has[t.name] = true
		if !strings.Contains(t.name, w.only) {
			continue
		}
		if f := w.results[w.source.folder+" "+t.name]; f != nil && !w.fresh {
			hash, err := w.texts.Hash(t.text, f.noticing)
			if err != nil {
				return nil, err
			}
			if hash == f.hash || w.again {
				t.before, t.changed = f, hash != f.hash
				t.mutants = slices.DeleteFunc(t.mutants, func(m *mutant) bool { return !slices.Contains(f.survived, m.key()) })
				if len(t.mutants) == 0 && len(f.survived) == 0 {
					continue // else what survived is no mutant any more
				}
			}
		}
		all = append(all, t)
	}
	w.results.forget(w.source.folder, has)
	return all, nil
}

func (w *workshop) tryAll(tasks []*task) error {
	next := make(chan *task)
	var workers sync.WaitGroup
	var problems []error
	survivors, left := 0, 0
	for range max(1, w.jobs) {
		workers.Go(func() {
			for t := range next {
				if time.Now().After(w.deadline) {
					w.writing.Lock()
					left++
					w.writing.Unlock()
					continue
				}
				n, err := w.tryOne(t)
				w.writing.Lock()
				survivors += n
				if err != nil {
					problems = append(problems, err)
				}
				w.writing.Unlock()
			}
		})
	}
	for _, t := range tasks {
		next <- t
	}
	close(next)
	workers.Wait()
	if left > 0 {
		fmt.Printf("%s: %d functions are left for the next run\n", w.listed.ImportPath, left)
	}
	if survivors > 0 {
		problems = append(problems, fmt.Errorf("%d mutants survive", survivors))
	}
	return errors.Join(problems...)
}

// tryOne tries the mutants of a function, says which survive, and remembers.
func (w *workshop) tryOne(t *task) (survivors int, err error) {
	f := &function{folder: w.source.folder, name: t.name, notMade: t.notMade}
	if t.before != nil {
		f.caught, f.equivalent, f.notMade = t.before.caught, t.before.equivalent, t.before.notMade
		f.noticing = slices.Clone(t.before.noticing)
	}
	var said strings.Builder
	for _, m := range t.mutants {
		noticed, err := w.noticed(m, f.noticing)
		if err != nil {
			return 0, err
		}
		switch key := m.key(); {
		case noticed != "":
			f.caught++
			if !slices.Contains(f.noticing, noticed) {
				f.noticing = append(f.noticing, noticed)
			}
			if w.equivalent[key] {
				fmt.Fprintf(&said, "%s: NOT EQUIVALENT, %s notices: %s\n", w.fileSet.Position(m.node.Pos()), noticed, key)
			}
		case w.equivalent[key]:
			f.equivalent++
		default:
			survivors++
			f.survived = append(f.survived, key)
			fmt.Fprintf(&said, "%s: SURVIVED %s\n%s", w.fileSet.Position(m.node.Pos()), key, w.excerpt(m))
		}
	}
	slices.Sort(f.noticing)
	slices.Sort(f.survived)
	w.writing.Lock()
	defer w.writing.Unlock()
	fmt.Print(said.String())
	if t.changed {
		f.hash = t.before.hash
	} else if f.hash, err = w.texts.Hash(t.text, f.noticing); err != nil {
		return survivors, err
	}
	w.results[f.folder+" "+f.name] = f
	return survivors, w.results.write(w.file)
}

// excerpt is the line of a mutant with the ones before and after.
func (w *workshop) excerpt(m *mutant) string {
	lines := strings.Split(string(w.source.texts[m.file]), "\n")
	at := w.fileSet.Position(m.node.Pos()).Line - 1
	var b strings.Builder
	for i := max(0, at-1); i < min(len(lines), at+2); i++ {
		fmt.Fprintf(&b, "    %4d %s\n", i+1, lines[i])
	}
	return b.String()
}

// noticed puts a mutant before the tests that reach it: those that noticed
// its neighbours, then the others from the quickest on, several in one process as
// long as they are quick. Empty is a survivor.
func (w *workshop) noticed(m *mutant, before []string) (string, error) {
	for i := range reach.Packages[w.source.folder] {
		if w.own && i > 0 {
			break
		}
		s, err := w.open(i)
		if err != nil {
			return "", err
		}
		if s == nil {
			continue
		}
		var likely, others []*test
		for _, t := range s.tests {
			if !t.reaches[m.number] {
				continue
			}
			if slices.Contains(before, t.String()) {
				likely = append(likely, t)
			} else {
				others = append(others, t)
			}
		}
		tests := append(likely, others...)
		for together := 50 * time.Millisecond; len(tests) > 0; together *= 3 {
			n, took := 1, tests[0].took
			for n < len(tests) && took+tests[n].took < together {
				took += tests[n].took
				n++
			}
			if by, err := s.try(w.root, m.number, tests[:n]); by != "" || err != nil {
				return by, err
			}
			tests = tests[n:]
		}
	}
	return "", nil
}

// open compiles and measures the tests of one of the packages that can notice, once.
func (w *workshop) open(i int) (*suite, error) {
	w.opening.Lock()
	defer w.opening.Unlock()
	for len(w.suites) <= i {
		folder := strings.TrimPrefix(reach.Packages[w.source.folder][len(w.suites)], "./")
		s, err := compile(w.root, folder, w.overlay, w.folder)
		if err != nil {
			return nil, err
		}
		if s != nil {
			failing, err := s.measure(w.root, w.tests, w.longest)
			if err != nil {
				return nil, err
			}
			for _, name := range failing {
				fmt.Printf("%s fails in the copy without a mutant: left out\n", name)
			}
		}
		w.suites = append(w.suites, s)
	}
	return w.suites[i], nil
}
