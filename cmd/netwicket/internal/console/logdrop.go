package console

import (
	"encoding/json"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
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
	Gone []string `json:"gone"` // names of older logs that made room
}

// logDrop takes a log: the file of a form, which is read as it comes.
func (c *Console) logDrop(w http.ResponseWriter, r *http.Request) {
	log, err := c.takeLog(w, r)
	if err != nil {
		c.refuseLog(w, r, err)
		return
	}
	if !wantsPart(r, "dropped") {
		redirect(w, "log?log="+log.ID)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusCreated)
	_ = json.NewEncoder(w).Encode(dropped{Log: log.ID, Gone: append([]string{}, log.Gone...)}) // whoever is gone misses nothing
}

var (
	errNoLength = errors.New("a log without its length")
	errNoFile   = errors.New("a form without a file")
)

func (c *Console) takeLog(w http.ResponseWriter, r *http.Request) (uploads.Log, error) {
	limit := c.uploads.Limits().Each
	switch {
	case r.ContentLength < 0:
		return uploads.Log{}, errNoLength
	case r.ContentLength > limit+dropFrame:
		return uploads.Log{}, uploads.ErrTooLarge
	}
	defer slowest(w, r)()
	form, err := r.MultipartReader()
	if err != nil {
		return uploads.Log{}, errNoFile
	}
	part, err := form.NextPart()
	if err != nil || part.FileName() == "" {
		return uploads.Log{}, errNoFile
	}
	log, err := c.uploads.Take(visitorOf(r).Name, part.FileName(), r.ContentLength, part)
	if err != nil {
		drain(part) // a browser reads no answer before it has sent all
	}
	return log, err
}

func drain(part *multipart.Part) { _, _ = io.Copy(io.Discard, part) }

// slowest has a body read for as long as some of it comes. It gives what ends that.
func slowest(w http.ResponseWriter, r *http.Request) (end func()) {
	control := http.NewResponseController(w)
	r.Body = &stallReader{ReadCloser: r.Body, more: func() {
		_ = control.SetReadDeadline(time.Now().Add(dropStall)) // what has no deadlines, waits
	}}
	return func() { _ = control.SetReadDeadline(time.Time{}) }
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
	c.uploads.Forget(visitorOf(r).Name, r.PostFormValue("log")) // one that is gone is forgotten already
	redirect(w, "log")
}
