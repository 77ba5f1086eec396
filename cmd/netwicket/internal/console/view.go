package console

import (
	"bytes"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strings"

	"github.com/netwicket/netwicket/internal/shown"
)

// page is what every template gets.
type page struct {
	Name    string // of the route; empty: it stands in no navigation
	Title   string
	Pages   []string // of the navigation
	Policy  *subject
	Visitor Visitor
	Data    any
}

// pair is what a template gets that takes two things.
type pair struct {
	First  string
	Second any
}

// readViews reads the templates: each of pages is one view, on the frame of layout.html
// and with the pieces of shared.html.
func readViews(words english, named func(string) string) (map[string]*template.Template, error) {
	frame, err := template.New("layout.html").Funcs(template.FuncMap{
		"say":     words.say,
		"count":   words.count,
		"words":   words.under,
		"shown":   shown.Text,
		"size":    sizeText,
		"moment":  momentText,
		"rows":    newLogRows,
		"grouped": grouped,
		"at":      placeOf,
		"named":   named,
		"pair":    func(first string, second any) pair { return pair{first, second} },
		"counted": func(i int) int { return i + 1 },
		"concat":  func(parts ...string) string { return strings.Join(parts, "") },
	}).ParseFS(files, "pages/layout.html", "pages/shared.html")
	if err != nil {
		return nil, err
	}
	names, err := fs.Glob(files, "pages/*.html")
	if err != nil {
		return nil, err
	}
	views := make(map[string]*template.Template)
	for _, name := range names {
		view := strings.TrimSuffix(path.Base(name), ".html")
		if view == "layout" || view == "shared" {
			continue
		}
		own, err := frame.Clone()
		if err != nil {
			return nil, err
		}
		if views[view], err = own.ParseFS(files, name); err != nil {
			return nil, err
		}
	}
	return views, nil
}

// show answers with a whole page.
func (c *Console) show(w http.ResponseWriter, r *http.Request, status int, view string, on *subject, data any) {
	p := page{Name: view, Title: c.english.say("title." + view), Policy: on, Visitor: visitorOf(r), Data: data}
	for _, one := range c.routes() {
		if one.page != "" && p.Visitor.Name != "" {
			p.Pages = append(p.Pages, one.page)
		}
	}
	c.render(w, status, view, "layout.html", p)
}

// showPart answers with one piece of a page, which a script puts where the old one was:
// the template that the view defines by that name.
func (c *Console) showPart(w http.ResponseWriter, view, part string, data any) {
	c.render(w, http.StatusOK, view, part, data)
}

// wantsPart says that a script asks for a piece of the page alone.
func wantsPart(r *http.Request, part string) bool { return r.Header.Get("X-Part") == part }

func (c *Console) render(w http.ResponseWriter, status int, view, name string, data any) {
	var out bytes.Buffer
	if err := c.views[view].ExecuteTemplate(&out, name, data); err != nil {
		c.options.Log.Error("a page could not be made", "page", view, "error", err.Error())
		http.Error(w, fmt.Sprintf("the page could not be made: %v", err), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Vary", "X-Part")
	w.WriteHeader(status)
	_, _ = w.Write(out.Bytes()) // whoever is gone misses nothing
}

// redirect leads to a path beside the one that was asked for.
func redirect(w http.ResponseWriter, to string) {
	w.Header().Set("Location", to)
	w.WriteHeader(http.StatusSeeOther)
}

func (c *Console) notFound(w http.ResponseWriter, r *http.Request) {
	subject := c.subjects.current()
	c.show(w, r, http.StatusNotFound, "missing", subject, nil)
}

// asset answers with the style and the scripts.
func asset(w http.ResponseWriter, r *http.Request) {
	kinds := map[string]string{".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
	name := r.PathValue("name")
	text, err := files.ReadFile("assets/" + name)
	kind, known := kinds[path.Ext(name)]
	if err != nil || !known {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", kind)
	_, _ = w.Write(text) // whoever is gone misses nothing
}

func cutPattern(pattern string) (method, path string, found bool) { return strings.Cut(pattern, " ") }
