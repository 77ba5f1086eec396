package console

import (
	"encoding/json"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"time"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/console/uploads"
)

const (
	// dropStall is how long nothing of a log may come: then it is cut off. However large
	// a log is, there is no other limit to the time it takes.
	dropStall = 30 * time.Second
	// dropFrame is the most that stands around the log in the body of a form.
	dropFrame = 16 << 10
)

// dropped is the answer to a script that has sent a log.
type dropped struct {
	Log  string   `json:"log"`
	Page string   `json:"page"` // of what was decided
	Gone []string `json:"gone"` // names of older logs that made room
}

// logDrop takes a log: the file of a form, which is read as it comes.
func (c *Console) logDrop(w http.ResponseWriter, r *http.Request) {
	log, read, err := c.takeLog(w, r)
	if err != nil {
		c.refuseLog(w, r, err)
		return
	}
	page := logLink(url.Values{"log": {log.ID}}, read)
	if !wantsPart(r, "dropped") {
		redirect(w, page)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusCreated)
	_ = json.NewEncoder(w).Encode(dropped{Log: log.ID, Page: page, Gone: append([]string{}, log.Gone...)}) // whoever is gone misses nothing
}

var (
	errNoLength = errors.New("a log without its length")
	errNoFile   = errors.New("a form without a file")
)

// takeLog keeps the first file of a form, and reads the fields behind it that say how it
// is read.
func (c *Console) takeLog(w http.ResponseWriter, r *http.Request) (log uploads.Log, read reading, err error) {
	limit := c.uploads.Limits().Each
	switch {
	case r.ContentLength < 0:
		return log, read, errNoLength
	case r.ContentLength > limit+dropFrame:
		return log, read, uploads.ErrTooLarge
	}
	defer slowest(w, r)()
	form, err := r.MultipartReader()
	if err != nil {
		return log, read, errNoFile
	}
	part, err := form.NextPart()
	if err != nil || part.FileName() == "" {
		return log, read, errNoFile
	}
	log, err = c.uploads.Take(visitorOf(r).account(), part.FileName(), r.ContentLength, part)
	if err != nil {
		drain(part) // a browser reads no answer before it has sent all
		return log, read, err
	}
	values := make(url.Values)
	for {
		part, err := form.NextPart()
		if err != nil {
			return log, readingOf(values), nil
		}
		text, err := io.ReadAll(io.LimitReader(part, dropFrame))
		if err == nil {
			values.Add(part.FormName(), string(text))
		}
	}
}

func drain(part *multipart.Part) { _, _ = io.Copy(io.Discard, part) }

// slowest has a body read for as long as some of it comes, and answered behind it, whatever
// time the server has for requests. It gives what ends that: what a server does not set
// again would hold for the connection's next request.
func slowest(w http.ResponseWriter, r *http.Request) (end func()) {
	control := http.NewResponseController(w)
	until := func(read, write time.Time) {
		_ = control.SetReadDeadline(read) // what has no deadlines, waits
		_ = control.SetWriteDeadline(write)
	}
	r.Body = &stallReader{ReadCloser: r.Body, more: func() {
		now := time.Now()
		until(now.Add(dropStall), now.Add(2*dropStall))
	}}
	return func() { until(time.Time{}, time.Time{}) }
}

type stallReader struct {
	io.ReadCloser
	more func()
}

// Read implements [io.Reader].
func (s *stallReader) Read(p []byte) (int, error) {
	s.more()
	return s.ReadCloser.Read(p)
}

// refuseLog says why a log was not taken.
func (c *Console) refuseLog(w http.ResponseWriter, r *http.Request, err error) {
	status, text := c.refusal(err)
	c.options.Log.Info("a log was not taken", "visitor", visitorOf(r).Name, "error", err.Error())
	if wantsPart(r, "dropped") {
		http.Error(w, text, status)
		return
	}
	view := c.logHome(r)
	view.Refused = text
	c.show(w, r, status, "log", c.subjects.current(), view)
}

func (c *Console) refusal(err error) (status int, text string) {
	var kind *uploads.KindError
	limits := c.uploads.Limits()
	switch {
	case errors.As(err, &kind):
		return http.StatusUnsupportedMediaType, c.english.say("log.refused.kind", kind.Kind)
	case errors.Is(err, uploads.ErrTooLarge):
		return http.StatusRequestEntityTooLarge, c.english.say("log.refused.large", sizeText(limits.Each))
	case errors.Is(err, uploads.ErrEmpty):
		return http.StatusBadRequest, c.english.say("log.refused.empty")
	case errors.Is(err, uploads.ErrCutOff):
		return http.StatusBadRequest, c.english.say("log.refused.cut")
	case errors.Is(err, uploads.ErrFull):
		return http.StatusInsufficientStorage, c.english.say("log.refused.full")
	case errors.Is(err, uploads.ErrDisk):
		return http.StatusInsufficientStorage, c.english.say("log.refused.disk", err.Error())
	case errors.Is(err, uploads.ErrClosed):
		return http.StatusServiceUnavailable, c.english.say("log.refused.closed")
	case errors.Is(err, errNoLength):
		return http.StatusLengthRequired, c.english.say("log.refused.length")
	}
	return http.StatusBadRequest, c.english.say("log.refused.none")
}

// logForget forgets a log.
func (c *Console) logForget(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, dropFrame)
	c.runs.stop(visitorOf(r).account(), r.PostFormValue("log"), anyFormat)
	c.uploads.Forget(visitorOf(r).account(), r.PostFormValue("log")) // one that is gone is forgotten already
	redirect(w, "log")
}
