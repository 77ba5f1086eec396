package keeper_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/keeper"
	"github.com/netwicket/netwicket/decide/policyfile"
)

// simulation is a real Keeper with files, a watcher and a clock of its own.
type simulation struct {
	keeper  *keeper.Keeper
	disk    *disk
	watched bool
	changed chan string
	asked   chan struct{}
	start   time.Time
	loads   int // so far; one follows the other

	mutex    sync.Mutex // of what follows: loads have goroutines of their own
	log      []string
	ahead    time.Duration
	watcher  map[string]int
	delivery string   // of events
	kept     []string // events that come late
	refuses  bool
	restless int
	during   []func()
	hanging  map[string]chan struct{} // by the name of what is read; closed when it answers
}

// simulate runs a scenario against the model, and says where they part; or that it was
// not run to its end, since two things fell upon one moment.
func simulate(t *testing.T, s scenario) (whole bool, problem error) {
	folder, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		return false, err
	}
	synctest.Test(t, func(t *testing.T) {
		sim := newSimulation(folder, s)
		m := newModel(s)
		if problem = sim.open(s); problem != nil {
			return
		}
		m.open()
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- sim.keeper.Run(ctx) }()
		m.run()
		defer func() {
			sim.answer("")
			sim.answer("overlay.json")
			cancel()
			problem = errors.Join(problem, <-ended)
			time.Sleep(time.Hour) // a load goes on by itself, whatever Run does
		}()
		for i, one := range slices.Concat(steps{{[]string{"wait"}, 12345}}, s.steps, mending) {
			sim.do(one.words)
			m.do(one.words)
			time.Sleep(one.wait)
			if m.advance(time.Now()); m.tie {
				return
			}
			if problem = differ(m, sim); problem != nil {
				problem = fmt.Errorf("after step %d, %s:\n%w", i, one, problem)
				return
			}
		}
		whole, problem = true, mended(sim.keeper)
	})
	return whole, problem
}

func newSimulation(folder string, s scenario) *simulation {
	now := time.Now()
	return &simulation{
		disk: newDisk(folder, now), start: now, watched: s.watched, delivery: "told",
		changed: make(chan string), asked: make(chan struct{}), hanging: map[string]chan struct{}{},
	}
}

func (s *simulation) open(how scenario) error {
	o := keeper.Options{
		Policy: policyfile.Options{Paths: []string{s.disk.root}}, Force: how.forced, Timing: oddTiming(how.watched), Asked: s.asked,
		Install: func(*policyfile.Parts, *decide.Policy) error {
			s.note("install")
			s.mutex.Lock()
			defer s.mutex.Unlock()
			if s.refuses {
				return errors.New(refusal)
			}
			return nil
		},
		Report: func(r keeper.Report) {
			s.note(reported(r.Cause, s.text(r.Err), r.Repeated, s.text(r.Failing), r.Info.OverlayUntil.In(time.UTC)))
		},
		Follow: s.follow,
	}
	if how.watched {
		o.Changed = s.changed
	}
	keeper.WithReading(&o, s.reading)
	keeper.WithClock(&o, func() time.Time {
		s.mutex.Lock()
		defer s.mutex.Unlock()
		return time.Now().Add(s.ahead)
	}, 0)
	var err error
	s.keeper, err = keeper.OpenWith(o)
	return err
}

func (s *simulation) note(text string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.log = append(s.log, time.Since(s.start).String()+" "+text)
}

// follow watches all folders that are there.
func (s *simulation) follow(paths []string) error {
	var names []string
	for _, path := range paths {
		names = append(names, s.name(path))
	}
	slices.Sort(names)
	s.note("follow " + strings.Join(names, " "))
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.watcher = watchable(s.disk)
	return nil
}

// name is what the disk calls a path.
func (s *simulation) name(path string) string {
	name, err := filepath.Rel(s.disk.root, path)
	must(err)
	return name
}

// reading is called when files are about to be read.
func (s *simulation) reading(path string) {
	if path != "" {
		s.hang(s.name(path))
		return
	}
	takes := loadTakes(s.loads)
	s.loads++
	time.Sleep(takes / 2)
	s.mutex.Lock()
	during, restless := s.during, s.restless
	s.during, s.restless = nil, max(0, restless-1)
	s.mutex.Unlock()
	for _, do := range during {
		do()
	}
	if restless > 0 {
		s.happened([]string{"touch", "zones.json"})
	}
	if !s.hang("") {
		time.Sleep(takes - takes/2)
	}
}

// hang waits for what is read to answer. It says whether that is to be waited for.
func (s *simulation) hang(file string) bool {
	s.mutex.Lock()
	hanging := s.hanging[file]
	s.mutex.Unlock()
	if hanging != nil {
		<-hanging
	}
	return hanging != nil
}

// loadTakes is how long all files take to be read, each time longer: what comes of it,
// and what happens in the midst of it have moments of their own.
func loadTakes(loads int) time.Duration { return time.Duration(50_021 + 1013*loads) }

// answer ends the hanging of what reads a file.
func (s *simulation) answer(file string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.hanging[file] != nil {
		close(s.hanging[file])
		delete(s.hanging, file)
	}
}

// happened does something to the files, and tells the Keeper what the watcher sees.
func (s *simulation) happened(words []string) {
	s.mutex.Lock()
	deliver := route(s.disk.do(words, time.Now()), s.watcher, s.delivery, &s.kept)
	s.mutex.Unlock()
	for _, name := range deliver {
		s.event(name)
	}
}

// route says which events a watcher delivers at once. It watches the folders of
// those numbers.
func route(all []happening, watcher map[string]int, delivery string, kept *[]string) []string {
	var deliver []string
	for _, h := range all {
		if watcher[h.folder] != h.number {
			continue
		}
		switch delivery {
		case "told":
			deliver = append(deliver, h.name)
		case "twice":
			deliver = append(deliver, h.name, h.name)
		case "late":
			*kept = append(*kept, h.name)
		}
	}
	return deliver
}

func (s *simulation) event(name string) {
	if !s.watched {
		return
	}
	if name != "" {
		name = s.disk.path(name)
	}
	s.changed <- name
}

var (
	since = regexp.MustCompile(`loading since ([^;]*);`)
	older = regexp.MustCompile(`was built (\S+), before the one in force of (\S+);`)
)

// text is an error as the model has it.
func (s *simulation) text(err error) string {
	var findings policyfile.Findings
	var refusal *keeper.Refusal
	switch {
	case err == nil:
		return none
	case errors.Is(err, keeper.ErrHanging):
		return "hanging since " + since.FindStringSubmatch(err.Error())[1]
	case errors.As(err, &findings):
		var wrong []string
		for _, f := range findings {
			name := s.name(f.File)
			if f.Code == "missing-file" {
				name += " missing"
			}
			wrong = append(wrong, name)
		}
		slices.Sort(wrong)
		return "mistakes: " + strings.Join(slices.Compact(wrong), ", ")
	case errors.As(err, &refusal):
		var causes []string
		for _, cause := range refusal.Causes {
			causes = append(causes, s.cause(cause))
		}
		return refused(causes)
	}
	return err.Error()
}

// cause is one of a refusal as the model has it.
func (s *simulation) cause(text string) string {
	for _, known := range [][2]string{
		{`no "edge" any more`, "no edge"}, {"less than half", "small"}, {"took the place of", "another type"}, {"no source provides anonymizer", "less anonymizer"},
	} {
		if strings.Contains(text, known[0]) {
			return known[1]
		}
	}
	switch path, _, gone := strings.Cut(text, " ("); {
	case strings.Contains(text, "serve.guard") && strings.Contains(text, "zone="):
		return "guard by zone"
	case strings.Contains(text, "serve.guard"):
		return "guard by overlay"
	case older.MatchString(text):
		found := older.FindStringSubmatch(text)
		return "older " + found[1] + " " + found[2]
	case gone && strings.Contains(text, "is gone from its folder"):
		return s.name(path) + " gone"
	}
	return text
}

// status is what the Keeper says of itself.
func (s *simulation) status() status {
	now := s.keeper.Status()
	return status{loaded: now.Loaded, failing: now.Failing, overlay: now.Overlay, err: s.text(now.Err), overlayErr: s.text(now.OverlayErr)}
}

// differ says how the Keeper differs from the model.
func differ(m *model, s *simulation) error {
	s.mutex.Lock()
	log := s.log
	s.log = nil
	s.mutex.Unlock()
	want := m.log
	m.log = nil
	var problems []error
	slices.SortStableFunc(log, byMoment)
	slices.SortStableFunc(want, byMoment)
	if !slices.Equal(log, want) {
		for len(log) > 0 && len(want) > 0 && log[0] == want[0] {
			log, want = log[1:], want[1:]
		}
		const lines = 8
		log, want = log[:min(lines, len(log))], want[:min(lines, len(want))]
		problems = append(problems, fmt.Errorf("it did:\n  %s\nexpected:\n  %s", strings.Join(log, "\n  "), strings.Join(want, "\n  ")))
	}
	if is := s.status(); is != m.status {
		problems = append(problems, fmt.Errorf("its status is\n  %v\nexpected\n  %v", is, m.status))
	}
	if err := s.keeper.Err(); (err != nil) != (m.status.err != none) {
		problems = append(problems, fmt.Errorf("Err is %w with status %v", err, m.status))
	}
	for _, addr := range probes {
		if is := s.keeper.Live().Decide(netip.MustParseAddr(addr)).Allowed(); is != m.inForce.allows(addr) {
			problems = append(problems, fmt.Errorf("it allows %s: %v; in force is %+v", addr, is, m.inForce))
		}
	}
	return errors.Join(problems...)
}

// byMoment has what happened at the same moment in the order of its text.
func byMoment(a, b string) int {
	at, _, _ := strings.Cut(a, " ")
	bt, _, _ := strings.Cut(b, " ")
	if at == bt {
		return strings.Compare(a, b)
	}
	return 0
}
