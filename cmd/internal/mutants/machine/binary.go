package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// suite is the compiled tests of one package with the mutants of another, or of its own.
type suite struct {
	folder string // of the package, where its tests run
	binary string
	tests  []*test // those that pass without a mutant, the quickest first
}

// test is a top-level test, fuzz target with its seeds, or example.
type test struct {
	name    string
	took    time.Duration // of a processor
	reaches map[int]bool
	suite   *suite
}

// String names a test as docs do: decide/gate.TestEdge.
func (t *test) String() string { return t.suite.folder + "." + t.name }

// compile builds the tests of a package with an overlay.
func compile(root, folder, overlay, work string) (*suite, error) {
	s := &suite{folder: folder, binary: filepath.Join(work, strings.ReplaceAll(folder, "/", "_")+".test")}
	build := exec.Command("go", "test", "-c", "-vet=off", "-overlay", overlay, "-o", s.binary, "./"+folder)
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("tests of %s: %w\n%s", folder, err, out)
	}
	if _, err := os.Stat(s.binary); err != nil {
		return nil, nil // a package without tests
	}
	return s, nil
}

// measure runs every test alone without a mutant, and learns what it takes and
// reaches. It returns the names of those that fail. Tests that take longer than
// longest are not asked, where it is not 0.
func (s *suite) measure(root string, asked *regexp.Regexp, longest time.Duration) (failing []string, err error) {
	out, _, err := s.run(root, "", nil, time.Minute, "-test.list", ".")
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.folder, err)
	}
	record := s.binary + ".reached"
	for name := range strings.FieldsSeq(string(out)) {
		if strings.HasPrefix(name, "Benchmark") || !asked.MatchString(name) {
			continue
		}
		t := &test{name: name, suite: s, reaches: map[int]bool{}}
		_ = os.Remove(record) // it need not be there
		limit := 4 * time.Minute
		if longest > 0 {
			limit = longest + time.Second
		}
		_, t.took, err = s.run(root, "", []string{"NETWICKET_MUTANT_RECORD=" + record}, limit, "-test.run", "^"+name+"$") // with what it costs to record, which is more than without
		if longest > 0 && t.took > longest {
			continue
		}
		if err != nil {
			failing = append(failing, t.String())
			continue
		}
		reached, _ := os.ReadFile(record) // absent where it reaches nothing
		for number := range strings.FieldsSeq(string(reached)) {
			if n, err := strconv.Atoi(number); err == nil { // two processes may have written at once
				t.reaches[n] = true
			}
		}
		if len(t.reaches) > 0 {
			s.tests = append(s.tests, t)
		}
	}
	slices.SortFunc(s.tests, func(a, b *test) int { return int(a.took - b.took) })
	return failing, nil
}

var failed = regexp.MustCompile(`(?m)^--- FAIL: (\w+)`)

// try runs tests of this suite with a mutant in force and names the first that notices.
func (s *suite) try(root string, number int, tests []*test) (noticed string, err error) {
	names := make([]string, len(tests))
	var took time.Duration
	for i, t := range tests {
		names[i] = t.name
		took += t.took
	}
	out, _, err := s.run(root, strconv.Itoa(number), nil, 2*time.Second+4*took, "-test.failfast", "-test.run", "^("+strings.Join(names, "|")+")$")
	var exit *exec.ExitError
	switch {
	case err == nil:
		return "", nil
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &exit):
		if match := failed.FindSubmatch(out); match != nil {
			return s.folder + "." + string(match[1]), nil
		}
		return tests[0].String(), nil // it hung, or its process ended
	}
	return "", err
}

// run runs the test program in its package's folder and says what time of a
// processor it took. That time is limited, since a mutant may go on for ever and
// others may use the processors meanwhile, and so is the memory, where the system
// knows these limits. What waits for nothing ends after a while, too.
func (s *suite) run(root, mutant string, environment []string, limit time.Duration, arguments ...string) ([]byte, time.Duration, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute+20*limit)
	defer cancel()
	limited := fmt.Sprintf(`ulimit -v 6291456 2>/dev/null; ulimit -t %d 2>/dev/null; exec "$@"`, int(math.Ceil(limit.Seconds())))
	command := exec.CommandContext(ctx, "sh", append([]string{"-c", limited, "sh", s.binary, "-test.short"}, arguments...)...)
	command.Dir = filepath.Join(root, filepath.FromSlash(s.folder))
	// A folder that is not there is as good as no real data; an empty name would find that beside the checkout.
	command.Env = append(os.Environ(), "NETWICKET_DATA="+filepath.Join(os.DevNull, "none"), "NETWICKET_PROVE=", "NETWICKET_MUTANT="+mutant)
	command.Env = append(command.Env, environment...)
	command.WaitDelay = time.Second // its children may hold the pipe
	var out bytes.Buffer
	command.Stdout, command.Stderr = &out, &out
	err := command.Start()
	if err == nil {
		go cancelIdle(ctx, cancel, command.Process.Pid)
		err = command.Wait()
	}
	if ctx.Err() != nil {
		err = context.DeadlineExceeded
	}
	var took time.Duration
	if command.ProcessState != nil {
		took = command.ProcessState.UserTime() + command.ProcessState.SystemTime()
	}
	return out.Bytes(), took, err
}

// mostIdle is how many seconds in a row a program may use no processor. The longest that a
// test waits for something is less, and who waits for one of many that are busy gets it.
const mostIdle = 30

// cancelIdle ends a program that has stopped working, such as one that waits for a lock
// which nobody gives back: only its time on the clock would end it otherwise, which is long
// because others may use the processors.
func cancelIdle(ctx context.Context, cancel func(), process int) {
	second := time.NewTicker(time.Second)
	defer second.Stop()
	for idle, last := 0, ""; idle < mostIdle; idle++ {
		select {
		case <-ctx.Done():
			return
		case <-second.C:
		}
		now := processorTime(process)
		if now == "" || now != last {
			idle, last = 0, now
		}
	}
	cancel()
}

// processorTime is what a process and the children that it waited for have used, as the
// system writes it; empty where the system does not say, or the process has ended.
func processorTime(process int) string {
	stat, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", process))
	_, fields, _ := bytes.Cut(stat, []byte(") ")) // behind the name, which may hold anything
	const state, user, children = 0, 11, 15
	all := bytes.Fields(fields)
	if len(all) < children || all[state][0] == 'R' || all[state][0] == 'D' {
		return ""
	}
	return string(bytes.Join(all[user:children], []byte(" ")))
}
