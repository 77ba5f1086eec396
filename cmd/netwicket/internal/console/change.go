package console

import (
	"context"
	"errors"
	"net/http"
	"path/filepath"
	"strings"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/tenant"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/lint"
	fileset "github.com/netwicket/netwicket/internal/files"
	"github.com/netwicket/netwicket/internal/finding"
	"github.com/netwicket/netwicket/internal/shown"
)

func (c *Console) changeRoutes() []route {
	return []route{
		{pattern: "GET change", page: "change", handle: c.change},
		{pattern: "POST change", handle: c.changed},
	}
}

// changeView is the page Change: the choice of a document, or a draft of one.
type changeView struct {
	Documents []editable // to choose from
	Draft     *draft     // nil: none was chosen
	Problem   string     // what is wrong with the question; empty: nothing
	Check     *checkView
	Result    *resultView
	Saved     *savedView
	Logs      []logChoice
}

// logChoice is a log that a draft can be weighed by.
type logChoice struct{ ID, Name string }

// change shows the page.
func (c *Console) change(w http.ResponseWriter, r *http.Request) {
	on := c.subjects.current()
	view := changeView{Documents: c.editables(on)}
	status := http.StatusOK
	if name := r.URL.Query().Get("file"); name != "" {
		of, known := c.editable(on, name)
		var text []byte
		err := errNoDocument
		if known {
			text, err = c.text(of)
		}
		if err == nil {
			view.Draft = &draft{Of: of, Old: text, Text: text, Begun: tenant.HashOf(text), Log: r.URL.Query().Get("log")}
			view.Check = &checkView{Draft: view.Draft}
		} else {
			status, view.Problem = http.StatusNotFound, c.problem(err)
		}
	}
	c.show(w, r, status, "change", on, c.withLogs(r, view))
}

// changed takes a draft: a script asks for its findings and then for the difference, a
// form without script for all of it, and for what is to be done with it.
func (c *Console) changed(w http.ResponseWriter, r *http.Request) {
	on := c.subjects.current()
	d, err := c.readDraft(w, r, on)
	if err != nil {
		c.changeFailed(w, r, on, nil, err)
		return
	}
	do := r.PostFormValue("do")
	switch {
	case do == "patch":
		c.sendPatch(w, d)
		return
	case do == "onto": // what somebody else has written is what the draft changes now
		d.Begun = tenant.HashOf(d.Old)
	}
	ctx, done, err := c.bench.take(r.Context(), visitorOf(r).account()+"\x00"+r.PostFormValue("page"))
	if err != nil {
		c.changeFailed(w, r, on, d, err)
		return
	}
	defer done()
	switch {
	case wantsPart(r, "check"):
		c.showPart(w, "change", "check", c.check(on, d))
	case wantsPart(r, "result"):
		result, err := c.result(ctx, r, on, d)
		if err != nil {
			c.changeFailed(w, r, on, d, err)
			return
		}
		c.showPart(w, "change", "result", result)
	default:
		c.changedPage(ctx, w, r, on, d, do == "save")
	}
}

// changedPage is the whole page with a draft, which is saved before if that was asked.
func (c *Console) changedPage(ctx context.Context, w http.ResponseWriter, r *http.Request, on *subject, d *draft, save bool) {
	view := changeView{Documents: c.editables(on), Draft: d}
	status := http.StatusOK
	if save {
		view.Saved = c.save(r, on, d)
		if status = view.Saved.Status; status == http.StatusOK {
			on = c.subjects.current()
			d.Old, d.Begun = d.Text, tenant.HashOf(d.Text)
		}
	}
	view.Check = c.check(on, d)
	result, err := c.result(ctx, r, on, d)
	if err != nil {
		c.changeFailed(w, r, on, d, err)
		return
	}
	view.Result = result
	c.show(w, r, status, "change", on, c.withLogs(r, view))
}

// changeFailed says why there is no answer.
func (c *Console) changeFailed(w http.ResponseWriter, r *http.Request, on *subject, d *draft, err error) {
	status := http.StatusBadRequest
	switch {
	case errors.Is(err, context.Canceled):
		return // a newer question has come, or nobody waits any more
	case errors.Is(err, errBusy):
		status = http.StatusServiceUnavailable
	case errors.Is(err, errNoDocument):
		status = http.StatusNotFound
	}
	text := c.problem(err)
	if r.Header.Get("X-Part") != "" {
		http.Error(w, text, status)
		return
	}
	view := changeView{Documents: c.editables(on), Draft: d, Problem: text, Check: &checkView{Draft: d}}
	c.show(w, r, status, "change", on, c.withLogs(r, view))
}

// problem is an error in words.
func (c *Console) problem(err error) string {
	for _, known := range []error{errTooLarge, errNoText, errNoDocument, errForm, errBusy} {
		if errors.Is(err, known) {
			return c.english.say(known.Error())
		}
	}
	return shown.Text(fileset.Cause(err).Error())
}

// checkView is what is wrong with a draft.
type checkView struct {
	Draft     *draft
	Errors    []placed
	Added     []placed // warnings that the policy does not have now
	Known     []placed // those that it has
	Gone      int      // how many it has now and would not have
	Theirs    string   // with a file that somebody else has changed: what saving would do to it
	Unseen    []int    // lines with characters that cannot be seen
	Unguarded bool     // the policy that is shown is none: nobody can be said to be locked out by this
}

// Clean says that there is a policy to compare.
func (v *checkView) Clean() bool {
	return !v.Draft.Same() && len(v.Errors) == 0 && !v.Draft.Overtaken()
}

// placed is a finding and where it is shown.
type placed struct {
	*finding.Finding
	Here bool   // in the document that is edited
	Name string // of another document; empty: no page shows it
}

// check compiles a draft and says what is wrong with it.
func (c *Console) check(on *subject, d *draft) *checkView {
	view := &checkView{Draft: d, Unguarded: on.Policy == nil, Unseen: unseen(d.Text)}
	if d.Overtaken() {
		view.Theirs = shown.Lines(string(d.Patch()))
	}
	if d.Same() {
		return view
	}
	after := c.candidate(on, d)
	failures, warnings := linted(after).Divide()
	before := c.reviewed(on)
	_, old := before.Divide()
	added, known := lint.Added(old, warnings)
	gone, _ := lint.Added(warnings, old)
	view.Errors, view.Added, view.Known = c.place(on, d, failures), c.place(on, d, added), c.place(on, d, known)
	if len(failures) == 0 {
		view.Gone = len(gone)
	}
	return view
}

// place says where findings are shown.
func (c *Console) place(on *subject, d *draft, list finding.List) []placed {
	names := make(map[string]string)
	for _, row := range c.fileRows(on) {
		if row.Text {
			names[row.File] = c.named(row.File)
		}
	}
	var all []placed
	for _, f := range list {
		all = append(all, placed{f, filepath.Clean(f.File) == d.Of.Path, names[f.File]})
	}
	return all
}

// unseen are the first lines of a text with characters that cannot be seen, or that
// make what follows look like something else.
func unseen(text []byte) []int {
	const most = 20
	var lines []int
	number := 0
	for line := range strings.Lines(string(text)) {
		number++
		line = strings.ReplaceAll(strings.TrimRight(line, "\r\n"), "\t", " ")
		if shown.Text(line) != line {
			if lines = append(lines, number); len(lines) == most {
				break
			}
		}
	}
	return lines
}
