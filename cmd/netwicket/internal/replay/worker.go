package replay

import (
	"net/netip"
	"slices"
	"sort"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/accesslog"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admission"
	"github.com/netwicket/netwicket/decide"
)

// job is some lines of one log.
type job struct {
	file  int // index of the input
	block accesslog.Block
}

// worker parses, decides and counts.
type worker struct {
	config *Config
	buffer admission.Buffer
	header accesslog.Header
	// entries is the memory of what one record says.
	entries []accesslog.Entry
	given   answer // to the last request
	tally
}

// tally is what one worker has counted.
type tally struct {
	lines, unreadable uint64
	decided           uint64
	decisions         decisions
	changes           map[[2]decide.Outcome]uint64
	changed           [2]uint64 // to deny, to allow
	countries         map[string]uint32
	byCountry         []CountryCount
	clients           clients
	watched           []uint64
	first, last       int64
	over              over
	faults            []Fault
}

func newWorker(config *Config) *worker {
	return &worker{config: config, header: accesslog.NewHeader(), tally: newTally(config)}
}

func newTally(config *Config) tally {
	return tally{
		decisions: newDecisions(),
		changes:   make(map[[2]decide.Outcome]uint64),
		countries: make(map[string]uint32),
		clients:   newClients(config.MaxClients),
		watched:   make([]uint64, len(config.Watch)),
	}
}

// do goes through the lines of one block.
func (w *worker) do(j job) {
	if j.block.Err != nil {
		w.lines++
		w.fault(Fault{File: j.file, Line: j.block.Line, Err: j.block.Err})
		return
	}
	for number, line := range j.block.Records() {
		w.lines++
		var err error
		if w.entries, err = w.config.Parse.Append(w.entries[:0], j.block.Layout, line); err != nil {
			w.fault(Fault{File: j.file, Line: number, Text: line, Err: err})
			continue
		}
		for i := range w.entries {
			if err := w.decide(&w.entries[i]); err != nil {
				w.fault(Fault{File: j.file, Line: number, Text: line, Err: err})
				break
			}
		}
	}
}

// fault notes a line that is no record, and keeps the first ones.
func (w *worker) fault(f Fault) {
	w.unreadable++
	w.faults = keepFirst(w.faults, f)
}

// answer is what the policies say to a request, whenever it is made.
type answer struct {
	known    bool
	to       accesslog.Entry
	err      error // there was no request after all
	decision decide.Decision
	number   int // of the decision
	client   netip.Addr
	other    decide.Outcome // of the policy to compare with
}

// answer is the answer to one request. Clients come with some requests at a time:
// in a log of a public server more than half of the lines ask what the line before
// asked, and where that is seen a tenth of all the time is saved.
func (w *worker) answer(e *accesslog.Entry) *answer {
	a := &w.given
	if a.known && a.to.Remote == e.Remote && a.to.Forwarded == e.Forwarded && a.to.Resolved == e.Resolved {
		return a
	}
	asked := e.Request(w.header)
	*a = answer{to: *e, known: true, decision: w.config.Subject.Decide(asked, &w.buffer)}
	if a.decision.Reason == decide.ClientUnresolved {
		if a.err = e.Check(); a.err != nil {
			return a
		}
	}
	a.number = w.decisions.number(&a.decision.Judgment)
	a.client = a.decision.Client
	if w.config.Against != nil {
		other := w.config.Against.Decide(asked, &w.buffer)
		a.other = decide.Outcome{Verdict: other.Verdict, Reason: other.Reason}
		if !a.client.IsValid() {
			a.client = other.Client
		}
	}
	return a
}

// decide counts the decision about one request, unless there is none: what is no
// address may be of another format.
func (w *worker) decide(e *accesslog.Entry) error {
	a := w.answer(e)
	if a.err != nil {
		return a.err
	}
	w.decided++
	w.decisions.counts[a.number].requests++
	w.first, w.last = earlier(w.first, e.Time), max(w.last, e.Time)
	w.over.at(e.Time)[a.decision.Verdict][a.decision.Reason%reasonRoom]++
	toDeny, toAllow := uint64(0), uint64(0)
	if w.config.Against != nil {
		toDeny, toAllow = w.compare(decide.Outcome{Verdict: a.decision.Verdict, Reason: a.decision.Reason}, a.other)
	}
	if a.client.IsValid() {
		r, country := w.client(a.client, e.Time)
		r.toDeny += toDeny
		r.toAllow += toAllow
		count := &w.byCountry[country]
		count.Requests++
		if !a.decision.Allowed() {
			r.denied++
			r.reasons |= a.decision.Reasons
			count.Denied++
		}
	}
	return nil
}

// compare counts a request that the two policies decide differently.
func (w *worker) compare(now, other decide.Outcome) (toDeny, toAllow uint64) {
	if now == other {
		return 0, 0
	}
	w.changes[[2]decide.Outcome{now, other}]++
	switch {
	case now.Verdict == other.Verdict:
	case other.Verdict == decide.Deny:
		toDeny = 1
	default:
		toAllow = 1
	}
	w.changed[0] += toDeny
	w.changed[1] += toAllow
	return toDeny, toAllow
}

// client counts a request of a client. A network of clients is of no one country.
func (w *worker) client(addr netip.Addr, at int64) (r *row, country uint32) {
	r, fresh := w.clients.at(addr)
	if fresh || w.clients.level > 0 {
		r.country = w.country(w.config.Subject.Geo.Lookup(addr).Country)
	}
	r.requests++
	r.first, r.last = earlier(r.first, at), max(r.last, at)
	if i := w.config.watching(addr); i >= 0 {
		w.watched[i]++
	}
	return r, r.country
}

func (t *tally) country(code string) uint32 {
	i, found := t.countries[code]
	if !found {
		i = uint32(len(t.byCountry))
		t.countries[code] = i
		t.byCountry = append(t.byCountry, CountryCount{Country: code})
	}
	return i
}

// watching is the range of Watch that holds an address, or -1.
func (c *Config) watching(addr netip.Addr) int {
	i := sort.Search(len(c.Watch), func(i int) bool { return c.Watch[i].To().Compare(addr) >= 0 })
	if i < len(c.Watch) && c.Watch[i].Contains(addr) {
		return i
	}
	return -1
}

// join adds what another worker counted.
func (t *tally) join(other *tally) {
	t.lines += other.lines
	t.unreadable += other.unreadable
	t.decided += other.decided
	t.changed[0] += other.changed[0]
	t.changed[1] += other.changed[1]
	for i := range other.decisions.counts {
		count := &other.decisions.counts[i]
		t.decisions.counts[t.decisions.number(&count.judgment)].requests += count.requests
	}
	for pair, n := range other.changes {
		t.changes[pair] += n
	}
	renamed := make([]uint32, len(other.byCountry))
	for i, count := range other.byCountry {
		renamed[i] = t.country(count.Country)
		sum := &t.byCountry[renamed[i]]
		sum.Requests += count.Requests
		sum.Denied += count.Denied
	}
	for i := range other.clients.rows {
		r := &other.clients.rows[i]
		r.country = renamed[r.country]
	}
	t.clients.merge(&other.clients)
	for i, n := range other.watched {
		t.watched[i] += n
	}
	t.first, t.last = earlier(t.first, other.first), max(t.last, other.last)
	t.over.merge(&other.over)
	for _, f := range other.faults {
		t.faults = keepFirst(t.faults, f)
	}
}

// keepFirst keeps the first faults by their place in the logs.
func keepFirst(faults []Fault, f Fault) []Fault {
	i, _ := slices.BinarySearchFunc(faults, f, Fault.compare)
	if i == shownFaults {
		return faults
	}
	if len(faults) == shownFaults {
		faults = faults[:shownFaults-1]
	}
	const enough = 200 // of a text that may have 16 MiB; the block is not kept
	f.Text = string([]byte(f.Text[:min(len(f.Text), enough)]))
	return slices.Insert(faults, i, f)
}
