package forwardauth

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/netwicket/netwicket/decide/release"
)

// Fare is how a policy got where it is.
type Fare struct {
	Since      time.Time // the policy in force is
	LastResult string    // of the last attempt to replace it
	LastErr    error     // why that failed

	Follows bool // a channel of releases
	Ready   bool // what it follows is in force, and has not expired where that matters
	Release release.Status
}

// Follow has a policy's fare told by /status, /readyz and the metrics.
func (s *Service) Follow(name string, fare func() Fare) {
	if d := s.byName[name]; d != nil {
		d.fare.Store(&fare)
	}
}

// fares is how the door's policy fares; zero where nobody says.
func (d *Door) fares() (f Fare) {
	if fare := d.fare.Load(); fare != nil {
		f = (*fare)()
	}
	return f
}

// problem is why a policy that follows a channel is not ready, or empty.
func (f *Fare) problem() string {
	switch {
	case !f.Follows || f.Ready:
		return ""
	case f.Release.InForce:
		return fmt.Sprintf("version %d has expired at %s", f.Release.Payload.Version, f.Release.Payload.Expires.UTC().Format(time.RFC3339))
	case f.Release.Withheld:
		return fmt.Sprintf("version %d is not in force any more, and everything is denied (no_policy)", f.Release.Payload.Version)
	default:
		return "no release is in force, and everything is denied (no_policy)"
	}
}

// Fetched counts a look for a release.
func (s *Service) Fetched(name string, o release.Outcome) {
	if d := s.byName[name]; d != nil && o.Cause == release.Looked {
		d.tally.fetched(o.Result)
	}
}

// releases sends what there is to say of the channel that a policy follows.
func (s series) releases(t *tally, f *Fare) {
	if !f.Follows {
		return
	}
	t.mutex.Lock()
	for _, result := range release.Results() {
		s.counter("netwicket_fetch_total", "Looks for a release, by how they ended.", t.fetches[result], "result", string(result))
	}
	t.mutex.Unlock()
	if payload := f.Release.Payload; payload.Version > 0 {
		s.gauge("netwicket_release_version", "The version of the release that was taken last.", float64(payload.Version))
		s.gauge("netwicket_release_expires_timestamp_seconds", "When that release expires.", seconds(payload.Expires))
	}
	if checked := f.Release.Checked; !checked.IsZero() {
		s.gauge("netwicket_release_checked_timestamp_seconds", "When a look last found nothing newer, or put it in force.", seconds(checked))
	}
}

// statusJSON is one policy's fare. What there is none of is null.
type statusJSON struct {
	Name        *string    `json:"name,omitempty"` // of a policy behind /decide/NAME
	Fingerprint *string    `json:"fingerprint"`
	Version     *uint64    `json:"version"`
	Channel     *string    `json:"channel"`
	Expires     *time.Time `json:"expires"`
	Since       *time.Time `json:"inForceSince"`
	Source      *string    `json:"source"` // "state", "network" or "files"
	LastResult  *string    `json:"lastResult"`
	LastError   *string    `json:"lastError"`

	Policies []statusJSON `json:"policies,omitempty"` // those behind /decide/NAME
}

func (d *Door) status() statusJSON {
	f := d.fares()
	out := statusJSON{Since: timeOrNull(f.Since), LastResult: textOrNull(f.LastResult)}
	if d.name != "" {
		out.Name = &d.name
	}
	if current := d.current.Load(); current != nil {
		out.Fingerprint = textOrNull(current.info.Fingerprint)
	}
	if f.LastErr != nil {
		out.LastError = textOrNull(f.LastErr.Error())
	}
	if !f.Follows {
		out.Source = textOrNull("files")
		return out
	}
	out.Since, out.LastResult, out.LastError = nil, textOrNull(string(f.Release.Last.Result)), nil
	if err := f.Release.Last.Err; err != nil {
		out.LastError = textOrNull(err.Error())
	}
	if payload := f.Release.Payload; payload.Version > 0 {
		out.Version, out.Channel, out.Expires = &payload.Version, &payload.Channel, timeOrNull(payload.Expires)
	}
	if f.Release.InForce {
		out.Since, out.Source = timeOrNull(f.Release.Since), textOrNull(string(f.Release.Source))
	}
	return out
}

func textOrNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

func timeOrNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// tellStatus answers /status: the policy of /decide, or the first one, and those behind
// /decide/NAME beside it.
func (s *Service) tellStatus(w http.ResponseWriter) {
	out := s.doors[0].status()
	for _, d := range s.doors[1:] {
		out.Policies = append(out.Policies, d.status())
	}
	text, err := json.MarshalIndent(out, "", "  ")
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(append(text, '\n')) // who hangs up has seen enough
}
