package expect

import (
	"fmt"
	"regexp"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admission"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/internal/files"
	"github.com/netwicket/netwicket/internal/finding"
)

// Read reads a file and parses it as [Parse] does. The error is a [finding.List], also
// of a file that cannot be read.
func Read(file files.File, unfinished bool) (*File, error) {
	text, err := file.Read(files.DocumentLimit)
	if err != nil {
		return nil, finding.List{{File: file.Path, Line: 1, Column: 1, Code: files.Code(err), Err: fmt.Errorf("cannot be read: %w", files.Cause(err))}}
	}
	return Parse(file.Path, text, unfinished)
}

// Tested is what came out of one file.
type Tested struct {
	File    *File
	Results []Result
}

// Failed is how many expectations do not hold.
func (t Tested) Failed() int {
	n := 0
	for _, r := range t.Results {
		if !r.Passed() {
			n++
		}
	}
	return n
}

// Run is a policy that expectations are held against.
type Run struct {
	Policy  *decide.Policy
	Control admission.Control // of the policy
	Cover   *Coverage         // nil: what requests touch is not asked
}

// All decides the chosen requests of all files; nil chooses every one. What they touch is
// asked of Explain, and only where it is wanted: it costs time and memory.
func (r Run) All(read []*File, chosen *regexp.Regexp) []Tested {
	var buffer admission.Buffer
	add := func(e decide.Explanation) { r.Cover.Add(&e) }
	if r.Cover != nil {
		add(r.Policy.Explain()) // touches nothing, and lists the rules
	}
	all := make([]Tested, len(read))
	for i, file := range read {
		all[i].File = file
		for j := range file.Expectations {
			e := &file.Expectations[j]
			if chosen != nil && !chosen.MatchString(e.Name) {
				continue
			}
			if r.Cover != nil {
				explained, _ := r.Control.Explain(e.Request, &buffer)
				add(explained)
			}
			all[i].Results = append(all[i].Results, e.Check(file.Name, r.Control.Decide(e.Request, &buffer)))
		}
	}
	return all
}
