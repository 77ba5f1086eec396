package accesslog

import (
	"errors"
	"net/http"

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

// Parser reads one record. It is immutable and safe for concurrent use.
type Parser func(line string) (Entry, error)

// fields are the texts of a record by what they are.
type fields struct{ peer, forwarded, addr, time string }

var errNoAddress = errors.New("the record has no address")

// entry joins the fields: a peer and what it forwarded, or else an address that
// was resolved already.
func (f fields) entry() (Entry, error) {
	e := Entry{Remote: f.peer, Forwarded: forwarded(f.forwarded), Time: parseTime(f.time)}
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
