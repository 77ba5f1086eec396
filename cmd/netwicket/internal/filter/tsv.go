package filter

import (
	"bytes"
	"errors"
	"io"
	"net/netip"
	"strings"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/gate"
)

// MaxLine is how many bytes a line may have, its ending aside. A longer one is
// answered like any other that cannot be read.
const MaxLine = 1 << 20

// Policies are what is asked. The zero value denies.
type Policies struct {
	Policy  *decide.Policy
	Compare bool           // ask Against, too
	Against *decide.Policy // an older policy
}

// TSV answers lines, each an address or a chain of them that is parted by commas,
// the nearest hop first: decision, reason, zone and rule, parted by tabs, and behind
// them, with Compare, the same of the other policy. Every line has an answer, also an
// empty one and a last one without an end; what cannot be read is denied with
// client_unresolved. Names are escaped as ClickHouse's TabSeparated has it. TSV ends
// with the stream; the error is that of reading or writing.
func TSV(in io.Reader, out io.Writer, policies Policies) error {
	a := answerer{policies: policies, answers: newAnswers(policies.Compare)}
	lines := reader{in: in, buffer: make([]byte, 256<<10)}
	var answers []byte
	for {
		text, err := lines.next()
		for line := range strings.SplitSeq(strings.TrimSuffix(text, "\n"), "\n") {
			if text == "" {
				break
			}
			answers = a.append(answers, strings.TrimSuffix(line, "\r"))
			if len(answers) >= 64<<10 {
				if _, err := out.Write(answers); err != nil {
					return err
				}
				answers = answers[:0]
			}
		}
		if len(answers) > 0 {
			if _, err := out.Write(answers); err != nil {
				return err
			}
			answers = answers[:0]
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
	}
}

// reader gives whole lines as they come.
type reader struct {
	in      io.Reader
	buffer  []byte
	filled  int
	tooLong bool // what is being read is the rest of a line that is too long
	tries   int  // reads in a row that gave nothing
}

// next waits for at least one line, and gives all that there are, as a text of its
// own, in which lines can be looked at without copying them. Lines that are too long
// are one byte that is no address. Behind the end a last line may have no ending.
func (r *reader) next() (string, error) {
	for {
		n, err := r.in.Read(r.buffer[r.filled:])
		r.filled += n
		if err != nil {
			return r.rest(), err
		}
		if r.tries++; n > 0 {
			r.tries = 0
		} else if r.tries == 100 {
			return "", io.ErrNoProgress
		}
		end := bytes.LastIndexByte(r.buffer[r.filled-n:r.filled], '\n')
		if end >= 0 {
			return r.take(r.filled - n + end + 1), nil
		}
		r.makeRoom()
	}
}

// take gives the lines before end, and keeps what is behind.
func (r *reader) take(end int) string {
	text := string(r.buffer[:end])
	if r.tooLong {
		text = unreadable + text[strings.IndexByte(text, '\n'):]
		r.tooLong = false
	}
	r.filled = copy(r.buffer, r.buffer[end:r.filled])
	return text
}

// rest is what the end of the stream leaves.
func (r *reader) rest() string {
	if r.tooLong && bytes.IndexByte(r.buffer[:r.filled], '\n') < 0 {
		return unreadable
	}
	return r.take(r.filled)
}

// unreadable stands for a line that is too long.
const unreadable = "?"

// makeRoom makes room behind a line that goes on.
func (r *reader) makeRoom() {
	switch {
	case r.tooLong:
		r.filled = 0
	case r.filled > MaxLine+len("\r"):
		r.tooLong, r.filled = true, 0
	case r.filled == len(r.buffer):
		r.buffer = append(r.buffer, make([]byte, len(r.buffer))...)
	}
}

// answerer answers one line at a time.
type answerer struct {
	policies Policies
	chain    [gate.MaxChain]netip.Addr
	answers  answers
}

func (a *answerer) append(to []byte, line string) []byte {
	chain := a.read(line)
	var said [2]decide.Decision
	a.policies.Policy.DecideInto(&said[0], chain)
	if a.policies.Compare {
		a.policies.Against.DecideInto(&said[1], chain)
	}
	return append(to, a.answers.text(&said)...)
}

// read reads the chain as a request's: hops that cannot be read keep their place, and
// so does all that is behind as many as an edge looks at (docs/semantics.md, chain-1
// and chain-3).
func (a *answerer) read(line string) []netip.Addr {
	count := 0
	if len(line) > MaxLine {
		line = unreadable
	}
	for more := true; more; count++ {
		var hop string
		if hop, line, more = strings.Cut(line, ","); more && count == len(a.chain)-2 {
			// The last of those that are looked at, and one that stands for the rest.
			a.chain[count], a.chain[count+1] = address(hop), netip.Addr{}
			return a.chain[:]
		}
		a.chain[count] = address(hop)
	}
	return a.chain[:count]
}

// address reads what eval reads: an address, also in brackets and with a port. The
// zero Addr is none.
func address(text string) netip.Addr {
	if len(text) > 0 && (text[0] == ' ' || text[0] == '\t' || text[len(text)-1] == ' ' || text[len(text)-1] == '\t') {
		text = strings.Trim(text, " \t")
	}
	addr, _ := gate.PeerWithoutEdge(text) // without an error there is an address
	return addr
}
