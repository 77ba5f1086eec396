package console

import (
	"net/http"
	"net/url"
	"regexp"
)

// SignIn is what the page says that asks a caller of netwicket admin for a token. The
// zero SignIn only asks.
type SignIn struct {
	Next    string // where the caller wanted to go: a page of the site and its query
	Problem string // "bad", "outside", "busy" or "often": why the caller is not signed in; empty: there was no attempt
}

// AskForToken answers somebody who is not signed in. A script that asks for a part of a
// page is told so in a line.
func (c *Console) AskForToken(w http.ResponseWriter, r *http.Request, status int, say SignIn) {
	if part(r) {
		text := "signin.part"
		if status == http.StatusTooManyRequests {
			text = "signin." + say.Problem
		}
		http.Error(w, c.english.say(text), status)
		return
	}
	c.show(w, r, status, "signin", nil, say)
}

// Refuse answers a caller who is signed in and may not look, since these scopes are missing.
func (c *Console) Refuse(w http.ResponseWriter, r *http.Request, scopes []string) {
	c.turnAway(w, r, "refused", scopes)
}

// turnAway shows the page of a door.
func (c *Console) turnAway(w http.ResponseWriter, r *http.Request, view string, data any) {
	if part(r) {
		http.Error(w, c.english.say(view+".part"), http.StatusForbidden)
		return
	}
	c.show(w, r, http.StatusForbidden, view, nil, data)
}

func part(r *http.Request) bool { return r.Header.Get("X-Part") != "" }

var pageNames = regexp.MustCompile(`^[a-z]+$`)

// PageOf is the address of a page of the site, relative to its root, or that of the first
// page for anything else: nobody is led elsewhere.
func PageOf(target string) string {
	at, err := url.Parse(target)
	if err != nil || !pageNames.MatchString(at.Path) {
		return "ask"
	}
	return (&url.URL{Path: at.Path, RawQuery: at.RawQuery}).String()
}
