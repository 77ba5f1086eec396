package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/netwicket/netwicket/cmd/internal/mutants/noticed"
)

// bench tries faults in copies of the repository, and remembers what became of them. Nothing
// that it remembers holds longer than the code and the test which it is about.
type bench struct {
	root, file string // of the repository, and where results are kept
	all        []*fault
	hints      hints

	mutex  sync.Mutex // of what follows, and what is printed
	memory memory
	sound  map[string]bool // tests that pass without a fault
	tests  *noticed.Tests
}

func newBench(root, file string, all []*fault) (*bench, error) {
	m, err := readMemory(file)
	if err != nil {
		return nil, err
	}
	h, err := readHints(root)
	if err != nil {
		return nil, err
	}
	return &bench{root: root, file: file, all: all, hints: h, memory: m, sound: map[string]bool{}, tests: noticed.New(root)}, nil
}

// task is a fault that has to be tried, and the tests that are asked first.
type task struct {
	*fault
	first []string // FOLDER.TestName
}

// tasks are those of the chosen faults of which nothing is remembered that still holds.
func (b *bench) tasks(chosen []*fault, fresh bool) ([]task, error) {
	var tasks []task
	for _, f := range chosen {
		text, err := os.ReadFile(filepath.Join(b.root, filepath.FromSlash(f.file)))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f, err)
		}
		k := b.memory[f.key()]
		if k.outcome == "caught" && k.hash != "" && !fresh {
			hash, err := b.hash(f, k.test)
			if err != nil {
				return nil, err
			}
			if hash == k.hash {
				continue
			}
		}
		t := task{fault: f}
		if k.test != "" {
			t.first = append(t.first, k.test)
		}
		t.first = append(t.first, b.hints[f.pkg()+" "+f.function(string(text))]...)
		tasks = append(tasks, t)
	}
	return tasks, nil
}

// hash is that of a fault, the file that has it and the test that notices.
func (b *bench) hash(f *fault, test string) (string, error) {
	text, err := os.ReadFile(filepath.Join(b.root, filepath.FromSlash(f.file)))
	if err != nil {
		return "", err
	}
	var tests []string
	if test != "" {
		tests = []string{test}
	}
	return b.tests.Hash(f.old+f.new+string(text), tests)
}

// tryAll tries faults in several copies of the repository at once, and prints what became
// of each. After the deadline none is begun.
func (b *bench) tryAll(tasks []task, jobs int, deadline time.Time) error {
	next := make(chan task)
	var workers sync.WaitGroup
	var problems []error
	left := 0
	for range jobs {
		workers.Go(func() {
			c, err := newCopy(b.root)
			if err == nil {
				defer c.remove()
			}
			for t := range next {
				if err != nil || time.Now().After(deadline) {
					b.mutex.Lock()
					left++
					b.mutex.Unlock()
					continue
				}
				err = b.tryOne(c, t)
			}
			b.mutex.Lock()
			defer b.mutex.Unlock()
			problems = append(problems, err)
		})
	}
	for _, t := range tasks {
		next <- t
	}
	close(next)
	workers.Wait()
	if left > 0 {
		fmt.Printf("%d are left for the next run\n", left)
	}
	return errors.Join(problems...)
}

func (b *bench) tryOne(c *moduleCopy, t task) error {
	r := c.try(t)
	if r.test != "" {
		b.mutex.Lock()
		sound := b.sound[r.test]
		b.mutex.Unlock()
		if !sound {
			if failed := c.ask([]string{r.test}); failed.outcome != "SURVIVED" {
				return fmt.Errorf("%s fails without any fault: what it notices says nothing", r.test)
			}
		}
	}
	hash, err := b.hash(t.fault, r.test)
	if err != nil {
		return err
	}
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.sound[r.test] = true
	b.memory[t.key()] = known{r.outcome, hash, r.test}
	fmt.Printf("%-8s %s (%s)\n", r.outcome, t.fault, r.detail)
	return b.memory.write(b.file, b.all)
}

// survivors is the error that names the faults which no test notices, or which were not
// tried.
func (b *bench) survivors(chosen []*fault) error {
	var bad []string
	caught := 0
	for _, f := range chosen {
		switch outcome := b.memory[f.key()].outcome; outcome {
		case "caught":
			caught++
		case "":
		default:
			bad = append(bad, outcome+" "+f.String())
		}
	}
	fmt.Printf("%d faults, %d caught, %d not, %d not tried yet\n", len(chosen), caught, len(bad), len(chosen)-caught-len(bad))
	if len(bad) > 0 {
		return fmt.Errorf("not caught:\n%s", strings.Join(bad, "\n"))
	}
	return nil
}
