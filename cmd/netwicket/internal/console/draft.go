package console

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/tenant"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/textdiff"
)

// draft is a text that a document is to get. The server keeps none: each question
// brings it along.
type draft struct {
	Of    editable
	Old   []byte // what the file holds now
	Text  []byte // what it is to hold, with the line ends of the old text
	Begun string // the hash of the text from which the visitor began
	Log   string // the id of a log to weigh it by; empty: none
}

// Same says that the draft changes nothing.
func (d *draft) Same() bool { return string(d.Old) == string(d.Text) }

// Overtaken says that somebody else has changed the file since the visitor began.
func (d *draft) Overtaken() bool { return d.Begun != tenant.HashOf(d.Old) }

// Patch is the difference to what the file holds now.
func (d *draft) Patch() []byte { return textdiff.Patch(d.Of.Name, d.Old, d.Text) }

// Why a form is no draft.
var (
	errNoDocument = errors.New("change.unknown")
	errForm       = errors.New("change.form")
)

// readDraft reads a draft out of a form. A file that was taken counts for the text.
func (c *Console) readDraft(w http.ResponseWriter, r *http.Request, on *subject) (*draft, error) {
	const most = 3*maxEditable + 1<<20 // a form writes one byte of a text as up to three
	r.Body = http.MaxBytesReader(w, r.Body, most)
	if parseForm(r, most) != nil {
		return nil, errForm
	}
	of, known := c.editable(on, r.PostFormValue("file"))
	if !known {
		return nil, errNoDocument
	}
	old, err := c.text(of)
	if err != nil {
		return nil, err
	}
	text := []byte(r.PostFormValue("text"))
	if taken, header, err := r.FormFile("upload"); err == nil && header.Size > 0 {
		text = make([]byte, header.Size)
		_, err = taken.ReadAt(text, 0)
		if err = errors.Join(err, taken.Close()); err != nil {
			return nil, errForm
		}
	}
	switch {
	case len(text) > 2*maxEditable:
		return nil, errTooLarge
	case !isText(text):
		return nil, errNoText
	}
	return &draft{Of: of, Old: old, Text: textdiff.KeepEnds(old, text), Begun: r.PostFormValue("begun"), Log: r.PostFormValue("log")}, nil
}

// parseForm reads a form of either kind, with files of up to most bytes in memory.
func parseForm(r *http.Request, most int64) error {
	if err := r.ParseForm(); err != nil { // ParseMultipartForm would only say that this is the other kind
		return err
	}
	if err := r.ParseMultipartForm(most); !errors.Is(err, http.ErrNotMultipart) {
		return err
	}
	return nil
}

// bench is where drafts are compiled, one at a time: each takes memory like the policy
// that is shown. A visitor's newer question ends the older one.
type bench struct {
	place chan struct{}

	mutex sync.Mutex
	under map[string]*asking // way, by who asks
}

type asking struct{ end context.CancelFunc }

func newBench() *bench {
	return &bench{place: make(chan struct{}, 1), under: make(map[string]*asking)}
}

// patience is how long a draft waits for those of others.
const patience = 10 * time.Second

var errBusy = errors.New("change.busy")

// take waits for the place, and ends the older question of who asks. The context ends
// when a newer one comes; done gives the place back. The error is errBusy or that of
// the context.
func (b *bench) take(ctx context.Context, who string) (context.Context, func(), error) {
	ctx, end := context.WithCancel(ctx)
	mine := &asking{end}
	b.mutex.Lock()
	if older := b.under[who]; older != nil {
		older.end()
	}
	b.under[who] = mine
	b.mutex.Unlock()
	leave := func() {
		end()
		b.mutex.Lock()
		defer b.mutex.Unlock()
		if b.under[who] == mine {
			delete(b.under, who)
		}
	}
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case b.place <- struct{}{}:
		if err := ctx.Err(); err != nil { // both came at once
			<-b.place
			leave()
			return nil, nil, err
		}
		return ctx, func() { <-b.place; leave() }, nil
	case <-ctx.Done():
		err := ctx.Err()
		leave()
		return nil, nil, err
	case <-late.C:
		leave()
		return nil, nil, errBusy
	}
}
