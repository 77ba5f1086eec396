package console

import (
	"encoding/json"
	"errors"
	"net/netip"
	"unicode/utf8"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/accesslog"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admission"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/replay"
	"github.com/netwicket/netwicket/decide"
)

// longestExample is how long a line is that becomes a link.
const longestExample = 2 << 10

// examples are questions that Ask answers as the log was decided: for each decision the
// first request of the log that has it. A missing one is empty.
type examples struct {
	Reasons map[decide.Outcome]string
	Zones   map[decide.ZoneRef]string
	Rules   map[replay.Rule]string
	Clients map[netip.Prefix]string // of denied requests
}

// wantExample notes a key of which an example is looked for.
func wantExample[K comparable](in map[K]string, of K) { in[of] = "" }

// exampleSeeker looks for examples.
type exampleSeeker struct {
	config  replay.Config
	grain   replay.Grain
	usual   accesslog.Parser // what reads a line of Ask
	found   examples
	missing int
}

var errAllFound = errors.New("all are found")

// findExamples reads the log once more, to where it has an example of everything. What
// cannot be read has none.
func findExamples(config replay.Config, input replay.Input, result *logResult) examples {
	report := result.Report
	s := &exampleSeeker{config: config, grain: report.Grain, found: examples{
		Reasons: map[decide.Outcome]string{}, Zones: map[decide.ZoneRef]string{}, Rules: map[replay.Rule]string{}, Clients: map[netip.Prefix]string{},
	}}
	var err error
	if s.usual, err = accesslog.New(accesslog.Options{}); err != nil {
		return s.found
	}
	for _, bucket := range append(report.Over.Buckets, report.Over.Untimed) {
		for _, count := range bucket.Outcomes {
			wantExample(s.found.Reasons, count.Of)
		}
	}
	for _, count := range report.Zones {
		wantExample(s.found.Zones, count.Of)
	}
	for _, count := range report.Rules {
		wantExample(s.found.Rules, count.Of)
	}
	for _, client := range result.Denied {
		wantExample(s.found.Clients, client.Network)
	}
	s.missing = len(s.found.Reasons) + len(s.found.Zones) + len(s.found.Rules) + len(s.found.Clients)
	stream, err := input.Open()
	if err != nil {
		return s.found
	}
	_ = accesslog.Blocks(stream, s.block) // where it ends, the report says
	_ = stream.Close()
	return s.found
}

// block looks at the lines of one block.
func (s *exampleSeeker) block(block accesslog.Block) error {
	header, buffer := accesslog.NewHeader(), new(admission.Buffer)
	var entries []accesslog.Entry
	for _, line := range block.Records() {
		var err error
		if entries, err = s.config.Parse.Append(entries[:0], block.Layout, line); err != nil {
			continue
		}
		for i := range entries {
			if s.missing == 0 {
				return errAllFound
			}
			decision := s.config.Subject.Decide(entries[i].Request(header), buffer)
			if decision.Reason == decide.ClientUnresolved && entries[i].Check() != nil {
				break
			}
			s.see(&decision, &entries[i], line)
		}
	}
	return nil
}

// see notes a decision that is the first of its kind.
func (s *exampleSeeker) see(d *decide.Decision, e *accesslog.Entry, line string) {
	question := ""
	note := func(missing bool, set func(string)) {
		if !missing {
			return
		}
		if question == "" {
			question = s.question(e, line)
		}
		if question == "" {
			return
		}
		s.missing--
		set(question)
	}
	outcome := decide.Outcome{Verdict: d.Verdict, Reason: d.Reason}
	note(missesExample(s.found.Reasons, outcome), func(q string) { s.found.Reasons[outcome] = q })
	if d.Zone != nil {
		note(missesExample(s.found.Zones, *d.Zone), func(q string) { s.found.Zones[*d.Zone] = q })
	}
	rule := replay.Rule{Name: d.Rule, Verdict: d.Verdict}
	note(missesExample(s.found.Rules, rule), func(q string) { s.found.Rules[rule] = q })
	if !d.Allowed() {
		network := s.network(d.Client)
		note(missesExample(s.found.Clients, network), func(q string) { s.found.Clients[network] = q })
	}
}

// missesExample says that an example is looked for and not found yet.
func missesExample[K comparable](in map[K]string, of K) bool {
	text, wanted := in[of]
	return wanted && text == ""
}

func (s *exampleSeeker) network(addr netip.Addr) netip.Prefix {
	bits := s.grain.Bits6
	if addr.Is4() {
		bits = s.grain.Bits4
	}
	return netip.PrefixFrom(addr, bits).Masked()
}

// question is what Ask is asked about a request: the line itself where Ask reads it as it
// was read here, else the address, if that was all, or the request. It is empty for one that is
// too long for a link: part of it would be decided otherwise.
func (s *exampleSeeker) question(e *accesslog.Entry, line string) string {
	if len(line) <= longestExample && utf8.ValidString(line) {
		if again, err := s.usual.Line(line); err == nil && again.Remote == e.Remote && again.Forwarded == e.Forwarded && again.Resolved == e.Resolved {
			return line
		}
	}
	switch {
	case len(e.Remote)+len(e.Forwarded) > longestExample:
		return ""
	case e.Resolved:
		return e.Remote
	}
	object := struct {
		Remote  string      `json:"remote"`
		Headers [][2]string `json:"headers,omitempty"`
	}{Remote: e.Remote}
	if e.Forwarded != "" {
		object.Headers = [][2]string{{accesslog.HeaderForwarded, e.Forwarded}}
	}
	text, _ := json.Marshal(object) // texts always have JSON
	return string(text)
}
