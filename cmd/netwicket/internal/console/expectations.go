package console

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/expect"
	fileset "github.com/netwicket/netwicket/internal/files"
	"github.com/netwicket/netwicket/internal/finding"
	"github.com/netwicket/netwicket/internal/jsondoc"
)

// Limits of the expectations that are found and run.
const (
	maxExpectationFiles = 100      // that are looked at in the policy's folder
	maxExpectationText  = 16 << 20 // bytes of one of them
	maxCovered          = 2000     // expectations of which it is told what they touch
)

// expectations are those that lie beside the policy, and what came out when they were
// run last.
type expectations struct {
	mutex sync.Mutex
	last  *testRun
	set   fileset.Set
	look  fileset.State
}

// testRun is what came out of expectations. It is not changed.
type testRun struct {
	ID       string // another one for each run
	Files    []testFile
	Passed   int
	Broken   int        // expectations that do not hold
	Coverage []coverage // nil: not told
	Untold   string     // key of why it is not
	on       *subject
}

// testFile is one file of expectations.
type testFile struct {
	Name    string
	Results []testResult
	Failed  int
	More    int          // results that are not shown
	Problem finding.List // why it cannot be run
}

// testResult is one expectation and what became of it.
type testResult struct{ expect.Result }

// coverage is how much of one kind of a policy's parts was touched.
type coverage struct {
	What      string // zones, ranges or rules
	Total     int
	Touched   int
	Untouched []untouched
}

// untouched is a part that no request touched: what it is, and where it stands.
type untouched struct {
	At   place
	Text string
}

// untouchedPart takes the place off what a report says of a part, "FILE:LINE:COLUMN: what
// it is". A rule has the file alone.
func untouchedPart(said string) untouched {
	at := partPlace.FindStringSubmatch(said)
	if at == nil {
		return untouched{Text: said}
	}
	line, _ := strconv.Atoi(at[2])
	return untouched{place{at[1], line}, at[3]}
}

var partPlace = regexp.MustCompile(`(?s)^(.*?):(\d+):\d+: (.*)$`)

// tested is the run of the expectations and the policy as their files are now.
func (c *Console) tested() *testRun {
	on, e := c.subjects.current(), &c.expectations
	e.mutex.Lock()
	defer e.mutex.Unlock()
	if e.last != nil && e.last.on == on && !e.set.Look().Differs(e.look) {
		return e.last
	}
	begun := c.options.Now()
	e.set = c.expectationSet(on)
	early := e.set.Look()
	var read []testFile
	var files []*expect.File
	for _, name := range e.set.Files {
		text, err := c.file(name).Read(maxExpectationText)
		if err == nil && !holdsExpectations(name, text) {
			continue
		}
		file, err := expect.Read(c.file(name), false)
		if err != nil {
			read = append(read, testFile{Name: name, Problem: expectationErrors(err)})
			continue
		}
		files = append(files, file)
	}
	e.last = on.test(files, begun.UnixNano())
	e.last.Files = append(e.last.Files, read...)
	slices.SortStableFunc(e.last.Files, func(a, b testFile) int { return strings.Compare(a.Name, b.Name) })
	e.look = e.set.Look().AsOf(early, begun)
	return e.last
}

// expectationErrors is what package expect says of a file, as a list.
func expectationErrors(err error) (list finding.List) {
	errors.As(err, &list)
	return list
}

// expectationSet are the files that may hold expectations: JSON in the folders of the
// policy's paths, and in their folders tests and expectations. What the policy itself is
// made of is none.
func (c *Console) expectationSet(on *subject) fileset.Set {
	set := fileset.Set{Reads: func(name string) bool { return isExpectationName(name) || isExpectationFolder(name) }}
	for _, folder := range c.policyFolders() {
		set.Folders = append(set.Folders, folder)
		entries, _ := c.file(folder).ReadDir() // a folder that is not there holds none
		for _, entry := range entries {
			switch name := filepath.Join(folder, entry.Name()); {
			case entry.IsDir() && isExpectationFolder(entry.Name()):
				set.Folders = append(set.Folders, name)
				inside, _ := c.file(name).ReadDir() // as above
				for _, one := range inside {
					if isExpectationName(one.Name()) {
						set.Files = append(set.Files, filepath.Join(name, one.Name()))
					}
				}
			case isExpectationName(entry.Name()) && !slices.Contains(on.Parts.Files, name):
				set.Files = append(set.Files, name)
			}
		}
	}
	set.Files = set.Files[:min(len(set.Files), maxExpectationFiles)]
	return set
}

func isExpectationName(name string) bool {
	return strings.HasSuffix(strings.ToLower(name), ".json") && !strings.HasPrefix(name, ".")
}

func isExpectationFolder(name string) bool {
	return name == "tests" || strings.HasPrefix(name, "expectations")
}

// policyFolders are the folders of the policy's paths.
func (c *Console) policyFolders() []string {
	folders := map[string]bool{}
	for _, path := range c.options.Policy.Paths {
		if info, err := c.file(path).Stat(); err == nil && info.IsDir() {
			folders[path] = true
		} else {
			folders[filepath.Dir(path)] = true
		}
	}
	if len(folders) == 0 {
		folders["."] = true
	}
	return slices.Sorted(maps.Keys(folders))
}

// holdsExpectations says that a text is a list of which an element has a want. Of a text
// that cannot be read, that it has the word, or a name that promises expectations.
func holdsExpectations(name string, text []byte) bool {
	root, err := jsondoc.Parse(name, text)
	if err != nil {
		return strings.Contains(strings.ToLower(filepath.Base(name)), "expect") || bytes.Contains(text, []byte(`"want"`))
	}
	for _, element := range root.Elements() {
		if element.Get("want").Exists() {
			return true
		}
	}
	return false
}

// test holds the subject's policy against expectations.
func (s *subject) test(files []*expect.File, id int64) *testRun {
	run := &testRun{ID: strconv.FormatInt(id, 36), on: s}
	if s.Policy == nil {
		run.Untold = "policy"
		return run
	}
	count := 0
	for _, file := range files {
		count += len(file.Expectations)
	}
	with := expect.Run{Policy: s.Policy, Control: s.Control}
	switch {
	case s.Parts.SnapshotFile != "":
		run.Untold = "snapshot"
	case count > maxCovered:
		run.Untold = "many"
	case count > 0:
		with.Cover = expect.NewCoverage(s.Parts.Config)
	}
	for _, t := range with.All(files, nil) {
		one := testFile{Name: t.File.Name, Failed: t.Failed()}
		for _, r := range t.Results {
			one.Results = append(one.Results, testResult{r})
		}
		run.Broken += one.Failed
		run.Passed += len(one.Results) - one.Failed
		run.Files = append(run.Files, one)
	}
	if with.Cover != nil {
		report := with.Cover.Report()
		for _, part := range []struct {
			what string
			expect.Part
		}{{"zones", report.Zones}, {"ranges", report.Ranges}, {"rules", report.Rules}} {
			one := coverage{What: part.what, Total: part.Total, Touched: part.Total - len(part.Untouched)}
			for _, said := range part.Untouched {
				one.Untouched = append(one.Untouched, untouchedPart(said))
			}
			run.Coverage = append(run.Coverage, one)
		}
	}
	return run
}

// Question is the request as the page Ask takes it.
func (r testResult) Question() string {
	question := struct {
		Remote  string      `json:"remote"`
		Headers [][2]string `json:"headers,omitempty"`
	}{Remote: r.Request.Remote, Headers: r.headers()}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(question) // texts always have JSON
	return strings.TrimSpace(text.String())
}

func (r testResult) headers() [][2]string {
	var lines [][2]string
	for _, name := range slices.Sorted(maps.Keys(r.Request.Header)) {
		for _, value := range r.Request.Header[name] {
			lines = append(lines, [2]string{name, value})
		}
	}
	return lines
}

// Said is the request as a person reads it: who connected, and each header.
func (r testResult) Said() []string {
	said := []string{r.Request.Remote}
	for _, line := range r.headers() {
		said = append(said, line[0]+": "+line[1])
	}
	return said
}

// Wanted is what was expected, but for the decision.
func (r testResult) Wanted() string {
	var parts []string
	if reason := r.Want.Reason; reason != nil {
		parts = append(parts, reason.String())
	}
	if client := r.Want.Client; client != nil {
		parts = append(parts, clientText(*client))
	}
	return strings.Join(parts, " ")
}

// Client is the client whom the policy saw.
func (r testResult) Client() string { return clientText(expect.Client{Addr: r.Got.Client}) }

func clientText(client expect.Client) string {
	if !client.Addr.IsValid() {
		return "-"
	}
	return client.Addr.String()
}
