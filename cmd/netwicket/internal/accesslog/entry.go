package accesslog

import (
	"errors"
	"net/http"
	"net/netip"
	"strings"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/request"
)

// Entry is what a record says about one request. Its texts share the memory of
// the line. The zero value is a request from nowhere.
type Entry struct {
	Remote    string // the peer as the log has it, with or without a port
	Forwarded string // X-Forwarded-For; empty if the record has none
	// Resolved says that Remote and Forwarded are the whole chain, whatever edge
	// there is: an address that was resolved before it was logged, or the chain of
	// a request to somebody else's edge.
	Resolved bool
	Time     int64 // Unix seconds; 0 if the record has no time
}

// HeaderForwarded is the only header that an access log is searched for.
const HeaderForwarded = "X-Forwarded-For"

// Header is the memory of the header lines of one request at a time. NewHeader
// makes one.
type Header struct {
	lines  *[1]string
	header http.Header
}

// NewHeader makes a Header for any number of requests, one after the other.
func NewHeader() Header {
	lines := new([1]string)
	return Header{lines, http.Header{HeaderForwarded: lines[:]}}
}

// Request is the entry as a request to decide about, good until the next one that
// uses the same memory.
func (e *Entry) Request(memory Header) request.Request {
	r := request.Request{Bare: e.Resolved, Remote: e.Remote}
	if e.Forwarded == "" {
		return r
	}
	memory.lines[0], r.Header = e.Forwarded, memory.header
	return r
}

// Parser reads records. [New] makes one. It is immutable and safe for concurrent
// use.
type Parser struct {
	// read appends what a record says to entries.
	read func(record string, entries []Entry) ([]Entry, error)
	// asIs: a pattern is for the whole line, whoever wrote part of it.
	asIs bool
	// recognises: a W3C log is read by its own columns.
	recognises bool
}

// Append appends the requests of one line of a log of that layout. One record is
// one request, but that of an Okta event hook.
func (p Parser) Append(entries []Entry, layout Layout, line string) ([]Entry, error) {
	if p.recognises && layout.columns != nil {
		e, err := layout.columns.parse(line)
		return add(entries, e, err)
	}
	if p.asIs {
		return p.read(line, entries)
	}
	record, err := layout.record(line)
	if err != nil {
		return entries, err
	}
	return p.read(record, entries)
}

var errSeveral = errors.New("the record holds several requests; give one of them")

// Line reads a line that stands alone and is one request.
func (p Parser) Line(line string) (Entry, error) {
	entries, err := p.Append(nil, LayoutOf(line), line)
	switch {
	case err != nil:
		return Entry{}, err
	case len(entries) != 1:
		return Entry{}, errSeveral
	}
	if err := entries[0].Check(); err != nil {
		return Entry{}, err
	}
	return entries[0], nil
}

// single makes a parser's function of one that reads one request.
func single(parse func(string) (Entry, error)) func(string, []Entry) ([]Entry, error) {
	return func(record string, entries []Entry) ([]Entry, error) {
		e, err := parse(record)
		return add(entries, e, err)
	}
}

// add appends the one request of a record, unless there was an error.
func add(entries []Entry, e Entry, err error) ([]Entry, error) {
	if err != nil {
		return entries, err
	}
	return append(entries, e), nil
}

var errPeer = errors.New("what stands in the peer's place is neither an address nor the name of a host")

// Check says that there is no request in the record after all: what stands in the
// peer's place can be neither an address nor the name of a host, so that the
// record is one of another format. A decision about an entry whose peer is an
// address needs no Check.
func (e *Entry) Check() error {
	if canBePeer(e.Remote) {
		return nil
	}
	return errPeer
}

// canBePeer says that a server could have written the text for who connected: an
// address, a host's name where it looks names up, or a socket of this machine.
func canBePeer(text string) bool {
	if strings.HasPrefix(text, "unix:") || strings.HasPrefix(text, "@") {
		return true
	}
	if _, err := netip.ParseAddrPort(text); err == nil {
		return true
	}
	if _, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(text, "["), "]")); err == nil {
		return true
	}
	if host, port, found := strings.Cut(text, ":"); found {
		if !digits(port) || port == "" {
			return false
		}
		text = host
	}
	letters := false
	for i := range len(text) {
		switch c := text[i]; {
		case c|0x20 >= 'a' && c|0x20 <= 'z':
			letters = true
		case c >= '0' && c <= '9':
		case i == 0 || i == len(text)-1 || c != '.' && c != '-' && c != '_':
			return false
		}
	}
	return letters && len(text) <= 253
}

// fields are the texts of a record by what they are. A chain is all that there is
// to know: X-Forwarded-For and behind it the peer.
type fields struct{ peer, forwarded, chain, addr, time string }

var errNoAddress = errors.New("the record has no address")

// entry joins the fields: a peer and what it forwarded, or else an address that
// was resolved already.
func (f fields) entry() (Entry, error) {
	e := Entry{Remote: f.peer, Forwarded: forwarded(f.forwarded), Time: parseTime(f.time)}
	if chain := forwarded(f.chain); chain != "" {
		e.Remote, e.Forwarded = splitChain(chain)
		return e, nil
	}
	if f.peer == "" {
		if f.addr == "" {
			return Entry{}, errNoAddress
		}
		e.Remote = f.addr
		e.Resolved = e.Forwarded == ""
	}
	return e, nil
}

// forwarded is a header's value as a log has it; servers write - for none.
func forwarded(text string) string {
	if text == "-" {
		return ""
	}
	return text
}
