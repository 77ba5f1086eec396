package console

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/accesslog"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/console/uploads"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/replay"
)

func (c *Console) logRoutes() []route {
	return []route{
		{pattern: "GET log", page: "log", handle: c.log},
		{pattern: "POST log-drop", handle: c.logDrop},
		{pattern: "POST log-forget", handle: c.logForget},
		{pattern: "POST log-cancel", handle: c.logCancel},
	}
}

// quickLog is how long a page waits for a log to be decided, before it shows how far it is.
const quickLog = 300 * time.Millisecond

// reading says how a log is read, as the flags of replay do.
type reading struct {
	Format, Pattern string
	Fields          string // NAME=PATH, one a line
}

func readingOf(values url.Values) reading {
	return reading{values.Get("format"), values.Get("pattern"), strings.TrimSpace(strings.ReplaceAll(values.Get("fields"), "\r\n", "\n"))}
}

func (r reading) options() accesslog.Options {
	o := accesslog.Options{Format: r.Format, Pattern: r.Pattern}
	for field := range strings.Lines(r.Fields) {
		if field = strings.TrimSpace(field); field != "" {
			o.Fields = append(o.Fields, field)
		}
	}
	return o
}

// logLink is a page of a log, with what says how the log is read.
func logLink(query url.Values, read reading) string {
	for key, value := range map[string]string{"format": read.Format, "pattern": read.Pattern, "fields": read.Fields} {
		if value != "" {
			query.Set(key, value)
		}
	}
	return "log?" + query.Encode()
}

// logView is the page Log.
type logView struct {
	Limits  uploads.Limits
	Logs    []uploads.Log // of the visitor
	Formats []string
	Refused string       // why the last one was not taken, or is not shown
	Log     *uploads.Log // that is shown
	Reading reading
	Filter  logFilter

	Running       bool
	Read          int64
	Again, Cancel string         // links: to decide by the policy as it is now; empty: it was decided by it
	Result        *logResultView // nil: there is none yet
}

// Percent is how much of the log is decided.
func (v logView) Percent() int64 { return min(v.Read*100/max(v.Log.Size, 1), 100) }

func (c *Console) log(w http.ResponseWriter, r *http.Request) {
	on, view, status := c.subjects.current(), c.logHome(r), http.StatusOK
	if id := r.URL.Query().Get("log"); id != "" {
		log, input, found := c.uploads.Open(visitorOf(r).account(), id)
		if found {
			view.Log = &log
			status = c.showLog(r, on, &view, input)
		} else {
			status, view.Refused = http.StatusNotFound, c.english.say("log.forgotten")
		}
	}
	for _, part := range []string{"result", "stale"} {
		if wantsPart(r, part) {
			c.showPart(w, "log", part, view)
			return
		}
	}
	c.show(w, r, status, "log", on, view)
}

// logHome is the page without a log.
func (c *Console) logHome(r *http.Request) logView {
	return logView{
		Limits: c.uploads.Limits(), Logs: c.uploads.List(visitorOf(r).account()), Formats: accesslog.Formats(),
		Reading: readingOf(r.URL.Query()), Filter: filterOf(r.URL.Query()),
	}
}

// showLog has a log decided, unless it was, and fills the page.
func (c *Console) showLog(r *http.Request, on *subject, view *logView, input replay.Input) (status int) {
	one, err := c.runOf(r, on, view, input)
	switch {
	case errors.Is(err, errManyRuns):
		view.Refused = c.english.say("log.many")
		return http.StatusTooManyRequests
	case err != nil:
		view.Refused = c.english.say("log.format.wrong", err.Error())
		return http.StatusBadRequest
	}
	one.watched()
	timer := time.NewTimer(quickLog)
	defer timer.Stop()
	select {
	case <-one.done:
	case <-timer.C:
	case <-r.Context().Done():
	}
	if one.policy != policyMark(on) {
		view.Again = logLink(url.Values{"log": {view.Log.ID}, "policy": {policyMark(on)}}, view.Reading)
	}
	switch {
	case !one.finished():
		view.Running, view.Read = true, one.read.Load()
	case one.result == nil:
		view.Refused = c.english.say("log.cancelled")
	default:
		view.Result = c.resultView(one.result, view)
	}
	return http.StatusOK
}

// runOf is the run that a page is about: by the policy that it names, or by the one that
// the log was decided by last; else by the policy as it is now.
func (c *Console) runOf(r *http.Request, on *subject, view *logView, input replay.Input) (*run, error) {
	visitor, options := visitorOf(r).account(), view.Reading.options()
	if one := c.runs.find(visitor, view.Log.ID, formatKey(options), r.URL.Query().Get("policy")); one != nil {
		return one, nil
	}
	return c.runs.start(on, visitor, view.Log.ID, view.Log.Size, options, input)
}

// logCancel gives up to decide a log.
func (c *Console) logCancel(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, dropFrame)
	id := r.PostFormValue("log")
	c.runs.stop(visitorOf(r).account(), id, formatKey(readingOf(r.PostForm).options()))
	redirect(w, "log")
}

// sizeText is a number of bytes for people.
func sizeText(bytes int64) string {
	const unit = 1024
	if bytes < unit {
		return fmt.Sprintf("%d B", bytes)
	}
	value, names := float64(bytes)/unit, "KMGTPE"
	for value >= unit {
		value, names = value/unit, names[1:]
	}
	if value < 10 && value != float64(int64(value)) {
		return fmt.Sprintf("%.1f %ciB", value, names[0])
	}
	return fmt.Sprintf("%.0f %ciB", value, names[0])
}
