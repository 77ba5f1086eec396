package console

import (
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/expect"
)

func (c *Console) testsRoutes() []route {
	return []route{
		{pattern: "GET tests", page: "tests", handle: c.tests},
		{pattern: "POST tests", handle: c.testsGiven},
	}
}

// Limits of what the page takes and shows.
const (
	maxGiven      = 8 << 20 // bytes of expectations that one pastes or drops
	maxResultRows = 1000    // of one file
)

// testsView is the page Tests.
type testsView struct {
	Run    runView
	Given  *runView // expectations that were pasted or dropped
	Text   string   // that was pasted
	Folder []string // where expectations are looked for
}

// runView is a run as one looks at it.
type runView struct {
	*testRun
	File   string // of which alone results are shown; empty: of all
	Failed bool   // failed ones alone are shown
}

// tests shows what comes of the expectations beside the policy. A script asks for it
// again and again, with the run that it has: there is no content while nothing changed.
func (c *Console) tests(w http.ResponseWriter, r *http.Request) {
	run, query := c.tested(), r.URL.Query()
	view := testsView{Run: runView{run, query.Get("file"), query.Get("show") == "failed"}, Folder: c.policyFolders()}
	switch {
	case wantsPart(r, "results") && query.Get("since") == run.ID:
		w.WriteHeader(http.StatusNoContent)
	case wantsPart(r, "results"):
		c.showPart(w, "tests", "results", view.Run)
	default:
		c.show(w, r, http.StatusOK, "tests", run.on, view)
	}
}

// testsGiven runs expectations that somebody gives, and keeps nothing of them.
func (c *Console) testsGiven(w http.ResponseWriter, r *http.Request) {
	name, text, err := c.givenText(w, r)
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		http.Error(w, c.english.say("tests.large", sizeText(maxGiven)), http.StatusRequestEntityTooLarge)
		return
	} else if err != nil {
		http.Error(w, c.english.say("tests.unread", err.Error()), http.StatusBadRequest)
		return
	}
	var given *runView
	on := c.subjects.current()
	if strings.TrimSpace(text) != "" {
		given = &runView{testRun: on.testText(name, text, c.options.Now().UnixNano())}
	}
	if wantsPart(r, "given") {
		c.showPart(w, "tests", "given", given)
		return
	}
	c.show(w, r, http.StatusOK, "tests", on, testsView{Run: runView{testRun: c.tested()}, Given: given, Text: text, Folder: c.policyFolders()})
}

// givenText is what was dropped as a file, or else what was pasted.
func (c *Console) givenText(w http.ResponseWriter, r *http.Request) (name, text string, err error) {
	r.Body = http.MaxBytesReader(w, r.Body, maxGiven)
	if err := parseForm(r, maxGiven+1<<20); err != nil { // all of it in memory
		return "", "", err
	}
	if r.MultipartForm != nil {
		for _, header := range r.MultipartForm.File["file"] {
			if header.Size == 0 {
				continue // none was chosen
			}
			file, err := header.Open()
			if err != nil {
				return "", "", err
			}
			defer file.Close()
			content, err := io.ReadAll(file)
			return header.Filename, string(content), err
		}
	}
	return "", r.PostFormValue("text"), nil
}

// testText holds the subject's policy against expectations of a text.
func (s *subject) testText(name, text string, id int64) *testRun {
	file, err := expect.Parse("", []byte(text), false)
	if err != nil {
		run := s.test(nil, id)
		run.Files = []testFile{{Name: name, Problem: expectationErrors(err)}}
		return run
	}
	file.Name = name
	return s.test([]*expect.File{file}, id)
}

// Shown are the files whose results are shown.
func (v runView) Shown() []testFile {
	var files []testFile
	for _, file := range v.Files {
		if v.File != "" && v.File != file.Name {
			continue
		}
		if v.Failed {
			var failed []testResult
			for _, result := range file.Results {
				if !result.Passed() {
					failed = append(failed, result)
				}
			}
			file.Results = failed
		}
		if file.More = max(len(file.Results)-maxResultRows, 0); file.More > 0 {
			file.Results = file.Results[:maxResultRows]
		}
		files = append(files, file)
	}
	return files
}

// Problems is how many files cannot be run.
func (r *testRun) Problems() int {
	n := 0
	for _, file := range r.Files {
		if len(file.Problem) > 0 {
			n++
		}
	}
	return n
}
