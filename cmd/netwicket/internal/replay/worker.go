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

// decide counts the decision about one request, unless there is none: what is no
// address may be of another format.
func (w *worker) decide(e *accesslog.Entry) error {
	asked := e.Request(w.header)
	d := w.config.Subject.Decide(asked, &w.buffer)
	if d.Reason == decide.ClientUnresolved {
		if err := e.Check(); err != nil {
			return err
		}
	}
	w.decided++
	client := d.Client
	w.decisions.add(&d, 1)
	if e.Time != 0 {
		w.first, w.last = earlier(w.first, e.Time), max(w.last, e.Time)
	}
	toDeny, toAllow := uint64(0), uint64(0)
	if w.config.Against != nil {
		other := w.config.Against.Decide(asked, &w.buffer)
		toDeny, toAllow = w.compare(&d, &other)
		if !client.IsValid() {
			client = other.Client
		}
	}
	if client.IsValid() {
		r, country := w.client(client, e.Time)
		r.toDeny += toDeny
		r.toAllow += toAllow
		count := &w.byCountry[country]
		count.Requests++
		if !d.Allowed() {
			r.denied++
			r.reasons |= d.Reasons
			count.Denied++
		}
	}
	return nil
}

// compare counts a request that the two policies decide differently.
func (w *worker) compare(now, other *decide.Decision) (toDeny, toAllow uint64) {
	pair := [2]decide.Outcome{{Verdict: now.Verdict, Reason: now.Reason}, {Verdict: other.Verdict, Reason: other.Reason}}
	if pair[0] == pair[1] {
		return 0, 0
	}
	w.changes[pair]++
	switch {
	case pair[0].Verdict == pair[1].Verdict:
	case pair[1].Verdict == decide.Deny:
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
	if at != 0 {
		r.first, r.last = earlier(r.first, at), max(r.last, at)
	}
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
		t.decisions.add(&count.decision, count.requests)
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
