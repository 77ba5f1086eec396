package forwardauth

import (
	"context"
	"crypto/rand"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/gate"
	"github.com/netwicket/netwicket/internal/shown"
)

const (
	// linesPerSecond bounds what strangers can make the service write: an
	// attack of a million requests is a hundred lines a second and a count.
	linesPerSecond = 100

	// shownBytes is how much of a value that a client sent a line repeats.
	shownBytes = 64

	// closePatience is how long the end of the program waits for an output that takes
	// no lines.
	closePatience = 2 * time.Second
)

// Journal writes the log as JSON, one object a line, or as text. Everything that a request
// can cause is limited in number and length, and nothing waits for the output.
// Safe for concurrent use.
type Journal struct {
	logger *slog.Logger
	level  *slog.LevelVar
	output *queue

	start time.Time

	// Apart, so that strangers cannot keep denials out of the log, nor either of
	// them what ails the service.
	denials, strangers, failures limiter

	networks atomic.Bool // addresses are cut to their networks
}

// NewJournal writes JSON to out until it is closed.
func NewJournal(out io.Writer) *Journal {
	return newJournal(out, func(out io.Writer, options *slog.HandlerOptions) slog.Handler {
		return slog.NewJSONHandler(shown.JSONWriter{Out: out}, options)
	})
}

// NewTextJournal writes the same as text, for a person: KEY=VALUE, quoted where
// anything cannot be seen.
func NewTextJournal(out io.Writer) *Journal {
	return newJournal(out, func(out io.Writer, options *slog.HandlerOptions) slog.Handler {
		return slog.NewTextHandler(out, options)
	})
}

func newJournal(out io.Writer, handler func(io.Writer, *slog.HandlerOptions) slog.Handler) *Journal {
	j := &Journal{level: new(slog.LevelVar), output: newQueue(out), start: time.Now()}
	j.logger = slog.New(handler(j.output, &slog.HandlerOptions{Level: j.level}))
	return j
}

// Logger is for what no request caused: such lines are not limited.
func (j *Journal) Logger() *slog.Logger { return j.logger }

// Close writes what waits to be written, for two seconds at most.
func (j *Journal) Close() {
	const end = -1 // no second of the clock, so that the last one is over
	j.noteDropped(j.denials.settle(end) + j.strangers.settle(end) + j.failures.settle(end))
	j.output.close(closePatience)
}

// set puts the policy file's settings in force.
func (j *Journal) set(level slog.Level, networks bool) {
	j.level.Set(level)
	j.networks.Store(networks)
}

// dropped counts the lines beyond the limit, lost those that the output did not take.
func (j *Journal) dropped() uint64 {
	return j.denials.total.Load() + j.strangers.total.Load() + j.failures.total.Load()
}
func (j *Journal) lost() uint64 { return j.output.lost.Load() }

// admits says that a line at this level is wanted and within the limit. Debug
// lines have no limit: who asks for them wants them all.
func (j *Journal) admits(level slog.Level, limit *limiter) bool {
	if !j.logger.Enabled(context.Background(), level) {
		return false
	}
	if level <= slog.LevelDebug {
		return true
	}
	admitted, dropped := limit.admit(j.second())
	j.noteDropped(dropped)
	return admitted
}

// Flush says how many lines the limits have kept back since it was last said.
// To be called now and then, for the case that no further line comes.
func (j *Journal) Flush() {
	second := j.second()
	j.noteDropped(j.denials.settle(second) + j.strangers.settle(second) + j.failures.settle(second))
}

// second numbers the seconds since the start.
func (j *Journal) second() int64 { return int64(time.Since(j.start) / time.Second) }

func (j *Journal) noteDropped(count uint64) {
	if count > 0 {
		j.logger.Warn("log lines left out", "count", count, "limit_per_second", linesPerSecond)
	}
}

// decided notes a decision: denials at info, what is let pass at debug. A denial
// that takes effect gets a reference, for which the line is found when its client
// asks; none if there is no line.
func (j *Journal) decided(s *Snapshot, name string, q *Question, d *decide.Decision, code gate.Error, hops int) (reference string) {
	level, message := slog.LevelInfo, "denied"
	switch {
	case d.Verdict == decide.Allow:
		level, message = slog.LevelDebug, "allowed"
	case s.observe:
		message = "would be denied"
	}
	if !j.admits(level, &j.denials) {
		return ""
	}
	peer, _ := s.resolver.Peer(q.Peer) // a peer that is no address is logged as none
	attrs := make([]slog.Attr, 0, 20)
	attrs = append(attrs, slog.String("decision", d.Verdict.String()), slog.String("reason", d.Reason.String()))
	attrs = s.appendAddr(attrs, "client_ip", d.Client)
	attrs = s.appendAddr(attrs, "peer_ip", peer)
	attrs = append(attrs, slog.String("ip_source", s.resolver.Source().String()), slog.Int("hops", hops))
	if d.Zone != nil {
		attrs = append(attrs, slog.String("zone", d.Zone.Name))
	}
	if d.Rule != "" {
		attrs = append(attrs, slog.String("rule", d.Rule))
	}
	if d.Audit {
		attrs = append(attrs, slog.Bool("audit", true))
	}
	if d.Unknown != 0 {
		attrs = append(attrs, slog.Any("unknown", d.Unknown.Names()))
	}
	attrs = s.appendLocation(attrs, d.Client)
	if code != 0 {
		attrs = append(attrs, slog.String("error", code.Code()))
		attrs = s.appendHeader(attrs, q.Header)
	}
	attrs = j.appendHeaders(attrs, s.serve.LogHeaders, q)
	if message == "denied" {
		reference = newReference()
		attrs = append(attrs, slog.String("reference", reference))
	}
	attrs = append(attrs, slog.String("mode", s.mode().String()), slog.String("policy", s.info.Fingerprint))
	j.write(level, message, name, attrs)
	return reference
}

// appendHeaders appends those of the headers that the question has.
func (j *Journal) appendHeaders(attrs []slog.Attr, names []string, q *Question) []slog.Attr {
	var found []slog.Attr
	for _, name := range names {
		lines := q.Header[name]
		if name == "Host" {
			lines = []string{q.Host} // net/http keeps it apart
		}
		if len(lines) > 0 {
			found = append(found, slog.String(name, quoted(j.shown(lines[len(lines)-1]))))
		}
	}
	return append(attrs, slog.Any("headers", slog.GroupValue(found...))) // one without any is left out
}

// newReference is eight letters and digits that nobody can guess, and that can be
// read out over a telephone: without I, L, O and U, as Crockford's base 32.
func newReference() string {
	const digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	var random [8]byte
	_, _ = rand.Read(random[:]) // it never fails
	text := make([]byte, 0, len(random)+1)
	for i, b := range random {
		if i == len(random)/2 {
			text = append(text, '-')
		}
		text = append(text, digits[b%byte(len(digits))])
	}
	return string(text)
}

// stranger notes a caller that is not one of the edge's proxies.
func (j *Journal) stranger(s *Snapshot, name string, q *Question) {
	if !j.admits(slog.LevelWarn, &j.strangers) {
		return
	}
	attrs := []slog.Attr{slog.String("decision", decide.Deny.String())}
	if peer, err := s.resolver.Peer(q.Caller); err == nil {
		attrs = s.appendAddr(attrs, "peer_ip", peer)
	} else {
		attrs = append(attrs, slog.String("peer", quoted(j.shown(q.Caller))))
	}
	attrs = append(attrs, slog.String("policy", s.info.Fingerprint))
	j.write(slog.LevelWarn, "caller outside edge.trusted refused; if it is one of our proxies, add it there", name, attrs)
}

// unknownPolicy notes a question about a policy that is not served.
func (j *Journal) unknownPolicy(first *Snapshot, q *Question, name string) {
	if !j.admits(slog.LevelWarn, &j.strangers) {
		return
	}
	attrs := []slog.Attr{slog.String("decision", decide.Deny.String()), slog.String("name", quoted(j.shown(name)))}
	if first != nil {
		peer, _ := first.resolver.Peer(q.Caller) // a peer that is no address is logged as none
		attrs = first.appendAddr(attrs, "peer_ip", peer)
	}
	j.write(slog.LevelWarn, "no policy of this name is served", "", attrs)
}

// malformed notes a question that no proxy asks.
func (j *Journal) malformed(first *Snapshot, q *Question, cause error) {
	if !j.admits(slog.LevelWarn, &j.strangers) {
		return
	}
	attrs := []slog.Attr{slog.String("decision", decide.Deny.String()), slog.String("error", j.shown(cause.Error()))}
	if first != nil {
		peer, _ := first.resolver.Peer(q.Caller) // a peer that is no address is logged as none
		attrs = first.appendAddr(attrs, "peer_ip", peer)
	}
	j.write(slog.LevelWarn, "question refused, it is none that a proxy asks", "", attrs)
}

func (j *Journal) write(level slog.Level, message, name string, attrs []slog.Attr) {
	if name != "" {
		attrs = append(attrs, slog.String("policy_name", name))
	}
	j.logger.LogAttrs(context.Background(), level, message, attrs...)
}

func (s *Snapshot) appendLocation(attrs []slog.Attr, client netip.Addr) []slog.Attr {
	location := s.table.Lookup(client)
	if location.Country != "" {
		attrs = append(attrs, slog.String("country", location.Country))
	}
	if location.ASNKnown {
		attrs = append(attrs, slog.Uint64("asn", uint64(location.ASN)))
	}
	return attrs
}

// appendHeader appends the end of the header that no client was found in: it is
// read from there. It holds addresses, so it is left out where they are cut.
func (s *Snapshot) appendHeader(attrs []slog.Attr, h http.Header) []slog.Attr {
	if s.logNetworks {
		return attrs
	}
	if lines := h[headerOf(s.resolver.Source())]; len(lines) > 0 {
		attrs = append(attrs, slog.String("header", quoted(lines[len(lines)-1])))
	}
	return attrs
}

// headerOf is the canonical name of the header that a source reads.
func headerOf(source gate.ClientSource) string {
	if name, found := strings.CutPrefix(source.String(), "header:"); found {
		return http.CanonicalHeaderKey(name)
	}
	if source == gate.Forwarded {
		return "Forwarded"
	}
	return "X-Forwarded-For"
}

// quoted is text as a Go string literal in ASCII, cut to its last bytes
// (docs/semantics.md, edge-27).
func quoted(text string) string {
	if len(text) > shownBytes {
		return "..." + strconv.QuoteToASCII(text[len(text)-shownBytes:])
	}
	return strconv.QuoteToASCII(text)
}

// limiter admits so many lines a second and counts the rest.
type limiter struct {
	total atomic.Uint64

	mutex   sync.Mutex
	second  int64
	lines   int
	dropped uint64 // and not yet told
}

// admit asks for a line. It also gives the count of lines that were dropped in
// the seconds before, once.
func (l *limiter) admit(second int64) (admitted bool, dropped uint64) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	dropped = l.turn(second)
	if l.lines < linesPerSecond {
		l.lines++
		return true, dropped
	}
	l.dropped++
	l.total.Add(1)
	return false, dropped
}

// settle gives the count of lines dropped before this second, once.
func (l *limiter) settle(second int64) uint64 {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.turn(second)
}

func (l *limiter) turn(second int64) (dropped uint64) {
	if second != l.second {
		l.second, l.lines = second, 0
		dropped, l.dropped = l.dropped, 0
	}
	return dropped
}
