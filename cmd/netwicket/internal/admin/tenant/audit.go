package tenant

import (
	"encoding/json"
	"io"
	"sync"
	"time"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/wire"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/impact"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/internal/shown"
)

// Audit is the list of writes, one line of JSON each (D7). It never has a token
// or a body. It is safe for concurrent use.
type Audit struct {
	mu sync.Mutex
	to io.Writer
}

// NewAudit writes lines to a file or a stream.
func NewAudit(to io.Writer) *Audit { return &Audit{to: to} }

// entry is one line.
type entry struct {
	Time    time.Time `json:"time"`
	Caller  string    `json:"caller"`
	Address string    `json:"address"` // empty: the request came from no network
	Verb    string    `json:"verb"`
	Path    string    `json:"path"`
	Status  int       `json:"status"`
	Request string    `json:"request"`           // its id
	ErrorID string    `json:"errorId,omitempty"` // of the answer
	Causes  []string  `json:"causes,omitempty"`  // why it was refused

	*written
}

// written is what a write did.
type written struct {
	Generation int    `json:"generation"`
	Before     string `json:"before"` // fingerprints of the policies
	After      string `json:"after"`
	// Decisions that change, of IPv4 addresses, for requests of one hop.
	NewlyDenied  uint64 `json:"newlyDenied"`
	NewlyAllowed uint64 `json:"newlyAllowed"`
	// Uncounted says that the policies differ in so many ranges that only the first
	// of them were counted.
	Uncounted bool `json:"uncounted,omitempty"`

	Warnings []string `json:"warnings,omitempty"`
}

// Write notes a request that was answered. A nil Audit notes nothing.
func (a *Audit) Write(r *wire.Request, answer wire.Answer) { a.note(r, answer, nil) }

func (a *Audit) note(r *wire.Request, answer wire.Answer, done *written) {
	if a == nil {
		return
	}
	address := ""
	if r.Peer.IsValid() {
		address = r.Peer.String()
	}
	line, err := json.Marshal(entry{
		Time: r.Time.UTC(), Caller: r.Caller.Name, Address: address, Verb: r.Verb, Path: r.Path,
		Status: answer.Status, Request: r.ID, ErrorID: answer.ErrorID, Causes: answer.Causes, written: done,
	})
	if err != nil {
		panic("tenant: " + err.Error()) // every value of an entry can be written
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	_, _ = a.to.Write(append(shown.JSON(line), '\n')) // a log that cannot be written stops nobody's work
}

// countedRanges are enough to see what a write did; to count all of two policies
// that have little in common would hold up the next one.
const countedRanges = 200_000

// measure counts what two policies decide differently.
func (w *written) measure(before, after *decide.Policy) {
	counter := impact.NewCounter(nil)
	for changed := range decide.Diff(before, after) {
		if !changed.Range.From().Is4() {
			break
		}
		if counter.Changes == countedRanges {
			w.Uncounted = true
			break
		}
		counter.Add(changed)
	}
	w.NewlyDenied, w.NewlyAllowed = counter.Total[impact.NewlyDenied].IPv4, counter.Total[impact.NewlyAllowed].IPv4
}
